"""The ledger: written before anything leaves, by nobody changed afterwards (S-6 to S-9, P-8)."""

import os
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from django.db import InternalError, ProgrammingError, connection, transaction

from continuity.disclosures import services
from continuity.disclosures.models import LedgerEntry
from continuity.disclosures.tasks import has_partition, make_partitions
from tests.builders import NOW
from tests.cast import ABOUT_SAM, Cast, signed_in
from tests.lookup.asking import URL, ask


def owner() -> psycopg.Connection:
    """A second connection, as the role that owns the tables."""
    name = connection.settings_dict["NAME"]
    return psycopg.connect(os.environ["DATABASE_OWNER_URL"], dbname=name, autocommit=True)


@pytest.mark.django_db(transaction=True)
def test_the_row_is_committed_before_the_record_is_built(cast: Cast, monkeypatch):
    """Seen from a second connection at the moment the rows are shaped into an answer."""
    cast.consent()
    seen = []

    def build(**given):
        with owner() as other:
            seen.append(other.execute("SELECT id, outcome FROM disclosures_ledgerentry").fetchall())
        return original(**given)

    original = services.build
    monkeypatch.setattr(services, "build", build)
    record = ask(cast.reyes).json()["record"]
    assert seen == [[(LedgerEntry.objects.get().pk, "released")]]
    assert record["ledger_id"] == str(LedgerEntry.objects.get().pk)


@pytest.mark.django_db(transaction=True)
def test_nothing_leaves_when_the_row_cannot_be_written(cast: Cast):
    """The write is made to fail in the database itself: the site's role loses INSERT for a moment."""
    cast.consent()
    client = signed_in(cast.reyes)
    client.raise_request_exception = False
    with owner() as other:
        other.execute("REVOKE INSERT ON disclosures_ledgerentry FROM continuity_site")
        try:
            response = client.post(URL, ABOUT_SAM, content_type="application/json")
        finally:
            other.execute("GRANT INSERT ON disclosures_ledgerentry TO continuity_site")
    assert response.status_code == 500
    assert b"Speak softly" not in response.content
    assert b"661-555" not in response.content
    assert not LedgerEntry.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_release_refuses_to_run_inside_another_transaction(cast: Cast):
    """Inside one, "committed" would be a promise that a later rollback breaks."""
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        ask(cast.reyes)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE disclosures_ledgerentry SET refusal = 'x'",
        "DELETE FROM disclosures_ledgerentry",
        "TRUNCATE disclosures_ledgerentry",
        "TRUNCATE disclosures_ledgerentry_default",
        "ALTER TABLE disclosures_ledgerentry DISABLE TRIGGER ALL",
        "DROP TABLE disclosures_ledgerentry_default",
        "INSERT INTO disclosures_ledgerentry_default SELECT * FROM disclosures_ledgerentry",
    ],
)
def test_the_sites_role_can_only_add_to_the_ledger(cast: Cast, statement):
    ask(cast.reyes)
    with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert LedgerEntry.objects.count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("verb", ["UPDATE {} SET refusal = ''", "DELETE FROM {}", "TRUNCATE {}"])
@pytest.mark.parametrize("partition", ["disclosures_ledgerentry", "its month"])
def test_even_the_owner_is_refused_by_the_triggers(cast: Cast, verb, partition):
    ask(cast.reyes)
    with owner() as other:
        month = other.execute("SELECT tableoid::regclass::text FROM disclosures_ledgerentry").fetchone()[0]
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"):
            other.execute(verb.format(month if partition == "its month" else partition))
    assert month == "disclosures_ledgerentry_202611"
    assert LedgerEntry.objects.count() == 1


@pytest.mark.django_db
def test_a_released_row_without_a_person_is_refused_by_the_database(cast: Cast):
    ask(cast.reyes)
    row = LedgerEntry.objects.get()
    row.pk, row.outcome, row.refusal, row.person = None, "released", "", None
    with pytest.raises((InternalError, Exception), match="a_release_names_a_person"), transaction.atomic():
        row.save(force_insert=True)


@pytest.mark.django_db
def test_the_task_makes_the_months_ahead_and_no_other_table():
    make_partitions()
    assert has_partition(datetime(2026, 12, 31, 23, 59, tzinfo=UTC))
    assert not has_partition(datetime(2020, 1, 1, tzinfo=UTC))
    with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("CREATE TABLE mine (id int)")


@pytest.mark.django_db
def test_the_search_is_kept_as_a_keyed_hash_only(cast: Cast):
    for milliseconds, last in enumerate(("Testcase", "TESTCASE", "Other")):
        ask(cast.reyes, at=NOW + timedelta(milliseconds=milliseconds), last=last)
    first, same, other = LedgerEntry.objects.order_by("id").values_list("search_hmac", flat=True)
    assert first == same != other
    with connection.cursor() as cursor:
        cursor.execute("SELECT disclosures_ledgerentry::text FROM disclosures_ledgerentry")
        assert "estcase" not in str(cursor.fetchall()).casefold()


@pytest.mark.django_db
def test_a_row_tells_who_when_where_why_and_what(cast: Cast):
    """S-7, 5.12: enough to account for the disclosure, ids only."""
    consent = cast.consent()
    ask(cast.reyes)
    row = LedgerEntry.objects.get()
    assert (row.at, row.asker, row.agency, row.roles) == (NOW, cast.reyes, cast.police, ["officer"])
    assert (row.purpose, row.incident_ref, row.channel) == ("le_crisis_response", "2026-0001", "api")
    assert (row.person, row.match_grade, row.custodians) == (cast.sam, "certain", [cast.county.pk])
    assert (row.remote_addr, len(row.request_id)) == ("127.0.0.1", 32)
    assert {opening["consent"] for opening in row.bases} == {str(consent.pk)}
    assert {opening["basis"] for opening in row.bases} == {"C"}
