"""The attacks of tests/attacks with every string, every way, every role, and 10,000 guesses."""

import os
import time

import pytest
import time_machine

from tests import builders as b
from tests.api.test_permission_matrix import in_every_role
from tests.attacks import csrf, guessing, idor, injection
from tests.attacks import test_password_guesses as guesses
from tests.attacks.forms import forms_of
from tests.attacks.test_csrf import kim
from tests.attacks.test_idor import county
from tests.attacks.test_injection import far
from tests.attacks.test_password_guesses import police
from tests.bench.figures import kolmogorov_smirnov

pytestmark = [pytest.mark.drill, pytest.mark.django_db]
__all__ = ["county", "far", "kim", "police"]
GUESSES = 10_000 if os.environ.get("CONTINUITY_DRILLS") == "full" else 500
ALL = len(injection.STRINGS)


def test_forged_requests_in_every_way(kim):
    csrf.attack(kim, lambda number: csrf.FORGERIES).end(at_least=2000)


def test_every_request_about_another_agencys_record_by_every_role(county):
    foreign, strangers = idor.strangers(county)
    told = idor.attack(foreign, idor.asks(county, foreign, every=True), strangers, each=len(strangers))
    told.end(at_least=4000)


def test_every_string_in_every_form(far):
    injection.attack_forms(far, forms_of(far.opened()), rounds=ALL).end(at_least=500)


def test_every_string_in_every_question(far):
    injection.attack_questions(far, rounds=ALL).end(at_least=2000)


@pytest.mark.parametrize("name", injection.STRINGS)
def test_every_page_that_shows_this_string(far, name):
    injection.poison(lambda place: injection.sendable(injection.STRINGS[name])).end(at_least=40)
    told, _ = injection.look_at(far.opened())
    told.end(at_least=40)


def test_every_string_in_every_body(cast):
    with time_machine.travel(b.NOW, tick=False):
        told = injection.attack_bodies(cast, in_every_role(cast), lambda number: range(1, ALL + 1))
    told.end(at_least=900)


@pytest.mark.parametrize("places", ["one address", "many addresses"])
def test_guesses_at_one_account(police, settings, places, django_capture_on_commit_callbacks):
    guesses.check_one_account(police, settings, places, GUESSES, django_capture_on_commit_callbacks)


def test_guesses_across_accounts(police, settings):
    guesses.check_spraying(police, settings, GUESSES)


def test_time_of_a_refusal_tells_no_name(police, settings):
    """With the real hasher; the distance between the distributions is printed, for a person to judge."""
    settings.PASSWORD_HASHERS = ["tests.attacks.guessing.Counting"]
    guesses.check_alike(police, 12)
    settings.PASSWORD_HASHERS = ["tests.attacks.guessing.Real"]
    known = [guesses.hired(police, "known").member.username for _ in range(100)]
    wrong, unknown = guessing.Guesses("wrong password"), guessing.Guesses("unknown name")
    for one, name in enumerate(known):  # in turn: whatever else the machine does meets both
        wrong.guess(name, "guess", guessing.anew())
        unknown.guess(f"nobody-{time.monotonic_ns()}-{one}", "guess", guessing.anew())
    apart = kolmogorov_smirnov(wrong.seconds, unknown.seconds)
    print(guesses.table(f"real hasher, {apart:.2f} apart (0 the same, 1 apart)", guessing.HEADS, [wrong.row(), unknown.row()]))  # fmt: skip
    assert len(wrong.words | unknown.words) == 1
