"""How much more likely two names are written for one person than for two (likelihood ratios; 1 says nothing).

A name that many bear says little: exact agreement counts as one over how common the name is in the index.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from rapidfuzz.distance import DamerauLevenshtein

from continuity.people.matching.nicknames import formal_names, is_given_name, one_may_be_called_the_other
from continuity.people.matching.profiles import NameParts
from continuity.people.matching.spelling import sound, spoken, surname_parts

Share = Callable[[str, str], float]  # ("first" or "last", word) -> which part of the index bears it

_GIVEN_CONFLICT, _SURNAME_CONFLICT = 0.03, 0.05
_EXCHANGED = 0.03  # how often first and last name stand in each other's place
_AS_SPELT, _CALLED_ELSE = 0.85, 0.35
_KNOWN_GIVEN, _KNOWN_SURNAME = 1e-3, 1e-4  # from which share on a spelling is a name of its own


class Ratios(NamedTuple):
    """What given name, surname, middle name and suffix of the best pair of names say.

    `order` is below 1 where the names agree only when first and last name are exchanged; `is_spelt_alike`: a word of
    the surname is the very same.
    """

    given: float = 1.0
    surname: float = 1.0
    middle: float = 1.0
    suffix: float = 1.0
    order: float = 1.0
    is_spelt_alike: bool = False


_NO_NAME = Ratios()


class NamesAsked:
    """The names of a query, compared with those of candidates; each pair of words is looked at once."""

    def __init__(self, names: Iterable[NameParts], share: Share) -> None:
        self._names = tuple(names)
        self._share = share
        self._given: dict[tuple[str, str], float] = {}
        self._surname: dict[tuple[str, str], float] = {}

    def compare(self, names: Iterable[NameParts]) -> Ratios:
        """The best that any asked name and any of `names` say together."""
        best, most = _NO_NAME, (-1.0, 0.0)
        for asked in self._names:
            for name in names:
                given, surname, order = self._pair(asked, name)
                told = given * surname * order
                if told < most[0]:
                    continue
                middle, suffix = _middle(asked.middle, name.middle), _suffix(asked.suffix, name.suffix)
                if (told, middle * suffix) > most:
                    most = told, middle * suffix
                    alike = not {*asked.last.split()}.isdisjoint(name.last.split())
                    best = Ratios(given, surname, middle, suffix, order, alike)
        return best

    def _pair(self, asked: NameParts, name: NameParts) -> tuple[float, float, float]:
        given = self.given(asked.first, name.first)
        surname = self.surname(asked.last, name.last)
        if given >= 1:
            return given, surname, 1.0
        if name.middle or asked.middle:
            given = max(
                given, self._as_middle(asked.first, name.middle), self._as_middle(name.first, asked.middle)
            )
        if surname < 1 and asked.first and asked.last:
            turned = self.given(asked.last, name.first), self.surname(asked.first, name.last)
            if min(turned) > 1 and turned[0] * turned[1] * _EXCHANGED > given * surname:
                return *turned, _EXCHANGED
        return given, surname, 1.0

    def given(self, asked: str, name: str) -> float:
        if not asked or not name:
            return 1.0
        known = self._given.get((asked, name))
        if known is None:
            known = self._given[asked, name] = self._compare_given(asked, name)
        return known

    def surname(self, asked: str, name: str) -> float:
        if not asked or not name:
            return 1.0
        known = self._surname.get((asked, name))
        if known is None:
            known = self._surname[asked, name] = self._compare_surname(asked, name)
        return known

    def _compare_given(self, asked: str, name: str) -> float:
        if " " not in asked and " " not in name:
            return self._compare_words(asked, name)
        ours, theirs = asked.split(), name.split()
        if ours == theirs or "".join(ours) == "".join(theirs):
            return _AS_SPELT / self._share("first", ours[0])
        if len(ours) > 1 and len(theirs) > 1:
            return self._compare_double(ours, theirs)
        if ours[0] == theirs[0]:
            return 0.7 / self._share("first", ours[0])
        best = self._compare_words(ours[0], theirs[0])
        if best < 1 and (len(ours) > 1 or len(theirs) > 1):
            shared = [word for word in ours if len(word) > 1 and word in theirs]
            best = max([best, *(0.3 / self._share("first", word) for word in shared)])
        return best

    def _compare_double(self, ours: list[str], theirs: list[str]) -> float:
        """María José is hardly María Luisa: sisters share the first of two."""
        if _edits(" ".join(ours), " ".join(theirs)) <= 2 or set(ours) == set(theirs):
            return 30.0
        first, second = self._compare_words(ours[0], theirs[0]), self._compare_words(ours[1], theirs[1])
        if min(first, second) > 1:
            return max(first, second)
        return 0.3 if max(first, second) > 1 else _GIVEN_CONFLICT

    def _compare_words(self, one: str, other: str) -> float:
        if one == other:
            return _AS_SPELT / self._share("first", one)
        if len(one) == 1 or len(other) == 1:
            return 10.0 if one[0] == other[0] else 0.05
        best = self._near_given(one, other)
        if one_may_be_called_the_other(one, other):
            common = self._share("first", one) + self._share("first", other)
            return max(best, _CALLED_ELSE / max(common, 0.004))
        if best < 1 and (_one_edit(formal_names(one), other) or _one_edit(formal_names(other), one)):
            return 5.0
        return best

    def _as_middle(self, first: str, middle: str) -> float:
        """Who goes by the middle name."""
        if len(first) < 2 or len(middle) < 2:
            return 0.0
        called = first.split()[0]
        return 0.07 / self._share("first", called) if called in middle.split() else 0.0

    def _compare_surname(self, asked: str, name: str) -> float:
        if asked == name and " " not in asked:
            return _AS_SPELT / self._share("last", asked)
        if " " not in asked and " " not in name:
            return self._near_surname(asked, name)
        one, other = surname_parts(asked), surname_parts(name)
        if not one or not other:
            return 1.0
        if one[-1] == other[-1]:
            return _AS_SPELT / self._together(one)
        if set(one[:-1]) == set(other[:-1]):
            return 0.5 / self._together(one)
        shared = [word for word in one if word in other]
        if shared:
            whole = set(one[:-1] or one) <= set(shared) or set(other[:-1] or other) <= set(shared)
            return (0.3 if whole else 0.03) / min(self._share("last", word) for word in shared)
        best = max(self._near_surname(mine, theirs) for mine in one for theirs in other)
        return max(best, 3.0) if asked in name.split() or name in asked.split() else best

    def _together(self, parts: tuple[str, ...]) -> float:
        """How common a surname is, of all its parts; of the parts of a double name each says less."""
        alone = parts if len(parts) == 1 else parts[:-1]
        share = 1.0
        for part in alone:
            share *= self._share("last", part)
        return max(share, 1e-6)

    def _near_given(self, one: str, other: str) -> float:
        """Two spellings, neither of which need be right; but two names that both exist are rather two people's."""
        apart = _edits(one, other)
        alike = apart <= 3 and sound(one) == sound(other)
        if apart > 3 or (apart > 1 and not alike and apart * 3 > max(len(one), len(other))):
            begins = one[:3] == other[:3] and (one.startswith(other) or other.startswith(one))
            return 5.0 if begins and min(len(one), len(other)) > 2 else _GIVEN_CONFLICT
        if is_given_name(one) and is_given_name(other):
            return 3.0 if spoken(one) == spoken(other) else 0.3
        if apart == 1:
            return 5.0 if len(one) < 4 else 12.0 if self._share("first", one) > _KNOWN_GIVEN else 30.0
        if alike:
            return 10.0
        return 4.0 if apart == 2 else 0.5

    def _near_surname(self, one: str, other: str) -> float:
        """A spelling that nobody bears is sooner a mistype than one that many do."""
        apart = _edits(one, other)
        if apart > 3:
            return _SURNAME_CONFLICT
        longest = max(len(one), len(other))
        borne = self._share("last", one) > _KNOWN_SURNAME
        if apart == 1 and longest > 3:
            return 60.0 if borne else 250.0
        if sound(one) == sound(other):
            return 40.0 if borne else 120.0
        if apart == 1:
            return 15.0
        if apart == 2 and longest > 4:
            return 3.0 if borne or longest < 6 else 25.0
        if apart == 3 and longest > 7:
            return 1.0 if borne else 5.0
        return _SURNAME_CONFLICT


def _edits(one: str, other: str, most: int = 3) -> int:
    return DamerauLevenshtein.distance(one, other, score_cutoff=most)


def _one_edit(names: Iterable[str], other: str) -> bool:
    for name in names:
        if name[0] == other[0] and -2 < len(name) - len(other) < 2 and _edits(name, other, 1) == 1:
            return True
    return False


def _middle(asked: str, middle: str) -> float:
    if not asked or not middle:
        return 1.0
    if asked == middle:
        return 15.0 if len(asked) > 1 else 6.0
    if asked[0] != middle[0]:
        return 0.1
    return 6.0 if len(asked) == 1 or len(middle) == 1 else 2.0


def _suffix(asked: str, suffix: str) -> float:
    if asked == suffix:
        return 3.0 if asked else 1.0
    return 0.02 if asked and suffix else 0.8
