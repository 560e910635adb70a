"""When the ledger cannot be written, nothing leaves; this is how somebody learns of it within the hour (AU-5, S-8).

A failed write is counted in Redis, because the database may be what fails. Every ten minutes the clock asks the
counter, and the database itself whether the next row could be written and nobody could change it afterwards. What is
wrong is said in the log, to every privacy officer and administrator, and by e-mail to who runs the site; each way is
tried whether or not the others work.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import redis
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import DatabaseError, InterfaceError, connection, transaction
from django.db.models import QuerySet

from continuity.agencies.models import Agency, Membership
from continuity.agencies.roles import Duty, Purpose
from continuity.disclosures import seals
from continuity.disclosures.models import LedgerEntry
from continuity.disclosures.throttles import store
from continuity.disclosures.watch import holders_of
from continuity.ids import uuid7
from continuity.notices.models import Notice
from continuity.notices.services import Reminder, remind_many

TOLD_BY = (Duty.REVIEW_USE, Duty.ADMINISTER_AGENCY)
_FAILURES, _MAILED = "ledger:failures", "ledger:mailed"
_EVERY = timedelta(hours=1)  # so often is the same trouble told again
logger = logging.getLogger(__name__)

SUBJECT = "Continuity: the ledger is failing"
_BODY = """The ledger of Continuity is failing: {what}.

Questions about people are not answered while its row cannot be written. See "When the ledger fails" in
docs/operations.md.
"""
WORDS = {
    "writes_failed": "rows could not be written",
    "unreachable": "the database does not answer",
    "insert_refused": "the site's role cannot add a row",
    "changeable": "the site's role could change or delete rows",
    "no_partition_now": "this month has no partition",
    "no_partition_next": "next month has no partition",
    "triggers_missing": "triggers that refuse changes are missing or switched off",
    "not_sealed": "rows have not been sealed in time",
    "tampered": "rows or seals are not what was sealed",
}


@contextmanager
def failures_counted() -> Iterator[None]:
    """Count a ledger row that could not be written, and let its error go on: nothing leaves."""
    try:
        yield
    except (DatabaseError, InterfaceError) as error:
        logger.critical("a ledger row was not written (%s)", type(error).__name__)
        try:
            store(settings.REDIS_URL).incr(_FAILURES)
        except redis.RedisError:
            logger.critical("and the failure could not be counted")
        raise


def check(at: datetime) -> list[str]:
    """What is wrong with the ledger now, as codes of WORDS; nothing is written that stays, and nothing repaired."""
    found = ["writes_failed"] if _failures() else []
    try:
        return found + list(_faults(at))
    except (DatabaseError, InterfaceError):
        return [*found, "unreachable"]


def sound(found: list[str], at: datetime) -> None:
    """Tell what is wrong in every way there is, at most once an hour each; failures told are forgotten."""
    logger.critical("the ledger is failing: %s", ", ".join(found))
    ways = [_mail(found), _put_notices(at)]
    if any(ways) and "writes_failed" in found:
        _forget_failures()


def agencies_told(by: Membership, at: datetime) -> QuerySet[Agency]:
    """The own agency, for those who are told that the ledger fails."""
    told = any(by.has_duty(duty) for duty in TOLD_BY)
    return Agency.objects.filter(pk=by.agency_id) if told else Agency.objects.none()


_PRIVILEGES = """
SELECT relowner::regrole::text = current_user, has_table_privilege(oid, 'UPDATE')
    OR has_table_privilege(oid, 'DELETE') OR has_table_privilege(oid, 'TRUNCATE')
FROM pg_class WHERE oid = to_regclass('disclosures_ledgerentry')
"""
# What is attached counts: a partition that was detached keeps its name.
_ATTACHED = """
SELECT count(*) FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
WHERE inhparent = to_regclass('disclosures_ledgerentry')
  AND relname = 'disclosures_ledgerentry_' || to_char(%s::timestamptz AT TIME ZONE 'UTC', 'YYYYMM')
