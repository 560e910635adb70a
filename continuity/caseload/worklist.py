"""What waits for an agency today: counted by the database, ordered by the harm that waiting does."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Any
from uuid import UUID

from django.db.models import Case, CharField, Count, F, IntegerField, Model, Q, QuerySet, Value, When

from continuity.agencies.models import Membership, Team
from continuity.crisis.models import CrisisContact, ResponsePlan, SafetyFlag
from continuity.disclosures import own_work
from continuity.treatment.models import FollowUp, Linkage, TaskStatus, TreatmentTeamLink

PAGE = 50


class Harm(IntEnum):
    """Who is hurt by waiting, the worst first: a promise that was broken stands before one that was not given."""

    FOLLOW_UP_OVERDUE = 1
    LINKAGE_UNANSWERED = 2
    FOLLOW_UP_DUE = 3
    LINKAGE_WAITS_FOR_US = 4
    TO_APPROVE = 5
    LINKAGE_WAITS_FOR_THEM = 6
    DRAFT = 7
    LATER = 8


class Bucket(StrEnum):
    """The counts of the page, each a link to its part of the list."""

    OVERDUE = "overdue"
    DUE = "due"
    WAITING = "waiting"
    DRAFTS = "drafts"
    LATER = "later"


BUCKETS: dict[Bucket, tuple[Harm, ...]] = {
    Bucket.OVERDUE: (Harm.FOLLOW_UP_OVERDUE, Harm.LINKAGE_UNANSWERED),
    Bucket.DUE: (Harm.FOLLOW_UP_DUE,),
    Bucket.WAITING: (Harm.LINKAGE_WAITS_FOR_US, Harm.TO_APPROVE, Harm.LINKAGE_WAITS_FOR_THEM),
    Bucket.DRAFTS: (Harm.DRAFT,),
    Bucket.LATER: (Harm.LATER,),
}
_TODAY = tuple(harm for harm in Harm if harm is not Harm.LATER)


@dataclass(frozen=True)
class Whose:
    """A filter: everybody's work, the member's own, or a team's."""

    mine: bool = False
    team: Team | None = None

    @property
    def is_everybody(self) -> bool:
        return not self.mine and self.team is None


@dataclass(frozen=True)
class Line:
    """One thing that waits: its row, and how harmful waiting is."""

    kind: str
    harm: Harm
    row: Any


@dataclass(frozen=True)
class Worklist:
    counts: dict[Bucket, int]
    lines: tuple[Line, ...]
    has_more: bool

    @property
    def rows(self) -> list[Model]:
        return [line.row for line in self.lines]


def worklist(
    by: Membership, at: datetime, *, bucket: Bucket | None, whose: Whose, start: int = 0
) -> Worklist:
    """One page of the list and all counts. The statements are as many for nobody's work as for 5,000 items."""
    ranked = {kind: rank(by, at, whose) for kind, rank in _KINDS.items()}
    wanted = BUCKETS[bucket] if bucket else _TODAY
    counts = dict.fromkeys(Bucket, 0)
    for rows in ranked.values():
        for harm, number in rows.order_by().values_list("harm").annotate(number=Count("pk")):
            counts[_bucket_of(Harm(harm))] += number
    ordered = _ordered(ranked, wanted)[start : start + PAGE + 1]
    found = [(kind, UUID(str(pk)), Harm(harm)) for kind, pk, harm, _ in ordered]
    by_pk = _rows(found[:PAGE])
    return Worklist(
        counts=counts,
        lines=tuple(Line(kind, harm, by_pk[pk]) for kind, pk, harm in found[:PAGE] if pk in by_pk),
        has_more=len(found) > PAGE,
    )


def _bucket_of(harm: Harm) -> Bucket:
    return next(bucket for bucket, harms in BUCKETS.items() if harm in harms)


def _ordered(ranked: dict[str, QuerySet[Any]], wanted: Sequence[Harm]) -> Any:
    """Every kind in one statement, the most harmful first, then the oldest."""
    first, *rest = (
        rows.filter(harm__in=wanted)
        .order_by()
        .annotate(noun=Value(kind, output_field=CharField()))
        .values_list("noun", "pk", "harm", "since")
        for kind, rows in ranked.items()
    )
    return first.union(*rest, all=True).order_by("harm", "since", "pk")


def _rows(found: Iterable[tuple[str, UUID, Harm]]) -> dict[UUID, Model]:
    """The rows behind a page of the list, one statement for each kind, also for a kind that is not on it."""
    pks: dict[str, list[UUID]] = {kind: [] for kind in _KINDS}
    for kind, pk, _ in found:
        pks[kind].append(pk)
    rows: dict[UUID, Model] = {}
    for kind, some in pks.items():
        rows |= {row.pk: row for row in _DETAILS[kind]().filter(pk__in=[*some, UUID(int=0)])}
    return rows


def _harm(*whens: When, default: Harm) -> Case:
    return Case(*whens, default=Value(int(default)), output_field=IntegerField())


def _then(harm: Harm, **condition: Any) -> When:
    return When(**condition, then=Value(int(harm)))


