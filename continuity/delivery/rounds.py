"""A slice of the worker's time: what is due goes out, a crisis alert before everything else.

The sending itself is done by threads that touch no database, so that a receiver who keeps us waiting holds up neither
the others nor an alert. Between any two steps the loop looks for urgent work again.
"""

import logging
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.utils import timezone

from continuity.delivery import claims, mail, webhooks
from continuity.delivery.fan_out import fan_out
from continuity.disclosures.alerts import may_be_told
from continuity.notices.models import Delivery, NoticePreference

SLICE = 2.0  # seconds of new work, then the worker is free for its other tasks
_GRACE = 10.0  # seconds more in which alerts are still taken, while sendings end
_LINES, _ALERT_LINES = 16, 8  # sendings at once; alerts have lines of their own
_LINES_OF_ONE = 8  # of one endpoint, and of the mail server (None)
_IDLE = 0.05  # seconds
_SHORTER, _LONGEST_REST = 10, 60.0  # a first rest of two seconds where the first pause is ten
logger = logging.getLogger(__name__)


@dataclass
class Rests:
    """Endpoints that failed just now: what is not urgent leaves them alone for a while, longer each time."""

    failures: Counter[UUID | None] = field(default_factory=Counter)
    until: dict[UUID | None, float] = field(default_factory=dict)

    def note(self, way: UUID | None, *, failed: bool, now: float) -> None:
        if not failed:
            self.failures.pop(way, None)
            self.until.pop(way, None)
            return
        if self.until.get(way, 0) > now:  # those that flew together failed together
            return
        self.failures[way] += 1
        shortest = settings.DELIVERY_FIRST_RETRY / _SHORTER
        self.until[way] = now + min(shortest * 2.0 ** self.failures[way], _LONGEST_REST)

    def resting(self, now: float) -> set[UUID | None]:
        return {way for way, until in self.until.items() if until > now}


RESTS = Rests()  # of this process


@dataclass(frozen=True)
class Flight:
    """One sending under way, and the deliveries that it settles."""

    way: UUID | None
    ids: list[UUID]
    urgent: bool


class Round:
    """One slice; `clock` tells the time that deliveries are due by."""

    def __init__(self, clock: Callable[[], datetime] = timezone.now, rests: Rests = RESTS) -> None:
        self.clock = clock
        self.rests = rests
        self.flights: dict[Future[str], Flight] = {}

    def run(self, slice_for: float = SLICE) -> bool:
        """Send what is due, for so many seconds; True when there may be more."""
        end = time.monotonic() + slice_for
        with ThreadPoolExecutor(_LINES + _ALERT_LINES) as self.lines:
            while True:
                now = time.monotonic()
                found = self._step(urgent=True) if now < end + _GRACE else False
                if now < end and not found:
                    found = self._step(urgent=False)
                if not self.flights and (now >= end or not found):
                    return now >= end
                self._land(0 if found else _IDLE)

    def _step(self, *, urgent: bool) -> bool:
        """Fan a few notices out, send a few deliveries; True if there was anything."""
        fanned = fan_out(at=self.clock(), urgent=urgent)
        flying = Counter(flight.way for flight in self.flights.values() if flight.urgent == urgent)
        free = (_ALERT_LINES if urgent else _LINES) - flying.total()
        if free <= 0:
            return fanned > 0
        busy = {way for way, count in flying.items() if count >= _LINES_OF_ONE}
        if not urgent:
            busy |= self.rests.resting(time.monotonic())
        due = claims.claim(at=self.clock(), urgent=urgent, most=min(free, _LINES_OF_ONE), not_by=busy)
        for delivery in due:
            if not any(delivery.pk in flight.ids for flight in self.flights.values()):
                self._start_or_note(delivery)
        return bool(fanned or due)

    def _start_or_note(self, delivery: Delivery) -> None:
        """One that cannot even be started must not stand in the way of all the others."""
        try:
            self._start(delivery)
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            logger.exception("delivery %s was not started", delivery.pk)
            claims.note_failed([delivery.pk], problem="fault", at=self.clock())

    def _start(self, delivery: Delivery) -> None:
        if delivery.channel == Delivery.Channel.WEBHOOK:
            self._start_webhook(delivery)
        elif (wish := mail.wish_for(delivery)) is None:
            claims.note_withheld([delivery.pk], why="not_wanted")
        else:
            self._start_mail(delivery, wish)

    def _start_webhook(self, delivery: Delivery) -> None:
        endpoint, at = delivery.endpoint, self.clock()
        if endpoint is None or not endpoint.is_active:
            claims.note_withheld([delivery.pk], why="endpoint_removed")
        elif not may_be_told(by=endpoint.acts_as, notice=delivery.notice, at=at, channel="notice"):
            claims.note_withheld([delivery.pk], why="no_right")
        else:
            message = webhooks.message_of(delivery.notice, url=endpoint.url, secret=endpoint.secret)
            flight = Flight(endpoint.pk, [delivery.pk], delivery.is_urgent)
            self.flights[self.lines.submit(webhooks.send, message, at=at)] = flight

    def _start_mail(self, delivery: Delivery, wish: NoticePreference) -> None:
        member, at = delivery.membership, self.clock()
        if member is None or not may_be_told(by=member, notice=delivery.notice, at=at, channel="notice"):
            claims.note_withheld([delivery.pk], why="no_right")
            return
        ids = [delivery.pk]
        if not delivery.is_urgent:
            if quiet_to := mail.end_of_quiet(wish, member.agency.local(at)):
                claims.postpone(delivery, until=quiet_to)
                return
            # The e-mail names none of them, so the right to one is right enough to say that there is something.
            ids += claims.claim_companions(delivery, at=at)
        flight = Flight(None, ids, delivery.is_urgent)
        self.flights[self.lines.submit(mail.send, str(delivery.pk), wish.email)] = flight

    def _land(self, patience: float) -> None:
        """Settle the sendings that are over."""
        if not self.flights:
            return
        over, _ = wait(self.flights, timeout=patience, return_when=FIRST_COMPLETED)
        sent: list[UUID] = []
        for future in over:
            flight = self.flights.pop(future)
            if fault := future.exception():
                logger.error("a delivery failed by our own fault (%s)", type(fault).__name__)
            problem = "fault" if fault else future.result()
            self.rests.note(flight.way, failed=bool(problem), now=time.monotonic())
            if problem:
                claims.note_failed(flight.ids, problem=problem, at=self.clock())
            else:
                sent += flight.ids
        if sent:
            claims.note_sent(sent, at=self.clock())
