"""A ledger that fails is told within the hour, and really is broken here, by the role that owns it (AU-5, S-8)."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import psycopg
import pytest
import time_machine
from django.core import mail
from django.db import DatabaseError, connection

from continuity.disclosures import ledger_alarm, throttles
from continuity.disclosures.alerts import may_be_told
from continuity.disclosures.models import LedgerEntry
from continuity.disclosures.readings import note_reading
from continuity.disclosures.tasks import make_partitions, watch_ledger
from continuity.notices.models import Notice
from tests import builders as b
from tests.builders import NOW
from tests.cast import ABOUT_SAM, Cast, signed_in
from tests.lookup.asking import URL

MONTH = "disclosures_ledgerentry_202611"
BROKEN = {
    "insert_refused": (
        "REVOKE INSERT ON disclosures_ledgerentry FROM continuity_site",
        "GRANT INSERT ON disclosures_ledgerentry TO continuity_site",
    ),
    "changeable": (
        "GRANT DELETE ON disclosures_ledgerentry TO continuity_site",
        "REVOKE DELETE ON disclosures_ledgerentry FROM continuity_site",
    ),
    "triggers_missing": (
        f"ALTER TABLE {MONTH} DISABLE TRIGGER ledger_is_never_truncated",
        f"ALTER TABLE {MONTH} ENABLE TRIGGER ledger_is_never_truncated",
    ),
    "no_partition_now": (
        f"ALTER TABLE disclosures_ledgerentry DETACH PARTITION {MONTH}",
        f"ALTER TABLE disclosures_ledgerentry ATTACH PARTITION {MONTH}"
        " FOR VALUES FROM (first_id_of('2026-11-01')) TO (first_id_of('2026-12-01'))",
    ),
    "no_partition_next": (
        "ALTER TABLE disclosures_ledgerentry_202612 RENAME TO away",
        "ALTER TABLE away RENAME TO disclosures_ledgerentry_202612",
    ),
    "unreachable": (
        "ALTER TABLE disclosures_ledgerentry RENAME TO away",
        "ALTER TABLE away RENAME TO disclosures_ledgerentry",
    ),
}


@contextmanager
def broken(how: str) -> Iterator[None]:
    """Break the ledger as its owner would, and mend it afterwards."""
    breaks, mends = BROKEN[how]
    name = connection.settings_dict["NAME"]
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], dbname=name, autocommit=True) as owner:
        owner.execute(breaks)
        try:
            yield
        finally:
            connection.close()
            owner.execute(mends)


@pytest.fixture
def watched(transactional_db: None, cast: Cast, settings) -> Iterator[Cast]:
    """A county with an operator, and a counter that begins at nothing."""
    settings.OPERATOR_EMAIL = ["operators@example.org"]
    store = throttles.store(settings.REDIS_URL)
    keys = (ledger_alarm._FAILURES, ledger_alarm._MAILED)
    store.delete(*keys)
    with time_machine.travel(NOW, tick=False):
        make_partitions()
        yield cast
    store.delete(*keys)


def told() -> set[tuple[str, str]]:
    notices = Notice.objects.filter(kind="ledger_failing").select_related("member", "agency")
    return {(one.agency.code, one.member.username) for one in notices}


def test_sound_ledger_is_nothing_to_tell_of(watched: Cast):
    signed_in(watched.reyes).post(URL, ABOUT_SAM, content_type="application/json")
    before = LedgerEntry.objects.count()
    assert watch_ledger() == []
    assert LedgerEntry.objects.count() == before == 1
    assert (mail.outbox, told()) == ([], set())


def test_write_that_failed_is_told_to_privacy_officers_administrators_and_operators(watched: Cast, caplog):
    officer = b.member("priya", watched.county, "privacy_officer")
    b.member("adam", watched.police, "agency_admin")
    b.member("gone", watched.police, "agency_admin", ended_at=NOW)
    client = signed_in(watched.reyes)
    client.raise_request_exception = False
    with broken("insert_refused"):
        assert client.post(URL, ABOUT_SAM, content_type="application/json").status_code == 500
    assert "a ledger row was not written (ProgrammingError)" in caplog.text
    assert watch_ledger() == ["writes_failed"]  # mended meanwhile, and told all the same
    assert told() == {("county-health", "priya"), ("kestrel-police", "adam")}
    (sent,) = mail.outbox
    assert (sent.to, sent.subject) == (["operators@example.org"], "Continuity: the ledger is failing")
    assert "rows could not be written" in sent.body
    assert "Testcase" not in sent.body + caplog.text
    notice = Notice.objects.get(kind="ledger_failing", member=officer.member)
    assert notice.is_urgent
    assert may_be_told(by=officer, notice=notice, at=NOW)
    assert watch_ledger() == []


@pytest.mark.parametrize("how", BROKEN)
def test_what_would_fail_is_found_before_it_does(watched: Cast, how: str):
    b.member("priya", watched.county, "privacy_officer")
    with broken(how):
        assert watch_ledger() == [how]
    assert len(mail.outbox) == 1
    assert ledger_alarm.WORDS[how] in mail.outbox[0].body
    assert told() == {("county-health", "priya")}
    assert watch_ledger() == []


def test_same_trouble_is_told_once_an_hour(watched: Cast, settings):
    b.member("priya", watched.county, "privacy_officer")
    with broken("insert_refused"):
        for minutes in (0, 10, 20):
            with time_machine.travel(NOW + timedelta(minutes=minutes), tick=False):
                assert watch_ledger() == ["insert_refused"]
        assert (len(mail.outbox), Notice.objects.filter(kind="ledger_failing").count()) == (1, 1)
        throttles.store(settings.REDIS_URL).delete(ledger_alarm._MAILED)  # an hour on the store's own clock
        with time_machine.travel(NOW + timedelta(minutes=60), tick=False):
            watch_ledger()
    assert (len(mail.outbox), Notice.objects.filter(kind="ledger_failing").count()) == (2, 2)


def test_reading_that_cannot_be_ledgered_is_counted_and_shows_nothing(watched: Cast):
    with broken("insert_refused"), pytest.raises(DatabaseError):
        note_reading(by=watched.kim, rows=[watched.sam], channel="admin", at=NOW)
    assert ledger_alarm.check(NOW) == ["writes_failed"]


def test_alarm_is_sounded_without_the_counters_store(watched: Cast, settings, caplog):
    b.member("priya", watched.county, "privacy_officer")
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    with broken("insert_refused"), caplog.at_level(logging.CRITICAL):
        with pytest.raises(DatabaseError):
            note_reading(by=watched.kim, rows=[watched.sam], channel="admin", at=NOW)
        assert watch_ledger() == ["insert_refused"]
    assert "could not be counted" in caplog.text
    assert "the ledger is failing: insert_refused" in caplog.text
    assert len(mail.outbox) == 1
    assert told() == {("county-health", "priya")}
