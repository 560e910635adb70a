"""Recording a signed consent: who may, what is refused, what is left (L-6, L-7, P-9)."""

from datetime import timedelta
from typing import Any

import pytest

from continuity.consents.models import Consent, ConsentRecipient
from continuity.consents.services import Recipient
from continuity.errors import Invalid, NotAllowed
from continuity.trail.models import AuditEntry
from tests import builders as b
from tests.consents.conftest import Desk

pytestmark = pytest.mark.django_db


def test_signed_consent_is_active_with_its_parties(desk: Desk):
    consent = desk.consent(to=[desk.police, desk.clinic])
    assert (consent.status, consent.custodian, consent.person) == ("active", desk.county, desk.sam)
    assert (consent.collected_by, consent.verified_by) == (desk.kim.member, desk.verifier.member)
    assert list(consent.disclosing_agencies.all()) == [desk.county]
    assert {one.agency for one in consent.recipients.all()} == {desk.police, desk.clinic}
    assert consent.is_in_force(b.NOW)


def test_recording_leaves_a_history_and_an_own_record(desk: Desk):
    consent = desk.consent(signer_name="Sam Testcase")
    created = AuditEntry.objects.filter(object_pk=str(consent.pk)).earliest("pk")
    assert created.action == AuditEntry.Action.CREATE
    assert "Testcase" not in str(created.changes)
    assert [known.agency for known in desk.sam.person_agencies.all()] == [desk.county]


WITHOUT_THE_DUTY = ["officer", "dispatcher", "supervisor", "agency_admin", "auditor", "peer_navigator"]


@pytest.mark.parametrize(
    ("part", "role"),
    [(part, role) for part in ("by", "verified_by") for role in WITHOUT_THE_DUTY]
    + [("verified_by", "embedded_clinician")],
)
def test_member_without_the_duty_neither_collects_nor_verifies(desk: Desk, part: str, role: str):
    with pytest.raises(NotAllowed, match=r"^duty_missing$"):
        desk.consent(**{part: b.member("other", desk.county, role)})


@pytest.mark.parametrize("kind", ["police", "sheriff"])
def test_law_enforcement_never_collects(desk: Desk, kind: str):
    """P-9: not even a police agency's own consent manager."""
    manager = b.member("police-kim", b.agency("law", kind), "consent_manager")
    with pytest.raises(NotAllowed, match=r"^collector_is_law_enforcement$"):
        desk.consent(by=manager, disclosing_agencies=[desk.county])


REFUSED: dict[str, tuple[dict[str, Any], str, str]] = {
    "on a hold": ({"collection_context": "on_hold"}, "signed_under_hold_or_custody", "collection_context"),
    "in custody": (
        {"collection_context": "in_custody"},
        "signed_under_hold_or_custody",
        "collection_context",
    ),
    "to nobody": ({"to": []}, "missing_element", "recipients"),
    "from nobody": ({"disclosing_agencies": []}, "missing_element", "disclosing_agencies"),
    "about nothing": ({"categories": []}, "missing_element", "categories"),
    "for nothing": ({"purposes": []}, "missing_element", "purposes"),
    "of no kind": ({"instrument": ""}, "missing_element", "instrument"),
    "of an unknown kind": ({"instrument": "handshake"}, "no_such_choice", "instrument"),
    "about an unknown category": ({"categories": ["D9"]}, "no_such_choice", "categories"),
    "signed somewhere unknown": ({"collection_context": "jail"}, "no_such_choice", "collection_context"),
    "with words no consent has": ({"external_id": "F-1"}, "unknown_field", "external_id"),
}


@pytest.mark.parametrize(("elements", "code", "field"), REFUSED.values(), ids=REFUSED)
def test_consent_is_refused(desk: Desk, elements: dict[str, Any], code: str, field: str):
    """P-9, L-6: a coded sentence for the person at the desk, never an error of the database."""
    with pytest.raises(Invalid, match=rf"^{code}$") as refused:
        desk.consent(**elements)
    assert refused.value.field == field
    assert not Consent.objects.exists()


UNGUARDED: dict[str, dict[str, Any]] = {
    "signed after it is recorded": {"signed_at": b.NOW + timedelta(days=1)},
    "expired before it is recorded": {
        "starts_at": b.NOW - timedelta(days=400),
        "signed_at": b.NOW - timedelta(days=400),
        "expires_at": b.NOW - timedelta(days=35),
    },
    "without an end": {"expires_at": None},
    "with Part 2 ticked on a HIPAA form": {"part2_included": True},
    "by a parent who shows no authority": {"signer_capacity": "parent"},
}


@pytest.mark.parametrize("elements", UNGUARDED.values(), ids=UNGUARDED)
def test_consent_does_not_become_active(desk: Desk, elements: dict[str, Any]):
    """The guards of `active` (domain 5.7) are coded refusals: an error of the database prints the row, names and all."""
    with pytest.raises(Invalid):
        desk.consent(at=b.NOW, **elements)


def test_collector_does_not_verify_the_own_work(desk: Desk):
    with pytest.raises(Invalid, match=r"^verifier_is_collector$"):
        desk.consent(verified_by=desk.kim)


@pytest.mark.parametrize(
    "context", ["clinic", "home_visit", "phone_remote_esign", "facility", "field_after_crisis"]
)
def test_consent_may_be_signed_at(desk: Desk, context: str):
    assert desk.consent(collection_context=context).status == "active"


def test_recipients_are_of_the_kind_they_name(desk: Desk):
    recipients = [
        Recipient(["D1"], agency=desk.police),
        Recipient(["D1"], member=desk.verifier.member),
        Recipient(["D1"], third_party="Aunt Ida"),
        Recipient(["D1"]),
    ]
    consent = desk.consent(recipients=recipients)
    kinds = {(one.kind, bool(one.agency), bool(one.member)) for one in consent.recipients.all()}
    assert kinds == {
        ("agency", True, False),
        ("member", False, True),
        ("third_party", False, False),
        ("treating_providers", False, False),
    }


def test_refused_recipient_leaves_no_consent_behind(desk: Desk):
    twice = [Recipient(["D1"], agency=desk.police), Recipient(["D2"], agency=desk.police)]
    with pytest.raises(Exception, match="an_agency_is_recipient_once"):
        desk.consent(recipients=twice)
    assert not Consent.objects.exists()
    assert not ConsentRecipient.objects.exists()
