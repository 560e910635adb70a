"""How likely each candidate is the person asked for, and what may be made of it.

Weights of evidence after Fellegi and Sunter, with how common each name is; then the likelihood that it is this one, or
another candidate, or somebody who is not in the index. That somebody need not be a stranger: relatives share a
surname, an address and a telephone, twins a birth date besides, father and son a name; and some share a name by
chance. No weight is worth a guard rail: see `_is_barred`.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from continuity.people.matching.addresses import House, house_of
from continuity.people.matching.births import Birth, compare_births
from continuity.people.matching.grades import Grade
from continuity.people.matching.keys import term
from continuity.people.matching.names import NamesAsked, Ratios
from continuity.people.matching.profiles import Profile, Query
from continuity.people.matching.reach import (
    compare_addresses,
    compare_identifiers,
    compare_phones,
    compare_places,
)

# Above which likelihood a candidate is certain, probable, possible.
CERTAIN, PROBABLE, POSSIBLE = 0.97, 0.5, 0.02
_BARRED = 0.969
_RARE = 100.0  # what a mistyped surname says that nobody else bears
_AGREES = 1.5  # from which ratio on a field is said to agree

_KNOWN = 0.75  # how often somebody asked for is in the index
# How many people outside the index share with one inside: household, birth date besides, name besides, name alone.
_RELATIVES, _TWINS, _JUNIORS, _NAMESAKES = 1.5, 0.03, 0.02, 0.3
# A small index says little of how common names are: it counts with so many people of elsewhere.
_ABROAD, _UNHEARD = 500, {"first": 1e-3, "last": 5e-4}
_SMALLEST = 1000
_HOUSEHOLD = 6  # from how many on those who share an address are no household


class Scored(NamedTuple):
    """A candidate with the likelihood that it is the person asked for, and the fields that speak for and against."""

    person: Any
    score: float
    grade: Grade
    agreeing: tuple[str, ...]
    conflicting: tuple[str, ...]


class _Evidence(NamedTuple):
    """What each field says, as a likelihood ratio."""

    names: Ratios
    birth: Birth
    sex: float
    phone: float
    address: float
    place: float
    identifier: float

    def weigh(self, size: int) -> float:
        """All of it against everybody else whom the question may mean."""
        given, surname, middle, suffix, order, _ = self.names
        birth, reached = self.birth.ratio, self.phone * self.address
        others = (
            1 / (given * surname * order * birth * reached)
            + _RELATIVES / size / (given * order * birth)
            + _TWINS / size / (given * order)
            + _JUNIORS / size / (birth * suffix)
            + _NAMESAKES / size / (birth * reached)
        )
        return middle * suffix * self.sex * self.place * self.identifier / others

    def by_field(self) -> dict[str, float]:
        fields = {
            "given_name": self.names.given,
            "surname": self.names.surname,
            "suffix": self.names.suffix,
            "sex": self.sex,
            "phone": self.phone,
            "address": self.address,
            "identifier": self.identifier,
        }
        if self.birth.field:
            fields[self.birth.field] = 0.1 if self.birth.is_conflict else self.birth.ratio
        return fields


def score(
    query: Query,
    candidates: Sequence[tuple[Any, Profile]],
    *,
    counts: Mapping[int, int],
    size: int,
    secret: bytes,
) -> list[Scored]:
    """The candidates, best first.

    `counts` says how many people hold each of `terms(query)`, of `size` people in the index; `secret` is the one that
    those terms were made with.
    """
    size = max(size, _SMALLEST)
    asked = _Asked(query, candidates, counts, size, secret)
    found = [(person, asked.compare(profile)) for person, profile in candidates]
    weights = [evidence.weigh(size) * _KNOWN / size for _, evidence in found]
    whole = sum(weights) + 1 - _KNOWN
    scored = [
        _graded(query, person, evidence, weight / whole)
        for (person, evidence), weight in zip(found, weights, strict=True)
    ]
    return sorted(scored, key=lambda one: -one.score)


class _Asked:
    """A query made ready to be compared with many candidates."""

    def __init__(
        self,
        query: Query,
        candidates: Sequence[tuple[Any, Profile]],
        counts: Mapping[int, int],
        size: int,
        secret: bytes,
    ) -> None:
        shares: dict[tuple[str, str], float] = {}

        def share(kind: str, word: str) -> float:
            known = shares.get((kind, word))
            if known is None:
                held = counts.get(term(kind, word, secret=secret), 0)
                known = shares[kind, word] = (held + _ABROAD * _UNHEARD[kind]) / (size + _ABROAD)
            return known

        self.query = query
        self.names = NamesAsked(query.names, share)
        self.houses: list[House] = [house_of(line) for line, _, _ in query.addresses if line]
        profiles = [profile for _, profile in candidates]
        calling = sum(not set(query.phones).isdisjoint(one.phones) for one in profiles if query.phones)
        self.phone_share = _sharing(calling) / size
        homes = {(house.number, house.street) for house in self.houses}
        at_home = sum(
            any(house_of(line)[:2] in homes for line, _, _ in one.addresses) for one in profiles if homes
        )
        self.address_share = _sharing(at_home) / size

    def compare(self, profile: Profile) -> _Evidence:
        query = self.query
        address = (
            compare_addresses(self.houses, profile.addresses, self.address_share) if self.houses else 1.0
        )
        return _Evidence(
            self.names.compare(profile.names),
            compare_births(query, profile),
            1.0 if not query.sex or not profile.sex else 1.8 if query.sex == profile.sex else 0.04,
            compare_phones(query.phones, profile.phones, self.phone_share),
            address,
            compare_places(query.addresses, profile.addresses) if query.addresses and address < 50 else 1.0,
            compare_identifiers(query.identifiers, profile.identifiers),
        )


def _sharing(seen: int) -> int:
    """How many share a number or an address of which `seen` candidates are: of a shelter there are more unseen."""
    return max(1, seen) if seen < _HOUSEHOLD else 10 * seen


def _graded(query: Query, person: Any, evidence: _Evidence, likelihood: float) -> Scored:
    if likelihood >= CERTAIN and _is_barred(query, evidence):
        likelihood = _BARRED
    fields = evidence.by_field() if likelihood >= POSSIBLE else {}
    return Scored(
        person,
        likelihood,
        _grade(likelihood),
        tuple(name for name, ratio in fields.items() if ratio > _AGREES),
        tuple(name for name, ratio in fields.items() if ratio < 0.7),
    )


def _grade(likelihood: float) -> Grade:
    if likelihood >= CERTAIN:
        return Grade.CERTAIN
    if likelihood >= PROBABLE:
        return Grade.PROBABLE
    return Grade.POSSIBLE if likelihood >= POSSIBLE else Grade.CERTAINLY_NOT


def _is_barred(query: Query, evidence: _Evidence) -> bool:
    """Whether a guard rail forbids to be certain, whatever the likelihood (P-5)."""
    given, surname, middle, suffix, _, is_spelt_alike = evidence.names
    birth = evidence.birth
    is_born, is_reached = birth.ratio > 1, max(evidence.phone, evidence.address) > _AGREES
    is_numbered = evidence.identifier > _AGREES
    contradicts = given < 1 or birth.is_conflict or suffix < 0.5
    names_alone = not (is_born or is_reached or is_numbered)
    no_name = given <= 1 and surname <= 1
    another_surname = surname < 1 and not (is_reached and is_born)
    # The day is nobody's: somebody of that name and year is found too easily.
    vague = (birth.is_vague or query.is_vague) and not (is_reached or is_numbered or middle > _AGREES)
    another_middle = middle < 1 and birth.field != "birth_date" and not is_reached
    father_or_son = suffix < 1 and not is_born
    # One slip is a slip; another date and a surname that others bear are, too often, another person.
    is_another_name = not is_spelt_alike and surname < _RARE
    two_slips = birth.is_near and is_another_name and not (is_reached or is_numbered or middle > _AGREES)
    return (
        contradicts
        or names_alone
        or no_name
        or another_surname
        or vague
        or another_middle
        or father_or_son
        or two_slips
    )
