"""Housekeeping of accounts: swept from due rows, idempotent, ids only (S-9)."""

from celery import shared_task
from django.utils import timezone

from continuity.agencies.account_lists import swept
from continuity.agencies.accounts import sweep


@shared_task
def suspend_what_is_over() -> int:
    """Suspend accounts that are idle, orphaned or without training, and say how many."""
    now = timezone.now()
    return sum(sweep(member_id=member_id, reason=reason, at=now) for member_id, reason in swept(now))
