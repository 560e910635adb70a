"""The upgrade of an installed county to the match index: nobody is lost on the way (P-22)."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from django.db.migrations.executor import MigrationExecutor

from continuity.disclosures.privileges import restrict_site_role
from continuity.people.index import search
from continuity.people.matching import Description, exact_keys, query_of
from continuity.people.models import Person, PersonName
from continuity.people.rebuilding import is_complete
from continuity.people.services import identify
from tests import builders as b

pytestmark = [pytest.mark.drill, pytest.mark.django_db(transaction=True, databases=["default", "owner"])]
BORN = date(1988, 4, 3)
OLD = ("people", "0001_squashed_0004_merges_and_duplicates")
NEW = ("people", "0006_sealed_identifiers")
ASKED: dict[str, Any] = {"first": "Sam", "last": "Testcase", "birth_date": BORN}


def migrate(to: tuple[str, str]) -> None:
    """Only the tables: without what follows a migration run."""
    MigrationExecutor(connections["owner"]).migrate([to])


def keys_of_the_version_before() -> list[tuple[int, UUID]]:
    """Names with birth dates, as they were typed, and nothing else."""
    secret = settings.MATCH_KEY.encode()
    return [
        (key, name.person_id)
        for name in PersonName.objects.select_related("person")
        for key in exact_keys(Description([(name.last, name.first)], name.person.birth_date), secret=secret)
    ]


def test_look_ups_are_answered_all_the_way_through_the_upgrade():
    county = b.agency("county", "county_behavioral_health")
    sam = b.person(county)
    una = b.person(county, first="Una", last="Vale Jr")
    before = keys_of_the_version_before()
    try:
        migrate(OLD)
        with connections["owner"].cursor() as cursor:
            cursor.execute("DELETE FROM people_matchkey")
            cursor.executemany("INSERT INTO people_matchkey (key, person_id) VALUES (%s, %s)", before)
    finally:
        migrate(NEW)
        restrict_site_role("owner")
    assert identify(**ASKED).person_id == sam.pk
    assert identify(first="Una", last="Vale Jr", birth_date=BORN).person_id == una.pk
    assert not is_complete()
    assert search(query_of(**ASKED)) == []
    call_command("migrate", database="owner", verbosity=0)
    assert is_complete()
    assert search(query_of(**ASKED))[0].person == sam.pk
    assert identify(**ASKED).person_id == sam.pk
    assert Person.objects.count() == 2
