"""Where lives are lived, and how many: one county for all, and the machine run for a number of steps from a seed."""

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import time_machine
from django.test import TransactionTestCase, override_settings
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.consents.life.county import OPENED_AT, build_county
from tests.consents.life.life import Begin, Life
from tests.consents.life.machine import ConsentLife
from tests.consents.life.servers import two_servers

STEPS_OF_A_LIFE = 25
DECADE = 10 * 366 * 24 * 3600  # seconds; limits of sessions are another test's, and signing in takes time


@contextmanager
def one_county(django_db_blocker: Any) -> Iterator[Begin]:
    """A function that starts a new person's life in one county, on committed data and a clock moved by hand.

    The database is emptied once, at the end.
    """
    with (
        django_db_blocker.unblock(),
        override_settings(SESSION_COOKIE_AGE=DECADE, ABSOLUTE_SESSION_AGE=DECADE),
        time_machine.travel(OPENED_AT, tick=False) as clock,
    ):
        try:
            with two_servers() as servers:
                county = build_county()
                yield lambda now: Life(county, servers, clock, now)
        finally:
            TransactionTestCase("run")._fixture_teardown()  # as tests/conftest.py has it: by the owner


def any_seed() -> int:
    """The seed of CONTINUITY_SEED, to live the same lives again, or a new one; printed, so that a failure tells it."""
    chosen = int(os.environ.get("CONTINUITY_SEED") or random.SystemRandom().randrange(2**32))
    print(f"CONTINUITY_SEED={chosen}")
    return chosen


@dataclass
class Run:
    """How many steps were taken and judged."""

    steps: int = 0

    def tally(self) -> None:
        self.steps += 1


def live(begin: Begin, *, steps: int, from_seed: int, shrink: bool = True, run: Run | None = None) -> Run:
    """Live until `steps` are judged. Raises Disagreement, reported with the steps that lead to it."""
    run = run or Run()
    of_this_run = {"begin": staticmethod(begin), "tally": staticmethod(run.tally)}
    machine = type("ConsentLife", (ConsentLife,), of_this_run)
    while run.steps < steps:  # Hypothesis ends some lives early
        run_state_machine_as_test(
            seed(from_seed + run.steps)(machine), settings=_lives(steps - run.steps, shrink=shrink)
        )
    return run


def _lives(steps: int, *, shrink: bool) -> settings:
    return settings(
        max_examples=-(-steps // STEPS_OF_A_LIFE),
        stateful_step_count=STEPS_OF_A_LIFE,
        deadline=None,
        database=None,
        report_multiple_bugs=False,
        phases=[Phase.generate, *([Phase.shrink] if shrink else [])],
        suppress_health_check=list(HealthCheck),
    )
