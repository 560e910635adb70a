"""The second wall: on whose behalf the database is asked, told to it before each statement (ADR 0017).

Row-level security lets a row about a person out to the session of an agency whose own it is, or while it is declared
here that a ledgered read has opened exactly these people and categories, or that work is done in nobody's session.
Whoever declares nothing is given nothing. What a code path declares holds in its own thread and ends with its block.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Any, Final
from uuid import UUID

from django.db.backends.signals import connection_created
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from psycopg import errors, pq

SETTINGS: Final = ("agency", "work", "people", "categories")
BACKGROUND, MATCHING, INDEX_KEEPING = "background", "matching", "index_keeping"
TERMS: Final = "terms"  # as if a category: of a consent, told beside what it opened
_BEHIND_THE_WALL = "default"  # the other connection is the owner's, who migrates
# Simple statements: psycopg forgets what is prepared at every rollback, and their planning would cost twice as much.
_TELL = [f"SET continuity.{name} = '{{}}'" for name in SETTINGS]
_PLAIN = re.compile(r"[\w,-]*", re.ASCII)  # ids and our own words: nothing to quote


@dataclass(frozen=True)
class Declaration:
    """For whom the database is asked; `people` and `categories` are what a ledgered read opens beside that.

    `because` says why, for who reads the code or a stack; the database is not told.
    """

    agency: UUID | None = None
    work: str = ""
    people: tuple[UUID, ...] = ()
    categories: tuple[str, ...] = ()
    is_session: bool = False
    because: str = ""
    said: tuple[str, ...] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        said = (str(self.agency or ""), self.work, ",".join(map(str, self.people)), ",".join(self.categories))
        if not all(map(_PLAIN.fullmatch, said)):
            raise ValueError("only ids and plain words are declared")
        object.__setattr__(self, "said", said)


NOBODY: Final = Declaration()
_declared: ContextVar[Declaration | None] = ContextVar("declared", default=None)
_of_the_process = NOBODY


def declared() -> Declaration:
    """What holds here and now."""
    return _declared.get() or _of_the_process


def declare_for_all_threads(declaration: Declaration) -> None:
    """What holds wherever nothing else is declared, in every thread: for a process that is no site, such as tests."""
    global _of_the_process
    _of_the_process = declaration


@contextmanager
def _holding(declaration: Declaration) -> Iterator[None]:
    token = _declared.set(declaration)
    try:
        yield
    finally:
        _declared.reset(token)


def _also(work: str, because: str) -> AbstractContextManager[None]:
    """Beside what is open already: work in nobody's session stays what it is."""
    here = declared()
    return _holding(here if here.work == BACKGROUND else replace(here, work=work, because=because))


@contextmanager
def session() -> Iterator[None]:
    """A request: nobody's, until its duty is known; afterwards the connection is told that nobody asks any more."""
    with _holding(Declaration(is_session=True)):
        try:
            yield
        finally:
            close()


def work_for(agency_id: UUID) -> None:
    """The session's duty is known: from here on it is that agency's. Elsewhere than in a session it says nothing."""
    here = declared()
    if here.is_session and here.agency != agency_id:
        _declared.set(replace(here, agency=agency_id))


@contextmanager
def background(because: str) -> Iterator[None]:
    """Work in nobody's session, such as a task or an import: every row, for as long as the block or function lasts."""
    with _holding(Declaration(work=BACKGROUND, because=because)):
        yield


@contextmanager
def matching(because: str) -> Iterator[None]:
    """Compare with the whole index, as who registers or identifies somebody must: its tables, and nothing of care."""
    with _also(MATCHING, because):
        yield


@contextmanager
def index_keeping(because: str) -> Iterator[None]:
    """Make two people one or tell them apart, which moves what every agency keeps of them (P-5)."""
    with _also(INDEX_KEEPING, because):
        yield


@contextmanager
def opened(agency_id: UUID, people: Iterable[UUID], categories: Iterable[str]) -> Iterator[None]:
    """A ledgered read: these people's rows of these categories, and shut again before anything else happens."""
    opening = Declaration(agency=agency_id, people=tuple(people), categories=tuple(sorted(categories)))
    with _holding(opening):
        try:
            yield
        finally:
            close()


class BehindTheWall:
    """Middleware: every request is a session, and nobody's until its duty is known."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with session():
            return self.get_response(request)


@dataclass
class _Told:
    """What the server was told last, and whether in a transaction, whose rollback would take it back."""

    said: Sequence[str]  # empty: not known any more
    in_transaction: bool = False

    def due(self, declaration: Declaration, raw: Any) -> list[str]:
        """What it does not know of this yet."""
        is_outdated = self.in_transaction and raw.pgconn.transaction_status == pq.TransactionStatus.IDLE
        known = (None,) * len(SETTINGS) if is_outdated or not self.said else self.said
        said = zip(_TELL, declaration.said, known, strict=True)
        return [telling.format(now) for telling, now, before in said if now != before]


def close() -> None:
    """Tell the server that nobody asks, unless it knows."""
    from django.db import connections

    raw = connections[_BEHIND_THE_WALL].connection
    if raw is not None and not raw.closed:
        _tell(raw, NOBODY)


_ABLE = (pq.TransactionStatus.IDLE, pq.TransactionStatus.INTRANS)


def _told(raw: Any) -> _Told:
    told: _Told | None = getattr(raw, "second_wall", None)
    if told is None:
        told = raw.second_wall = _Told(NOBODY.said)  # a new connection knows of nobody
    return told


def _tell(raw: Any, declaration: Declaration) -> None:
    told, status = _told(raw), raw.pgconn.transaction_status
    due = told.due(declaration, raw)
    if not due or status not in _ABLE:
        return
    told.said = ()
    result = raw.pgconn.exec_(";".join(due).encode())
    if result.status != pq.ExecStatus.COMMAND_OK:
        raise errors.error_from_result(result)
    told.said, told.in_transaction = declaration.said, status != pq.TransactionStatus.IDLE


@receiver(connection_created)
def _stand_before(connection: Any, **_: Any) -> None:
    """Every connection of the site asks behind the wall; first, so that no other wrapper's end takes this one away."""
    if connection.alias == _BEHIND_THE_WALL and _say_who_asks not in connection.execute_wrappers:
        connection.execute_wrappers.insert(0, _say_who_asks)


def _say_who_asks(execute: Any, sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
    """Tell the server what is declared where it was told something else, then ask.

    What was told inside a transaction is taken back by its rollback. The end of a transaction shows in the state of the
    connection; that of a savepoint in its statement.
    """
    tell(context["connection"])
    try:
        return execute(sql, params, many, context)
    finally:
        if isinstance(sql, str) and sql.startswith("ROLLBACK TO"):
            _told(context["connection"].connection).said = ()


def tell(connection: Any) -> None:
    """Tell the server what is declared, if it was told something else; by hand for who asks past Django's cursors."""
    with connection.wrap_database_errors:
        _tell(connection.connection, declared())
