"""Seals: who edits the ledger past every wall is found, and the row is named (AU-9, S-8)."""

import io
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, connections, transaction
from django.test import Client

from continuity.disclosures import canonical, seals, tasks
from continuity.disclosures.canonical import EDITS, EVENTS, LEDGER, TABLES
from continuity.disclosures.models import LedgerEntry, LedgerSeal
from continuity.disclosures.seal_exports import NotTheExported, append_new, read_export, seal_and_copy
from continuity.disclosures.verification import Finding, Verification
from continuity.ids import uuid7
from continuity.trail.models import AuditEntry, Event
from continuity.trail.services import record_event
from tests import builders as b
from tests.disclosures.ledger_rows import owner, tampered, write_rows

AT = datetime(2024, 3, 20, 12, 0, tzinfo=UTC)
JANUARY, MARCH = datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 3, 11, tzinfo=UTC)
SEALS = 10  # of 420 rows, six a day: January has four, February four, March two
transactional = pytest.mark.django_db(transaction=True, databases=["default", "owner"])


@pytest.fixture
def rows(monkeypatch: pytest.MonkeyPatch, settings) -> Iterator[list[str]]:
    """Ids of 420 sealed rows of ten weeks, in order; three months, 50 rows a seal."""
    monkeypatch.setattr(seals, "MOST_ROWS", 50)
    county = b.agency("county-health", "county_behavioral_health")
    about = {"people": [b.person(county).pk], "askers": [b.member("kim", county, "consent_manager").pk]}
    write_rows(420, JANUARY, MARCH, agencies=[county.pk], **about)
    list(seals.seal_table(LEDGER, AT))
    yield [str(id_) for id_ in LedgerEntry.objects.order_by("id").values_list("id", flat=True)]
    with owner() as connection:
        for month in ("202401", "202402", "202403"):
            connection.execute(f"DROP TABLE IF EXISTS disclosures_ledgerentry_{month}")


def verify(using: str = "default", **options: object) -> list[Finding]:
    return list(Verification(LEDGER, AT, using=using, **options).findings())  # type: ignore[arg-type]


def first(using: str = "owner", **options: object) -> tuple[str, str | None]:
    """What the first finding says: the fault, and the row or the seal."""
    found = verify(using, **options)[0]
    return found.fault, str(found.row) if found.row else str(found.seal)


L, S = "disclosures_ledgerentry", "disclosures_ledgerseal"
PLACEHOLDER = "00000000-0000-7000-8000-000000000000"
MOVE = f"UPDATE {L} SET id = '{{}}' WHERE id = '{{}}'"
COPY_ROW = (
    f"CREATE TEMP TABLE one AS SELECT * FROM {L} WHERE id = '{{0}}'",
    "UPDATE one SET id = '{1}'",
    f"INSERT INTO {L} SELECT * FROM one",
    "DROP TABLE one",
)


def tamperings(rows: list[str]) -> dict[str, tuple[list[str], tuple[str, str]]]:
    """What an insider does, and what must be found first."""
    one, other = rows[100], rows[300]
    inside, long_ago = one[:-4] + "0000", "01000000-0000-7000-8000-000000000001"
    new = {place: [line.format(one, place) for line in COPY_ROW] for place in (inside, long_ago)}
    seal = f"WHERE \"table\" = '{L}' AND number"
    return {
        "a word": ([f"UPDATE {L} SET purpose = 'treatment' WHERE id = '{one}'"], ("altered", one)),
        "a microsecond": ([f"UPDATE {L} SET at = at + '1 us' WHERE id = '{one}'"], ("altered", one)),
        "the last column": ([f"UPDATE {L} SET remote_addr = NULL WHERE id = '{one}'"], ("altered", one)),
        "inside of JSON": (
            [f"UPDATE {L} SET bases = bases || '[{{}}]' WHERE id = '{one}'"],
            ("altered", one),
        ),
        "one row away": ([f"DELETE FROM {L} WHERE id = '{one}'"], ("missing", one)),
        "the first row away": ([f"DELETE FROM {L} WHERE id = '{rows[0]}'"], ("missing", rows[0])),
        "the last row away": ([f"DELETE FROM {L} WHERE id = '{rows[-1]}'"], ("missing", rows[-1])),
        "another row put in": (new[inside], ("inserted", inside)),
        "before the first": (new[long_ago], ("inserted", long_ago)),
        "two swapped": (
            [MOVE.format(PLACEHOLDER, one), MOVE.format(one, other), MOVE.format(other, PLACEHOLDER)],
            ("reordered", one),
        ),
        "two neighbours swapped": (
            [MOVE.format(PLACEHOLDER, one), MOVE.format(one, rows[101]), MOVE.format(rows[101], PLACEHOLDER)],
            ("reordered", one),
        ),
        "a seal edited": ([f"UPDATE {S} SET rows = rows - 1 {seal} = 3"], ("seal_forged", "3")),
        "its marks edited": ([f"UPDATE {S} SET marks = '' {seal} = 3"], ("seal_forged", "3")),
        "a seal away": ([f"DELETE FROM {S} {seal} = 3"], ("seal_missing", "3")),
        "an old seal again": (
            [
                f"CREATE TEMP TABLE one AS SELECT * FROM {S} {seal} = 3",
                f"UPDATE one SET id = gen_random_uuid(), number = 4; DELETE FROM {S} {seal} = 4",
                f"INSERT INTO {S} SELECT * FROM one; DROP TABLE one",
            ],
            ("seal_forged", "4"),
        ),
        "a month dropped": ([f"DROP TABLE {L}_202402"], ("missing", next(i for i in rows if i >= FEBRUARY))),
        "the tail of the seals away": ([f"DELETE FROM {S} {seal} > 1"], ("unsealed", rows[50])),
    }


