"""What left of one custodian's records about a person, from the ledger alone (L-14, L-15, L-23).

The table holds years in monthly partitions: each question bounds `id`, which is made of the time, so that only the
months of its period are opened. Callers note the reading before they show anything.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Model, Q, QuerySet

from continuity.agencies.models import Agency, Membership
from continuity.consents.models import Consent, ConsentRecipient
from continuity.crisis.models import (
    ClinicalNarrative,
    CrisisContact,
    DeescalationTip,
    ResponsePlan,
    SafetyFlag,
    SudSegment,
)
from continuity.disclosures.accounting_lines import (
    Disclosure,
    Ground,
    Line,
    laws_of,
    lines_of,
)
from continuity.disclosures.models import LedgerEntry
from continuity.disclosures.one_person import PersonLedger, ledger_about
from continuity.disclosures.suspensions import suspended
from continuity.ids import first_of
from continuity.treatment.models import FollowUp, Linkage, TreatmentTeamLink

ACCOUNTING_YEARS, INTERMEDIARY_YEARS = 6, 3
_OUTCOME, _CHANNEL = LedgerEntry.Outcome, LedgerEntry.Channel
_RELEASED = Q(outcome=_OUTCOME.RELEASED)
# Written down by a member, after it was told or handed over: the row lies later than what it is about.
_OUTSIDE = (_CHANNEL.PAPER, _CHANNEL.VERBAL)


@dataclass(frozen=True)
class _Noun:
    """A kind of record in a row of the ledger: its category, and how to tell its custodian and Part 2."""

    category: str
    model: type[Model]
    custodian: str = "custodian"
    part2: str | bool = "is_part2"


_NOUNS: dict[str, _Noun] = {
    "contact": _Noun("D2", CrisisContact),
    "safety_flag": _Noun("D1", SafetyFlag),
    "tip": _Noun("D1", DeescalationTip),
    "response_plan": _Noun("D1", ResponsePlan),
    "narrative": _Noun("D3", ClinicalNarrative, "contact__custodian", "contact__is_part2"),
    "sud_segment": _Noun("D4", SudSegment, "contact__custodian", True),
    "team_link": _Noun("D5", TreatmentTeamLink),
    "linkage": _Noun("D6", Linkage),
    "follow_up": _Noun("D6", FollowUp),
    "consent": _Noun("D7", Consent, part2=False),
}


@dataclass(frozen=True)
class HeldBack:
    """Whose entries stay out of the person's copy for now, and how many: for privacy staff alone (164.528(a)(2))."""

    agency_id: UUID
    agency: str
    entries: int


@dataclass(frozen=True)
class Accounting:
    """What one custodian disclosed of one person in a period; `held_back` never reaches the person."""

    lines: tuple[Line, ...]
    held_back: tuple[HeldBack, ...]


@dataclass(frozen=True)
class ToCorrect:
    """One disclosure that named a person: whoever got it must be told when it was the wrong one (P-5)."""

    ledger_id: UUID
    at: datetime
    agency_id: UUID
    agency: str
    asker_id: UUID
    recipient: str
    custodians: tuple[UUID, ...]
    categories: tuple[str, ...]
    records: tuple[tuple[str, UUID, int], ...]


def ledger_of(ledger: PersonLedger, since: datetime, until: datetime) -> QuerySet[LedgerEntry]:
    """The rows that may be about a person from `since` until just before `until`: `ledger.about` says which are.

    By index, in the partitions of that time.
    """
    # An id knows milliseconds and may lie in the same one as `until`.
    last = first_of(until + timedelta(milliseconds=1))
    return LedgerEntry.objects.filter(
        ledger.rows, id__gte=first_of(since), id__lt=last, at__gte=since, at__lt=until
    )


def years_before(at: datetime, years: int) -> datetime:
    """The same moment that many years ago; 29 February becomes the 28th: never a day less."""
    try:
        return at.replace(year=at.year - years)
    except ValueError:
        return at.replace(year=at.year - years, month=2, day=28)


