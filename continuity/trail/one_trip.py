"""The statements that every look-up asks: prepared on each connection, each asked in one trip behind the second wall.

What the server must be told of who asks (`wall`) would be a trip of its own before each, and after the ledgered read
one more: with many clients on few processors the trips took more of both sides than the answers did (ADR 0017).
"""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from django.db import DEFAULT_DB_ALIAS, connections
from psycopg import errors, pq
from psycopg.abc import Buffer, PQGen
from psycopg.adapt import PyFormat, Transformer
from psycopg.waiting import Ready, Wait

from continuity.trail import wall

_PLACE = re.compile(r"%\((\w+)\)s")
_PREPARED_ALREADY = b"42P05"


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
        """All rows. What is declared is told for this statement alone, and ends with it.

        Inside a transaction, and where somebody listens to Django's cursors, it is asked as any other statement: one
        that is not prepared would end the transaction.
        """
        here: Any = connections[DEFAULT_DB_ALIAS]
        here.ensure_connection()
        is_heard = here.queries_logged or len(here.execute_wrappers) > 1  # one of them is the wall's
        if here.in_atomic_block or is_heard:
            with here.cursor() as cursor:
                cursor.execute(self.text, parameters)
                rows: list[tuple[Any, ...]] = cursor.fetchall()
            return rows
        with here.wrap_database_errors:
            try:
                return self._in_one_trip(here.connection, parameters)
            except errors.InvalidSqlStatementName:
                # psycopg has the server forget what is prepared when something is rolled back.
                here.connection.asked_in_one_trip = set()
                return self._in_one_trip(here.connection, parameters)

    def _in_one_trip(self, raw: Any, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """The values travel beside the statement, never in its text, which the server shows and logs (P-19)."""
        self.prepare(raw)
        adapted = Transformer(raw)
        values = [parameters[name] for name in self.names]
        trip = [(self.name, adapted.dump_sequence(values, [PyFormat.TEXT] * len(values)))]
        if self.is_walled:
            _TELL.prepare(raw)
            trip.insert(0, (_TELL.name, [said.encode() for said in wall.declared().said]))
        results = _sent(raw, trip)
        for result in results:
            if result.status == pq.ExecStatus.FATAL_ERROR:
                raise errors.error_from_result(result)
        adapted.set_pgresult(results[-1])
        return adapted.load_rows(0, results[-1].ntuples, tuple)

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


def _sent(raw: Any, trip: Iterable[tuple[bytes, Sequence[Buffer | None]]]) -> list[pq.abc.PGresult]:
    """What came back: one result for each statement, up to the first that failed.

    As libpq's pipeline all of it is one transaction, and what is told in it ends with it.
    """
    pgconn = raw.pgconn
    try:
        pgconn.enter_pipeline_mode()
        for name, values in trip:
            pgconn.send_query_prepared(name, values)
        pgconn.pipeline_sync()
        results: list[pq.abc.PGresult] = raw.wait(_arriving(pgconn))
        pgconn.exit_pipeline_mode()
    except BaseException:
        raw.close()  # stopped on the way it is of no use to anybody
        raise
    return results


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
