"""What a responder would ask about an invented person: every kind of question, and those about nobody in the index."""

import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import date
from typing import Any

from continuity.people.matching import query_of
from continuity.people.matching.nicknames import formal_names, short_names
from continuity.people.matching.spelling import normalise
from tests.bench.matching.invented import AS_OF, SHORT, County, Person
from tests.bench.matching.mistakes import (
    exchange,
    exchange_day_and_month,
    misdate,
    misnumber,
    mistype,
    write_by_ear,
    write_otherwise,
)
from tests.bench.matching.names import plain

Asked = dict[str, Any] | None  # the arguments of `query_of`; None where the kind does not apply to the person


def whole(by: random.Random, person: Person) -> dict[str, Any]:
    """Name and birth date, at times with sex, middle initial, telephone or address."""
    asked: dict[str, Any] = {
        "first": plain(person.first),
        "last": plain(person.last),
        "birth_date": person.born,
        "suffix": person.suffix if by.random() < 0.5 else "",
        "sex": person.sex if by.random() < 0.6 else "",
    }
    lot = by.random()
    if lot < 0.12:
        asked["middle"] = person.middle[:1]
    elif lot < 0.2:
        asked["phone"] = person.phone
    elif lot < 0.28:
        asked["address"] = shorten(by, person.home[0])
    return asked


def name_only(by: random.Random, person: Person) -> dict[str, Any]:
    return {"first": plain(person.first), "last": plain(person.last), "sex": person.sex}


def shorten(by: random.Random, line: str) -> str:
    for word, short in SHORT.items():
        if by.random() < 0.7:
            line = line.replace(word, short)
    if by.random() < 0.4:
        line = line.split(" Ap")[0].split(" #")[0]
    return mistype(by, line) if by.random() < 0.1 else line


def age_of(person: Person) -> int:
    had = (AS_OF.month, AS_OF.day) >= (person.born.month, person.born.day)
    return AS_OF.year - person.born.year - (not had)


def _either(by: random.Random, asked: dict[str, Any], change: Callable[[random.Random, str], str]) -> Asked:
    which = "last" if by.random() < 0.6 else "first"
    return asked | {which: change(by, asked[which])}


def _called(by: random.Random, person: Person) -> str:
    first = normalise(person.first.split()[0])
    names = sorted(short_names(first) or formal_names(first))
    return by.choice(names).capitalize() if names else ""


def clean(by: random.Random, person: Person) -> Asked:
    asked = whole(by, person)
    return asked | {part: write_otherwise(by, getattr(person, part)) for part in ("first", "last")}


def nickname(by: random.Random, person: Person) -> Asked:
    called = _called(by, person)
    return whole(by, person) | {"first": called} if called else None


def typo(by: random.Random, person: Person) -> Asked:
    return _either(by, whole(by, person), mistype)


def transposed(by: random.Random, person: Person) -> Asked:
    return _either(by, whole(by, person), exchange)


def phonetic(by: random.Random, person: Person) -> Asked:
    return _either(by, whole(by, person), write_by_ear)


def swapped_names(by: random.Random, person: Person) -> Asked:
    asked = whole(by, person)
    return asked | {"first": asked["last"], "last": asked["first"]}


def part_surname(by: random.Random, person: Person) -> Asked:
    parts = plain(person.last).replace("-", " ").split()
    if len(parts) < 2 or min(map(len, parts)) < 3:
        return None
    return whole(by, person) | {"last": by.choice([*parts, "".join(parts), " ".join(reversed(parts))])}


def dob_swap(by: random.Random, person: Person) -> Asked:
    other = exchange_day_and_month(person.born)
    return whole(by, person) | {"birth_date": other} if other else None


def dob_digit(by: random.Random, person: Person) -> Asked:
    return whole(by, person) | {"birth_date": misdate(by, person.born)}


def year_only(by: random.Random, person: Person) -> Asked:
    asked = name_only(by, person) | {"birth_year": person.born.year}
    return asked if by.random() < 0.7 else _either(by, asked, mistype)


def age_only(by: random.Random, person: Person) -> Asked:
    off = by.choice([0, 0, 0, 0, 1, -1, 1, -1, 2, -2, 3])
    return name_only(by, person) | {"age": max(1, age_of(person) + off), "as_of": AS_OF}


