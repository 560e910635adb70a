"""Changes, registrations and a rebuild at one moment, on real connections: the index is what is on record."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event
from typing import Any

import pytest
from django.db import connections, transaction

from continuity.agencies.models import Agency
from continuity.people.index import rekey
from continuity.people.models import Person
from continuity.people.rebuilding import fold_counts, rebuild
from continuity.people.services import Name, identify, register_person
from tests import builders as b
from tests.people.test_index import BORN, kept, made_anew

pytestmark = pytest.mark.django_db(transaction=True)
WAIT = 30


@pytest.fixture
def county() -> Agency:
    return b.agency("county", "county_behavioral_health")


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """What each call returned, each on a connection of its own."""

    def run(call: Callable[[], Any]) -> Any:
        try:
            return call()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as threads:
        return [one.result(timeout=2 * WAIT) for one in [threads.submit(run, call) for call in calls]]


def test_two_aliases_written_at_once_are_both_found(county: Agency):
    """Each is written before the other is committed; the later to be keyed sees both."""
    sam = b.person(county)
    written = Barrier(2)

    def add(last: str) -> None:
        with transaction.atomic():
            person = Person.objects.get(pk=sam.pk)
            person.personname_set.create(source=county, first="Sam", last=last)
            written.wait(timeout=WAIT)
            rekey(person)

    at_once(lambda: add("Vane"), lambda: add("Harrow"))
    for last in ("Testcase", "Vane", "Harrow"):
        assert identify(last=last, first="Sam", birth_date=BORN).person_id == sam.pk
    assert kept() == made_anew()


def test_registrations_of_one_name_do_not_wait_for_each_other(county: Agency):
    first_is_written, second_is_committed = Event(), Event()

    def first() -> bool:
        with transaction.atomic():
            b.person(county)
            first_is_written.set()
            return second_is_committed.wait(timeout=WAIT)

    def second() -> None:
        first_is_written.wait(timeout=WAIT)
        b.person(county)
        second_is_committed.set()

    assert at_once(first, second) == [True, None]
    assert kept() == made_anew()


def test_rebuild_beside_traffic_neither_loses_nor_keeps_too_much(county: Agency):
    """Half of what is written is taken back; nobody waits for good."""
    people = [
        b.person(county, first=first, last=last) for first in ("Sam", "Una") for last in ("Vane", "Harrow")
    ]
    begin = Barrier(4)

    def edit(mine: list[Person]) -> None:
        begin.wait(timeout=WAIT)
        for turn in range(6):
            for person in mine:
                with transaction.atomic():
                    person.personname_set.create(
                        source=county, first="Bob", last=f"Testcase {'abc'[turn % 3]}"
                    )
                    rekey(person)
                    register_person(source=county, names=[Name("Sam", "Vane")], birth_date=BORN)
                    transaction.set_rollback(turn % 2 == 1)

    def build() -> int:
        begin.wait(timeout=WAIT)
        return sum(sum(rebuild(everybody=True, jobs=jobs)) for jobs in (1, 2) * 3)

    def fold() -> int:
        begin.wait(timeout=WAIT)
        return sum(fold_counts() for _ in range(12))

    _, _, built, folded = at_once(lambda: edit(people), lambda: edit(people[::-1]), build, fold)
    assert built >= 6 * len(people)
    assert folded > 0
    assert kept() == made_anew()
