"""The sweeps: each tells the right member of the right row once, at the exact moment, and nobody of what is not due."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.conf import settings
from django.utils.module_loading import import_string

from continuity.agencies.models import Membership
from continuity.crisis import due, tasks
from continuity.crisis.models import ContactAmendment, CrisisContact, ResponsePlan, SafetyFlag
from continuity.crisis.services import claim_contact, save_draft, start_draft
from continuity.notices.models import Notice
from tests import builders as b
from tests.agencies.test_packs import propose, sign
from tests.crisis.conftest import Crew, stands_as

pytestmark = pytest.mark.django_db
HOUR, DAY, INSTANT = timedelta(hours=1), timedelta(days=1), timedelta(microseconds=1)


@pytest.fixture
def lee(crew: Crew) -> Membership:
    return b.member("lee", crew.county, "supervisor")


def told(kind: Notice.Kind) -> list[tuple[Any, Any]]:
    rows = Notice.objects.filter(kind=kind, since__isnull=False).order_by("pk")
    return [(row.subject_id, row.member) for row in rows]


def status(contact: CrisisContact) -> str:
    contact.refresh_from_db()
    return contact.record_status


# Drafts: 24 hours, 72 hours, 30 days


def test_author_is_reminded_from_the_24th_hour_once(crew: Crew):
    draft = start_draft(by=crew.embedded, at=b.NOW)
    assert due.remind_authors(b.NOW + 24 * HOUR - INSTANT) == 0
    assert due.remind_authors(b.NOW + 24 * HOUR) == 1
    save_draft(by=crew.embedded, contact_id=draft.pk, at=b.NOW + 25 * HOUR, origin="school")
    assert due.remind_authors(b.NOW + 72 * HOUR - INSTANT) == 0
    assert told(Notice.Kind.DRAFT_UNFINISHED) == [(draft.pk, crew.embedded.member)]


def test_overdue_draft_reminds_no_author_any_more(crew: Crew):
    start_draft(by=crew.embedded, at=b.NOW)
    assert due.remind_authors(b.NOW + 72 * HOUR) == 0


@pytest.mark.parametrize("standing", ["final", "cancelled", "entered_in_error"])
def test_nobody_is_reminded_of_what_is_no_draft(crew: Crew, standing: str):
    stands_as(crew.draft(), standing)
    assert due.remind_authors(b.NOW + 24 * HOUR) == 0
    assert due.finish_overdue_drafts(b.NOW + 72 * HOUR) == 0


def test_complete_draft_becomes_final_in_the_72nd_hour(crew: Crew, lee: Membership):
    draft = crew.draft()
    assert due.finish_overdue_drafts(b.NOW + 72 * HOUR - INSTANT) == 0
    assert status(draft) == "draft"
    assert due.finish_overdue_drafts(b.NOW + 72 * HOUR) == 1
    assert (status(draft), draft.finalised_at) == ("final", b.NOW + 72 * HOUR)
    assert not told(Notice.Kind.DRAFT_OVERDUE)


def test_saving_a_draft_buys_no_time(crew: Crew):
    draft = crew.draft()
    save_draft(by=crew.embedded, contact_id=draft.pk, at=b.NOW + 71 * HOUR, jurisdiction="North")
    due.finish_overdue_drafts(b.NOW + 72 * HOUR)
    assert status(draft) == "final"


def test_incomplete_draft_climbs_to_every_supervisor_of_the_agency_once(crew: Crew, lee: Membership):
    left = b.member("lou", crew.county, "supervisor", ended_at=b.NOW)
    b.member("liz", crew.police, "supervisor")
    lin = b.member("lin", crew.county, "supervisor", "embedded_clinician")
    draft = start_draft(by=crew.embedded, at=b.NOW)
    assert due.finish_overdue_drafts(b.NOW + 72 * HOUR - INSTANT) == 0
    assert not told(Notice.Kind.DRAFT_OVERDUE)
    for hours in (72, 73, 96):
        assert due.finish_overdue_drafts(b.NOW + hours * HOUR) == 0
    assert set(told(Notice.Kind.DRAFT_OVERDUE)) == {(draft.pk, lee.member), (draft.pk, lin.member)}
    assert len(told(Notice.Kind.DRAFT_OVERDUE)) == 2
    assert left.member not in {member for _, member in told(Notice.Kind.DRAFT_OVERDUE)}
    assert status(draft) == "draft"


def test_one_draft_with_gaps_keeps_no_other_from_being_final(crew: Crew, lee: Membership):
    stuck, whole = start_draft(by=crew.embedded, at=b.NOW - HOUR), crew.draft()
    start_draft(by=crew.reyes, at=b.NOW)
    assert due.finish_overdue_drafts(b.NOW + 72 * HOUR) == 1
    assert (status(stuck), status(whole)) == ("draft", "final")


@pytest.mark.parametrize(
    ("begun", "days_on_the_wall"),
    [
        # Sunday 1 November 2026 has 25 hours in California, Sunday 8 March 2026 has 23.
        (datetime(2026, 10, 30, 12, 0, tzinfo=ZoneInfo("America/Los_Angeles")), 3 * DAY - HOUR),
        (datetime(2026, 3, 6, 12, 0, tzinfo=ZoneInfo("America/Los_Angeles")), 3 * DAY + HOUR),
    ],
    ids=["autumn", "spring"],
)
def test_72_hours_are_72_hours_when_the_clock_is_changed(
    crew: Crew, begun: datetime, days_on_the_wall: timedelta
):
    draft = crew.draft(at=begun, occurred_at=begun)
    edge = begun.astimezone(UTC) + 72 * HOUR
    wall = edge.astimezone(begun.tzinfo).replace(tzinfo=None) - begun.replace(tzinfo=None)
    assert wall == days_on_the_wall
    assert due.finish_overdue_drafts(edge - INSTANT) == 0
    assert due.finish_overdue_drafts(edge) == 1
    assert status(draft) == "final"


def test_pack_may_make_both_clocks_shorter(crew: Crew):
    """6.5: never longer; tests/agencies/test_packs.py refuses that."""
    sign(
        b.member("gale", crew.county, "privacy_officer"), propose(draft_reminder_hours=2, draft_final_hours=4)
    )
    draft, other = crew.draft(), crew.draft(by=crew.reyes)
    other.custodian.state = "NC"
    other.custodian.save()
    assert [due.remind_authors(b.NOW + 2 * HOUR - INSTANT), due.remind_authors(b.NOW + 2 * HOUR)] == [0, 1]
    assert due.finish_overdue_drafts(b.NOW + 4 * HOUR - INSTANT) == 0
    assert due.finish_overdue_drafts(b.NOW + 4 * HOUR) == 1
    assert (status(draft), status(other)) == ("final", "draft")


def test_draft_is_cancelled_after_30_days(crew: Crew):
    draft = start_draft(by=crew.embedded, at=b.NOW)
    final = stands_as(crew.draft(), "final")
    assert due.cancel_old_drafts(b.NOW + 30 * DAY - INSTANT) == 0
    assert due.cancel_old_drafts(b.NOW + 30 * DAY) == 1
    assert (status(draft), status(final)) == ("cancelled", "final")
    assert draft.status_reason


def test_old_draft_is_cancelled_with_its_person_too(crew: Crew):
    draft = start_draft(by=crew.embedded, at=b.NOW)
    claim_contact(by=crew.embedded, contact_id=draft.pk, person=crew.sam, at=b.NOW + 29 * DAY)
    due.cancel_old_drafts(b.NOW + 31 * DAY)
    assert status(draft) == "cancelled"


# Flags, plans, amendments


def flag(crew: Crew, **fields: Any) -> SafetyFlag:
    return SafetyFlag.objects.create(
        **{
            "person": crew.sam,
            "custodian": crew.county,
            "kind": "fear_of_uniforms",
            "basis": "observed",
            "source_role": "embedded_clinician",
            "first_observed_at": b.NOW,
            "last_confirmed_at": b.NOW,
            "expires_at": b.NOW + 90 * DAY,
            "status": "active",
            "proposed_by": crew.embedded,
            "approved_by": crew.second,
        }
        | fields
    )


def test_proposer_is_told_14_days_before_a_flag_expires_once(crew: Crew):
    active, edge = flag(crew), b.NOW + 76 * DAY
    flag(crew, status="removed")
    assert due.tell_of_expiring_flags(edge - INSTANT) == 0
    assert due.tell_of_expiring_flags(edge) == 1
    assert due.tell_of_expiring_flags(edge + DAY) == 0
    assert told(Notice.Kind.FLAG_EXPIRING) == [(active.pk, crew.embedded.member)]


def test_nobody_is_told_of_a_flag_that_has_expired(crew: Crew):
    flag(crew)
    assert due.tell_of_expiring_flags(b.NOW + 90 * DAY) == 0


@pytest.mark.parametrize(("renewal", "reminders"), [("proposed", 0), ("active", 0), ("refuted", 1)])
def test_flag_that_is_being_renewed_reminds_nobody(crew: Crew, renewal: str, reminders: int):
    flag(crew, status=renewal, renews=flag(crew), expires_at=b.NOW + 150 * DAY)
    assert due.tell_of_expiring_flags(b.NOW + 80 * DAY) == reminders


def test_flag_of_somebody_who_left_is_told_to_the_agency(crew: Crew):
    active = flag(crew)
    crew.embedded.ended_at = b.NOW
    crew.embedded.save()
    due.tell_of_expiring_flags(b.NOW + 80 * DAY)
    assert told(Notice.Kind.FLAG_EXPIRING) == [(active.pk, None)]


def test_proposed_flag_waits_a_day_before_the_agency_is_told_again(crew: Crew):
    with time_machine.travel(b.NOW, tick=False):
        waiting = flag(crew, status="proposed", approved_by=None)
        flag(crew)
    assert due.tell_of_waiting_proposals(b.NOW + DAY - INSTANT) == 0
    assert due.tell_of_waiting_proposals(b.NOW + DAY) == 1
    assert due.tell_of_waiting_proposals(b.NOW + 2 * DAY) == 0
    assert told(Notice.Kind.FLAG_PROPOSED) == [(waiting.pk, None)]


def test_proposal_that_would_have_expired_waits_for_nobody(crew: Crew):
    with time_machine.travel(b.NOW, tick=False):
        flag(crew, status="proposed", approved_by=None)
    assert due.tell_of_waiting_proposals(b.NOW + 90 * DAY) == 0


def test_submitted_plan_waits_a_day_before_the_agency_is_told_again(crew: Crew):
    plan = ResponsePlan.objects.create(
        person=crew.sam,
        custodian=crew.county,
        author=crew.embedded,
        status="submitted",
        submitted_at=b.NOW,
        expires_at=b.NOW + 180 * DAY,
    )
    assert due.tell_of_waiting_proposals(b.NOW + DAY - INSTANT) == 0
    assert [due.tell_of_waiting_proposals(b.NOW + days * DAY) for days in (1, 2)] == [1, 0]
    assert told(Notice.Kind.PLAN_SUBMITTED) == [(plan.pk, None)]


@pytest.mark.parametrize("state", ["requested", "under_review"])
def test_amendment_is_told_14_days_before_its_day_and_again_when_extended(crew: Crew, state: str):
    """L-22: 60 days, and once 30 more."""
    gale = b.member("gale", crew.county, "privacy_officer")
    b.member("gil", crew.police, "privacy_officer")
    wanted = ContactAmendment.objects.create(
        contact=stands_as(crew.draft(), "final"),
        custodian=crew.county,
        kind="patient_requested",
        field="operational_summary",
        reason="It was not so.",
        requested_by="patient",
        requested_at=b.NOW,
        recorded_by=crew.embedded,
        due_at=b.NOW + 60 * DAY,
        status=state,
    )
    assert due.tell_of_amendments_due(b.NOW + 46 * DAY - INSTANT) == 0
    assert [due.tell_of_amendments_due(b.NOW + days * DAY) for days in (46, 47)] == [1, 0]
    wanted.due_at = b.NOW + 90 * DAY
    wanted.save()
    assert [due.tell_of_amendments_due(b.NOW + days * DAY) for days in (60, 76, 91)] == [0, 1, 0]
    assert told(Notice.Kind.AMENDMENT_DUE) == [(wanted.pk, gale.member)] * 2


def test_answered_amendment_is_told_to_nobody(crew: Crew):
    test_amendment_is_told_14_days_before_its_day_and_again_when_extended(crew, "requested")
    Notice.objects.all().delete()
    ContactAmendment.objects.update(status="denied")
    assert due.tell_of_amendments_due(b.NOW + 80 * DAY) == 0


# The tasks themselves


def test_tasks_read_the_clock(crew: Crew):
    draft = crew.draft()
    for at, reminders in ((b.NOW + 24 * HOUR, 1), (b.NOW + 72 * HOUR, 1)):
        with time_machine.travel(at, tick=False):
            assert tasks.remind_of_drafts() == reminders
    assert status(draft) == "final"
    start_draft(by=crew.embedded, at=b.NOW)
    with time_machine.travel(b.NOW + 30 * DAY, tick=False):
        assert tasks.cancel_old_drafts() == 1


@pytest.mark.parametrize(
    "name", ["tell_of_expiring_flags", "tell_of_waiting_proposals", "tell_of_amendments_due"]
)
def test_nothing_due_tells_nobody(name: str):
    assert getattr(tasks, name)() == 0


def test_every_task_is_on_the_schedule():
    scheduled = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    ours = {name for name in scheduled if name.startswith("continuity.crisis.")}
    assert {import_string(name) for name in ours} == {
        tasks.remind_of_drafts,
        tasks.cancel_old_drafts,
        tasks.tell_of_expiring_flags,
        tasks.tell_of_waiting_proposals,
        tasks.tell_of_amendments_due,
    }
