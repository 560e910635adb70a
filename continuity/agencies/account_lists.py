"""Which accounts the clock has something to say about, and which wait for their administrators (S-3, S-9)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Exists, F, Max, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce, Greatest

from continuity.agencies.account_rules import administered
from continuity.agencies.models import AccountReview, Agency, Member, Membership

IDLE_AFTER = timedelta(days=90)
TRAINING_GRACE = timedelta(days=7)  # "within one week" (AC-2(3))
TRANSFER_GRACE = timedelta(days=1)
REVIEW_EVERY = timedelta(days=365)
_OPEN = (Member.Status.INVITED, Member.Status.ACTIVE)
_BY_THE_CLOCK = (Member.Reason.IDLE, Member.Reason.TRAINING, Member.Reason.ORPHANED)


def idle(at: datetime) -> QuerySet[Member]:
    """Open accounts that nobody signed in to for 90 days, since they were given or given back (S-9)."""
    since = Greatest(
        "created_at", Coalesce("last_login", "created_at"), Coalesce("activated_at", "created_at")
    )
    return _people().annotate(since=since).filter(since__lt=at - IDLE_AFTER)


def untrained(at: datetime) -> QuerySet[Member]:
    """Active accounts whose privacy training has been over for a week. Where none is on record, the gate is closed."""
    return _people().filter(status=Member.Status.ACTIVE, trained_until__lt=(at - TRAINING_GRACE).date())


def orphaned(at: datetime) -> QuerySet[Member]:
    """Open accounts that have worked for nobody for a day: a transfer is given that long."""
    ever = Membership.objects.filter(member=OuterRef("pk"))
    lately = ever.filter(Q(ended_at=None) | Q(ended_at__gt=at - TRANSFER_GRACE))
    return _people().filter(Exists(ever), ~Exists(lately))


def _people() -> QuerySet[Member]:
    return Member.objects.filter(status__in=_OPEN, is_service=False)


def swept(at: datetime) -> Iterator[tuple[UUID, Member.Reason]]:
    """Whom the clock suspends now, and why; the first reason counts."""
    for reason, rows in (
        (Member.Reason.ORPHANED, orphaned(at)),
        (Member.Reason.IDLE, idle(at)),
        (Member.Reason.TRAINING, untrained(at)),
    ):
        for member_id in list(rows.values_list("pk", flat=True)):
            yield member_id, reason


@dataclass(frozen=True)
class Told:
    """What an agency's administrators are told of: which membership, since when."""

    membership_id: UUID
    since: datetime
    agency: Agency


def locked() -> Iterator[Told]:
    """Accounts that wait to be released, at each agency that their members work for."""
    rows = _current().filter(member__locked_at__isnull=False)
    return (Told(one.pk, one.member.locked_at, one.agency) for one in rows if one.member.locked_at)


def locked_since(by: Membership) -> QuerySet[Membership, datetime | None]:
    """Since when accounts of the own agency wait to be released, the longest first."""
    rows = (
        administered(by).filter(ended_at=None, member__locked_at__isnull=False).order_by("member__locked_at")
    )
    return rows.values_list("member__locked_at", flat=True)


def suspended_by_the_clock() -> Iterator[Told]:
    """Accounts that the clock suspended, at each agency; of those that work for nobody, where they did last."""
    rows = Membership.objects.select_related("member", "agency").filter(
        Q(ended_at=None) | Q(member__status_reason=Member.Reason.ORPHANED),
        member__status=Member.Status.SUSPENDED,
        member__status_reason__in=_BY_THE_CLOCK,
    )
    return (
        Told(one.pk, one.member.status_changed_at, one.agency) for one in rows if one.member.status_changed_at
    )


def to_review(by: Membership, at: datetime) -> QuerySet[Membership]:
    """Memberships of the own agency that nobody looked at for a year, the longest waiting first."""
    return _unreviewed(administered(by).exclude(member=by.member_id), at)


def reviews_due(at: datetime) -> Iterator[Told]:
    """The same of every agency."""
    rows: QuerySet[Any] = _unreviewed(_current(), at)
    return (Told(one.pk, one.seen_at + REVIEW_EVERY, one.agency) for one in rows)


def _current() -> QuerySet[Membership]:
    return Membership.objects.select_related("member", "agency").filter(ended_at=None)


def _unreviewed(rows: QuerySet[Membership], at: datetime) -> QuerySet[Membership]:
    seen = Coalesce(Max("reviews__reviewed_at"), F("created_at"))
    waiting = rows.filter(ended_at=None).annotate(seen_at=seen).filter(seen_at__lte=at - REVIEW_EVERY)
    return waiting.exclude(member__status=Member.Status.DEACTIVATED).order_by("seen_at", "pk")


def last_reviews(memberships: list[Membership]) -> dict[UUID, AccountReview]:
    """The newest review of each."""
    found = AccountReview.objects.filter(membership__in=memberships).select_related("reviewed_by__member")
    return {one.membership_id: one for one in found.order_by("reviewed_at")}