def years_range(by: random.Random, person: Person) -> Asked:
    start = person.born.year - by.randint(0, 5)
    return name_only(by, person) | {"years": (start, start + 5)}


def name_address(by: random.Random, person: Person) -> Asked:
    if not has_home(person):
        return None
    asked = name_only(by, person) | {"address": shorten(by, person.home[0]), "city": person.home[1]}
    return asked if by.random() < 0.5 else asked | {"last": mistype(by, asked["last"])}


def phone_first(by: random.Random, person: Person) -> Asked:
    first = (_called(by, person) if by.random() < 0.2 else "") or plain(person.first)
    return {"first": first, "phone": person.phone} if person.phone else None


def address_first(by: random.Random, person: Person) -> Asked:
    if not has_home(person):
        return None
    asked: dict[str, Any] = {
        "first": plain(person.first),
        "address": shorten(by, person.home[0]),
        "sex": person.sex,
    }
    return asked | (
        {"age": age_of(person) + by.choice([0, 1, -2]), "as_of": AS_OF} if by.random() < 0.5 else {}
    )


def alias(by: random.Random, person: Person) -> Asked:
    full = [(first, last) for first, last in person.others if first]
    if not full:
        return None
    first, last = by.choice(full)
    return whole(by, person) | {"first": plain(first), "last": plain(last)}


def surname_changed(by: random.Random, person: Person) -> Asked:
    if person.sex != "f" or not (person.phone or person.middle or has_home(person)):
        return None
    asked = whole(by, person) | {
        "last": by.choice(["Quiller", "Ostrander", "Villaseñor", "Marwood", "Tamayo"])
    }
    if person.phone:
        return asked | {"phone": person.phone}
    return asked | ({"middle": person.middle} if person.middle else {"address": person.home[0]})


def initial(by: random.Random, person: Person) -> Asked:
    return whole(by, person) | {"first": person.first[:1]}


def middle_as_first(by: random.Random, person: Person) -> Asked:
    return whole(by, person) | {"first": plain(person.middle), "middle": ""} if person.middle else None


def external_id(by: random.Random, person: Person) -> Asked:
    return {"identifier": by.choice(person.numbers).lower()} if person.numbers else None


def external_id_typo(by: random.Random, person: Person) -> Asked:
    if not person.numbers:
        return None
    asked = {"last": plain(person.last), "identifier": misnumber(by, by.choice(person.numbers))}
    return asked if by.random() < 0.5 else asked | {"first": plain(person.first)}


def moved_phone(by: random.Random, person: Person) -> Asked:
    if not person.phone:
        return None
    asked = name_only(by, person) | {"phone": person.phone, "address": f"{by.randint(1, 999)} Harbour Row"}
    if by.random() < 0.3:
        asked["phone"] = misnumber(by, person.phone)
    return asked if by.random() < 0.5 else asked | {"last": mistype(by, asked["last"])}


def heavy(by: random.Random, person: Person) -> Asked:
    """Two or three things wrong at once."""
    asked = whole(by, person)
    for wrong in by.sample(["last", "first", "called", "born", "ear", "order"], by.choice([2, 3])):
        if wrong in ("last", "first"):
            asked[wrong] = mistype(by, asked[wrong])
        elif wrong == "called":
            asked["first"] = _called(by, person) or asked["first"]
        elif wrong == "born":
            asked["birth_date"] = misdate(by, person.born)
        elif wrong == "ear":
            asked["last"] = write_by_ear(by, asked["last"])
        else:
            asked["first"], asked["last"] = asked["last"], asked["first"]
    return asked


def has_home(person: Person) -> bool:
    return person.home[0][0].isdigit() and bool(person.home[2]) and "Jail" not in person.home[0]


