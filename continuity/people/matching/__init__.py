"""When are two descriptions the same person? Pure: no ORM, no clock."""

from continuity.people.matching.grades import Grade
from continuity.people.matching.keys import (
    Description,
    exact_keys,
    index_keys,
    number_keys,
    query_keys,
    terms,
)
from continuity.people.matching.profiles import (
    NameParts,
    Profile,
    Query,
    asked_like,
    is_placeholder,
    profile_of,
    query_of,
)
from continuity.people.matching.scoring import Scored, score
from continuity.people.matching.spelling import normalise

__all__ = [
    "Description",
    "Grade",
    "NameParts",
    "Profile",
    "Query",
    "Scored",
    "asked_like",
    "exact_keys",
    "index_keys",
    "is_placeholder",
    "normalise",
    "number_keys",
    "profile_of",
    "query_keys",
    "query_of",
    "score",
    "terms",
]
