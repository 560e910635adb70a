"""A password alone opens nothing; a code is good once; secrets stand nowhere in clear (S-1, S-13)."""

import re
from datetime import timedelta

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.core.checks import run_checks
from django.db import connection
from django.test import Client

from continuity.agencies import factors
from continuity.agencies.models import Member
from continuity.disclosures.models import LedgerEntry
from continuity.trail.models import Event
from tests.builders import NOW
from tests.cast import ABOUT_SAM, Cast, signed_in
from tests.factors import code_of, give_app, sign_in

pytestmark = pytest.mark.django_db
STEP = "/sign-in/second-factor/"
TYPED = {"username": "reyes", "password": "correct horse"}


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as moved:
        yield moved


@pytest.fixture
def secret(cast: Cast) -> str:
    return give_app(cast.reyes.member)


def kinds() -> list[str]:
    return list(Event.objects.order_by("pk").values_list("kind", flat=True))


def test_password_and_code_open_the_session(cast: Cast, secret: str):
    client = Client()
    first = client.post("/sign-in/", TYPED | {"next": "/lookup/"})
    assert first["Location"] == STEP
    assert client.get("/lookup/").status_code == 302, "half-done is nobody"
    second = client.post(STEP, {"code": code_of(secret)})
    assert second["Location"] == "/lookup/"
    assert client.get("/lookup/").status_code == 200
    assert client.session["factor"] == "totp"
    assert client.session["fresh_at"] == int(NOW.timestamp())
    assert [(one.kind, one.about) for one in Event.objects.all()] == [("signed_in", "totp")]


def test_session_is_another_one_after_sign_in(cast: Cast, secret: str):
    """Fixation: a key that somebody planted is not the key of the open session."""
    client = Client()
    client.post("/sign-in/", TYPED)
    before = client.session.session_key
    client.post(STEP, {"code": code_of(secret)})
    assert client.session.session_key != before


def test_code_is_good_once_even_while_the_clocks_tolerance_would_take_it(cast: Cast, secret: str, clock):
    first, second, code = Client(), Client(), code_of(secret)
    for client in (first, second):
        client.post("/sign-in/", TYPED)
    assert first.post(STEP, {"code": code}).status_code == 302
    clock.shift(timedelta(seconds=31))
    again = second.post(STEP, {"code": code})
    assert again.status_code == 400
    assert "This is not the code" in again.content.decode()
    assert second.post(STEP, {"code": code_of(secret)}).status_code == 302


@pytest.mark.parametrize("periods", [-2, 2])
def test_code_of_another_minute_is_refused(cast: Cast, secret: str, periods: int):
    client = Client()
    client.post("/sign-in/", TYPED)
    assert client.post(STEP, {"code": code_of(secret, periods_later=periods)}).status_code == 400
    assert kinds() == ["factor_failed"]


def test_half_done_sign_in_ends_after_a_quarter_of_an_hour(cast: Cast, secret: str, clock):
    client = Client()
    client.post("/sign-in/", TYPED)
    clock.shift(timedelta(minutes=16))
    assert client.post(STEP, {"code": code_of(secret)})["Location"] == "/sign-in/"
    assert client.get("/lookup/")["Location"].startswith("/sign-in/")


