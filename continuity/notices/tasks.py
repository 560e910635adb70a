"""Tell administrators of accounts that wait for them; once for each moment, under any number of workers (S-3, S-9)."""

from collections.abc import Iterable

from celery import shared_task
from django.utils import timezone

from continuity.agencies import account_lists
from continuity.notices.models import Notice
from continuity.notices.services import Reminder, remind_many


@shared_task
def tell_of_locked_accounts() -> int:
    """Remind of accounts that wait to be released, and say how many reminders."""
    return _remind(Notice.Kind.ACCOUNT_LOCKED, account_lists.locked())


@shared_task
def tell_of_suspended_accounts() -> int:
    """Remind of accounts that the clock suspended, and say how many reminders."""
    return _remind(Notice.Kind.ACCOUNT_SUSPENDED, account_lists.suspended_by_the_clock())


@shared_task
def tell_of_reviews_due() -> int:
    """Remind of accounts that nobody looked at for a year, and say how many reminders."""
    return _remind(Notice.Kind.ACCOUNT_REVIEW_DUE, account_lists.reviews_due(timezone.now()))


def _remind(kind: Notice.Kind, told: Iterable[account_lists.Told]) -> int:
    return remind_many(kind, (Reminder(one.membership_id, one.since, one.agency) for one in told))
