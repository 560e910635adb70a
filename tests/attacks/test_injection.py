"""Strings that are code to somebody are text to the site: no error, no raw markup, no header (OWASP A03).

Here with some strings in each field; by drill with each.
"""

import pytest
import time_machine

from tests import builders as b
from tests.api.bodies import body_of
from tests.api.test_permission_matrix import in_every_role
from tests.attacks import injection, mass_assignment
from tests.attacks.forms import forms_of, office
from tests.attacks.ground import Browser
from tests.cast import Cast
from tests.house.pair_worlds import build_county
from tests.replay import replayed

pytestmark = pytest.mark.django_db


@pytest.fixture
def far():
    """The office of an agency that keeps something of every kind."""
    with time_machine.travel(b.NOW, tick=False):
        yield office(replayed(build_county))


def test_pages_show_such_strings_escaped_and_their_forms_take_them_and_nothing_beside_their_fields(far):
    strings = [injection.STRINGS[name] for name in ("script", "attribute", "template", "formula", "CRLF")]
    injection.poison(lambda place: strings[place % len(strings)]).end(at_least=40)
    pages = far.opened()
    told, shown = injection.look_at(pages)
    told.end(at_least=40)
    assert shown.count("&lt;script&gt;") > 10
    assert "{{ 7191*7193 }}" in shown
    injection.attack_forms(far, forms_of(pages), rounds=1).end(at_least=40)
    beside = mass_assignment.attack_forms(far, forms_of(pages))
    beside.end(at_least=40)
    assert sum(times for (_, came), times in beside.tries.items() if came == "302, wrote") > 8


def test_questions_take_them_as_text_and_no_answer_says_a_forged_host(far):
    injection.attack_questions(far, rounds=1).end(at_least=100)


def test_bodies_of_the_api_take_them_as_text(cast: Cast):
    with time_machine.travel(b.NOW, tick=False):
        told = injection.attack_bodies(cast, in_every_role(cast), lambda number: (number % 2,))
    told.end(at_least=50)
    assert sum(times for (_, came), times in told.tries.items() if came in ("200", "201")) > 20


def test_text_that_the_database_cannot_hold_is_the_code_of_no_agency(cast: Cast):
    for path, field in (("team-links", "provider"), ("linkages", "recipient"), ("hand-offs", "to_agency")):
        for name in ("NUL", "half a character"):
            body = body_of(f"/api/v1/{path}/", cast, None, cast.embedded) | {field: injection.STRINGS[name]}
            answer = Browser(cast.embedded).post(f"/api/v1/{path}/", body, "application/json")
            assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, f"/{field}")
