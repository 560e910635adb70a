"""Retention: a sealed month of the ledger is archived to a file, detached, and can still be verified or come back.

Only the owner's role may do this. The chain of seals says what left and what returned, so that a partition which is
merely gone is not taken for one that was retired.
"""

import gzip
import json
import os
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import file_digest
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import connections, transaction
from django.db.models import QuerySet
from psycopg import sql

from continuity.disclosures import canonical, seals
from continuity.disclosures.canonical import FORMAT, LEDGER
from continuity.disclosures.models import LedgerSeal
from continuity.disclosures.seal_exports import as_line, from_line
from continuity.disclosures.verification import Chain, Verification, is_attached, months_away

OWNER = "owner"
_CHUNK = 1 << 20
_LENGTH = struct.Struct(">i").unpack_from


class CannotMove(Exception):
    """The month may not leave or come back, and why."""


class BrokenArchive(CannotMove):
    """The file is not an archive of ours, or not whole."""


@dataclass
class Archive:
    """A month in a file: one line with its seals, then its rows as a binary COPY of `columns`, all in gzip."""

    path: Path
    month: date
    columns: list[str]
    seals: Chain

    def rows(self) -> Iterator[bytes]:
        """The canonical rows in order. Raises BrokenArchive."""
        try:
            with gzip.open(self.path) as file:
                file.readline()
                yield from _split(file, len(self.columns))
        except (OSError, EOFError, zlib.error) as error:
            raise BrokenArchive(f"{self.path} is not whole") from error

    def reader(self) -> canonical.Reader:
        return _Reader(self.rows(), max((seal.until_id for seal in self.seals.values()), default=None))


class _Reader:
    """Hands out one period after the other, reading the file once; the last one takes what is left."""

    def __init__(self, rows: Iterator[bytes], last: UUID | None) -> None:
        self._rows, self._last = rows, last
        self._next = next(rows, None)

    def __call__(self, since: UUID, until: UUID, most: int) -> Iterator[bytes]:
        while self._next is not None and (until == self._last or self._next[6:22] < until.bytes):
            yield self._next
            self._next = next(self._rows, None)


def period_of(month: date) -> tuple[UUID, UUID]:
    return canonical.first_id_of(month), canonical.first_id_of(canonical.month_after(month))


def partition_name(month: date) -> str:
    return f"{LEDGER.name}_{month:%Y%m}"


def open_archive(path: Path) -> Archive:
    """Read what an archive says of itself. Raises BrokenArchive."""
    try:
        with gzip.open(path, "rt", errors="replace") as file:
            said = json.loads(file.readline())
        chain = [from_line(line) for line in said["seals"]]
        month, columns = date.fromisoformat(said["month"]), list(said["columns"])
        return Archive(path, month, columns, {seal.number: seal for seal in chain})
    except (OSError, EOFError, zlib.error, ValueError, KeyError, TypeError) as error:
        raise BrokenArchive(f"{path} is not an archive of the ledger") from error


def _seals_of(month: date) -> QuerySet[LedgerSeal]:
    since, until = period_of(month)
    chain = LedgerSeal.objects.using(OWNER).filter(table=LEDGER.name, kind=LedgerSeal.Kind.SEALED)
    return chain.filter(until_id__gt=since, until_id__lte=until).order_by("number")


def write_archive(month: date, path: Path) -> Archive:
    """Write a month and its seals to a new file that only its owner can read. Raises FileExistsError."""
    since, until = period_of(month)
    said = {
        "month": month.isoformat(),
        "columns": LEDGER.columns[FORMAT],
        "seals": [as_line(seal) for seal in _seals_of(month)],
    }
    with open(path, "xb", opener=_private) as file:
        with gzip.GzipFile(fileobj=file, mode="wb", compresslevel=1, mtime=0, filename="") as packed:
            packed.write(json.dumps(said).encode() + b"\n")
            for chunk in canonical.copied(LEDGER, since, until, using=OWNER):
                packed.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    return open_archive(path)


def verification_of(archive: Archive, at: datetime, using: str = "default") -> Verification:
    """A verification of the month from its file against the database's chain."""
    since, until = period_of(archive.month)
    return Verification(
        LEDGER,
        at,
        since=since,
        until=until,
        exported=archive.seals,
        archives={since: archive.reader()},
        using=using,
    )


def detach_month(month: date, path: Path, at: datetime) -> tuple[Archive, LedgerSeal]:
    """Archive a sealed month to `path`, verify the file, and detach the month from the ledger.

    Look-ups wait while the table is unlinked: no longer than two seconds, else it is given up. Raises CannotMove.
    """
    _, until = period_of(month)
    if seals.sealed_until(LEDGER, OWNER) < until:
        raise CannotMove(f"{month:%Y-%m} is not sealed to its end")
    if not is_attached(partition_name(month), OWNER):
        raise CannotMove(f"the ledger has no partition {partition_name(month)}")
    try:
        archive = write_archive(month, path)
    except FileExistsError:
        raise CannotMove(f"{path} is there already") from None
    try:
        return archive, _detach(archive, at)
    except BaseException:
        path.unlink()
        raise


