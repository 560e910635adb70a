from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError
from django.utils import timezone

from continuity.disclosures.archives import CannotMove, detach_month
from continuity.disclosures.management.months import month
from continuity.disclosures.seals import NoSealKey


class Command(BaseCommand):
    help = (
        "Archive a sealed month of the ledger to FILE, verify the file, and detach the month. As the owner: set "
        "DATABASE_OWNER_URL. See docs/operations.md."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("month", type=month, metavar="YYYY-MM")
        parser.add_argument("file", type=Path, metavar="FILE", help="new, readable by its owner alone")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            _, seal = detach_month(options["month"], options["file"], timezone.now())
        except (CannotMove, NoSealKey) as error:
            raise CommandError(f"Not detached: {error}.") from error
        except OperationalError as error:
            raise CommandError("Not detached: the ledger was in use for too long. Try again.") from error
        self.stdout.write(f"{seal.rows} rows are in {options['file']}, sha256 {seal.root}.")
        self.stdout.write(f"{seal.table}: seal {seal.number} says so.")
