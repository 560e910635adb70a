"""What an amendment does to the contact: corrected, completed, added to, retracted; and what it refuses (5.4, 5.6)."""

import json
from datetime import timedelta
from typing import Any

import pytest

from continuity.crisis.amendments import AMENDABLE, correct_contact
from continuity.crisis.contact_fields import WRITABLE
from continuity.crisis.models import ContactAmendment, CrisisContact
from continuity.errors import Conflict, Invalid, NotAllowed, NotFound
from continuity.trail.models import AuditEntry
from tests import builders as b
from tests.crisis.amending import Desk, build_desk, called
from tests.crisis.conftest import Crew
from tests.replay import replayed

pytestmark = pytest.mark.django_db
SEEN = b.NOW - timedelta(days=20)


@pytest.fixture
def desk(db: None) -> Desk:
    return replayed(build_desk)


@pytest.fixture
def crew(desk: Desk) -> Crew:
    return desk.crew


def test_author_corrects_in_one_step_from_request_to_applied(desk: Desk):
    amendment = desk.correct()
    contact = desk.fresh()
    assert (contact.operational_summary, contact.record_status) == ("Spoke quietly and went home.", "amended")
    assert contact.version == desk.contact.version + 1
    assert (amendment.requested_by, amendment.decision, amendment.applied_at) == ("author", "accepted", b.NOW)
    rows = AuditEntry.objects.filter(object_pk=str(amendment.pk)).order_by("pk")
    assert [row.changes["status"][1] for row in rows] == ["requested", "under_review", "accepted", "applied"]


def test_corrected_contact_is_corrected_again(desk: Desk):
    desk.correct()
    again = desk.correct(new_value="Spoke.")
    assert again.old_value == '"Spoke quietly and went home."'
    assert desk.fresh().operational_summary == "Spoke."


def test_nobody_but_the_author_corrects_in_one_step(desk: Desk, crew: Crew):
    for member in (desk.colleague, b.member("theirs", crew.police, "officer")):
        with pytest.raises(NotFound, match=r"^not_found$"):
            desk.correct(member)
    with pytest.raises(NotAllowed, match=r"^duty_missing$"):
        desk.correct(desk.privacy)


@pytest.mark.parametrize("kind", ["retraction", "patient_requested", "erasure"])
def test_other_kinds_are_requested(desk: Desk, kind: str):
    with pytest.raises(Invalid, match=r"^unknown_value$") as refusal:
        desk.correct(kind=kind)
    assert refusal.value.field == "kind"


# Another legal value of each field than the contact of these tests has.
ANOTHER: dict[str, Any] = {
    "is_minor": "no", "occurred_at": SEEN - timedelta(hours=1, microseconds=3), "ended_at": SEEN + timedelta(hours=1),
    "origin": "call_988", "modality": "phone", "response_type": ["cit_officer", "ems_fire"],
    "reporter_relationship": "self", "call_type": "welfare_check", "incident_ref": "2026-0007",
    "jurisdiction": "Kestrel", "location_area": "North", "language": "es", "interpreter_used": "yes",
    "presenting_issues": ["agitation"], "risk_level": "low", "safety_observations": ["animals"],
    "suicide_screen_tool": "C-SSRS", "suicide_screen_level": "low", "substance_involved": "no",
    "veteran_self_reported": "no", "housing_status": "housed", "existing_treatment": "unknown",
    "hold_status": "initiated", "hold_authority": "ca_5150", "transport_mode": "ems",
    "transport_destination": "home", "disposition_primary": "resolved_on_scene",
    "dispositions_other": ["referred_new_service"], "le_dispatched": "no", "le_cancelled": "no", "injuries": "none",
    "diverted_from": ["arrest"], "referral_offered": "yes", "follow_up_required": "yes",
    "operational_summary": "Walked home with a friend’s dog.", "is_part2": True, "sensitivity_labels": ["PSY"],
    "narrative": "Sleeps badly; “tired”.", "sud_text": "Has been without use for weeks.",
}  # fmt: skip


def test_every_field_but_force_is_tried_here():
    assert set(AMENDABLE) == set(ANOTHER) | {"use_of_force", "record_status"}
    assert set(AMENDABLE) - {"narrative", "sud_text", "record_status"} == WRITABLE
    assert (AMENDABLE["narrative"], AMENDABLE["sud_text"]) == ("D3", "D4")


def test_every_field_is_corrected_and_keeps_what_it_replaced(desk: Desk):
    for field, value in ANOTHER.items():
        with b.undone():
            amendment = desk.correct(field=field, new_value=value)
            contact = desk.fresh()
            row = {"narrative": "narrative", "sud_text": "sud_segment"}.get(field)
            assert (getattr(contact, row).text if row else getattr(contact, field)) == value
            back = desk.correct(field=field, new_value=json.loads(amendment.old_value))
            assert (back.old_value, back.new_value) == (amendment.new_value, amendment.old_value)


