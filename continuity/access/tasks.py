"""Housekeeping of emergency access: swept from due rows, idempotent, ids only; the clock closes them without it."""

from datetime import datetime

from celery import shared_task
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from continuity.access import emergency_lists
from continuity.access.emergency_moves import move_by_the_clock, tell_reviewers
from continuity.access.models import EmergencyAccess
from continuity.notices.models import Notice


@shared_task
def time_out_requests() -> int:
    """Close requests that nobody answered in time, tell whoever asked, and say how many."""
    now = timezone.now()
    return _move(emergency_lists.timed_out(now), now)


@shared_task
def end_emergencies() -> int:
    """End time boxes that are over by the clock, put them up for review, and say how many."""
    now = timezone.now()
    return _move(emergency_lists.run_out(now), now)


@shared_task
def remind_of_overdue_reviews() -> int:
    """Remind privacy officers of reviews that are overdue, once for each; say how many reminders."""
    return sum(
        tell_reviewers(one, Notice.Kind.EMERGENCY_REVIEW, one.review_due_at)
        for one in emergency_lists.overdue(timezone.now())
        if one.review_due_at is not None
    )


def _move(due: QuerySet[EmergencyAccess], now: datetime) -> int:
    ids = list(due.values_list("pk", flat=True))
    return sum(_move_one(due.filter(pk=pk), now) for pk in ids)


@transaction.atomic
def _move_one(one: QuerySet[EmergencyAccess], now: datetime) -> bool:
    """Somebody who holds it at this moment moves it on themself."""
    held = one.select_for_update(of=("self",), skip_locked=True)
    emergency = held.select_related("agency", "requester__member", "reviewing_agency").first()
    return emergency is not None and move_by_the_clock(emergency, now)
