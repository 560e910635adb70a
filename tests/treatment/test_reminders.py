"""What waits is told once, to the right one, and not a moment early (5.8 to 5.10)."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from continuity.agencies.services import create_team
from continuity.notices.models import Notice
from continuity.treatment import tasks
from continuity.treatment.follow_ups import assign_follow_up, cancel_follow_up
from continuity.treatment.links import confirm_team_link, end_team_link, verify_team_link
from continuity.treatment.models import FollowUp
from tests import builders as b
from tests.treatment.conftest import Care

pytestmark = pytest.mark.django_db
TICK = timedelta(microseconds=1)
DUE = b.NOW + timedelta(hours=48)


def swept(task: Any, at: datetime) -> int:
    with time_machine.travel(at, tick=False):
        return task()


def told(kind: str) -> list[tuple[Any, ...]]:
    """To whom each notice went; members by name, then the rest."""
    found = Notice.objects.filter(kind=kind).order_by("member__username", "pk")
    return [(one.subject_id, one.agency, one.team, one.member) for one in found]


def test_follow_up_due_within_the_hour_is_told_once(care: Care):
    follow_up = care.promise()
    assert swept(tasks.tell_of_due_follow_ups, DUE - timedelta(hours=1) - TICK) == 0
    assert swept(tasks.tell_of_due_follow_ups, DUE - timedelta(hours=1)) == 1
    for later in (DUE, DUE + timedelta(days=3)):
        assert swept(tasks.tell_of_due_follow_ups, later) == 0
    assert told("follow_up_due") == [(follow_up.pk, care.county, None, None)]


def test_follow_up_is_told_to_its_member_else_to_its_team(care: Care):
    team = create_team(agency=care.county, name="Navigation")
    mine = care.promise(assigned_to=care.embedded, team=team)
    theirs = care.promise(team=team)
    assert swept(tasks.tell_of_due_follow_ups, DUE) == 2
    assert set(told("follow_up_due")) == {
        (mine.pk, care.county, None, care.embedded.member),
        (theirs.pk, care.county, team, None),
    }


def test_follow_up_given_to_somebody_else_is_told_to_them_as_well(care: Care):
    peer = b.member("peer", care.county, "peer_navigator")
    follow_up = care.promise(assigned_to=care.embedded)
    swept(tasks.tell_of_due_follow_ups, DUE)
    assign_follow_up(by=care.embedded, follow_up_id=follow_up.pk, assigned_to=peer, at=DUE)
    assert swept(tasks.tell_of_due_follow_ups, DUE) == 1
    assert [one[3] for one in told("follow_up_due")] == [care.embedded.member, peer.member]


def test_follow_up_of_somebody_who_left_is_told_to_the_agency(care: Care):
    peer = b.member("peer", care.county, "peer_navigator")
    care.promise(assigned_to=peer)
    peer.ended_at = b.NOW
    peer.save()
    assert swept(tasks.tell_of_due_follow_ups, DUE) == 1
    assert [one[3] for one in told("follow_up_due")] == [None]


def test_overdue_climbs_once_to_each_supervisor_and_not_every_hour(care: Care):
    first, second = (b.member(name, care.county, "supervisor") for name in ("anna", "bert"))
    b.member("gone", care.county, "supervisor", ended_at=b.NOW)
    b.member("elsewhere", care.clinic, "supervisor")
    follow_up = care.promise()
    assert swept(tasks.tell_supervisors_of_overdue, DUE) == 0
    assert swept(tasks.tell_supervisors_of_overdue, DUE + TICK) == 2
    for hours in range(1, 5):
        assert swept(tasks.tell_supervisors_of_overdue, DUE + timedelta(hours=hours)) == 0
    assert told("follow_up_overdue") == [
        (follow_up.pk, care.county, None, one.member) for one in (first, second)
    ]


def test_overdue_of_an_agency_without_a_supervisor_is_told_to_the_agency(care: Care):
    follow_up = care.promise()
    assert swept(tasks.tell_supervisors_of_overdue, DUE + TICK) == 1
    assert told("follow_up_overdue") == [(follow_up.pk, care.county, None, None)]


def test_closed_follow_up_and_one_from_long_ago_remind_nobody(care: Care):
    follow_up = care.promise()
    cancel_follow_up(by=care.embedded, follow_up_id=follow_up.pk, status="unable", reason="Died.", at=b.NOW)
    care.promise(at=b.NOW - timedelta(days=100))
    for task in (tasks.tell_of_due_follow_ups, tasks.tell_supervisors_of_overdue):
        assert swept(task, DUE + TICK) == 0


@pytest.mark.parametrize(("priority", "hours"), [("stat", 1), ("asap", 4), ("urgent", 24), ("routine", 72)])
def test_linkage_that_nobody_acknowledged_is_told_to_both_sides_once(care: Care, priority: str, hours: int):
    linkage = care.linkage(priority=priority)
    edge = b.NOW + timedelta(hours=hours)
    assert swept(tasks.tell_of_unacknowledged, edge) == 0
    assert swept(tasks.tell_of_unacknowledged, edge + TICK) == 2
    assert swept(tasks.tell_of_unacknowledged, edge + timedelta(days=2)) == 0
    assert told("linkage_unacknowledged") == [
        (linkage.pk, care.county, None, care.embedded.member),
        (linkage.pk, care.clinic, care.team, None),
    ]


def test_acknowledged_linkage_and_one_to_an_outside_provider_remind_nobody(care: Care):
    care.answer(care.linkage(), "received")
    care.linkage(recipient=None, external_provider="A shelter")
    care.linkage(is_draft=True)
    assert swept(tasks.tell_of_unacknowledged, b.NOW + timedelta(days=5)) == 0


def test_stale_link_is_told_to_its_provider_once_for_each_verification(care: Care):
    fresh = {"person": care.sam, "program_kind": "outpatient_mh", "duty_line": "661-555-0110", "at": b.NOW}
    link = confirm_team_link(by=care.adeyemi, **fresh)
    edge = b.NOW + timedelta(days=90)
    assert swept(tasks.tell_of_stale_links, edge) == 0
    assert swept(tasks.tell_of_stale_links, edge + TICK) == 1
    assert swept(tasks.tell_of_stale_links, edge + timedelta(days=30)) == 0
    assert told("link_stale") == [(link.pk, care.clinic, None, None)]
    about = {"by": care.adeyemi, "link_id": link.pk}
    verify_team_link(**about, at=edge)
    assert swept(tasks.tell_of_stale_links, edge + timedelta(days=90)) == 0
    assert swept(tasks.tell_of_stale_links, edge + timedelta(days=90) + TICK) == 1
    end_team_link(**about, reason="Moved away.", at=edge)
    assert swept(tasks.tell_of_stale_links, edge + timedelta(days=400)) == 0


def test_sweep_takes_two_hundred_at_once_whatever_it_finds(care: Care):
    usual = {"contact": care.contact, "person": care.sam, "custodian": care.county, "kind": "safety_check"}
    FollowUp.objects.bulk_create(FollowUp(**usual, due_window="h24", due_at=b.NOW) for _ in range(450))
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert swept(tasks.tell_of_due_follow_ups, b.NOW) == 450
    inserts = [one for one in asked if "INSERT" in one["sql"]]
    assert len(inserts) == 3
    assert len(asked) <= 5
    assert swept(tasks.tell_of_due_follow_ups, b.NOW) == 0


def test_every_sweep_is_on_the_schedule():
    scheduled = {one["task"] for one in settings.CELERY_BEAT_SCHEDULE.values()}
    swept = {name for name in vars(tasks) if name.startswith("tell_")}
    assert {f"continuity.treatment.tasks.{name}" for name in swept} <= scheduled
    assert len(swept) == 4
