"""A draft with gaps: started while somebody talks, saved piece by piece, all of a piece or none of it (5.4)."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest

from continuity.crisis.models import ClinicalNarrative, CrisisContact, Episode, SudSegment
from continuity.crisis.services import finalise_contact, save_draft, start_draft
from continuity.errors import Conflict, Incomplete, Invalid, NotAllowed, NotFound, Stale
from continuity.ids import uuid7
from continuity.trail.models import AuditEntry
from tests import builders as b
from tests.crisis.conftest import Crew, stands_as

pytestmark = pytest.mark.django_db


def started(crew: Crew, **changes: Any) -> CrisisContact:
    return start_draft(**{"by": crew.embedded, "at": b.NOW} | changes)


def saved(crew: Crew, draft: CrisisContact, **changes: Any) -> CrisisContact:
    contact = save_draft(**{"by": crew.embedded, "contact_id": draft.pk, "at": b.NOW} | changes)
    contact.refresh_from_db()
    return contact


def test_draft_starts_with_nothing_but_its_time(crew: Crew):
    draft = started(crew)
    assert (draft.record_status, draft.author, draft.custodian) == ("draft", crew.embedded, crew.county)
    assert (draft.person, draft.occurred_at, draft.recorded_at) == (None, b.NOW, b.NOW)
    assert draft.gaps() == CrisisContact.REQUIRED


def test_officer_has_no_risk_to_judge(crew: Crew):
    draft = started(crew, by=crew.reyes)
    assert (draft.risk_level, "risk_level" in draft.gaps()) == ("not_assessed", False)


def test_number_tells_the_year_on_the_agencys_clock_and_no_order(crew: Crew):
    midnight = datetime.fromisoformat("2027-01-01T07:59:00+00:00")  # still the old year in California
    numbers = {started(crew, at=midnight).contact_number for _ in range(3)}
    assert len(numbers) == 3
    assert all(re.fullmatch(r"2026-[2-9A-HJ-NP-Z]{8}", number) for number in numbers)


@pytest.mark.parametrize(
    "role", ["supervisor", "privacy_officer", "consent_manager", "system_client", "peer_navigator"]
)
def test_whoever_records_no_contacts_starts_and_saves_none(crew: Crew, role: str):
    draft, other = started(crew), b.member("other", crew.county, role)
    with pytest.raises(NotAllowed, match=r"^duty_missing$"):
        started(crew, by=other)
    with pytest.raises(NotAllowed, match=r"^duty_missing$"):
        saved(crew, draft, by=other)


# Episodes


def test_contact_continues_the_episode_of_a_former_one(crew: Crew):
    first = crew.draft()
    second = started(crew, continues=first.pk)
    stands_as(first, "final")
    third = started(crew, by=crew.second, continues=first.pk)
    assert second.episode == third.episode == first.episode
    assert Episode.objects.count() == 1


def test_contact_of_a_file_gets_its_episode_when_something_follows(crew: Crew):
    first = stands_as(crew.draft(), "final")
    first.episode = None
    first.save()
    second = started(crew, continues=first.pk)
    first.refresh_from_db()
    assert second.episode == first.episode
    assert first.episode
    assert first.episode.opened_at == first.occurred_at


def test_nothing_continues_what_is_not_the_own_to_see(crew: Crew):
    """P-3: a colleague's draft, another agency's contact, and none at all."""
    for continues in (crew.draft().pk, stands_as(crew.draft(by=crew.reyes), "final").pk, uuid7()):
        with pytest.raises(NotFound, match=r"^not_found$"):
            started(crew, by=crew.second, continues=continues)


# Saving


def test_what_is_saved_is_kept_and_the_rest_stays(crew: Crew):
    draft = started(crew, origin="call_911", narrative="Clinical words.")
    contact = saved(
        crew,
        draft,
        modality="phone",
        presenting_issues=["agitation", "agitation", "mania"],
        sud_text="Words.",
    )
    assert (contact.origin, contact.modality) == ("call_911", "phone")
    assert contact.presenting_issues == ["agitation", "mania"]
    assert (contact.narrative.text, contact.sud_segment.text) == ("Clinical words.", "Words.")
    assert contact.version == 2


def test_empty_choice_is_an_open_one_or_its_default(crew: Crew):
    draft = started(crew, origin="call_911", transport_mode="ems", presenting_issues=["mania"])
    contact = saved(crew, draft, origin="", transport_mode="", presenting_issues=[])
    assert (contact.origin, contact.transport_mode, contact.presenting_issues) == ("", "unknown", [])


def test_emptied_text_leaves_no_row(crew: Crew):
    draft = started(crew, narrative="Clinical words.", sud_text="Words.")
    saved(crew, draft, narrative=" ")
    assert not ClinicalNarrative.objects.exists()
    assert SudSegment.objects.get().text == "Words."
    assert "words" not in "".join(str(row.changes) for row in AuditEntry.objects.all())


def test_person_is_set_and_taken_back_and_left_alone(crew: Crew):
    draft = started(crew)
    assert saved(crew, draft, person=crew.sam).person == crew.sam
    assert [known.agency for known in crew.sam.person_agencies.all()] == [crew.county]
    assert saved(crew, draft, origin="school").person == crew.sam
    assert saved(crew, draft, person=None).person is None


WRONG: dict[str, tuple[dict[str, Any], set[tuple[str, str]]]] = {
    "a field that no contact has": ({"shoe_size": "44"}, {("unknown_field", "shoe_size")}),
    "a field that is not the author's": ({"record_status": "final"}, {("unknown_field", "record_status")}),
    "another's custody": ({"custodian": None, "finalised_at": b.NOW}, {("unknown_field", "custodian"), ("unknown_field", "finalised_at")}),
    "no such choice": ({"origin": "dream"}, {("unknown_value", "origin")}),
    "no such choice in a list": ({"presenting_issues": ["mania", "dream"]}, {("unknown_value", "presenting_issues")}),
    "one text for a list": ({"response_type": "co_response"}, {("wrong_kind", "response_type")}),
    "a number for a text": ({"language": 5}, {("wrong_kind", "language")}),
    "nothing for a text": ({"language": None}, {("wrong_kind", "language")}),
    "a text for a truth": ({"is_part2": "yes"}, {("wrong_kind", "is_part2")}),
    "a text for a time": ({"ended_at": "2026-11-20"}, {("wrong_kind", "ended_at")}),
    "a time without a zone": ({"ended_at": datetime(2026, 11, 20)}, {("wrong_kind", "ended_at")}),  # noqa: DTZ001
    "no time at all": ({"occurred_at": None}, {("wrong_kind", "occurred_at")}),
    "a character that no text has": ({"operational_summary": "a\x00b"}, {("wrong_kind", "operational_summary")}),
    "a long summary": ({"operational_summary": "a" * 1001}, {("too_long", "operational_summary")}),
    "a long narrative": ({"narrative": "a" * 20_001}, {("too_long", "narrative")}),
    "several at once": ({"origin": "dream", "modality": "dream", "shoe_size": "44"},
        {("unknown_value", "origin"), ("unknown_value", "modality"), ("unknown_field", "shoe_size")}),
    "in the future": ({"occurred_at": b.NOW + timedelta(microseconds=1)}, {("in_the_future", "occurred_at")}),
    "an end in the future": ({"ended_at": b.NOW + timedelta(microseconds=1)}, {("in_the_future", "ended_at")}),
    "ended before it began": ({"ended_at": b.NOW - timedelta(days=1)}, {("ends_before_it_began", "ended_at")}),
}  # fmt: skip


def test_wrong_field_is_named_and_nothing_is_written(crew: Crew):
    draft = started(crew, jurisdiction="North")
    for case, (fields, expected) in WRONG.items():
        with b.undone():
            with pytest.raises(Invalid) as refused:
                save_draft(
                    by=crew.embedded,
                    contact_id=draft.pk,
                    at=b.NOW,
                    **({"jurisdiction": "South", "sud_text": "W."} | fields),
                )
            errors = refused.value.errors if isinstance(refused.value, Incomplete) else (refused.value,)
            assert {(error.code, error.field) for error in errors} == expected, case
            draft.refresh_from_db()
            assert (draft.jurisdiction, draft.version) == ("North", 1), case
            assert not SudSegment.objects.exists(), case


def test_wrong_value_is_never_said_again(crew: Crew):
    """It may be a name typed into the wrong box."""
    with pytest.raises(Incomplete) as refused:
        started(crew, origin="Sam Testcase", language=["Sam Testcase"])
    assert "Sam" not in "".join(error.detail for error in refused.value.errors)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"narrative": "Words."}, "clinical_fields"),
        ({"sud_text": "Words."}, "clinical_fields"),
        ({"risk_level": "high"}, "clinical_fields"),
    ],
)
def test_officer_writes_no_clinical_part(crew: Crew, fields: dict[str, Any], code: str):
    draft = started(crew, by=crew.reyes)
    with pytest.raises(NotAllowed, match=f"^{code}$"):
        saved(crew, draft, by=crew.reyes, **fields)


@pytest.mark.parametrize("fields", [{"use_of_force": "none"}, {"disposition_primary": "arrested"}])
def test_clinician_writes_no_police_part(crew: Crew, fields: dict[str, Any]):
    with pytest.raises(NotAllowed, match=r"^law_enforcement_fields$"):
        saved(crew, started(crew), **fields)
    assert saved(crew, started(crew, by=crew.reyes), by=crew.reyes, **fields)


def test_both_write_that_nobody_asked(crew: Crew):
    assert saved(crew, started(crew), use_of_force="not_asked").use_of_force == "not_asked"
    draft = started(crew, by=crew.reyes)
    assert saved(crew, draft, by=crew.reyes, risk_level="not_assessed").risk_level == "not_assessed"


def test_draft_of_a_colleague_of_another_agency_and_none_are_one_answer(crew: Crew):
    """P-3."""
    draft = started(crew)
    for by, contact_id in ((crew.second, draft.pk), (crew.reyes, draft.pk), (crew.embedded, uuid7())):
        with pytest.raises(NotFound, match=r"^not_found$"):
            save_draft(by=by, contact_id=contact_id, at=b.NOW, origin="school")


@pytest.mark.parametrize("status", sorted(set(CrisisContact.RecordStatus.values) - {"draft"}))
def test_what_is_no_draft_is_not_saved(crew: Crew, status: str):
    contact = stands_as(crew.draft(), status)
    with pytest.raises(Conflict, match=r"^not_a_draft$"):
        saved(crew, contact, origin="school")


def test_draft_changed_meanwhile_is_not_saved(crew: Crew):
    draft = started(crew)
    saved(crew, draft, origin="school", version=1)
    with pytest.raises(Stale):
        saved(crew, draft, origin="walk_in", version=1)


def test_draft_saved_piece_by_piece_becomes_final(crew: Crew):
    draft = started(crew, person=crew.sam)
    whole = {
        "origin": "call_911", "modality": "phone", "response_type": ["call_diversion_clinician"],
        "presenting_issues": ["suicidal_ideation"], "risk_level": "moderate", "existing_treatment": "connected_active",
        "hold_status": "not_applicable", "disposition_primary": "safety_plan_completed", "le_dispatched": "no",
        "diverted_from": ["law_enforcement_response"], "referral_offered": "yes", "follow_up_required": "yes",
        "operational_summary": "Agreed to be called tomorrow.",
    }  # fmt: skip
    for name, value in whole.items():
        saved(crew, draft, **{name: value})
    contact = finalise_contact(by=crew.embedded, contact_id=draft.pk, at=b.NOW)
    assert {name: getattr(contact, name) for name in whole} == whole
