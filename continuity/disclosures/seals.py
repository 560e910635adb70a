"""Seals: what the append-only tables held, signed with a key that their database never sees (AU-9, S-8).

Rows older than a quiet period are sealed afterwards, by plain reads: no trigger, no lock, nothing on the way of a
look-up. The seals of a table are a chain. Each holds the mac of the one before, so that none can be taken out or put
back, and a copy of the last one kept elsewhere shows whether the chain was written anew.
"""

import hmac
import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from uuid import UUID

from django.conf import settings
from django.db import connections, transaction

from continuity.disclosures import canonical
from continuity.disclosures.canonical import FIRST_ID, TABLES, AppendOnly
from continuity.disclosures.models import LedgerSeal

MOST_ROWS = 100_000  # of one seal: what is held in memory, and 2.4 MB of marks
BEHIND_AFTER = timedelta(hours=3)
_SIGNED = ("kind", "from_id", "until_id", "rows", "root", "marks_sha256", "previous", "format", "key_id")
logger = logging.getLogger(__name__)


class NoSealKey(Exception):
    """SEAL_KEYS names no key, or not the one that a seal was made with."""


def mac_of(seal: LedgerSeal) -> str:
    """The keyed hash over a seal. Raises NoSealKey."""
    secret = settings.SEAL_KEYS.get(seal.key_id)
    if not secret:
        raise NoSealKey(f"SEAL_KEYS has no key {seal.key_id!r}")
    signed = [seal.table, seal.number, seal.sealed_at.astimezone(UTC).isoformat()]
    signed += [str(getattr(seal, name)) for name in _SIGNED]
    return hmac.new(secret.encode(), json.dumps(signed).encode(), sha256).hexdigest()


def is_genuine(seal: LedgerSeal) -> bool:
    """Whether one of our keys signed it as it is. Raises NoSealKey."""
    return hmac.compare_digest(mac_of(seal), seal.mac)


def seal_all(at: datetime) -> list[LedgerSeal]:
    """Seal what is quiet in every append-only table. Raises NoSealKey."""
    return [seal for table in TABLES.values() for seal in seal_table(table, at)]


def seal_table(table: AppendOnly, at: datetime) -> Iterator[LedgerSeal]:
    """Seal the table's quiet rows, a period at a time, each committed by itself; yield the seals."""
    end = canonical.end_of_quiet(table, quiet_since(at))
    while seal := _seal_next(table, end, at):
        logger.info("sealed %s %d: %d rows, mac %s", table.name, seal.number, seal.rows, seal.mac)
        yield seal


def quiet_since(at: datetime) -> datetime:
    """Before this moment no row will be added any more.

    Ids commit out of order. A row's time is no more than the quiet period older than the transaction that writes it,
    so the oldest transaction that the site has open, however long it takes, moves the moment back.
    """
    quiet = timedelta(minutes=settings.SEAL_QUIET_MINUTES)
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")  # else a transaction sees what it saw before
        cursor.execute(
            "SELECT min(xact_start) FROM pg_stat_activity"
            " WHERE usename = current_user AND datname = current_database() AND pid <> pg_backend_pid()"
        )
        [oldest] = cursor.fetchone()
    return min(at, oldest or at) - quiet


@transaction.atomic
def _seal_next(table: AppendOnly, end: UUID, at: datetime) -> LedgerSeal | None:
    one_at_a_time(table)
    since = sealed_until(table)
    first = canonical.first_id(table, since, end)
    if first is None:
        return None
    if not table.number_key:  # a seal holds rows of one month, which may be detached one day
        end = min(end, canonical.first_id_of(canonical.month_after(canonical.month_of(first))))
    rows = canonical.hash_rows(canonical.copied(table, since, end, most=MOST_ROWS))
    until = canonical.after(rows.keys[-1]) if len(rows) == MOST_ROWS else end
    return add_to_chain(
        LedgerSeal(
            table=table.name,
            from_id=since,
            until_id=until,
            rows=len(rows),
            root=rows.root(),
            marks=rows.marks(),
        ),
        at,
    )


def one_at_a_time(table: AppendOnly, using: str = "default") -> None:
    """Wait until nobody else adds to this chain; to the end of the transaction."""
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('seals of ' || %s, 0))", [table.name])


def sealed_until(table: AppendOnly, using: str = "default") -> UUID:
    """Where the last seal over rows ends."""
    seals = LedgerSeal.objects.using(using).filter(table=table.name, kind=LedgerSeal.Kind.SEALED)
    last = seals.order_by("-number").values_list("until_id", flat=True).first()
    return last or FIRST_ID


def add_to_chain(seal: LedgerSeal, at: datetime, using: str = "default") -> LedgerSeal:
    """Number, date, sign and keep a seal; the caller holds `one_at_a_time`. Raises NoSealKey."""
    head = (
        LedgerSeal.objects.using(using)
        .filter(table=seal.table)
        .order_by("-number")
        .only("number", "mac")
        .first()
    )
    seal.number, seal.previous = (head.number + 1, head.mac) if head else (1, "")
    seal.sealed_at, seal.format = at, canonical.FORMAT
    seal.marks_sha256 = sha256(seal.marks).hexdigest()
    seal.key_id = next(iter(settings.SEAL_KEYS), "")
    seal.mac = mac_of(seal)
    seal.save(force_insert=True, using=using)
    return seal


def first_unsealed(table: AppendOnly, before: datetime, using: str = "default") -> UUID | None:
    """The oldest row that no seal covers, when it is older than `before`."""
    end = canonical.end_of_quiet(table, before, using=using)
    return canonical.first_id(table, sealed_until(table, using), end, using=using)


def is_behind(at: datetime) -> bool:
    """Whether rows wait for their seal for longer than a seal may take."""
    before = at - timedelta(minutes=settings.SEAL_QUIET_MINUTES) - BEHIND_AFTER
    return any(first_unsealed(table, before) for table in TABLES.values())
