from argparse import ArgumentParser
from collections import Counter
from typing import IO, Any, cast

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DEFAULT_DB_ALIAS
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from continuity import resealing
from continuity.trail import wall


class Command(BaseCommand):
    help = (
        "Seal anew, under the first of FIELD_KEYS, what another key sealed: then the old key may go. Runs beside live "
        "traffic, some hundred values at a time; stopped, it goes on where it was. See docs/operations.md."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--check",
            action="store_true",
            help="only say which keys are needed, and by how much; exit code 1 when more than the first is",
        )
        parser.add_argument(
            "--database", default=DEFAULT_DB_ALIAS, help="whose role writes: default or owner"
        )
        parser.add_argument("--batch", type=int, default=resealing.AT_ONCE, help="values exchanged at a time")

    @wall.background("every sealed column is counted and sealed anew")
    def handle(self, *args: Any, check: bool, database: str, batch: int, **_: Any) -> None:
        console = Console(file=cast("IO[str]", self.stdout._out))
        newest = next(iter(settings.FIELD_KEYS))
        if not check:
            self._reseal(console, newest, database, batch)
        self._report(console, newest, database)

    def _reseal(self, console: Console, newest: str, database: str, batch: int) -> None:
        exchanged = unreadable = 0
        with Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
            disable=not console.is_terminal,
        ) as progress:
            for column in resealing.sealed_columns():
                used = resealing.keys_in_use(column, using=database)
                task = progress.add_task(str(column), total=used.total() - used[newest])
                done = None
                for done in resealing.reseal(column, using=database, at_once=batch):
                    progress.update(task, completed=done.read)
                exchanged += done.exchanged if done else 0
                unreadable += done.unreadable if done else 0
        self.stdout.write(
            f"{exchanged:,} values sealed anew, {unreadable:,} that no key opens left as they are."
        )

    def _report(self, console: Console, newest: str, database: str) -> None:
        """Say which keys are needed. Raises CommandError while any but the newest is."""
        needed: Counter[str] = Counter()
        told = Table("column", "key", "values", title="What is sealed, by the key that sealed it")
        for column in resealing.sealed_columns():
            used = resealing.keys_in_use(column, using=database)
            needed += used
            for key, count in sorted(used.items()):
                told.add_row(str(column), key, f"{count:,}")
        console.print(told)
        old = sorted(needed.keys() - {newest})
        if old:
            raise CommandError(
                f"Not all is under {newest}: {', '.join(old)} must stay. Run reseal once more."
            )
        self.stdout.write(f"Everything is under {newest}: no other key is needed.")
