"""Which merges wait for whom, which records were told to whom wrongly, and which fields nobody can tell apart.

Each list says only what its reader may know: who keeps the index sees the people, a custodian that its own person was
merged (P-2). Callers note the reading before they show anything.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from continuity.agencies.models import Agency, Membership
from continuity.agencies.roles import Duty
from continuity.disclosures import person_rows
from continuity.disclosures.merged_fields import (
    CHOOSABLE,
    FieldConflict,
    Level,
    conflicts,
    values_of,
)
from continuity.disclosures.models import LedgerEntry, Merge, MergeReview, UnmergeChoice
from continuity.disclosures.one_person import Owner, owners_of, windows_of
from continuity.people.models import Person, PersonAgency, PersonIdentifier, PersonName
from continuity.trail.context import keyed_digest
from continuity.trail.wall import index_keeping

__all__ = ["CHOOSABLE", "FieldConflict"]  # for who asks for a merge and who decides on one
_S = Merge.State


def readable_merges(by: Membership) -> QuerySet[Merge]:
    """All merges for who keeps the index, else those that the own privacy office asked for; newest first."""
    rows = Merge.objects.select_related(
        "requested_by__member", "decided_by__member", "unmerge_requested_by__member", "unmerged_by__member"
    ).order_by("-pk")
    if not by.has_duty(Duty.MATCH_PEOPLE):
        return rows.none()
    if by.agency.keeps_index:
        return rows
    return rows.filter(Q(requested_by__agency=by.agency) | Q(unmerge_requested_by__agency=by.agency))


def merges_to_decide(by: Membership, at: datetime) -> QuerySet[Merge]:
    """Merges and unmerges that wait for who keeps the index, but those that this member asked for."""
    if not by.agency.keeps_index:
        return Merge.objects.none()
    mine = Q(state=_S.REQUESTED, requested_by__member=by.member_id)
    mine |= Q(state=_S.UNMERGE_REQUESTED, unmerge_requested_by__member=by.member_id)
    waiting = readable_merges(by).filter(state__in=(_S.REQUESTED, _S.UNMERGE_REQUESTED))
    return waiting.exclude(mine).order_by("pk")


def reviewable_merges(by: Membership) -> QuerySet[Merge]:
    """Merges that stand, of people whom the own agency had a record of then, for its consent staff."""
    if not by.has_duty(Duty.MANAGE_CONSENT):
        return Merge.objects.none()
    known = PersonAgency.objects.filter(agency=by.agency_id)
    knew = Q(Exists(known.filter(person=OuterRef("retired")))) | Q(
        Exists(known.filter(person=OuterRef("survivor"), since__lt=OuterRef("decided_at")))
    )
    return Merge.objects.filter(knew, state__in=(_S.MERGED, _S.UNMERGE_REQUESTED)).order_by("pk")


def merges_to_review(by: Membership, at: datetime) -> QuerySet[Merge]:
    """Of these, what the own agency has not reviewed yet."""
    reviewed = MergeReview.objects.filter(merge=OuterRef("pk"), agency=by.agency_id)
    return reviewable_merges(by).filter(~Exists(reviewed), state=_S.MERGED)


def rows_to_sort(by: Membership, at: datetime) -> QuerySet[UnmergeChoice]:
    """Records written while two people were one, of which the own privacy office says about whom they are.

    The records of an agency that is not active any more are sorted by whoever keeps the index.
    """
    rows = UnmergeChoice.objects.select_related("merge", "agency").order_by("merge", "pk")
    if not by.has_duty(Duty.MATCH_PEOPLE):
        return rows.none()
    ours = Q(agency=by.agency_id)
    if by.agency.keeps_index:
        ours |= ~Q(agency__status=Agency.Status.ACTIVE)
    return rows.filter(ours, merge__state=_S.UNMERGE_REQUESTED)


def merges_to_sort(by: Membership, at: datetime) -> QuerySet[Merge]:
    """Merges of which records wait for the own privacy office to be told apart."""
    return Merge.objects.filter(pk__in=rows_to_sort(by, at).filter(is_of_retired=None).values("merge"))


@dataclass(frozen=True)
class RecordToSort:
    """What a choice is about, without what the record says: its kind, and when it was written."""

    kind: str
    written_at: datetime


@index_keeping("what every agency keeps is told apart")
def records_to_sort(choices: Iterable[UnmergeChoice]) -> dict[UUID, RecordToSort]:
    """What each of these choices is about, by the choice's id; one statement a kind."""
    by_table: dict[str, dict[UUID, UUID]] = {}
    for one in choices:
        by_table.setdefault(one.table, {})[one.row] = one.pk
    found: dict[UUID, RecordToSort] = {}
    for table, rows in by_table.items():
        model = person_rows.MODELS[table]
        for pk, written_at in model._default_manager.filter(pk__in=rows).values_list("pk", "created_at"):
            found[rows[pk]] = RecordToSort(str(model._meta.verbose_name), written_at)
    return found


