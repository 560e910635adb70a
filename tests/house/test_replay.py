"""What the suite replays is what would have been built: whoever writes meanwhile makes it be built anew."""

from collections.abc import Callable
from threading import Thread

import pytest
from django.db import connection, connections

from tests.replay import again, replayed

pytestmark = pytest.mark.django_db
_built: list[None] = []


def nothing() -> None:
    """A world of no rows."""


@again
def something() -> None:
    _built.append(None)


def change_nothing() -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE agencies_agency SET name = name WHERE false")


def on_another_connection() -> None:
    """As of the live server, or of tests from the first browser on."""

    def change() -> None:
        change_nothing()
        connections.close_all()

    thread = Thread(target=change)
    thread.start()
    thread.join()


def builds_after(event: Callable[[], None]) -> int:
    """How often the builder is called where it has been recorded, once this has happened."""
    replayed(nothing)
    something()
    _built.clear()
    replayed(nothing)
    event()
    something()
    return len(_built)


def test_what_was_built_is_not_built_again():
    assert builds_after(nothing) == 0


@pytest.mark.parametrize("write", [change_nothing, on_another_connection])
def test_it_is_built_again_after_a_write(write: Callable[[], None]):
    assert builds_after(write) == 1
