"""What is dear to build is built once per process; every further test gets the same rows under fresh ids.

`replayed` builds a world from nothing. What is built `again` on top of a world is replayed too, while that world stands
untouched: nothing written since but by such builders, no setting changed, nothing patched. Else it is simply built.
"""

import io
import os
import pickle
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import wraps
from typing import Any, ParamSpec, TypeVar
from uuid import UUID, uuid4

import psycopg
from django.core.signals import setting_changed
from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.backends.utils import CursorWrapper

from continuity.ids import uuid7
from continuity.trail import wall
from continuity.trail.one_trip import Statement

W = TypeVar("W")
P = ParamSpec("P")
# PostgreSQL is sent the id without dashes, texts that name it (the history) have them.
# A consent's number is the end of its id; forms say it.
_ID = re.compile(
    r"\b(?:[0-9a-f]{8}(-?)[0-9a-f]{4}\1[0-9a-f]{4}\1[0-9a-f]{4}\1[0-9a-f]{12}|[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{4})\b"
)
_WRITES = ("INSERT", "UPDATE", "DELETE", "WITH gone")  # the last: the match index, in one statement
_GROUPS = 'INSERT INTO "auth_group"'
# All else may change what a builder meets; no builder asks who is signed in.
_SESSION = ('INSERT INTO "django_session"', 'INSERT INTO "usersessions_usersession"')
_CHANGES_NOTHING = ("SELECT", "SAVEPOINT", "RELEASE SAVEPOINT", *_SESSION)
_ROOM = timedelta(seconds=10)


@dataclass(frozen=True)
class _Recording:
    """The statements that wrote the world, with their values, and the objects that the builder returned.

    The statements are cut at their ids, so that a replay need not search for them: every second piece is one.
    """

    statements: tuple[str, ...]
    has_groups: bool
    world: bytes
    ids: tuple[UUID, ...]


@dataclass(frozen=True)
class _Standing:
    """A world in the database: how it came about, its ids as recorded by those here and the reverse, the last of them."""

    past: tuple[object, ...]
    recorded: dict[str, str]
    here: dict[str, str]
    newest_at: datetime

    def and_then(
        self, step: object, recorded_ids: tuple[UUID, ...], fresh: dict[str, str], at: datetime
    ) -> "_Standing":
        known = {text: fresh.get(text, text) for id_ in recorded_ids for text in _names_of(id_)}
        recorded = {here: text for text, here in known.items()}
        return _Standing((*self.past, step), self.recorded | recorded, self.here | known, at)


_recordings: dict[object, _Recording] = {}
_standing: _Standing | None = None
_is_recording = False
_may_stand = True


def replayed(build: Callable[[], W]) -> W:
    """What `build` makes and writes: by itself the first time, afterwards in one round trip."""
    begun = _now() - _ROOM
    nothing = _Standing((), {}, {}, begun)
    world, stands = _replay_or_record(build, build, nothing)
    _let_stand(stands)
    return world


def again(build: Callable[P, W]) -> Callable[P, W]:
    """Make a builder whose writes are replayed where the same was built before, on the same untouched world."""

    @wraps(build)
    def built(*args: P.args, **kwargs: P.kwargs) -> W:
        before = _standing
        if before is None or _is_recording or not connection.in_atomic_block:
            return build(*args, **kwargs)
        told = _spelt((f"{_now():%x}", args, kwargs), before)
        if told is None:
            return build(*args, **kwargs)
        made, stands = _replay_or_record(lambda: build(*args, **kwargs), (build, told), before)
        _let_stand(stands)
        return made

    return built


def begin() -> None:
    """A test begins, with nothing in the database."""
    global _may_stand
    _may_stand = True
    _let_stand(None)


def build_all_from_now() -> None:
    """What the test has patched or set may change what a builder does."""
    global _may_stand
    _may_stand = False
    _let_stand(None)


@contextmanager
def stands_again_afterwards() -> Iterator[None]:
    """For whoever undoes all that is written inside."""
    before = _standing
    try:
        yield
    finally:
        _let_stand(before)


def watch_writes() -> None:
    """Notice from now on what changes a standing world, on whichever connection and however it is sent."""
    in_cursor, in_one_trip = CursorWrapper._execute_with_wrappers, Statement._in_one_trip

    def execute(cursor: Any, sql: Any, *further: Any, **named: Any) -> Any:
        if cursor.db.alias == DEFAULT_DB_ALIAS:
            _fall(str(sql))
        return in_cursor(cursor, sql, *further, **named)

    def send(statement: Statement, *further: Any) -> Any:
        _fall(statement.text)
        return in_one_trip(statement, *further)

    CursorWrapper._execute_with_wrappers, Statement._in_one_trip = execute, send  # type: ignore[method-assign]
    setting_changed.connect(lambda **kwargs: build_all_from_now(), weak=False)


def _fall(statement: str) -> None:
    if _standing is not None and not statement.lstrip().startswith(_CHANGES_NOTHING):
        _let_stand(None)


def _let_stand(world: _Standing | None) -> None:
    global _standing
    _standing = world if _may_stand else None


def _now() -> datetime:
    return datetime.now(UTC)


