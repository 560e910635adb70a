"""Tampering at full size: a million rows, every wall passed by SQL, and each thing done is found and named (AU-9)."""

import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import connections
from rich.console import Console
from rich.table import Table

from continuity.disclosures import seals
from continuity.disclosures.canonical import LEDGER
from continuity.disclosures.models import LedgerEntry, LedgerSeal
from continuity.disclosures.seal_exports import append_new, read_export
from continuity.disclosures.verification import Finding, Verification
from tests.disclosures.ledger_rows import owner, tampered, write_rows

L, S = LEDGER.name, "disclosures_ledgerseal"
ROWS = 1_000_000 if os.environ.get("CONTINUITY_DRILLS") == "full" else 20_000
SINCE, UNTIL = datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 5, 1, tzinfo=UTC)
AT = UNTIL + timedelta(hours=1)
NOBODY = "00000000-0000-7000-8000-000000000000"


def nth(place: int) -> str:
    return str(LedgerEntry.objects.order_by("id").values_list("id", flat=True)[place])


def verify(using: str = "owner", **options: object) -> tuple[list[Finding], Verification]:
    check = Verification(LEDGER, AT, using=using, **options)  # type: ignore[arg-type]
    return list(check.findings()), check


def cases() -> dict[str, tuple[list[str], str, str]]:
    """What the insider does, what it must be called, and the row or the seal."""
    early, late, last = nth(ROWS // 3), nth(2 * ROWS // 3), LedgerSeal.objects.count()
    past = early[:-4] + "0000"
    seal = f"WHERE \"table\" = '{L}' AND number"
    february = nth(LedgerEntry.objects.filter(at__lt=datetime(2024, 2, 1, tzinfo=UTC)).count())
    move = f"UPDATE {L} SET id = '{{}}' WHERE id = '{{}}'"
    return {
        "edit": ([f"UPDATE {L} SET reason_given = 'x' WHERE id = '{early}'"], "altered", early),
        "delete": ([f"DELETE FROM {L} WHERE id = '{early}'"], "missing", early),
        "insert in the past": (
            [
                f"CREATE TEMP TABLE one AS SELECT * FROM {L} WHERE id = '{early}'",
                f"UPDATE one SET id = '{past}'; INSERT INTO {L} SELECT * FROM one; DROP TABLE one",
            ],
            "inserted",
            past,
        ),
        "swap two": (
            [move.format(NOBODY, early), move.format(early, late), move.format(late, NOBODY)],
            "reordered",
            early,
        ),
        "drop a partition": ([f"DROP TABLE {L}_202402"], "missing", february),
        "replay an old seal": (
            [
                f"CREATE TEMP TABLE one AS SELECT * FROM {S} {seal} = 1; DELETE FROM {S} {seal} = {last}",
                f"UPDATE one SET id = gen_random_uuid(), number = {last}; INSERT INTO {S} SELECT * FROM one",
                "DROP TABLE one",
            ],
            "seal_forged",
            str(last),
        ),
    }


@pytest.mark.drill
@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_each_tampering_is_found_and_named(tmp_path: Path):
    write_rows(ROWS, SINCE, UNTIL)
    begun = time.monotonic()
    assert sum(seal.rows for seal in seals.seal_table(LEDGER, AT)) == ROWS
    sealing = ROWS / (time.monotonic() - begun)
    begun = time.monotonic()
    found, check = verify("default")
    verifying = ROWS / (time.monotonic() - begun)
    assert (found, check.rows) == ([], ROWS)
    table = Table(
        title=f"{ROWS:,} rows, {check.seals} seals: sealed {sealing:,.0f}, verified {verifying:,.0f} rows/s"
    )
    for heading in ("what was done", "what is named first", "s"):
        table.add_column(heading, overflow="fold")
    for name, (statements, fault, where) in cases().items():
        with tampered(*statements):
            begun = time.monotonic()
            first = verify()[0][0]
            table.add_row(name, f"{first.fault}: {first.sentence}", f"{time.monotonic() - begun:.1f}")
        assert (first.fault, str(first.row or first.seal)) == (fault, where), name
    table.add_row("all seals and rows of an older day put back", _replay_the_whole_state(tmp_path), "")
    Console(width=150).print(table)
    print(f"marks: {_bytes(S) / ROWS:.1f} bytes a row; the ledger: {_bytes(L + '_%') / ROWS:.0f}")
    _drop_months()


def _replay_the_whole_state(folder: Path) -> str:
    """Rows and seals of the past fit each other: only the copy that another system kept tells."""
    copy = folder / "seals.jsonl"
    append_new(copy)
    last = LedgerSeal.objects.latest("number")
    with tampered(
        f"DELETE FROM {L} WHERE id >= '{last.from_id}'", f"DELETE FROM {S} WHERE number = {last.number}"
    ):
        assert verify()[0] == []
        [first, *_] = verify(exported=read_export(copy)[L])[0]
    assert (first.fault, first.seal) == ("seal_missing", last.number)
    return f"{first.fault}: {first.sentence}"


def _bytes(name: str) -> int:
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT sum(pg_total_relation_size(oid)) FROM pg_class WHERE relname LIKE %s AND relkind = 'r'",
            [name],
        )
        return int(cursor.fetchone()[0])


def _drop_months() -> None:
    with owner() as connection:
        for month in ("202401", "202402", "202403", "202404", "202405"):
            connection.execute(f"DROP TABLE {L}_{month}")
