"""A world that is dear to build is built once per process; every further test gets the same rows under fresh ids."""

import io
import os
import pickle
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID, uuid4

import psycopg
from django.db import connection, connections

from continuity.ids import uuid7

W = TypeVar("W")
# PostgreSQL is sent the id without dashes, texts that name it (the history) have them.
_ID = re.compile(r"\b[0-9a-f]{8}(-?)[0-9a-f]{4}\1[0-9a-f]{4}\1[0-9a-f]{4}\1[0-9a-f]{12}\b")
_WRITES = ("INSERT", "UPDATE", "DELETE")


@dataclass(frozen=True)
class _Recording:
    """The statements that wrote the world, with their values, and the objects that the builder returned."""

    statements: str
    world: bytes
    ids: tuple[UUID, ...]


_recordings: dict[Callable[[], Any], _Recording] = {}


def replayed(build: Callable[[], W]) -> W:
    """What `build` makes and writes: by itself the first time, afterwards in one round trip."""
    if build not in _recordings:
        world, _recordings[build] = _record(build)
        return world
    recorded = _recordings[build]
    fresh = _fresh(recorded.ids)
    if 'INSERT INTO "auth_group"' in recorded.statements:
        _number_groups()
    with connection.cursor() as cursor:
        cursor.connection.execute(_ID.sub(lambda id_: fresh.get(id_[0], id_[0]), recorded.statements))
    return _Objects(io.BytesIO(recorded.world), fresh).load()


def _record(build: Callable[[], W]) -> tuple[W, _Recording]:
    written: list[str] = []
    ids: set[UUID] = set()
    _number_groups()

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.lstrip().startswith(_WRITES):
            text = psycopg.ClientCursor(context["connection"].connection)
            rows = params if many else [params]
            written.extend(text.mogrify(sql, row) for row in rows)
            ids.update(value for row in rows for value in row if isinstance(value, UUID))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        world = build()
    kept = io.BytesIO()
    _ObjectsOut(kept).dump(world)
    return world, _Recording(";\n".join(written), kept.getvalue(), tuple(sorted(ids)))


def _number_groups() -> None:
    """Number Django's groups, which teams point at, from the same number in the recording and in each replay."""
    url, name = os.environ["DATABASE_OWNER_URL"], connections["owner"].settings_dict["NAME"]
    with psycopg.connect(url, dbname=str(name), autocommit=True) as owner:
        owner.execute("SELECT setval('auth_group_id_seq', 1000)")


def _fresh(ids: tuple[UUID, ...]) -> dict[str, str]:
    """A new id for each, in the same order: a time-ordered one stays time-ordered, a random one random."""
    begun = datetime.now(UTC) - timedelta(milliseconds=len(ids))
    fresh: dict[str, str] = {}
    for place, old in enumerate(ids):
        new = uuid7(begun + timedelta(milliseconds=place)) if old.version == 7 else uuid4()
        fresh |= {str(old): str(new), old.hex: new.hex}
    return fresh


class _ObjectsOut(pickle.Pickler):
    def persistent_id(self, obj: Any) -> str | None:
        return str(obj) if isinstance(obj, UUID) else None


class _Objects(pickle.Unpickler):
    def __init__(self, kept: io.BytesIO, fresh: dict[str, str]) -> None:
        super().__init__(kept)
        self._fresh = fresh

    def persistent_load(self, pid: str) -> UUID:
        return UUID(self._fresh.get(pid, pid))
