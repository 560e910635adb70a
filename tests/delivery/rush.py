"""Thousands of follow-ups fall due in one minute, and people are in crisis meanwhile: one worker for all of it."""

import statistics
import time
from dataclasses import dataclass, field
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from config.celery import app
from continuity.agencies.models import Agency, Membership
from continuity.notices.models import Notice, WebhookEndpoint
from continuity.notices.services import put
from continuity.treatment.links import confirm_team_link
from continuity.treatment.models import FollowUp
from tests import builders as b
from tests.cast import Cast
from tests.delivery.processes import Worker, wait_until
from tests.delivery.receiver import SECRET, Receiver

SWEEP = "continuity.treatment.tasks.tell_of_due_follow_ups"


def told_system(agency: Agency, receiver: Receiver, *roles: str) -> Membership:
    """An agency's system that has the roles its agency gave it, and is told of everything they may know."""
    system = b.member(f"system-of-{agency.code}", agency, "system_client", *roles)
    WebhookEndpoint.objects.create(agency=agency, url=receiver.url, secret=SECRET, acts_as=system)
    return system


@dataclass
class Rush:
    """`alerts` crises, `gap` seconds apart, beside `follow_ups` that are due now; the receivers are apart."""

    cast: Cast
    worker: Worker
    alerted: Receiver
    reminded: Receiver
    follow_ups: int
    alerts: int
    gap: float
    latencies: list[float] = field(default_factory=list)
    in_peace: list[float] = field(default_factory=list)
    still_waiting: list[int] = field(default_factory=list)
    all_handled: float = 0

    def run(self, patience: float) -> None:
        self._prepare()
        self.worker.start()
        self.in_peace = [self._alert(patience) for _ in range(3)][1:]  # the first one wakes everybody
        started = time.monotonic()
        with app.connection_for_write() as connection:  # not the one kept from an earlier broker
            app.send_task(SWEEP, connection=connection)
        for _ in range(
            self.alerts
        ):  # from the first moment on: the sweep itself may not be in the way either
            self.latencies.append(self._alert(patience))
            self.still_waiting.append(self._waiting())
            time.sleep(self.gap)
        wait_until(lambda: len(self.reminded.ids) >= self.follow_ups, patience, each=0.2)
        self.all_handled = time.monotonic() - started

    def figures(self) -> str:
        ordered = sorted(self.latencies)
        p95 = ordered[min(len(ordered) - 1, round(0.95 * len(ordered)))]
        return (
            f"{self.follow_ups} follow-ups due at once, all told by one worker in {self.all_handled:.1f} s"
            f" ({self.follow_ups / self.all_handled:.0f} a second);"
            f" {len(ordered)} crisis alerts meanwhile: median {statistics.median(ordered) * 1000:.0f} ms,"
            f" p95 {p95 * 1000:.0f} ms, longest {ordered[-1] * 1000:.0f} ms from commit to the team's system"
            f" (without the rush {statistics.median(self.in_peace) * 1000:.0f} ms)"
        )

    def _prepare(self) -> None:
        """The clinic treats Sam and wants to be told; the county owes everybody a call, now."""
        cast = self.cast
        confirm_team_link(
            by=cast.adeyemi, person=cast.sam, program_kind="outpatient_mh", duty_line="661-555-0120",
            at=b.NOW - timedelta(days=30), notify_on_crisis=True,
        )  # fmt: skip
        told_system(cast.clinic, self.alerted, "treatment_clinician")
        told_system(cast.county, self.reminded, "embedded_clinician")
        FollowUp.objects.update(closed_at=timezone.now())
        FollowUp.objects.bulk_create(
            FollowUp(
                contact=cast.sams_contact, person=cast.sam, custodian=cast.county, kind="safety_check",
                due_window="h48", due_at=timezone.now(),
            )
            for _ in range(self.follow_ups)
        )  # fmt: skip

    def _alert(self, patience: float) -> float:
        """Seconds from the commit of an alert until the team's system has it."""
        with transaction.atomic():
            contact = self.cast.sams_contact.pk
            notice = put(Notice.Kind.CRISIS_CONTACT, subject_id=contact, agency=self.cast.clinic)
        committed = time.time()
        wait_until(lambda: str(notice.pk) in self.alerted.ids, patience, each=0.005)
        return max(0.0, self.alerted.first_at(str(notice.pk)) - committed)

    def _waiting(self) -> int:
        return self.follow_ups - len(self.reminded.ids)
