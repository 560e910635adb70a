"""Two people who were made one are two again: each gets back what was theirs, and nobody guesses about the rest (P-5).

From the request on nothing goes to other agencies. What was written in between is sorted by its custodian, a field
that was edited in between by who approves, and whoever was shown the wrong one's record is told.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from continuity.access.models import ConfidentialityDecision
from continuity.agencies.models import Agency, Membership
from continuity.agencies.roles import Duty, require
from continuity.disclosures import person_rows
from continuity.disclosures.merge_lists import (
    chain_of,
    field_conflicts,
    levels_of,
    rows_to_sort,
    told_wrongly,
)
from continuity.disclosures.merged_fields import Apart, take_apart, values_of, write
from continuity.disclosures.merges import (
    hold,
    holding,
    locked,
    may_ask,
    not_found,
    one_at_a_time,
    reason_given,
    require_keeper,
    require_second,
    tell_keepers,
    tell_members,
)
from continuity.disclosures.models import LedgerEntry, Merge, UnmergeChoice
from continuity.disclosures.one_person import since_of
from continuity.errors import Conflict, Invalid
from continuity.notices.models import Notice
from continuity.notices.services import put
from continuity.people.comparisons import ask_to_compare
from continuity.people.index import rekey
from continuity.people.matching import Grade
from continuity.people.models import DuplicatePair, IdentityCheck, Person, PersonAgency
from continuity.people.services import standing_for
from continuity.trail.wall import index_keeping
from continuity.treatment.deaths import settle_promises

_S, _V = Merge.State, DuplicatePair.Verdict
SIDES = ("survivor", "retired", "both")  # about whom an edited field is
_STRICTER = list(Person.Confidentiality.values)


@index_keeping("every agency's rows go back")
@transaction.atomic
def request_unmerge(*, by: Membership, merge_id: UUID, reason: str, at: datetime) -> Merge:
    """Ask that two people be told apart again: nothing goes to other agencies until that is decided.

    Raises NotAllowed without the duty, NotFound for who neither keeps the index nor knew both, Invalid, Conflict for
    a merge that does not stand, and where another one of the same person is being taken apart.
    """
    require(by.roles, Duty.MATCH_PEOPLE)
    one_at_a_time()
    merge = locked(merge_id)
    merged = (merge.retired_id, *merge.carried)
    if not may_ask(by, (merge.survivor_id, merge.retired_id), merged=merged):
        raise not_found()
    stated = reason_given(reason)
    if merge.state != _S.MERGED:
        raise Conflict("not_merged", f"This merge is {_S(merge.state).label}.")
    with holding(standing_for(merge.survivor_id)) as (survivor,):
        if survivor.identity_doubted_at:
            raise Conflict(
                "doubted_already", "Another merge of this person is being taken apart. Finish that first."
            )
        survivor.identity_doubted_at = at
        survivor.save()
        merge.state, merge.unmerge_reason = _S.UNMERGE_REQUESTED, stated
        merge.unmerge_requested_by, merge.unmerge_requested_at = by, at
        merge.save()
        _list_rows(merge)
    tell_keepers(merge, by)
    waiting = merge.choices.filter(is_of_retired=None)
    _tell_to_sort(merge, set(waiting.values_list("agency", flat=True)))
    return merge


@index_keeping("every agency's rows go back")
@transaction.atomic
def sort_row(*, by: Membership, choice_id: UUID, is_of_retired: bool, at: datetime) -> UnmergeChoice:
    """Say about whom a record of the own agency is that was written while two people were one; again changes it.

    Raises NotAllowed, NotFound for another agency's, Conflict when the two are told apart or nobody asks any more.
    """
    require(by.roles, Duty.MATCH_PEOPLE)
    found = UnmergeChoice.objects.filter(pk=choice_id).values_list("merge", flat=True).first()
    if found is None:
        raise not_found()
    locked(found)
    choice = rows_to_sort(by, at).select_for_update(of=("self",)).filter(pk=choice_id).first()
    if choice is None:
        if UnmergeChoice.objects.filter(pk=choice_id, agency=by.agency_id).exists():
            raise Conflict("not_asked", "Nobody asks any more about whom this record is.")
        raise not_found()
    choice.is_of_retired, choice.decided_by, choice.decided_at = is_of_retired, by, at
    choice.save()
    return choice


@index_keeping("every agency's rows go back")
def approve_unmerge(
    *, by: Membership, merge_id: UUID, keep: Mapping[str, str] | None = None, at: datetime
) -> Merge:
    """Make one person two again, as somebody else asked; `keep` says of each edited field about whom it is.

    Raises NotAllowed without the duty or for who asked, NotFound for who does not keep the index, Invalid for a field
    or side that nobody asks for, Conflict when it does not wait any more, while a record is not sorted, a field not
    decided, or the person is written about.
    """
    require_keeper(by)
    # By itself: what was written since the request stays listed when this refuses because of it.
    _list_new_rows(merge_id)
    return _approve(by=by, merge_id=merge_id, keep=keep or {}, at=at)


@index_keeping("every agency's rows go back")
@transaction.atomic
def withdraw_unmerge(*, by: Membership, merge_id: UUID, at: datetime) -> Merge:
    """Leave two people one after all: by whoever keeps the index, or the agency that asked.

    Raises NotAllowed without the duty, NotFound, Conflict when nobody asks.
    """
    require(by.roles, Duty.MATCH_PEOPLE)
    one_at_a_time()
    merge = locked(merge_id)
    asked = merge.unmerge_requested_by
    if not (by.agency.keeps_index or (asked is not None and asked.agency_id == by.agency_id)):
        raise not_found()
    _require_waiting(merge)
    with holding(standing_for(merge.survivor_id)) as (survivor,):
        survivor.identity_doubted_at = None
        survivor.save()
    merge.state = _S.MERGED
    merge.unmerge_requested_by, merge.unmerge_requested_at, merge.unmerge_reason = None, None, ""
    merge.save()
    return merge


@transaction.atomic
def _approve(*, by: Membership, merge_id: UUID, keep: Mapping[str, str], at: datetime) -> Merge:
    one_at_a_time()
    merge = locked(merge_id)
    require_second(by, merge.unmerge_requested_by)
    _require_waiting(merge)
    with holding(standing_for(merge.survivor_id), merge.retired_id):
        if _new_rows(merge) or merge.choices.filter(is_of_retired=None).exists():
            raise Conflict("rows_to_sort", "Records wait for their custodians to say about whom they are.")
        edited = _decided(merge, keep)
        for one in _take_apart(merge, edited):
            settle_promises(one, at)
    merge.state, merge.unmerged_by, merge.unmerged_at = _S.UNMERGED, by, at
    merge.save()
    _say_different(merge, by, at)
    _tell_who_was_shown(merge)
    ask_to_compare([standing_for(merge.survivor_id), merge.retired_id], DuplicatePair.FoundBy.SEARCH)
    return merge


def _require_waiting(merge: Merge) -> None:
    if merge.state != _S.UNMERGE_REQUESTED:
        raise Conflict("not_asked", f"This merge is {_S(merge.state).label}: nobody asks to take it apart.")


@index_keeping("every agency's rows go back")
@transaction.atomic
def _list_new_rows(merge_id: UUID) -> None:
    one_at_a_time()
    merge = locked(merge_id)
    if merge.state == _S.UNMERGE_REQUESTED:
        _tell_to_sort(merge, _list_rows(merge))


def _list_rows(merge: Merge) -> set[UUID]:
    """List what each custodian has to sort; say which custodians those are."""
    agencies = set()
    for row in _new_rows(merge):
        UnmergeChoice.objects.create(merge=merge, agency_id=row.agency_id, table=row.table, row=row.id)
        agencies.add(row.agency_id)
    return agencies


def _tell_to_sort(merge: Merge, agencies: Collection[UUID]) -> None:
    for agency in Agency.objects.filter(pk__in=agencies, status=Agency.Status.ACTIVE):
        tell_members(Notice.Kind.UNMERGE_TO_SORT, merge, agency, Duty.MATCH_PEOPLE)


def _new_rows(merge: Merge) -> list[person_rows.Row]:
    """What was written about the one person since the merge and is listed for nobody yet."""
    listed = set(merge.choices.values_list("table", "row"))
    rows = person_rows.written_since(standing_for(merge.survivor_id), _joined(merge))
    return [row for row in rows if (row.table, row.id) not in listed]


def _joined(merge: Merge) -> list[tuple[UUID, datetime]]:
    """Under which ids the retired person was written about, and since when."""
    joined: list[tuple[UUID, datetime]] = []
    for one in chain_of(merge):
        joined.append((one.survivor_id, max(since_of(one), joined[-1][1] if joined else since_of(one))))
    return joined


def _decided(merge: Merge, keep: Mapping[str, str]) -> dict[str, str]:
    """About whom each edited field is. Raises Invalid, Conflict while one is not decided."""
    edited = {one.field for one in field_conflicts(merge)}
    if set(keep) - edited or set(keep.values()) - set(SIDES):
        raise Invalid("unknown_value", "Say of each edited field about whom it is.", field="keep")
    if edited - set(keep):
        raise Conflict(
            "fields_to_decide",
            "Fields were changed since the two became one. Say of each about whom it is.",
        )
    return dict(keep)


def _take_apart(merge: Merge, edited: Mapping[str, str]) -> tuple[Person, Person]:
    chain = chain_of(merge)
    levels = levels_of(chain)
    retired, *below = hold(merge.retired_id, *merge.carried)
    apart = take_apart(levels, values_of(retired), edited)
    moved = {retired.pk, *merge.carried}
    # First, or the database would send what comes back to the survivor once more.
    retired.replaced_by = retired.replaced_at = None
    retired.save()
    for one in below:
        one.replaced_by, one.replaced_at = retired, _replaced_at(one.pk, retired.pk)
        one.save()
    person_rows.give_back(of=chain[-1].survivor_id, to=retired.pk, also=merge.carried)
    chosen = [
        person_rows.Row(one.table, one.row, one.agency_id) for one in merge.choices.filter(is_of_retired=True)
    ]
    person_rows.give_some(chosen, of=chain[-1].survivor_id, to=retired.pk)
    chosen += person_rows.follow_contacts(of=chain[-1].survivor_id, to=retired.pk)
    for above, without in zip(chain[1:], apart.chosen[1:], strict=True):
        above.carried = [one for one in above.carried if one not in moved]
        above.chosen = without
        above.save()
    told = PersonAgency.objects.filter(person=chain[-1].survivor_id, was_told_of_death=True)
    who_was_told = set(told.values_list("agency", flat=True))
    _tell_agencies_apart(merge, chain, moved, chosen)
    return _tell_fields_apart(merge, chain, retired, apart, who_was_told)


def _tell_fields_apart(
    merge: Merge, chain: Sequence[Merge], retired: Person, apart: Apart, told: Collection[UUID]
) -> tuple[Person, Person]:
    """Give both, and whoever stands between them, back what they said; hand back the retired one and who stands."""
    survivors = hold(*(one.survivor_id for one in chain))
    stands, since = survivors[-1], dict(_joined(merge)) | {retired.pk: since_of(merge)}
    died, was_said_to_live = retired.deceased_date, stands.deceased_date is None
    for one, values in zip((retired, *survivors), (apart.retired, *apart.now), strict=True):
        write(one, values)
    stands.identity_doubted_at = None
    for one in (retired, *survivors):
        _keep_back(one, since[one.pk])
        one.save()
    # Who was told of a death in between was told of the one whose it is (6.4).
    if retired.deceased_date != died:
        PersonAgency.objects.filter(person=retired, agency__in=told).update(was_told_of_death=True)
    if stands.deceased_date is None:
        PersonAgency.objects.filter(person=stands).update(was_told_of_death=False)
    elif was_said_to_live:
        PersonAgency.objects.filter(person=stands).update(was_told_of_death=True)
    rekey(retired)
    rekey(stands)
    return retired, stands


def _keep_back(person: Person, since: datetime) -> None:
    """What was decided in between of who may see the person, and how their identity was checked, is theirs now."""
    theirs = Q(person=person) | Q(origin=person)
    said = ConfidentialityDecision.objects.filter(theirs, kind=ConfidentialityDecision.Kind.LEVEL).order_by(
        "pk"
    )
    if said.filter(created_at__gte=since).exists():
        wishes = dict(said.values_list("agency", "level"))
        person.confidentiality = max(wishes.values(), key=_STRICTER.index)
    if IdentityCheck.objects.filter(theirs, created_at__gte=since).exists():
        person.identity_status = Person.IdentityStatus.VERIFIED


def _replaced_at(person_id: UUID, survivor_id: UUID) -> datetime:
    """Since when somebody stands for a survivor: since the last of the merges on the way there."""
    merge = Merge.objects.get(retired=person_id, state=_S.MERGED)
    if merge.survivor_id == survivor_id:
        return since_of(merge)
    return max(since_of(merge), _replaced_at(merge.survivor_id, survivor_id))


def _tell_agencies_apart(
    merge: Merge, chain: Sequence[Merge], moved: Collection[UUID], chosen: Collection[person_rows.Row]
) -> None:
    """Whoever knew the survivor through the retired person alone does not know them any more."""
    at_end = _ends(chosen)
    for person_id, since in _joined(merge):
        rows = PersonAgency.objects.filter(person=person_id)
        own = person_rows.agencies_with_rows(chain[-1].survivor_id, person_id, since)
        # Their own since the merge, by records that are all the retired person's.
        noted = rows.filter(origin=None, since__gte=since, agency__in=at_end - own)
        below = {
            one
            for merged in Merge.objects.filter(survivor=person_id, state=_S.MERGED)
            for one in (merged.retired_id, *merged.carried)
        }
        for row in [*rows.filter(origin__in=moved), *noted]:
            through = PersonAgency.objects.filter(person__in=below, agency=row.agency_id, origin=None).first()
            if row.agency_id in own:
                row.origin = None
                row.save(update_fields=["origin"])
            elif through is not None:
                row.origin_id = through.person_id
                row.save(update_fields=["origin"])
            else:
                row.delete()
    knows = person_rows.agencies_with_rows(merge.retired_id, merge.retired_id, since_of(merge))
    PersonAgency.objects.bulk_create(
        [PersonAgency(person_id=merge.retired_id, agency_id=one) for one in sorted(knows)],
        ignore_conflicts=True,
    )


def _ends(rows: Iterable[person_rows.Row]) -> set[UUID]:
    """At whose ends these rows are own ones."""
    by_table: dict[str, list[str]] = {}
    for row in rows:
        by_table.setdefault(row.table, []).append(str(row.id))
    return {
        agency
        for table, ids in by_table.items()
        for _, _, agencies in person_rows.whose(table, ids)
        for agency in agencies
    }


def _say_different(merge: Merge, by: Membership, at: datetime) -> None:
    """That the two are not one is kept: nobody raises or merges them again without taking that back first."""
    first, second = sorted((merge.survivor_id, merge.retired_id))
    pair = DuplicatePair.objects.filter(first=first, second=second).first()
    pair = pair or DuplicatePair(
        first_id=first,
        second_id=second,
        grade=Grade.CERTAINLY_NOT,
        found_by=DuplicatePair.FoundBy.REPORT,
        found_at=at,
    )
    pair.verdict, pair.reason, pair.decided_by, pair.decided_at = _V.DIFFERENT, merge.unmerge_reason, by, at
    pair.save()


def _tell_who_was_shown(merge: Merge) -> None:
    """Put "a record you were shown was another person's" for whoever got one; the ledger row's id and no more."""
    wrong = {one.ledger_id: one.agency for one in told_wrongly(merge)}
    askers = LedgerEntry.objects.filter(pk__in=wrong).select_related("asker__member", "asker__agency")
    for row in askers.order_by("pk"):
        # Who has left cannot read it: then it is for everybody of the agency.
        member = row.asker.member if row.asker.is_current else None
        put(Notice.Kind.WRONG_PERSON, subject_id=row.pk, agency=wrong[row.pk], member=member)
