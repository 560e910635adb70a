"""Invented people for the tests of matching, and how one question is answered about them."""

from datetime import date
from typing import Any

from hypothesis import strategies as st

from continuity.people.matching import (
    NameParts,
    Profile,
    Query,
    Scored,
    asked_like,
    profile_of,
    query_of,
    score,
)

SECRET = b"only for tests"
BORN = date(1988, 4, 13)
ABROAD = 20_000  # how large the index is, of which the candidates are a part

GIVEN = ["Una", "Ramón", "William", "Bill", "Mary Ann", "José Luis", "Lupe", "Guadalupe", "Wen", "Óscar", "J"]
SURNAMES = ["Vane", "Quill", "Núñez Ortega", "Testcase", "O'Hollow", "De la Cruz", "Marwood-Pike", "Wu"]
days = st.dates(date(1935, 1, 2), date(2010, 12, 31)).filter(lambda day: (day.month, day.day) != (1, 1))
sexes = st.sampled_from(["m", "f", ""])
suffixes = st.sampled_from(["", "", "Jr", "Sr", "III"])
phones = st.sampled_from(["", "(375) 555-0134", "375-555-0177"])
homes = st.sampled_from(
    [
        ("", "", ""),
        ("12 Larch Lane", "Wick", "00120"),
        ("9 Quarry Rd Apt 4", "Wick", "00120"),
        ("NFA", "", ""),
    ]
)
names = st.builds(
    NameParts,
    st.sampled_from(GIVEN),
    st.sampled_from(["", "Lee", "L", "Ann"]),
    st.sampled_from(SURNAMES),
    suffixes,
)
people = st.fixed_dictionaries(
    {
        "names": st.lists(names, min_size=1, max_size=3),
        "birth_date": st.none() | days,
        "birth_precision": st.sampled_from(["ymd", "ymd", "y"]),
        "sex": sexes,
        "phones": phones.map(lambda one: [one]),
        "addresses": homes.map(lambda one: [one]),
        "identifiers": st.lists(st.sampled_from(["B-0012345", "MR 778899"]), max_size=2),
    }
)


def somebody(first: str = "Una", last: str = "Vane", **more: Any) -> Profile:
    """A person of the index; `more` is what `profile_of` takes, and `middle` and `suffix`."""
    name = NameParts(first, more.pop("middle", ""), last, more.pop("suffix", ""))
    others = [NameParts(*one) for one in more.pop("others", ())]
    return profile_of(**{"names": [name, *others], "birth_date": BORN} | more)


def asked(first: str = "Una", last: str = "Vane", **more: Any) -> Query:
    return query_of(**{"first": first, "last": last, "birth_date": BORN} | more)


def answers(query: Query, *profiles: Profile, counts: dict[int, int] | None = None) -> list[Scored]:
    """The candidates, numbered in the order given, best first."""
    return score(query, list(enumerate(profiles)), counts=counts or {}, size=ABROAD, secret=SECRET)


def answer(query: Query, profile: Profile) -> Scored:
    return answers(query, profile)[0]


def likened(one: Profile, other: Profile) -> Scored:
    """The other, asked for by all that is known of the one."""
    return answer(asked_like(one), other)
