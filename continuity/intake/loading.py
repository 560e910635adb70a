"""Load one file: line by line into batches, each batch one transaction, each bad line a reject.

What is already there is left as it is: a file is never a way to overwrite (amend, never delete). A line whose
record was edited here since it was loaded is left alone too, and counts as unchanged.
"""

import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, ClassVar, Generic, TypeVar
from uuid import UUID

from django.db import DataError, IntegrityError, transaction

from continuity.intake.cells import Cells, RowError
from continuity.intake.files import CountyFile, Line
from continuity.intake.rows import Row, Surroundings
from continuity.people.models import PersonAgency
from continuity.trail.models import Recorded
from continuity.trail.services import record_creations

BATCH = 1000
# Half a batch at a time: PostgreSQL takes 65,535 parameters in one statement.
AT_ONCE = 500
DIFFERS = "differs from the row already loaded"

R = TypeVar("R", bound=Row)
M = TypeVar("M", bound=Recorded)


@dataclass(frozen=True)
class Reject:
    """A line that was not loaded, and why; `column` is "" when no single one is at fault."""

    file: str
    line: int
    column: str
    reason: str
    cells: Sequence[str]


@dataclass
class Tally:
    """What became of the lines of one file."""

    file: str
    is_missing: bool = False
    loaded: int = 0
    unchanged: int = 0
    ended: int = 0
    seconds: float = 0.0
    reasons: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def rejected(self) -> int:
        return self.reasons.total()

    @property
    def read(self) -> int:
        return self.loaded + self.ended + self.unchanged + self.rejected


class Loader(ABC, Generic[R]):
    """How the lines of one file become rows of the database. A batch is looked up, checked, then written."""

    file: ClassVar[str]
    columns: ClassVar[tuple[str, ...]]
    optional: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def parse(self, cells: Cells, around: Surroundings) -> R:
        """The pure rule of the noun. Raises RowError."""

    @abstractmethod
    def find(self, rows: Sequence[R]) -> None:
        """Look up what is already there and what the rows of a batch point to."""

    @abstractmethod
    def is_known(self, row: R) -> bool:
        """Whether a row of this id is already there."""

    @abstractmethod
    def is_same(self, row: R) -> bool:
        """Whether the row that is there says what this one says, or was edited here since."""

    @abstractmethod
    def write(self, rows: Sequence[R]) -> None:
        """Write new rows with their history; runs inside one transaction."""

    def end(self, row: R) -> bool:  # most nouns have no end that must not wait
        """End what is there when the row says that it ended; True when it did. Ending is never refused."""
        return False

    def check(self, row: R) -> None:  # most nouns point to nothing
        """Refuse a row that points to what is not there. Raises RowError."""


def load_file(
    loader: Loader[R],
    file: CountyFile,
    around: Surroundings,
    *,
    reject: Callable[[Reject], None],
    advance: Callable[[int], None],
) -> Tally:
    """Load `file`; `reject` hears of every bad line, `advance` how many lines each batch had."""
    run = _Run(loader, file, around, reject)
    started = time.monotonic()
    for lines in _batches(file.lines()):
        run.load(lines)
        advance(len(lines))
    run.tally.seconds = time.monotonic() - started
    return run.tally


def values_agree(stored: Recorded, values: Mapping[str, Any]) -> bool:
    """Whether a stored row still holds these values, or was edited here since it was loaded."""
    return stored.version > 1 or all(getattr(stored, name) == value for name, value in values.items())


def create_recorded(rows: Sequence[M]) -> None:
    """Insert rows together with the history that `bulk_create` would not write."""
    if rows:
        type(rows[0])._default_manager.bulk_create(rows, batch_size=AT_ONCE)
        record_creations(rows)


def note_own_records(known: Iterable[tuple[UUID, UUID]]) -> None:
    """Remember that agencies now have records of their own about people: pairs of person and agency."""
    PersonAgency.objects.bulk_create(
        [PersonAgency(person_id=person, agency_id=agency) for person, agency in dict.fromkeys(known)],
        ignore_conflicts=True,
        batch_size=AT_ONCE,
    )


class _Run(Generic[R]):
    """One file on its way in."""

    def __init__(
        self, loader: Loader[R], file: CountyFile, around: Surroundings, reject: Callable[[Reject], None]
    ) -> None:
        self.loader, self.file, self.around, self._tell = loader, file, around, reject
        self.tally = Tally(file.name)
        self._rejects: list[Reject] = []

    def load(self, lines: Sequence[Line]) -> None:
        parsed = [(line, row) for line in lines if (row := self._parse(line)) is not None]
        self.loader.find([row for _, row in parsed])
        fresh: dict[str, tuple[Line, R]] = {}
        for line, row in parsed:
            try:
                if self._is_new(row, fresh):
                    fresh[row.key] = line, row
                else:
                    self.tally.unchanged += 1
            except RowError as error:
                self._reject(line, error)
        self._write(list(fresh.values()))
        for reject in sorted(self._rejects, key=lambda one: one.line):
            self._tell(reject)
        self._rejects.clear()

    def _parse(self, line: Line) -> R | None:
        try:
            if line.fault:
                raise RowError("", line.fault)
            cells = Cells(dict(zip(self.file.header, line.cells, strict=True)))
            return self.loader.parse(cells, self.around)
        except RowError as error:
            self._reject(line, error)
            return None

    def _is_new(self, row: R, fresh: Mapping[str, tuple[Line, R]]) -> bool:
        self.loader.check(row)
        if row.key in fresh:
            is_same = fresh[row.key][1] == row
        elif self.loader.is_known(row):
            if self.loader.end(row):
                self.tally.ended += 1
                self.tally.unchanged -= 1
                return False
            is_same = self.loader.is_same(row)
        else:
            return True
        if not is_same:
            raise RowError("", DIFFERS)
        return False

    def _write(self, rows: Sequence[tuple[Line, R]]) -> None:
        """Write all or, when the database refuses, each half by itself, down to the one bad row."""
        if not rows:
            return
        try:
            with transaction.atomic():
                self.loader.write([row for _, row in rows])
        except (IntegrityError, DataError) as error:
            if len(rows) == 1:
                self._reject(rows[0][0], RowError("", _said_by_database(error)))
            else:
                middle = len(rows) // 2
                self._write(rows[:middle])
                self._write(rows[middle:])
        else:
            self.tally.loaded += len(rows)

    def _reject(self, line: Line, error: RowError) -> None:
        self.tally.reasons[error.column, error.reason] += 1
        self._rejects.append(Reject(self.file.name, line.number, error.column, error.reason, line.cells))


def _batches(lines: Iterator[Line]) -> Iterator[list[Line]]:
    while batch := list(islice(lines, BATCH)):
        yield batch


def _said_by_database(error: Exception) -> str:
    """The name of the constraint, which is a sentence; never the message, which quotes values."""
    diagnosis = getattr(error.__cause__, "diag", None)
    name = getattr(diagnosis, "constraint_name", None) or type(error).__name__
    return f"refused by the database: {name.replace('_', ' ')}"
