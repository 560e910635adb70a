"""Show an import while it runs and afterwards: a bar at a terminal, plain lines elsewhere; the rejects as a file."""

import csv
import io
import os
from pathlib import Path
from types import TracebackType

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from continuity.intake.files import UnusableInput
from continuity.intake.loading import Reject, Tally
from continuity.intake.services import Listener, Report

REJECT_COLUMNS = ("file", "line", "column", "reason", "row")
MOST_SHOWN = 50


class RejectsFile:
    """The lines that were not loaded, to be corrected and handed in again. Readable by its owner alone."""

    def __init__(self, path: Path) -> None:
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        except OSError as error:
            raise UnusableInput(f"{path} cannot be written: {error.strerror}.") from error
        self.path = path
        self._file = os.fdopen(descriptor, "w", encoding="utf-8", errors="surrogateescape", newline="")
        self._writer = csv.writer(self._file)
        self._writer.writerow(REJECT_COLUMNS)

    def write(self, reject: Reject) -> None:
        row = io.StringIO()
        csv.writer(row, lineterminator="").writerow(reject.cells)
        self._writer.writerow([reject.file, reject.line, reject.column, reject.reason, row.getvalue()])

    def close(self) -> None:
        self._file.close()


class ShownImport(Listener):
    """Tells the console how it goes and the file what was rejected; use it as a context."""

    def __init__(self, console: Console, rejects: RejectsFile) -> None:
        self._console, self._rejects = console, rejects
        self._shown = 0
        self._task: TaskID | None = None
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
            disable=not console.is_terminal,
        )

    def __enter__(self) -> "ShownImport":
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()
        self._rejects.close()

    def begin(self, file: str, lines: int) -> None:
        self._task = self._progress.add_task(file, total=lines)

    def advance(self, lines: int) -> None:
        if self._task is not None:
            self._progress.advance(self._task, lines)

    def reject(self, reject: Reject) -> None:
        self._rejects.write(reject)
        self._shown += 1
        if self._shown <= MOST_SHOWN:
            where = f"{reject.file} line {reject.line}" + (f", {reject.column}" if reject.column else "")
            self._console.print(escape(f"{where}: {reject.reason}"), highlight=False, soft_wrap=True)
        elif self._shown == MOST_SHOWN + 1:
            self._console.print("More rejects are only in the rejects file.")

    def end(self, tally: Tally) -> None:
        if tally.is_missing:
            self._console.print(f"{tally.file} is not there: skipped.", highlight=False)
        elif not self._console.is_terminal:
            self._console.print(
                f"{tally.file}: {tally.read} read, {tally.loaded} loaded, {tally.unchanged} unchanged,"
                f" {tally.ended} ended, {tally.rejected} rejected",
                highlight=False,
                soft_wrap=True,
            )


def show(console: Console, report: Report, rejects: Path) -> None:
    """Print the tables of an import that has ended."""
    if report.is_dry_run:
        console.print("Dry run: nothing was kept.")
    console.print(_files(report))
    if any(tally.reasons for tally in report.tallies):
        console.print(_reasons(report))
        console.print(f"The rejected rows are in {rejects}: they are personal data.", soft_wrap=True)
    console.print(_figures(report))


def _files(report: Report) -> Table:
    table = Table(title="Files", title_justify="left")
    table.add_column("file")
    for name in ("read", "loaded", "unchanged", "ended", "rejected", "rows/s"):
        table.add_column(name, justify="right")
    for tally in report.tallies:
        if tally.is_missing:
            table.add_row(tally.file, "not there")
        else:
            table.add_row(*_counts(tally.file, tally))
    total = Tally("all")
    for tally in report.tallies:
        total.loaded += tally.loaded
        total.unchanged += tally.unchanged
        total.ended += tally.ended
        total.reasons += tally.reasons
        total.seconds += tally.seconds
    table.add_section()
    table.add_row(*_counts("all", total))
    return table


def _counts(name: str, tally: Tally) -> list[str]:
    rate = tally.read / tally.seconds if tally.seconds else 0
    counts = (tally.read, tally.loaded, tally.unchanged, tally.ended, tally.rejected, round(rate))
    return [name, *(f"{count:,}" for count in counts)]


def _reasons(report: Report) -> Table:
    table = Table(title="Rejected rows", title_justify="left")
    for name in ("file", "column", "reason"):
        table.add_column(name)
    table.add_column("rows", justify="right")
    for tally in report.tallies:
        for (column, reason), count in tally.reasons.most_common():
            table.add_row(tally.file, column, escape(reason), f"{count:,}")
    return table


def _figures(report: Report) -> Table:
    found = report.figures
    share = f" ({found.diverted / found.handed:.1%})" if found.handed else ""
    table = Table(title="All contacts that came from files", title_justify="left", show_header=False)
    table.add_column("figure")
    table.add_column("count", justify="right")
    table.add_row("contacts", f"{found.contacts:,}")
    table.add_row("people with a contact", f"{found.people:,}")
    table.add_row("contacts of the most frequent person", f"{found.most_of_one_person:,}")
    table.add_row("events with an apprehension", f"{found.apprehensions:,}")
    table.add_row("calls handed to the clinician", f"{found.handed:,}")
    table.add_row("of these diverted", f"{found.diverted:,}{share}")
    return table
