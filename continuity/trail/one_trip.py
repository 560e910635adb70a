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
_NOT_PREPARED, _PREPARED_ALREADY = "26000", b"42P05"


class Statement:
    """A statement by hand, whose every parameter is written `%(name)s::type`; what it may see is declared around it.

    One that reads nothing behind the wall need not be told who asks.
    """

    def __init__(self, text: str, *, is_walled: bool = True) -> None:
        self.text, self.is_walled = text, is_walled
        self.names = list(dict.fromkeys(_PLACE.findall(text)))
        self.name = f"asked_{hashlib.sha256(text.encode()).hexdigest()[:16]}".encode()
        self._numbered = _PLACE.sub(lambda place: f"${self.names.index(place[1]) + 1}", text)

    def ask(self, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """All rows. Out of a transaction what is declared is told for this statement alone, and ends with it.

        Inside one it is asked as any other statement: one that is not prepared would end the transaction.
        """
        here: Any = connections[DEFAULT_DB_ALIAS]
        here.ensure_connection()
        if here.in_atomic_block:
            return self._rows(here.cursor(), parameters)
        trip = _OneTrip(here.connection, self)
        try:
            return self._told_and_asked(here, trip, parameters)
        except (OperationalError, ProgrammingError) as error:
            if getattr(error.__cause__, "sqlstate", "") != _NOT_PREPARED:
                raise
        # psycopg has the server forget what is prepared when something is rolled back.
        here.connection.asked_in_one_trip = set()
        return self._told_and_asked(here, trip, parameters)

    def _told_and_asked(
        self, here: Any, trip: "_OneTrip", parameters: Mapping[str, Any]
    ) -> list[tuple[Any, ...]]:
        with here.wrap_database_errors:
            for statement in (_TELL, self):
                statement.prepare(here.connection)
        with wall.told_for_once(here) as trip.telling:
            return self._rows(
                here.make_debug_cursor(trip) if here.queries_logged else here.make_cursor(trip), parameters
            )

    def _rows(self, cursor: CursorWrapper, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        with cursor:
            cursor.execute(self.text, parameters)
            rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows

    def prepare(self, raw: Any) -> None:
        """On this connection, unless it is as far as is known here."""
        known = raw.asked_in_one_trip = getattr(raw, "asked_in_one_trip", set())
        if self.name not in known:
            result = raw.pgconn.prepare(self.name, self._numbered.encode())
            is_there = result.error_field(pq.DiagnosticField.SQLSTATE) == _PREPARED_ALREADY
            if result.status != pq.ExecStatus.COMMAND_OK and not is_there:
                raise errors.error_from_result(result)
            known.add(self.name)


_TELL: Final = Statement(
    "SELECT "
    + ", ".join(f"set_config('continuity.{name}', %({name})s::text, true)" for name in wall.SETTINGS)
)


class _OneTrip:
    """The cursor that Django's wrapper has here: it counts and names what is asked as everywhere.

    The values travel beside the statement, never in its text, which the server shows and logs (P-19). As libpq's
    pipeline, all up to its end is one transaction, and what is told in it ends with it.
    """

    telling: Sequence[str]

    def __init__(self, raw: Connection[Any], statement: Statement) -> None:
        self._raw, self._statement = raw, statement
        self._rows: list[tuple[Any, ...]] = []

    def execute(self, _text: str, parameters: Mapping[str, Any]) -> None:
        adapted = Transformer(self._raw)
        values = [parameters[name] for name in self._statement.names]
        results = self._sent(adapted.dump_sequence(values, [PyFormat.TEXT] * len(values)))
        for result in results:
            if result.status == pq.ExecStatus.FATAL_ERROR:
                raise errors.error_from_result(result)
        answer = results[-1]
        adapted.set_pgresult(answer)
        self._rows = adapted.load_rows(0, answer.ntuples, tuple)

    def _sent(self, values: Sequence[Buffer | None]) -> list[pq.abc.PGresult]:
        """What came back: one result for each statement, up to the first that failed."""
        pgconn = self._raw.pgconn
        try:
            pgconn.enter_pipeline_mode()
            if self._statement.is_walled:
                pgconn.send_query_prepared(_TELL.name, [said.encode() for said in self.telling])
            pgconn.send_query_prepared(self._statement.name, values)
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
