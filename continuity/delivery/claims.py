"""Deliveries are taken for a while and settled: a worker that dies in between loses nothing.

Taking one moves the time of its next try behind the lease, in one short transaction. Whoever is not heard of again
leaves it due: it is sent once more, under the same id.
"""

import random
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet

from continuity.notices.models import Delivery, Notice

MOST_TRIES = 12  # at three times the pause each, a little more than a day
LONGEST_PAUSE = timedelta(hours=6)
_GROWTH = 3
_JITTER = 0.1


def pause_after(tries: int) -> timedelta:
    """How long to wait after so many tries: ten seconds at first, six hours at most, never all at the same moment."""
    first = timedelta(seconds=settings.DELIVERY_FIRST_RETRY)
    pause: timedelta = min(first * _GROWTH ** (tries - 1), LONGEST_PAUSE)
    return pause * random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311  # spreads load, hides nothing  # nosec B311


@transaction.atomic
def claim(*, at: datetime, urgent: bool, most: int, not_by: Collection[UUID | None] = ()) -> list[Delivery]:
    """Take the deliveries that are due for longest; `not_by` names the endpoints to leave out, None the e-mail."""
    due = Delivery.objects.filter(state=Delivery.State.PENDING, is_urgent=urgent, due_at__lte=at)
    if None in not_by:
        due = due.exclude(channel=Delivery.Channel.EMAIL)
    if closed := [endpoint for endpoint in not_by if endpoint]:
        due = due.exclude(endpoint__in=closed)
    ids = (
        due.order_by("due_at").select_for_update(skip_locked=True, of=("self",)).values_list("pk", flat=True)
    )
    taken = list(ids[:most])
    if not taken:
        return []
    _lease(Delivery.objects.filter(pk__in=taken), at)
    rows = Delivery.objects.filter(pk__in=taken).select_related(
        "notice",
        "endpoint__acts_as__member",
        "endpoint__acts_as__agency",
        "membership__member",
        "membership__agency",
    )
    return list(rows)


@transaction.atomic
def claim_companions(delivery: Delivery, *, at: datetime) -> list[UUID]:
    """Take whatever else waits to be mailed to the same member and is not urgent: one e-mail says it all."""
    others = _waiting_e_mails(delivery).exclude(pk=delivery.pk)
    taken = list(others.select_for_update(skip_locked=True, of=("self",)).values_list("pk", flat=True))
    _lease(Delivery.objects.filter(pk__in=taken), at)
    return taken


def postpone(delivery: Delivery, *, until: datetime) -> None:
    """Let everything that is not urgent wait for the end of the member's quiet hours; no try is counted."""
    Delivery.objects.filter(pk=delivery.pk).update(attempts=F("attempts") - 1)
    _waiting_e_mails(delivery).update(due_at=until)


def note_sent(ids: Sequence[UUID], *, at: datetime) -> None:
    """Settle deliveries whose receiver took them."""
    sent = Delivery.objects.filter(pk__in=ids).exclude(state=Delivery.State.SENT)
    sent.update(state=Delivery.State.SENT, sent_at=at, last_problem="")
    Notice.objects.filter(deliveries__in=ids, state=Notice.State.FAILED).update(state=Notice.State.SENT)


def note_withheld(ids: Sequence[UUID], *, why: str) -> None:
    """Settle deliveries that nobody may or wants to have any more."""
    pending = Delivery.objects.filter(pk__in=ids, state=Delivery.State.PENDING)
    pending.update(state=Delivery.State.WITHHELD, last_problem=why)


@transaction.atomic
def note_failed(ids: Sequence[UUID], *, problem: str, at: datetime) -> None:
    """Have deliveries tried again later, or give them up after the last try."""
    pending = Delivery.objects.filter(pk__in=ids, state=Delivery.State.PENDING)
    given_up = pending.filter(attempts__gte=MOST_TRIES)
    dead = list(given_up.select_for_update(of=("self",)).values_list("pk", "notice"))
    given_up.update(state=Delivery.State.DEAD, last_problem=problem)
    tries = pending.order_by("-attempts").values_list("attempts", flat=True).first()
    if tries:
        pending.update(due_at=at + pause_after(tries), last_problem=problem)
    for _, notice_id in dead:
        _note_nobody_reached(notice_id)


def _note_nobody_reached(notice_id: UUID) -> None:
    """A notice has failed when no way is left and nobody has read it."""
    alive = Delivery.objects.filter(notice=notice_id).exclude(
        state__in=(Delivery.State.DEAD, Delivery.State.WITHHELD)
    )
    if not alive.exists():
        Notice.objects.filter(pk=notice_id, state=Notice.State.SENT).update(state=Notice.State.FAILED)


def _lease(deliveries: QuerySet[Delivery], at: datetime) -> None:
    until = at + timedelta(seconds=settings.DELIVERY_LEASE)
    deliveries.update(due_at=until, attempts=F("attempts") + 1)


def _waiting_e_mails(delivery: Delivery) -> QuerySet[Delivery]:
    return Delivery.objects.filter(
        membership=delivery.membership_id,
        channel=Delivery.Channel.EMAIL,
        state=Delivery.State.PENDING,
        is_urgent=False,
    )