def test_wrong_codes_lock_the_account_as_wrong_passwords_do(cast: Cast, secret: str):
    client = Client()
    client.post("/sign-in/", TYPED)
    answers = [client.post(STEP, {"code": "000000"}) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [400] * 4 + [302]
    assert Member.objects.get(pk=cast.reyes.member_id).locked_at is not None
    page = Client().post("/sign-in/", TYPED)
    assert "do not belong together" in page.content.decode()


def test_recovery_code_opens_once_and_leads_to_the_own_account(cast: Cast):
    member = cast.reyes.member
    give_app(member)
    factors.renew_recovery_codes(member)
    code = factors.recovery_codes(member)[0]
    factors.keep_recovery_codes(member)
    client, other = Client(), Client()
    for one in (client, other):
        one.post("/sign-in/", TYPED)
    assert client.post(STEP, {"code": f"{code[:4]} {code[4:]}"})["Location"] == "/account/"
    assert client.session["factor"] == "recovery"
    assert "9 codes left" in client.get("/account/").content.decode()
    assert other.post(STEP, {"code": code}).status_code == 400
    assert "recovery_code_used" in kinds()


def test_question_is_kept_through_both_steps(cast: Cast, secret: str):
    kept = {f"kept_{name}": value for name, value in ABOUT_SAM.items()} | {"next": "/lookup/"}
    client = Client()
    step = client.post("/sign-in/", TYPED | kept).content.decode()
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', step))
    assert {name: fields.get(name) for name in kept} == kept
    wrong = client.post(STEP, fields | {"code": "000000", "credential": ""}).content.decode()
    assert 'name="kept_last" value="Testcase"' in wrong
    page = client.post(STEP, fields | {"code": code_of(secret), "credential": ""}).content.decode()
    assert 'action="/lookup/"' in page
    assert 'name="last" value="Testcase"' in page
    assert "Testcase" not in str(dict(client.session))


@pytest.mark.parametrize("path", ["/", "/lookup/", "/duty/", "/banner/", "/account/", "/admin/", "/notices/"])
def test_session_without_a_second_factor_opens_no_page(cast: Cast, path: str):
    """Whoever began it: a session of an older version, or a door that forgot to ask."""
    client = signed_in(cast.reyes, factor="")
    assert client.get(path)["Location"].startswith(STEP)
    assert "Kestrel" not in client.get(STEP).content.decode()


def test_program_with_a_password_alone_is_refused_and_nothing_is_asked(cast: Cast):
    client = signed_in(cast.reyes, factor="")
    answer = client.post("/api/v1/lookups/", ABOUT_SAM, content_type="application/json")
    assert (answer.status_code, answer.json()["type"]) == (
        403,
        "urn:continuity:problem:second_factor_missing",
    )
    assert not LedgerEntry.objects.exists()


def test_secrets_stand_nowhere_in_clear(cast: Cast):
    """Neither in what is kept nor in the session of somebody who is being given an app."""
    client = signed_in(cast.reyes)
    page = client.get("/account/set-up/").content.decode()
    secret = re.search(r'id="secret">([A-Z2-7 ]+)<', page).group(1).replace(" ", "")
    with connection.cursor() as cursor:
        cursor.execute("SELECT session_data FROM django_session")
        store = client.session
        assert all(secret not in str(store.decode(data)) for (data,) in cursor.fetchall())
    client.post("/account/set-up/", {"code": code_of(secret)})
    row = Authenticator.objects.get(user=cast.reyes.member, type="totp")
    assert row.data["secret"].startswith("e1:")
    assert secret not in str(row.data)
    codes = Authenticator.objects.get(user=cast.reyes.member, type="recovery_codes")
    assert codes.data["seed"].startswith("e1:")
    assert "factor_added" in kinds()


def test_member_without_any_factor_makes_one_before_the_first_page(cast: Cast):
    client = Client()
    client.post("/sign-in/", TYPED)
    page = client.get(STEP).content.decode()
    secret = re.search(r'id="secret">([A-Z2-7 ]+)<', page).group(1).replace(" ", "")
    assert client.get("/lookup/").status_code == 302
    assert client.post("/account/set-up/", {"code": "000000"}).status_code == 400
    assert (
        client.post("/account/set-up/", {"code": code_of(secret)})["Location"] == "/account/recovery-codes/"
    )
    assert (
        len(re.findall(r"<li>\d{4} \d{4}</li>", client.get("/account/recovery-codes/").content.decode()))
        == 10
    )
    client.post("/account/recovery-codes/", {"act": "keep"})
    assert client.get("/account/recovery-codes/")["Location"] == "/account/"


def test_half_signed_in_member_with_a_factor_cannot_make_another(cast: Cast, secret: str):
    client = Client()
    client.post("/sign-in/", TYPED)
    assert client.post("/account/set-up/", {"code": "000000"})["Location"] == STEP
    assert Authenticator.objects.filter(user=cast.reyes.member).count() == 1


def test_sign_in_of_the_admin_site_is_the_same_door(db: None):
    assert Client().get("/admin/", follow=True).redirect_chain[-1][0].startswith("/sign-in/?next=/admin/")


def test_demonstration_shows_the_code_and_nothing_else_does(cast: Cast, secret: str, settings):
    pages = []
    for settings.DEMO in (False, True):
        client = Client()
        client.post("/sign-in/", TYPED)
        pages.append(client.get(STEP).content.decode())
    code = code_of(secret)
    assert "Demonstration" not in pages[0]
    assert f'your code is now <b class="line">{code[:3]} {code[3:]}</b>' in pages[1]


@pytest.mark.parametrize(("demo", "insecure", "said"), [(True, False, 1), (True, True, 0), (False, False, 0)])
def test_demonstration_refuses_to_start_where_others_reach_it(
    settings, demo: bool, insecure: bool, said: int
):
    settings.DEMO, settings.INSECURE_COOKIES = demo, insecure
    assert [one.id for one in run_checks()].count("entry.E001") == said


def test_two_members_do_not_share_a_used_code(cast: Cast):
    """The memory of used codes is by member."""
    secret = give_app(cast.reyes.member)
    TOTP.activate(cast.deputy.member, secret)
    assert sign_in(Client(), "reyes", secret).status_code == 302
    client = Client()
    assert sign_in(client, "deputy", secret).status_code == 302
    assert client.session["factor"] == "totp"
