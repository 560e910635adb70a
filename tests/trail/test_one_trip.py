"""A statement and what the second wall must be told of who asks it, in one trip (ADR 0017)."""

import os
from contextlib import nullcontext
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.db import DataError, OperationalError, connection, transaction

from continuity.trail import one_trip, wall
from continuity.trail.one_trip import Statement

ONE, OTHER = UUID(int=1), UUID(int=2)
WHO_ASKS = Statement(
    "SELECT current_setting('continuity.agency', true), 100 / %(number)s::int, %(words)s::text[]"
)


def ask(number: int = 1, *, agency: UUID = ONE) -> Any:
    with wall.opened(agency, [], []):
        return WHO_ASKS.ask({"number": number, "words": ["it's", 'a "', "\\", "100 %s;"]})


def server_knows(name: str = "agency") -> str:
    """Asked past Django, which would tell before it asks."""
    connection.ensure_connection()
    row = connection.connection.execute(f"SELECT current_setting('continuity.{name}', true)").fetchone()
    return str(row[0] or "")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("around", [nullcontext, transaction.atomic])
def test_it_is_asked_on_behalf_of_whom_is_declared_each_time(around: Any):
    for agency in (ONE, OTHER, OTHER, ONE):
        with around():
            assert ask(20, agency=agency) == [(str(agency), 5, ["it's", 'a "', "\\", "100 %s;"])]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("number", [1, 0])
def test_what_is_told_ends_with_it_whether_it_is_answered_or_fails(number: int):
    """And what the server was told before holds again."""
    what_for = Statement("SELECT current_setting('continuity.work', true), 1 / %(number)s::int")
    with wall.session():
        wall.work_for(OTHER)
        connection.cursor().execute("SELECT")  # as any other statement: the server is told of OTHER
        for _ in range(2):
            with wall.matching("a test"), nullcontext() if number else pytest.raises(DataError):
                assert what_for.ask({"number": number}) == [(wall.MATCHING, 1)]
            assert server_knows("work") == ""
            assert server_knows() == str(OTHER)
    assert server_knows() == ""


@pytest.mark.django_db(transaction=True)
def test_one_that_is_not_walled_is_told_nothing():
    with wall.opened(ONE, [], []):
        unwalled = Statement(
            "SELECT COALESCE(current_setting('continuity.agency', true), '')", is_walled=False
        )
        assert unwalled.ask({}) == [("",)]


@pytest.mark.django_db(transaction=True)
def test_no_value_is_in_the_text_that_the_server_shows_and_logs():
    """P-19: a failed statement's text goes to PostgreSQL's log, whatever is said there of parameters."""
    named = Statement("SELECT 1 / %(number)s::int, %(words)s::text")
    with pytest.raises(DataError):
        named.ask({"number": 0, "words": "Quist-Example"})
    with psycopg.connect(os.environ["DATABASE_URL"]) as other:
        [said] = other.execute(
            "SELECT query FROM pg_stat_activity WHERE pid = %s", [connection.connection.info.backend_pid]
        ).fetchone()
    assert said == "SELECT 1 / $1::int, $2::text"


@pytest.mark.django_db(transaction=True)
def test_a_line_that_breaks_meanwhile_is_an_error_and_the_next_one_is_new():
    ask()
    with pytest.raises(OperationalError):
        Statement("SELECT pg_terminate_backend(pg_backend_pid())").ask({})
    assert connection.connection.closed
    connection.close()  # as the end of a request
    assert ask()[0][0] == str(ONE)


@pytest.mark.django_db(transaction=True)
def test_who_is_stopped_while_waiting_leaves_no_half_read_line(monkeypatch: pytest.MonkeyPatch):
    def stopped(_pgconn: Any) -> Any:
        raise KeyboardInterrupt

    ask()
    monkeypatch.setattr(one_trip, "_arriving", stopped)
    with pytest.raises(KeyboardInterrupt):
        ask()
    monkeypatch.undo()
    assert connection.connection.closed
    connection.close()
    assert ask()[0][0] == str(ONE)


@pytest.mark.django_db(transaction=True)
def test_it_is_prepared_again_when_a_rollback_had_the_server_forget_it():
    ask()
    with transaction.atomic():
        connection.connection.execute("SELECT 1", prepare=True)  # or psycopg would have nothing to forget
        transaction.set_rollback(True)
    assert connection.connection.execute("SELECT count(*) FROM pg_prepared_statements").fetchone() == (0,)
    assert ask()[0][0] == str(ONE)


@pytest.mark.django_db(transaction=True)
def test_a_row_that_it_writes_is_kept_or_never_was():
    """The statements of one trip are one transaction."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE noted (number int UNIQUE DEFERRABLE INITIALLY DEFERRED)")
    note = Statement("INSERT INTO noted SELECT unnest(%(numbers)s::int[]) RETURNING number")
    with wall.opened(ONE, [], []):
        assert note.ask({"numbers": [1, 2]}) == [(1,), (2,)]
        with pytest.raises(Exception, match="duplicate key"):
            note.ask({"numbers": [3, 3]})  # found out only when it is committed
    assert connection.connection.execute("SELECT array_agg(number) FROM noted").fetchone() == ([1, 2],)
    assert server_knows() == ""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE noted")  # closing the connection would do, but some time later
