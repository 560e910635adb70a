"""Bugs to plant in the running product, one per way in which a consent can be misread."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from threading import get_ident
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from continuity.access import facts, facts_sql, services
from continuity.agencies.models import Agency
from continuity.consents import elements
from continuity.trail import wall
from continuity.trail.one_trip import Statement

Plant = Callable[[pytest.MonkeyPatch], None]
_EXPIRY = "AND (c.expires_at > the_moment OR c.expires_at IS NULL AND c.expiry_event <> '')"
_REACHED = "(r.agency_id = the_agency OR r.member_id = the_member OR r.kind = 'treating_providers')"
_GIVEN = {
    "the_agency": "%(agency)s::uuid",
    "the_membership": "%(membership)s::uuid",
    "the_member": "%(member)s::uuid",
    "the_moment": "%(at)s::timestamptz",
}


class Anything(frozenset):  # type: ignore[type-arg]  # a test's own
    """A set that holds whatever it is asked for."""

    def __contains__(self, item: object) -> bool:
        return True


class _Planted(Statement):
    """As the owner's function, whom the second wall does not hold."""

    def ask(self, parameters: Any) -> Any:
        with wall.background("planted"):
            return super().ask(parameters)


def misstate(monkeypatch: pytest.MonkeyPatch, clause: str, instead: str = "") -> None:
    """The gate asks for its facts with `instead` in place of `clause`."""
    clause, instead = (" ".join(text.split()) for text in (clause, instead))
    statement = " ".join(facts_sql._FACTS.split())
    assert statement.count(clause) == 1, "the statement has changed: plant the bug anew"
    statement = statement.replace(clause, instead)
    for name, given in _GIVEN.items():
        statement = re.sub(rf"\b{name}\b", given, statement)
    for name, whom in (("_OF_ONE", "%(person)s::uuid"), ("_OF_ALL", "ANY(%(people)s::uuid[])")):
        monkeypatch.setattr(facts, name, _Planted(statement.replace("the_person", whom)))


def _sql(clause: str, instead: str = "") -> Plant:
    return lambda monkeypatch: misstate(monkeypatch, clause, instead)


def _fact(misread: Callable[[Any, dict[str, Any]], Any]) -> Plant:
    def plant(monkeypatch: pytest.MonkeyPatch) -> None:
        read = facts._consent
        monkeypatch.setattr(facts, "_consent", lambda row: misread(read(row), row))

    return plant


def _midnight(end_of: Callable[[Agency, date], datetime]) -> Plant:
    return lambda monkeypatch: monkeypatch.setattr(Agency, "end_of", end_of)


def _without_the_element(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        elements, "ELEMENTS", tuple(one for one in elements.ELEMENTS if one.field != "expires_at")
    )


def _cached(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each server remembers for a minute what it has read."""
    kept: dict[Any, tuple[datetime, Any]] = {}
    read = services.gather

    def gather(asker: Any, person_id: Any, at: datetime) -> Any:
        key = (get_ident(), asker.membership_id, asker.purpose, person_id)
        if key not in kept or not timedelta(0) <= at - kept[key][0] < timedelta(minutes=1):
            kept[key] = at, read(asker, person_id, at)
        return kept[key][1]

    monkeypatch.setattr(services, "gather", gather)


def _everybody_treats(monkeypatch: pytest.MonkeyPatch) -> None:
    read = services.gather
    monkeypatch.setattr(services, "gather", lambda *asked: replace(read(*asked), in_treatment=True))


PLANTS: dict[str, Plant] = {
    "expired but active": _sql(_EXPIRY),
    "revoked recipient": _sql("AND r.revoked_at IS NULL"),
    "revoked consent": _sql("c.status = 'active' AND", "c.status <> 'draft' AND"),
    "suspended": _sql("AND c.suspended_at IS NULL"),
    "not yet begun": _sql("c.starts_at <= the_moment AND"),
    "null end at the read": _sql("c.expires_at IS NULL AND c.expiry_event <> ''", "c.expires_at IS NULL"),
    "null end at the door": _without_the_element,
    "empty scope": _fact(
        lambda fact, row: fact if row["categories"] else replace(fact, categories=frozenset(row["consented"]))
    ),
    "another person's consent": _sql("c.person_id = p.id AND c.status", "c.status"),
    "another agency's consent": _sql(_REACHED, "true"),
    "another category": _fact(
        lambda fact, row: replace(fact, categories=Anything(f"D{n}" for n in range(7)))
    ),
    "another discloser": _fact(lambda fact, row: replace(fact, disclosing=Anything())),
    "another purpose": _fact(lambda fact, row: replace(fact, purposes=Anything())),
    "SUD not ticked": _fact(lambda fact, row: replace(fact, opens_part2=True)),
    "window not kept": _fact(lambda fact, row: replace(fact, since=None, contacts=None)),
    "class without treatment": _everybody_treats,
    "midnight in UTC": _midnight(
        lambda agency, day: datetime.combine(day + timedelta(days=1), time(), ZoneInfo("UTC"))
    ),
    "midnight of the site": _midnight(
        lambda agency, day: datetime.combine(day + timedelta(days=1), time(), ZoneInfo("America/Los_Angeles"))
    ),
    "every day has 24 hours": _midnight(
        lambda agency, day: (
            datetime.combine(day, time(), ZoneInfo(agency.timezone)).astimezone(ZoneInfo("UTC"))
            + timedelta(hours=24)
        )
    ),
    "read from a cache": _cached,
}
# Chance is not asked for these, only their stories are: a row that the database forbids, and an hour on two days a year.
LEFT_TO_STORIES = {"null end at the read", "every day has 24 hours"}
