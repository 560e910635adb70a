"""How much more likely telephone numbers, addresses and identifiers are one person's than two's (ratios).

A number or an address that many share says little: agreement counts as one over how many share it.
"""

from collections.abc import Sequence

from rapidfuzz.distance import OSA
from rapidfuzz.fuzz import token_set_ratio

from continuity.people.matching.addresses import House, house_of
from continuity.people.matching.profiles import Address

_NEXT_DOOR = 60.0
_PHONE_NEAR, _PHONE_OTHER = 2000.0, 0.5
_MOVED = 0.4
_NUMBER_NEAR, _NUMBER_OTHER = 3000.0, 0.7


def compare_phones(asked: Sequence[str], phones: Sequence[str], shared_by: float) -> float:
    """`shared_by`: which part of the index has a number that agrees."""
    if not asked or not phones:
        return 1.0
    best = _PHONE_OTHER
    for one in asked:
        for other in phones:
            if one == other or (one[-7:] == other[-7:] and 7 in (len(one), len(other))):
                return 0.6 / shared_by
            if one[-7:] == other[-7:] or OSA.distance(one[-10:], other[-10:], score_cutoff=1) <= 1:
                best = _PHONE_NEAR
    return best


def compare_addresses(asked: Sequence[House], addresses: Sequence[Address], shared_by: float) -> float:
    """`shared_by`: which part of the index has the address asked for."""
    best = 0.0
    for one in asked:
        for line, _, _ in addresses:
            if line:
                best = max(best, _houses(one, house_of(line), shared_by))
    return best or 1.0


def _houses(one: House, other: House, shared_by: float) -> float:
    streets = token_set_ratio(one.street, other.street)
    if not one.number or not other.number:
        return 40.0 if streets > 80 and len(one.street) > 5 else 1.0
    if one.number == other.number and streets > 70:
        same = 0.6 / shared_by * (1.0 if streets > 95 else 0.3)
        return same if one.unit == other.unit or not one.unit or not other.unit else max(1.0, same * 0.02)
    if streets > 85:
        return _NEXT_DOOR if OSA.distance(one.number, other.number, score_cutoff=1) <= 1 else 1.5
    return _MOVED


def compare_places(asked: Sequence[Address], addresses: Sequence[Address]) -> float:
    """City and postal code, where the line says nothing."""
    best = 0.0
    for _, city, code in asked:
        for _, town, postal_code in addresses:
            by_code = 1.0 if not code or not postal_code else 3.0 if code == postal_code else 0.7
            by_city = 1.0 if not city or not town else 1.5 if city == town else 0.7
            best = max(best, by_code * by_city)
    return best or 1.0


def compare_identifiers(asked: Sequence[str], identifiers: Sequence[str]) -> float:
    """A number that agrees is hardly anybody else's; one with a wrong digit may be."""
    if not asked or not identifiers:
        return 1.0
    if not set(asked).isdisjoint(identifiers):
        return 5e6
    near = any(
        OSA.distance(one, other, score_cutoff=1) <= 1
        for one in asked
        for other in identifiers
        if min(len(one), len(other)) > 4
    )
    return _NUMBER_NEAR if near else _NUMBER_OTHER
