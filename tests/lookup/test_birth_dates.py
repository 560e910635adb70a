"""A birth date as people type it."""

from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from continuity.people.birth_dates import read_back, read_birth_date

TODAY = date(2026, 11, 20)


@pytest.mark.parametrize(
    "text",
    ["4/3/1988", "04/03/1988", "4-3-88", "1988-04-03", "1988/4/3", "3 April 1988", "April 3, 1988", "apr 3 88", "1988 Apr 3", "04031988", "19880403", " 4. 3. 1988 "],
)  # fmt: skip
def test_usual_orders_mean_the_third_of_april(text):
    assert read_birth_date(text, TODAY) == date(1988, 4, 3)


@pytest.mark.parametrize(("text", "meant"), [("25/3/1988", date(1988, 3, 25)), ("5/6/07", date(2007, 5, 6)), ("5/6/27", date(1927, 5, 6))])  # fmt: skip
def test_what_only_fits_one_way_is_read_that_way(text, meant):
    assert read_birth_date(text, TODAY) == meant


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("soon", "for example"),
        ("1988", "for example"),
        ("2/30/1988", "no such day"),
        ("13/13/1988", "no such day"),
        ("1/2/2027", "in the future"),
        ("1/2/1888", "more than 120 years"),
        ("Smarch 3 1988", "for example"),
        ("April May 1988", "for example"),
        ("99999999", "no such day"),
        ("0/0/0", "no such day"),
    ],
)
def test_anything_else_is_told_what_to_type(text, sentence):
    with pytest.raises(ValueError, match=sentence):
        read_birth_date(text, TODAY)


@given(born=st.dates(date(1930, 1, 1), TODAY))
def test_every_written_form_reads_back_as_itself(born):
    for text in (born.isoformat(), f"{born:%m/%d/%Y}", f"{born:%d %B %Y}", f"{born:%Y%m%d}"):
        assert read_birth_date(text, TODAY) == born


@given(text=st.text(max_size=40))
def test_no_text_breaks_the_reader(text):
    with suppress(ValueError):
        assert read_birth_date(text, TODAY) <= TODAY


def test_the_date_is_read_back_with_the_age():
    assert read_back(date(1988, 4, 3), TODAY) == "3 April 1988, 38 years"
    assert read_back(date(1988, 11, 21), TODAY).endswith("37 years")
