"""Ten million rows in monthly partitions: a look-up, an accounting and the weekly review keep their times."""

import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from rich.console import Console
from rich.table import Table

from continuity.disclosures import seals, watch
from continuity.disclosures.accounting import accounting_of
from continuity.disclosures.archives import attach_month, detach_month
from continuity.disclosures.canonical import LEDGER
from continuity.disclosures.models import LedgerEntry
from continuity.disclosures.record import PersonRecord
from continuity.disclosures.services import release
from continuity.disclosures.verification import Verification
from continuity.people.matching import Grade
from continuity.people.services import Identified
from tests import builders as b
from tests.builders import NOW
from tests.cast import Cast
from tests.disclosures.ledger_rows import owner, write_rows

FEW = 100_000
ROWS = {"full": 10_000_000, "some": 1_000_000}.get(os.environ.get("CONTINUITY_DRILLS", ""), 150_000)
MONTHS = timedelta(days=730)
A_WEEK = 20_000  # rows of the week that is reviewed, whatever lies before it
OF_SAM = 120
BYTES_A_ROW = 2_000  # with indexes, log and archive, generously


class County:
    """Fifty officers who have asked about fifty thousand people for two years."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast
        cast.consent()
        self.officers = [b.member(f"officer-{n}", cast.police, "officer").pk for n in range(50)]
        self.people = [uuid4() for _ in range(50_000)]
        self.rows = A_WEEK + OF_SAM
        self._write(A_WEEK, NOW - timedelta(days=12), NOW - timedelta(days=1), self.people)
        self._write(OF_SAM, NOW - MONTHS, NOW - timedelta(days=2), [cast.sam.pk])

    def grow(self, rows: int) -> None:
        """Older rows, until there are so many."""
        while missing := rows - self.rows:
            some = min(missing, 1_000_000)
            begins = NOW - MONTHS + (MONTHS - timedelta(days=12)) * (self.rows / rows)
            until = NOW - MONTHS + (MONTHS - timedelta(days=12)) * ((self.rows + some) / rows)
            self._write(some, begins, until, self.people)
            self.rows += some
        with owner() as connection:
            connection.execute("VACUUM (ANALYZE) disclosures_ledgerentry")

    def _write(self, rows: int, since: datetime, until: datetime, people: list[Any]) -> None:
        write_rows(
            rows,
            since,
            until,
            people=people,
            askers=self.officers,
            agencies=[self.cast.police.pk],
            custodian=self.cast.county.pk,
        )


def times(work: Callable[[], object], often: int) -> str:
    """Median and 95th percentile in milliseconds."""
    taken = []
    for _ in range(often):
        begun = time.perf_counter()
        work()
        taken.append((time.perf_counter() - begun) * 1000)
    taken.sort()
    return f"{statistics.median(taken):.1f} / {taken[int(len(taken) * 0.95)]:.1f}"


def measure(cast: Cast) -> dict[str, str]:
    number = iter(range(100_000))

    def look_up() -> None:
        answer = release(
            by=cast.reyes,
            identified=Identified(cast.sam.pk, Grade.CERTAIN),
            purpose="le_crisis_response",
            incident_ref="2026-0001",
            searched="x",
            channel="api",
            at=NOW + timedelta(milliseconds=next(number)),
        )
        assert isinstance(answer, PersonRecord)

    def account() -> None:
        accounting = accounting_of(
            person_id=cast.sam.pk, agency=cast.county, period_from=NOW - MONTHS, period_until=NOW, at=NOW
        )
        assert accounting.lines

    def review() -> None:
        with transaction.atomic():
            assert watch.review_week(week=watch.monday_of(NOW.date()) - watch.WEEK, at=NOW)
            transaction.set_rollback(True)

    look_up()
    found = {"look-up": times(look_up, 200), "accounting of one person": times(account, 20)}
    _forget_look_ups(cast)
    return found | {"weekly review": times(review, 3)}


def _forget_look_ups(cast: Cast) -> None:
    with owner() as connection:
        connection.execute("DELETE FROM disclosures_ledgerentry WHERE asker_id = %s", [cast.reyes.pk])


@pytest.mark.drill
@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_old_rows_cost_a_look_up_nothing(cast: Cast):
    if shutil.disk_usage(tempfile.gettempdir()).free < ROWS * BYTES_A_ROW:
        pytest.skip("not enough disk for the ledger, its log and an archive")
    county = County(cast)
    county.grow(FEW)
    few = measure(cast)
    begun = time.monotonic()
    county.grow(ROWS)
    written = time.monotonic() - begun
    many = measure(cast)
    table = Table(title=f"p50 / p95 ms; {A_WEEK:,} rows in the last week (rows written in {written:.0f} s)")
    for heading in ("", f"{FEW:,} rows", f"{ROWS:,} rows"):
        table.add_column(heading, justify="right" if heading else "left")
    for name, before in few.items():
        table.add_row(name, before, many[name])
    console = Console(width=120)
    console.print(table)
    console.print(_retire_and_bring_back())


def _retire_and_bring_back() -> Table:
    """Seal everything, verify it, detach the tenth month, verify, bring it back, verify."""
    at = NOW + timedelta(days=1)
    month = (NOW - MONTHS + timedelta(days=300)).date().replace(day=1)
    table = Table(title="Sealing and retiring")
    for heading in ("what", "rows", "s", "rows/s"):
        table.add_column(heading, justify="left" if heading == "what" else "right")

    def timed(what: str, work: Callable[[], int]) -> None:
        begun = time.monotonic()
        rows, seconds = work(), time.monotonic() - begun
        table.add_row(what, f"{rows:,}", f"{seconds:.1f}", f"{rows / seconds:,.0f}")

    total = LedgerEntry.objects.count()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "month.gz"
        timed("seal", lambda: sum(seal.rows for seal in seals.seal_table(LEDGER, at)))
        timed("verify", lambda: _verify(at))
        timed(f"detach {month:%Y-%m}, archived", lambda: detach_month(month, file, at)[1].rows)
        table.add_row("the archive, MB", "", f"{file.stat().st_size / 1e6:.0f}", "")
        timed("verify without it", lambda: _verify(at))
        timed("attach", lambda: attach_month(month, at).rows)
        timed("verify", lambda: _verify(at))
    assert LedgerEntry.objects.count() == total
    _drop_old_months()
    return table


def _verify(at: datetime) -> int:
    check = Verification(LEDGER, at)
    assert list(check.findings()) == []
    return check.rows


def _drop_old_months() -> None:
    with owner() as connection:
        names = connection.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relname LIKE 'disclosures\\_ledgerentry\\_2%%'"
            " AND relname < %s",
            [f"disclosures_ledgerentry_{date(NOW.year, NOW.month, 1) - timedelta(days=1):%Y%m}"],
        ).fetchall()
        for [name] in names:
            connection.execute(f"DROP TABLE {name}")
