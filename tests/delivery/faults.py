"""Everything that breaks, one after the other, while notices are put; afterwards each was delivered, and none twice as
something else."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import uuid4

from django.db import transaction

from continuity.agencies.models import Agency
from continuity.notices.models import Delivery, Notice
from continuity.notices.services import put
from tests.delivery.processes import Broker, Worker, wait_until
from tests.delivery.receiver import Receiver


@dataclass
class Ordeal:
    """Puts notices, some in each trouble, and says what became of them."""

    agency: Agency
    receiver: Receiver
    worker: Worker
    broker: Broker
    notices: int
    trouble: float  # seconds that each lasts
    broker_away: float
    kills: int
    database_restart: Callable[[], object]
    put_ids: set[str] = field(default_factory=set)
    put_seconds: dict[str, list[float]] = field(default_factory=dict)
    now: str = ""
    troubles: dict[str, float] = field(default_factory=dict)

    def run(self, patience: float) -> None:
        """All troubles, and then patience until everything was taken."""
        for trouble in (self.killed, self.receiver_broken, self.database_restarted, self.broker_stopped):
            started, self.now = time.monotonic(), trouble.__name__
            trouble()
            self.troubles[trouble.__name__] = time.monotonic() - started
        while len(self.put_ids) < self.notices:
            self.put_one()
        recovered = wait_until(lambda: self.put_ids <= self.receiver.ids, patience)
        wait_until(lambda: not Delivery.objects.filter(state="pending").exists(), patience)
        self.troubles["recovery"] = recovered

    def killed(self) -> None:
        """SIGKILL while messages are on their way, some taken by the receiver and not yet settled."""
        self.receiver.mood = "slow"
        self.put_some()
        self.worker.start()
        for _ in range(self.kills):
            before = len(self.receiver.taken)
            wait_until(lambda so_far=before: len(self.receiver.taken) >= so_far + 5, 60)
            self.worker.kill()
            self.worker.start()
        self.receiver.mood = "ok"

    def receiver_broken(self) -> None:
        for mood in ("500", "hang", "close"):
            self.receiver.mood = mood
            before = sum(self.receiver.tried.values())
            self.put_some(share=15)
            wait_until(lambda so_far=before: sum(self.receiver.tried.values()) > so_far, 60)
            time.sleep(self.trouble)
        self.receiver.mood = "ok"

    def database_restarted(self) -> None:
        before = len(self.receiver.taken)
        self.put_some(share=10)
        wait_until(lambda: len(self.receiver.taken) > before, 60)
        self.database_restart()
        self.put_some(share=10)

    def broker_stopped(self) -> None:
        self.broker.stop()
        stopped = time.monotonic()
        self.put_some()
        time.sleep(max(0.0, self.broker_away - (time.monotonic() - stopped)))
        self.broker.start()

    def put_some(self, share: int = 5) -> None:
        for _ in range(self.notices // share):
            self.put_one()

    def put_one(self) -> None:
        started = time.perf_counter()
        with transaction.atomic():
            notice = put(Notice.Kind.RECORD_CHANGED, subject_id=uuid4(), agency=self.agency)
        self.put_seconds.setdefault(self.now, []).append(time.perf_counter() - started)
        self.put_ids.add(str(notice.pk))

    def check(self) -> None:
        """None lost, one id and one body each, one row each."""
        assert self.put_ids <= self.receiver.ids
        assert self.receiver.ids <= self.put_ids, "nothing under another id"
        bodies = {(one.id, one.body) for one in self.receiver.taken}
        assert len(bodies) == len(self.put_ids)
        assert Notice.objects.count() == len(self.put_ids)
        assert Delivery.objects.count() == len(self.put_ids)
        assert Delivery.objects.exclude(state="sent").count() == 0

    def figures(self) -> str:
        tried, taken = sum(self.receiver.tried.values()), len(self.receiver.taken)
        puts = ", ".join(
            f"{now} {statistics.median(took) * 1000:.1f} ms (slowest {max(took) * 1000:.0f} ms)"
            for now, took in self.put_seconds.items()
        )
        return (
            f"{len(self.put_ids)} notices put, {len(self.put_ids & self.receiver.ids)} delivered,"
            f" {len(self.put_ids - self.receiver.ids)} lost; {tried} requests, {taken} taken,"
            f" {taken - len(self.receiver.ids)} of them repeated under the same id; putting one took: {puts};"
            + "".join(f" {name} {seconds:.1f} s;" for name, seconds in self.troubles.items())
            + f" worker started {self.worker.starts} times"
        )
