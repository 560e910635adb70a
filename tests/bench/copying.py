"""Lines for COPY, made from a model once: constants are baked in, only what varies is formatted per row."""

import json
from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID

import psycopg
from django.db import models
from psycopg import sql

_SPECIAL = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def _array(values: Iterable[Any]) -> str:
    parts = [str(value).replace("\\", "\\\\").replace('"', '\\"') for value in values]
    return ("{" + ",".join(f'"{part}"' for part in parts) + "}").translate(_SPECIAL)


_FORMS: dict[type, Callable[[Any], str]] = {
    type(None): lambda _: "\\N",
    bool: lambda value: "t" if value else "f",
    int: str,
    datetime: datetime.isoformat,
    date: date.isoformat,
    UUID: str,
    list: _array,
    tuple: _array,
    dict: lambda value: json.dumps(value).translate(_SPECIAL),
}


def text(value: Any) -> str:
    """One value in COPY's text format; enumerations of text are text."""
    form = _FORMS.get(type(value))
    return form(value) if form else str(value).translate(_SPECIAL)


class Lines:
    """Rows of one table, waiting to be written. `varying` is given per row, the rest is constant."""

    def __init__(
        self, model: type[models.Model], varying: str, *, now: datetime, **constants: object
    ) -> None:
        self.table = model._meta.db_table
        self._waiting: list[str] = []
        names, parts, given = [], [], set(varying.split())
        for field in model._meta.concrete_fields:
            name = field.column
            if isinstance(field, models.BigAutoField):
                continue
            names.append(sql.Identifier(str(name)))
            if name in given:
                parts.append(f"%({name})s")
                given.discard(name)
                continue
            automatic = getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False)
            value = constants.pop(name) if name in constants else now if automatic else field.get_default()
            parts.append(text(value).replace("%", "%%"))
        if given or constants:
            raise LookupError(f"{self.table} has no column {', '.join({*given, *constants})}")
        self._line = "\t".join(parts) + "\n"
        self._copy = sql.SQL("COPY {} ({}) FROM STDIN").format(
            sql.Identifier(self.table), sql.SQL(", ").join(names)
        )

    def add(self, **values: object) -> None:
        """Remember one row."""
        self._waiting.append(self._line % {name: text(value) for name, value in values.items()})

    def write(self, cursor: psycopg.Cursor[Any]) -> int:
        """Send what waits and forget it; says how many rows that were."""
        count = len(self._waiting)
        if count:
            with cursor.copy(self._copy) as copy:
                copy.write("".join(self._waiting))
            self._waiting.clear()
        return count
