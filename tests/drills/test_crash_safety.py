"""The server killed two hundred times amid look-ups, every fourth time with its master."""

import pytest

from tests.lookup.crashing import crash

pytestmark = [
    pytest.mark.drill,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("real_clock"),
]


def test_no_answer_is_heard_without_its_ledger_row_in_two_hundred_kills():
    outcome = crash(kills=200, whole_every=4)
    print(outcome)
    assert outcome.without_row == []
    assert outcome.other_than_row == []
    assert outcome.sent > outcome.answers > outcome.kills
    assert outcome.rows >= outcome.answers
