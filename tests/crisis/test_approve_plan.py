"""A response plan is written by one member, approved by another, and one of an agency holds at a time (5.5)."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError

from continuity.crisis.models import ResponsePlan
from continuity.crisis.services import approve_plan
from continuity.errors import Invalid, NotAllowed
from continuity.trail.models import AuditEntry
from tests import builders as b
from tests.crisis.conftest import Crew

pytestmark = pytest.mark.django_db


def approved(crew: Crew, **changes: Any) -> ResponsePlan:
    return approve_plan(
        **{
            "by": crew.second,
            "author": crew.embedded,
            "person": crew.sam,
            "at": b.NOW,
            "strategies": ["Sit down", "Ask about the dog"],
        }
        | changes
    )


def test_approved_plan_holds_for_180_days(crew: Crew):
    plan = approved(crew)
    assert (plan.status, plan.author, plan.approved_by) == ("active", crew.embedded, crew.second)
    assert (plan.approved_at, plan.expires_at) == (b.NOW, b.NOW + timedelta(days=180))
    assert plan.strategies == ["Sit down", "Ask about the dog"]


def test_new_plan_supersedes_the_former_one(crew: Crew):
    former, plan = approved(crew), approved(crew, at=b.NOW + timedelta(days=1))
    former.refresh_from_db()
    assert (former.status, plan.status) == ("superseded", "active")
    history = AuditEntry.objects.filter(object_pk=str(former.pk)).latest("pk")
    assert history.changes["status"] == ["active", "superseded"]


def test_plans_of_another_agency_and_of_another_person_stay(crew: Crew):
    clinic = b.agency("clinic", "clinic_treatment")
    theirs = [b.member(name, clinic, "treatment_clinician") for name in ("adeyemi", "colleague")]
    approved(crew, by=theirs[0], author=theirs[1])
    approved(crew, person=b.person(crew.county, first="Una"))
    approved(crew)
    assert ResponsePlan.objects.filter(status="active").count() == 3


def test_author_does_not_approve_the_own_plan(crew: Crew):
    with pytest.raises(Invalid, match=r"^approver_is_author$"):
        approved(crew, by=crew.embedded)
    assert not ResponsePlan.objects.exists()


def test_refused_plan_leaves_the_former_one_in_force(crew: Crew):
    former = approved(crew)
    with pytest.raises(IntegrityError, match="an_approved_plan_expires_within_180_days"):
        approved(crew, expires_at=b.NOW + timedelta(days=181))
    former.refresh_from_db()
    assert former.status == "active"


@pytest.mark.parametrize("role", ["officer", "dispatcher", "consent_manager", "peer_navigator"])
def test_member_without_the_duty_approves_no_plan(crew: Crew, role: str):
    with pytest.raises(NotAllowed, match=r"^duty_missing$"):
        approved(crew, by=b.member("other", crew.county, role))


@pytest.mark.parametrize("missing", ["approved_by", "approved_at", "another approver"])
def test_plan_in_force_was_approved_by_somebody_else(crew: Crew, missing: str):
    plan = approved(crew)
    if missing == "another approver":
        plan.approved_by = crew.embedded
    else:
        setattr(plan, missing, None)
    with pytest.raises(IntegrityError, match="an_approved_plan_was_approved_by_somebody_else"):
        plan.save()


def test_one_plan_of_an_agency_is_in_force_for_a_person(crew: Crew):
    plan = approved(crew)
    plan.pk, plan._state.adding = plan._meta.pk.get_default(), True
    with pytest.raises(IntegrityError, match="one_approved_plan_of_an_agency_for_a_person"):
        plan.save()
