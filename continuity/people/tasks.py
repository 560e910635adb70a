"""Look for duplicates, add counts up: beside traffic, in small transactions, ids only."""

import time

from celery import shared_task
from django.utils import timezone

from continuity.people import rebuilding
from continuity.people.duplicates import compare_next

_AT_MOST = 3.0  # seconds: a crisis alert that wants this worker waits no longer for it


@shared_task
def look_for_duplicates() -> int:
    """Compare people who wait with the rest of the index, and say how many; the next run goes on where this stops."""
    compared, until = 0, time.monotonic() + _AT_MOST
    while time.monotonic() < until and compare_next(timezone.now()):
        compared += 1
    return compared


@shared_task
def fold_counts() -> int:
    """Add up what was counted of each name since the last time, and say how many rows that were."""
    return rebuilding.fold_counts()
