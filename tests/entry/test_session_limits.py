"""A session ends 30 minutes after the last request and 12 hours after sign-in (S-4)."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.builders import NOW
from tests.cast import Cast, signed_in

pytestmark = pytest.mark.django_db


def is_signed_in(client) -> bool:
    return client.get("/lookup/").status_code == 200


def test_a_session_ends_after_thirty_idle_minutes(cast: Cast):
    with time_machine.travel(NOW, tick=False) as clock:
        client = signed_in(cast.reyes)
        assert is_signed_in(client)
        clock.shift(timedelta(minutes=29))
        assert is_signed_in(client)
        clock.shift(timedelta(minutes=29))
        assert is_signed_in(client)
        clock.shift(timedelta(minutes=31))
        assert not is_signed_in(client)


def test_a_session_ends_twelve_hours_after_sign_in_however_busy(cast: Cast):
    with time_machine.travel(NOW, tick=False) as clock:
        client = signed_in(cast.reyes)
        for _ in range(12 * 3):
            assert is_signed_in(client)
            clock.shift(timedelta(minutes=20))
        clock.shift(timedelta(minutes=1))
        assert not is_signed_in(client)


def test_a_session_is_written_at_most_once_a_minute(cast: Cast):
    with time_machine.travel(NOW, tick=False) as clock:
        client = signed_in(cast.reyes)
        client.get("/lookup/")
        clock.shift(timedelta(seconds=50))
        with CaptureQueriesContext(connection) as captured:
            client.get("/lookup/")
        assert not [query for query in captured if not query["sql"].startswith("SELECT")]
