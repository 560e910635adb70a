"""Who may see which record, as domain.md 1.2, 5.7 and 6 say it: pure, and written without looking at the policy.

It judges days by the custodian's calendar (P-18) instead of by an instant, so that it cannot share a mistake about
midnight.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from tests.consents.life.papers import Agreement, Asker, Paper, Record

LOOK_BACK = timedelta(days=365)  # 5.13: twelve months for officers
CLINICAL = {"D3", "D4"}  # 6.5: never to law enforcement, a floor that no paper lifts
TPO_OPENS = {"D0", "D4", "D5", "D6"}  # 6.3, the cells with CT


def holds(paper: Paper, at: datetime) -> bool:
    """L-10: verified, neither ended nor stopped by word of mouth, begun, and with an end that has not come."""
    day = at.astimezone(ZoneInfo(paper.zone)).date()
    begun = paper.signed_at is not None and paper.signed_at <= at and (paper.starts_on or day) <= day
    lasts = day <= paper.last_day if paper.last_day else bool(paper.event)
    return paper.state == "active" and not paper.suspended and begun and lasts


def covers(paper: Paper, record: Record) -> bool:
    if paper.window == "specific_contacts":
        return record.contact in paper.contacts
    return paper.window == "past_contacts" or (paper.signed_at is not None and record.time >= paper.signed_at)


def given_to(paper: Paper, asker: Asker) -> set[str]:
    """What this asker gets of it by being named, or by being of the class and treating (L-2, L-7, L-12)."""
    if asker.purpose not in paper.purposes or (paper.tpo and not asker.treats):
        return set()
    names = {asker.agency} if asker.is_police else {asker.agency, asker.member}
    names |= {"treating_providers"} if asker.treats else set()
    given = {
        category
        for party in paper.parties
        if party.who in names and not party.revoked and party.categories & paper.categories
        for category in (party.categories & paper.categories) - {"D0"}
        | ({"D0"} if paper.existence else set())
    }
    return given & TPO_OPENS if paper.tpo else given


@dataclass(frozen=True)
class Answer:
    """Ids of the records shown, custodians whose knowing the person is confirmed, consents whose scope is told."""

    records: frozenset[str]
    known_to: frozenset[str]
    scopes: frozenset[str]


def answer(
    asker: Asker, papers: list[Paper], records: list[Record], agreements: list[Agreement], at: datetime
) -> Answer:
    """Everything the asker may be told at `at`; all three empty is the one negative answer (P-3)."""
    custodians = {record.custodian for record in records}
    live = [paper for paper in papers if holds(paper, at)]

    def opens(paper: Paper, custodian: str) -> set[str]:
        return given_to(paper, asker) & agreed(custodian) if custodian in paper.disclosing else set()

    def agreed(custodian: str) -> set[str]:
        both = [one for one in agreements if {custodian, asker.agency} <= one.parties and at < one.until]
        return {category for one in both for category in one.categories} - (
            CLINICAL if asker.is_police else set()
        )

    def is_shown(record: Record) -> bool:
        if record.until is not None and at >= record.until:
            return False
        if record.custodian == asker.agency:
            return True
        if asker.is_police and (record.part2 or (record.category == "D2" and record.time < at - LOOK_BACK)):
            return False
        if asker.treats and record.category in agreed(record.custodian) and not record.part2:
            return True
        return any(
            record.category in opens(paper, record.custodian)
            and covers(paper, record)
            and (paper.part2 or not record.part2)
            for paper in live
        )

    shown = [record for record in records if is_shown(record)]
    known = {
        custodian
        for custodian in custodians
        if custodian == asker.agency
        or (asker.treats and "D0" in agreed(custodian))
        or any("D0" in opens(paper, custodian) for paper in live)
    }
    told = {record.custodian for record in shown} | known
    scopes = {
        paper.id
        for paper in live
        if asker.is_police and paper.custodian in told and opens(paper, paper.custodian)
    }
    return Answer(frozenset(record.id for record in shown), frozenset(known), frozenset(scopes))
