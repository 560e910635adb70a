"""Gather everything the policy asks about people, for one asker, as of one moment, in one statement."""

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from itertools import chain
from typing import Any
from uuid import UUID

from continuity.access.case import EVERY_CATEGORY, Asker, ConsentFact, Custodian, EmergencyFact, Facts
from continuity.access.facts_sql import FACTS_ABOUT
from continuity.access.merged import origins_of
from continuity.people.birth_dates import latest_birth
from continuity.trail.one_trip import Statement

_ASKER = "%(agency)s::uuid, %(member)s::uuid, %(membership)s::uuid, %(at)s::timestamptz"
_OF_ONE = Statement(f"SELECT * FROM {FACTS_ABOUT}(%(person)s::uuid, {_ASKER})", is_walled=False)  # nosec B608
_OF_ALL = Statement(
    f"SELECT told.* FROM unnest(%(people)s::uuid[]) AS one, {FACTS_ABOUT}(one, {_ASKER}) AS told",  # nosec B608
    is_walled=False,
)
_PART2_INSTRUMENTS = frozenset({"part2_consent", "part2_tpo", "combined_hipaa_part2"})
_NOBODY = Facts((), (), in_treatment=False, is_assigned=False)


def gather(asker: Asker, person_id: UUID | None, at: datetime) -> Facts:
    """The facts about `person_id`; one statement, also when the person is nobody (P-3: like work, like time).

    Who was merged into another since they were found is asked for anew, as the other.
    """
    person_id = person_id or UUID(int=0)
    row = next(iter(_asked(_OF_ONE, asker, at, person=person_id)), None)
    if row is None:
        return _NOBODY
    survivor = row[1]
    return _facts(row, asker) if survivor is None else gather(asker, survivor, at)


def gather_all(asker: Asker, people: Iterable[UUID], at: datetime) -> dict[UUID, Facts]:
    """The facts about each of these people, in one statement; nothing of one who was merged into another."""
    rows = _asked(_OF_ALL, asker, at, people=list(people))
    return {row[0]: _facts(row, asker) if row[1] is None else _NOBODY for row in rows}


def _asked(statement: Statement, asker: Asker, at: datetime, **whom: Any) -> list[tuple[Any, ...]]:
    return statement.ask(
        {
            "agency": asker.agency_id,
            "member": asker.member_id,
            "membership": asker.membership_id,
            "at": at,
            **whom,
        }
    )


def _facts(row: tuple[Any, ...], asker: Asker) -> Facts:
    (
        person_id, _, confidentiality, birth_date, precision, is_deceased, is_established, is_doubted, merges,
        restrictions, emergencies, custodians, consents, in_treatment, is_assigned,
    ) = row  # fmt: skip
    agreed = _rows(restrictions)
    facts = Facts(
        person=person_id,
        custodians=tuple(_custodian(one, asker, agreed) for one in _rows(custodians)),
        consents=tuple(map(_consent, _rows(consents))),
        in_treatment=in_treatment,
        is_assigned=is_assigned,
        confidentiality=confidentiality,
        is_shielded=any(one["kind"] == "employee" for one in agreed),
        is_deceased=is_deceased,
        born_by=latest_birth(birth_date, precision) if birth_date else None,
        emergencies=tuple(map(_emergency, _rows(emergencies))),
        is_established=is_established,
        is_doubted=is_doubted,
    )
    return replace(facts, origins=origins_of(person_id, facts, json.loads(merges))) if merges else facts


def _rows(value: str | None) -> list[dict[str, Any]]:
    return json.loads(value) if value else []


def _custodian(row: dict[str, Any], asker: Asker, restrictions: list[dict[str, Any]]) -> Custodian:
    rules = {name: said for name, said in (row["rules"] or {}).items() if said is not None}
    return Custodian(
        id=UUID(row["id"]),
        regimes=frozenset(row["regimes"]),
        is_part2_program=row["part2"],
        agreed=frozenset(chain.from_iterable(row["agreed"] or ())),
        kept_back=frozenset(
            category
            for one in restrictions
            if one["kind"] == "disclosure" and one["agency"] == row["id"]
            for category in one["categories"] or EVERY_CATEGORY
        ),
        timezone=row["timezone"],
        is_named=row["is_named"],
        **rules,
    )


def _emergency(row: dict[str, Any]) -> EmergencyFact:
    return EmergencyFact(
        id=UUID(row["id"]),
        categories=frozenset(row["categories"]),
        custodian=UUID(row["custodian"]) if row["custodian"] else None,
    )


def _consent(row: dict[str, Any]) -> ConsentFact:
    contacts = row["contacts"]
    return ConsentFact(
        id=UUID(row["id"]),
        disclosing=frozenset(map(UUID, row["disclosing"] or ())),
        categories=frozenset(row["categories"]) & frozenset(row["consented"]),
        purposes=frozenset(row["purposes"]),
        recipient=row["recipient"],
        is_tpo=row["instrument"] == "part2_tpo",
        opens_part2=row["part2"] and row["instrument"] in _PART2_INSTRUMENTS,
        existence=row["existence"],
        since=datetime.fromisoformat(row["since"]) if row["since"] else None,
        contacts=None if contacts is None else frozenset(map(UUID, contacts)),
    )
