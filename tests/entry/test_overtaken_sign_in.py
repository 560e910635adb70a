"""What somebody has begun with a stolen password ends when the password does (S-2, S-9)."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.test import Client

from continuity.agencies.accounts import change_password, invite
from continuity.agencies.models import Member
from tests import builders as b
from tests.builders import NOW
from tests.cast import Cast, signed_in
from tests.factors import code_of, give_app

pytestmark = pytest.mark.django_db
STEP, SET_UP = "/sign-in/second-factor/", "/account/set-up/"
TYPED = {"username": "reyes", "password": "correct horse"}


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as moved:
        yield moved


def half_done() -> Client:
    client = Client()
    assert client.post("/sign-in/", TYPED)["Location"] == STEP
    return client


def test_reset_ends_a_half_done_sign_in_and_gives_it_no_factor_of_its_own(cast: Cast):
    give_app(cast.reyes.member)
    thief = half_done()
    boss = b.member("boss", cast.police, "agency_admin")
    invite(by=boss, member_id=cast.reyes.member_id, kind="reset", at=NOW)
    assert thief.get(STEP)["Location"] == "/sign-in/"
    assert thief.get(SET_UP)["Location"] == "/sign-in/"
    assert thief.post(SET_UP, {"code": "000000"})["Location"] == "/sign-in/"
    assert not Authenticator.objects.filter(user=cast.reyes.member).exists()


def test_new_password_ends_a_half_done_sign_in_by_the_old_one(cast: Cast):
    secret = give_app(cast.reyes.member)
    thief = half_done()
    change_password(member=cast.reyes.member, old="correct horse", new="seven quiet herons", at=NOW)
    assert thief.post(STEP, {"code": code_of(secret)})["Location"] == "/sign-in/"
    assert thief.get("/lookup/")["Location"].startswith("/sign-in/")


def test_code_that_was_used_is_used_however_it_is_spelt(cast: Cast):
    """Signs between the digits are nobody's mistake, but no second life for a code either (IA-2(8))."""
    secret = give_app(cast.reyes.member)
    first, second, code = half_done(), half_done(), code_of(secret)
    assert first.post(STEP, {"code": f"{code[:3]} {code[3:]}"}).status_code == 302
    app = Authenticator.objects.get(user=cast.reyes.member, type="totp").wrap()
    assert cache.delete(app._get_used_cache_key(code)), (
        "allauth forgets after 30 s, the tolerance takes it for 90"
    )
    for spelt in (f"{code[:3]}-{code[3:]}", f"{code}.", f"({code})"):
        assert second.post(STEP, {"code": spelt}).status_code == 400


def test_codes_that_nobody_kept_are_shown_only_to_whoever_just_proved_it(
    cast: Cast, clock: time_machine.Traveller
):
    give_app(cast.reyes.member)
    client = signed_in(cast.reyes)
    client.post("/account/recovery-codes/", {"act": "renew"})
    assert client.get("/account/recovery-codes/").status_code == 200
    clock.shift(timedelta(minutes=16))
    assert client.get("/account/recovery-codes/")["Location"].startswith("/prove/")


def test_admin_site_has_no_second_page_for_passwords(cast: Cast):
    """Django's own counts no failure, keeps no former password and writes no event (S-2, S-3, S-6)."""
    boss = b.member("boss", cast.police, "agency_admin")
    before = Member.objects.get(pk=boss.member_id).password
    client = signed_in(boss)
    new = {"new_password1": "seven quiet herons", "new_password2": "seven quiet herons"}
    for path in ("/admin/password_change/", "/admin/password_change/done/"):
        assert client.get(path)["Location"] == "/account/password/"
        client.post(path, {"old_password": "correct horse"} | new)
    assert Member.objects.get(pk=boss.member_id).password == before