def accounting_of(
    *,
    person_id: UUID,
    agency: Agency,
    period_from: datetime,
    period_until: datetime,
    at: datetime,
    requested_at: datetime | None = None,
    general_only: bool = False,
) -> Accounting:
    """What `agency` disclosed of a person in the period, everything, with the laws that count it (P-21).

    Entries of agencies suspended at `at` are left out and counted. `general_only`: those alone that rest on a general
    designation, as an intermediary lists them (2.24).
    """
    found = list(_disclosures(person_id, agency, period_from, period_until, at))
    if general_only:
        found = [one for one in found if one.is_general]
    held = suspended(person_id, agency, at)
    kept = [one for one in found if one.recipient_id not in held]
    asked = requested_at or at
    laws = {
        one.ledger_id: laws_of(
            one,
            regimes=agency.legal_regimes,
            requested_at=asked,
            three_years_ago=years_before(asked, INTERMEDIARY_YEARS),
        )
        for one in kept
    }
    return Accounting(lines_of(kept, laws=laws, numbers=_numbers(kept)), _held_back(found, held))


def disclosures_to_correct(*, person_id: UUID, since: datetime, until: datetime) -> tuple[ToCorrect, ...]:
    """Every disclosure about a person in a period, of whichever custodian, oldest first: for a wrong-person merge."""
    ledger = ledger_about(person_id)
    released = ledger_of(ledger, since, until).filter(_RELEASED).select_related("agency")
    rows = ledger.about(released.order_by("id"))
    return tuple(
        ToCorrect(
            ledger_id=row.pk,
            at=row.at,
            agency_id=row.agency_id,
            agency=row.agency.name,
            asker_id=row.asker_id,
            recipient=row.recipient,
            custodians=tuple(row.custodians),
            categories=tuple(row.categories),
            records=tuple((noun, UUID(pk), version) for noun, pk, version in row.records),
        )
        for row in rows
    )


def receiver_of(row: LedgerEntry, agency: Agency) -> UUID | None:
    """The agency that got it; None for somebody who is no agency of this service."""
    if not row.recipient:
        return row.agency_id
    mine = [base for base in row.bases if base["custodian"] == str(agency.pk)]
    return _uuid(mine[0].get("recipient_agency")) if mine else None


def _disclosures(
    person_id: UUID, agency: Agency, since: datetime, until: datetime, at: datetime
) -> Iterable[Disclosure]:
    """What went to others in the period; what a member wrote down later belongs to when it was told."""
    known = max(until, at + timedelta(milliseconds=1))
    ledger = ledger_about(person_id)
    rows = ledger_of(ledger, since, known).filter(
        _RELEASED, Q(at__lt=until) | Q(channel__in=_OUTSIDE), custodians__contains=[agency.pk]
    )
    # What the own agency's members get of its own records is no disclosure, unless they gave it away.
    rows = rows.filter(~Q(agency=agency) | ~Q(recipient=""))
    entries = list(ledger.about(rows.select_related("agency").order_by("id")))
    own = _own_records(entries, agency)
    general = _general_designations(entries)
    for row in entries:
        one = _disclosure(row, agency, own, general)
        if since <= one.at < until:
            yield one


def _disclosure(
    row: LedgerEntry,
    agency: Agency,
    own: Mapping[UUID, bool],
    general: Callable[[LedgerEntry, Iterable[UUID]], bool],
) -> Disclosure:
    mine = [base for base in row.bases if base["custodian"] == str(agency.pk)]
    outside = mine[0] if row.recipient and mine else {}
    items = _items(row, own) or tuple((category, 0) for category in _told(row, mine))
    told = {category for category, _ in items}
    grounds = tuple(
        Ground(
            category=base["category"],
            basis=base["basis"],
            consent=UUID(base["consent"]) if base.get("consent") else None,
            ground=base.get("ground", ""),
        )
        for base in mine
        if base["category"] in told
    )
    shown_part2 = any(own.get(UUID(pk), False) for _, pk, _ in row.records)
    return Disclosure(
        ledger_id=row.pk,
        at=_moment(outside.get("disclosed_at")) or row.at,
        recipient=row.recipient or row.agency.name,
        recipient_id=receiver_of(row, agency),
        address=outside.get("address", "") if row.recipient else row.agency.privacy_contact,
        purpose=row.purpose,
        channel=row.channel,
        items=items,
        grounds=grounds,
        has_part2="part2" in row.notices and (agency.is_part2_program or shown_part2),
        is_general=general(row, (one.consent for one in grounds if one.consent)),
        emergency=row.emergency if any(one.basis in ("EM", "ER") for one in grounds) else None,
        described=row.reason_given if row.recipient else "",
    )