FEBRUARY = str(canonical.first_id_of(date(2024, 2, 1)))


@transactional
def test_each_tampering_is_found_and_names_its_row(rows: list[str]):
    assert verify() == []
    found, expected = {}, {}
    for name, (statements, finding) in tamperings(rows).items():
        expected[name] = finding
        with tampered(*statements):
            found[name] = first()
    assert found == expected
    assert verify("owner") == []


@transactional
def test_a_sentence_says_what_happened_in_ids_alone(rows: list[str]):
    with tampered(f"DROP TABLE {L}_202402"):
        assert "disclosures_ledgerentry_202402 is not a partition" in verify("owner")[0].sentence
    with tampered(*tamperings(rows)["two swapped"][0]):
        swapped = [(one.fault, one.sentence) for one in verify("owner")]
    assert [fault for fault, _ in swapped] == ["reordered", "reordered"]
    assert rows[100] in swapped[0][1]
    assert rows[300] in swapped[0][1]


@transactional
def test_an_exported_copy_shows_a_chain_that_was_written_anew(rows: list[str], tmp_path: Path):
    """P-8: old rows with their old seals, put back together, fit each other; only a copy elsewhere tells."""
    write_rows(10, AT, AT + timedelta(hours=1))
    list(seals.seal_table(LEDGER, AT + timedelta(days=1)))
    copy = tmp_path / "seals.jsonl"
    assert append_new(copy) == SEALS + 1
    exported = read_export(copy)[LEDGER.name]
    last, seal = max(exported), f"WHERE \"table\" = '{L}' AND number"
    with tampered(f"DELETE FROM {L} WHERE id > '{rows[-1]}'", f"DELETE FROM {S} {seal} = {last}"):
        assert verify("owner") == []
        assert first(exported=exported) == ("seal_missing", str(last))
    assert verify(exported=exported) == []
    with owner() as insider:  # who has the key, too, and lets it be sealed anew
        insider.execute(f"DELETE FROM {L} WHERE id > '{rows[-1]}'; DELETE FROM {S} {seal} = {last}")
    write_rows(9, AT, AT + timedelta(hours=1))
    list(seals.seal_table(LEDGER, AT + timedelta(days=1)))
    assert verify() == []
    assert first(exported=exported) == ("seal_replaced", str(last))


@transactional
def test_nothing_is_sealed_over_the_traces_of_seals_that_were_taken_away(
    rows: list[str], settings, tmp_path: Path
):
    settings.SEALS_FILE = str(tmp_path / "seals.jsonl")
    assert seal_and_copy(AT) == []
    with owner() as insider:
        insider.execute(f"UPDATE {L} SET purpose = 'treatment' WHERE id = '{rows[-1]}'")
        insider.execute(f"DELETE FROM {S} WHERE number > 8")
    with pytest.raises(NotTheExported, match="is not in the database"):
        seal_and_copy(AT)
    assert LedgerSeal.objects.count() == 8
    assert first("default", exported=read_export(tmp_path / "seals.jsonl")[L]) == ("seal_missing", "9")
    names = [one.sentence for one in verify(exported=read_export(tmp_path / "seals.jsonl")[L])]
    assert any(f"row {rows[-1]} was altered" in name for name in names)


