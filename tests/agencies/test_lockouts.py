"""Five failures within 15 minutes lock an account until an administrator releases it; no address is locked (S-3)."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from axes.models import AccessAttempt
from django.contrib.auth import authenticate, login
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.db import SessionStore
from django.core.cache import cache
from django.http import HttpRequest
from django.test import RequestFactory

from continuity.agencies import accounts, lockouts
from continuity.agencies.models import Member
from continuity.errors import Conflict, NotAllowed, NotFound
from continuity.trail.models import Event
from tests.agencies.staff import Staff, again, browser_of, events, hire
from tests.builders import NOW

pytestmark = pytest.mark.django_db
RIGHT, STATION = "correct horse", "192.0.2.7"


@pytest.fixture
def staff(db: None) -> Iterator[Staff]:
    cache.clear()
    yield hire()
    cache.clear()


def asked_from(address: str) -> HttpRequest:
    request = RequestFactory().post("/sign-in/", {"kept_last": "Testcase"}, REMOTE_ADDR=address)
    request.session, request.user = SessionStore(), AnonymousUser()
    return request


def try_out(username: str, password: str, address: str = STATION) -> Member | None:
    found = authenticate(asked_from(address), username=username, password=password)
    return found if isinstance(found, Member) else None


def fail(username: str, times: int, address: str = STATION) -> None:
    for _ in range(times):
        assert try_out(username, "wrong", address) is None


def test_fifth_failure_locks_and_the_right_password_helps_no_more(staff: Staff):
    browser = browser_of(staff.reyes)
    fail("reyes", 4)
    assert again(staff.reyes.member).is_active
    fail("reyes", 1)
    member = again(staff.reyes.member)
    assert (member.is_active, member.status) == (False, "active")
    assert try_out("reyes", RIGHT) is None
    assert browser.get("/lookup/").status_code == 302
    assert events(member) == ["account_locked"]


def test_no_time_releases_only_an_administrator(staff: Staff):
    with time_machine.travel(NOW) as clock:
        fail("reyes", 5)
        clock.shift(timedelta(days=400))
        assert try_out("reyes", RIGHT) is None
    with pytest.raises(NotAllowed):
        accounts.release_lock(by=staff.reyes, member_id=staff.adam.member_id, at=NOW)
    with pytest.raises(NotFound):
        accounts.release_lock(by=staff.eve, member_id=staff.reyes.member_id, at=NOW)
    assert try_out("reyes", RIGHT) is None


def test_released_member_signs_in_and_is_counted_from_nothing(
    staff: Staff, django_capture_on_commit_callbacks
):
    fail("reyes", 5)
    with django_capture_on_commit_callbacks(execute=True):
        accounts.release_lock(by=staff.adam, member_id=staff.reyes.member_id, at=NOW)
    fail("reyes", 4)
    assert try_out("reyes", RIGHT) == staff.reyes.member
    assert events(staff.reyes.member) == ["account_locked", "account_released"]
    with pytest.raises(Conflict) as refused:
        accounts.release_lock(by=staff.adam, member_id=staff.reyes.member_id, at=NOW)
    assert refused.value.code == "not_locked"


def test_failures_are_counted_by_name_whatever_the_address(staff: Staff):
    for number in range(5):
        fail("reyes", 1, address=f"198.51.100.{number}")
    assert again(staff.reyes.member).locked_at is not None


def test_station_behind_one_address_is_not_locked_out(staff: Staff):
    fail("reyes", 5)
    assert try_out("adam", RIGHT) == staff.adam.member


def test_success_begins_the_count_anew(staff: Staff):
    fail("reyes", 4)
    request = asked_from(STATION)
    member = authenticate(request, username="reyes", password=RIGHT)
    login(request, member)
    fail("reyes", 4)
    assert again(staff.reyes.member).is_active


def test_failures_of_more_than_15_minutes_ago_do_not_count(staff: Staff):
    fail("reyes", 4)
    for key in list(cache._cache.get_client().scan_iter("*axes-*")):
        assert 0 < cache._cache.get_client().ttl(key) <= 900
        cache._cache.get_client().delete(key)  # Valkey keeps a clock of its own
    fail("reyes", 1)
    assert again(staff.reyes.member).is_active


def test_unknown_name_is_counted_and_refused_alike(staff: Staff):
    fail("nobody", 6)
    kinds = Event.objects.filter(member=None).values_list("kind", "about")
    locked = [about for kind, about in kinds if kind == "account_locked"]
    assert len(locked) == 1
    assert "nobody" not in locked[0]


def test_wrong_factor_counts_like_a_wrong_password(staff: Staff):
    fail("reyes", 3)
    for _ in range(2):
        lockouts.count_failure(request=asked_from(STATION), member=staff.reyes.member)
    assert again(staff.reyes.member).locked_at is not None


def test_nothing_that_was_typed_is_stored(staff: Staff):
    """What a page kept for whoever signs in again may name a person; axes' tables would hold it."""
    fail("reyes", 5)
    assert not AccessAttempt.objects.exists()
    client = cache._cache.get_client()
    keys = b" ".join(client.scan_iter("*"))
    assert b"reyes" not in keys
    assert STATION.encode() not in keys


def test_spraying_from_one_address_is_slowed_and_whoever_works_there_comes_in(staff: Staff):
    """One guess at each of many names: none is locked, the address gets a turn now and then."""
    request = asked_from(STATION)
    login(request, authenticate(request, username="adam", password=RIGHT))
    for number in range(10):
        lockouts.refuse_spraying(asked_from(STATION), f"name-{number}")
        fail(f"name-{number}", 1)
    lockouts.refuse_spraying(asked_from(STATION), "name-10")
    with pytest.raises(NotAllowed) as refused:
        lockouts.refuse_spraying(asked_from(STATION), "name-11")
    assert refused.value.code == "wait"
    lockouts.refuse_spraying(asked_from(STATION), "adam")
    lockouts.refuse_spraying(asked_from("192.0.2.8"), "name-11")


def test_turns_of_a_sprayer_grow_so_that_it_locks_hardly_an_account(staff: Staff):
    """A turn every few seconds, always, would be enough to lock sixty accounts in each quarter of an hour."""
    for number in range(10):
        fail(f"name-{number}", 1)
    client, waits = cache._cache.get_client(), []
    for number in range(9):
        lockouts.refuse_spraying(asked_from(STATION), f"another-{number}")
        (turn,) = client.scan_iter("*sign-in-turn:*")
        waits.append(round(client.pttl(turn) / 1000))
        client.delete(turn)  # it is over
    assert waits == [3, 6, 12, 24, 48, 96, 192, 300, 300]


def test_mistakes_of_whoever_works_there_do_not_slow_the_station(staff: Staff):
    request = asked_from(STATION)
    login(request, authenticate(request, username="reyes", password=RIGHT))
    for _ in range(12):
        fail("reyes", 1)
    lockouts.refuse_spraying(asked_from(STATION), "new-colleague")
    lockouts.refuse_spraying(asked_from(STATION), "another-one")


def test_house_of_ipv6_addresses_is_one_place(staff: Staff):
    for number in range(10):
        fail(f"name-{number}", 1, address=f"2001:db8:0:1::{number:x}")
    lockouts.refuse_spraying(asked_from("2001:db8:0:1::ff"), "one")
    with pytest.raises(NotAllowed):
        lockouts.refuse_spraying(asked_from("2001:db8:0:1::fe"), "two")
    lockouts.refuse_spraying(asked_from("2001:db8:0:2::1"), "two")
