from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from continuity.disclosures.seal_exports import NotTheExported, append_new, lines_after


class Command(BaseCommand):
    help = (
        "Write the seals as JSON lines: all of them to the standard output, or to a file those that it lacks, after "
        "looking whether its last ones are still in the database. See docs/operations.md."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, nargs="?", metavar="FILE")

    def handle(self, *args: Any, file: Path | None, **_: Any) -> None:
        if file is None:
            for line in lines_after({}):
                self.stdout.write(line, ending="")
            return
        try:
            self.stdout.write(f"{append_new(file)} seals were added to {file}.")
        except NotTheExported as error:
            raise CommandError(str(error)) from error
