"""A member's first page and own page: invitation, password, factors, sessions (S-1, S-2, S-4, S-9)."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.test import Client

from continuity.agencies import factors
from continuity.agencies.accounts import enrol_member, invite
from continuity.agencies.models import Member
from continuity.trail.models import Event
from tests import builders as b
from tests.builders import NOW
from tests.cast import Cast, signed_in
from tests.factors import code_of, give_app, sign_in

pytestmark = pytest.mark.django_db
PASSWORD = "seven quiet herons"
CHOSEN = {"password": PASSWORD, "again": PASSWORD}


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as moved:
        yield moved


@pytest.fixture
def address(cast: Cast) -> str:
    """The invitation of a new officer, as their administrator copies it."""
    boss = b.member("boss", cast.police, "agency_admin")
    newcomer = enrol_member(
        by=boss, username="finch", display_name="Officer Finch", work_email="finch@kestrel.example",
        roles=["officer"], at=NOW,
    )  # fmt: skip
    return f"/invitation/{invite(by=boss, member_id=newcomer.pk, at=NOW)}/"


def secret_on(page: str) -> str:
    return re.search(r'id="secret">([A-Z2-7 ]+)<', page).group(1).replace(" ", "")


def test_invitation_leads_through_password_app_codes_and_banner_to_the_work(address: str):
    client = Client()
    assert "finch" in client.get(address).content.decode()
    assert client.post(address, CHOSEN)["Location"] == "/sign-in/second-factor/"
    assert client.get("/lookup/")["Location"].startswith("/sign-in/"), "nobody is signed in yet"
    page = client.get("/sign-in/second-factor/").content.decode()
    code = code_of(secret_on(page))
    assert client.post("/account/set-up/", {"code": code})["Location"] == "/account/recovery-codes/"
    assert client.post("/account/recovery-codes/", {"act": "keep"}).status_code == 302
    assert client.get("/lookup/")["Location"].startswith("/banner/")
    client.post("/banner/", {"version": "1"})
    assert client.get("/lookup/").status_code == 200
    kinds = set(Event.objects.filter(member__username="finch").values_list("kind", flat=True))
    assert {
        "invitation_used",
        "password_changed",
        "factor_added",
        "signed_in",
        "banner_acknowledged",
    } <= kinds


@pytest.mark.parametrize(
    ("chosen", "sentence"),
    [
        ({}, "Choose a password."),
        ({"password": PASSWORD, "again": "other"}, "This is not the same."),
        ({"password": "short", "again": "short"}, "at least 8 characters"),
        ({"password": "password1", "again": "password1"}, "Many people use this password."),
        ({"password": "kestrel-police", "again": "kestrel-police"}, "This is made of your name"),
    ],
)
def test_password_that_may_not_be_is_named_at_its_field(address: str, chosen: dict[str, str], sentence: str):
    page = Client().post(address, chosen)
    assert page.status_code == 400
    assert sentence in page.content.decode()
    assert not Member.objects.get(username="finch").has_usable_password()


def test_invitation_that_opens_nothing_is_one_sentence(address: str, clock):
    Client().post(address, CHOSEN)
    used = Client().get(address)
    unknown = Client().get("/invitation/never-made/")
    assert (used.status_code, unknown.status_code) == (404, 404)
    assert "This invitation opens nothing" in used.content.decode()
    assert "finch" not in used.content.decode()
    again = Client().post(address, CHOSEN)
    assert again.status_code == 404


def test_invitation_is_over_after_three_days(address: str, clock):
    clock.shift(timedelta(hours=72, seconds=1))
    assert Client().get(address).status_code == 404


def test_invitation_in_the_browser_of_somebody_else_is_refused(address: str, cast: Cast):
    assert signed_in(cast.reyes).get(address).status_code == 409


def test_password_of_a_year_comes_before_every_page_and_keeps_what_was_typed(cast: Cast, clock):
    secret = give_app(cast.reyes.member)
    clock.shift(timedelta(days=366))
    client = Client()
    sign_in(client, "reyes", secret)
    assert client.get("/lookup/")["Location"].startswith("/account/password/")
    assert client.get("/api/v1/contacts/").json()["type"].endswith(":password_due")
    page = client.post("/lookup/", {"last": "Testcase"})
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page.content.decode()))
    assert (page.status_code, fields["kept_last"]) == (403, "Testcase")
    new = {"old": "correct horse", "new": PASSWORD, "again": PASSWORD}
    wrong = client.post("/account/password/", fields | new | {"old": "wrong"})
    assert "This is not the password that you have now." in wrong.content.decode()
    assert 'name="last" value="Testcase"' in client.post("/account/password/", fields | new).content.decode()
    assert client.get("/lookup/").status_code == 200


def test_change_of_password_ends_every_other_session(cast: Cast):
    secret = give_app(cast.reyes.member)
    one, other = Client(), Client()
    sign_in(one, "reyes", secret)
    signed_in(cast.reyes, other)
    one.post("/account/password/", {"old": "correct horse", "new": PASSWORD, "again": PASSWORD})
    assert one.get("/account/").status_code == 200
    assert "this one" in one.get("/account/").content.decode()
    assert other.get("/account/")["Location"].startswith("/sign-in/")


def test_sessions_are_listed_and_ended_from_elsewhere(cast: Cast, clock):
    secret = give_app(cast.reyes.member)
    phone, desk = Client(HTTP_USER_AGENT="Mozilla/5.0 (Linux; Android 15) Chrome/130"), Client()
    sign_in(phone, "reyes", secret, REMOTE_ADDR="192.0.2.7")
    clock.shift(timedelta(seconds=60))
    sign_in(desk, "reyes", secret)
    page = desk.get("/account/").content.decode()
    assert "Chrome on Android" in page
    assert "192.0.2.7" in page
    assert phone.get("/lookup/").status_code == 200
    row = re.search(r"/account/sessions/(\d+)/end/", page)
    assert desk.post(row.group(0))["Location"] == "/account/"
    assert phone.get("/lookup/").status_code == 302
    assert desk.get("/lookup/").status_code == 200
    assert Event.objects.filter(kind="session_ended", member=cast.reyes.member).count() == 1


def test_nobody_ends_or_removes_what_is_somebody_elses(cast: Cast):
    secret = give_app(cast.deputy.member)
    victim = Client()
    sign_in(victim, "deputy", secret)
    session = UserSession.objects.get(user=cast.deputy.member)
    key = Authenticator.objects.create(
        user=cast.deputy.member, type="webauthn", data={"name": "Ring", "credential": {}}
    )
    thief = signed_in(cast.reyes)
    assert thief.post(f"/account/sessions/{session.pk}/end/").status_code == 404
    assert thief.post(f"/account/keys/{key.pk}/remove/").status_code == 404
    assert victim.get("/lookup/").status_code == 200
    assert Authenticator.objects.filter(user=cast.deputy.member).count() == 2


def test_last_factor_stays_and_changing_factors_wants_a_fresh_proof(cast: Cast, clock):
    give_app(cast.reyes.member)
    client = signed_in(cast.reyes)
    refused = client.post("/account/app/remove/")
    assert (refused.status_code, "your only second factor" in refused.content.decode()) == (409, True)
    clock.shift(timedelta(minutes=16))
    for path, said in (
        ("/account/app/remove/", {}),
        ("/account/set-up/", {"code": "000000"}),
        ("/account/recovery-codes/", {"act": "renew"}),
    ):
        assert "Prove that it is you" in client.post(path, said).content.decode()
    assert client.get("/account/set-up/")["Location"].startswith("/prove/")


def test_new_app_takes_the_place_of_the_old_one(cast: Cast):
    old = give_app(cast.reyes.member)
    client = signed_in(cast.reyes)
    new = secret_on(client.get("/account/set-up/").content.decode())
    client.post("/account/set-up/", {"code": code_of(new)})
    assert Authenticator.objects.filter(user=cast.reyes.member, type="totp").count() == 1
    other = Client()
    assert sign_in(other, "reyes", old).status_code == 400


def test_recovery_codes_are_shown_until_kept_and_new_ones_end_the_old(cast: Cast):
    give_app(cast.reyes.member)
    client = signed_in(cast.reyes)
    client.post("/account/recovery-codes/", {"act": "renew"})
    shown = re.findall(r"<li>(\d{4} \d{4})</li>", client.get("/account/recovery-codes/").content.decode())
    client.post("/account/recovery-codes/", {"act": "keep"})
    assert client.get("/account/recovery-codes/")["Location"] == "/account/"
    client.post("/account/recovery-codes/", {"act": "renew"})
    assert shown[0].replace(" ", "") not in factors.recovery_codes(cast.reyes.member)
