"""Recording a contact: who may write what, and what the database never takes (5.4)."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from continuity.agencies.roles import Duty, Role, duties_of
from continuity.crisis.models import ClinicalNarrative, CrisisContact, SudSegment
from continuity.errors import Invalid, NotAllowed
from continuity.trail.models import AuditEntry
from tests import builders as b
from tests.crisis.conftest import Crew

pytestmark = pytest.mark.django_db
CLINICIANS = ["embedded_clinician", "mobile_clinician", "treatment_clinician"]
CLINICAL = {"narrative": "Clinical words.", "sud_text": "Substance words."}


def test_contact_starts_as_the_authors_draft(crew: Crew):
    contact = crew.draft()
    assert (contact.record_status, contact.finalised_at) == ("draft", None)
    assert (contact.author, contact.custodian, contact.recorded_at) == (crew.embedded, crew.county, b.NOW)


def test_nothing_that_was_not_asked_is_blank(crew: Crew):
    contact = crew.draft()
    assert (contact.risk_level, contact.existing_treatment) == ("not_assessed", "not_asked")
    assert (contact.referral_offered, contact.follow_up_required) == ("not_asked", "not_asked")
    assert (contact.le_dispatched, contact.diverted_from) == ("unknown", ["undetermined"])


def test_clinical_text_lies_in_rows_of_its_own(crew: Crew):
    contact = crew.draft(**CLINICAL)
    assert (contact.narrative.text, contact.sud_segment.text) == ("Clinical words.", "Substance words.")
    told = "".join(str(row.changes) for row in AuditEntry.objects.all())
    assert "words" not in told
    assert "Spoke" not in told


def test_contact_without_clinical_text_has_no_such_rows(crew: Crew):
    crew.draft()
    assert not ClinicalNarrative.objects.exists()
    assert not SudSegment.objects.exists()


def test_contact_makes_the_person_one_of_the_agencys_own(crew: Crew):
    crew.draft(by=crew.reyes)
    assert [known.agency for known in crew.sam.person_agencies.all()] == [crew.police]


def test_anonymous_contact_makes_nobody_anyones_own(crew: Crew):
    assert crew.draft(person=None).person is None
    assert not crew.sam.person_agencies.exists()


@pytest.mark.parametrize("role", Role)
def test_contact_is_recorded_by_whoever_has_the_duty(crew: Crew, role: Role):
    by = b.member("other", crew.county, role)
    if Duty.RECORD_CONTACT in duties_of([role]):
        assert crew.draft(by=by).author == by
    else:
        with pytest.raises(NotAllowed, match=r"^duty_missing$"):
            crew.draft(by=by)


@pytest.mark.parametrize("field", CLINICAL)
@pytest.mark.parametrize("role", [*CLINICIANS, "officer", "dispatcher"])
def test_clinical_text_is_written_by_clinicians_only(crew: Crew, role: str, field: str):
    by = b.member("other", crew.county, role)
    if role in CLINICIANS:
        assert crew.draft(by=by, **{field: CLINICAL[field]})
    else:
        with pytest.raises(NotAllowed, match=r"^clinical_fields$"):
            crew.draft(by=by, **{field: CLINICAL[field]})


@pytest.mark.parametrize(
    ("kind", "may"), [("police", True), ("sheriff", True), ("psap", False), ("clinic_treatment", False)]
)
def test_use_of_force_is_reported_by_law_enforcement_only(crew: Crew, kind: str, may: bool):
    by = b.member("other", b.agency("other", kind), "officer")
    if may:
        assert crew.draft(by=by, use_of_force="none").use_of_force == "none"
    else:
        with pytest.raises(NotAllowed, match=r"^law_enforcement_fields$"):
            crew.draft(by=by, use_of_force="none")


def test_contact_in_the_future_is_refused(crew: Crew):
    with pytest.raises(Invalid, match=r"^in_the_future$") as refused:
        crew.draft(occurred_at=b.NOW + timedelta(microseconds=1))
    assert refused.value.field == "occurred_at"
    assert not CrisisContact.objects.exists()


@pytest.mark.parametrize("disposition", ["arrested", "cited_released"])
@pytest.mark.parametrize("field", ["disposition_primary", "dispositions_other"])
def test_arrest_is_reported_by_law_enforcement_only(crew: Crew, field: str, disposition: str):
    stated = {field: disposition if field == "disposition_primary" else ["resolved_on_scene", disposition]}
    assert crew.draft(by=crew.reyes, **stated)
    with pytest.raises(NotAllowed, match=r"^law_enforcement_fields$") as refused:
        crew.draft(**stated)
    assert refused.value.field == field


@pytest.mark.parametrize(
    "stated", [{"risk_level": "low"}, {"suicide_screen_tool": "C-SSRS"}, {"suicide_screen_level": "low"}]
)
def test_risk_is_judged_by_clinicians_only(crew: Crew, stated: dict[str, str]):
    assert crew.draft(**stated)
    with pytest.raises(NotAllowed, match=r"^clinical_fields$") as refused:
        crew.draft(by=crew.reyes, **stated)
    assert refused.value.field in stated


def test_contact_is_an_episode_of_its_own(crew: Crew):
    first, second = crew.draft(), crew.draft(contact_number="C-2")
    assert first.episode
    assert first.episode.opened_at == b.NOW
    assert first.episode != second.episode


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "ended before it began": ({"ended_at": b.NOW - timedelta(seconds=1)}, "a_contact_ends_after_it_began"),
    "final without a time": ({"record_status": "final"}, "a_readable_contact_was_finalised"),
    "in error without a time": ({"record_status": "entered_in_error"}, "a_readable_contact_was_finalised"),
} | {
    f"final without {field}": (
        {"record_status": "final", "finalised_at": b.NOW, field: empty},
        "a_readable_contact_answers_what_is_asked",
    )
    for field in CrisisContact.REQUIRED
    for empty in [[] if isinstance(getattr(CrisisContact(), field), list) else ""]
}  # fmt: skip


def test_contact_may_not_be(crew: Crew):
    """Whatever wrote it: the database refuses."""
    for fields, rule in REFUSED.values():
        with b.undone():
            contact = crew.draft()
            for name, value in fields.items():
                setattr(contact, name, value)
            with pytest.raises(IntegrityError, match=rule), transaction.atomic():
                contact.save()


def test_contact_number_is_unique_in_its_agency_alone(crew: Crew):
    crew.draft()
    crew.draft(by=crew.reyes)
    with pytest.raises(IntegrityError, match="contact_numbers_are_unique_in_an_agency"):
        crew.draft(by=crew.second)