"""
_ENABLED = """
SELECT count(DISTINCT (tgrelid, tgtype)) FROM pg_trigger
WHERE tgrelid IN (to_regclass('disclosures_ledgerentry'),
    to_regclass('disclosures_ledgerentry_' || to_char(%s::timestamptz AT TIME ZONE 'UTC', 'YYYYMM')))
  AND tgfoid = to_regproc('refuse_change') AND tgenabled IN ('O', 'A')
"""
_TRIGGERS = 4  # rows and TRUNCATE, on the table and on the month's partition


def _faults(at: datetime) -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute(_PRIVILEGES)
        row = cursor.fetchone()
    is_owner, may_change = row or (True, False)
    if may_change and not is_owner:
        yield "changeable"
    if not _is_attached(at):
        yield "no_partition_now"
    elif _count(_ENABLED, at) < _TRIGGERS:
        yield "triggers_missing"
    if not _is_attached(_next_month(at)):
        yield "no_partition_next"
    if not _takes_a_row(at):
        yield "insert_refused"
    if seals.is_behind(at):
        yield "not_sealed"


def _is_attached(at: datetime) -> bool:
    return _count(_ATTACHED, at) == 1


def _next_month(at: datetime) -> datetime:
    return (at.astimezone(UTC).replace(day=1) + timedelta(days=32)).replace(day=1)


def _count(statement: str, at: datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, [at])
        return int(cursor.fetchone()[0])


def _takes_a_row(at: datetime) -> bool:
    """Whether a row can be added: one is, and taken back in the same transaction."""
    asker = Membership.objects.order_by("pk").first()
    if asker is None:
        return True
    try:
        with transaction.atomic():
            LedgerEntry.objects.create(
                id=uuid7(at),
                at=at,
                asker=asker,
                agency_id=asker.agency_id,
                roles=[],
                purpose=Purpose.SYSTEM_ADMIN,
                channel=LedgerEntry.Channel.ADMIN,
                outcome=LedgerEntry.Outcome.READ,
                match_grade="certain",
                search_hmac="",
            )
            transaction.set_rollback(True)
    except DatabaseError:
        return False
    return True


def _failures() -> int:
    try:
        return int(store(settings.REDIS_URL).get(_FAILURES) or 0)
    except redis.RedisError:
        return 0


def _forget_failures() -> None:
    try:
        store(settings.REDIS_URL).unlink(_FAILURES)
    except redis.RedisError:
        logger.warning("told failures are counted again")


def _mail(found: list[str]) -> bool:
    """Mail who runs the site, at most once an hour; True when it was mailed or had been."""
    administrators: list[tuple[str, str]] = settings.ADMINS  # type: ignore[assignment]  # untyped while it is empty
    to = list(dict.fromkeys([*settings.OPERATOR_EMAIL, *(address for _, address in administrators)]))
    if not to:
        return False
    try:
        fresh = store(settings.REDIS_URL).set(_MAILED, 1, nx=True, ex=int(_EVERY.total_seconds()))
    except redis.RedisError:
        fresh = True
    if not fresh:
        return True
    what = "; ".join(WORDS[one] for one in found)
    try:
        EmailMessage(subject=SUBJECT, body=_BODY.format(what=what), to=to).send()
    except OSError as error:  # every error of smtplib is one
        logger.critical("the ledger's failure was not mailed (%s)", type(error).__name__)
        _mail_again()
        return False
    return True


def _mail_again() -> None:
    try:
        store(settings.REDIS_URL).unlink(_MAILED)
    except redis.RedisError:
        logger.warning("the next e-mail may wait for an hour")


def _put_notices(at: datetime) -> bool:
    """A notice to each privacy officer and administrator, once for each hour; True when they could be put."""
    since = at.replace(minute=0, second=0, microsecond=0)
    try:
        remind_many(
            Notice.Kind.LEDGER_FAILING,
            [
                Reminder(subject_id=works.agency_id, since=since, agency=works.agency, member=works.member)
                for works in holders_of(*TOLD_BY)
            ],
        )
    except (DatabaseError, InterfaceError) as error:
        logger.critical("the ledger's failure was put into no inbox (%s)", type(error).__name__)
        return False
    return True
