"""When are two descriptions the same person? Normal forms and exact keys. Pure: no ORM, no clock.

This module knows the exact keys that an officer's look-up stands on: a name together with a full date of birth,
or a name together with a verified identifier. A key is a keyed 64-bit hash, so that the table of keys is useless
to a thief. Grades are HL7's match-grade.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

_NO_LETTER = re.compile(r"[\W_]+")
# Letters that Unicode does not take apart, as keyboards without them write them.
_PLAIN = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"})


class Grade(StrEnum):
    """How sure a match is; officers are answered on CERTAIN only (P-5)."""

    CERTAIN = "certain"
    PROBABLE = "probable"
    POSSIBLE = "possible"
    CERTAINLY_NOT = "certainly-not"


@dataclass(frozen=True)
class Description:
    """What is known of a person: every (last, first) they go by, a full birth date if known, verified ids."""

    names: Iterable[tuple[str, str]]
    birth_date: date | None = None
    verified_identifiers: Iterable[str] = field(default_factory=tuple)


def normalise(text: str) -> str:
    """Fold case, accents, spaces and punctuation: "Núñez-Ortega" and "nunez ortega" are one spelling."""
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold()).translate(_PLAIN)
    return _NO_LETTER.sub("", "".join(char for char in folded if not unicodedata.combining(char)))


def is_placeholder(birth_date: date) -> bool:
    """1 January is what systems write when they do not know the day; it identifies nobody (P-5)."""
    return (birth_date.month, birth_date.day) == (1, 1)


def exact_keys(described: Description, *, secret: bytes) -> set[int]:
    """The keys under which a person with this description is found, as signed 64-bit integers (P-4)."""
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


def number_keys(described: Description, *, secret: bytes) -> set[int]:
    """Keys of the verified numbers alone: they find nobody, but contradict a match with somebody else (P-5)."""
    values = {normalise(value) for value in described.verified_identifiers}
    return {_hash(f"number|{value}", secret) for value in values - {""}}


def index_keys(described: Description, *, secret: bytes) -> set[int]:
    """All keys to keep for a person of this description."""
    return exact_keys(described, secret=secret) | number_keys(described, secret=secret)


def _hash(text: str, secret: bytes) -> int:
    digest = hashlib.blake2b(text.encode(), digest_size=8, key=secret[:64]).digest()
    return int.from_bytes(digest, "big", signed=True)
