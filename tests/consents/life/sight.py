"""What somebody is shown: what the door's answer holds and the ledger says, beside what the law would have shown."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from continuity.disclosures.models import LedgerEntry
from tests.consents.life.county import County, Somebody
from tests.consents.life.oracle import Answer
from tests.consents.life.papers import Record
from tests.consents.life.servers import Server

NOTHING = b'{"result": "no_shareable_information"}'
SECTIONS = {
    "D1": ("plans", "tips", "flags"),
    "D2": ("contacts",),
    "D3": ("narratives",),
    "D4": ("sud_segments",),
    "D5": ("team_links",),
    "D6": ("linkages", "follow_ups"),
    "D7": ("consents",),
}


@dataclass(frozen=True)
class Seen:
    """How many lines of each category; whose knowing the person is confirmed; what the ledger says of the same."""

    is_the_negative_answer: bool
    sections: dict[str, int]
    known_to: frozenset[str]
    is_released: bool
    ledgered_categories: frozenset[str]
    ledgered_records: frozenset[str]


def ask_all(
    server: Server, county: County, about: Somebody, purpose: str, at: datetime
) -> Iterator[tuple[str, Seen]]:
    """Every asker asks about the person, then the ledger is read; called inside `server.run`."""
    answers = {}
    for name, by in county.askers.items():
        question = {
            "incident_ref": "2026-0001",
            "purpose": county.asker(name, purpose).purpose,
            "last": about.last,
            "first": "Sam",
            "birth_date": "1988-04-03",
        }
        answers[name] = server.post(by, "/api/v1/lookups/", question)
    rows = {row.asker_id: row for row in LedgerEntry.objects.filter(person=about.person, at=at)}
    codes = {agency.name: agency.code for agency in county.agencies.values()}
    return iter([(name, _seen(answers[name], rows[county.askers[name].pk], codes)) for name in answers])


def _seen(response: Any, row: LedgerEntry, codes: dict[str, str]) -> Seen:
    record = response.json().get("record", {})
    counts = {
        category: sum(len(record.get(one, ())) for one in parts) for category, parts in SECTIONS.items()
    }
    return Seen(
        is_the_negative_answer=response.status_code == 200 and response.content == NOTHING,
        sections={category: count for category, count in counts.items() if count},
        known_to=frozenset(codes[name] for name in record.get("known_to", ())),
        is_released=row.outcome == LedgerEntry.Outcome.RELEASED,
        ledgered_categories=frozenset(row.categories),
        ledgered_records=frozenset(id_ for _, id_, _ in row.records),
    )


def as_seen(expected: Answer, records: list[Record]) -> Seen:
    """The oracle's answer in the same words."""
    shown = [record.category for record in records if record.id in expected.records]
    categories = shown + ["D7"] * len(expected.scopes)
    is_nothing = not (shown or expected.known_to)
    return Seen(
        is_the_negative_answer=is_nothing,
        sections={category: categories.count(category) for category in categories},
        known_to=expected.known_to,
        is_released=not is_nothing,
        ledgered_categories=frozenset(categories) | ({"D0"} if expected.known_to else set()),
        ledgered_records=expected.records | expected.scopes,
    )
