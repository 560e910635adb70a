"""What is sealed stays sealed everywhere, is sealed anew beside live traffic, and then needs no old key (S-13)."""

from importlib import import_module
from io import StringIO
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection
from pytest_django.fixtures import Settings

from continuity import resealing
from continuity.agencies.factor_secrets import PLACE
from continuity.crisis.models import ClinicalNarrative, ContactAmendment
from continuity.people.index import search
from continuity.people.matching import query_of
from continuity.people.models import PersonIdentifier
from continuity.people.services import identify
from continuity.sealing import SealedBinaryField, SealedTextField, UnsealError
from continuity.trail.models import Recorded
from tests.cast import Cast
from tests.house.sealed_world import IN_CLEAR, WORDS, read_everything, traffic, write

NEW = {"2027a": "a newer text"}


@pytest.fixture
def world(cast: Cast) -> SimpleNamespace:
    return write(cast)


def test_list_of_sealed_columns_is_the_reviewed_one():
    assert sorted(map(str, resealing.sealed_columns())) == sorted(WORDS)


def test_place_of_second_factors_is_the_one_that_sealed_them():
    assert resealing.IN_JSON["mfa_authenticator", "data"] == PLACE


def test_history_holds_no_sealed_field_in_clear():
    sealed = [
        (model, field.name)
        for model in apps.get_models()
        for field in model._meta.local_concrete_fields
        if issubclass(model, Recorded) and isinstance(field, SealedBinaryField | SealedTextField)
    ]
    assert len(sealed) > 10
    assert [(model, name) for model, name in sealed if name not in (*model.masked, *model.unrecorded)] == []


# A dump


def dumped() -> dict[str, str]:
    """Every row of every table as text, as a dump has them; bytes in hexadecimal digits."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"
            " AND NOT relispartition"
        )
        found = {}
        for (table,) in cursor.fetchall():
            cursor.execute(f"SELECT string_agg(one::text, ' ') FROM {table} one")
            found[table] = cursor.fetchone()[0] or ""
    return found


def tables_with(word: str, dump: dict[str, str]) -> list[str]:
    looks = (word, word.encode().hex())
    return [table for table, rows in dump.items() if any(look.lower() in rows.lower() for look in looks)]


def test_dump_shows_nothing_of_what_is_sealed(world: SimpleNamespace):
    """Narrative, SUD text, identifier, document, second factor: in no table, trail and ledger included."""
    dump = dumped()
    assert {word: found for word in WORDS.values() if (found := tables_with(word, dump))} == {}
    assert all(tables_with(word, dump) for word in IN_CLEAR)


def test_dump_would_show_one_that_was_not_sealed(world: SimpleNamespace):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE crisis_sudsegment SET part2_source = 'hollowmere'")
    assert tables_with("hollowmere", dumped()) == ["crisis_sudsegment"]


# What is sealed is found and told apart none the less


def test_person_is_found_by_a_sealed_number(world: SimpleNamespace):
    number = WORDS["people_personidentifier.value"]
    assert identify(last="Testcase", first="Nora", identifier=number).person_id == world.numbered.pk
    almost = search(query_of(last="Testcase", first="Nora", identifier=number[:-1] + "9"))
    assert almost[0].person == world.numbered.pk


def test_same_number_of_a_person_is_kept_once(world: SimpleNamespace):
    kept = PersonIdentifier.objects.get(person=world.numbered)
    with pytest.raises(Exception, match="a_person_has_an_identifier_once"):
        PersonIdentifier.objects.create(person=world.numbered, source=kept.source, value=kept.value)


def test_nothing_said_can_be_told_without_a_key(world: SimpleNamespace):
    ContactAmendment.objects.update(rebuttal="")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM crisis_contactamendment WHERE rebuttal <> '' OR disagreement = ''"
        )
        assert cursor.fetchone() == (0,)


# The migrations that begin to seal


@pytest.mark.parametrize(
    "name",
    [
        "crisis.migrations.0004_sealed_texts",
        "treatment.migrations.0004_sealed_notes",
        "people.migrations.0006_sealed_identifiers",
    ],
)
def test_migration_seals_what_is_there_and_takes_it_back(world: SimpleNamespace, name: str):
    app, migration = name.partition(".")[0], import_module(f"continuity.{name}")
    editor = SimpleNamespace(connection=connection)
    words = [
        word for place, word in WORDS.items() if place.startswith(app) and place != "crisis_transfer.said"
    ]
    migration.unseal(apps, editor)
    assert all(tables_with(word, dumped()) for word in words)
    migration.seal(apps, editor)
    assert not any(tables_with(word, dumped()) for word in words)
    assert read_everything() > len(WORDS)


# Keys that change


def resealed(*options: str) -> str:
    out = StringIO()
    call_command("reseal", *options, stdout=out)
    return out.getvalue()


def test_old_key_may_go_when_everything_was_sealed_anew(world: SimpleNamespace, settings: Settings):
    values, (old,) = read_everything(), settings.FIELD_KEYS
    settings.FIELD_KEYS = NEW | settings.FIELD_KEYS
    with pytest.raises(CommandError, match=f"{old} must stay"):
        resealed("--check")
    assert "0 that no key opens" in resealed("--batch=2")
    assert "no other key is needed" in resealed("--check")
    settings.FIELD_KEYS = NEW
    assert read_everything() == values
    assert identify(last="Testcase", first="Nora", identifier="zq7714418").person_id == world.numbered.pk
    assert "0 values sealed anew" in resealed()


def test_sealing_anew_changes_neither_version_nor_time(world: SimpleNamespace, settings: Settings):
    before = list(ClinicalNarrative.objects.values_list("pk", "version", "updated_at", "text"))
    settings.FIELD_KEYS = NEW | settings.FIELD_KEYS
    resealed()
    assert list(ClinicalNarrative.objects.values_list("pk", "version", "updated_at", "text")) == before


def test_value_that_no_key_opens_is_named_and_left(
    world: SimpleNamespace, settings: Settings, caplog: pytest.LogCaptureFixture
):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE crisis_sudsegment SET part2_source = 'hollowmere' WHERE part2_source <> ''")
    settings.FIELD_KEYS = NEW | settings.FIELD_KEYS
    with pytest.raises(CommandError, match="not sealed"):
        resealed()
    assert str(world.contact.sud_segment.pk) in caplog.text
    assert "hollowmere" not in caplog.text
    with pytest.raises(UnsealError):
        world.contact.sud_segment.refresh_from_db()


@pytest.mark.django_db(transaction=True)
def test_no_read_fails_beside_it_and_no_write_is_lost(world: SimpleNamespace, cast: Cast, settings: Settings):
    ClinicalNarrative.objects.filter(contact=cast.sams_contact).update(text="mine 0 0")
    failed: list[BaseException] = []
    settings.FIELD_KEYS = NEW | settings.FIELD_KEYS
    with traffic(failed) as rounds:
        for _ in range(3):
            resealed("--batch=1")
        before = list(rounds)
        while not failed and min(rounds) < min(before) + 2:
            pass
    assert failed == []
    assert min(rounds) > 2
    settings.FIELD_KEYS = NEW
    assert ClinicalNarrative.objects.get(contact=cast.sams_contact).text.startswith("mine")
    assert read_everything() > len(WORDS)
