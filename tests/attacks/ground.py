"""The ground of every attack: all addresses of the site as it is now, and browsers through which anything is sent.

An address is found by itself. One whose ids nobody named is asked with ids that mean nothing.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from uuid import UUID

from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.urls import get_resolver
from django.urls.resolvers import URLPattern, URLResolver

from continuity.agencies.models import Membership
from continuity.api.parsers import BoundedJSONParser
from tests import builders as b
from tests.cast import signed_in
from tests.house import pair_routes

UNKNOWN = UUID("f7f7f7f7-f7f7-4f7a-8f7a-f7f7f7f7f701")
WRITING = ("post", "put", "patch", "delete")
CSRF = "attackattackattackattackattack12"  # 32 letters and digits, as Django's own
_REGEX = re.compile(r"\(\?P<(\w+)>[^)]*\)\??|[\^$]")
_READS = ("SELECT", "SAVEPOINT", "RELEASE", "ROLLBACK", "SET ", "DECLARE", "FETCH")
_PARAMETER = re.compile(r"<(?:(\w+):)?(\w+)>")


@dataclass(frozen=True)
class Route:
    """One address of the site and the methods that write there."""

    name: str
    pattern: str
    writes: tuple[str, ...]
    reads: bool
    takes_json: bool

    @property
    def methods(self) -> tuple[str, ...]:
        return ("get", *self.writes) if self.reads else self.writes

    @property
    def is_api(self) -> bool:
        return self.pattern.startswith("api/")

    @property
    def takes_id(self) -> bool:
        return "uuid:" in self.pattern or "object_id" in self.pattern

    def address(self, ids: Mapping[str, UUID] | None = None) -> str:
        """With the ids of these kinds in it, and those that mean nothing for all others."""
        slugs = iter(pair_routes.SLUGS.get(self.name, ("x",))[:1] * 3)

        def filled(one: re.Match[str]) -> str:
            if one[1] == "slug":
                return next(slugs, "x")
            if one[1] == "int":
                return "1"
            return str(self._id(one, ids or {}) or "x")

        return "/" + _PARAMETER.sub(filled, self.pattern)

    def _id(self, one: re.Match[str], ids: Mapping[str, UUID]) -> UUID | None:
        try:
            return ids.get(pair_routes.kind_named(one, self.pattern), UNKNOWN)
        except KeyError:
            return UNKNOWN if one[1] == "uuid" else None


@cache
def routes() -> tuple[Route, ...]:
    """Every address of the site, pages and API."""
    return tuple(_walk(get_resolver()))


def _walk(resolver: URLResolver, before: str = "", space: str = "") -> Iterator[Route]:
    for one in resolver.url_patterns:
        pattern = before + str(one.pattern)
        if isinstance(one, URLPattern):
            pattern = pattern.replace("(?P<app_label>agencies)", "agencies").replace("(?P<url>.*)", "nowhere")
            name = f"{space}{one.name or ('redirect' if 'object_id' in pattern else 'else')}"
            yield Route(name, _REGEX.sub(lambda two: f"<{two[1]}>" if two[1] else "", pattern), *_takes(one))
        else:
            yield from _walk(one, pattern, f"{one.namespace}:" if one.namespace else space)


def _takes(pattern: URLPattern) -> tuple[tuple[str, ...], bool, bool]:
    """The methods that write, whether it can be read, and whether it is sent JSON."""
    view = pattern.callback
    made = getattr(view, "cls", None) or getattr(view, "view_class", None)
    writes = tuple(one for one in WRITING if hasattr(made, one)) if made else ("post",)
    return (
        writes,
        made is None or hasattr(made, "get"),
        BoundedJSONParser in getattr(made, "parser_classes", ()),
    )


def name_of(route: Route) -> str:
    """Where it belongs, for a table: its first steps."""
    steps = route.pattern.split("/")
    return "/".join(steps[: 3 if route.is_api else 1]) or "/"


class Browser(Client):
    """A signed-in browser that shows a server's error as what it is: a 500."""

    def __init__(self, by: Membership | None = None, **given: Any) -> None:
        super().__init__(**given)
        self.raise_request_exception = False
        if by is not None:
            signed_in(by, self)
            self.get("/shade/")  # the session's first touch is written down here
        self.kept = self.cookies.output(header="", sep=";")

    def again(self) -> "Browser":
        """With the cookies of its beginning."""
        self.cookies.clear()
        self.cookies.load(self.kept)
        return self


def text_of(answer: HttpResponse) -> str:
    """Headers, cookies and body of an answer."""
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    heads = "".join(f"{name}: {value}\r\n" for name, value in answer.headers.items())
    return heads + answer.cookies.output() + "\r\n\r\n" + body.decode("utf-8", "replace")


@dataclass
class Written:
    """The statements of a block that were more than reading, with their values."""

    statements: list[tuple[str, Any]] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.statements)

    def tables(self) -> set[str]:
        return {
            found[1]
            for sql, _ in self.statements
            if (found := re.search(r'(?:INTO|UPDATE|FROM) "?(\w+)', sql))
        }

    def holds(self, text: str) -> bool:
        """Whether this was among the values."""
        return any(text in str(values) for _, values in self.statements)


@contextmanager
def noting() -> Iterator[Written]:
    """What is written inside, and by whatever is undone inside."""
    written = Written()

    def note(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        if not str(sql).lstrip().startswith(_READS):
            written.statements.append((str(sql), params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield written


@contextmanager
def watched() -> Iterator[Written]:
    """What is written inside, which is undone afterwards."""
    with b.undone(), noting() as written:
        yield written
