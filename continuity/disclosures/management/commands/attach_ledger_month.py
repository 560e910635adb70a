from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError
from django.utils import timezone

from continuity.disclosures.archives import CannotMove, attach_month
from continuity.disclosures.management.months import month
from continuity.disclosures.seals import NoSealKey


class Command(BaseCommand):
    help = (
        "Bring a detached month of the ledger back, when it is what was sealed: its table, or FILE when the table is "
        "gone. As the owner: set DATABASE_OWNER_URL. See docs/operations.md."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("month", type=month, metavar="YYYY-MM")
        parser.add_argument("file", type=Path, metavar="FILE", nargs="?", help="the month's archive")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            seal = attach_month(options["month"], timezone.now(), options["file"])
        except (CannotMove, NoSealKey) as error:
            raise CommandError(f"Not attached: {error}.") from error
        except OperationalError as error:
            raise CommandError("Not attached: the ledger was in use for too long. Try again.") from error
        self.stdout.write(f"{seal.rows} rows are back, as sealed; seal {seal.number} says so.")
