"""What waits for somebody on this floor, and since when; each is told once (5.8 to 5.10).

Only what nobody was told of is looked for: a sweep over a county with nothing new reads an index and writes nothing.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from functools import cache

from django.db.models import Exists, OuterRef, Q, QuerySet

from continuity.agencies.models import Agency, Member, Membership
from continuity.agencies.roles import DUTIES, Duty
from continuity.agencies.services import referral_team, rules_for
from continuity.notices.models import Notice
from continuity.notices.services import Reminder, put, remind_many
from continuity.treatment.models import FollowUp, Linkage, TaskStatus, TreatmentTeamLink

_AHEAD = timedelta(hours=1)
# What fell due longer ago came from a file, and nobody can be reminded of it; it also stays within the 90 days that a
# notice is kept, so that nothing is told a second time.
_OLDEST = timedelta(days=60)
_SUPERVISING = [role.value for role, duties in DUTIES.items() if Duty.SUPERVISE in duties]
_AT_ONCE = 200


def follow_ups_due(at: datetime) -> Iterator[Reminder]:
    """Follow-ups due within the hour: for whoever it was given to, else their team, else the agency."""
    told = _told(Notice.Kind.FOLLOW_UP_DUE, "due_at")
    to_member = Exists(told.filter(member=OuterRef("assigned_to__member")))
    to_nobody = Q(assigned_to=None) & Exists(told.filter(member=None))
    soon = _open_follow_ups(at).filter(due_at__lte=at + _AHEAD).exclude(to_member | to_nobody)
    for one in soon.iterator(_AT_ONCE):
        yield _to_whoever_owes(one)


def follow_ups_overdue(at: datetime) -> Iterator[Reminder]:
    """Follow-ups whose time is over: for every supervisor of the agency, or for the agency where there is none."""
    supervisors = cache(_supervisors)
    overdue = _open_follow_ups(at).filter(due_at__lt=at)
    untold = overdue.exclude(Exists(_told(Notice.Kind.FOLLOW_UP_OVERDUE, "due_at")))
    for one in untold.iterator(_AT_ONCE):
        yield from _to_supervisors(one, supervisors(one.custodian))


def tell_anew(one: FollowUp, at: datetime) -> None:
    """Tell of a follow-up that is open again and due, also of a time that was told before or is too long ago."""
    told = [(Notice.Kind.FOLLOW_UP_DUE, _to_whoever_owes(one))] if one.due_at <= at + _AHEAD else []
    if one.is_overdue(at):
        overdue = _to_supervisors(one, _supervisors(one.custodian))
        told += [(Notice.Kind.FOLLOW_UP_OVERDUE, reminder) for reminder in overdue]
    for kind, to in told:
        if one.status != TaskStatus.DRAFT and not remind_many(kind, [to]):
            put(kind, subject_id=one.pk, agency=to.agency, member=to.member, team=to.team)


def linkages_unacknowledged(at: datetime) -> Iterator[Reminder]:
    """Linkages whose recipient has not said in time that it has them: for its team, and for whoever asked."""
    team_of = cache(referral_team)
    late = (
        Linkage.objects.filter(status=TaskStatus.SENT, closed_at=None, recipient__isnull=False)
        .filter(acknowledge_by__lt=at, acknowledge_by__gte=at - _OLDEST)
        .exclude(Exists(_told(Notice.Kind.LINKAGE_UNACKNOWLEDGED, "acknowledge_by")))
        .select_related("custodian", "recipient", "requested_by__member")
    )
    for one in late.order_by("acknowledge_by").iterator(_AT_ONCE):
        if one.acknowledge_by and one.recipient:  # the type checker wants to see what the query says
            since, team = one.acknowledge_by, team_of(one.recipient)
            yield Reminder(subject_id=one.pk, since=since, agency=one.recipient, team=team)
            asked = _still_there(one.requested_by)
            yield Reminder(subject_id=one.pk, since=since, agency=one.custodian, member=asked)


def links_stale(at: datetime) -> Iterator[Reminder]:
    """Active team links that nobody has verified for as long as the provider's pack says: for the provider."""
    active = TreatmentTeamLink.objects.filter(status=TreatmentTeamLink.Status.ACTIVE)
    for provider in Agency.objects.filter(pk__in=active.values("provider")).order_by("code"):
        latest = at - timedelta(days=rules_for(provider, at).link_stale_days)
        stale = active.filter(provider=provider, last_verified_at__lt=latest)
        untold = stale.exclude(Exists(_told(Notice.Kind.LINK_STALE, "last_verified_at")))
        rows = untold.order_by("last_verified_at").values_list("pk", "last_verified_at")
        for subject_id, since in rows.iterator(_AT_ONCE):
            if since is not None:
                yield Reminder(subject_id=subject_id, since=since, agency=provider)


def _open_follow_ups(at: datetime) -> QuerySet[FollowUp]:
    owed = FollowUp.objects.filter(closed_at=None, due_at__gte=at - _OLDEST).exclude(status=TaskStatus.DRAFT)
    return (
        owed.select_related("custodian", "assigned_to__member", "team")
        .only(
            "due_at", "custodian__code", "team__name", "assigned_to__ended_at", "assigned_to__member__status"
        )
        .order_by("due_at")
    )


def _to_whoever_owes(one: FollowUp) -> Reminder:
    return Reminder(
        subject_id=one.pk,
        since=one.due_at,
        agency=one.custodian,
        member=_still_there(one.assigned_to),
        team=None if one.assigned_to else one.team,
    )


def _to_supervisors(one: FollowUp, supervisors: Iterable[Member | None]) -> Iterator[Reminder]:
    for member in supervisors:
        yield Reminder(subject_id=one.pk, since=one.due_at, agency=one.custodian, member=member)


def _told(kind: Notice.Kind, since: str) -> QuerySet[Notice]:
    return Notice.objects.filter(kind=kind, subject_id=OuterRef("pk"), since=OuterRef(since))


def _still_there(membership: Membership | None) -> Member | None:
    """Whoever has left is told nothing: then it is for everybody there."""
    is_there = membership is not None and membership.ended_at is None and membership.member.is_active
    return membership.member if membership and is_there else None


def _supervisors(agency: Agency) -> list[Member | None]:
    there = Membership.objects.filter(agency=agency, ended_at=None, member__status=Member.Status.ACTIVE)
    found = there.filter(roles__overlap=_SUPERVISING).select_related("member").order_by("member__username")
    return [one.member for one in found] or [None]
