"""A locked screen shows nothing, and the same person goes on where they were (S-4)."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from continuity.agencies.models import Member, StationClass
from continuity.disclosures.models import LedgerEntry
from continuity.trail.models import Event
from tests.builders import NOW
from tests.cast import ABOUT_SAM, Cast, signed_in

pytestmark = pytest.mark.django_db
UNLOCK = {"password": "correct horse"}


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as moved:
        yield moved


def kinds() -> list[tuple[str, str]]:
    return list(Event.objects.order_by("pk").values_list("kind", "about"))


def test_locked_screen_hides_everything_and_a_password_brings_it_back(cast: Cast):
    client = signed_in(cast.reyes)
    assert client.post("/lock/")["Location"] == "/locked/"
    for path in ("/", "/lookup/", "/duty/", "/account/", "/admin/"):
        assert client.get(path)["Location"].startswith("/locked/?next=")
    page = client.get("/locked/").content.decode()
    assert not re.search(r"Kestrel|Reyes|Incident|min left", page)
    assert client.post("/locked/", UNLOCK | {"next": "/lookup/"})["Location"] == "/lookup/"
    assert client.get("/lookup/").status_code == 200
    assert sorted(kinds()) == [("reauthenticated", ""), ("screen_locked", "asked")]


@pytest.mark.parametrize("elsewhere", ["'; --", "sign_in", "//elsewhere.example/", "javascript:0"])
def test_way_on_is_an_address_of_this_site(cast: Cast, elsewhere: str):
    answer = signed_in(cast.reyes).get("/locked/", {"next": elsewhere})
    assert (answer.status_code, answer["Location"]) == (302, "/")


def test_wrong_password_keeps_it_locked_and_counts_as_at_sign_in(cast: Cast):
    client = signed_in(cast.reyes)
    client.post("/lock/")
    answers = [client.post("/locked/", {"password": "wrong horse"}) for _ in range(5)]
    assert answers[0].status_code == 400
    assert "This is not your password." in answers[0].content.decode()
    assert Member.objects.get(pk=cast.reyes.member_id).locked_at is not None
    assert client.get("/lookup/")["Location"].startswith("/sign-in/")


def test_idle_session_locks_and_says_so(cast: Cast, clock):
    client = signed_in(cast.reyes)
    clock.shift(timedelta(minutes=31))
    assert client.get("/lookup/")["Location"].startswith("/locked/")
    assert kinds() == [("screen_locked", "idle")]


def test_question_sent_after_the_lock_is_kept_and_not_asked(cast: Cast, clock):
    client = signed_in(cast.reyes)
    clock.shift(timedelta(minutes=31))
    page = client.post("/lookup/", ABOUT_SAM)
    assert page.status_code == 403
    assert not LedgerEntry.objects.exists()
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page.content.decode()))
    assert fields["kept_last"] == "Testcase"
    again = client.post("/locked/", fields | UNLOCK).content.decode()
    assert 'action="/lookup/"' in again
    client.post("/lookup/", ABOUT_SAM)
    assert LedgerEntry.objects.get().asker == cast.reyes


def test_locked_session_is_nobody_to_programs(cast: Cast):
    client = signed_in(cast.reyes)
    client.post("/lock/")
    answer = client.post("/api/v1/lookups/", ABOUT_SAM, content_type="application/json")
    assert answer.status_code in (401, 403)
    assert not LedgerEntry.objects.exists()


def test_part_of_a_page_has_the_whole_page_cover_itself(cast: Cast):
    client = signed_in(cast.reyes)
    client.post("/lock/")
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/notices/"}
    answer = client.get("/notices/", headers=headers)
    assert (answer.status_code, answer["HX-Trigger"]) == (204, "continuity-lock")
    saved = client.post("/lookup/", ABOUT_SAM, headers={"X-In-Place": "1"})  # a page that saves by itself
    assert (saved.status_code, saved["HX-Trigger"], saved.content) == (204, "continuity-lock", b"")


def test_page_that_covers_itself_is_told_in_place(cast: Cast):
    client, here = signed_in(cast.reyes), {"X-In-Place": "1"}
    assert client.post("/lock/", headers=here).status_code == 204
    wrong = client.post("/locked/", {"password": "wrong"}, headers=here)
    assert (wrong.status_code, "This is not your password." in wrong.content.decode()) == (200, True)
    assert client.post("/locked/", UNLOCK, headers=here).status_code == 204
    assert client.get("/locked/", headers=here).status_code == 204


def test_page_that_reads_itself_does_not_keep_the_screen_open(cast: Cast, clock):
    client = signed_in(cast.reyes)
    for _ in range(4):
        clock.shift(timedelta(minutes=8))
        client.get("/notices/", headers={"X-Unattended": "1"})
    assert client.session["locked"]


def test_twelve_hours_end_a_locked_session_too(cast: Cast, clock):
    client = signed_in(cast.reyes)
    client.post("/lock/")
    clock.shift(timedelta(hours=12, minutes=1))
    assert client.get("/locked/")["Location"].startswith("/sign-in/")


@pytest.mark.parametrize(
    ("address", "minutes"),
    [("192.0.2.9", 720), ("192.0.2.70", 10), ("198.51.100.1", 30)],
    ids=["vehicle", "a narrower network within", "elsewhere"],
)
def test_idle_limit_is_the_agencys_for_the_place(cast: Cast, clock, address: str, minutes: int):
    for kind, network, limit in (("vehicle", "192.0.2.0/24", 720), ("desk", "192.0.2.64/26", 10)):
        StationClass.objects.create(
            agency=cast.police, name=kind, kind=kind, networks=[network], idle_minutes=limit
        )
    client = Client(REMOTE_ADDR=address)
    signed_in(cast.reyes, client)
    client.post("/duty/", {"membership": str(cast.reyes.pk)})
    clock.shift(timedelta(minutes=min(minutes, 700) - 1))
    assert client.get("/lookup/").status_code == 200
    clock.shift(timedelta(minutes=minutes + 1))
    assert client.get("/lookup/").status_code == 302


@pytest.mark.parametrize(
    ("moved_to", "locks"),
    [("192.0.2.10", False), ("198.51.100.1", True)],
    ids=["in the network", "elsewhere"],
)
def test_longer_limit_stays_behind_with_the_vehicle(cast: Cast, clock, moved_to: str, locks: bool):
    StationClass.objects.create(
        agency=cast.police, name="cars", kind="vehicle", networks=["192.0.2.0/24"], idle_minutes=720
    )
    client = Client(REMOTE_ADDR="192.0.2.9")
    signed_in(cast.reyes, client)
    client.post("/duty/", {"membership": str(cast.reyes.pk)})
    clock.shift(timedelta(minutes=40))
    assert client.get("/lookup/", REMOTE_ADDR=moved_to).status_code == (302 if locks else 200)
    assert bool(client.session.get("locked")) is locks


def test_lock_needs_a_post(cast: Cast):
    assert signed_in(cast.reyes).get("/lock/").status_code == 405