@pytest.fixture
def sealed_trail(db: None) -> datetime:
    """History and events of a small world, sealed an hour later."""
    b.agency("county-health", "county_behavioral_health")
    record_event(Event.Kind.SIGNED_OUT)
    at = datetime.now(UTC) + timedelta(hours=1)
    seals.seal_all(at)
    return at


def test_the_trail_is_sealed_by_the_same_code(sealed_trail: datetime):
    sealed = dict(LedgerSeal.objects.values_list("table", "rows"))
    assert sealed == {EVENTS.name: 1, EDITS.name: AuditEntry.objects.count()}
    for table in TABLES.values():
        check = Verification(table, sealed_trail)
        assert (list(check.findings()), check.rows) == ([], sealed.get(table.name, 0))


def test_a_later_entry_of_the_trail_is_sealed_by_the_next_seal_alone(sealed_trail: datetime):
    b.agency("orchard-clinic", "clinic_treatment")
    [seal] = seals.seal_table(EDITS, sealed_trail + timedelta(hours=2))
    assert (seal.number, seal.rows) == (
        2,
        AuditEntry.objects.filter(object_repr__startswith="agency").count() - 1,
    )


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_every_column_is_sealed(table: canonical.AppendOnly):
    """A new column asks for a new format: seals of the old one must verify for ever."""
    models = {one._meta.db_table: one for one in (LedgerEntry, Event, AuditEntry)}
    columns = {field.column for field in models[table.name]._meta.concrete_fields}
    assert set(table.columns[canonical.FORMAT]) == columns


def event_at(at: datetime) -> Event:
    return Event.objects.create(id=uuid7(at), kind=Event.Kind.SIGNED_OUT)


def test_rows_wait_until_nobody_can_add_one_before_them(real_clock: None, db: None, settings):
    """Ids commit out of order: a transaction that is still open may write a row of the time it began at."""
    settings.SEAL_QUIET_MINUTES = 10
    record_event(Event.Kind.SIGNED_OUT)
    now = datetime.now(UTC)
    assert list(seals.seal_table(EVENTS, now + timedelta(minutes=9))) == []
    own = connection.settings_dict
    with psycopg.connect(
        host=own["HOST"], port=own["PORT"] or None, user=own["USER"], dbname=own["NAME"]
    ) as slow:
        slow.execute("SELECT 1")
        assert list(seals.seal_table(EVENTS, now + timedelta(hours=5))) == []
    assert [seal.rows for seal in seals.seal_table(EVENTS, now + timedelta(hours=5))] == [1]


def test_a_new_key_signs_and_the_old_one_still_verifies(sealed_trail: datetime, settings):
    settings.SEAL_KEYS = {"2027a": "a new text"} | settings.SEAL_KEYS
    event_at(sealed_trail)
    later = sealed_trail + timedelta(hours=1)
    [seal] = seals.seal_table(EVENTS, later)
    assert seal.key_id == "2027a"
    assert list(Verification(EVENTS, later).findings()) == []
    settings.SEAL_KEYS = {"2027a": "a new text"}
    [unknown] = Verification(EVENTS, later).findings()
    assert (unknown.fault, unknown.seal) == ("key_unknown", 1)
    settings.SEAL_KEYS = {"2027a": "a guessed text", "test": "another"}
    assert {one.fault for one in Verification(EVENTS, later).findings()} == {"seal_forged"}


def test_without_a_key_nothing_is_sealed(sealed_trail: datetime, settings):
    settings.SEAL_KEYS = {}
    event_at(sealed_trail)
    with pytest.raises(CommandError, match="SEAL_KEYS has no key"):
        seals_of_command("seal_ledger", at=sealed_trail + timedelta(hours=1))
    assert LedgerSeal.objects.filter(table=EVENTS.name).count() == 1


@pytest.mark.parametrize(
    "statement",
    [
        f"UPDATE {S} SET rows = 0",
        f"DELETE FROM {S}",
        f"TRUNCATE {S}",
        f"ALTER TABLE {S} DISABLE TRIGGER ALL",
        f"DROP TABLE {S}",
    ],
)
def test_the_sites_role_can_only_add_seals(sealed_trail: datetime, statement: str):
    with pytest.raises(DatabaseError, match=r"permission denied|must be owner"), transaction.atomic():
        connection.cursor().execute(statement)
    assert LedgerSeal.objects.count() == 2


