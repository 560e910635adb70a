"""Housekeeping of the ledger."""

from datetime import datetime

from celery import shared_task
from dateutil.relativedelta import relativedelta
from django.db import connection
from django.utils import timezone

MONTHS_AHEAD = 12


@shared_task
def make_partitions() -> None:
    """Have a partition for each of the coming months; the database role of the site may make no other table."""
    this_month = timezone.now().date().replace(day=1)
    with connection.cursor() as cursor:
        for ahead in range(MONTHS_AHEAD + 1):
            cursor.execute(
                "SELECT make_ledger_partition(%s::date)", [this_month + relativedelta(months=ahead)]
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
