"""Housekeeping of the ledger."""

from datetime import datetime

from celery import shared_task
from django.db import connection
from django.utils import timezone

MONTHS_AHEAD = 12


@shared_task
def make_partitions() -> None:
    """Have a partition for each of the coming months; the database role of the site may make no other table."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT make_ledger_partition((date_trunc('month', %s::timestamptz AT TIME ZONE 'UTC')"
            " + make_interval(months => ahead))::date) FROM generate_series(0, %s::int) AS ahead",
            [timezone.now(), MONTHS_AHEAD],
        )


def has_partition(at: datetime) -> bool:
    """Whether the ledger has a partition for the month of `at` (a readiness check)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT to_regclass('disclosures_ledgerentry_' || to_char(%s::timestamptz AT TIME ZONE 'UTC', 'YYYYMM'))"
            " IS NOT NULL",
            [at],
        )
        return bool(cursor.fetchone()[0])