# Field, value, code, and the field of the request at fault.
REFUSED: dict[str, tuple[str, Any, str, str]] = {
    "no such field": ("author", "somebody", "unknown_field", "field"),
    "the person": ("person", None, "unknown_field", "field"),
    "the status": ("record_status", "cancelled", "unknown_field", "field"),
    "no such choice": ("origin", "carrier_pigeon", "unknown_value", "new_value"),
    "no such choice in a list": ("presenting_issues", ["bored"], "unknown_value", "new_value"),
    "a gap": ("disposition_primary", "", "missing", "new_value"),
    "an empty list": ("presenting_issues", [], "missing", "new_value"),
    "an empty summary": ("operational_summary", "", "missing", "new_value"),
    "a contradiction": ("diverted_from", ["none", "arrest"], "contradiction", "new_value"),
    "too long": ("operational_summary", 1001 * "a", "too_long", "new_value"),
    "too long a text": ("narrative", 20_001 * "a", "too_long", "new_value"),
    "a number as text": ("narrative", 7, "wrong_kind", "new_value"),
    "a text as a list": ("response_type", "cit_officer", "wrong_kind", "new_value"),
    "no time": ("occurred_at", "yesterday", "wrong_kind", "new_value"),
    "a time without a zone": ("occurred_at", "2026-11-01T10:00:00", "wrong_kind", "new_value"),
    "in the future": ("occurred_at", b.NOW + timedelta(seconds=1), "in_the_future", "new_value"),
    "an end before the beginning": (
        "ended_at",
        SEEN - timedelta(seconds=1),
        "ends_before_it_began",
        "new_value",
    ),
    "the same": (
        "operational_summary",
        "Spoke quietly; agreed to be called tomorrow.",
        "changes_nothing",
        "new_value",
    ),
}


@pytest.mark.parametrize(("field", "value", "code", "at_field"), REFUSED.values(), ids=REFUSED)
def test_value_that_cannot_be_is_refused(desk: Desk, field: str, value: Any, code: str, at_field: str):
    with pytest.raises(Invalid, match=f"^{code}$") as refusal:
        desk.correct(field=field, new_value=value)
    assert (refusal.value.field, refusal.value.detail[-1]) == (at_field, ".")
    assert not ContactAmendment.objects.exists()
    assert desk.fresh().version == desk.contact.version


@pytest.mark.parametrize(("reason", "code"), [(" ", "missing"), (301 * "a", "too_long")])
def test_reason_is_asked(desk: Desk, reason: str, code: str):
    with pytest.raises(Invalid, match=f"^{code}$") as refusal:
        desk.correct(reason=reason)
    assert refusal.value.field == "reason"


def test_value_that_no_longer_fits_is_not_applied(desk: Desk):
    accepted = desk.brought("accepted", field="ended_at", new_value=SEEN + timedelta(minutes=5))
    desk.correct(field="occurred_at", new_value=SEEN + timedelta(minutes=9))
    with pytest.raises(Invalid, match=r"^ends_before_it_began$"):
        called("apply", desk.privacy, accepted.pk)
    assert desk.fresh().ended_at is None


def test_applying_keeps_what_is_replaced_then_and_not_when_it_was_asked(desk: Desk):
    accepted = desk.brought("accepted")
    desk.correct(new_value="Walked home.")
    applied = called("apply", desk.privacy, accepted.pk)
    assert applied.old_value == '"Walked home."'
    assert desk.fresh().operational_summary == "Spoke quietly and went home."


@pytest.mark.parametrize("kind", ["correction", "late_entry"])
@pytest.mark.parametrize("field", ["narrative", "sud_text"])
def test_clinical_text_that_was_never_written_is_entered_late(desk: Desk, kind: str, field: str):
    desk.contact = b.contact(desk.author, desk.contact.person)
    amendment = desk.correct(kind=kind, field=field, new_value="Slept two hours.")
    row = desk.fresh().narrative if field == "narrative" else desk.fresh().sud_segment
    assert (row.text, amendment.old_value) == ("Slept two hours.", '""')


