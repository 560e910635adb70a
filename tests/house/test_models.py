"""What is true of every model: its docstring, its history, its foreign keys, its silence about names."""

import pytest
from auditlog.registry import auditlog
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection, models

from continuity.trail.models import Recorded

OURS = [model for model in apps.get_models() if model.__module__.startswith("continuity.")]
RECORDED = [model for model in OURS if issubclass(model, Recorded)]
SECRET = "Zyxwvut"

# Rows that may go when what they point to goes: none of them is a fact about a person.
NOT_PROTECTED = {
    "notices.Delivery.notice": models.CASCADE,  # a notice is forgotten with the ways it went
    "people.MatchKey.person": models.CASCADE,  # a derived index, rebuilt by `rekey`
    "people.MatchProfile.person": models.CASCADE,  # as above
    "people.PersonStaffGrant.content_object": models.CASCADE,  # a grant dies with its object
    "people.PersonStaffGrant.permission": models.CASCADE,  # guardian's base
    "people.PersonStaffGrant.user": models.CASCADE,  # guardian's base
    "treatment.LinkageGroupGrant.content_object": models.CASCADE,  # a grant dies with its object
    "treatment.LinkageGroupGrant.group": models.CASCADE,  # guardian's base
    "treatment.LinkageGroupGrant.permission": models.CASCADE,  # guardian's base
    "trail.AuditEntry.actor": models.SET_NULL,  # auditlog's base; the append-only trigger refuses it
    "trail.AuditEntry.content_type": models.CASCADE,  # auditlog's base; the append-only trigger refuses it
}

every_model = pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label)
every_recorded_model = pytest.mark.parametrize("model", RECORDED, ids=lambda model: model._meta.label)


@every_model
def test_docstring_says_what_is_personal_and_how_long_it_is_kept(model: type[models.Model]):
    said = model.__doc__ or ""
    assert "PII: " in said
    assert "Retention: " in said


@every_recorded_model
def test_recorded_model_has_a_history(model: type[Recorded]):
    assert auditlog.contains(model)
    assert auditlog.get_model_fields(model)["mask_fields"] == list(model.masked)


@every_recorded_model
def test_masked_fields_exist(model: type[Recorded]):
    assert set(model.masked) <= {field.name for field in model._meta.fields}


def test_models_about_people_are_found():
    assert {"Person", "PersonName", "Consent", "CrisisContact", "Linkage"} <= {m.__name__ for m in RECORDED}


def foreign_keys() -> dict[str, object]:
    return {
        f"{model._meta.label}.{field.name}": field.remote_field.on_delete
        for model in OURS
        for field in model._meta.fields
        if isinstance(field, models.ForeignKey)
    }


def test_every_foreign_key_protects_what_it_points_to():
    unprotected = {name: rule for name, rule in foreign_keys().items() if rule is not models.PROTECT}
    assert unprotected == NOT_PROTECTED


@every_model
def test_str_holds_nothing_that_was_typed(model: type[models.Model]):
    instance = model()
    for field in model._meta.fields:
        # A history row prints the `str()` of the row it is about, which this same test holds to silence.
        if isinstance(field, models.CharField | models.TextField) and field.name != "object_repr":
            setattr(instance, field.attname, field.choices[0][0] if field.choices else SECRET)
    assert SECRET not in str(instance)
    assert str(instance)


def constraints() -> list[tuple[str, str]]:
    return [
        (model._meta.label, one.name)
        for model in OURS
        if not model._meta.proxy
        for one in model._meta.constraints
    ]


@pytest.mark.parametrize(("model", "name"), constraints())
def test_constraint_is_named_as_a_sentence(model: str, name: str):
    words = name.split("_")
    assert len(words) >= 3
    assert name.islower()
    assert all(words)


@pytest.mark.django_db
def test_no_migration_is_pending(capsys: pytest.CaptureFixture[str]):
    labels = sorted({model._meta.app_label for model in OURS})
    try:
        call_command("makemigrations", *labels, check=True, dry_run=True)
    except SystemExit:
        pytest.fail(capsys.readouterr().out)


@pytest.mark.parametrize("alias", settings.DATABASES)
def test_database_is_postgresql_without_a_transaction_around_each_request(alias: str):
    database = settings.DATABASES[alias]
    assert database["ENGINE"] == "django.db.backends.postgresql"
    assert database["ATOMIC_REQUESTS"] is False


@pytest.mark.django_db
def test_site_role_owns_no_table():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), count(*) FILTER (WHERE tableowner = current_user) FROM pg_tables")
        tables, owned = cursor.fetchone()
    assert tables > len(OURS)
    assert owned == 0
