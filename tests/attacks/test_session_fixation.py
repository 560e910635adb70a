"""A session key that somebody else knows is worth nothing after any step that gives the session more (S-4; ASVS 3.2)."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.test import Client

from continuity.agencies.models import Membership
from continuity.entry.sessions import SessionStore
from tests import builders as b
from tests.attacks.told import table
from tests.cast import Cast, signed_in
from tests.factors import code_of, give_app

pytestmark = pytest.mark.django_db
STEP = "/sign-in/second-factor/"
INVENTED = "a" * 32


@dataclass
class Victim:
    """Officer Reyes at a browser in which somebody has planted, or read, the key of the session."""

    cast: Cast
    by: Membership
    secret: str
    browser: Client = field(default_factory=Client)

    def plant(self, key: str) -> str:
        self.browser.cookies["sessionid"] = key
        return key

    def type_password(self) -> str:
        self.browser.post("/sign-in/", {"username": self.by.member.username, "password": "correct horse"})
        return self.key

    @property
    def key(self) -> str:
        return str(self.browser.cookies["sessionid"].value)

    def sign_in(self) -> None:
        self.type_password()
        self.browser.post(STEP, {"code": code_of(self.secret)})


def before_sign_in(victim: Victim) -> str:
    store = SessionStore()
    store.create()
    key = victim.plant(str(store.session_key))
    victim.sign_in()
    return key


def invented_before_sign_in(victim: Victim) -> str:
    key = victim.plant(INVENTED)
    victim.sign_in()
    return key


def of_another_member(victim: Victim) -> str:
    """The attacker's own session: whoever signs in inside it would work under another's name, or with their duty."""
    key = victim.plant(signed_in(victim.cast.novak).cookies["sessionid"].value)
    victim.browser.post("/sign-out/")
    victim.plant(key)
    victim.sign_in()
    return key


def before_the_second_factor(victim: Victim) -> str:
    key = victim.type_password()
    victim.browser.post(STEP, {"code": code_of(victim.secret)})
    return key


def before_unlock(victim: Victim) -> str:
    victim.sign_in()
    victim.browser.post("/lock/")
    key = victim.key
    victim.browser.post("/locked/", {"password": "correct horse"})
    return key


def before_proving_again(victim: Victim) -> str:
    victim.sign_in()
    key = victim.key
    victim.browser.post("/prove/", {"password": "correct horse"})
    return key


def before_duty_choice(victim: Victim) -> str:
    victim.sign_in()
    key = victim.key
    victim.browser.post("/duty/", {"membership": str(victim.by.pk)})
    return key


def before_duty_choice_at_the_api(victim: Victim) -> str:
    victim.sign_in()
    key = victim.key
    victim.browser.post("/api/v1/duty/", {"membership": str(victim.by.pk)}, "application/json")
    return key


def before_another_password(victim: Victim) -> str:
    victim.sign_in()
    key = victim.key
    new = "seven quiet herons wade"
    typed = {
        "old": "correct horse",
        "new": new,
        "again": new,
        "password": new,
        "password1": new,
        "password2": new,
    }
    assert victim.browser.post("/account/password/", typed).status_code == 302
    return key


def read_before_sign_out(victim: Victim) -> str:
    victim.sign_in()
    key = victim.key
    victim.browser.post("/sign-out/")
    return key


STEPS: tuple[Callable[[Victim], str], ...] = (
    before_sign_in, invented_before_sign_in, of_another_member, before_the_second_factor, before_unlock,
    before_proving_again, before_duty_choice, before_duty_choice_at_the_api, before_another_password,
    read_before_sign_out,
)  # fmt: skip


def test_no_key_from_before_opens_anything_afterwards(cast: Cast):
    came = []
    for step in STEPS:
        with b.undone(), time_machine.travel(b.NOW, tick=False):
            # Of another name each time: what is counted of a name is not undone.
            officer = b.member(f"victim-{secrets.token_hex(4)}", cast.police, "officer")
            victim = Victim(cast, officer, give_app(officer.member))
            key = step(victim)
            thief = Client()
            thief.cookies["sessionid"] = key
            opened, own = thief.get("/lookup/"), victim.browser.get("/lookup/")
            stays = Session.objects.filter(session_key=key).exists()
            came.append((step.__name__, opened.status_code, own.status_code, stays))
    said = table(
        "a session key from before",
        ("known", "whoever knows it", "its owner", "still kept"),
        [[str(one) for one in row] for row in came],
    )
    print(f"\n{said}")
    assert {(opened, stays) for _, opened, _, stays in came} == {(302, False)}, said
    assert {own for name, _, own, _ in came if name != "read_before_sign_out"} == {200}, said
