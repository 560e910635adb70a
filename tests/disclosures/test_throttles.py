"""How often one member may ask: by the minute and by the shift, the same for everybody (P-4)."""

import pytest
import time_machine

from continuity.disclosures import throttles
from continuity.disclosures.models import LedgerEntry
from continuity.disclosures.throttles import SHIFT, LookUpThrottle
from tests.builders import NOW
from tests.cast import ABOUT_SAM, Cast, signed_in
from tests.lookup.asking import ask

pytestmark = pytest.mark.django_db


@pytest.fixture
def counted(settings):
    """The counter's store, emptied afterwards of what these members asked."""
    store = throttles.store(settings.REDIS_URL)
    yield store
    for key in store.scan_iter("look_up:*"):
        store.delete(key)


def test_shift_ends_the_questions_whoever_is_asked_about(cast: Cast, settings, counted):
    settings.LOOKUP_SHIFT_RATE = "3/shift"
    cast.consent()
    assert [ask(cast.reyes, last=last).status_code for last in ("Testcase", "Nobody", "Testcase")] == [
        200
    ] * 3
    refused = [ask(cast.reyes, last=last) for last in ("Testcase", "Nobody")]
    assert [one.status_code for one in refused] == [429, 429]
    assert refused[0].content == refused[1].content
    assert refused[0]["Retry-After"] == refused[1]["Retry-After"]
    assert SHIFT - 5 < int(refused[0]["Retry-After"]) <= SHIFT
    assert LedgerEntry.objects.count() == 3
    assert ask(cast.deputy).status_code == 200


def test_page_says_that_the_shift_is_used_up(cast: Cast, settings, counted):
    settings.LOOKUP_SHIFT_RATE = "0/shift"
    with time_machine.travel(NOW, tick=False):
        page = signed_in(cast.reyes).post("/lookup/", ABOUT_SAM)
    assert page.status_code == 429
    assert "All the questions of this shift are used up" in page.content.decode()
    assert "Testcase" in page.content.decode()  # what was typed is kept
    assert not LedgerEntry.objects.exists()


def test_shift_begins_with_the_first_question_and_ends_by_the_stores_own_clock(cast: Cast, settings, counted):
    settings.LOOKUP_SHIFT_RATE = "1/shift"
    assert [ask(cast.reyes).status_code for _ in range(2)] == [200, 429]
    (key,) = counted.scan_iter(f"look_up:{cast.reyes.member_id}:shift")
    assert 0 < counted.ttl(key) <= SHIFT
    counted.delete(key)  # what the store does at the end
    assert ask(cast.reyes).status_code == 200


def test_counting_is_one_round_trip(cast: Cast, settings, counted, monkeypatch):
    throttles.store(settings.REDIS_URL).ping()  # a new connection says more
    sent = []
    connection = throttles.store(settings.REDIS_URL).connection_pool.connection_class
    original = connection.send_packed_command
    monkeypatch.setattr(
        connection,
        "send_packed_command",
        lambda self, *args, **more: sent.append(1) or original(self, *args, **more),
    )

    class Request:
        user = cast.reyes.member

    assert LookUpThrottle().allow_request(Request(), None)
    assert LookUpThrottle().allow_request(Request(), None)
    assert len(sent) == 2
