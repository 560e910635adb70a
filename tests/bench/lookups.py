"""The look-up beside its floor: floor, site and floor again, in one run, at each size and number of clients."""

import json
import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import redis
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from rich.console import Console
from rich.table import Table

from tests.bench import floor, site
from tests.bench.databases import Filled
from tests.bench.figures import Run, cpu_seconds, family
from tests.bench.targets import Target

HOLD = {"rate": 0.15, "p95": 7.0}
MOONSHOT = {"rate": 0.25, "p95": 5.0}
_BOOKKEEPING = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "ROLLBACK")
_SIGN_IN = ("django_session", "FROM agencies_membership\nJOIN")  # the ledgered read names members, too


@dataclass(frozen=True)
class Row:
    """One line of the table: floor and ours at one size with one number of clients."""

    people: int
    clients: int
    floor: Run
    ours: Run
    statements: int
    cpu: dict[str, float]  # milliseconds per look-up, by who used them

    @property
    def share(self) -> float:
        return self.ours.rate / self.floor.rate

    @property
    def stretch(self) -> float:
        return self.ours.percentile(95) / self.floor.percentile(95)

    def meets(self, goal: dict[str, float]) -> bool:
        return self.share >= goal["rate"] and self.stretch <= goal["p95"] and self.statements <= 3


def measure(filled: Filled, clients: Iterable[int], seconds: float) -> list[Row]:
    """Compare, count and time at one size."""
    targets = list(filled.targets)
    random.Random(1).shuffle(targets)
    statements = count_statements(targets[0])
    compare_with_floor(filled, targets[:100])
    rows = []
    with site.serving(filled.name, LOOKUP_RATE="1000000/min", LOOKUP_SHIFT_RATE="1000000/shift") as running:
        requests = [site.question_about(target) for target in targets]
        site.run(running, requests, site.WORKERS * site.THREADS, min(5, seconds))  # warm plans and pools
        for number in clients:
            before = floor.run(filled.url, filled.name, targets, number, seconds / 2)
            spent_before = used(running, filled)
            ours = site.run(running, requests, number, seconds)
            cpu = {name: spent - spent_before[name] for name, spent in used(running, filled).items()}
            after = floor.run(filled.url, filled.name, targets, number, seconds / 2)
            per_look_up = {name: spent * 1000 / len(ours.times) for name, spent in cpu.items()}
            rows.append(Row(filled.people, number, before + after, ours, statements, per_look_up))
    return rows


def count_statements(target: Target) -> int:
    """Statements of one look-up besides sign-in's two and the transaction's own."""
    client = Client(SERVER_NAME="localhost")
    client.cookies["sessionid"] = target.session_key
    asked = {
        "incident_ref": "2026-0001",
        "purpose": "le_crisis_response",
        "last": target.last,
        "first": target.first,
        "birth_date": target.birth_date.isoformat(),
    }
    with CaptureQueriesContext(connection) as captured:
        answer = client.post("/api/v1/lookups/", json.dumps(asked), content_type="application/json")
    assert answer.status_code == 200, answer.content
    counted = [
        query["sql"]
        for query in captured
        if not query["sql"].startswith(_BOOKKEEPING) and not any(name in query["sql"] for name in _SIGN_IN)
    ]
    return len(counted)


def compare_with_floor(filled: Filled, targets: Iterable[Target]) -> None:
    """Both must find the same records of the same versions; the ledger says what ours handed out."""
    ledger = "SELECT records FROM disclosures_ledgerentry WHERE id = %s"
    with (
        site.serving(filled.name, LOOKUP_RATE="1000000/min", LOOKUP_SHIFT_RATE="1000000/shift") as running,
        floor.connect(filled.url, filled.name) as database,
    ):
        line = site.Client(running.address)
        for target in targets:
            answer = json.loads(line.ask_and_wait(site.question_about(target)).partition(b"\r\n\r\n")[2])
            [[ours]] = database.execute(ledger, [answer["record"]["ledger_id"]]).fetchall()
            found = json.loads(floor.ask(psycopg.RawCursor(database), target, datetime.now(UTC))[1])
            expected = {(one["noun"], one["id"], one["version"]) for one in found}
            if {tuple(one) for one in ours} != expected:
                raise AssertionError(
                    f"floor and look-up differ: {sorted(map(tuple, ours))} {sorted(expected)}"
                )


def used(running: site.Site, filled: Filled) -> dict[str, float]:
    """Seconds of processor time spent so far, by whom; nothing is seen of servers on other machines."""
    return {"app": cpu_seconds(running.workers), "pg": cpu_seconds(_postgres(filled)), "valkey": _valkey()}


def _postgres(filled: Filled) -> list[int]:
    """The server's processes, when it runs on this machine and is asked over its socket."""
    with psycopg.connect(filled.url, dbname=filled.name) as database:
        if not database.info.host.startswith("/"):
            return []
        status = Path(f"/proc/{database.info.backend_pid}/stat").read_text()
    return family(int(status.rpartition(")")[2].split()[1]))


def _valkey() -> float:
    with redis.Redis.from_url(settings.REDIS_URL) as store:
        usage = store.info("cpu")
    return float(usage["used_cpu_sys"]) + float(usage["used_cpu_user"])


def show(rows: list[Row], console: Console) -> None:
    """The table, and under it what holds."""
    table = Table(title="Look-ups: a certain hit by exact keys, everything on, beside one SQL statement")
    for name in (
        "people",
        "clients",
        "floor /s",
        "p50",
        "p95 ms",
        "ours /s",
        "p50",
        "p95 ms",
        "% of floor",
        "p95 x",
        "statements",
        "ms CPU app+pg+valkey",
        "hold",
        "moonshot",
    ):
        table.add_column(name, justify="right")
    for row in rows:
        judged = row.clients >= 8
        table.add_row(
            f"{row.people:,}",
            str(row.clients),
            f"{row.floor.rate:,.0f}",
            f"{row.floor.percentile(50):.2f}",
            f"{row.floor.percentile(95):.2f}",
            f"{row.ours.rate:,.0f}",
            f"{row.ours.percentile(50):.2f}",
            f"{row.ours.percentile(95):.2f}",
            f"{row.share:.1%}",
            f"{row.stretch:.1f}",
            str(row.statements),
            " + ".join(f"{spent:.2f}" for spent in row.cpu.values()),
            ("yes" if row.meets(HOLD) else "NO") if judged else "",
            ("yes" if row.meets(MOONSHOT) else "no") if judged else "",
        )
    console.print(table)
    for number in sorted({row.clients for row in rows}):
        of_number = sorted((row for row in rows if row.clients == number), key=lambda row: row.people)
        small, large = of_number[0], of_number[-1]
        if small.people != large.people:
            ratio = large.ours.rate / small.ours.rate
            verdict = "" if number < 8 else f" (hold: 85 %: {'yes' if ratio >= 0.85 else 'NO'})"
            console.print(
                f"{number} clients: {large.people:,} people at {ratio:.0%} of the rate at {small.people:,}{verdict}"
            )
