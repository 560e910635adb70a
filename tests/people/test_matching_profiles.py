"""What is known of a person in normal form: the same, however it is written (P-10). Pure."""

import json
import unicodedata
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from continuity.people.matching import NameParts, Profile, asked_like, index_keys, profile_of, query_of, terms
from tests.people.matched import BORN, SECRET, names, people, somebody


def bare(text: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFD", text) if not unicodedata.combining(char))


def written(said: dict[str, Any], spell: Any) -> dict[str, Any]:
    return said | {
        "names": [NameParts(*(spell(part) for part in name)) for name in said["names"]],
        "addresses": [tuple(spell(part) for part in one) for one in said["addresses"]],
        "identifiers": [spell(one) for one in said["identifiers"]],
    }


@settings(max_examples=50)
@given(people, st.sampled_from([str.upper, str.lower, bare, lambda text: f"  {text.replace(' ', '   ')} "]))
def test_case_accents_and_spacing_make_no_other_profile(said: dict[str, Any], spell: Any):
    assert profile_of(**written(said, spell)) == profile_of(**said)


@settings(max_examples=50)
@given(people)
def test_a_profile_survives_being_packed_as_json(said: dict[str, Any]):
    profile = profile_of(**said, verified=said["identifiers"][:1])
    assert Profile.unpack(json.loads(json.dumps(profile.pack()))) == profile


@settings(max_examples=50)
@given(st.lists(names, min_size=2, max_size=4, unique=True), st.randoms())
def test_the_order_of_names_makes_no_other_keys_and_terms(some: list[NameParts], by: Any):
    one, other = profile_of(names=some), profile_of(names=by.sample(some, len(some)))
    assert index_keys(one, secret=SECRET) == index_keys(other, secret=SECRET)
    assert terms(one, secret=SECRET) == terms(other, secret=SECRET)


@pytest.mark.parametrize(
    ("name", "normal"),
    [
        (("Una", "", "Núñez-Ortega"), ("una", "", "nunez ortega", "")),
        (("Una", "", "O'Hollow"), ("una", "", "ohollow", "")),
        (("Una", "", "O’Hollow"), ("una", "", "ohollow", "")),
        (("Una", "", "Mc Vane"), ("una", "", "mcvane", "")),
        (("Sam", "L.", "Vane, Jr."), ("sam", "l", "vane", "jr")),
        (("Sam", "", "Vane", "Junior"), ("sam", "", "vane", "jr")),
        (("Sam", "", "Vane", "2nd"), ("sam", "", "vane", "ii")),
        (("Sam", "", "Vane", "Esq."), ("sam", "", "vane", "")),
    ],
)
def test_a_name_has_one_normal_form(name: tuple[str, ...], normal: tuple[str, ...]):
    assert profile_of(names=[NameParts(*name)]).names == (NameParts(*normal),)


@pytest.mark.parametrize(
    ("said", "known"),
    [
        ({"birth_date": date(1988, 1, 1)}, "y"),
        ({"birth_date": BORN, "estimated": True}, "y"),
        ({"birth_date": date(1988, 4, 1), "birth_precision": "ym"}, "ym"),
        ({"birth_date": BORN}, "ymd"),
        ({"birth_date": None}, ""),
    ],
    ids=["1 January", "estimated", "month", "day", "nothing"],
)
def test_a_placeholder_and_a_guess_are_known_to_the_year_only(said: dict[str, Any], known: str):
    """P-5: 1 January is what systems write when they do not know the day."""
    assert somebody(**said).birth_precision == known


def test_a_placeholder_that_is_asked_is_a_year():
    query = query_of(last="Vane", birth_date=date(1988, 1, 1))
    assert (query.birth_date, query.birth_year, query.is_vague) == (None, 1988, True)


@pytest.mark.parametrize("line", ["NFA", "No fixed address", "homeless", "Unknown", ""])
def test_no_address_is_none(line: str):
    assert somebody(addresses=[(line, "", "")]).addresses == ()


@pytest.mark.parametrize("number", ["(375) 555-0134", "375.555.0134", "+1 375 555 0134", "3755550134"])
def test_a_telephone_number_is_its_digits(number: str):
    assert somebody(phones=[number]).phones == ("3755550134",)


@pytest.mark.parametrize("number", ["", "0134", "000-0000", "none"])
def test_what_is_no_telephone_number_is_none(number: str):
    assert somebody(phones=[number]).phones == ()


def test_a_street_name_may_stand_before_the_surname():
    profile = somebody("Sam", "Vane", others=[("", "", "Ghost")])
    assert NameParts("ghost", "", "vane") in profile.names


def test_a_person_is_asked_for_by_all_that_is_known():
    profile = somebody(phones=["375-555-0134"], identifiers=["B-1"], sex="f", others=[("Uni", "", "Quill")])
    query = asked_like(profile)
    assert (query.names, query.birth_date, query.phones, query.identifiers, query.sex) == (
        profile.names,
        BORN,
        ("3755550134",),
        ("b1",),
        "f",
    )
