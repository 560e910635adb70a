"""Delivery at the sizes the issue names: a thousand notices while everything breaks, ten thousand follow-ups at once."""

from pathlib import Path

import pytest

from config.celery import app
from continuity.notices import waking
from tests.delivery.faults import Ordeal
from tests.delivery.processes import (
    cut_database_connections,
    may_restart_database,
    own_broker,
    restart_database,
    worker_beside,
)
from tests.delivery.receiver import listening
from tests.delivery.rush import Rush
from tests.delivery.test_faults import told_agency

pytestmark = [pytest.mark.drill, pytest.mark.usefixtures("real_clock")]


@pytest.mark.django_db(transaction=True)
def test_a_thousand_notices_are_delivered_whatever_breaks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """With the waiting times of production, and the broker away for a minute."""
    restart = restart_database if may_restart_database() else cut_database_connections
    with listening() as receiver, own_broker() as broker, worker_beside(broker, tmp_path) as worker:
        monkeypatch.setattr(app.conf, "broker_url", broker.url)
        monkeypatch.setattr(waking, "_paused_until", 0.0)
        ordeal = Ordeal(
            told_agency(receiver), receiver, worker, broker, notices=1000, trouble=8, broker_away=60, kills=5,
            database_restart=restart,
        )  # fmt: skip
        ordeal.run(patience=400)
        print(f"database: {restart.__name__}; {ordeal.figures()}")
        ordeal.check()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("mood", ["ok", "slow"])
def test_ten_thousand_follow_ups_do_not_starve_a_crisis_alert(
    cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mood: str
):
    """`slow`: the system that is told of the follow-ups takes a tenth of a second for each."""
    with (
        listening() as alerted,
        listening(mood) as reminded,
        own_broker() as broker,
        worker_beside(broker, tmp_path) as worker,
    ):
        monkeypatch.setattr(app.conf, "broker_url", broker.url)
        monkeypatch.setattr(waking, "_paused_until", 0.0)
        rush = Rush(cast, worker, alerted, reminded, follow_ups=10_000, alerts=40, gap=1.0)
        rush.run(patience=1200)
        print(f"the other receiver is {mood}: {rush.figures()}")
        assert min(rush.still_waiting) > 0