def _detach(archive: Archive, at: datetime) -> LedgerSeal:
    month = archive.month
    since, until = period_of(month)
    rows = _require_whole(verification_of(archive, at, OWNER))
    table, ledger = sql.Identifier(partition_name(month)), sql.Identifier(LEDGER.name)
    with transaction.atomic(using=OWNER):
        _run("SET LOCAL lock_timeout = '2s'")
        seals.one_at_a_time(LEDGER, OWNER)
        _run(sql.SQL("ALTER TABLE {} DETACH PARTITION {}").format(ledger, table))
        if canonical.first_id(LEDGER, since, until, using=OWNER):
            raise CannotMove("the default partition holds rows of that month: move them first")
        _keep_append_only(table)
        return _note(LedgerSeal.Kind.DETACHED, month, rows, archive.path, at)


def attach_month(month: date, at: datetime, path: Path | None = None) -> LedgerSeal:
    """Bring a detached month back, from its table or else from its archive, when its rows are what was sealed.

    Raises CannotMove.
    """
    since, until = period_of(month)
    name = partition_name(month)
    chain = LedgerSeal.objects.using(OWNER).filter(table=LEDGER.name).defer("marks").order_by("number")
    if since not in months_away(chain):
        raise CannotMove(f"{month:%Y-%m} was not detached")
    table, ledger = sql.Identifier(name), sql.Identifier(LEDGER.name)
    with transaction.atomic(using=OWNER):
        _run("SET LOCAL lock_timeout = '2s'")
        seals.one_at_a_time(LEDGER, OWNER)
        if not _exists(name):
            _load(table, month, path)
        rows = _require_whole(_verify_table(name, month, at))
        _run(sql.SQL("DROP TRIGGER IF EXISTS ledger_is_append_only ON {}").format(table))
        _run(
            sql.SQL("ALTER TABLE {} ATTACH PARTITION {} FOR VALUES FROM ({}) TO ({})").format(
                ledger, table, sql.Literal(since), sql.Literal(until)
            )
        )
        return _note(LedgerSeal.Kind.ATTACHED, month, rows, path, at)


def _verify_table(name: str, month: date, at: datetime) -> Verification:
    since, until = period_of(month)
    last = _seals_of(month).values_list("until_id", flat=True).last()

    def read(first: UUID, end: UUID, most: int) -> Iterator[Any]:
        end = until if end == last else end  # whatever else the table holds
        return canonical.copied(LEDGER, first, end, most=most, using=OWNER, relation=name)

    return Verification(LEDGER, at, since=since, until=until, archives={since: read}, using=OWNER)


def _require_whole(verification: Verification) -> int:
    first = next(verification.findings(), None)
    if first is not None:
        raise CannotMove(f"verification fails: {first.sentence}")
    return verification.rows


def _load(table: sql.Identifier, month: date, path: Path | None) -> None:
    if path is None:
        raise CannotMove(f"the table {partition_name(month)} is gone: name the month's archive")
    archive = open_archive(path)
    if archive.month != month:
        raise CannotMove(f"{path} holds {archive.month:%Y-%m}")
    _run(sql.SQL("CREATE TABLE {} (LIKE {} INCLUDING ALL)").format(table, sql.Identifier(LEDGER.name)))
    columns = sql.SQL(", ").join(map(sql.Identifier, archive.columns))
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(table, columns)
    with gzip.open(path) as file, connections[OWNER].connection.cursor().copy(statement) as copy:
        file.readline()
        while chunk := file.read(_CHUNK):
            copy.write(chunk)
    _run(
        sql.SQL(
            "CREATE TRIGGER ledger_is_never_truncated BEFORE TRUNCATE ON {}"
            " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        ).format(table)
    )


def _keep_append_only(table: sql.Identifier) -> None:
    """What the ledger's own trigger did for its partition, while it stands alone."""
    _run(
        sql.SQL(
            "CREATE TRIGGER ledger_is_append_only BEFORE UPDATE OR DELETE ON {}"
            " FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        ).format(table)
    )


def _note(kind: LedgerSeal.Kind, month: date, rows: int, path: Path | None, at: datetime) -> LedgerSeal:
    since, until = period_of(month)
    root = ""
    if path is not None:
        with path.open("rb") as file:
            root = file_digest(file, "sha256").hexdigest()
    note = LedgerSeal(table=LEDGER.name, kind=kind, from_id=since, until_id=until, rows=rows, root=root)
    return seals.add_to_chain(note, at, OWNER)


def _exists(name: str) -> bool:
    with connections[OWNER].cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [name])
        return bool(cursor.fetchone()[0])


def _run(statement: str | sql.Composable) -> None:
    with connections[OWNER].cursor() as cursor:
        cursor.execute(statement if isinstance(statement, str) else statement.as_string(cursor.connection))


def _split(file: gzip.GzipFile, fields: int) -> Iterator[bytes]:
    """Cut a binary COPY into its rows: a row is as long as its fields say. Raises EOFError when the end is missing."""
    data, start = file.read(_CHUNK)[canonical.HEADER :], 0
    while data[start : start + 2] != b"\xff\xff":
        end = _end_of_row(data, start, fields)
        if end is None:
            more = file.read(_CHUNK)
            if not more:
                raise EOFError
            data, start = data[start:] + more, 0
        else:
            yield data[start:end]
            start = end


def _end_of_row(data: bytes, start: int, fields: int) -> int | None:
    """Where the row ends, or None when some of it is not there yet."""
    place = start + 2
    try:
        for _ in range(fields):
            [length] = _LENGTH(data, place)
            place += 4 + max(length, 0)  # -1: null
    except struct.error:
        return None
    return place if place <= len(data) else None


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
