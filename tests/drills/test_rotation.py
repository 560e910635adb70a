"""All narratives of a busy county are sealed anew beside look-ups and writers, and the old key goes (S-13)."""

import os
import time
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from pytest_django.fixtures import Settings
from rich.console import Console

from continuity.crisis.models import ClinicalNarrative, CrisisContact
from tests.cast import Cast
from tests.house.sealed_world import read_everything, traffic, write

pytestmark = [pytest.mark.drill, pytest.mark.django_db(transaction=True)]
ROWS = 100_000 if os.environ.get("CONTINUITY_DRILLS") == "full" else 2_000
NEW = {"2027a": "a newer text"}
# Contacts like one that is there, each with a narrative of its own under the old key.
COPIES = """
INSERT INTO crisis_crisiscontact ({names})
SELECT {values} FROM crisis_crisiscontact, generate_series(1, %s) AS n WHERE id = %s RETURNING id
"""


def many_narratives(like: CrisisContact) -> None:
    names = [field.column for field in CrisisContact._meta.concrete_fields]
    changed = {"id": "gen_random_uuid()", "contact_number": "'D-' || n"}
    statement = COPIES.format(
        names=", ".join(names), values=", ".join(changed.get(name, name) for name in names)
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [ROWS, like.pk])
        ids = [pk for (pk,) in cursor.fetchall()]
    ClinicalNarrative.objects.bulk_create(
        [ClinicalNarrative(contact_id=pk, text=f"Told at length, {n}. " * 40) for n, pk in enumerate(ids)],
        batch_size=1000,
    )


def test_rotation_beside_traffic_leaves_nothing_behind(cast: Cast, settings: Settings):
    write(cast)
    many_narratives(cast.sams_contact)
    ClinicalNarrative.objects.filter(contact=cast.sams_contact).update(text="mine 0 0")
    values = read_everything()
    settings.FIELD_KEYS = NEW | settings.FIELD_KEYS
    failed: list[BaseException] = []
    begun = time.monotonic()
    with traffic(failed, of=cast.sams_contact.pk) as rounds:
        call_command("reseal", stdout=StringIO())
        seconds = time.monotonic() - begun
        assert failed == []
    settings.FIELD_KEYS = NEW
    assert read_everything() == values
    told = f"{ROWS:,} narratives sealed anew in {seconds:.1f} s beside {sum(rounds):,} rounds of two readers and writers"
    Console().print(told)
    assert sum(rounds) > 2, told