def _follow_ups(by: Membership, at: datetime, whose: Whose) -> QuerySet[FollowUp]:
    tomorrow = by.agency.end_of(by.agency.local(at).date())
    rows = own_work.readable_follow_ups(by, at).filter(closed_at=None)
    if whose.mine:
        rows = rows.filter(assigned_to=by)
    if whose.team:
        rows = rows.filter(team=whose.team)
    return rows.annotate(
        since=F("due_at"),
        harm=_harm(
            _then(Harm.FOLLOW_UP_OVERDUE, due_at__lte=at),
            _then(Harm.FOLLOW_UP_DUE, due_at__lt=tomorrow),
            default=Harm.LATER,
        ),
    )


def _linkages(by: Membership, at: datetime, whose: Whose) -> QuerySet[Linkage]:
    rows = own_work.readable_linkages(by, at).filter(closed_at=None)
    if whose.mine:
        rows = rows.filter(Q(owner=by) | Q(requested_by=by))
    if whose.team:
        # Linkages arrive at the agency's one team for referrals.
        rows = rows.filter(recipient=by.agency) if whose.team.takes_referrals else rows.none()
    ours = Q(recipient=by.agency)
    to_move = Q(status__in=(TaskStatus.SENT, TaskStatus.RECEIVED, TaskStatus.ACCEPTED)) | Q(
        status=TaskStatus.SCHEDULED, appointment_at__lte=at
    )
    unanswered = Q(status=TaskStatus.SENT, acknowledge_by__lte=at)
    return rows.annotate(
        since=Case(
            When(status=TaskStatus.SENT, acknowledge_by__isnull=False, then=F("acknowledge_by")),
            When(status=TaskStatus.SCHEDULED, appointment_at__isnull=False, then=F("appointment_at")),
            default=F("requested_at"),
        ),
        harm=_harm(
            When(unanswered, then=Value(int(Harm.LINKAGE_UNANSWERED))),
            When(ours & to_move, then=Value(int(Harm.LINKAGE_WAITS_FOR_US))),
            When(recipient=None, then=Value(int(Harm.LINKAGE_WAITS_FOR_US))),
            When(status=TaskStatus.DRAFT, then=Value(int(Harm.DRAFT))),
            When(~ours & Q(status=TaskStatus.SENT), then=Value(int(Harm.LINKAGE_WAITS_FOR_THEM))),
            default=Harm.LATER,
        ),
    )


def _flags(by: Membership, at: datetime, whose: Whose) -> QuerySet[SafetyFlag]:
    rows = own_work.readable_flags(by, at).filter(status=SafetyFlag.Status.PROPOSED, expires_at__gt=at)
    rows = rows.exclude(proposed_by=by) if whose.is_everybody else rows.none()
    return rows.annotate(since=F("created_at"), harm=_harm(default=Harm.TO_APPROVE))


def _plans(by: Membership, at: datetime, whose: Whose) -> QuerySet[ResponsePlan]:
    submitted = Q(status=ResponsePlan.Status.SUBMITTED) & ~Q(author=by)
    mine = Q(status=ResponsePlan.Status.DRAFT, author=by)
    rows = own_work.readable_plans(by, at).filter(submitted | mine)
    if not whose.is_everybody:
        rows = rows.filter(mine) if whose.mine else rows.none()
    return rows.annotate(
        since=F("created_at"),
        harm=_harm(_then(Harm.DRAFT, status=ResponsePlan.Status.DRAFT), default=Harm.TO_APPROVE),
    )


def _team_links(by: Membership, at: datetime, whose: Whose) -> QuerySet[TreatmentTeamLink]:
    rows = own_work.readable_team_links(by, at).filter(
        status=TreatmentTeamLink.Status.PROPOSED, provider=by.agency
    )
    if not whose.is_everybody:
        rows = rows.none()
    return rows.annotate(since=F("established_at"), harm=_harm(default=Harm.TO_APPROVE))


def _drafts(by: Membership, at: datetime, whose: Whose) -> QuerySet[CrisisContact]:
    rows = own_work.readable_drafts(by, at)
    if not whose.is_everybody:
        rows = rows.filter(author=by) if whose.mine else rows.none()
    return rows.annotate(since=F("recorded_at"), harm=_harm(default=Harm.DRAFT))


_KINDS: dict[str, Callable[[Membership, datetime, Whose], QuerySet[Any]]] = {
    "follow_up": _follow_ups,
    "linkage": _linkages,
    "flag": _flags,
    "plan": _plans,
    "team_link": _team_links,
    "contact_draft": _drafts,
}
_DETAILS: dict[str, Callable[[], QuerySet[Any]]] = {
    "follow_up": lambda: FollowUp.objects.select_related("assigned_to__member", "team"),
    "linkage": lambda: Linkage.objects.select_related("recipient", "custodian", "owner__member"),
    "flag": lambda: SafetyFlag.objects.select_related("proposed_by__member"),
    "plan": lambda: ResponsePlan.objects.select_related("author__member"),
    "team_link": lambda: TreatmentTeamLink.objects.select_related("custodian", "proposed_by__member"),
    "contact_draft": lambda: CrisisContact.objects.select_related("author__member"),
}
