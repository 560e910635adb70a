"""Every sealed column of the database at once: sealed for the first time, and anew after a change of keys (S-13).

Values are exchanged only where they are still what was read, so it runs beside live traffic, and goes on where it was
stopped. Neither version nor time of a row changes, because nothing of what it says does.
"""

import logging
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final, cast

from django.apps import apps
from django.conf import settings
from django.db import connections, models
from django.db.backends.base.base import BaseDatabaseWrapper

from continuity.sealing import (
    SealedBinaryField,
    SealedTextField,
    UnsealError,
    seal,
    seal_text,
    unseal,
    unseal_text,
)

AT_ONCE = 500
NOT_SEALED: Final = "not sealed"
# Columns of others that hold sealed text among other JSON: table, column, the place of their values.
IN_JSON: Final = {("mfa_authenticator", "data"): "mfa.authenticator.data"}
_TOKEN = re.compile(r'e1:[^:"\\]+:[A-Za-z0-9+/=]+')
_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Column:
    """A column that holds sealed values: as bytes, as text, or as texts inside of JSON."""

    table: str
    key: str
    key_type: str
    name: str
    type: str
    place: str
    in_json: bool = False

    def __str__(self) -> str:
        return f"{self.table}.{self.name}"

    @property
    def value(self) -> str:
        """The column as it is compared and exchanged."""
        return f"{self.name}::text" if self.in_json else self.name

    @property
    def outdated(self) -> str:
        """The condition that something is there and that not all of it is under the key `%(key)s`."""
        if self.in_json:
            return f"EXISTS (SELECT FROM {self._tokens} WHERE token[1] <> %(key)s::text)"  # nosec B608
        start = "'e1:' || %(key)s::text || ':'"
        if self.type == "bytea":
            start = f"convert_to({start}, 'UTF8')"
            return f"substring({self.name} FROM 1 FOR octet_length({start})) <> {start}"
        return f"{self.name} <> '' AND NOT starts_with({self.name}, {start})"

    @property
    def key_ids(self) -> str:
        """A select of the ids of the keys that sealed the values."""
        if self.in_json:
            return f"SELECT token[1] AS id FROM {self.table}, {self._tokens}"  # nosec B608
        text = (
            f"encode(substring({self.name} FROM 1 FOR 80), 'escape')" if self.type == "bytea" else self.name
        )
        known = f"CASE WHEN {text} ~ '^e1:[^:]+:' THEN split_part({text}, ':', 2) ELSE '{NOT_SEALED}' END"
        return f"SELECT {known} AS id FROM {self.table} WHERE {text} <> ''"  # nosec B608

    @property
    def _tokens(self) -> str:
        return f"regexp_matches({self.value}, 'e1:([^:\"]+):', 'g') AS token"

    def resealed(self, value: Any) -> Any:
        """The same value under the key that seals now. Raises UnsealError."""
        if self.type == "bytea":
            return seal(unseal(bytes(value), place=self.place), place=self.place)
        if self.in_json:
            return _TOKEN.sub(lambda found: self._again(found[0]), value)
        return self._again(value)

    def _again(self, token: str) -> str:
        return seal_text(unseal_text(token, place=self.place), place=self.place)


def column_of(model: type[models.Model], name: str) -> Column:
    """One column of a model, also of a model as a migration knows it."""
    field = cast("models.Field[Any, Any]", model._meta.get_field(name))
    key = model._meta.pk
    return Column(
        table=model._meta.db_table,
        key=str(key.column),
        key_type=str(key.rel_db_type(connections["default"])),
        name=str(field.column),
        type="bytea" if isinstance(field, models.BinaryField) else "text",
        place=f"{model._meta.label_lower}.{field.attname}",
    )


