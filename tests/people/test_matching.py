"""Normal forms and exact keys (P-5, P-10). Pure."""

import unicodedata
from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from continuity.people.matching import Description, exact_keys, is_placeholder, normalise

SECRET = b"only for tests"
BORN = date(1988, 4, 3)
# Letters whose accent is a mark of its own, in both writings.
ACCENTED = "áàâäãåçéèêëíìîïñóòôöõúùûüýÿčďěňřšťžąęćńśźżőű"
letters = st.text(st.sampled_from(f"abcdefghijklmnopqrstuvwxyz{ACCENTED}"), min_size=1, max_size=12)
noise = st.text(st.sampled_from(" -'.,’·`/()"), max_size=3)
dates = st.dates(date(1900, 1, 2)).filter(lambda born: (born.month, born.day) != (1, 1))


def bare(text: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFD", text) if not unicodedata.combining(char))


def keys(last: str, first: str = "", born: date | None = None, *ids: str, secret: bytes = SECRET) -> set[int]:
    return exact_keys(Description([(last, first)], born, ids), secret=secret)


@given(st.text())
def test_normal_form_is_its_own_normal_form(text: str):
    assert normalise(normalise(text)) == normalise(text)


@given(letters)
def test_case_and_accents_make_no_other_name(name: str):
    for spelling in (name.upper(), name.title(), bare(name), unicodedata.normalize("NFD", name)):
        assert normalise(spelling) == normalise(name)


@given(letters, letters, noise)
def test_spaces_and_punctuation_make_no_other_name(one: str, two: str, between: str):
    assert normalise(f"{between}{one}{between}{two}{between}") == normalise(one + two)


@given(letters, letters)
def test_other_letters_make_another_name(one: str, two: str):
    assume(bare(one) != bare(two))
    assert normalise(one) != normalise(two)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Núñez-Ortega", "nunez ortega"),
        ("O'Brien", "OBRIEN"),
        ("Weiß", "WEISS"),
        ("Nguyễn", "nguyen"),
        ("ﬁsk", "Fisk"),
    ],
)
def test_two_spellings_are_one_name(written: str, meant: str):
    assert normalise(written) == normalise(meant) != ""


@pytest.mark.parametrize(
    ("name", "other"),
    [("Søren", "Sren"), ("Łukasz", "ukasz"), ("Þór", "ór"), ("Иванов", "Петров"), ("李伟", "王芳")],
)
def test_no_letter_of_a_name_is_lost(name: str, other: str):
    """P-5, P-10: a letter without a Latin base is a letter; who loses it takes one person for another, or nobody."""
    assert normalise(name) != normalise(other)


@given(letters, letters, dates, st.lists(letters, max_size=3))
def test_keys_fit_a_signed_64_bit_column(last: str, first: str, born: date, ids: list[str]):
    assert all(-(2**63) <= key < 2**63 for key in keys(last, first, born, *ids))


@given(letters, letters, dates, letters)
def test_another_secret_gives_other_keys(last: str, first: str, born: date, number: str):
    ours, theirs = (keys(last, first, born, number, secret=one) for one in (b"ours", b"theirs"))
    assert len(ours) == len(theirs) == 2
    assert not ours & theirs


@given(letters, letters, dates)
def test_two_spellings_have_the_same_keys(last: str, first: str, born: date):
    assert keys(last.upper(), f" {first}-", born) == keys(bare(last), first, born)


@given(letters, letters, letters, letters, dates, dates)
def test_keys_are_shared_only_by_the_same_name_and_birth_date(
    last: str, first: str, other_last: str, other_first: str, born: date, other_born: date
):
    same = (bare(last), bare(first), born) == (bare(other_last), bare(other_first), other_born)
    assert bool(keys(last, first, born) & keys(other_last, other_first, other_born)) == same


def test_last_and_first_name_are_not_run_together():
    assert not keys("Ann", "Marie", BORN) & keys("AnnM", "arie", BORN)


def test_every_name_has_its_keys():
    both = Description([("Vane", "Una"), ("Quill", "Una")], BORN, ["A-1"])
    assert exact_keys(both, secret=SECRET) == keys("Vane", "Una", BORN, "A-1") | keys(
        "Quill", "Una", BORN, "A-1"
    )


@given(letters, letters, st.integers(1900, 2026))
def test_first_of_january_gives_no_key(last: str, first: str, year: int):
    """P-5: it is what systems write when they do not know the day."""
    assert is_placeholder(date(year, 1, 1))
    assert keys(last, first, date(year, 1, 1)) == set()


@pytest.mark.parametrize(
    "described",
    [
        Description([]),
        Description([], BORN, ["A-1"]),
        Description([("Vane", "Una")]),
        Description([("Vane", "")], BORN),
        Description([("", "Una")], BORN, ["A-1"]),
        Description([("Vane", "Una")], None, ["", " - "]),
        Description([("'", "-")], BORN),
    ],
    ids=[
        "nothing",
        "no name",
        "name alone",
        "no first name",
        "no last name",
        "empty identifiers",
        "marks alone",
    ],
)
def test_too_little_gives_no_key(described: Description):
    assert exact_keys(described, secret=SECRET) == set()


def test_identifier_needs_the_last_name_and_no_first_name():
    assert keys("Vane", "", None, "CA D123") == keys("Vane", "Una", None, "cad-123")
    assert len(keys("Vane", "", None, "CA D123")) == 1
