"""A county of invented people in households: families under one roof, twins, father and son, namesakes."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from continuity.people.matching import NameParts, Profile, profile_of
from tests.bench.matching.mistakes import mistype
from tests.bench.matching.names import ORIGINS, Names, all_names, plain

AS_OF = date(2026, 3, 1)
_EARLIEST, _LATEST = date(1930, 1, 1), date(2014, 1, 1)
_TREES = """Acacia Alder Aspen Beech Buckeye Catalpa Cypress Dogwood Ginkgo Hazel Hemlock Ironwood Larch Linden Mulberry
Addams Bethune Carver Chisholm Douglass Earhart Goddard Hopper Keller Mitchell Parks Salk Tubman Wells"""
_PLACES = [
    "Mill Race",
    "Old Ferry",
    "Quarry",
    "Saddleback",
    "San Ysidro",
    "Las Palmas",
    "Court House",
    "St Brendan",
]
_STREETS = [
    *_TREES.split(),
    *_PLACES,
    *(f"{n}th" for n in range(4, 20)),
    *(f"County {n}" for n in range(11, 60)),
]
_TYPES = ["Street", "Avenue", "Road", "Lane", "Drive", "Court", "Terrace", "Parkway", "Trail"]
SHORT = {
    "Street": "St", "Avenue": "Ave", "Road": "Rd", "Lane": "Ln", "Drive": "Dr", "Court": "Ct",
    "Terrace": "Ter", "Parkway": "Pkwy", "Trail": "Trl", "North": "N", "South": "S", "Apartment": "Apt",
}  # fmt: skip
_TOWNS = [("Alder Creek", "00101"), ("Alder Creek", "00102"), ("Port Emmet", "00110"), ("Wick", "00120")]
_SHELTERS = ["1 Lantern House", "77 Bridge Street", "2100 County Jail Road"]
_STREET_NAMES = ["Red", "Tex", "Lefty", "Ghost", "Mouse", "Preach", "Flaco", "Chato"]


@dataclass(frozen=True)
class Person:
    """Somebody invented, as they are; what is on record of them is not all of it and not all right."""

    first: str
    middle: str
    last: str
    born: date
    sex: str
    origin: str
    home: tuple[str, str, str]
    phone: str = ""
    suffix: str = ""
    former: str = ""
    others: tuple[tuple[str, str], ...] = ()
    numbers: tuple[str, ...] = ()
    household: int = 0
    record: str = field(default="", compare=False)


class County:
    """Draws people by the rules of one seed."""

    def __init__(self, seed: int, names: dict[str, Names] | None = None) -> None:
        self.by = random.Random(seed)
        self._names = names or all_names(seed)
        self._households = 0

    def people(self, many: int) -> list[Person]:
        found: list[Person] = []
        while len(found) < many:
            found += self._household()
        return found[:many]

    def person(self, origin: str = "", sex: str = "", last: str = "") -> Person:
        by = self.by
        origin = origin or by.choices(list(ORIGINS), [share for share, _ in ORIGINS.values()])[0]
        sex = sex or by.choice("mmf")
        return Person(
            first=self.given(origin, sex),
            middle=self._names[origin].first[sex].draw(by) if by.random() < 0.5 else "",
            last=last or self.surname(origin),
            born=self.birth_date(),
            sex=sex,
            origin=origin,
            home=self.home(),
            phone=self.phone() if by.random() < 0.7 else "",
            former=self.surname(origin) if sex == "f" and by.random() < 0.3 else "",
            numbers=tuple(self.number() for _ in range(by.choice([0, 1, 1, 1, 2, 3]))),
        )

    def given(self, origin: str, sex: str) -> str:
        names = self._names[origin].first[sex]
        first = names.draw(self.by)
        is_double = self.by.random() < {"vietnamese": 0.6, "spanish": 0.12, "french": 0.1}.get(origin, 0.02)
        return f"{first} {names.draw(self.by)}" if is_double and " " not in first else first

    def surname(self, origin: str) -> str:
        by, names = self.by, self._names[origin].last
        last = names.draw(by)
        if origin == "spanish" and by.random() < 0.5:
            last += by.choice([" ", "-"]) + names.draw(by)
        elif origin == "english" and by.random() < 0.04:
            last = by.choice(["O'{}", "Mc{}", "St. {}", "Van {}", "Le {}", "{}-Reed"]).format(last)
        return last

    def birth_date(self) -> date:
        days = int(self.by.triangular(0, (_LATEST - _EARLIEST).days, 21_000))
        return _EARLIEST + timedelta(days=days)

    def home(self) -> tuple[str, str, str]:
        by = self.by
        town, code = by.choice(_TOWNS)
        lot = by.random()
        if lot < 0.06:
            return "homeless", town, ""
        if lot < 0.10:
            return by.choice(_SHELTERS), *_TOWNS[0]
        side = by.choice(["", "", "North ", "South "])
        unit = by.choice(["", "", f" Apartment {by.randint(1, 60)}", f" #{by.randint(1, 30)}"])
        return f"{by.randint(1, 14_000)} {side}{by.choice(_STREETS)} {by.choice(_TYPES)}{unit}", town, code

    def phone(self) -> str:
        by = self.by
        return f"({by.choice(['375', '376'])}) {by.randint(200, 999)}-{by.randint(0, 9999):04d}"

    def number(self) -> str:
        return f"{self.by.choice(['B', 'MR', 'J'])}{self.by.randint(0, 99_999_999):08d}"

    def _household(self) -> Iterator[Person]:
        by = self.by
        self._households += 1
        head = replace(self.person(), household=self._households)
        lot = by.random()
        if lot < 0.33:
            yield head
            for _ in range(by.choice([1, 1, 2, 3, 4])):
                yield self.relative(head)
        elif lot < 0.355 and head.sex == "m" and head.born > date(1955, 1, 1):
            yield replace(head, suffix="Jr.")
            yield self.father(head)
        else:
            yield head

    def relative(self, head: Person, *, is_twin: bool = False) -> Person:
        """Somebody of the household: of one day, of about one age, or of another generation."""
        by = self.by
        apart = by.choice([-1, 1]) * (
            by.randint(300, 3200) if by.random() < 0.5 else by.randint(6500, 13_000)
        )
        born = head.born if is_twin or by.random() < 0.02 else head.born + timedelta(days=apart)
        other = self.person(head.origin, last=head.last)
        return replace(
            other,
            born=born if _EARLIEST < born < _LATEST else self.birth_date(),
            home=head.home if is_twin or by.random() < 0.75 else other.home,
            phone=head.phone if by.random() < 0.4 else other.phone,
            household=head.household,
        )

    def father(self, son: Person) -> Person:
        born = son.born - timedelta(days=self.by.randint(7000, 13_000))
        numbers = (self.number(),)
        return replace(
            son,
            born=max(born, _EARLIEST),
            suffix="Sr.",
            middle="",
            phone=self.phone(),
            numbers=numbers,
            others=(),
        )

    def on_record(self, person: Person) -> tuple[Person, Profile]:
        """What an index holds of them, and them with the aliases that it knows."""
        by = self.by
        first, last = person.first, person.last
        if by.random() < 0.6:
            first, last = plain(first), plain(last)
        if by.random() < 0.03:
            last = mistype(by, last)
        if by.random() < 0.03:
            first = mistype(by, first)
        others = tuple(self._other_names(person))
        middle = by.choice(["", person.middle, person.middle[:1]])
        born, precision = self._birth_on_record(person.born)
        names = [NameParts(first, middle, last, person.suffix if by.random() < 0.7 else "")]
        profile = profile_of(
            names=[*names, *(NameParts(first=one, last=other) for one, other in others)],
            birth_date=born,
            birth_precision=precision,
            sex=person.sex if by.random() < 0.95 else "",
            phones=[person.phone],
            addresses=[person.home],
            identifiers=person.numbers,
        )
        return replace(person, others=others), profile

    def _birth_on_record(self, born: date) -> tuple[date | None, str]:
        lot = self.by.random()
        if lot < 0.02:
            return None, "ymd"
        if lot < 0.04:
            return born.replace(month=1, day=1), "ymd"
        return (born.replace(day=1), "ym") if lot < 0.045 else (born, "ymd")

    def _other_names(self, person: Person) -> Iterator[tuple[str, str]]:
        by = self.by
        if person.former and by.random() < 0.6:
            yield person.first, person.former
        if by.random() < 0.05:
            yield self.given(person.origin, person.sex), self.surname("english")
        if by.random() < 0.03:
            yield "", by.choice(_STREET_NAMES)
