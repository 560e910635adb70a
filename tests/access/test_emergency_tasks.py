"""The sweeps of emergency access: they write down what the clock has done, once, and tell who must know (5.11)."""

from collections import Counter
from datetime import datetime

import pytest
import time_machine

from continuity.access import emergencies as verbs
from continuity.access import tasks
from continuity.access.models import EmergencyAccess
from continuity.agencies.models import Membership
from continuity.disclosures.alerts import tellable
from continuity.notices.models import Notice
from tests import builders as b
from tests.access.emergency_world import NOBODY, SAM, Emergency, build_emergency, later
from tests.replay import replayed

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(db: None) -> Emergency:
    return replayed(build_emergency)


def swept(at: datetime) -> tuple[int, int, int]:
    with time_machine.travel(at, tick=False):
        return tasks.time_out_requests(), tasks.end_emergencies(), tasks.remind_of_overdue_reviews()


def told(emergency: EmergencyAccess) -> Counter:
    rows = Notice.objects.filter(subject_id=emergency.pk).exclude(kind="emergency_asked")
    return Counter(rows.values_list("kind", "member__username"))


def test_a_request_that_nobody_answers_times_out_and_whoever_asked_is_told(world: Emergency):
    known, unknown = world.ask(SAM), world.ask(NOBODY)
    assert swept(later(14.9)) == (0, 0, 0)
    assert swept(later(16)) == (2, 0, 0)
    assert swept(later(17)) == (0, 0, 0)
    for one in (known, unknown):
        row = EmergencyAccess.objects.get(pk=one.pk)
        assert (row.state, row.ended_at, row.review) == ("timed_out", later(15), "")
        assert told(one) == {("emergency_answered", "reyes"): 1}
        assert tellable(world.reyes, Notice.objects.filter(subject_id=one.pk), later(16))


def test_a_time_box_ends_and_its_review_and_telling_are_put_to_the_privacy_office(world: Emergency):
    opened = world.released()
    assert swept(later(31)) == (0, 1, 0)
    assert swept(later(32)) == (0, 0, 0)
    row = EmergencyAccess.objects.get(pk=opened.pk)
    assert (row.state, row.ended_at, row.review) == ("ended", later(30), "review_pending")
    assert row.review_due_at == later(30 + 72 * 60)
    assert told(opened) == {
        ("emergency_answered", "reyes"): 1, ("emergency_review", "pat"): 1, ("emergency_to_tell", "pat"): 1,
    }  # fmt: skip
    notices = Notice.objects.filter(subject_id=opened.pk, kind__in=["emergency_review", "emergency_to_tell"])
    assert len(tellable(world.privacy, notices, later(32))) == 2
    assert not tellable(world.reyes, notices, later(32))
    assert not tellable(world.clinic_privacy, notices, later(32))


def test_an_override_of_nobody_ends_like_any_other(world: Emergency):
    """P-3: the privacy office is not told by its silence that nobody was found."""
    ends = [world.break_glass(whom, by=by) for whom, by in ((SAM, world.clinician), (NOBODY, world.medic))]
    assert swept(later(61)) == (0, 2, 0)
    first, second = (told(one) for one in ends)
    assert first == second == {("emergency_review", "clinic-pat"): 1, ("emergency_to_tell", "clinic-pat"): 1}


def test_an_overdue_review_is_reminded_of_once(world: Emergency):
    opened = world.released()
    due = later(30 + 72 * 60)
    swept(later(31))
    assert swept(due)[2] == 1
    assert swept(due)[2] == 0
    assert told(opened)["emergency_review", "pat"] == 2


def test_without_another_privacy_officer_the_review_is_put_to_the_agency(world: Emergency):
    Membership.objects.filter(pk=world.releaser.pk).update(roles=["embedded_clinician", "privacy_officer"])
    Membership.objects.filter(pk=world.privacy.pk).update(ended_at=b.NOW)
    opened = world.released()
    swept(later(31))
    assert told(opened)["emergency_review", None] == 1
    notice = Notice.objects.filter(subject_id=opened.pk, kind="emergency_review")
    assert tellable(world.supervisor, notice, later(32))
    assert not tellable(Membership.objects.get(pk=world.releaser.pk), notice, later(32)), "the releaser"


def test_a_sweep_after_the_end_by_hand_changes_nothing(world: Emergency):
    opened = world.released()
    verbs.end_emergency(by=world.reyes, emergency_id=opened.pk, at=later(3))
    assert swept(later(40)) == (0, 0, 0)
    assert EmergencyAccess.objects.get(pk=opened.pk).ended_at == later(3)


def test_the_sweeps_stand_in_the_schedule(settings):
    wanted = {"time_out_requests", "end_emergencies", "remind_of_overdue_reviews"}
    planned = {one["task"].rpartition(".")[2] for one in settings.CELERY_BEAT_SCHEDULE.values()}
    assert wanted <= planned
