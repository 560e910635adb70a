"""One negative answer (L-4, P-3): every reason has the same status, bytes and headers; only the ledger differs."""

from datetime import timedelta

import pytest

from continuity.consents.endings import revoke_consent, revoke_recipient
from continuity.people.models import Person
from tests import builders as b
from tests.access.merged_people import offices
from tests.cast import ABOUT_SAM, Cast, signed_in
from tests.lookup.asking import ask, last_row

pytestmark = pytest.mark.django_db
PAGE = "/lookup/"


def unknown(cast):
    return {"last": "Nobodyknown"}


def no_consent(cast):
    return {}


def revoked(cast):
    consent = cast.consent()
    revoke_consent(by=cast.kim, consent_id=consent.pk, note="Said so.", at=b.NOW)
    return {}


def revoked_toward_police(cast):
    consent = cast.consent(to=[cast.police, cast.sheriff])
    recipient = consent.recipients.get(agency=cast.police)
    revoke_recipient(by=cast.kim, consent_id=consent.pk, recipient_id=recipient.pk, note="", at=b.NOW)
    return {}


def expired_by_the_clock(cast):
    cast.consent(expires_at=b.NOW)
    return {}


def ambiguous(cast):
    cast.consent()
    b.person(cast.county)
    return {}


def foreign_agency(cast):
    cast.consent(to=[cast.sheriff])
    return {}


def restricted_category(cast):
    b.beyond_the_law(cast.consent(), ["D3"])
    return {}


def restricted_person(cast):
    cast.consent()
    Person.objects.filter(pk=cast.sam.pk).update(confidentiality="restricted")
    return {}


def no_agreement(cast):
    cast.consent()
    cast.police.agreements.all().delete()
    return {}


def purpose_of_another_role(cast):
    cast.consent()
    return {"purpose": "treatment"}


def near_miss_spelling(cast):
    cast.consent()
    return {"first": "Tim"}


def near_miss_birth_date(cast):
    cast.consent()
    return {"birth_date": "5/4/1988"}


def near_miss_of_namesakes(cast):
    cast.consent()
    b.person(cast.county)
    return {"last": "Testcsae"}


def merged_without_basis(cast):
    """P-5: a consent about somebody who was merged into Sam, of an agency that knows neither."""
    made = offices()
    made.merge(cast.sam, b.person(cast.county, "Sammy", "Testman"))
    cast.consent(disclosing_agencies=[cast.clinic])
    return {}


def merged_person_in_doubt(cast):
    made = offices()
    merge = made.merge(cast.sam, b.person(cast.county, "Sammy", "Testman"))
    cast.consent()
    made.doubt(merge)
    return {}


def partial_birth_date(cast):
    cast.consent()
    b.person(cast.county, first="Yara", last="Yearonly", birth_date_precision="y")
    return {"last": "Yearonly", "first": "Yara"}


REASONS = {
    unknown: ("empty", "no_match"),
    no_consent: ("refused", "no_basis"),
    revoked: ("refused", "no_basis"),
    revoked_toward_police: ("refused", "no_basis"),
    expired_by_the_clock: ("refused", "no_basis"),
    ambiguous: ("empty", "ambiguous"),
    foreign_agency: ("refused", "no_basis"),
    restricted_category: ("refused", "no_basis"),
    restricted_person: ("refused", "restricted"),
    no_agreement: ("refused", "no_agreement"),
    purpose_of_another_role: ("refused", "purpose_not_allowed"),
    partial_birth_date: ("empty", "no_match"),
    near_miss_spelling: ("empty", "no_match"),
    near_miss_birth_date: ("empty", "no_match"),
    near_miss_of_namesakes: ("empty", "no_match"),
    merged_without_basis: ("refused", "no_basis"),
    merged_person_in_doubt: ("refused", "identity_in_doubt"),
}


@pytest.mark.parametrize("reason", REASONS, ids=lambda reason: reason.__name__)
def test_api_answers_with_the_same_bytes_and_headers(cast: Cast, reason):
    response = ask(cast.reyes, **reason(cast))
    assert (response.status_code, response.content) == (200, b'{"result": "no_shareable_information"}')
    headers = {name: value for name, value in response.headers.items() if name != "X-Request-ID"}
    assert headers == {
        "Content-Type": "application/json",
        "Vary": "Cookie",
        "Allow": "POST, OPTIONS",
        "X-Frame-Options": "DENY",
        "Content-Length": "38",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": headers["Permissions-Policy"],
        "Content-Security-Policy": headers["Content-Security-Policy"],
    }
    assert (last_row().outcome, last_row().refusal) == REASONS[reason]
    assert last_row().records == []
    assert last_row().consents == []


def test_a_revocation_is_seen_by_a_look_up_in_the_same_second(cast: Cast):
    consent = cast.consent()
    assert ask(cast.reyes).json()["result"] == "record"
    revoke_consent(by=cast.kim, consent_id=consent.pk, note="Said so.", at=b.NOW)
    assert ask(cast.reyes, at=b.NOW + timedelta(milliseconds=1)).json() == {
        "result": "no_shareable_information"
    }
    assert last_row().refusal == "no_basis"


def test_a_consent_ends_by_the_clock_with_no_worker_running(cast: Cast):
    consent = cast.consent(expires_at=b.NOW + timedelta(seconds=1))
    assert ask(cast.reyes).json()["result"] == "record"
    assert ask(cast.reyes, at=b.NOW + timedelta(seconds=1)).json() == {"result": "no_shareable_information"}
    consent.refresh_from_db()
    assert (consent.status, last_row().refusal) == ("active", "no_basis")


def test_negative_answers_end_at_the_time_floor(cast: Cast, settings):
    """The padding is what the distributions of `make bench` show; here only that no negative answer is quicker."""
    import time

    settings.NEGATIVE_FLOOR = 0.05
    client = signed_in(cast.reyes)
    started = time.monotonic()
    client.post("/api/v1/lookups/", ABOUT_SAM, content_type="application/json")
    assert time.monotonic() - started >= 0.05
    assert last_row().refusal == "no_basis"
