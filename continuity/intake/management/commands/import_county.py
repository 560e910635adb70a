from argparse import ArgumentParser
from pathlib import Path
from typing import IO, Any, cast

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from rich.console import Console

from continuity.intake.files import UnusableInput
from continuity.intake.report import RejectsFile, ShownImport, show
from continuity.intake.services import import_county, open_county
from continuity.trail.wall import background

_UNUSABLE = 2
_PLAIN_WIDTH = 110


class Command(BaseCommand):
    help = (
        "Load a county's CSV files from a folder. Bad rows are reported and kept apart, good ones stay; "
        "loading twice changes nothing. See docs/howto/import-a-county.md."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, metavar="DIR")
        parser.add_argument("--dry-run", action="store_true", help="report as usual, keep nothing")
        parser.add_argument(
            "--rejects", type=Path, metavar="FILE", help="default: DIR's name + .rejects.csv, here"
        )
        parser.add_argument(
            "--source",
            default="",
            metavar="CODE",
            help="the agency whose word people.csv is (default: the only county behavioral health agency)",
        )

    @background("import_county")
    def handle(
        self, *args: Any, folder: Path, dry_run: bool, rejects: Path | None, source: str, **_: Any
    ) -> None:
        self.stdout.ending = ""  # the console ends its lines itself
        out = cast("IO[str]", self.stdout)
        console = Console(file=out, width=None if self.stdout.isatty() else _PLAIN_WIDTH)
        rejects = rejects or Path(f"{folder.resolve().name}.rejects.csv")
        try:
            open_county(folder)  # before the rejects of a former run are overwritten
            with ShownImport(console, RejectsFile(rejects)) as shown:
                report = import_county(
                    folder, at=timezone.now(), listener=shown, source_code=source, is_dry_run=dry_run
                )
        except UnusableInput as error:
            raise CommandError(str(error), returncode=_UNUSABLE) from error
        show(console, report, rejects)
