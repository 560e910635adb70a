"""Housekeeping of the ledger."""

import logging
from datetime import datetime, timedelta
from itertools import islice

from celery import shared_task
from django.db import DatabaseError, connection
from django.utils import timezone

from continuity.agencies.models import Agency
from continuity.disclosures import canonical, ledger_alarm, seal_exports, watch
from continuity.disclosures.accounting_due import owed_soon
from continuity.disclosures.verification import Verification
from continuity.notices.models import Notice
from continuity.notices.services import remind_many

MONTHS_AHEAD = 12
MOST_NAMED = 20  # faults of one table in a log
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


@shared_task
def review_last_week() -> int:
    """Write the findings of the last two weeks and say how many are new: a Monday that was missed is made up for."""
    at = timezone.now()
    weeks = {watch.last_week(agency, at) for agency in Agency.objects.all()}
    weeks |= {week - watch.WEEK for week in weeks}
    return sum(watch.review_week(week=week, at=at) for week in sorted(weeks))


@shared_task
def seal_ledger() -> int:
    """Seal what is quiet, and say how many seals that were (AU-9)."""
    at = timezone.now()
    try:
        return len(seal_exports.seal_and_copy(at))
    except seal_exports.NotTheExported as error:
        logger.critical("nothing was sealed: %s", error)
        ledger_alarm.sound(["tampered"], at)
        raise


@shared_task
def verify_last_day() -> int:
    """Verify the chains of seals and the rows of the last day; say how many faults there are, and sound the alarm."""
    at = timezone.now()
    found = 0
    for table in canonical.TABLES.values():
        since = canonical.end_of_quiet(table, at - timedelta(days=1))
        for finding in islice(Verification(table, at, since=since).findings(), MOST_NAMED):
            logger.critical("%s", finding.sentence)
            found += 1
    if found:
        ledger_alarm.sound(["tampered"], at)
    return found


@shared_task
def watch_ledger() -> list[str]:
    """Say what is wrong with the ledger, and sound the alarm (AU-5)."""
    at = timezone.now()
    found = ledger_alarm.check(at)
    if found:
        ledger_alarm.sound(found, at)
    return found


@shared_task
def tell_of_accountings_due() -> int:
    """Remind privacy offices of accountings that are owed soon or overdue, once for each; say how many reminders."""
    return remind_many(Notice.Kind.ACCOUNTING_DUE, owed_soon(timezone.now()))


def has_partition(at: datetime) -> bool:
    """Whether the ledger has a partition for the month of `at` (a readiness check)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT to_regclass('disclosures_ledgerentry_' || to_char(%s::timestamptz AT TIME ZONE 'UTC', 'YYYYMM'))"
            " IS NOT NULL",
            [at],
        )
        return bool(cursor.fetchone()[0])
