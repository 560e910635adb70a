"""Every form of every page, found by reading the pages; and who may open them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from continuity.agencies.models import Membership
from tests import builders as b
from tests.attacks.ground import Browser, Route, routes
from tests.house.pair_worlds import County, keep_elsewhere

_TYPED = ("text", "search", "password", "email", "tel", "url", "number", "date", "time", "datetime-local", "")
_AT_DESK = ("consent_manager", "privacy_officer", "auditor", "agency_admin")
_AT_WORK = ("embedded_clinician", "supervisor", "privacy_officer", "officer")


@dataclass
class Form:
    """A form as it came, with what a browser would send untouched."""

    action: str
    by: str
    typed: list[str] = field(default_factory=list)
    sent: dict[str, Any] = field(default_factory=dict)
    has_file: bool = False

    def filled(self, texts: dict[str, str]) -> dict[str, Any]:
        """What is sent when these are typed."""
        return self.sent | texts


class Forms(HTMLParser):
    """All forms of one page that are posted."""

    def __init__(self, address: str, by: str) -> None:
        super().__init__()
        self.address, self.by = address, by
        self.found: list[Form] = []
        self._form: Form | None = None
        self._select: tuple[str, bool] | None = None
        self._area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "form" and said.get("method", "").lower() == "post":
            self._form = Form(said.get("action") or self.address, self.by)
            self.found.append(self._form)
        elif tag == "form":
            self._form = None
        form, name = self._form, said.get("name", "")
        if form is None or not name:
            if form is not None and tag == "option" and self._select:
                self._choose(form, said)
            return
        if tag == "input":
            self._type(form, name, said)
        elif tag == "textarea":
            form.typed.append(name)
            form.sent.setdefault(name, "")
            self._area = name
        elif tag == "select":
            self._select = (name, "multiple" in said)
        elif tag == "button":
            form.sent.setdefault(name, said.get("value", ""))

    def _type(self, form: Form, name: str, said: dict[str, str]) -> None:
        kind = said.get("type", "text").lower()
        if kind == "file":
            form.has_file = True
        elif kind in ("checkbox", "radio"):
            if "checked" in said or (kind == "radio" and name not in form.sent):
                form.sent[name] = said.get("value", "on")
        else:
            form.sent[name] = said.get("value", "")
            if kind in _TYPED:
                form.typed.append(name)

    def _choose(self, form: Form, said: dict[str, str]) -> None:
        name, _ = self._select or ("", False)
        if "selected" in said or not form.sent.get(name):
            form.sent[name] = said.get("value", "")

    def handle_data(self, data: str) -> None:
        if self._area and self._form is not None:
            self._form.sent[self._area] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = None
        elif tag == "textarea":
            self._area = ""


@dataclass(frozen=True)
class Page:
    """A page, and who has opened it."""

    route: Route
    role: str
    answer: Any


@dataclass
class Office:
    """An agency that keeps a record of every kind, and its people at their browsers."""

    ids: dict[str, UUID]
    members: dict[str, Membership]
    browsers: dict[str, Browser]

    def opened(self) -> list[Page]:
        """Every page that one of them can open."""
        found = []
        for route in routes():
            if route.is_api or not route.reads or "out" in route.name:
                continue
            for role in _AT_DESK if route.pattern.startswith("admin") else _AT_WORK:
                answer = self.browsers[role].again().get(route.address(self.ids))
                if answer.status_code == HTTPStatus.OK:
                    found.append(Page(route, role, answer))
                    break
        return found


def forms_of(pages: Iterable[Page]) -> list[Form]:
    """Every form of these pages, once."""
    found: dict[tuple[str, frozenset[str]], Form] = {}
    for page in pages:
        if "html" in page.answer.headers["Content-Type"]:
            reader = Forms(page.answer.request["PATH_INFO"], page.role)
            reader.feed(page.answer.content.decode())
            for form in reader.found:
                found.setdefault((urlsplit(form.action).path, frozenset(form.sent)), form)
    return list(found.values())


def office(county: County) -> Office:
    """The clinic far away: of each kind it keeps one record."""
    ids = keep_elsewhere(county)
    far = county.cast.elsewhere
    roles = sorted({*_AT_DESK, *_AT_WORK})
    known = {"embedded_clinician": "far-author", "consent_manager": "far-kim", "agency_admin": "far-admin"}
    members = {
        role: Membership.objects.select_related("member", "agency").get(member__username=known[role])
        if role in known
        else b.member(f"office-{role}", far, role)
        for role in roles
    }
    return Office(ids, members, {role: Browser(one) for role, one in members.items()})
