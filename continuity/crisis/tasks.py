"""Housekeeping of contacts, flags, plans and amendments: swept from due rows, idempotent, ids only."""

from celery import shared_task
from django.utils import timezone

from continuity.crisis import due


@shared_task
def remind_of_drafts() -> int:
    """Remind authors of unfinished drafts and apply the 72 hour rule; say how many reminders and ends (5.4)."""
    now = timezone.now()
    return due.remind_authors(now) + due.finish_overdue_drafts(now)


@shared_task
def cancel_old_drafts() -> int:
    """Cancel drafts that nobody finished within 30 days and say how many (5.13)."""
    return due.cancel_old_drafts(timezone.now())


@shared_task
def tell_of_expiring_flags() -> int:
    """Remind of safety flags that expire soon, once for each end (P-6)."""
    return due.tell_of_expiring_flags(timezone.now())


@shared_task
def tell_of_waiting_proposals() -> int:
    """Remind of flags and plans that wait for approval, once for each proposal (5.5)."""
    return due.tell_of_waiting_proposals(timezone.now())


@shared_task
def tell_of_amendments_due() -> int:
    """Remind of requested amendments whose time runs out, once for each date (L-22)."""
    return due.tell_of_amendments_due(timezone.now())
