"""The match index in memory: the same keys, the same choice of candidates, no database."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable

from continuity.people.matching import (
    Grade,
    Profile,
    Query,
    Scored,
    index_keys,
    query_keys,
    score,
    terms,
)

SECRET = b"of the benchmark"


class MemoryIndex:
    """People under their keys; chooses whom to compare as `people.index` does."""

    first_keys, first_widest = 24, 300
    widest, few, compared, part = 1500, 20, 60, 0.25

    def __init__(self, people: Iterable[tuple[str, Profile]] = ()) -> None:
        self.people: dict[str, Profile] = {}
        self.holders: dict[int, list[str]] = defaultdict(list)
        self.counts: Counter[int] = Counter()
        for person, profile in people:
            self.add(person, profile)

    def add(self, person: str, profile: Profile) -> None:
        self.people[person] = profile
        for key in index_keys(profile, secret=SECRET):
            self.holders[key].append(person)
        self.counts.update(terms(profile, secret=SECRET))

    def search(self, query: Query, most: int = 10) -> list[Scored]:
        keys = list(query_keys(query, secret=SECRET))
        found = self.scored(query, self.candidates(keys[: self.first_keys], self.first_widest))
        if sum(one.grade == Grade.CERTAIN for one in found) != 1:
            found = self.scored(query, self.candidates(keys, self.widest))
        return found[:most]

    def scored(self, query: Query, candidates: list[str]) -> list[Scored]:
        counts = {term: self.counts[term] for term in terms(query, secret=SECRET)}
        return score(
            query,
            [(one, self.people[one]) for one in candidates],
            counts=counts,
            size=len(self.people),
            secret=SECRET,
        )

    def candidates(self, keys: list[int], widest: int) -> list[str]:
        held = [self.holders.get(key, [])[: widest + 1] for key in keys]
        has_enough = sum(len(people) for people in held if len(people) <= widest) >= self.few
        told: dict[str, float] = defaultdict(float)
        for people in held:
            if people and (len(people) <= widest or not has_enough):
                weight = math.log(2 * len(self.people) / len(people))
                for person in people:
                    told[person] += weight
        best = sorted(told, key=lambda person: (-told[person], person))[: self.compared]
        return [person for person in best if told[person] >= self.part * told[best[0]]]
