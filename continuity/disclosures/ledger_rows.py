"""Reading the ledger: what left, to whom, why and on which basis, and why nothing did (5.12, S-6, P-19).

For privacy officers and auditors. They see what their own agency's members asked, what was told of their own agency's
records, and who asked in vain about people their own agency has a record of. Why another agency's records stayed
closed is nobody else's to know: such a row says the same for every reason, "nobody of that name" included, and does
not name the person (L-4, P-3). The reading is a row of the ledger by itself.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from continuity.access.case import Refusal
from continuity.access.explain import BASES, REFUSALS
from continuity.agencies.models import Agency, Membership
from continuity.agencies.roles import Duty, require
from continuity.disclosures.models import LedgerEntry
from continuity.disclosures.one_person import cluster_of
from continuity.disclosures.readings import write_entry
from continuity.disclosures.record import CATEGORY_NAMES
from continuity.disclosures.watch import findings_of
from continuity.ids import first_of
from continuity.people.models import PersonAgency
from continuity.people.services import standing_for

PAGE = 50
HIDDEN = "Nothing was shared. Why, only the privacy office of a custodian may know."
_O = LedgerEntry.Outcome
_IN_VAIN = (_O.REFUSED, _O.EMPTY)
OUTCOMES = {
    "released": ("Something was shared", (_O.RELEASED,)),
    "nothing": ("Nothing was shared", _IN_VAIN),
    "read": ("Own records were read", (_O.READ,)),
    "previewed": ("A preview of what others would see", (_O.PREVIEWED,)),
}
_BASES = {str(basis): words for basis, words in BASES.items()}
_REFUSED = {str(refusal): words for refusal, words in REFUSALS.items()}
_WORDS = {one: words for words, several in OUTCOMES.values() for one in several}
# These gates look at the asker alone, whoever is meant: they tell nothing of a person.
_OF_THE_ASKER = frozenset(
    {
        Refusal.NOT_ON_DUTY,
        Refusal.TRAINING_EXPIRED,
        Refusal.BANNER_NOT_ACKNOWLEDGED,
        Refusal.DUTY_MISSING,
        Refusal.PURPOSE_NOT_ALLOWED,
        Refusal.NO_INCIDENT,
    }
)


@dataclass(frozen=True)
class LedgerSearch:
    """Which rows: of a person, of a membership of the own agency, of a time, of an outcome, behind a finding."""

    from_at: datetime | None = None
    until_at: datetime | None = None
    person_id: UUID | None = None
    asker_id: UUID | None = None
    outcome: str = ""
    finding_id: UUID | None = None

    @property
    def searched(self) -> str:
        """The search as one text, of which the ledger keeps a keyed hash."""
        return "|".join(str(one or "") for one in vars(self).values())


@dataclass(frozen=True)
class Told:
    """What was told on one basis: which categories of whose records, by which consent or emergency."""

    categories: tuple[str, ...]
    custodian: str
    basis: str
    consent_id: str
    emergency_id: str


@dataclass(frozen=True)
class LedgerLine:
    """One row of the ledger as privacy staff may read it; `why` only where nothing was shared."""

    id: UUID
    at: datetime
    asker: str
    agency: str
    is_own: bool
    roles: tuple[str, ...]
    purpose: str
    incident_ref: str
    reason_given: str
    channel: str
    outcome: str
    was_shared: bool
    why: str
    person_id: UUID | None
    recipient: str
    told: tuple[Told, ...]


@dataclass(frozen=True)
class LedgerPage:
    lines: tuple[LedgerLine, ...]
    before: UUID | None
    """The id to go on from, where there is more."""


def read_ledger(
    *, by: Membership, search: LedgerSearch, before: UUID | None, channel: str, at: datetime
) -> LedgerPage:
    """The newest rows that the search means and this member may read, 50 on a page; the reading is ledgered first.

    Raises NotAllowed without the duty.
    """
    require(by.roles, Duty.READ_LEDGER)
    rows = _sought(by, search, at)
    if before:
        rows = rows.filter(pk__lt=before)
    found = list(rows.select_related("asker__member", "agency").order_by("-pk")[: PAGE + 1])
    shown = found[:PAGE]
    known = _known(shown, by)
    names = _names(shown)
    write_entry(
        by=by,
        outcome=_O.READ if shown else _O.EMPTY,
        refusal="" if shown else Refusal.NO_RECORD,
        channel=channel,
        at=at,
        searched=f"ledger|{search.searched}",
        person_id=search.person_id if shown else None,
        custodians=[by.agency_id],
        records=[["ledgerentry", str(row.pk), 1] for row in shown],
    )
    return LedgerPage(
        tuple(_line(row, by, row.pk in known, names) for row in shown),
        shown[-1].pk if len(found) > PAGE else None,
    )


def readable_rows(by: Membership, at: datetime) -> QuerySet[LedgerEntry]:
    """The rows that this member may read something of."""
    if not by.has_duty(Duty.READ_LEDGER):
        return LedgerEntry.objects.none()
    part = Q(agency=by.agency) | Q(custodians__contains=[by.agency_id])
    return LedgerEntry.objects.filter(part | Q(outcome__in=_IN_VAIN) & _is_known(by))


def _is_known(by: Membership) -> Exists:
    """Rows about somebody whom the own agency had a record of; of who is known through a merge, those since then."""
    known = PersonAgency.objects.filter(agency=by.agency, person=OuterRef("person"))
    return Exists(known.filter(Q(origin=None) | Q(since__lte=OuterRef("at"))))


def _sought(by: Membership, search: LedgerSearch, at: datetime) -> QuerySet[LedgerEntry]:
    rows = readable_rows(by, at)
    if search.from_at:
        rows = rows.filter(pk__gte=first_of(search.from_at))
    if search.until_at:
        rows = rows.filter(pk__lt=first_of(search.until_at))
    if search.person_id:
        # A row in vain tells, by being found under a person, whom it meant.
        people = cluster_of(standing_for(search.person_id))
        rows = rows.filter(~Q(outcome__in=_IN_VAIN) | _is_known(by), person__in=people)
    if search.asker_id:
        rows = rows.filter(asker=search.asker_id, agency=by.agency)
    if search.outcome:
        rows = rows.filter(outcome__in=OUTCOMES[search.outcome][1])
    if search.finding_id:
        entries = findings_of(by).filter(pk=search.finding_id).values_list("entries", flat=True).first()
        rows = rows.filter(pk__in=entries or [])
    return rows


def _known(rows: Iterable[LedgerEntry], by: Membership) -> set[UUID]:
    """The ids of those rows that are about somebody whom the own agency had a record of."""
    people = {row.person_id for row in rows}
    own = PersonAgency.objects.filter(agency=by.agency, person__in=people)
    since = {one.person_id: one.since if one.origin_id else None for one in own}
    return {
        row.pk
        for row in rows
        if row.person_id in since and ((from_at := since[row.person_id]) is None or from_at <= row.at)
    }


def _names(rows: Iterable[LedgerEntry]) -> Mapping[str, str]:
    custodians = {base["custodian"] for row in rows for base in row.bases}
    return {str(pk): name for pk, name in Agency.objects.filter(pk__in=custodians).values_list("pk", "name")}


def _line(row: LedgerEntry, by: Membership, is_known: bool, names: Mapping[str, str]) -> LedgerLine:
    is_own, in_vain = row.agency_id == by.agency_id, row.outcome in _IN_VAIN
    why = ""
    if in_vain:
        may_know = is_known or row.refusal in _OF_THE_ASKER
        why = _REFUSED.get(row.refusal, row.refusal) if may_know else HIDDEN
    return LedgerLine(
        id=row.pk,
        at=row.at,
        asker=row.asker.member.display_name,
        agency=row.agency.name,
        is_own=is_own,
        roles=tuple(row.roles),
        purpose=row.purpose,
        incident_ref=row.incident_ref,
        reason_given=row.reason_given if is_own else "",
        channel=row.channel,
        outcome=_WORDS[_O(row.outcome)],
        was_shared=not in_vain,
        why=why,
        person_id=row.person_id if is_known or not in_vain else None,
        recipient=row.recipient,
        told=() if in_vain else tuple(_told(row, by, is_own=is_own, names=names)),
    )


def _told(row: LedgerEntry, by: Membership, *, is_own: bool, names: Mapping[str, str]) -> Iterable[Told]:
    """The bases of what was told; a custodian reads those of its own records alone."""
    # Rows written before existence was among the categories tell it by its basis alone.
    categories = {*row.categories, "D0"}
    grouped: dict[tuple[str, str, str, str], set[str]] = {}
    for base in row.bases:
        if base["category"] in categories and (is_own or base["custodian"] == str(by.agency_id)):
            key = (base["custodian"], base["basis"], base.get("consent") or "", base.get("emergency") or "")
            grouped.setdefault(key, set()).add(base["category"])
    for (custodian, basis, consent_id, emergency_id), some in sorted(grouped.items()):
        yield Told(
            categories=tuple(CATEGORY_NAMES[one] for one in sorted(some)),
            custodian=names.get(custodian, ""),
            basis=_BASES.get(basis, basis),
            consent_id=consent_id,
            emergency_id=emergency_id,
        )
