"""Nothing that was put is lost, whatever breaks (S-8); at full size in the drills."""

from pathlib import Path

import pytest

from config.celery import app
from continuity.notices import waking
from continuity.notices.services import add_endpoint
from tests import builders as b
from tests.delivery.faults import Ordeal
from tests.delivery.processes import cut_database_connections, own_broker, worker_beside
from tests.delivery.receiver import SECRET, listening
from tests.delivery.rush import Rush

# A worker is a process of its own.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("real_clock")]


def told_agency(receiver):
    """A clinic whose own system is told of every notice."""
    clinic = b.agency("orchard-clinic", "clinic_treatment")
    admin, system = b.member("admin", clinic, "agency_admin"), b.member("system", clinic, "system_client")
    add_endpoint(by=admin, url=receiver.url, secret=SECRET, acts_as=system)
    return clinic


def test_every_notice_is_delivered_after_worker_broker_receiver_and_database_broke(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    quick = {"DELIVERY_LEASE": 2, "DELIVERY_FIRST_RETRY": 0.3}
    with (
        listening() as receiver,
        own_broker() as broker,
        worker_beside(broker, tmp_path, **quick) as worker,
    ):
        monkeypatch.setattr(app.conf, "broker_url", broker.url)
        monkeypatch.setattr(waking, "_paused_until", 0.0)
        ordeal = Ordeal(
            told_agency(receiver), receiver, worker, broker, notices=60, trouble=0.2, broker_away=0.5, kills=1,
            database_restart=cut_database_connections,
        )  # fmt: skip
        ordeal.run(patience=40)
        print(ordeal.figures())
        ordeal.check()


@pytest.mark.drill
def test_crisis_alert_overtakes_follow_ups_that_fall_due_together(
    cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    with (
        listening() as alerted,
        listening() as reminded,
        own_broker() as broker,
        worker_beside(broker, tmp_path) as worker,
    ):
        monkeypatch.setattr(app.conf, "broker_url", broker.url)
        monkeypatch.setattr(waking, "_paused_until", 0.0)
        rush = Rush(cast, worker, alerted, reminded, follow_ups=250, alerts=4, gap=0.05)
        rush.run(patience=60)
        print(rush.figures())
        assert min(rush.still_waiting) > 0, "each came while many others still waited"
