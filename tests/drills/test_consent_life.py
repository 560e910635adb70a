"""The life of consents over five thousand steps, and how soon chance alone finds each planted bug."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.consents.life.life import Begin, Disagreement
from tests.consents.life.plants import LEFT_TO_STORIES, PLANTS
from tests.consents.life.runs import Run, any_seed, live, one_county

pytestmark = pytest.mark.drill
STEPS, STEPS_TO_FIND_A_BUG = 5000, 3000
FIXED_SEED = 20261101


@pytest.fixture(scope="module")
def begin(django_db_setup: None, django_db_blocker: Any) -> Iterator[Begin]:
    with one_county(django_db_blocker) as begin:
        yield begin


def test_no_answer_disagrees_with_the_law_in_five_thousand_steps(begin: Begin):
    started = time.perf_counter()
    run = live(begin, steps=STEPS, from_seed=any_seed())
    print(f"{run.steps} steps judged without disagreement in {time.perf_counter() - started:.0f} s")
    assert run.steps >= STEPS


def test_the_lives_in_which_bugs_are_searched_are_right_without_them(begin: Begin):
    """Otherwise what is found below would not be the bug that was planted."""
    live(begin, steps=STEPS_TO_FIND_A_BUG, from_seed=FIXED_SEED, shrink=False)


@pytest.mark.parametrize("kind", sorted(PLANTS.keys() - LEFT_TO_STORIES))
def test_chance_finds_a_planted_bug(kind: str, begin: Begin, monkeypatch: pytest.MonkeyPatch):
    PLANTS[kind](monkeypatch)
    run = Run()
    with pytest.raises(Disagreement):
        live(begin, steps=STEPS_TO_FIND_A_BUG, from_seed=FIXED_SEED, shrink=False, run=run)
    print(f"{kind}: found after {run.steps} steps")
