"""Somebody of agency B asks at every address, and in every body, for whatever agency A keeps."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any
from uuid import UUID

from tests import builders as b
from tests.api.routes import ROLES
from tests.attacks.ground import UNKNOWN, Written, noting, routes
from tests.attacks.told import Told
from tests.house.pair_routes import planned
from tests.house.pair_worlds import County, keep_elsewhere
from tests.house.pairs import Ask, Asker, Heard, known_ids

# What a refusal leaves: that it was asked, and by whom.
_TRACES = {"disclosures_ledgerentry", "trail_event", "django_session"}
_LEDGER = "disclosures_ledgerentry"
# Who opens these pages at all; the rest is refused for the page itself.
_AT_HOME = {
    **dict.fromkeys(
        ("/admin/agencies", "/admin/accounts", "/admin/clients", "/admin/providers"), ("agency_admin",)
    ),
    "/admin/": ("consent_manager", "privacy_officer", "auditor"),
    "/caseload/": ("embedded_clinician", "supervisor", "treatment_clinician", "officer"),
}


@dataclass
class Stranger:
    """A member of agency B; what was asked for is one and the same in all that it hears."""

    asker: Asker
    asked: frozenset[bytes]

    def hear(self, ask: Ask) -> Heard:
        heard = self.asker.hear(ask)
        headers = tuple((name, self._same(text)) for name, text in heard.headers)
        return Heard(heard.status, headers, self._same(heard.body))

    def _same(self, text: bytes) -> bytes:
        for one in self.asked:
            text = text.replace(one, b"<asked for>")
        return text


def strangers(county: County) -> tuple[dict[str, UUID], list[Stranger]]:
    """What agency A keeps, and a member of agency B in each role."""
    members = [b.member(f"b-{role}", county.cast.county, role, may_break_glass=True) for role in ROLES]
    before = known_ids()
    foreign = keep_elsewhere(county)
    asked = frozenset(str(pk).encode() for pk in (*foreign.values(), UNKNOWN))
    shown = before | asked | {_middle(one) for one in asked}
    return foreign, [
        Stranger(Asker(role, one, shown), asked) for role, one in zip(ROLES, members, strict=True)
    ]


def _middle(pk: bytes) -> bytes:
    """What of an id could be taken for the number of a consent."""
    return pk[9:23]


def asks(county: County, foreign: dict[str, UUID], *, every: bool) -> list[Ask]:
    """Requests that name something of agency A, in address, question or body: `every` one, or one a route."""
    theirs = {str(pk) for pk in foreign.values()}
    found = list(_hashable(one.ask for one in planned(county, foreign) if every or one.is_first))
    known = {(one.method, one.url) for one in found}
    for route in routes():
        if route.takes_id:
            methods = route.methods if route.is_api else ("get", "post")
            bare = [Ask(method, route.address(foreign)) for method in methods]
            found += [one for one in bare if (one.method, one.url) not in known]
    named = [one for one in dict.fromkeys(found) if any(pk in f"{one.url} {one.body}" for pk in theirs)]
    return [
        one for one in named if "?after=" not in one.url
    ]  # a place in the order of ids, whosever they are


def _hashable(found: Iterable[Ask]) -> Iterator[Ask]:
    """Forms are dicts, which `dict.fromkeys` cannot tell apart: as pairs."""
    for one in found:
        yield replace(one, body=_Form(one.body)) if isinstance(one.body, dict) else one


class _Form(dict[str, Any]):
    def __hash__(self) -> int:  # type: ignore[override]
        return hash(tuple(sorted((name, str(value)[:200]) for name, value in self.items())))


def of_nobody(ask: Ask, foreign: dict[str, UUID]) -> Ask:
    """The same request for what does not exist."""

    def unknown(text: str) -> str:
        for pk in foreign.values():
            text = text.replace(str(pk), str(UNKNOWN))
        return text

    body = ask.body
    if isinstance(body, str):
        body = unknown(body)
    elif isinstance(body, dict):
        body = {name: unknown(one) if isinstance(one, str) else one for name, one in body.items()}
    return Ask(ask.method, unknown(ask.url), body, tuple((name, unknown(text)) for name, text in ask.headers))


def attack(foreign: dict[str, UUID], asked: Iterable[Ask], by: Sequence[Stranger], *, each: int) -> Told:
    """Every request by `each` of them in turn: the same bytes as for what does not exist, and no other trace."""
    told = Told("what agency A keeps, asked by agency B")
    for number, ask in enumerate(asked):
        at_home = next((roles for start, roles in _AT_HOME.items() if ask.url.startswith(start)), ROLES)
        asking = [one for one in by if one.asker.name in at_home] if each == 1 else by
        for step in range(each):
            stranger = (asking or by)[(number + step) % len(asking or by)]
            with noting() as written:
                theirs = stranger.hear(ask)
            nobodys = stranger.hear(of_nobody(ask, foreign))
            kind = f"{ask.method} {'API' if ask.url.startswith('/api/') else 'pages'}"
            kept = "in the ledger" if _LEDGER in written.tables() else "no reading"
            wrong = _wrong(ask, theirs, nobodys, written)
            told.note(
                kind, f"{theirs.status}, {kept}", got_through=wrong and f"{stranger.asker.name}: {wrong}"
            )
    return told


def _wrong(ask: Ask, theirs: Heard, nobodys: Heard, written: Written) -> str:
    where = str(ask)[:300]
    if theirs.status != nobodys.status or theirs.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return f"{where} answered {theirs.status}, and {nobodys.status} for nothing"
    if theirs != nobodys:
        return f"{where} answered otherwise than for nothing: {_apart(theirs, nobodys)}"
    if other := written.tables() - _TRACES:
        return f"{where} wrote to {sorted(other)}"
    is_read = ask.method == "get" and ask.url.startswith("/api/") and theirs.status == HTTPStatus.NOT_FOUND
    return f"{where} left no row in the ledger" if is_read and _LEDGER not in written.tables() else ""


def _apart(theirs: Heard, nobodys: Heard) -> str:
    if theirs.headers != nobodys.headers:
        return str(sorted(set(theirs.headers) ^ set(nobodys.headers)))[:400]
    pairs = enumerate(zip(theirs.body, nobodys.body, strict=False))
    at = next((n for n, (one, other) in pairs if one != other), min(len(theirs.body), len(nobodys.body)))
    return f"{theirs.body[max(0, at - 60) : at + 100]!r} / {nobodys.body[max(0, at - 60) : at + 100]!r}"
