from argparse import ArgumentParser
from typing import IO, Any, cast

from django.core.management.base import BaseCommand
from django.db import DEFAULT_DB_ALIAS
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from continuity.people import rebuilding
from continuity.people.models import Person
from continuity.trail.wall import background


class Command(BaseCommand):
    help = (
        "Make the match index agree with what is on record, after a change of MATCH_KEY or of how keys are made. "
        "Runs beside live traffic, a few hundred people at a time; stopped, it goes on where it was. "
        "See docs/operations.md."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--all", action="store_true", help="key everybody anew, also who seems to be right"
        )
        parser.add_argument(
            "--database", default=DEFAULT_DB_ALIAS, help="whose role writes: default or owner"
        )

        parser.add_argument("--jobs", type=int, default=2, help="batches written at a time (default 2)")

    @background("rebuild_match_keys")
    def handle(self, *args: Any, all: bool, database: str, jobs: int, **_: Any) -> None:
        console = Console(file=cast("IO[str]", self.stdout._out))
        keyed = 0
        with Progress(
            TextColumn("Match keys"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=console,
            disable=not console.is_terminal,
        ) as progress:
            task = progress.add_task("", total=Person.objects.using(database).count())
            for some in rebuilding.rebuild(everybody=all, using=database, jobs=jobs):
                keyed += some
                progress.advance(task, some)
        wrong = rebuilding.recount(using=database)
        rebuilding.fold_counts(using=database)
        self.stdout.write(f"{keyed:,} people keyed, {wrong:,} counts put right.")
