"""Which accountings somebody waits for: told a week before they are owed, and when the time is over."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from continuity.disclosures.models import AccountingRequest
from continuity.notices.services import Reminder

AHEAD = timedelta(days=7)
_S = AccountingRequest.State


def owed_soon(at: datetime) -> Iterator[Reminder]:
    """One reminder for each request that is owed within a week, another one once its time is over; ids only."""
    owed = AccountingRequest.objects.filter(state__in=[_S.RECEIVED, _S.PREPARED], due_at__lte=at + AHEAD)
    for asked in owed.select_related("agency").defer("content").order_by("due_at"):
        yield Reminder(asked.pk, asked.due_at - AHEAD, asked.agency)
        if asked.due_at < at:
            yield Reminder(asked.pk, asked.due_at, asked.agency)
