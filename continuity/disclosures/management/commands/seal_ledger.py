from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from continuity.disclosures.seal_exports import NotTheExported, seal_and_copy
from continuity.disclosures.seals import NoSealKey


class Command(BaseCommand):
    help = (
        "Seal what the append-only tables hold and is older than the quiet period; what the clock does every hour. "
        "See docs/operations.md."
    )

    def handle(self, *args: Any, **_: Any) -> None:
        try:
            made = seal_and_copy(timezone.now())
        except (NoSealKey, NotTheExported) as error:
            raise CommandError(str(error)) from error
        for seal in made:
            self.stdout.write(f"{seal.table}: seal {seal.number}, {seal.rows} rows, mac {seal.mac}")
        self.stdout.write(f"{len(made)} seals, {sum(seal.rows for seal in made)} rows.")
