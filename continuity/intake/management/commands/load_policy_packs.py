from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from continuity.intake.policy_packs import FOLDER, LoadedPack, UnusablePack, load_packs


class Command(BaseCommand):
    help = (
        "Load the states' rules on consents from their files. They bind nobody until a privacy officer signs them "
        "off with the county's counsel; loading twice changes nothing. See docs/operations.md."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "folder", type=Path, nargs="?", default=FOLDER, metavar="DIR", help="default: the shipped ones"
        )

    def handle(self, *args: Any, folder: Path, **_: Any) -> None:
        try:
            loaded = load_packs(folder)
        except UnusablePack as error:
            raise CommandError(str(error), returncode=1) from error
        for one in loaded:
            self.stdout.write(_line(one))


def _line(loaded: LoadedPack) -> str:
    pack = loaded.pack
    news = "new" if loaded.is_new else "there already"
    state = (
        f"signed off on {pack.signed_off_at:%Y-%m-%d}"
        if pack.signed_off_at
        else "needs sign-off, binds nobody yet"
    )
    return f"{pack.code}-{pack.number} from {pack.effective_at:%Y-%m-%d}: {news}, {state}. {pack.title}"
