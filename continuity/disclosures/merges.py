"""Two people of the index are one: asked for, decided by somebody else, and never wider than it was (5.3, P-5).

What is on record of the retired person goes to the survivor and keeps whom it was written for; the ledger stays as it
is. Until a custodian reviews the merge, what was decided before opens only what it was decided about (ADR 0016).
"""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from django.db import OperationalError, connection, transaction
from django.db.models import Q

from continuity.agencies.models import Agency, Membership
from continuity.agencies.roles import DUTIES, Duty, require
from continuity.disclosures import person_rows
from continuity.disclosures.merge_lists import reviewable_merges
from continuity.disclosures.merged_fields import choose, taken, values_of, write
from continuity.disclosures.models import Merge, MergeReview
from continuity.disclosures.one_person import cluster_of
from continuity.errors import Conflict, Invalid, NotAllowed, NotFound, Stale
from continuity.notices.models import Notice
from continuity.notices.services import put
from continuity.people.comparisons import ask_to_compare
from continuity.people.index import rekey
from continuity.people.models import DuplicatePair, Person, PersonAgency
from continuity.trail.wall import index_keeping
from continuity.treatment.deaths import close_what_is_open

_LONGEST = 300
_MERGES = 0x6D657267  # names the lock below, nothing else
# A second after two began to wait for each other PostgreSQL ends the one that began: who writes about one of the two,
# if the merge, which holds their people, waited for long.
_WAIT = "SET LOCAL lock_timeout = '800ms'"
_HARDLY_WAIT = "SET LOCAL lock_timeout = '20ms'"
_S, _V = Merge.State, DuplicatePair.Verdict


@index_keeping("every agency's rows go along")
@transaction.atomic
def request_merge(
    *,
    by: Membership,
    survivor_id: UUID,
    retired_id: UUID,
    chosen: Mapping[str, Literal["survivor", "retired"]],
    reason: str,
    at: datetime,
    pair_id: UUID | None = None,
) -> Merge:
    """Ask that two people be one; `chosen` says of which the survivor takes a field, unnamed ones stay.

    Raises NotAllowed without the duty, NotFound for who neither keeps the index nor knows both, Invalid, Conflict for
    somebody who is merged, whose identity is in doubt, who is to be retired already, or who was told apart.
    """
    require(by.roles, Duty.MATCH_PEOPLE)
    stated = reason_given(reason)
    if survivor_id == retired_id:
        raise Invalid("same_person", "Choose two people.", field="survivor_id")
    people = [survivor_id, retired_id]
    if Person.objects.filter(pk__in=people).count() < 2 or not may_ask(by, people):
        raise not_found()
    survivor, retired = hold(*people)
    _refuse_unless_apart(survivor, retired)
    asked = {_S.REQUESTED, _S.MERGED, _S.UNMERGE_REQUESTED}
    if Merge.objects.filter(retired=retired, state__in=asked).exists():
        raise Conflict("asked_already", "A merge of this person is asked for already.")
    merge = Merge.objects.create(
        survivor=survivor,
        retired=retired,
        pair=_pair(pair_id, people),
        chosen=choose(values_of(survivor), values_of(retired), chosen),
        before=values_of(survivor),
        reason=stated,
        requested_by=by,
        requested_at=at,
    )
    tell_keepers(merge, by)
    return merge


@index_keeping("every agency's rows go along")
@transaction.atomic
def approve_merge(*, by: Membership, merge_id: UUID, at: datetime, version: int | None = None) -> Merge:
    """Make two people one, as somebody else asked.

    Raises NotAllowed without the duty or for who asked, NotFound for who does not keep the index, Stale, Conflict when
    it does not wait any more, one of the two was changed, merged, doubted or told apart since, or is written about now.
    """
    require_keeper(by)
    one_at_a_time()
    merge = locked(merge_id, version)
    require_second(by, merge.requested_by)
    _move(merge, _S.MERGED)
    with holding(merge.survivor_id, merge.retired_id) as (survivor, retired):
        _refuse_unless_apart(survivor, retired)
        _refuse_changed(merge, survivor, retired)
        at = _after_all(survivor, retired, at)
        merge.carried = sorted(one.pk for one in retired.replaces.all())
        _make_one(merge, survivor, retired, at)
    merge.decided_by, merge.decided_at = by, at
    merge.save()
    _say_same(merge, by, at)
    _tell_custodians(merge)
    ask_to_compare(
        [merge.survivor_id], DuplicatePair.FoundBy.SEARCH
    )  # the pairs of the retired one are none now
    return merge


@index_keeping("every agency's rows go along")
@transaction.atomic
def refuse_merge(
    *, by: Membership, merge_id: UUID, reason: str, at: datetime, version: int | None = None
) -> Merge:
    """Say that two people are not to be one, and why. Raises as `approve_merge`, Invalid without a reason."""
    require_keeper(by)
    merge = locked(merge_id, version)
    require_second(by, merge.requested_by)
    _move(merge, _S.REFUSED)
    merge.decided_by, merge.decided_at, merge.decision_reason = by, at, reason_given(reason)
    merge.save()
    return merge