@transactional
@pytest.mark.parametrize("statement", [f"UPDATE {S} SET rows = 0", f"DELETE FROM {S}", f"TRUNCATE {S}"])
def test_even_the_owner_is_refused_by_the_triggers_of_the_seals(statement: str):
    record_event(Event.Kind.SIGNED_OUT)
    seals.seal_all(datetime.now(UTC) + timedelta(hours=1))
    with pytest.raises(DatabaseError, match="append-only"), connections["owner"].cursor() as cursor:
        cursor.execute(statement)


def test_readiness_and_the_alarm_say_that_sealing_is_behind(client: Client, db: None, time_machine):
    record_event(Event.Kind.SIGNED_OUT)
    assert client.get("/readyz").json()["ledger_seals"] == "ok"
    time_machine.move_to(datetime.now(UTC) + timedelta(hours=4))
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["ledger_seals"]) == (200, "failing")
    tasks.seal_ledger()
    assert client.get("/readyz").json()["ledger_seals"] == "ok"


@transactional
def test_the_daily_task_finds_a_fault_of_yesterday_and_sounds_the_alarm(monkeypatch):
    at = datetime.now(UTC)
    write_rows(30, at - timedelta(hours=3), at - timedelta(hours=1))
    tasks.seal_ledger()
    assert tasks.verify_last_day() == 0
    sounded: list[list[str]] = []
    monkeypatch.setattr(tasks.ledger_alarm, "sound", lambda found, at: sounded.append(found))
    with owner() as insider:
        insider.execute(f"DELETE FROM {L} WHERE id IN (SELECT id FROM {L} ORDER BY id LIMIT 2)")
    assert tasks.verify_last_day() == 2
    assert sounded == [["tampered"]]


def seals_of_command(*arguments: str, at: datetime) -> str:
    """What a command says at this time."""
    import time_machine

    out = io.StringIO()
    with time_machine.travel(at, tick=False):
        call_command(*arguments, stdout=out, stderr=out)
    return out.getvalue()


@transactional
def test_commands_seal_verify_and_export(rows: list[str], tmp_path: Path):
    copy = str(tmp_path / "seals.jsonl")
    assert f"{SEALS} seals were added" in seals_of_command("export_seals", copy, at=AT)
    assert "0 seals were added" in seals_of_command("export_seals", copy, at=AT)
    assert json.loads(Path(copy).read_text().splitlines()[0])["table"] == L
    said = seals_of_command("verify_ledger", "--table", L, "--export", copy, at=AT)
    assert f"{L}: {SEALS} seals, 420 rows" in said
    assert "as sealed" in said
    assert "174 rows" in seals_of_command(
        "verify_ledger", "--table", L, "--from", "2024-02-01", "--until", "2024-03-01", at=AT
    )
    with owner() as insider:
        insider.execute(f"DELETE FROM {L} WHERE id = '{rows[7]}'")
    out = io.StringIO()
    with pytest.raises(CommandError, match="Verification failed"):
        call_command("verify_ledger", "--table", L, stdout=out, stderr=out)
    assert f"row {rows[7]} is missing" in out.getvalue()


@transactional
def test_a_month_is_detached_archived_verified_and_attached_again(rows: list[str], tmp_path: Path):
    file = tmp_path / "2024-01.gz"
    january = [one for one in rows if one < FEBRUARY]
    said = seals_of_command("detach_ledger_month", "2024-01", str(file), at=AT)
    assert f"{len(january)} rows are in" in said
    assert file.stat().st_mode & 0o777 == 0o600
    assert LedgerEntry.objects.count() == len(rows) - len(january)
    gone = Verification(LEDGER, AT)
    assert (list(gone.findings()), gone.away) == ([], len(january))
    said = seals_of_command("verify_ledger", "--table", L, "--archive", str(file), at=AT)
    assert "420 rows" in said
    seals_of_command("attach_ledger_month", "2024-01", at=AT)  # its table is still there
    assert (verify(), LedgerEntry.objects.count()) == ([], len(rows))
    with owner() as retired:  # and now it goes for good, but for its file
        file.unlink()
        seals_of_command("detach_ledger_month", "2024-01", str(file), at=AT)
        retired.execute(f"DROP TABLE {L}_202401")
    assert verify() == []
    with pytest.raises(CommandError, match="name the month's archive"):
        seals_of_command("attach_ledger_month", "2024-01", at=AT)
    seals_of_command("attach_ledger_month", "2024-01", str(file), at=AT)
    assert (verify(), LedgerEntry.objects.count()) == ([], len(rows))
    assert [seal.kind for seal in LedgerSeal.objects.order_by("number")][-4:] == ["detached", "attached"] * 2
