"""The cells of one line of a county's file: text in, value out, or the column at fault and why. Pure.

A reason is one sentence fragment without the value itself, so that reports hold nothing personal.
"""

import re
from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime, time
from typing import TypeVar
from zoneinfo import ZoneInfo

from continuity.agencies.models import Agency

T = TypeVar("T")

YEARS = range(1900, 2200)
_DAY = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_MOMENT = re.compile(_DAY.pattern + r"[ T]([0-9]{2}):([0-9]{2})(?::([0-9]{2}))?")


class RowError(Exception):
    """Why a line is not loaded. `column` is "" when no single column is at fault."""

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(f"{column}: {reason}")
        self.column = column
        self.reason = reason


class Cells:
    """The cells of a line by column name, stripped; an empty or absent column reads as ""."""

    def __init__(self, cells: Mapping[str, str]) -> None:
        self._cells = {column: text.strip() for column, text in cells.items()}
        for column, text in self._cells.items():
            if not text.isprintable():
                _refuse_what_no_database_takes(column, text)

    def text(self, column: str, longest: int, *, required: bool = False) -> str:
        text = self._cells.get(column, "")
        if required and not text:
            raise RowError(column, "missing")
        if len(text) > longest:
            raise RowError(column, f"longer than {longest:,} characters")
        return text

    def texts(self, column: str, longest: int) -> tuple[str, ...]:
        """The parts of a list separated by semicolons, each once, in the file's order."""
        parts = tuple(dict.fromkeys(filter(None, map(str.strip, self._cells.get(column, "").split(";")))))
        if any(len(part) > longest for part in parts):
            raise RowError(column, f"longer than {longest:,} characters")
        return parts

    def choice(self, column: str, offered: Collection[str], *, required: bool = True) -> str:
        text = self._cells.get(column, "")
        if not text and required:
            raise RowError(column, "missing")
        if text and text not in offered:
            raise RowError(column, "not offered")
        return text

    def choices(self, column: str, offered: Collection[str], *, required: bool = True) -> list[str]:
        parts = list(self.texts(column, 1000))
        if not parts and required:
            raise RowError(column, "missing")
        if any(part not in offered for part in parts):
            raise RowError(column, "not offered")
        return parts

    def yes(self, column: str, *, required: bool = True) -> bool:
        return self.choice(column, ("yes", "no"), required=required) == "yes"

    def number(self, column: str, most: int) -> int:
        """A count; nothing counts as none."""
        text = self._cells.get(column, "") or "0"
        if not re.fullmatch("[0-9]{1,9}", text) or int(text) > most:
            raise RowError(column, f"not a number from 0 to {most:,}")
        return int(text)

    def known(self, column: str, things: Mapping[str, T], noun: str) -> T:
        """What the id in this column stands for."""
        text = self._cells.get(column, "")
        if not text:
            raise RowError(column, "missing")
        if text not in things:
            raise RowError(column, f"unknown {noun}")
        return things[text]

    def day(self, column: str) -> date:
        year, month, day = self._numbers(column, _DAY, "not a date like 2026-01-31")
        try:
            return date(year, month, day)
        except ValueError:
            raise RowError(column, "no such date") from None

    def day_if_any(self, column: str) -> date | None:
        return self.day(column) if self._cells.get(column) else None

    def start_of(self, column: str, agency: Agency) -> datetime:
        """The first moment of the day in this column where the agency is (P-18)."""
        return local(datetime.combine(self.day(column), time()), agency)

    def start_if_any(self, column: str, agency: Agency) -> datetime | None:
        return self.start_of(column, agency) if self._cells.get(column) else None

    def moment(self, column: str, agency: Agency) -> datetime:
        """The local time in this column, where the agency is, as a point in time."""
        parts = self._numbers(column, _MOMENT, "not a time like 2026-01-31 14:05:00")
        year, month, day, hour, minute, second = parts
        try:
            return local(datetime.combine(date(year, month, day), time(hour, minute, second)), agency)
        except ValueError:
            raise RowError(column, "no such date or time") from None

    def _numbers(self, column: str, form: re.Pattern[str], reason: str) -> tuple[int, ...]:
        text = self._cells.get(column, "")
        if not text:
            raise RowError(column, "missing")
        match = form.fullmatch(text)
        if match is None:
            raise RowError(column, reason)
        numbers = tuple(int(part or 0) for part in match.groups())
        if numbers[0] not in YEARS:
            raise RowError(column, f"not in the years {YEARS[0]} to {YEARS[-1]}")
        return numbers


def local(naive: datetime, agency: Agency) -> datetime:
    """A wall-clock time at the agency as UTC: an hour that comes twice is the first, one skipped is moved on."""
    return naive.replace(tzinfo=ZoneInfo(agency.timezone), fold=0).astimezone(UTC)


def _refuse_what_no_database_takes(column: str, text: str) -> None:
    if any("\ud800" <= char <= "\udfff" for char in text):
        raise RowError(column, "not UTF-8")
    if any(char < " " and char not in "\t\r\n" for char in text):
        raise RowError(column, "holds control characters")
