"""House number, street and unit of an address line, however it is abbreviated."""

from typing import NamedTuple

_WAYS = """
n s e w north south east west ne nw se sw street st avenue ave av road rd drive dr lane ln court ct place pl
boulevard blvd way circle cir terrace ter close crescent cres square sq parkway pkwy highway hwy trail trl
"""
_UNITS = "apt apartment unit suite ste floor fl rm room lot trailer trlr"
_STREET_WORDS, _UNIT_WORDS = frozenset(_WAYS.split()), frozenset(_UNITS.split())
_ORDINALS = ("st", "nd", "rd", "th")


class House(NamedTuple):
    number: str
    street: str
    unit: str


def house_of(line: str) -> House:
    """Number, telling words of the street, and unit, of an address line in normal form."""
    parts = line.split()
    number = _number(parts[0]) if parts else ""
    rest = parts[1:] if number else parts
    unit = ""
    for place, word in enumerate(rest):
        if word in _UNIT_WORDS and place:
            rest, unit = rest[:place], "".join(rest[place + 1 :])
            break
    if not unit and number and len(rest) > 2 and rest[-1].isdigit():
        rest, unit = rest[:-1], rest[-1]
    telling = [word for word in rest if word not in _STREET_WORDS]
    return House(number, " ".join(telling or rest), unit)


def _number(word: str) -> str:
    """The digits of a house number, in spite of a letter that slipped in; 34th is a street."""
    if word.isdigit():
        return word
    digits = "".join([char for char in word if char.isdigit()])
    return digits if digits and word[-2:] not in _ORDINALS else ""
