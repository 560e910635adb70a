"""Rows of consents and recipients that the database refuses, each by the name of its rule."""

from typing import Any

import pytest
from django.db import IntegrityError

from continuity.consents.models import Consent, ConsentContact, ConsentRecipient
from continuity.ids import uuid7
from tests import builders as b
from tests.consents.conftest import Desk

pytestmark = pytest.mark.django_db
REFUSED = {
    "unsigned": ({"signed_at": None}, "an_active_consent_is_signed_and_scoped"),
    "without categories": ({"categories": []}, "an_active_consent_is_signed_and_scoped"),
    "without purposes": ({"purposes": []}, "an_active_consent_is_signed_and_scoped"),
    "endless": ({"expires_at": None}, "an_active_consent_has_an_end"),
    "'none' on an authorization": ({"expiry_event": "none"}, "only_a_tpo_consent_has_no_end"),
    "ending as it starts": ({"starts_at": b.NOW, "expires_at": b.NOW}, "a_consent_ends_after_it_starts"),
    "inactive without a reason": (
        {"status": "inactive", "ended_at": b.NOW},
        "an_inactive_consent_says_why_and_since_when",
    ),
    "inactive without a time": (
        {"status": "inactive", "inactive_reason": "revoked"},
        "an_inactive_consent_says_why_and_since_when",
    ),
    "active and ended": ({"ended_at": b.NOW}, "an_inactive_consent_says_why_and_since_when"),
    "active with a reason of ending": (
        {"inactive_reason": "revoked"},
        "an_inactive_consent_says_why_and_since_when",
    ),
    "Part 2 on a HIPAA form": ({"part2_included": True}, "only_a_part2_instrument_includes_part2"),
    "Part 2 on a state form": (
        {"part2_included": True, "instrument": "state_form"},
        "only_a_part2_instrument_includes_part2",
    ),
    "a parent without authority": ({"signer_capacity": "parent"}, "a_representative_shows_authority"),
    "about counselling notes": (
        {"covers_counselling_notes": True},
        "an_active_consent_covers_no_notes_and_no_proceedings",
    ),
    "for proceedings": (
        {"covers_proceedings": True},
        "an_active_consent_covers_no_notes_and_no_proceedings",
    ),
}
ACCEPTED = {
    "an unsigned draft": {"status": "draft", "signed_at": None, "categories": [], "expires_at": None},
    "TPO without an end": {"instrument": "part2_tpo", "expires_at": None, "expiry_event": "none"},
    "Part 2 on its instrument": {"instrument": "part2_consent", "part2_included": True},
    "Part 2 as a file says": {"part2_included": True, "signature_method": "held_by_source"},
    "a parent with authority": {"signer_capacity": "parent", "authority_document": "birth certificate"},
}


@pytest.fixture
def signed(desk: Desk) -> Consent:
    return desk.consent()


def change(consent: Consent, changes: dict[str, Any]) -> None:
    for name, value in changes.items():
        setattr(consent, name, value)
    consent.save()


@pytest.mark.parametrize(("changes", "rule"), REFUSED.values(), ids=REFUSED)
def test_consent_may_not_be(signed: Consent, changes: dict[str, Any], rule: str):
    with pytest.raises(IntegrityError, match=rule):
        change(signed, changes)


@pytest.mark.parametrize("changes", ACCEPTED.values(), ids=ACCEPTED)
def test_consent_may_be(signed: Consent, changes: dict[str, Any]):
    change(signed, changes)
    assert Consent.objects.filter(pk=signed.pk, **changes).exists()


def test_every_rule_of_a_consent_is_shown():
    rules = {one.name for one in Consent._meta.constraints} - {"a_consent_of_a_file_exists_once"}
    assert rules == {rule for _, rule in REFUSED.values()}


def test_consent_of_a_file_exists_once(desk: Desk):
    first, second = desk.consent(), desk.consent()
    change(first, {"external_id": "F-1"})
    with pytest.raises(IntegrityError, match="a_consent_of_a_file_exists_once"):
        change(second, {"external_id": "F-1"})


RECIPIENTS = {
    "agency": {"kind": "agency"},
    "member": {"kind": "member"},
    "member and agency": {"kind": "member", "member": "kim", "agency": "clinic"},
    "class and agency": {"kind": "treating_providers", "agency": "clinic"},
    "class and member": {"kind": "treating_providers", "member": "kim"},
    "third party": {"kind": "third_party"},
    "third party and agency": {"kind": "third_party", "third_party_name": "Aunt", "agency": "clinic"},
    "unknown kind": {"kind": "everybody"},
}


@pytest.mark.parametrize("fields", RECIPIENTS.values(), ids=RECIPIENTS)
def test_recipient_is_who_its_kind_says(desk: Desk, signed: Consent, fields: dict[str, str]):
    """L-6 element 4."""
    named: dict[str, Any] = dict(fields)
    if "agency" in named:
        named["agency"] = getattr(desk, named["agency"])
    if "member" in named:
        named["member"] = getattr(desk, named["member"]).member
    with pytest.raises(IntegrityError, match="a_recipient_is_who_its_kind_says"):
        ConsentRecipient.objects.create(consent=signed, **named)


def test_agency_is_recipient_once(desk: Desk, signed: Consent):
    with pytest.raises(IntegrityError, match="an_agency_is_recipient_once"):
        ConsentRecipient.objects.create(consent=signed, kind="agency", agency=desk.police)


def test_contact_is_named_once(signed: Consent):
    contact_id = uuid7()
    ConsentContact.objects.create(consent=signed, contact_id=contact_id)
    with pytest.raises(IntegrityError, match="a_contact_is_named_once"):
        ConsentContact.objects.create(consent=signed, contact_id=contact_id)


PART2 = {
    "a ticked Part 2 consent": ({"instrument": "part2_consent", "part2_included": True}, True),
    "a ticked TPO consent": ({"instrument": "part2_tpo", "part2_included": True}, True),
    "a ticked combined consent": ({"instrument": "combined_hipaa_part2", "part2_included": True}, True),
    "an unticked Part 2 consent": ({"instrument": "part2_consent"}, False),
    "paper that only the source has": (
        {"instrument": "part2_consent", "part2_included": True, "signature_method": "held_by_source"},
        False,
    ),
    "a HIPAA form of a file": ({"part2_included": True, "signature_method": "held_by_source"}, False),
}


@pytest.mark.parametrize(("elements", "opens"), PART2.values(), ids=PART2)
def test_part2_data_leave_only_on(signed: Consent, elements: dict[str, Any], opens: bool):
    """L-6, L-10: also of rows that a file brings and no verb would write."""
    change(signed, elements)
    assert signed.opens_part2 == opens