@index_keeping("every agency's rows go along")
@transaction.atomic
def withdraw_merge(*, by: Membership, merge_id: UUID, at: datetime) -> Merge:
    """Take back what the own agency asked for. Raises NotAllowed, NotFound, Conflict when it was decided."""
    require(by.roles, Duty.MATCH_PEOPLE)
    merge = locked(merge_id)
    if merge.requested_by.agency_id != by.agency_id:
        raise not_found()
    _move(merge, _S.WITHDRAWN)
    merge.decided_by, merge.decided_at = by, at
    merge.save()
    return merge


@index_keeping("every agency's rows go along")
@transaction.atomic
def review_merge(*, by: Membership, merge_id: UUID, at: datetime) -> MergeReview:
    """Let the own agency's consents and links, decided before the merge, reach the whole person.

    Raises NotAllowed without the duty, NotFound for an agency that had no record, Conflict when it was reviewed or the
    merge is being taken apart.
    """
    require(by.roles, Duty.MANAGE_CONSENT)
    merge = locked(merge_id)
    if not reviewable_merges(by).filter(pk=merge.pk).exists():
        raise not_found()
    if MergeReview.objects.filter(merge=merge, agency=by.agency).exists():
        raise Conflict("reviewed_already", "Your agency has reviewed this merge already.")
    if merge.state != _S.MERGED:
        raise Conflict("identity_in_doubt", "This merge is being taken apart. Nothing is opened meanwhile.")
    return MergeReview.objects.create(merge=merge, agency=by.agency, reviewed_by=by, reviewed_at=at)


def require_keeper(by: Membership) -> None:
    """Raises NotAllowed without the duty, NotFound for an agency that does not keep the index (P-2)."""
    require(by.roles, Duty.MATCH_PEOPLE)
    if not by.agency.keeps_index:
        raise not_found()


def require_second(by: Membership, asked: Membership | None) -> None:
    """Raises NotAllowed for the member who asked, on whatever duty."""
    if asked is not None and asked.member_id == by.member_id:
        raise NotAllowed("second_person", "Somebody else than who asked for it must decide.")


def one_at_a_time() -> None:
    """Let one merge or unmerge go on at a time: each may concern people who were merged into its two before."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_MERGES])


@contextmanager
def holding(*people: UUID) -> Iterator[list[Person]]:
    """Lock these people for a block, and then hardly wait for who writes about them. Raises Conflict `busy`."""
    with connection.cursor() as cursor:
        try:
            cursor.execute(_WAIT)
            found = hold(*people)
            cursor.execute(_HARDLY_WAIT)
            yield found
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", "") not in ("55P03", "40P01"):
                raise
            raise Conflict(
                "busy", "Somebody writes about one of the two right now. Try again in a moment."
            ) from None
        cursor.execute("SET LOCAL lock_timeout = DEFAULT")


def locked(merge_id: UUID, version: int | None = None) -> Merge:
    """A merge, locked. Raises NotFound, Stale."""
    rows = Merge.objects.select_for_update(of=("self",)).select_related(
        "requested_by__agency", "unmerge_requested_by__agency"
    )
    merge = rows.filter(pk=merge_id).first()
    if merge is None:
        raise not_found()
    if version is not None and merge.version != version:
        raise Stale()
    return merge


def hold(*people: UUID) -> list[Person]:
    """These people, locked in the order of their ids and handed back in the order asked for."""
    rows = Person.objects.select_for_update(of=("self",)).filter(pk__in=people).order_by("pk")
    found = {one.pk: one for one in rows}
    return [found[one] for one in people]


def reason_given(reason: str) -> str:
    """The reason without space around it. Raises Invalid."""
    reason = reason.strip()
    if not reason or "\x00" in reason:
        raise Invalid("no_reason", "Say why, in one sentence.", field="reason")
    if len(reason) > _LONGEST:
        raise Invalid("too_long", f"At most {_LONGEST} characters.", field="reason")
    return reason


def tell_keepers(merge: Merge, by: Membership) -> None:
    """Put "a merge or an unmerge waits" for everybody who may decide it: not for who asked."""
    for agency in Agency.objects.filter(keeps_index=True, status=Agency.Status.ACTIVE):
        tell_members(Notice.Kind.MERGE_TO_DECIDE, merge, agency, Duty.MATCH_PEOPLE, but=by)


def tell_members(
    kind: Notice.Kind, merge: Merge, agency: Agency, duty: Duty, *, but: Membership | None = None
) -> None:
    """Put a notice about a merge for each member of an agency who has the duty."""
    roles = [role.value for role, duties in DUTIES.items() if duty in duties]
    rows = Membership.objects.filter(agency=agency, roles__overlap=roles, ended_at=None)
    for one in rows.select_related("member", "agency").order_by("pk"):
        if one.is_current and (but is None or one.member_id != but.member_id):
            put(kind, subject_id=merge.pk, agency=agency, member=one.member)


def not_found() -> NotFound:
    """Absent and foreign are one answer (P-3)."""
    return NotFound("not_found", "There is no such record.")


def may_ask(by: Membership, people: Collection[UUID], *, merged: Collection[UUID] = ()) -> bool:
    """Whether the member's agency keeps the index, or knows both people, and neither only through who is `merged`."""
    known = PersonAgency.objects.filter(agency=by.agency_id, person__in=people).exclude(origin__in=merged)
    return by.agency.keeps_index or known.count() == len(people)


