import time
from argparse import ArgumentParser
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from continuity.disclosures import canonical
from continuity.disclosures.archives import BrokenArchive, open_archive
from continuity.disclosures.canonical import FIRST_ID, LEDGER, TABLES, AppendOnly
from continuity.disclosures.seal_exports import NotTheExported, read_export
from continuity.disclosures.verification import Chain, Verification

MOST_NAMED = 100


class Command(BaseCommand):
    help = (
        "Verify ledger and trail against their seals and name the first row that was altered, taken away, put in or "
        "swapped. Exit code 1 when there is one. See docs/operations.md."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--from", dest="since", type=date.fromisoformat, metavar="DAY", help="UTC, inclusive"
        )
        parser.add_argument("--until", type=date.fromisoformat, metavar="DAY", help="UTC, exclusive")
        parser.add_argument("--table", choices=sorted(TABLES), help="default: all of them")
        parser.add_argument(
            "--export", type=Path, metavar="FILE", help="the seals as another system kept them"
        )
        parser.add_argument(
            "--archive",
            type=Path,
            metavar="FILE",
            action="append",
            default=[],
            help="a detached month, perhaps several",
        )
        parser.add_argument("--all", action="store_true", help=f"name up to {MOST_NAMED} faults of a table")

    def handle(self, *args: Any, **options: Any) -> None:
        at = timezone.now()
        names = [options["table"]] if options["table"] else list(TABLES)
        try:
            exported = read_export(options["export"]) if options["export"] else {}
            found = [
                self._verify(_verification(TABLES[name], at, exported.get(name, {}), options), options["all"])
                for name in names
            ]
        except (NotTheExported, BrokenArchive, OSError) as error:
            raise CommandError(str(error)) from error
        if any(found):
            raise CommandError('Verification failed: see "When verification fails" in docs/operations.md.')

    def _verify(self, verification: Verification, name_all: bool) -> int:
        begun = time.monotonic()
        found = list(islice(verification.findings(), MOST_NAMED if name_all else 1))
        seconds = max(time.monotonic() - begun, 0.001)
        for finding in found:
            self.stderr.write(f"{finding.fault}: {finding.sentence}")
        line = f"{verification.table.name}: {verification.seals} seals, {verification.rows} rows"
        line += f" in {seconds:.1f} s ({verification.rows / seconds:,.0f} rows/s)"
        if verification.away:
            line += f"; {verification.away} rows of detached months need their --archive"
        self.stdout.write(f"{line}: {'FAULTS' if found else 'as sealed'}.")
        return len(found)


def _verification(table: AppendOnly, at: datetime, exported: Chain, options: dict[str, Any]) -> Verification:
    verification = Verification(table, at, exported=exported)
    if options["since"]:
        verification.since = _start_of(table, options["since"])
    if options["until"]:
        verification.until = _start_of(table, options["until"])
    if table is LEDGER:
        archives = map(open_archive, options["archive"])
        verification.archives = {canonical.first_id_of(one.month): one.reader() for one in archives}
    return verification


def _start_of(table: AppendOnly, day: date) -> Any:
    return canonical.end_of_quiet(table, datetime(day.year, day.month, day.day, tzinfo=UTC)) or FIRST_ID
