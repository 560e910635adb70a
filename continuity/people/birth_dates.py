"""A birth date as people type it, in any usual order, and as it is read back to them."""

import calendar
import re
from datetime import date

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_SENTENCE = "Type the day, month and year of birth, for example 4/3/1988 or 3 April 1988."


def read_birth_date(text: str, today: date) -> date:
    """The date meant by `text`: month first when both could be, as is usual here; day first when only that fits.

    Two-digit years are of this or the last century, whichever is past. Raises ValueError with a sentence for the
    person who typed it.
    """
    words = re.findall(r"[A-Za-z]+|\d+", text)
    if len(words) == 1 and len(words[0]) == 8 and words[0].isdigit():
        digits = words[0]
        iso = digits[:2] in ("19", "20") and int(digits[4:6]) <= 12
        words = [digits[:4], digits[4:6], digits[6:]] if iso else [digits[:2], digits[2:4], digits[4:]]
    if len(words) != 3:
        raise ValueError(_SENTENCE)
    year, month, day = _ordered(words)
    if year < 100:
        year += 2000 if year <= today.year % 100 else 1900
    try:
        born = date(year, month, day)
    except ValueError:
        raise ValueError("There is no such day. " + _SENTENCE) from None
    if born > today:
        raise ValueError("This date lies in the future. " + _SENTENCE)
    if today.year - born.year > 120:
        raise ValueError("This is more than 120 years ago. " + _SENTENCE)
    return born


def latest_birth(known: date, precision: str) -> date:
    """The last day on which somebody can have been born whose birth date is known to the year, month or day."""
    if precision == "y":
        return date(known.year, 12, 31)
    if precision == "ym":
        return known.replace(day=calendar.monthrange(known.year, known.month)[1])
    return known


def read_back(born: date, today: date) -> str:
    """`born` in words with the age, so that a swapped day and month is noticed: "3 April 1988, 38 years"."""
    years = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    return f"{born.day} {born:%B %Y}, {years} years"


def _ordered(words: list[str]) -> tuple[int, int, int]:
    named = [index for index, word in enumerate(words) if word.isalpha()]
    if len(named) > 1:
        raise ValueError(_SENTENCE)
    if named:
        month = _month(words.pop(named[0]))
        first, second = map(int, words)
        return (first, month, second) if len(words[0]) == 4 else (second, month, first)
    first, second, third = map(int, words)
    if len(words[0]) == 4:
        return first, second, third
    return (third, first, second) if first <= 12 else (third, second, first)


def _month(word: str) -> int:
    if word[:3].lower() not in _MONTHS:
        raise ValueError(_SENTENCE)
    return _MONTHS.index(word[:3].lower()) + 1
