"""Promises that nobody may forget: swept from due rows, each told once, in small statements; ids only."""

from collections.abc import Iterable
from itertools import islice

from celery import shared_task
from django.utils import timezone

from continuity.notices.models import Notice
from continuity.notices.services import Reminder, remind_many
from continuity.treatment import due

# One statement's worth: between two of them a crisis alert is not kept waiting by locks.
_AT_ONCE = 200


@shared_task
def tell_of_due_follow_ups() -> int:
    """Remind of follow-ups due within the hour, once to whoever each is given to; say how many reminders."""
    return _tell(Notice.Kind.FOLLOW_UP_DUE, due.follow_ups_due(timezone.now()))


@shared_task
def tell_supervisors_of_overdue() -> int:
    """Tell supervisors of follow-ups whose time is over, once for each promise; say how many reminders."""
    return _tell(Notice.Kind.FOLLOW_UP_OVERDUE, due.follow_ups_overdue(timezone.now()))


@shared_task
def tell_of_unacknowledged() -> int:
    """Tell recipient and requester of linkages that wait for a word, once for each; say how many reminders."""
    return _tell(Notice.Kind.LINKAGE_UNACKNOWLEDGED, due.linkages_unacknowledged(timezone.now()))


@shared_task
def tell_of_stale_links() -> int:
    """Ask providers to verify team links, once for each verification that has aged; say how many reminders."""
    return _tell(Notice.Kind.LINK_STALE, due.links_stale(timezone.now()))


def _tell(kind: Notice.Kind, reminders: Iterable[Reminder]) -> int:
    waiting, told = iter(reminders), 0
    while some := list(islice(waiting, _AT_ONCE)):
        told += remind_many(kind, some)
    return told
