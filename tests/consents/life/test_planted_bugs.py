"""A bug of each kind, planted in the running product, is found by the same steps and the same judge as the machine's.

Each story runs twice: on the product as it is, where nobody disagrees, and with its bug, where somebody must.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import psycopg
import pytest
from django.db import connections

from continuity.consents.models import Consent
from tests.consents.life.forms import EVERYTHING, FOR_POLICE, Form
from tests.consents.life.life import Begin, Disagreement, Held, Life
from tests.consents.life.machine import BEGINNINGS
from tests.consents.life.plants import PLANTS

AUTUMN, SPRING, *_ = BEGINNINGS
POLICE = ("kestrel-police", FOR_POLICE)
STRANGER = ("elsewhere", EVERYTHING)
UNTIL_TODAY = Form(parties=(POLICE, STRANGER), days=0)
_END = "an_active_consent_has_an_end"


def signed(form: Form) -> Callable[[Life], Held]:
    def step(life: Life) -> Held:
        held = life.sign_up(form)
        life.compare()
        return held

    return step


def past_midnight(life: Life, form: Form = UNTIL_TODAY) -> None:
    held = signed(form)(life)
    for seconds in (-3601, -1, 0, 3600):
        life.jump_to_midnight(held, seconds)
        life.compare()


def ended(verb: str, form: Form = UNTIL_TODAY) -> Callable[[Life], None]:
    def story(life: Life) -> None:
        held = signed(form)(life)
        life.say(verb, held)

    return story


def ended_and_read_again(life: Life) -> None:
    """On the server that read it before it was revoked on the other one."""
    ended("revoke")(life)
    life.compare()
    life.offer("offered")


def emptied(life: Life) -> None:
    life.empty_scope(signed(UNTIL_TODAY)(life))


def without_an_end(life: Life) -> None:
    """Past the doors and past the database: it takes an owner who dropped the constraint."""
    held = signed(UNTIL_TODAY)(life)
    with _no_constraint_on_ends():
        life.writer.run(lambda: Consent.objects.filter(pk=held.paper.id).update(expires_at=None))
        held.paper.last_day = None
        life.jump(timedelta(seconds=1))
        life.compare()


@contextmanager
def _no_constraint_on_ends() -> Iterator[None]:
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], dbname=_database(), autocommit=True) as owner:
        found = owner.execute(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s", [_END]
        )
        (definition,) = found.fetchone()
        owner.execute(f"ALTER TABLE consents_consent DROP CONSTRAINT {_END}")
        try:
            yield
        finally:
            # The row goes with the test; the constraint binds whatever is written after it.
            owner.execute(f"ALTER TABLE consents_consent ADD CONSTRAINT {_END} {definition} NOT VALID")


def _database() -> str:
    return str(connections["owner"].settings_dict["NAME"])


ONLY, WITHOUT_SUD = frozenset({"D1"}), EVERYTHING - {"D4"}
Story = Callable[[Life], object]
STORIES: dict[str, Story] = {
    "expired but active": past_midnight,
    "revoked recipient": ended("revoke-recipient"),
    "revoked consent": ended("revoke"),
    "suspended": ended("suspend"),
    "not yet begun": signed(Form(parties=(POLICE,), starts=1)),
    "null end at the read": without_an_end,
    "null end at the door": lambda life: life.refuse("no end"),
    "empty scope": emptied,
    "another person's consent": lambda life: life.offer("declined"),
    "another agency's consent": signed(UNTIL_TODAY),
    "another category": signed(Form(categories=ONLY, parties=(("kestrel-police", ONLY),))),
    "another discloser": signed(Form(parties=(POLICE,), disclosing=frozenset({"harbor"}))),
    "another purpose": signed(Form(parties=(STRANGER,), purposes=frozenset({"le_crisis_response"}))),
    "SUD not ticked": signed(
        Form(parties=(("elsewhere", WITHOUT_SUD),), part2=False, categories=WITHOUT_SUD)
    ),
    "window not kept": signed(Form(parties=(STRANGER,), window="from_signing")),
    "class without treatment": signed(Form(parties=(("treating_providers", EVERYTHING),))),
    "midnight in UTC": past_midnight,
    "midnight of the site": lambda life: past_midnight(
        life, Form(custodian="harbor", parties=(STRANGER,), days=0)
    ),
    "every day has 24 hours": lambda life: past_midnight(life, Form(parties=(POLICE,), days=2)),
    "read from a cache": ended_and_read_again,
}


def test_every_plant_has_its_story():
    assert STORIES.keys() == PLANTS.keys()


@pytest.mark.parametrize("kind", sorted(STORIES))
def test_a_planted_bug_is_found_where_the_product_is_right(
    kind: str, begin: Begin, monkeypatch: pytest.MonkeyPatch
):
    live_through(STORIES[kind], begin(AUTUMN))
    PLANTS[kind](monkeypatch)
    with pytest.raises(Disagreement):
        live_through(STORIES[kind], begin(AUTUMN))


def test_a_day_of_23_hours_is_as_long_as_its_calendar_says(begin: Begin, monkeypatch: pytest.MonkeyPatch):
    past_midnight(begin(SPRING), Form(parties=(POLICE,), days=2))
    PLANTS["every day has 24 hours"](monkeypatch)
    with pytest.raises(Disagreement):
        past_midnight(begin(SPRING), Form(parties=(POLICE,), days=2))


def live_through(story: Story, life: Life) -> None:
    life.compare()
    story(life)
    life.compare()