# Each with how many of a hundred questions about people in the index are of that kind.
KINDS: dict[Callable[[random.Random, Person], Asked], int] = {
    clean: 8, nickname: 7, typo: 8, transposed: 5, phonetic: 8, swapped_names: 5, part_surname: 5, dob_swap: 5,
    dob_digit: 7, year_only: 6, age_only: 5, years_range: 2, name_address: 4, phone_first: 3, address_first: 3,
    alias: 4, surname_changed: 4, initial: 3, middle_as_first: 2, external_id: 2, external_id_typo: 2,
    moved_phone: 3, heavy: 8,
}  # fmt: skip
ABSENT = {"stranger": 35, "relative": 25, "namesake": 18, "namesake_year": 10, "twin": 6, "jr_sr": 6}
_SHAPES = [clean, clean, clean, clean, nickname, typo, phonetic]
_LOOSE = [*_SHAPES, dob_digit, year_only, age_only, name_address, moved_phone]


def questions(
    county: County, inside: list[Person], outside: list[Person], many: int
) -> Iterator[tuple[str, str, str, Any]]:
    """(the id of whom is meant or "", kind, origin, query): three of four are in the index."""
    by = county.by
    for kind, share in KINDS.items():
        found = ((person, kind(by, person)) for person in by.sample(inside, len(inside)))
        for person, asked in _first(found, round(many * 0.75 * share / sum(KINDS.values()))):
            yield person.record, kind.__name__, person.origin, query_of(**asked)
    known = _Known(inside)
    for name, share in ABSENT.items():
        found = (_absent(county, name, person, known) for person in by.sample(inside, len(inside)))
        if name in ("stranger", "relative"):
            found = (_outsider(county, name, person, known) for person in by.sample(outside, len(outside)))
        for person, asked in _first(found, round(many * 0.25 * share / sum(ABSENT.values()))):
            yield "", f"none_{name}", person.origin, query_of(**asked)


def _first(found: Iterable[tuple[Person, Asked]], most: int) -> Iterator[tuple[Person, dict[str, Any]]]:
    for person, asked in found:
        if most <= 0:
            return
        if asked is not None:
            most -= 1
            yield person, asked


class _Known:
    """Who is in the index, to leave out questions that nobody could answer."""

    def __init__(self, inside: Iterable[Person]) -> None:
        self.households: set[int] = set()
        self._by_surname: dict[str, list[Person]] = defaultdict(list)
        for person in inside:
            self.households.add(person.household)
            self._by_surname[normalise(person.last)].append(person)

    def has_one_like(self, person: Person) -> bool:
        """Of that name, and of that birth date or home: a question about such a one is not fair."""
        first = normalise(person.first)
        return any(
            normalise(other.first)[:3] == first[:3]
            and (other.born == person.born or (other.home == person.home and other.suffix == person.suffix))
            for other in self._by_surname[normalise(person.last)]
        )


def _outsider(county: County, name: str, person: Person, known: _Known) -> tuple[Person, Asked]:
    if (name == "relative") != (person.household in known.households) or known.has_one_like(person):
        return person, None
    return person, county.by.choice(_LOOSE)(county.by, person)


def _absent(county: County, name: str, person: Person, known: _Known) -> tuple[Person, Asked]:
    """Somebody made to be taken for a person of the index."""
    other = _double(county, name, person)
    if other is None or known.has_one_like(other):
        return person, None
    return other, county.by.choice(_SHAPES)(county.by, other)


def _a_digit_apart(one: date, other: date) -> bool:
    """So near that nobody could tell a namesake from the person with a slip in the date: not a fair question."""
    return sum(mine != theirs for mine, theirs in zip(f"{one:%m%d}", f"{other:%m%d}", strict=True)) < 2


def _double(county: County, name: str, person: Person) -> Person | None:
    by = county.by
    if name == "twin":
        return county.relative(person, is_twin=True)
    if name == "jr_sr":
        is_one = person.sex == "m" and not person.suffix and person.born < date(1996, 1, 1)
        born = date(min(person.born.year + by.randint(19, 35), 2013), by.randint(1, 12), by.randint(2, 28))
        return replace(person, born=born, suffix="Jr.", phone="", middle="") if is_one else None
    stranger = replace(county.person(person.origin, person.sex), first=person.first, last=person.last)
    if name == "namesake_year":
        born = date(person.born.year, by.randint(1, 12), by.randint(2, 28))
        return None if _a_digit_apart(born, person.born) else replace(stranger, born=born)
    return stranger
