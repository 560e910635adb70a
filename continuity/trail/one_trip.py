"""The statements that every look-up asks: prepared on each connection, each asked in one trip behind the second wall.

What the server must be told of who asks (`wall`) would be a trip of its own before each, and after the ledgered read
one more: with many clients on few processors the trips took more of both sides than the answers did (ADR 0017).
"""

import hashlib
import re
from collections.abc import Mapping
from typing import Any, Final

from django.db import OperationalError, ProgrammingError, connection
from django.db.backends.utils import CursorWrapper
from psycopg import ClientCursor

from continuity.trail import wall

_PLACE = re.compile(r"%\((\w+)\)s")
_NOT_PREPARED: Final = "26000"


class Statement:
    """A statement by hand, whose every parameter is written `%(name)s::type`; what it may see is declared around it."""

    def __init__(self, text: str) -> None:
        self.text = text
        names = list(dict.fromkeys(_PLACE.findall(text)))
        self._name = f"asked_{hashlib.sha256(text.encode()).hexdigest()[:16]}"
        numbered = _PLACE.sub(lambda place: f"${names.index(place[1]) + 1}", text)
        self._prepare = f"PREPARE {self._name} AS {numbered}"
        self._execute = f"EXECUTE {self._name}({','.join(f'%({name})s' for name in names)})"

    def ask(self, parameters: Mapping[str, Any], *, shut: bool = False) -> list[tuple[Any, ...]]:
        """All rows. With `shut` the server is told in the same trip that nobody asks any more.

        Inside a transaction it is asked as any other statement: one that is not prepared would end the transaction.
        """
        with connection.cursor() as cursor:
            if connection.in_atomic_block:
                cursor.execute(self.text, parameters)
                return _rows(cursor)
            if self._name not in _prepared():
                self._make_ready()
            try:
                return self._ask(cursor, parameters, shut=shut)
            except (OperationalError, ProgrammingError) as error:
                if getattr(error.__cause__, "sqlstate", "") != _NOT_PREPARED:
                    raise
            self._make_ready()  # psycopg has the server forget what is prepared when something is rolled back
            return self._ask(cursor, parameters, shut=shut)

    def _make_ready(self) -> None:
        with connection.wrap_database_errors:
            connection.connection.execute(self._prepare)
        _prepared().add(self._name)

    def _ask(
        self, cursor: CursorWrapper, parameters: Mapping[str, Any], *, shut: bool
    ) -> list[tuple[Any, ...]]:
        asked = ClientCursor(connection.connection).mogrify(self._execute, parameters)
        with wall.in_one_trip(connection, shut=shut) as (before, after):
            # Without parameters psycopg sends it as it is: several statements, and one transaction.
            cursor.execute(";".join((*before, asked, *after)))
            for _ in before:
                cursor.nextset()
            return _rows(cursor)


def _rows(cursor: CursorWrapper) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _prepared() -> set[str]:
    """What is prepared on this connection, as far as is known here."""
    raw = connection.connection
    if not hasattr(raw, "asked_in_one_trip"):
        raw.asked_in_one_trip = set()
    names: set[str] = raw.asked_in_one_trip
    return names