def _items(row: LedgerEntry, own: Mapping[UUID, bool]) -> tuple[tuple[str, int], ...]:
    """How many of the custodian's records of each category were shown: the row may name others' records as well."""
    counts: dict[str, int] = {}
    for noun, pk, _ in row.records:
        category = _NOUNS[noun].category if noun in _NOUNS else ""
        if category in row.categories and UUID(pk) in own:
            counts[category] = counts.get(category, 0) + 1
    return tuple(sorted(counts.items()))


def _told(row: LedgerEntry, mine: list[dict[str, Any]]) -> list[str]:
    """Where no record of its own was shown: what the row says was told, else that there is a record."""
    opened = {base["category"] for base in mine}
    told = set() if row.records and not row.recipient else opened & set(row.categories)
    return sorted(told) or ["D0"]


def _own_records(entries: list[LedgerEntry], agency: Agency) -> dict[UUID, bool]:
    """The records named in these rows that are the agency's own, and whether each is Part 2; one query per kind."""
    named: dict[str, set[str]] = {}
    for row in entries:
        for noun, pk, _ in row.records:
            named.setdefault(noun, set()).add(pk)
    found: dict[UUID, bool] = {}
    for noun, ids in named.items():
        if noun not in _NOUNS:
            continue
        kind = _NOUNS[noun]
        rows = kind.model._default_manager.filter(pk__in=ids, **{kind.custodian: agency})
        if isinstance(kind.part2, bool):
            found |= dict.fromkeys(rows.values_list("pk", flat=True), kind.part2)
        else:
            found |= dict(rows.values_list("pk", kind.part2))
    return found


def _general_designations(entries: list[LedgerEntry]) -> Callable[[LedgerEntry, Iterable[UUID]], bool]:
    """Whether a disclosure rests on a consent that names its recipient by class alone (2.31(a)(4)(ii), 2.24)."""
    consents = {consent for row in entries for consent in row.consents}
    parties: dict[UUID, list[ConsentRecipient]] = {}
    for one in ConsentRecipient.objects.filter(consent__in=consents) if consents else ():
        parties.setdefault(one.consent_id, []).append(one)
    askers = {row.asker_id for row in entries}
    by_name = any(one.member_id for some in parties.values() for one in some)
    members = dict(Membership.objects.filter(pk__in=askers).values_list("pk", "member")) if by_name else {}

    def is_general(row: LedgerEntry, consented: Iterable[UUID]) -> bool:
        named = [parties.get(consent, []) for consent in consented]
        return any(
            any(one.kind == ConsentRecipient.Kind.TREATING_PROVIDERS for one in some)
            and not any(
                one.agency_id == row.agency_id
                or (one.member_id is not None and one.member_id == members.get(row.asker_id))
                for one in some
            )
            for some in named
        )

    return is_general


def _numbers(disclosures: Iterable[Disclosure]) -> dict[UUID, str]:
    ids = {consent for one in disclosures for consent in one.consents}
    return {one.pk: one.number for one in Consent.objects.filter(pk__in=ids).only("id")} if ids else {}


def _held_back(found: Iterable[Disclosure], held: Mapping[UUID, str]) -> tuple[HeldBack, ...]:
    return counted(
        (one.recipient_id, held[one.recipient_id])
        for one in found
        if one.recipient_id is not None and one.recipient_id in held
    )


def counted(entries: Iterable[tuple[UUID | None, str]]) -> tuple[HeldBack, ...]:
    counts: dict[tuple[UUID | None, str], int] = {}
    for key in entries:
        counts[key] = counts.get(key, 0) + 1
    return tuple(
        HeldBack(agency_id, name, count)
        for (agency_id, name), count in counts.items()
        if agency_id is not None
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).astimezone(UTC) if text else None


def _uuid(text: str | None) -> UUID | None:
    return UUID(text) if text else None
