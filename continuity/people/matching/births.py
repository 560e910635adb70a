"""How much more likely two statements of a birth are about one person than about two (likelihood ratios)."""

from datetime import date
from functools import lru_cache
from typing import NamedTuple

from rapidfuzz.distance import OSA

from continuity.people.matching.profiles import Profile, Query

_YEARS = 50  # over how many years most people of an index are born, as if evenly
_EXACT = 0.86 * 365 * _YEARS
_BY_AGE = (30.0, 7.0, 3.0, 1.2, 0.5, 0.3)  # how many years an age that was guessed is off
_BY_YEAR = (0.95 * _YEARS, 3.0, 0.5)
_FAR = 0.02


class Birth(NamedTuple):
    """What two statements say, in which field, and whether they contradict each other whatever they say."""

    ratio: float = 1.0
    field: str = ""
    is_conflict: bool = False
    is_vague: bool = False  # a full date was asked, but only the year is known
    is_near: bool = False  # one digit is another


_SILENT = Birth()
_SAME = Birth(_EXACT, "birth_date")
_TURNED = Birth(300.0, "birth_date")
_ONE_WRONG = Birth(30.0, "birth_date", is_near=True)
_PART_OTHER = Birth(3.0, "birth_date", True)
_FEW_WRONG = Birth(0.1, "birth_date", True)
_OTHER = Birth(0.01, "birth_date", True)


def compare_births(query: Query, profile: Profile) -> Birth:
    born = profile.birth_date
    if born is None:
        return _SILENT
    if query.birth_date:
        return _dates(query.birth_date, born, profile.birth_precision)
    if query.birth_year:
        return _close(abs(query.birth_year - born.year), _BY_YEAR)
    if query.age is not None and query.as_of:
        return _close(_years_off(query.age, query.as_of, born, profile.birth_precision), _BY_AGE)
    if query.years:
        return _range(query.years, born.year)
    return _SILENT


def _dates(asked: date, born: date, precision: str) -> Birth:
    if asked == born and precision == "ymd":
        return _SAME
    if precision == "y":
        return _close(abs(asked.year - born.year), _BY_YEAR)._replace(is_vague=True)
    if precision == "ym":
        if asked.year == born.year:
            return Birth(400.0, "birth_year") if asked.month == born.month else Birth(1.0, "birth_year", True)
        return _close(abs(asked.year - born.year), _BY_YEAR)
    parts = (asked.year == born.year) + (asked.month == born.month) + (asked.day == born.day)
    if not parts:
        return _OTHER
    if asked.year == born.year and asked.month == born.day and asked.day == born.month:
        return _TURNED
    apart = OSA.distance(_digits(asked), _digits(born), score_cutoff=2)
    if apart == 1:
        return _ONE_WRONG
    if parts == 2:
        return _PART_OTHER
    return _FEW_WRONG if apart == 2 or asked.year == born.year else _OTHER


@lru_cache(maxsize=1 << 15)
def _digits(day: date) -> str:
    return f"{day:%Y%m%d}"


def _close(off: int, ratios: tuple[float, ...]) -> Birth:
    ratio = ratios[off] if off < len(ratios) else _FAR
    return Birth(ratio, "birth_year", ratio < 1)


def _years_off(age: int, as_of: date, born: date, precision: str) -> int:
    oldest = as_of.year - born.year
    if precision == "y":
        return min(abs(age - oldest), abs(age - oldest + 1))
    return abs(age - oldest + ((as_of.month, as_of.day) < (born.month, born.day)))


def _range(years: tuple[int, int], year: int) -> Birth:
    width = years[1] - years[0] + 1
    off = max(years[0] - year, year - years[1], 0)
    return Birth(max(1.2, 0.9 * _YEARS / width), "birth_year") if not off else _close(off + 1, _BY_YEAR)
