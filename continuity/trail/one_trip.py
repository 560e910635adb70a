"""The statements that every look-up asks: prepared on each connection, each asked in one trip behind the second wall.

What the server must be told of who asks (`wall`) would be a trip of its own before each, and after the ledgered read
one more: with many clients on few processors the trips took more of both sides than the answers did (ADR 0017).
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.db import DEFAULT_DB_ALIAS, OperationalError, ProgrammingError, connections
from django.db.backends.utils import CursorWrapper
from psycopg import Connection, errors, pq
from psycopg.abc import Buffer, PQGen
from psycopg.adapt import PyFormat, Transformer
from psycopg.waiting import Ready, Wait

from continuity.trail import wall

_PLACE = re.compile(r"%\((\w+)\)s")
_NOT_PREPARED: Final = "26000"


class Statement:
    """A statement by hand, whose every parameter is written `%(name)s::type`; what it may see is declared around it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.names = list(dict.fromkeys(_PLACE.findall(text)))
        self.name = f"asked_{hashlib.sha256(text.encode()).hexdigest()[:16]}".encode()
        self._numbered = _PLACE.sub(lambda place: f"${self.names.index(place[1]) + 1}", text)

    def ask(self, parameters: Mapping[str, Any], *, shut: bool = False) -> list[tuple[Any, ...]]:
        """All rows. With `shut` the server is told in the same trip that nobody asks any more.

        Inside a transaction it is asked as any other statement: one that is not prepared would end the transaction.
        """
        here: Any = connections[DEFAULT_DB_ALIAS]
        with here.cursor() as cursor:
            if here.in_atomic_block:
                cursor.execute(self.text, parameters)
                return _rows(cursor)
            if self.name not in _prepared(here.connection):
                self._prepare(here)
            try:
                return self._ask(cursor, parameters, shut=shut)
            except (OperationalError, ProgrammingError) as error:
                if getattr(error.__cause__, "sqlstate", "") != _NOT_PREPARED:
                    raise
            # psycopg has the server forget what is prepared when something is rolled back.
            self._prepare(here)
            return self._ask(cursor, parameters, shut=shut)

    def _prepare(self, here: Any) -> None:
        with here.wrap_database_errors:
            result = here.connection.pgconn.prepare(self.name, self._numbered.encode())
            if result.status != pq.ExecStatus.COMMAND_OK:
                raise errors.error_from_result(result)
        _prepared(here.connection).add(self.name)

    def _ask(
        self, cursor: CursorWrapper, parameters: Mapping[str, Any], *, shut: bool
    ) -> list[tuple[Any, ...]]:
        with wall.in_one_trip(cursor.db, shut=shut) as (before, after):
            cursor.cursor = _OneTrip(cursor.db.connection, self, before, after)
            cursor.execute(self.text, parameters)
        return _rows(cursor)


class _OneTrip:
    """The cursor that Django's wrapper has here: it counts and names what is asked as everywhere.

    The values travel beside the statement, never in its text, which the server shows and logs (P-19). As libpq's
    pipeline, all up to its end is one transaction.
    """

    def __init__(
        self, raw: Connection[Any], statement: Statement, before: list[str], after: list[str]
    ) -> None:
        self._raw, self._statement, self._before, self._after = raw, statement, before, after
        self._rows: list[tuple[Any, ...]] = []

    def execute(self, _text: str, parameters: Mapping[str, Any]) -> None:
        adapted = Transformer(self._raw)
        values = [parameters[name] for name in self._statement.names]
        dumped = adapted.dump_sequence(values, [PyFormat.TEXT] * len(values))
        results = self._sent(dumped)
        for result in results:
            if result.status == pq.ExecStatus.FATAL_ERROR:
                raise errors.error_from_result(result)
        answer = results[len(self._before)]
        adapted.set_pgresult(answer)
        self._rows = adapted.load_rows(0, answer.ntuples, tuple)

    def _sent(self, values: Sequence[Buffer | None]) -> list[pq.abc.PGresult]:
        """What came back: one result for each statement, up to the first that failed."""
        pgconn = self._raw.pgconn
        try:
            pgconn.enter_pipeline_mode()
            for telling in self._before:
                pgconn.send_query_params(telling.encode(), None)
            pgconn.send_query_prepared(self._statement.name, values)
            for telling in self._after:
                pgconn.send_query_params(telling.encode(), None)
            pgconn.pipeline_sync()
            results = self._raw.wait(_arriving(pgconn))
            pgconn.exit_pipeline_mode()
        except BaseException:
            self._raw.close()  # stopped on the way it is of no use to anybody
            raise
        return results

    def fetchall(self) -> list[tuple[Any, ...]]:
        return self._rows

    def close(self) -> None:
        """Nothing is kept on the server."""


def _arriving(pgconn: pq.abc.PGconn) -> PQGen[list[pq.abc.PGresult]]:
    """What comes back until the end of the pipeline; waited for without holding up other threads."""
    results: list[pq.abc.PGresult] = []
    while pgconn.flush():
        if (yield Wait.RW) & Ready.R:
            pgconn.consume_input()
    while True:
        while pgconn.is_busy():
            if (yield Wait.R):
                pgconn.consume_input()
        result = pgconn.get_result()
        if result is not None and result.status == pq.ExecStatus.PIPELINE_SYNC:
            return results
        if result is not None:
            results.append(result)
        elif pgconn.status == pq.ConnStatus.BAD:
            raise errors.OperationalError(pgconn.get_error_message())


def _rows(cursor: CursorWrapper) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _prepared(raw: Any) -> set[bytes]:
    """What is prepared on this connection, as far as is known here."""
    if not hasattr(raw, "asked_in_one_trip"):
        raw.asked_in_one_trip = set()
    names: set[bytes] = raw.asked_in_one_trip
    return names
