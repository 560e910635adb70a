"""Keys under which a person is found: keyed 64-bit hashes, so that the table of them is useless to a thief (P-4).

A person has about twenty. What each is for:

Of a name, as it sounds or as it begins (each part of a double surname, and all of it as one word):
- surname + given name, middle name or a nickname's full name: spelling by ear, half a surname, nicknames;
- the surname's first three letters + given name, its last three + given name: a mistype in the surname;
- surname + initial: a mistyped given name, an initial.
Of a birth:
- the date: any name;
- given name + two of year, month and day: a changed surname, and one part of the date wrong;
- surname + month and day: a wrong year;
- surname + year, given name + year + surname's initial: only a year or an age.
Of a telephone number: the last seven digits; the last four + given name, all before + given name: one wrong digit.
Of an address: house number + street: no name; number + given name, number + surname, street + given name: a mistype.
Of an identifier: itself.

Asked, but not kept: first and last name exchanged, middle name as first, day and month exchanged, the years of an
age, an identifier with one digit wrong. A full name with a full birth date, and a surname with a verified
identifier, have exact keys of their own: officers are answered on those.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import product

from continuity.people.matching.addresses import house_of
from continuity.people.matching.nicknames import formal_names, short_names
from continuity.people.matching.profiles import NameParts, Profile, Query, is_placeholder, years_asked
from continuity.people.matching.spelling import normalise, sound, surname_parts

# How many other given names are tried for one: of a person kept, of a question asked.
_OTHERS_KEPT, _OTHERS_ASKED = 2, 7


@dataclass(frozen=True)
class Description:
    """What exact keys are made of: every (last, first) a person goes by, a full birth date, verified identifiers."""

    names: Iterable[tuple[str, str]]
    birth_date: date | None = None
    verified_identifiers: Iterable[str] = field(default_factory=tuple)


def exact_keys(described: Description | Profile, *, secret: bytes) -> set[int]:
    """The keys that alone make a match certain, as signed 64-bit integers (P-4)."""
    described = _exact(described)
    texts: set[str] = set()
    for last, first in described.names:
        surname, given = normalise(last), normalise(first)
        if surname and given and described.birth_date and not is_placeholder(described.birth_date):
            texts.add(f"born|{surname}|{given}|{described.birth_date.isoformat()}")
        if surname:
            texts |= {
                f"id|{surname}|{normalise(value)}"
                for value in described.verified_identifiers
                if normalise(value)
            }
    return {_hash(text, secret) for text in texts}


def number_keys(described: Description | Profile, *, secret: bytes) -> set[int]:
    """Keys of the verified numbers alone: they find nobody, but contradict a match with somebody else (P-5)."""
    values = {normalise(value) for value in _exact(described).verified_identifiers}
    return {_hash(f"number|{value}", secret) for value in values - {""}}


def index_keys(profile: Description | Profile, *, secret: bytes) -> set[int]:
    """All keys to keep for a person."""
    keys = exact_keys(profile, secret=secret) | number_keys(profile, secret=secret)
    if isinstance(profile, Profile):
        keys |= {_hash(text, secret) for text in _kept(profile)}
    return keys


def query_keys(query: Query, *, secret: bytes) -> tuple[int, ...]:
    """The keys to look under, the most telling first."""
    return tuple(_hash(text, secret) for text in dict.fromkeys(_asked(query)))


def terms(one: Profile | Query, *, secret: bytes) -> set[int]:
    """The hashed words of names whose holders are counted: of a person to count, of a query to ask for.

    A query asks besides for full names of a nickname, the middle name as a first, and both names exchanged.
    """
    first: set[str] = set()
    last: set[str] = set()
    for name in one.names:
        last.update(surname_parts(name.last))
        first.update(name.first.split())
        if isinstance(one, Query):
            last.update(surname_parts(name.first))
            for word in name.first.split()[:1]:
                first.update(sorted(formal_names(word))[:6])
            first.update([*name.last.split(), *name.middle.split()])
    return {_hash(f"first {word}", secret) for word in first} | {
        _hash(f"last {word}", secret) for word in last
    }


def term(kind: str, word: str, *, secret: bytes) -> int:
    """The hash under which `terms` counts a word: `kind` is "first" or "last"."""
    return _hash(f"{kind} {word}", secret)


def _exact(described: Description | Profile) -> Description:
    if isinstance(described, Description):
        return described
    born = described.birth_date if described.birth_precision == "ymd" else None
    return Description([(one.last, one.first) for one in described.names], born, described.verified)


def _kept(profile: Profile) -> Iterator[str]:
    exact = profile.birth_precision == "ymd"
    for name in profile.names:
        surnames = surname_parts(name.last)
        given = _given(name.first)
        others = [*_others(given, formal_names(given), _OTHERS_KEPT), *_middle(name)]
        yield from _by_name(surnames, given, others)
        yield from _by_birth(surnames, [given], profile.birth_date, exact)
    if profile.birth_date and exact:
        yield f"b {profile.birth_date:%Y%m%d}"
    known = {one for name in profile.names for one in surname_parts(name.last)}
    yield from _by_reach(profile, known, {_given(name.first) for name in profile.names})
    yield from (f"i {value}" for value in profile.identifiers)


def _asked(query: Query) -> Iterator[str]:
    yield from (f"i {value}" for value in query.identifiers)
    born = query.birth_date
    dates = [born, *_exchanged(born)] if born else []
    yield from (f"b {one:%Y%m%d}" for one in dates)
    names = list(_readings(query.names))
    givens = {given for _, given in names}
    called = givens | {other for given in givens for other in _asked_others(given)[:3]}
    yield from _by_reach(query, {one for some, _ in names for one in some}, called)
    for surnames, given in names:
        for one in dates:
            yield from _by_birth(surnames, [given, *_asked_others(given)[:3]], one, True)
    for surnames, given in names:
        yield from _by_name(surnames, given, _asked_others(given))
    for surnames, given in names[: len(query.names)]:
        for year in years_asked(query) if not born else ():
            yield from (f"sy {sound(one)} {year}" for one in surnames)
            yield from _by_year(surnames, [given, *_asked_others(given)[:3]], year)
    yield from (f"i {other}" for value in query.identifiers for other in _neighbours(value))


def _readings(names: Iterable[NameParts]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Surnames and given name as they were said, then with the two exchanged, then the middle name as the first."""
    names = tuple(names)
    yield from ((surname_parts(one.last), _given(one.first)) for one in names)
    yield from ((surname_parts(one.first), _given(one.last)) for one in names if one.first and one.last)
    yield from ((surname_parts(one.last), _given(one.middle)) for one in names if len(one.middle) > 1)


