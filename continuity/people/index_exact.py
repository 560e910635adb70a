"""Exact keys: a name with a full birth date, a name with a verified number; one statement (P-4)."""

from dataclasses import dataclass
from uuid import UUID

from continuity.people import index_rows as rows
from continuity.people.index import secret
from continuity.people.matching import Description, Query, exact_keys, number_keys
from continuity.people.matching.keys import term
from continuity.people.matching.spelling import surname_parts
from continuity.trail import wall

_ENOUGH = 30  # hits: whoever stands behind so many namesakes is none the less not the only one
_BIRTHDAYS = 60 * 365.25  # over which a county's people are spread


@dataclass(frozen=True)
class Exact:
    """Who is described exactly, by name and birth date or by name and verified number, and whose that number is.

    `chance` is how many others of the index are to be expected under this name and birth date by chance.
    """

    by_birth: frozenset[UUID]
    by_number: frozenset[UUID]
    numbered: frozenset[UUID]
    chance: float

    @property
    def people(self) -> frozenset[UUID]:
        return self.by_birth | self.by_number | self.numbered

    def the_one(self, most_chance: float) -> UUID | None:
        """The one who is meant: nobody else fits any of it, or only they fit all of it, and it is not by chance."""
        both = self.by_birth & self.by_number
        if self.numbered == both and len(both) == 1:
            return next(iter(both))  # of namesakes the one whose number it is
        if len(self.people) != 1 or not (self.by_number or (self.by_birth and self.chance <= most_chance)):
            return None
        return next(iter(self.people))


def ask_exactly(asked: Query, *, said: tuple[str, str]) -> Exact:
    """Look up the exact keys of a description; `said` is last and first name as typed, which finds old keys too."""
    hidden = secret()
    names = [said, *((one.last, one.first) for one in asked.names)]
    born = exact_keys(Description(names, asked.birth_date), secret=hidden)
    named = exact_keys(Description(names, None, asked.identifiers), secret=hidden)
    numbers = number_keys(Description((), None, asked.identifiers), secret=hidden)
    words = _words(asked)
    with wall.matching("everybody of the county may be meant"):
        found = rows.EXACT.ask(
            {"keys": sorted(born | named | numbers), "enough": _ENOUGH, "terms": [rows.EVERYBODY, *words]}
        )
    counts = {term: people for person_id, term, people in found if person_id is None}
    hits = [(person_id, key) for person_id, key, _ in found if person_id is not None]

    def under(keys: set[int]) -> frozenset[UUID]:
        return frozenset(person_id for person_id, key in hits if key in keys)

    return Exact(under(born), under(named), under(numbers), _chance(counts, words))


def _words(asked: Query) -> list[int]:
    """The terms of given name and surname: not of the names that they may stand for."""
    given = {word for one in asked.names for word in one.first.split()}
    surname = {word for one in asked.names for word in surname_parts(one.last)[-1:]}  # all of it as one word
    hidden = secret()
    return [term("first", word, secret=hidden) for word in given] + [
        term("last", word, secret=hidden) for word in surname
    ]


def _chance(counts: dict[int, int], words: list[int]) -> float:
    """How many others have these names and one birthday, were names and birthdays dealt out by chance."""
    size = counts.get(rows.EVERYBODY, 0)
    others = float(size)
    for word in words:
        others *= max(counts.get(word, 0) - 1, 0) / max(size, 1)
    return others / _BIRTHDAYS
