"""Recording a contact: who may write what, and what the database never takes (5.4)."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError

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


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "without an issue": ({"presenting_issues": []}, "a_contact_has_an_issue_and_a_response"),
    "without a response": ({"response_type": []}, "a_contact_has_an_issue_and_a_response"),
    "diverted from nothing": ({"diverted_from": []}, "a_contact_has_an_issue_and_a_response"),
    "ended before it began": ({"ended_at": b.NOW - timedelta(seconds=1)}, "a_contact_ends_after_it_began"),
    "final without a time": ({"record_status": "final"}, "a_readable_contact_was_finalised"),
    "in error without a time": ({"record_status": "entered_in_error"}, "a_readable_contact_was_finalised"),
}


@pytest.mark.parametrize(("fields", "rule"), REFUSED.values(), ids=REFUSED)
def test_contact_may_not_be(crew: Crew, fields: dict[str, Any], rule: str):
    with pytest.raises(IntegrityError, match=rule):
        crew.draft(**fields)


def test_contact_number_is_unique_in_its_agency_alone(crew: Crew):
    crew.draft()
    crew.draft(by=crew.reyes)
    with pytest.raises(IntegrityError, match="contact_numbers_are_unique_in_an_agency"):
        crew.draft(by=crew.second)
