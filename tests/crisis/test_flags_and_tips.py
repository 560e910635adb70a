"""Safety flags and what calms: observed by one, approved by another, ended by the clock (5.5, P-6)."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError

from continuity.agencies.models import Membership
from continuity.crisis.models import DeescalationTip, SafetyFlag
from continuity.crisis.services import approve_flag, propose_flag, record_tip
from continuity.errors import Conflict, NotAllowed, NotFound
from continuity.ids import uuid7
from continuity.trail.models import AuditEntry
from tests import builders as b
from tests.crisis.conftest import Crew

pytestmark = pytest.mark.django_db
SEEN = b.NOW - timedelta(days=12)


def proposed(crew: Crew, by: Membership | None = None, **fields: Any) -> SafetyFlag:
    return propose_flag(
        by=by or crew.embedded,
        person=crew.sam,
        kind="fear_of_uniforms",
        basis="observed",
        observed_at=SEEN,
        text="Afraid of uniforms.",
        **fields,
    )


def tip(crew: Crew, by: Membership) -> DeescalationTip:
    return record_tip(
        by=by, person=crew.sam, kind="calm_voice", basis="observed", observed_at=SEEN, text="Speak softly."
    )


def test_proposed_flag_carries_its_source_and_does_not_show_yet(crew: Crew):
    flag = proposed(crew)
    assert (flag.status, flag.approved_by) == ("proposed", None)
    assert (flag.custodian, flag.proposed_by, flag.source_role) == (
        crew.county,
        crew.embedded,
        "embedded_clinician",
    )


@pytest.mark.parametrize("standing", [proposed, tip])
def test_observation_expires_90_days_after_it_was_made(crew: Crew, standing: Any):
    made = standing(crew, crew.embedded)
    assert made.first_observed_at == made.last_confirmed_at == SEEN
    assert made.expires_at == SEEN + timedelta(days=90)


@pytest.mark.parametrize("standing", [proposed, tip])
def test_officer_may_propose_a_flag_and_record_a_tip(crew: Crew, standing: Any):
    made = standing(crew, crew.reyes)
    assert (made.custodian, made.source_role) == (crew.police, "officer")
    assert [known.agency for known in crew.sam.person_agencies.all()] == [crew.police]


@pytest.mark.parametrize("role", ["dispatcher", "consent_manager", "supervisor", "peer_navigator", "auditor"])
@pytest.mark.parametrize("standing", [proposed, tip])
def test_member_without_the_duty_records_no_observation(crew: Crew, standing: Any, role: str):
    with pytest.raises(NotAllowed, match=r"^duty_missing$"):
        standing(crew, b.member("other", crew.county, role))


@pytest.mark.parametrize("role", ["mobile_clinician", "supervisor"])
def test_flag_is_approved_by_somebody_else(crew: Crew, role: str):
    approver = b.member("approver", crew.county, role)
    flag = approve_flag(by=approver, flag_id=proposed(crew).pk)
    flag.refresh_from_db()
    assert (flag.status, flag.approved_by) == ("active", approver)
    assert AuditEntry.objects.filter(object_pk=str(flag.pk)).latest("pk").changes["status"] == [
        "proposed",
        "active",
    ]


def test_proposer_does_not_approve_the_own_flag(crew: Crew):
    flag = proposed(crew)
    with pytest.raises(Conflict, match=r"^not_approvable$"):
        approve_flag(by=crew.embedded, flag_id=flag.pk)
    assert SafetyFlag.objects.get().status == "proposed"


@pytest.mark.parametrize("status", ["active", "removed", "refuted", "entered_in_error"])
def test_flag_that_is_not_proposed_is_not_approved(crew: Crew, status: str):
    flag = proposed(crew, status=status, approved_by=crew.second)
    with pytest.raises(Conflict, match=r"^not_approvable$"):
        approve_flag(by=crew.second, flag_id=flag.pk)


def test_officer_approves_no_flag(crew: Crew):
    flag = proposed(crew, by=crew.reyes)
    partner = b.member("partner", crew.police, "officer")
    with pytest.raises(NotAllowed, match=r"^duty_missing$"):
        approve_flag(by=partner, flag_id=flag.pk)


def test_flag_of_another_agency_and_no_flag_at_all_are_the_same_answer(crew: Crew):
    """P-3."""
    stranger = b.member("novak", b.agency("faraway", "clinic_treatment"), "treatment_clinician")
    for flag_id in (proposed(crew).pk, uuid7()):
        with pytest.raises(NotFound, match=r"^not_found$"):
            approve_flag(by=stranger, flag_id=flag_id)


def test_flag_lives_180_days_at_most(crew: Crew):
    flag = proposed(crew)
    flag.expires_at = SEEN + timedelta(days=180)
    flag.save()
    flag.expires_at += timedelta(microseconds=1)
    with pytest.raises(IntegrityError, match="a_flag_expires_within_180_days_of_confirmation"):
        flag.save()


def test_tip_lives_180_days_at_most(crew: Crew):
    calming = tip(crew, crew.embedded)
    calming.expires_at = SEEN + timedelta(days=180, microseconds=1)
    with pytest.raises(IntegrityError, match="a_tip_expires_within_180_days_of_confirmation"):
        calming.save()


@pytest.mark.parametrize("approver", [None, "embedded"], ids=["nobody", "proposer"])
def test_active_flag_was_approved_by_somebody_else(crew: Crew, approver: str | None):
    flag = proposed(crew)
    flag.status, flag.approved_by = "active", getattr(crew, approver) if approver else None
    with pytest.raises(IntegrityError, match="an_active_flag_was_approved_by_somebody_else"):
        flag.save()