@pytest.mark.parametrize("field", ["operational_summary", "narrative", "sud_text"])
def test_addendum_leaves_the_text_as_it_is(desk: Desk, field: str):
    before = (desk.contact.operational_summary, "Clinical words.", "Other words.")
    amendment = desk.correct(kind="addendum", field=field, new_value="Called again at noon.")
    contact = desk.fresh()
    assert (contact.operational_summary, contact.narrative.text, contact.sud_segment.text) == before
    assert (contact.record_status, contact.version) == ("amended", desk.contact.version + 1)
    assert (amendment.old_value, amendment.new_value) == ("", '"Called again at noon."')


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("origin", "call_988", "no_text"),
        ("operational_summary", " ", "missing"),
        ("narrative", ["a"], "missing"),
        ("operational_summary", 1001 * "a", "too_long"),
    ],
)
def test_addendum_that_cannot_be_is_refused(desk: Desk, field: str, value: Any, code: str):
    with pytest.raises(Invalid, match=f"^{code}$"):
        desk.correct(kind="addendum", field=field, new_value=value)


def test_addendum_needs_a_text_to_travel_with(desk: Desk):
    desk.contact = b.contact(desk.author, desk.contact.person)
    with pytest.raises(Conflict, match=r"^nothing_to_add_to$"):
        desk.correct(kind="addendum", field="narrative", new_value="Called again.")


@pytest.mark.parametrize("kind", ["correction", "addendum"])
@pytest.mark.parametrize(("words", "held"), [("Smelled of alcohol.", True), ("Used alcohol gel.", False)])
def test_words_of_substance_use_make_the_contact_part_2_data(desk: Desk, kind: str, words: str, held: bool):
    """P-14."""
    desk.correct(kind=kind, new_value=words)
    assert desk.fresh().is_part2 is held


def test_clinical_fields_are_applied_by_clinicians_of_the_agency_alone(desk: Desk, crew: Crew):
    asks = {
        "narrative": "Sleeps well.",
        "sud_text": "No use.",
        "risk_level": "low",
        "suicide_screen_level": "low",
    }
    for field, value in asks.items():
        with b.undone():
            accepted = desk.brought("accepted", field=field, new_value=value)
            with pytest.raises(NotAllowed, match=r"^clinical_fields$"):
                called("apply", desk.privacy, accepted.pk)
            for member in (
                b.member("dispatcher", crew.county, "dispatcher"),
                b.member("theirs", crew.police, "mobile_clinician"),
            ):
                with pytest.raises(NotFound, match=r"^not_found$"):
                    called("apply", member, accepted.pk)
            assert called("apply", desk.colleague, accepted.pk).status == "applied"


def test_judgement_of_a_clinician_is_not_taken_away_by_somebody_else(desk: Desk):
    desk.correct(field="risk_level", new_value="high")
    accepted = desk.brought("accepted", field="risk_level", new_value="not_assessed")
    with pytest.raises(NotAllowed, match=r"^clinical_fields$"):
        called("apply", desk.privacy, accepted.pk)


def test_author_who_is_no_clinician_any_more_writes_no_clinical_text(desk: Desk):
    desk.author.roles = ["dispatcher"]
    for kind in ("correction", "late_entry", "addendum"):
        with pytest.raises(NotAllowed, match=r"^clinical_fields$"):
            desk.correct(kind=kind, field="narrative", new_value="Sleeps well.")
    assert not ContactAmendment.objects.exists()


def test_use_of_force_and_arrest_are_corrected_by_law_enforcement_alone(desk: Desk, crew: Crew):
    police = b.contact(crew.reyes, crew.sam, use_of_force="none")
    for field, value in (("use_of_force", "physical"), ("disposition_primary", "arrested")):
        with pytest.raises(NotAllowed, match=r"^law_enforcement_fields$"):
            desk.correct(field=field, new_value=value)
        correct_contact(
            by=crew.reyes,
            contact_id=police.pk,
            kind="correction",
            field=field,
            new_value=value,
            reason="Mistyped.",
            at=b.NOW,
        )
        assert getattr(CrisisContact.objects.get(pk=police.pk), field) == value


@pytest.mark.parametrize("who", ["author", "privacy"])
def test_retraction_marks_the_contact_in_error_with_its_reason(desk: Desk, who: str):
    member = getattr(desk, who)
    requester = "author" if who == "author" else "agency"
    amendment = desk.request(
        member,
        kind="retraction",
        field="record_status",
        new_value=None,
        requested_by=requester,
        reason="Wrong person.",
    )
    for verb in ("take up", "accept", "apply"):
        amendment = called(verb, member, amendment.pk)
    contact = desk.fresh()
    assert (contact.record_status, contact.status_reason) == ("entered_in_error", "Wrong person.")
    assert (amendment.old_value, amendment.new_value) == ('"final"', '"entered_in_error"')
    assert contact.narrative.text == "Clinical words."


@pytest.mark.parametrize("field", ["operational_summary", "narrative"])
def test_retraction_is_of_the_whole_contact(desk: Desk, field: str):
    with pytest.raises(Invalid, match=r"^unknown_field$"):
        desk.request(desk.author, kind="retraction", field=field, new_value=None, requested_by="author")
