"""Housekeeping of the ledger."""

import logging
from datetime import datetime

from celery import shared_task
from django.db import DatabaseError, connection
from django.utils import timezone

MONTHS_AHEAD = 12
logger = logging.getLogger(__name__)


@shared_task
def make_partitions() -> None:
    """Have a partition for each of the coming months; the database role of the site may make no other table.

    A month whose rows already lie in the default partition cannot be made: it is said, and the others are made.
    """
    with connection.cursor() as cursor:
        for ahead in range(MONTHS_AHEAD + 1):
            try:
                cursor.execute(
                    "SELECT make_ledger_partition((date_trunc('month', %s::timestamptz AT TIME ZONE 'UTC')"
                    " + make_interval(months => %s::int))::date)",
                    [timezone.now(), ahead],
                )
            except DatabaseError:
                logger.exception("ledger partition for %s months ahead was not made", ahead)


def has_partition(at: datetime) -> bool:
    """Whether the ledger has a partition for the month of `at` (a readiness check)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT to_regclass('disclosures_ledgerentry_' || to_char(%s::timestamptz AT TIME ZONE 'UTC', 'YYYYMM'))"
            " IS NOT NULL",
            [at],
        )
        return bool(cursor.fetchone()[0])
