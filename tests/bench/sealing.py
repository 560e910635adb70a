"""Look-ups with nothing beside them, while the clock seals an hour's rows, and while it seals without a pause."""

import os
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.utils import timezone
from rich.console import Console
from rich.table import Table

from tests.bench import site
from tests.bench.databases import Filled
from tests.bench.figures import Run
from tests.disclosures.ledger_rows import write_rows

CLIENTS = 8
HOURS = 15  # of rows that wait to be sealed; with 100,000 each that is 28 look-ups a second
_BESIDE = """
import signal, sys
import django
django.setup()
from django.utils import timezone
from continuity.disclosures import seals
from continuity.disclosures.canonical import LEDGER
seals.MOST_ROWS, most, rows = 10_000, int(sys.argv[1]), 0
signal.signal(signal.SIGTERM, lambda *_: (print(rows, flush=True), sys.exit()))
for seal in seals.seal_table(LEDGER, timezone.now()):
    rows += seal.rows
    if rows >= most:
        break
print(rows, flush=True)
"""


@contextmanager
def sealing_beside(filled: Filled, most: int) -> Iterator[list[int]]:
    """What the clock's task does, in a process of its own; how many rows it sealed is known after the block."""
    environment = os.environ | {"DATABASE_URL": site.with_database(os.environ["DATABASE_URL"], filled.name)}
    command = [sys.executable, "-c", _BESIDE, str(most)]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    sealed: list[int] = []
    try:
        yield sealed
    finally:
        process.terminate()
        said, _ = process.communicate(timeout=60)
        sealed.append(int(said.split()[0]) if said.split() else 0)


def measure(filled: Filled, console: Console, seconds: float, backlog: int) -> None:
    """Print look-ups per second and their times in four runs on one site."""
    now = timezone.now()
    write_rows(backlog, now - timedelta(days=60), now - timedelta(hours=1))
    targets = list(filled.targets)
    random.Random(1).shuffle(targets)
    requests = [site.question_about(target) for target in targets]
    table = Table(title=f"Look-ups beside sealing, {CLIENTS} clients, {filled.people:,} people")
    for heading in ("beside them", "look-ups/s", "p50 ms", "p95 ms", "rows sealed"):
        table.add_column(heading, justify="left" if heading == "beside them" else "right")
    with site.serving(
        filled.name, LOOKUP_RATE="1000000/min", LOOKUP_SHIFT_RATE="1000000000/shift"
    ) as running:
        site.run(running, requests, CLIENTS, min(5, seconds))  # warm plans and pools
        for name, most in (
            ("nothing", 0),
            ("an hour's rows, once", backlog // HOURS),
            ("sealing without a pause", backlog),
            ("nothing", 0),
        ):
            sealed, run = _run(filled, running, requests, seconds, most)
            figures = [f"{run.rate:,.0f}", f"{run.percentile(50):.1f}", f"{run.percentile(95):.1f}"]
            table.add_row(name, *figures, f"{sealed:,}" if most else "")
    console.print(table)


def _run(
    filled: Filled, running: site.Site, requests: list[bytes], seconds: float, most: int
) -> tuple[int, Run]:
    if not most:
        return 0, site.run(running, requests, CLIENTS, seconds)
    with sealing_beside(filled, most) as sealed:
        run = site.run(running, requests, CLIENTS, seconds)
    return sealed[0], run