def sealed_columns() -> list[Column]:
    """Every sealed column there is, of models and of what is sealed inside of JSON."""
    found = [
        column_of(model, field.name)
        for model in apps.get_models()
        for field in model._meta.local_concrete_fields
        if isinstance(field, SealedBinaryField | SealedTextField)
    ]
    for (table, name), place in IN_JSON.items():
        found.append(Column(table, "id", "bigint", name, "text", place, in_json=True))
    return found


@dataclass
class Progress:
    """How far a column came: values read, exchanged, and those that no key opens (left as they are)."""

    column: Column
    read: int = 0
    exchanged: int = 0
    unreadable: int = 0


def reseal(column: Column, *, using: str, at_once: int = AT_ONCE) -> Iterator[Progress]:
    """Seal under the first of FIELD_KEYS what another key sealed; yields after each batch, which is a transaction."""
    progress = Progress(column)
    condition, asked = column.outdated, {"key": next(iter(settings.FIELD_KEYS))}
    for rows in _batches(column, connections[using], condition, asked, at_once):
        _exchange(column, connections[using], rows, column.resealed, progress)
        yield progress


def seal_clear(column: Column, connection: BaseDatabaseWrapper) -> Progress:
    """Seal what a text column holds in clear: for the migration that begins to seal it."""
    progress = Progress(column)
    for rows in _batches(column, connection, f"{column.name} <> ''", {}, AT_ONCE):
        _exchange(column, connection, rows, lambda text: seal_text(text, place=column.place), progress)
    return progress


def unseal_all(column: Column, connection: BaseDatabaseWrapper) -> Progress:
    """The way back of `seal_clear`. Raises UnsealError when one cannot be opened: nothing may be lost."""
    progress = Progress(column)
    for rows in _batches(column, connection, f"{column.name} <> ''", {}, AT_ONCE):
        _exchange(column, connection, rows, lambda text: unseal_text(text, place=column.place), progress)
        if progress.unreadable:
            raise UnsealError(f"{column} holds what no key opens")
    return progress


def keys_in_use(column: Column, *, using: str) -> Counter[str]:
    """How many values each key sealed, by its id; what stands in clear under NOT_SEALED."""
    with connections[using].cursor() as cursor:
        cursor.execute(f"SELECT id, count(*) FROM ({column.key_ids}) found GROUP BY id")  # nosec B608
        return Counter(dict(cursor.fetchall()))


def _batches(
    column: Column, connection: BaseDatabaseWrapper, condition: str, asked: dict[str, Any], at_once: int
) -> Iterator[list[tuple[Any, Any]]]:
    """Keys and values in the order of the keys, from where the last batch ended."""
    after = ""
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT {column.key}, {column.value} FROM {column.table} WHERE {condition} {after}"
                f" ORDER BY {column.key} LIMIT {at_once:d}",  # nosec B608
                asked,
            )
            rows = cursor.fetchall()
        if not rows:
            return
        yield rows
        after, asked = f"AND {column.key} > %(after)s::{column.key_type}", {**asked, "after": rows[-1][0]}


def _exchange(
    column: Column,
    connection: BaseDatabaseWrapper,
    rows: list[tuple[Any, Any]],
    made: Callable[[Any], Any],
    progress: Progress,
) -> None:
    """Put the new values where the old ones still are: who wrote meanwhile is not overwritten."""
    keys, old, new = [], [], []
    for key, value in rows:
        progress.read += 1
        try:
            sealed = made(value)
        except UnsealError:
            progress.unreadable += 1
            _logger.error("%s of row %s cannot be opened by any key", column, key)
            continue
        keys.append(key)
        old.append(value)
        new.append(sealed)
    kind = f"::{'jsonb' if column.in_json else column.type}"
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {column.table} SET {column.name} = new.made{kind}"
            f" FROM unnest(%s::{column.key_type}[], %s::{column.type}[], %s::{column.type}[]) AS new (key, was, made)"
            f" WHERE {column.table}.{column.key} = new.key AND {column.table}.{column.value} = new.was",  # nosec B608
            [keys, old, new],
        )
        progress.exchanged += cursor.rowcount
