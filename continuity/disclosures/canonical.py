"""The canonical bytes of an append-only row, streamed by COPY and hashed here (AU-9).

A row's bytes are its named columns in PostgreSQL's binary COPY format: the same whatever the session's settings, and
a file of them can be loaded again. The key comes first, in 16 bytes; what follows it is hashed.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from itertools import chain
from typing import Any
from uuid import UUID

from django.db import connections
from psycopg import sql

from continuity.ids import first_of

FORMAT = 1
MARK = 24  # bytes: an id and the beginning of a hash
_SIGNATURE = b"PGCOPY\n\xff\r\n\0"
HEADER = len(_SIGNATURE) + 8  # flags, and the length of an extension that there is none of
_KEY = slice(6, 22)  # after the number of fields and the key's length
FIRST_ID, LAST_ID = UUID(int=0), UUID(int=(1 << 128) - 1)


@dataclass(frozen=True)
class AppendOnly:
    """A sealed table: its columns in each format, the key first. A format is never changed, a new one is added."""

    name: str
    columns: dict[int, tuple[str, ...]]
    number_key: bool = False
    time: str = "at"

    def key(self, id_: UUID) -> sql.Composable:
        return sql.Literal(id_.int if self.number_key else id_)

    def id_of(self, value: object) -> UUID:
        return value if isinstance(value, UUID) else UUID(int=int(str(value)))

    def select(self, form: int) -> sql.Composable:
        """The columns of a format, the key as 16 bytes."""
        first, *others = self.columns[form]
        key = "lpad(to_hex({}), 32, '0')::uuid" if self.number_key else "{}"
        return sql.SQL(", ").join([sql.SQL(key).format(sql.Identifier(first)), *map(sql.Identifier, others)])


def _format_1(names: str) -> dict[int, tuple[str, ...]]:
    return {1: tuple(names.split())}


LEDGER = AppendOnly(
    "disclosures_ledgerentry",
    _format_1(
        "id at asker_id agency_id roles purpose incident_ref reason_given channel outcome refusal "
        "person_id match_grade search_hmac categories bases custodians consents emergency recipient "
        "records records_sha256 notices request_id remote_addr"
    ),
)
EVENTS = AppendOnly(
    "trail_event",
    _format_1("id at kind member_id about remote_addr request_id"),
)
EDITS = AppendOnly(
    "trail_auditentry",
    _format_1(
        "id timestamp content_type_id object_pk object_id object_repr action changes changes_text "
        "serialized_data actor_id actor_email cid remote_addr remote_port additional_data purpose"
    ),
    number_key=True,
    time="timestamp",
)
TABLES = {table.name: table for table in (LEDGER, EVENTS, EDITS)}


Reader = Callable[
    [UUID, UUID, int], Iterable[Any]
]  # from, until, at most: a period's rows as COPY sends them


@dataclass
class Rows:
    """Keys and hashes of rows in order of their keys; 16 and 32 bytes each."""

    keys: list[bytes]
    hashes: list[bytes]

    def __len__(self) -> int:
        return len(self.keys)

    def root(self) -> str:
        """One hash that holds every row, its key and its place."""
        return sha256(b"".join(chain.from_iterable(zip(self.keys, self.hashes, strict=True)))).hexdigest()

    def marks(self) -> bytes:
        return b"".join(key + hash_[: MARK - 16] for key, hash_ in zip(self.keys, self.hashes, strict=True))


def hash_rows(chunks: Iterable[Any]) -> Rows:
    """Hash rows as COPY sends them, one a chunk, with or without the format's header and end."""
    keys: list[bytes] = []
    hashes: list[bytes] = []
    add_key, add_hash = keys.append, hashes.append
    rest = slice(_KEY.stop, None)
    for row in _without_header(iter(chunks)):
        add_key(bytes(row[_KEY]))
        add_hash(sha256(row[rest]).digest())
    if keys and not keys[-1]:  # the end was sent, too
        keys.pop()
        hashes.pop()
    return Rows(keys, hashes)


def _without_header(chunks: Iterator[Any]) -> Iterator[Any]:
    first = bytes(next(chunks, b""))
    if first.startswith(_SIGNATURE):
        first = first[HEADER:]
    return chain([first] if first else [], chunks)


def between(table: AppendOnly, since: UUID, until: UUID) -> sql.Composable:
    """The condition that a key lies in a period."""
    key = sql.Identifier(table.columns[FORMAT][0])
    return sql.SQL("{key} >= {since} AND {key} < {until}").format(
        key=key, since=table.key(since), until=table.key(until)
    )


def copied(
    table: AppendOnly,
    since: UUID,
    until: UUID,
    *,
    most: int | None = None,
    form: int = FORMAT,
    using: str = "default",
    relation: str = "",
) -> Iterator[Any]:
    """The canonical rows of a period in order; a plain read. `relation` stands in for the table when it is detached."""
    statement = sql.SQL(
        "COPY (SELECT {} FROM {} WHERE {} ORDER BY {} LIMIT {}) TO STDOUT (FORMAT BINARY)"
    ).format(
        table.select(form),
        sql.Identifier(relation or table.name),
        between(table, since, until),
        sql.Identifier(table.columns[form][0]),
        sql.Literal(most),
    )
    connection = connections[using]
    connection.ensure_connection()
    with connection.connection.cursor() as cursor, cursor.copy(statement) as copy:
        yield from copy


def first_id(table: AppendOnly, since: UUID, until: UUID, *, using: str = "default") -> UUID | None:
    """The lowest key of a period that has a row."""
    key = sql.Identifier(table.columns[FORMAT][0])
    statement = sql.SQL("SELECT {} FROM {} WHERE {} ORDER BY {} LIMIT 1").format(
        key, sql.Identifier(table.name), between(table, since, until), key
    )
    with connections[using].cursor() as cursor:
        cursor.execute(statement.as_string(cursor.connection))
        row = cursor.fetchone()
    return table.id_of(row[0]) if row else None


def end_of_quiet(table: AppendOnly, horizon: datetime, *, using: str = "default") -> UUID:
    """The end (exclusive) of the keys that belong to times before `horizon`."""
    if not table.number_key:
        return first_of(horizon)
    statement = sql.SQL(
        "SELECT COALESCE((SELECT min({key}) FROM {table} WHERE {time} >= %s), (SELECT max({key}) + 1 FROM {table}), 0)"
    ).format(
        key=sql.Identifier(table.columns[FORMAT][0]),
        table=sql.Identifier(table.name),
        time=sql.Identifier(table.time),
    )
    with connections[using].cursor() as cursor:
        cursor.execute(statement.as_string(cursor.connection), [horizon])
        return UUID(int=cursor.fetchone()[0])


def month_of(id_: UUID) -> date:
    """The month (UTC) that a time-ordered id lies in."""
    return datetime.fromtimestamp((id_.int >> 80) / 1000, UTC).date().replace(day=1)


def month_after(month: date) -> date:
    return (month.replace(day=1) + timedelta(days=32)).replace(day=1)


def first_id_of(month: date) -> UUID:
    """Where the month's partition begins."""
    return first_of(datetime(month.year, month.month, 1, tzinfo=UTC))


def after(key: bytes) -> UUID:
    """The key that follows."""
    return UUID(int=int.from_bytes(key) + 1)