def _by_name(surnames: Iterable[str], given: str, others: Iterable[str]) -> Iterator[str]:
    if not given:
        return
    for surname in surnames:
        yield from (f"n {sound(surname)} {sound(one)}" for one in (given, *others))
        yield f"n3 {surname[:3]} {sound(given)}"
        yield f"n4 {surname[-3:]} {sound(given)}"
        yield f"ni {surname} {given[0]}"


def _by_birth(
    surnames: Iterable[str], givens: Iterable[str], born: date | None, exact: bool
) -> Iterator[str]:
    if born is None:
        return
    yield from (f"sy {sound(one)} {born.year}" for one in surnames)
    yield from _by_year(surnames, givens, born.year)
    if not exact:
        return
    yield from (f"sd {sound(one)} {born:%m%d}" for one in surnames)
    for heard in {sound(one) for one in givens if len(one) > 1}:
        yield f"gd {heard} {born:%m%d}"
        yield f"gm {heard} {born:%Y%m}"
        yield f"gy {heard} {born:%Y-%d}"


def _by_year(surnames: Iterable[str], givens: Iterable[str], year: int) -> Iterator[str]:
    initials = {one[0] for one in surnames}
    for heard in {sound(one) for one in givens if len(one) > 1}:
        yield from (f"gi {heard} {year} {initial}" for initial in initials)


def _by_reach(one: Profile | Query, surnames: Iterable[str], givens: Iterable[str]) -> Iterator[str]:
    heard = {sound(given) for given in givens if len(given) > 1}
    for phone in one.phones:
        yield f"p {phone[-7:]}"
        yield from (f"p4 {phone[-4:]} {given}" for given in heard)
        yield from (f"p6 {phone[:-4]} {given}" for given in heard)
    for line, _, _ in one.addresses:
        number, street, _ = house_of(line)
        telling = sound(street.split()[0]) if street else ""
        if number and telling:
            yield f"a {number} {telling}"
            yield from (f"sg {telling} {given}" for given in heard)
        if number:
            yield from (f"ag {number} {given}" for given in heard)
            yield from (f"as {number} {surname}" for surname in {sound(one) for one in surnames})


def _given(first: str) -> str:
    return first.split()[0] if first else ""


def _middle(name: NameParts) -> list[str]:
    return [one for one in name.middle.split()[:1] if len(one) > 1]


def _others(given: str, others: Iterable[str], most: int) -> list[str]:
    """Names among `others` that sound like neither `given` nor each other."""
    by_sound = {sound(one): one for one in sorted(others, reverse=True)}
    by_sound.pop(sound(given), None)
    return sorted(by_sound.values())[:most]


def _asked_others(given: str) -> list[str]:
    others = _others(given, formal_names(given), _OTHERS_ASKED)
    return [*others, *_others(given, short_names(given), _OTHERS_ASKED)][:_OTHERS_ASKED]


def _exchanged(born: date) -> list[date]:
    if born.day > 12 or born.day == born.month:
        return []
    return [date(born.year, born.day, born.month)]


def _neighbours(value: str) -> Iterator[str]:
    """Every identifier with one digit of this one wrong, or two neighbours exchanged."""
    if len(value) < 5:
        return
    for place, digit in product([i for i, char in enumerate(value) if char.isdigit()], "0123456789"):
        if value[place] != digit:
            yield value[:place] + digit + value[place + 1 :]
    for place in range(len(value) - 1):
        if value[place] != value[place + 1]:
            yield value[:place] + value[place + 1] + value[place] + value[place + 2 :]


def _hash(text: str, secret: bytes) -> int:
    digest = hashlib.blake2b(text.encode(), digest_size=8, key=secret[:64]).digest()
    return int.from_bytes(digest, "big", signed=True)