def _told_apart(one: UUID, other: UUID) -> bool:
    """Whether somebody decided that two people, or two who were merged into them, are different."""
    ours, theirs = cluster_of(one), cluster_of(other)
    between = Q(first__in=ours, second__in=theirs) | Q(first__in=theirs, second__in=ours)
    pairs = DuplicatePair.objects.select_for_update(of=("self",)).filter(between).order_by("pk")
    return any(pair.verdict == _V.DIFFERENT for pair in pairs)


def _pair(pair_id: UUID | None, people: list[UUID]) -> DuplicatePair | None:
    if pair_id is None:
        return None
    pair = DuplicatePair.objects.filter(pk=pair_id, first__in=people, second__in=people).first()
    if pair is None:
        raise not_found()
    return pair


def _refuse_unless_apart(survivor: Person, retired: Person) -> None:
    if survivor.replaced_by_id or retired.replaced_by_id:
        raise Conflict("merged_already", "One of the two was merged meanwhile. Look them up again.")
    if survivor.identity_doubted_at or retired.identity_doubted_at:
        raise Conflict("identity_in_doubt", "One of the two is being taken apart. Finish that first.")
    if _told_apart(survivor.pk, retired.pk):
        raise Conflict(
            "told_apart",
            "Somebody decided that these are different people. Take that back first, with a reason.",
        )


def _refuse_changed(merge: Merge, survivor: Person, retired: Person) -> None:
    """What was approved is what was asked for: nothing of what was chosen among may have changed since."""
    own, theirs = values_of(survivor), values_of(retired)
    is_same = merge.before == own and merge.chosen == choose(own, theirs, taken(merge.before, merge.chosen))
    if not is_same:
        raise Conflict(
            "changed_since_asked",
            "One of the two was changed since the merge was asked for. Refuse it, and let it be asked for again.",
        )


def _after_all(survivor: Person, retired: Person, at: datetime) -> datetime:
    """A moment after everything that is on record of the two: what is written later was written about one."""
    newest = person_rows.last_written([survivor.pk, retired.pk])
    return max(at, newest + timedelta(microseconds=1)) if newest else at


def _make_one(merge: Merge, survivor: Person, retired: Person, at: datetime) -> None:
    person_rows.give_all(of=retired.pk, to=survivor.pk)
    _share_agencies(survivor, retired, at)
    for one in (retired, *Person.objects.filter(pk__in=merge.carried)):
        one.replaced_by, one.replaced_at = survivor, at
        one.save()
    write(survivor, merge.chosen)
    survivor.save()
    if survivor.deceased_date is not None:
        close_what_is_open(survivor, at)
    rekey(retired)
    rekey(survivor)


def _share_agencies(survivor: Person, retired: Person, at: datetime) -> None:
    """Whoever knew the retired person knows the survivor, and through whom."""
    rows = [
        PersonAgency(person=survivor, agency_id=one.agency_id, origin_id=one.origin_id or retired.pk)
        for one in PersonAgency.objects.filter(person=retired).order_by("pk")
    ]
    PersonAgency.objects.bulk_create(rows, ignore_conflicts=True)
    through = {row.origin_id for row in rows}
    PersonAgency.objects.filter(person=survivor, origin__in=through).update(since=at)


def _move(merge: Merge, state: Merge.State) -> None:
    if merge.state != _S.REQUESTED:
        raise Conflict("decided_already", f"This merge is {_S(merge.state).label} already.")
    merge.state = state


def _say_same(merge: Merge, by: Membership, at: datetime) -> None:
    first, second = sorted((merge.survivor_id, merge.retired_id))
    pairs = DuplicatePair.objects.filter(first=first, second=second, verdict__in=(_V.OPEN, _V.NOT_ENOUGH))
    for pair in pairs:
        pair.verdict, pair.reason, pair.decided_by, pair.decided_at = _V.SAME, merge.reason, by, at
        pair.save()


def _tell_custodians(merge: Merge) -> None:
    """Only to whoever has a record of one of them, that they were merged: nothing of who else has (P-2)."""
    told = PersonAgency.objects.filter(person__in=(merge.survivor_id, merge.retired_id))
    for agency in Agency.objects.filter(pk__in=told.values("agency"), status=Agency.Status.ACTIVE):
        tell_members(Notice.Kind.MERGE_TO_REVIEW, merge, agency, Duty.MANAGE_CONSENT)
