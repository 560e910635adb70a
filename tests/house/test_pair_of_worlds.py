"""What must stay hidden changes no byte of any answer: not of a page, a list, an error, a write or a search (L-4, P-3).

Here each address is asked once for each of its methods; with every query, body and asker by drill.
"""

from datetime import timedelta

import pytest
import time_machine
from django.db.models import Count

from continuity.access.models import Restriction
from continuity.api import nouns
from continuity.consents.endings import revoke_consent
from continuity.crisis.models import CrisisContact
from continuity.people.models import Person
from continuity.trail.wall import background
from tests import builders as b
from tests.access.merged_people import offices
from tests.house.pair_routes import first_of_each, of_nobody
from tests.house.pair_worlds import ANN, build_county, keep_elsewhere
from tests.house.pairs import Ask, Asker, compare, differences, hear_all, known_ids
from tests.replay import replayed

pytestmark = pytest.mark.django_db


@pytest.fixture
def county():
    with time_machine.travel(b.NOW, tick=False):
        yield replayed(build_county)


def askers_of(county):
    given = known_ids()
    return {name: Asker(name, one, given) for name, one in county.askers.items()}


def test_what_a_clinic_far_away_keeps_changes_no_byte_of_any_answer(county):
    found = compare(
        askers_of(county), lambda: keep_elsewhere(county), lambda foreign: first_of_each(county, foreign)
    )
    assert found == [], "\n".join(found)


def revoked(county):
    consent = county.cast.consent(to=[county.cast.police])
    revoke_consent(by=county.cast.kim, consent_id=consent.pk, note="Said so.", at=b.NOW)


def expired(county):
    county.cast.consent(to=[county.cast.police], expires_at=b.NOW)


def restricted(county):
    county.cast.consent(to=[county.cast.police])
    Person.objects.filter(pk=county.cast.sam.pk).update(confidentiality="restricted")


def merged(county):
    """With somebody known far away alone; Sam's consent is of an agency that keeps nothing (P-5)."""
    made = offices(county.cast.elsewhere)
    made.merge(county.cast.sam, b.person(county.cast.elsewhere, "Sammy", "Fartestman"))
    county.cast.consent(to=[county.cast.police], disclosing_agencies=[county.cast.clinic])


def in_doubt(county):
    made = offices(county.cast.elsewhere)
    merge = made.merge(county.cast.sam, b.person(county.cast.county, "Sammy", "Testman"))
    county.cast.consent(to=[county.cast.police])
    made.doubt(merge)


def kept_back(county):
    county.cast.consent(to=[county.cast.police])
    Restriction.objects.create(
        person=county.cast.sam, agency=county.cast.county, kind="disclosure", state="agreed",
        requested_at=b.NOW - timedelta(days=1), recorded_by=county.cast.kim, decided_at=b.NOW - timedelta(hours=1),
    )  # fmt: skip


def test_a_consent_that_does_not_hold_is_to_the_police_as_if_never_given(county):
    askers = askers_of(county)
    asks = [(askers[name], ask) for name, ask in of_nobody(county, ("officer", "dispatcher"))]
    without = hear_all(asks)
    for hide in (revoked, expired, restricted, kept_back, merged, in_doubt):
        with b.undone():
            hide(county)
            found = differences(asks, hear_all(asks), without)
        # Whom a revoked consent named is told that one ended, and no more (L-11): their inbox says so.
        if hide is revoked:
            found = [one for one in found if "/notices/" not in one.partition("\n")[0]]
        assert found == [], hide.__name__ + "\n" + "\n".join(found)


# -- planted leaks ------------------------------------------------------------------------------------------


@background("planted: the second wall would stop it")
def every_contact() -> int:
    return CrisisContact.objects.count()


def total_of_withheld_rows(monkeypatch):
    answer = nouns.Response
    monkeypatch.setattr(nouns, "Response", lambda data: answer(data | {"total": every_contact()}))


def tag_of_a_foreign_version(monkeypatch):
    tag = nouns.etag
    monkeypatch.setattr(nouns, "etag", lambda pk, version, body: tag(pk, version + every_contact(), body))


def order_by_a_hidden_column(monkeypatch):
    page = nouns.next_page

    def ordered(rows, asked):
        known_at = rows.annotate(known_at=Count("person__agencies", distinct=True))
        found, following = page(rows, asked)
        place = dict(known_at.order_by().values_list("pk", "known_at"))
        return sorted(found, key=lambda row: -place[row.pk]), following

    monkeypatch.setattr(nouns, "next_page", ordered)


def filter_that_reaches_through(monkeypatch):
    page = nouns.next_page

    def filtered(rows, asked):
        with background("planted: the second wall would stop it"):
            return page(
                rows.model.objects.filter(person=asked["person"]) if "person" in asked else rows, asked
            )

    monkeypatch.setattr(nouns, "next_page", filtered)


def contacts(county, foreign):
    """The same small plan with and without a leak."""
    yield "clinician", Ask("get", "/api/v1/contacts/")
    yield "clinician", Ask("get", f"/api/v1/contacts/?person={foreign['person']}")
    yield "clinician", Ask("get", f"/api/v1/contacts/{county.cast.sams_contact.pk}/")


LEAKS = (
    total_of_withheld_rows,
    tag_of_a_foreign_version,
    order_by_a_hidden_column,
    filter_that_reaches_through,
)


@pytest.mark.parametrize("leak", [None, *LEAKS], ids=lambda leak: leak.__name__ if leak else "none")
def test_comparison_sees_a_planted_leak_and_nothing_without_one(county, monkeypatch, leak):
    if leak:
        leak(monkeypatch)
    found = compare(
        askers_of(county), lambda: keep_elsewhere(county), lambda foreign: contacts(county, foreign)
    )
    assert bool(found) == bool(leak)
    assert ANN["last"] not in "".join(found)
