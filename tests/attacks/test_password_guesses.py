"""Guesses at passwords lock the account at the fifth, harm nobody beside it, and learn no name (S-3; ASVS 2.2.1).

Here 40 each way; by drill 10,000.
"""

import secrets

import pytest
from django.test import Client

from continuity.agencies.account_moves import release_lock
from continuity.agencies.models import Member
from continuity.trail.models import Event
from tests import builders as b
from tests.attacks import guessing
from tests.attacks.guessing import RIGHT, Guesses, anew
from tests.attacks.told import table
from tests.factors import give_app, sign_in

pytestmark = pytest.mark.django_db
QUICK = ["tests.attacks.guessing.Counting"]
GOES_ON = "goes on to the second factor"


@pytest.fixture
def police():
    return b.agency("kestrel-police", "police")


def hired(police, name, *roles):
    """Under a name that nobody has tried before: what is counted stays in the cache for a quarter of an hour."""
    return b.member(f"{name}-{secrets.token_hex(4)}", police, *(roles or ("officer",)))


def is_locked(one):
    return Member.objects.get(pk=one.member_id).locked_at is not None


def guess_at_one_account(police, number, whence):
    """One account tried from an address or from many; its neighbour at the same place, and its administrator."""
    victim, neighbour, admin = (
        hired(police, "victim"),
        hired(police, "neighbour"),
        hired(police, "admin", "agency_admin"),
    )
    name = victim.member.username
    wrong = guessing.many("one account", number, lambda one: name, whence)
    after = Guesses("with the right password, locked")
    after.guess(name, RIGHT, whence(0))
    beside = Guesses("its neighbour at that address")
    beside.guess(neighbour.member.username, RIGHT, whence(0))
    return victim, admin, wrong, after, beside


@pytest.mark.parametrize("places", ["one address", "many addresses"])
def test_one_account_is_locked_at_the_fifth_guess_and_only_an_administrator_releases(
    police, settings, places, django_capture_on_commit_callbacks
):
    check_one_account(police, settings, places, 40, django_capture_on_commit_callbacks)


def check_one_account(police, settings, places, number, on_commit):
    settings.PASSWORD_HASHERS = QUICK
    here = anew()
    whence = (
        (lambda one: here)
        if places == "one address"
        else (lambda one: f"198.18.{one // 250 % 256}.{one % 250}")
    )
    victim, admin, wrong, after, beside = guess_at_one_account(police, number, whence)
    said = table(
        f"{number} guesses from {places}", guessing.HEADS, [one.row() for one in (wrong, after, beside)]
    )
    print(f"\n{said}")
    assert is_locked(victim), said
    assert set(wrong.answers) == {"wrong"}, said
    assert after.answers == {"wrong": 1}, said
    assert len(after.words | wrong.words) == 1, said
    assert beside.answers == {GOES_ON: 1}, said
    assert Event.objects.filter(kind=Event.Kind.ACCOUNT_LOCKED, member=victim.member).count() == 1
    with on_commit(execute=True):
        release_lock(by=admin, member_id=victim.member_id, at=b.NOW)
    released = Guesses("released")
    assert released.guess(victim.member.username, RIGHT, anew()) == GOES_ON


def test_guesses_at_many_accounts_from_one_address_are_slowed_and_lock_no_station(police, settings):
    check_spraying(police, settings, 40)


def check_spraying(police, settings, number):
    settings.PASSWORD_HASHERS = QUICK
    here, regular = anew(), hired(police, "regular")
    secret = give_app(regular.member)
    sign_in(Client(), regular.member.username, secret, REMOTE_ADDR=here)
    first = Guesses("who works at the address, before")
    first.guess(regular.member.username, RIGHT, here)
    victims = [hired(police, "victim") for _ in range(20)]
    names = [one.member.username for one in victims]
    unknown = [f"unknown-{secrets.token_hex(4)}" for _ in range(20)]
    sprayed = guessing.many(
        "many accounts", number, lambda one: (names + unknown)[one % 40], lambda one: here
    )
    after = Guesses("who works at the address, after")
    after.guess(regular.member.username, RIGHT, here)
    elsewhere = Guesses("a victim at another address")
    elsewhere.guess(names[0], RIGHT, anew())
    rows = [one.row() for one in (first, sprayed, after, elsewhere)]
    said = table(f"{number} guesses across accounts from one address", guessing.HEADS, rows)
    print(f"\n{said}")
    assert sprayed.answers["wait"] > number / 2, said
    assert not any(map(is_locked, victims)), said
    assert after.answers == elsewhere.answers == first.answers, said


def test_unknown_names_wrong_passwords_and_locked_accounts_are_told_alike(police, settings):
    settings.PASSWORD_HASHERS = QUICK
    check_alike(police, 12)


def check_alike(police, number):
    """The same words; the same work of the hasher, which is nearly all of the time."""
    known = [hired(police, "known").member.username for _ in range(number)]
    locked = hired(police, "locked")
    Member.objects.filter(pk=locked.member_id).update(locked_at=b.NOW)
    suspended = hired(police, "suspended")
    Member.objects.filter(pk=suspended.member_id).update(status=Member.Status.SUSPENDED)
    tried = [
        guessing.many("wrong password", number, lambda one: known[one], lambda one: anew()),
        guessing.many(
            "unknown name", number, lambda one: f"nobody-{secrets.token_hex(4)}", lambda one: anew()
        ),
    ]
    for name, one in (("locked, right password", locked), ("suspended, right password", suspended)):
        guesses = Guesses(name)
        for _ in range(4):
            guesses.guess(one.member.username, RIGHT, anew())
        tried.append(guesses)
    said = table("who is there", guessing.HEADS, [one.row() for one in tried])
    print(f"\n{said}")
    assert {came for one in tried for came in one.answers} == {"wrong"}, said
    assert len(set.union(*(one.words for one in tried))) == 1, said
    assert len({count for one in tried for count in one.hashed}) == 1, said
    return tried
