"""Read a county's CSV files line by line, whatever wrote them: with or without BOM, LF or CRLF."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path


class UnusableInput(Exception):
    """Nothing can be loaded from this; says which file and column, for a person."""


@dataclass(frozen=True)
class Line:
    """One record of a file; `number` is the physical line on which it starts, `fault` why it is none."""

    number: int
    cells: list[str]
    fault: str = ""


@dataclass(frozen=True)
class CountyFile:
    """A CSV file whose header was found to hold the columns we know, in any order."""

    path: Path
    header: list[str]

    @property
    def name(self) -> str:
        return self.path.name

    def count_lines(self) -> int:
        """About how many records there are, to show how far we are."""
        with self.path.open("rb") as file:
            return max(0, sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b"")) - 1)

    def lines(self) -> Iterator[Line]:
        """Every record below the header, one at a time; empty lines are no records."""
        # Bytes that are no UTF-8 become surrogates, so that one bad line does not end the file.
        with self.path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
            reader = csv.reader(file)
            next(reader)
            while True:
                number = reader.line_num + 1
                try:
                    cells = next(reader)
                except StopIteration:
                    return
                except csv.Error:
                    yield Line(number, [], "not a line of CSV")
                    continue
                if cells:
                    yield Line(number, cells, self._fault(cells))

    def _fault(self, cells: list[str]) -> str:
        if len(cells) == len(self.header):
            return ""
        return f"has {len(cells)} cells instead of {len(self.header)}"


def open_county_file(path: Path, *, columns: Sequence[str], optional: Sequence[str]) -> CountyFile:
    """Look at the header of `path`. Raises UnusableInput for a missing, doubled or unknown column."""
    try:
        with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
            header = [cell.strip() for cell in next(csv.reader(file), [])]
    except (OSError, csv.Error) as error:
        raise UnusableInput(f"{path.name} cannot be read: {type(error).__name__}.") from error
    faults = [f"lacks the column {name}" for name in columns if name not in header]
    faults += [
        f"has a column that nothing is known of: {name!r}"
        for name in header
        if name not in (*columns, *optional)
    ]
    faults += [f"has the column {name} twice" for name in dict.fromkeys(header) if header.count(name) > 1]
    if faults:
        raise UnusableInput("; ".join(f"{path.name} {fault}" for fault in faults) + ".")
    return CountyFile(path, header)
