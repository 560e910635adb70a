"""What the second wall costs a look-up: the same site with it and without, turn and turn about, in one run."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from rich.console import Console
from rich.table import Table

from continuity.disclosures.second_wall import TABLES
from tests.bench import site
from tests.bench.databases import Filled
from tests.bench.figures import Run
from tests.bench.lookups import used  # whose processor time, by the same measure

ROUNDS = 3
GOAL = 0.15  # of the look-up's own processor time; above it ADR 0017 says where the time goes


@dataclass
class Side:
    """The runs of one side, and what each look-up of them cost the processors, in milliseconds."""

    name: str
    application: str
    runs: list[Run]
    spent: dict[str, float]
    answers: int = 0

    @property
    def rate(self) -> float:
        return sum(len(run.times) for run in self.runs) / sum(run.seconds for run in self.runs)

    def percentile(self, part: float) -> float:
        whole = self.runs[0]
        for run in self.runs[1:]:
            whole = whole + run
        return whole.percentile(part)

    def cost(self, who: str) -> float:
        return self.spent[who] * 1000 / max(self.answers, 1)


def measure(filled: Filled, console: Console, seconds: float) -> None:
    """Time both sides in turn with eight clients, and print them beside each other."""
    sides = [Side("with the wall", "config.wsgi", [], {}), Side("without", "tests.bench.unwalled", [], {})]
    requests = [site.question_about(target) for target in filled.targets]
    for turn in range(ROUNDS):
        for side in sides if turn % 2 == 0 else reversed(sides):
            with _wall(filled, stands=side.application == "config.wsgi"):
                _take(side, filled, requests, seconds)
    _show(sides, console)


def _take(side: Side, filled: Filled, requests: list[bytes], seconds: float) -> None:
    limits = {"LOOKUP_RATE": "1000000/min", "LOOKUP_SHIFT_RATE": "1000000/shift"}
    with site.serving(filled.name, application=side.application, **limits) as running:
        site.run(running, requests, site.WORKERS * site.THREADS, min(3, seconds))  # warm plans and pools
        before = used(running, filled)
        run = site.run(running, requests, 8, seconds)
        for who, spent in used(running, filled).items():
            side.spent[who] = side.spent.get(who, 0.0) + spent - before[who]
    side.runs.append(run)
    side.answers += len(run.times)


@contextmanager
def _wall(filled: Filled, *, stands: bool) -> Iterator[None]:
    """Take the policies away for a while; the tables are this run's own."""
    tables = [] if stands else [model._meta.db_table for model in TABLES]
    _alter(filled, tables, "DISABLE")
    try:
        yield
    finally:
        _alter(filled, tables, "ENABLE")


def _alter(filled: Filled, tables: list[str], how: str) -> None:
    with psycopg.connect(filled.owner_url, dbname=filled.name, autocommit=True) as owner:
        for table in tables:
            owner.execute(f"ALTER TABLE {table} {how} ROW LEVEL SECURITY")


def _show(sides: list[Side], console: Console) -> None:
    table = Table(title=f"The second wall: 8 clients, {ROUNDS} turns each", title_justify="left")
    for title in ("", "look-ups /s", "p50 ms", "p95 ms", "app ms CPU", "pg ms CPU", "together"):
        table.add_column(title, justify="right" if title else "left")
    for side in sides:
        app, server = side.cost("app"), side.cost("pg")
        table.add_row(
            side.name,
            f"{side.rate:,.0f}",
            f"{side.percentile(50):.2f}",
            f"{side.percentile(95):.2f}",
            f"{app:.3f}",
            f"{server:.3f}",
            f"{app + server:.3f}",
        )
    console.print(table)
    walled, bare = (side.cost("app") + side.cost("pg") for side in sides)
    more, slower = walled / bare - 1, 1 - sides[0].rate / sides[1].rate
    verdict = "within" if more <= GOAL else "ABOVE"
    console.print(
        f"The wall costs {more:+.1%} of the processors' time and {slower:+.1%} of the rate"
        f" ({verdict} the {GOAL:.0%} of ADR 0017)."
    )