@index_keeping("what every agency keeps is told apart")
def field_conflicts(merge: Merge) -> list[FieldConflict]:
    """The survivor's fields that were edited since the merge: whoever approves the unmerge says about whom."""
    if merge.state not in (_S.MERGED, _S.UNMERGE_REQUESTED):
        return []
    retired = Person.objects.get(pk=merge.retired_id)
    return conflicts(levels_of(chain_of(merge)), values_of(retired))


class ToldWrongly(NamedTuple):
    """One answer that showed a record of the other person, and the agency that got it."""

    ledger_id: UUID
    at: datetime
    agency: Agency


@index_keeping("what every agency keeps is told apart")
def told_wrongly(merge: Merge) -> list[ToldWrongly]:
    """What other agencies were shown of the wrong one of two people while they were one, oldest first (P-5).

    The ledger keeps a keyed hash of what was typed, so whom a question meant is known where its hash is that of the
    retired person's names, or where the asker's agency has a record of the retired one alone; then the survivor's
    records were wrong. Every other question is taken to have meant the survivor, whose id it stands under: then each
    record of the retired person is listed, also where it may have been the right one, because a needless correction
    does less harm than a missing one.
    """
    if merge.decided_at is None or merge.state not in (_S.MERGED, _S.UNMERGE_REQUESTED, _S.UNMERGED):
        return []
    retired = {merge.retired_id, *merge.carried}
    stood = Q()
    for window in windows_of(merge):
        stood |= window.rows
    rows = list(
        LedgerEntry.objects.filter(stood, outcome=LedgerEntry.Outcome.RELEASED)
        .select_related("agency")
        .order_by("pk")
    )
    owners = owners_of(rows)
    meant_retired = _meaning(merge, retired)
    return [
        ToldWrongly(row.pk, row.at, row.agency)
        for row in rows
        if _is_wrong(row, owners, retired, meant_retired=meant_retired(row))
    ]


@index_keeping("what every agency keeps is told apart")
def chain_of(merge: Merge) -> list[Merge]:
    """The merge, and those by which its survivor was merged in turn, up to who stands now."""
    chain = [merge]
    stands = (_S.MERGED, _S.UNMERGE_REQUESTED)
    while above := Merge.objects.filter(retired=chain[-1].survivor_id, state__in=stands).first():
        chain.append(above)
    return chain


def levels_of(chain: Sequence[Merge]) -> list[Level]:
    """What the survivor of each merge said, chose, and says now."""
    people = Person.objects.in_bulk([one.survivor_id for one in chain])
    return [Level(one.before, one.chosen, values_of(people[one.survivor_id])) for one in chain]


def _is_wrong(
    row: LedgerEntry, owners: Mapping[str, Owner], retired: set[UUID], *, meant_retired: bool
) -> bool:
    """Whether the row names a record of the one who was not meant, kept by somebody else than who got it."""
    shown = [owners[pk] for _, pk, _ in row.records if pk in owners]
    return any(
        one.person_id is not None and (one.person_id in retired) is not meant_retired
        for one in shown
        if row.agency_id not in one.agencies
    )


def _meaning(merge: Merge, retired: set[UUID]) -> Callable[[LedgerEntry], bool]:
    """Whether a row's question meant the retired person, as far as that can be known."""
    others = {window.person_id for window in windows_of(merge)}
    known = PersonAgency.objects.filter(origin=None)
    knew_others = known.filter(person__in=others).values_list("agency", flat=True)
    only_retired = set(known.filter(person__in=retired).values_list("agency", flat=True)) - set(knew_others)
    typed = _typed(retired) - _typed(others)
    return lambda row: row.agency_id in only_retired or row.search_hmac in typed


def _typed(people: set[UUID]) -> set[str]:
    """The keyed hashes of what somebody types at the look-up who means one of these people."""
    theirs = Q(person__in=people, origin=None) | Q(origin__in=people)
    born = [*Person.objects.filter(pk__in=people).values_list("birth_date", flat=True), None]
    numbers = [*PersonIdentifier.objects.filter(theirs).values_list("value", flat=True), ""]
    names = PersonName.objects.filter(theirs).values_list("last", "first")
    return {
        keyed_digest("|".join((last, given, str(day or ""), number)).casefold())
        for last, first in names
        for given in {first, ""}
        for day in born
        for number in numbers
    }
