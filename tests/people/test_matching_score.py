"""How sure a match is, and what it may never be sure of (P-5, L-4). Pure."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from continuity.people.matching import Grade, NameParts, Profile, Query, profile_of, query_of
from continuity.people.matching.keys import term
from tests.people.matched import BORN, SECRET, answer, answers, asked, days, likened, people, somebody

HOME = [("12 Larch Lane", "Wick", "00120")]
REACHED: dict[str, Any] = {"phones": ["375-555-0134"], "addresses": HOME}
SAID_REACHED = {"phone": "3755550134", "address": "12 Larch Ln"}
NO_DATE: dict[str, Any] = {"birth_date": None}

CERTAIN = {
    "name and birth date": (asked(), somebody()),
    "accents, case and marks": (asked("una", "NUNEZ  ORTEGA"), somebody("Una", "Núñez-Ortega")),
    "a nickname": (asked("Bill", "Testcase"), somebody("William", "Testcase")),
    "a Spanish nickname": (asked("Lupe", "Testcase"), somebody("Guadalupe", "Testcase")),
    "a mistyped surname": (asked("Una", "Tetscase"), somebody("Una", "Testcase")),
    "half a surname": (asked("Una", "Ortega"), somebody("Una", "Núñez Ortega")),
    "the names exchanged": (asked("Testcase", "Una"), somebody("Una", "Testcase")),
    "an alias": (asked("Rita", "Quill"), somebody(others=[("Rita", "", "Quill")])),
    "day and month exchanged": (
        asked("Una", "Testcase", birth_date=date(1988, 3, 4)),
        somebody("Una", "Testcase", birth_date=date(1988, 4, 3)),
    ),
    "a year": (asked("Una", "Testcase", birth_date=None, birth_year=1988), somebody("Una", "Testcase")),
    "an age": (
        asked("Una", "Testcase", birth_date=None, age=37, as_of=date(2025, 6, 1)),
        somebody("Una", "Testcase"),
    ),
    "name and telephone": (asked(**NO_DATE, phone="375 555 0134"), somebody(**REACHED)),
    "another surname, birth date and telephone": (asked("Una", "Quill", phone="375 555 0134"), somebody(**REACHED)),
    "name and identifier": (asked(**NO_DATE, identifier="b1234567"), somebody(identifiers=["B-1234567"])),
}  # fmt: skip


@pytest.mark.parametrize(("query", "profile"), CERTAIN.values(), ids=CERTAIN)
def test_a_person_is_certain_by(query: Query, profile: Profile):
    assert answer(query, profile).grade == Grade.CERTAIN


NEVER_CERTAIN = {
    "the name alone": (asked(**NO_DATE), somebody()),
    "the birth date alone": (query_of(birth_date=BORN), somebody()),
    "a telephone alone": (query_of(phone="3755550134"), somebody(**REACHED)),
    "an address alone": (query_of(address="12 Larch Lane"), somebody(**REACHED)),
    "telephone, address and birth date": (query_of(birth_date=BORN, **SAID_REACHED), somebody(**REACHED)),
    "an identifier alone": (query_of(identifier="B-1234567"), somebody(identifiers=["B-1234567"])),
    "a twin": (asked("Rita", sex="f", **SAID_REACHED), somebody(sex="f", **REACHED)),
    "a twin whose name is like": (asked("Eric", **SAID_REACHED), somebody("Erica", **REACHED)),
    "a sister who shares the first of two names": (
        asked("María José", **SAID_REACHED),
        somebody("María Luisa", **REACHED),
    ),
    "the son": (
        asked("Sam", suffix="Jr", birth_date=date(1961, 2, 5), **SAID_REACHED),
        somebody("Sam", suffix="Sr", birth_date=date(1936, 7, 9), **REACHED),
    ),
    "the son, the birth date not said": (
        asked("Sam", suffix="Jr", **NO_DATE, **SAID_REACHED),
        somebody("Sam", suffix="Sr", **REACHED),
    ),
    "father or son": (asked("Sam", **NO_DATE, **SAID_REACHED), somebody("Sam", suffix="Sr", **REACHED)),
    "a namesake born another day": (asked(birth_date=date(1971, 9, 30)), somebody()),
    "a namesake of one year": (asked(birth_date=date(1988, 11, 28)), somebody()),
    "a namesake of another age": (asked(birth_date=None, age=60, as_of=date(2025, 6, 1)), somebody()),
    "a date against a placeholder": (asked(), somebody(birth_date=date(1988, 1, 1))),
    "a placeholder against a date": (asked(birth_date=date(1988, 1, 1)), somebody()),
    "another surname and a birth date": (asked("Una", "Quill"), somebody()),
    "another surname and a house": (asked("Una", "Quill", **NO_DATE, address="12 Larch Lane"), somebody(**REACHED)),
    "another middle name and a year": (
        asked(middle="Rose", birth_date=None, birth_year=1988),
        somebody(middle="Lee"),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("query", "profile"), NEVER_CERTAIN.values(), ids=NEVER_CERTAIN)
def test_a_person_is_never_certain_by(query: Query, profile: Profile):
    assert answer(query, profile).grade != Grade.CERTAIN


@settings(max_examples=200)
@given(people, people)
def test_nobody_is_certain_across_a_guard_rail(one: dict[str, Any], other: dict[str, Any]):
    """P-5: whatever agrees besides."""
    found = likened(profile_of(**one), profile_of(**other))
    if found.grade != Grade.CERTAIN:
        return
    agreeing, conflicting = {*found.agreeing}, {*found.conflicting}
    assert not conflicting & {"given_name", "birth_date", "birth_year", "suffix"}
    assert agreeing & {"given_name", "surname"}
    assert agreeing & {"birth_date", "birth_year", "phone", "address", "identifier"}
    assert "surname" not in conflicting or (
        agreeing & {"phone", "address"} and agreeing & {"birth_date", "birth_year"}
    )


@settings(max_examples=50)
@given(people, days)
def test_another_birth_date_is_never_certain(said: dict[str, Any], day: date):
    born = said["birth_date"]
    assume(born and day.year != born.year and day.month != born.month and day.day != born.day)
    known, other = (profile_of(**said | {"birth_date": one, "birth_precision": "ymd"}) for one in (born, day))
    assert likened(known, other).grade != Grade.CERTAIN


@settings(max_examples=50)
@given(people, st.sampled_from(["Zebulon", "Xochitl", "Thandiwe"]))
def test_another_given_name_is_never_certain(said: dict[str, Any], first: str):
    other = said | {"names": [NameParts(first, "", name.last, name.suffix) for name in said["names"]]}
    known = said | {"names": [name._replace(middle="") for name in said["names"]]}
    assert likened(profile_of(**known), profile_of(**other)).grade != Grade.CERTAIN


@settings(max_examples=50)
@given(people)
def test_a_city_a_sex_and_a_name_are_never_enough(said: dict[str, Any]):
    bare = said | {"birth_date": None, "phones": [], "addresses": [("", "Wick", "00120")], "identifiers": []}
    profile = profile_of(**bare)
    assert likened(profile, profile).grade != Grade.CERTAIN


@settings(max_examples=50)
@given(people, people)
def test_two_people_are_as_like_from_either_side(one: dict[str, Any], other: dict[str, Any]):
    ours, theirs = profile_of(**one), profile_of(**other)
    there, back = likened(ours, theirs), likened(theirs, ours)
    assert there.score == pytest.approx(back.score)
    assert (there.grade, there.agreeing, there.conflicting) == (back.grade, back.agreeing, back.conflicting)


@settings(max_examples=50)
@given(people, people, st.randoms())
def test_the_order_of_names_changes_no_score(one: dict[str, Any], other: dict[str, Any], by: Any):
    turned = other | {"names": by.sample(other["names"], len(other["names"]))}
    asker = profile_of(**one)
    assert likened(asker, profile_of(**turned)) == likened(asker, profile_of(**other))


@settings(max_examples=50)
@given(people, st.lists(people, min_size=1, max_size=6))
def test_the_likelihoods_of_all_together_are_at_most_one(one: dict[str, Any], others: list[dict[str, Any]]):
    found = answers(
        query_of(names=one["names"], birth_date=one["birth_date"]), *(profile_of(**o) for o in others)
    )
    assert sum(one.score for one in found) <= 1
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)


def test_two_who_fit_alike_are_both_uncertain():
    found = answers(asked(), somebody(), somebody())
    assert [one.grade == Grade.CERTAIN for one in found] == [False, False]
    assert found[0].score == pytest.approx(found[1].score)


def test_a_common_name_says_less_than_a_rare_one():
    query = asked(birth_date=None, birth_year=1988)
    common = {term("last", "vane", secret=SECRET): 300, term("first", "una", secret=SECRET): 400}
    (often,) = answers(query, somebody(), counts=common)
    assert often.score < answer(query, somebody()).score
    assert often.grade != Grade.CERTAIN


def test_a_shelter_says_less_than_a_home():
    query = asked(**NO_DATE, address="12 Larch Lane")
    inmates = [somebody(f"Inmate{chr(97 + at)}", "Quill", addresses=HOME) for at in range(9)]
    assert answers(query, somebody(**REACHED), *inmates)[0].score < answer(query, somebody(**REACHED)).score


def test_what_agrees_and_conflicts_is_named():
    query = asked("Una", "Quill", sex="m", suffix="Jr", identifier="B-1234567", **SAID_REACHED)
    found = answer(query, somebody(sex="f", suffix="Sr", identifiers=["B1234567"], **REACHED))
    assert {*found.agreeing} == {"given_name", "birth_date", "phone", "address", "identifier"}
    assert {*found.conflicting} == {"surname", "sex", "suffix"}


def test_an_age_agrees_as_a_year():
    found = answer(asked(birth_date=None, age=37, as_of=date(2025, 6, 1)), somebody())
    assert "birth_year" in found.agreeing


@pytest.mark.parametrize("off", [0, 1, 2])
def test_an_age_is_a_guess(off: int):
    query = asked("Una", "Testcase", birth_date=None, age=37 + off, as_of=date(2025, 6, 1))
    assert answer(query, somebody("Una", "Testcase")).grade in (Grade.CERTAIN, Grade.PROBABLE)


def test_nobody_is_found_among_none():
    assert answers(asked()) == []


def test_nothing_said_is_nobody():
    assert answer(query_of(), somebody()).grade == Grade.CERTAINLY_NOT


def test_a_day_off_is_likelier_than_another_date():
    near, far = somebody(birth_date=BORN + timedelta(days=1)), somebody(birth_date=date(1971, 9, 30))
    assert answer(asked(), near).score > answer(asked(), far).score


def test_a_vague_question_stays_vague_whoever_is_asked_for():
    assert (
        answer(replace(asked(birth_date=None, birth_year=1988), is_vague=True), somebody()).grade
        != Grade.CERTAIN
    )
