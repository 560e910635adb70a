"""Nobody hears an answer that the ledger does not know, however the server dies (S-6); two hundred kills by drill."""

import pytest

from tests.lookup.crashing import crash

# The server is a process of its own.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("real_clock")]


def test_no_answer_is_heard_without_its_ledger_row_when_the_server_is_killed():
    outcome = crash(kills=5)
    print(outcome)
    assert outcome.without_row == []
    assert outcome.other_than_row == []
    # Killed amid work, or nothing is shown: questions were on their way, and many were answered.
    assert outcome.sent > outcome.answers > outcome.kills
    assert outcome.rows >= outcome.answers


@pytest.mark.drill
def test_check_sees_a_row_that_is_committed_after_its_answer():
    outcome = crash(kills=2, application="tests.lookup.answering_first", whole_every=9)
    assert outcome.without_row
