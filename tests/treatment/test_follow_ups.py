"""Promising a follow-up and trying to keep it (5.10, P-24)."""

from datetime import timedelta

import pytest
from django.db import IntegrityError

from continuity.errors import Conflict, Invalid, NotAllowed, NotFound
from continuity.ids import uuid7
from continuity.trail.models import AuditEntry
from continuity.treatment.models import FollowUp, FollowUpAttempt
from tests import builders as b
from tests.treatment.conftest import Care

pytestmark = pytest.mark.django_db
REACHED = {"reached_engaged", "reached_declined"}
UNREACHED = sorted(set(FollowUpAttempt.Outcome.values) - REACHED)


@pytest.mark.parametrize(
    ("window", "hours"), [("h24", 24), ("h48", 48), ("h72", 72), ("d7", 7 * 24), ("d30", 30 * 24)]
)
def test_promise_is_due_a_window_after_it_was_made(care: Care, window: str, hours: int):
    follow_up = care.promise(due_window=window)
    assert follow_up.due_at == b.NOW + timedelta(hours=hours)
    assert (follow_up.status, follow_up.custodian, follow_up.person) == ("sent", care.county, care.sam)


def test_agreed_time_is_due_when_it_was_agreed(care: Care):
    agreed = b.NOW + timedelta(days=4)
    assert care.promise(due_window="custom", due_at=agreed).due_at == agreed


def test_agreed_time_without_a_time_is_refused_in_words(care: Care):
    with pytest.raises(Invalid):
        care.promise(due_window="custom")


@pytest.mark.parametrize("role", ["officer", "dispatcher", "consent_manager", "supervisor"])
def test_member_without_the_duty_neither_promises_nor_tries(care: Care, role: str):
    follow_up, other = care.promise(), b.member("other", care.county, role)
    with pytest.raises(NotAllowed, match=r"^duty_missing$"):
        care.promise(by=other)
    with pytest.raises(NotAllowed, match=r"^duty_missing$"):
        care.attempt(follow_up, "no_answer", by=other)


def test_contact_of_another_agency_or_of_nobody_gets_no_promise(care: Care):
    for fields in ({"by": care.adeyemi}, {"contact": b.contact(care.embedded, None)}):
        with pytest.raises(NotFound, match=r"^not_found$"):
            care.promise(**fields)


@pytest.mark.parametrize("outcome", sorted(REACHED))
def test_follow_up_is_completed_when_the_person_was_reached(care: Care, outcome: str):
    care.attempt(care.promise(), outcome, result="connected")
    follow_up = FollowUp.objects.get()
    assert (follow_up.status, follow_up.result, follow_up.closed_at) == ("completed", "connected", b.NOW)


@pytest.mark.parametrize("outcome", UNREACHED)
def test_follow_up_is_not_completed_when_the_person_was_not_reached(care: Care, outcome: str):
    """P-24: a voicemail is an attempt, never a completion."""
    care.say_what_is_safe(call=True, message=True)
    follow_up = care.promise()
    with pytest.raises(Invalid, match=r"^not_reached$") as refused:
        care.attempt(follow_up, outcome, result="connected")
    assert refused.value.field == "outcome"
    assert not FollowUpAttempt.objects.exists()


@pytest.mark.parametrize("outcome", FollowUpAttempt.Outcome.values)
def test_attempt_without_a_result_leaves_the_promise_open(care: Care, outcome: str):
    care.say_what_is_safe(call=True, message=True)
    care.attempt(care.promise(), outcome)
    follow_up = FollowUp.objects.get()
    assert (follow_up.status, follow_up.result, follow_up.closed_at) == ("sent", "", None)
    assert [one.outcome for one in follow_up.attempts.all()] == [outcome]


def test_attempts_are_kept_in_their_order_and_without_their_notes_in_the_history(care: Care):
    follow_up = care.promise()
    care.attempt(follow_up, "no_answer", note="Rang twice.")
    care.attempt(follow_up, "reached_engaged", result="connected")
    assert [one.outcome for one in follow_up.attempts.all()] == ["no_answer", "reached_engaged"]
    assert "Rang" not in "".join(str(row.changes) for row in AuditEntry.objects.all())


def test_closed_follow_up_takes_no_further_attempt(care: Care):
    follow_up = care.promise()
    care.attempt(follow_up, "reached_engaged", result="connected")
    with pytest.raises(Conflict, match=r"^closed$"):
        care.attempt(follow_up, "no_answer")


def test_follow_up_of_another_agency_and_none_at_all_are_the_same_answer(care: Care):
    """P-3."""
    follow_up = care.promise()
    with pytest.raises(NotFound, match=r"^not_found$"):
        care.attempt(follow_up, "no_answer", by=care.adeyemi)
    with pytest.raises(NotFound, match=r"^not_found$"):
        care.attempt(FollowUp(pk=uuid7()), "no_answer")


def test_completed_follow_up_has_a_result(care: Care):
    follow_up = care.promise()
    follow_up.status = "completed"
    with pytest.raises(IntegrityError, match="a_completed_follow_up_has_a_result"):
        follow_up.save()


def test_follow_up_of_a_file_exists_once(care: Care):
    care.promise(external_id="F-1")
    with pytest.raises(IntegrityError, match="a_follow_up_of_a_file_exists_once"):
        care.promise(external_id="F-1")