def _replay_or_record(build: Callable[[], W], step: object, before: _Standing) -> tuple[W, _Standing | None]:
    recorded = _recordings.get((before.past, step))
    if recorded is None:
        return _record(build, step, before)
    fresh, newest_at = _fresh(recorded.ids, before.newest_at)
    if recorded.has_groups:
        _number_groups()
    stands = before.and_then(step, recorded.ids, fresh, newest_at)
    if any(recorded.statements):
        with connection.cursor() as cursor:
            wall.tell(connection)  # not through Django's cursor, which does
            cursor.connection.execute("".join(map(stands.here.get, recorded.statements, recorded.statements)))
    return _Objects(io.BytesIO(recorded.world), stands.here).load(), stands


def _record(build: Callable[[], W], step: object, before: _Standing) -> tuple[W, _Standing | None]:
    global _is_recording
    written: list[str] = []
    ids: set[UUID] = set()
    if not before.past:
        _number_groups()

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.lstrip().startswith(_WRITES):
            text = psycopg.ClientCursor(context["connection"].connection)
            rows = params if many else [params]
            written.extend(text.mogrify(sql, row) for row in rows)
            values = [value for row in rows for value in (row.values() if isinstance(row, dict) else row)]
            ids.update(value for value in values if isinstance(value, UUID))
        return execute(sql, params, many, context)

    _is_recording = True
    try:
        with connection.execute_wrapper(note):
            made = build()
    finally:
        _is_recording = False
    statements = ";\n".join(written)
    if before.past and _GROUPS in statements:
        return made, None  # the world has numbered groups of its own
    new = tuple(sorted(id_ for id_ in ids if str(id_) not in before.recorded))
    stands = before.and_then(step, new, {}, _now())
    kept = io.BytesIO()
    _ObjectsOut(kept, stands.recorded).dump(made)
    statements = _ID.sub(lambda id_: stands.recorded.get(id_[0], id_[0]), statements)
    _recordings[before.past, step] = _Recording(_cut(statements), _GROUPS in statements, kept.getvalue(), new)
    return made, stands


def _cut(statements: str) -> tuple[str, ...]:
    pieces, end = list[str](), 0
    for id_ in _ID.finditer(statements):
        pieces += statements[end : id_.start()], id_[0]
        end = id_.end()
    return *pieces, statements[end:]


def _number_groups() -> None:
    """Number Django's groups, which teams point at, from the same number in the recording and in each replay."""
    url, name = os.environ["DATABASE_OWNER_URL"], connections["owner"].settings_dict["NAME"]
    with psycopg.connect(url, dbname=str(name), autocommit=True) as owner:
        owner.execute("SELECT setval('auth_group_id_seq', 1000)")


def _fresh(ids: tuple[UUID, ...], newest_at: datetime) -> tuple[dict[str, str], datetime]:
    """A new id for each, in the same order: a time-ordered one stays time-ordered, a random one random.

    In order, because two people of a pair are kept with the smaller id first. They are younger than all of the world
    that stands, and older than whatever is made now.
    """
    needed, place = timedelta(milliseconds=len(ids) + 1), 0
    begun = newest_at if timedelta() <= _now() - newest_at < 2 * _ROOM else _now() - needed
    if begun + needed > _now():
        time.sleep(needed.total_seconds())
    random = iter(sorted(uuid4() for old in ids if old.version != 7))
    fresh: dict[str, str] = {}
    for place, old in enumerate(ids, 1):
        new = uuid7(begun + timedelta(milliseconds=place)) if old.version == 7 else next(random)
        fresh |= zip(_names_of(old), _names_of(new), strict=True)
    return fresh, begun + timedelta(milliseconds=place)


def _names_of(id_: UUID) -> tuple[str, str, str]:
    tail = id_.hex[-12:].upper()
    return str(id_), id_.hex, f"{tail[:4]}-{tail[4:8]}-{tail[8:]}"


def _spelt(call: object, world: _Standing) -> bytes | None:
    """The call in bytes, ids as they were recorded; None when it cannot be, or when it names what is not of the world."""
    out = io.BytesIO()
    try:
        _ObjectsOut(out, world.recorded, strict=True).dump(call)
    except (pickle.PicklingError, TypeError, AttributeError):
        return None
    return out.getvalue()


class _ObjectsOut(pickle.Pickler):
    def __init__(self, kept: io.BytesIO, recorded: dict[str, str], *, strict: bool = False) -> None:
        super().__init__(kept)
        self._recorded, self._strict = recorded, strict

    def persistent_id(self, obj: Any) -> str | None:
        if isinstance(obj, str) and _ID.search(obj):
            return "text " + _ID.sub(lambda id_: self._recorded.get(id_[0], id_[0]), obj)
        if not isinstance(obj, UUID):
            return None
        if self._strict and str(obj) not in self._recorded:
            raise pickle.PicklingError
        return self._recorded.get(str(obj), str(obj))


class _Objects(pickle.Unpickler):
    def __init__(self, kept: io.BytesIO, here: dict[str, str]) -> None:
        super().__init__(kept)
        self._here = here

    def persistent_load(self, pid: str) -> UUID | str:
        if pid.startswith("text "):
            return _ID.sub(lambda id_: self._here.get(id_[0], id_[0]), pid.removeprefix("text "))
        return UUID(self._here.get(pid, pid))
