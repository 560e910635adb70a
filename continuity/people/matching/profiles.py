"""What is known of a person, and what an asker says of one, in normal form."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from continuity.people.matching.spelling import normalise, words

Address = tuple[str, str, str]

_NO_DIGIT = re.compile(r"\D+")
_SUFFIXES = {
    "jr": "jr", "junior": "jr", "sr": "sr", "senior": "sr", "snr": "sr", "jnr": "jr",
    "ii": "ii", "2nd": "ii", "iii": "iii", "3rd": "iii", "iv": "iv", "4th": "iv", "v": "v",
}  # fmt: skip
# Written where an address would stand; hundreds share it and nobody lives there.
_NO_ADDRESS = {
    "", "nfa", "nofixedaddress", "nofixedabode", "homeless", "unhoused", "unsheltered", "transient", "unknown",
    "unk", "none", "na", "generaldelivery", "refused", "noaddress", "undomiciled",
}  # fmt: skip
# Beginnings of a surname that are written together with the rest as often as not.
_JOINED = {"mc", "mac", "o", "st", "saint", "fitz", "d"}


class NameParts(NamedTuple):
    """One name: words in normal form with a space between, the suffix as jr, sr, ii, iii, iv or v."""

    first: str = ""
    middle: str = ""
    last: str = ""
    suffix: str = ""


class Profile(NamedTuple):
    """A person of the index in normal form: every name they go by, when they were born, how they are reached.

    `birth_precision` says how much of `birth_date` is known: "ymd", "ym" or "y". `verified` are those of the
    `identifiers` that somebody has checked.
    """

    names: tuple[NameParts, ...] = ()
    birth_date: date | None = None
    birth_precision: str = ""
    sex: str = ""
    phones: tuple[str, ...] = ()
    addresses: tuple[Address, ...] = ()
    identifiers: tuple[str, ...] = ()
    verified: frozenset[str] = frozenset()

    def pack(self) -> list[Any]:
        """A short JSON value that `unpack` makes the same profile from."""
        return [
            [[one.first, one.middle, one.last, one.suffix] for one in self.names],
            self.birth_date.isoformat() if self.birth_date else "",
            self.birth_precision,
            self.sex,
            list(self.phones),
            [list(one) for one in self.addresses],
            list(self.identifiers),
            sorted(self.verified),
        ]

    @classmethod
    def unpack(cls, packed: Sequence[Any]) -> "Profile":
        names, born, precision, sex, phones, addresses, identifiers, verified = packed
        return cls(
            tuple([NameParts._make(one) for one in names]),
            date.fromisoformat(born) if born else None,
            precision,
            sex,
            tuple(phones),
            tuple([(line, city, code) for line, city, code in addresses]),
            tuple(identifiers),
            frozenset(verified),
        )


@dataclass(frozen=True)
class Query:
    """A person as an asker describes them, in normal form; anything may be empty.

    `years` is a range of birth years, both ends included; `age` was true on the day `as_of`. `is_vague`
    when a birth date was said, but one that stands for a year.
    """

    names: tuple[NameParts, ...] = ()
    birth_date: date | None = None
    birth_year: int | None = None
    age: int | None = None
    as_of: date | None = None
    years: tuple[int, int] | None = None
    sex: str = ""
    phones: tuple[str, ...] = ()
    addresses: tuple[Address, ...] = ()
    identifiers: tuple[str, ...] = ()
    is_vague: bool = False


def profile_of(
    *,
    names: Iterable[NameParts],
    birth_date: date | None = None,
    birth_precision: str = "ymd",
    estimated: bool = False,
    sex: str = "",
    phones: Iterable[str] = (),
    addresses: Iterable[Address] = (),
    identifiers: Iterable[str] = (),
    verified: Iterable[str] = (),
) -> Profile:
    """The profile of a person from what is on record, as it is written there; addresses are (line, city, code)."""
    if birth_date is None:
        birth_precision = ""
    elif estimated or (birth_precision == "ymd" and is_placeholder(birth_date)):
        birth_precision = "y"
    checked = _distinct(normalise(one) for one in verified)
    return Profile(
        names=_distinct_names(names),
        birth_date=birth_date,
        birth_precision=birth_precision,
        sex=_sex(sex),
        phones=_distinct(map(_phone, phones)),
        addresses=_addresses(addresses),
        identifiers=_distinct([*checked, *(normalise(one) for one in identifiers)]),
        verified=frozenset(checked),
    )


def query_of(
    *,
    first: str = "",
    middle: str = "",
    last: str = "",
    suffix: str = "",
    names: Iterable[NameParts] = (),
    birth_date: date | None = None,
    birth_year: int | None = None,
    age: int | None = None,
    as_of: date | None = None,
    years: tuple[int, int] | None = None,
    sex: str = "",
    phone: str = "",
    address: str = "",
    city: str = "",
    postal_code: str = "",
    identifier: str = "",
    phones: Iterable[str] = (),
    addresses: Iterable[Address] = (),
    identifiers: Iterable[str] = (),
) -> Query:
    """The query for what somebody says of a person, as they say it; an age needs the day it was true on."""
    is_vague = birth_date is not None and is_placeholder(birth_date)
    if birth_date is not None and is_vague:
        birth_year, birth_date = birth_date.year, None
    return Query(
        names=_distinct_names([NameParts(first, middle, last, suffix), *names]),
        birth_date=birth_date,
        birth_year=birth_year,
        age=age if as_of else None,
        as_of=as_of,
        years=years,
        sex=_sex(sex),
        phones=_distinct(map(_phone, [phone, *phones])),
        addresses=_addresses([(address, city, postal_code), *addresses]),
        identifiers=_distinct(normalise(one) for one in [identifier, *identifiers]),
        is_vague=is_vague,
    )


def asked_like(profile: Profile) -> Query:
    """The query that looks for others like a person of the index: are there duplicates?"""
    born = profile.birth_date
    exact = profile.birth_precision == "ymd"
    return Query(
        names=profile.names,
        birth_date=born if exact else None,
        birth_year=None if exact or born is None else born.year,
        sex=profile.sex,
        phones=profile.phones,
        addresses=profile.addresses,
        identifiers=profile.identifiers,
        is_vague=born is not None and not exact,
    )


def years_asked(query: Query) -> range:
    """The birth years that a query allows, one more on either side of an age."""
    if query.birth_date:
        return range(query.birth_date.year, query.birth_date.year + 1)
    if query.birth_year:
        return range(query.birth_year, query.birth_year + 1)
    if query.years:
        return range(query.years[0], query.years[1] + 1)
    if query.age is not None and query.as_of:
        middle = query.as_of.year - query.age
        return range(middle - 3, middle + 3)
    return range(0)


def is_placeholder(birth_date: date) -> bool:
    """1 January is what systems write when they do not know the day; it identifies nobody (P-5)."""
    return (birth_date.month, birth_date.day) == (1, 1)


def _distinct(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if value))


def _distinct_names(names: Iterable[NameParts]) -> tuple[NameParts, ...]:
    """Each name once; one that is a word alone may also be what somebody of the other surnames is called."""
    plain = list(dict.fromkeys(map(_name, names)))
    full = dict.fromkeys(one.last for one in plain if one.first and one.last)
    called = [
        NameParts(one.last, "", last) for one in plain if not one.first and not one.middle for last in full
    ]
    return tuple(dict.fromkeys(one for one in [*plain, *called] if one.first or one.last or one.middle))


def _name(one: NameParts) -> NameParts:
    """One name in normal form; a suffix that was written behind the surname is taken from there."""
    last = list(words(one.last))
    suffix = _SUFFIXES.get(normalise(one.suffix), "")
    if len(last) > 1 and last[-1] in _SUFFIXES and last[-1] != "v":
        suffix = suffix or _SUFFIXES[last[-1]]
        last.pop()
    joined: list[str] = []
    for word in last:
        if joined and joined[-1] in _JOINED:
            joined[-1] += word
        else:
            joined.append(word)
    return NameParts(" ".join(words(one.first)), " ".join(words(one.middle)), " ".join(joined), suffix)


def _sex(text: str) -> str:
    return {"m": "m", "male": "m", "man": "m", "f": "f", "female": "f", "woman": "f"}.get(
        text.strip().lower(), ""
    )


def _phone(text: str) -> str:
    """The digits, without the country; what is too short to be a number is none."""
    digits = _NO_DIGIT.sub("", text)
    if len(digits) == 11 and digits[0] == "1":
        digits = digits[1:]
    return digits if len(digits) >= 7 and len(set(digits[-7:])) > 1 else ""


def _addresses(addresses: Iterable[Address]) -> tuple[Address, ...]:
    plain = (
        (
            "" if normalise(line) in _NO_ADDRESS else " ".join(words(line)),
            normalise(city),
            normalise(postal_code)[:5],
        )
        for line, city, postal_code in addresses
    )
    return tuple(dict.fromkeys(one for one in plain if any(one)))
