"""Work in nobody's session declares itself: tasks, imports and the index are let through the second wall by name."""

from datetime import timedelta
from pathlib import Path
from threading import Thread

import pytest
from django.core.management import call_command
from django.db import connection, connections
from django.test import Client

from continuity.access.facts import gather
from continuity.access.facts_sql import FACTS_ABOUT, write_facts_function
from continuity.access.models import Restriction
from continuity.access.services import asker_of
from continuity.consents.models import Consent
from continuity.consents.tasks import expire_consents
from continuity.crisis.models import CrisisContact
from continuity.disclosures import second_wall
from continuity.people.models import MatchKey, Person
from continuity.people.services import find_or_register
from continuity.trail import wall
from tests import builders as b
from tests.cast import Cast
from tests.disclosures.walled import session_of
from tests.intake import county

pytestmark = pytest.mark.django_db


def test_a_task_finds_its_rows_by_its_own_name(cast: Cast, time_machine):
    """The real task, called where nothing is declared."""
    consent = cast.consent(expires_at=b.NOW + timedelta(days=1))
    time_machine.move_to(b.NOW + timedelta(days=2), tick=False)
    with wall.session():
        assert not Consent.objects.exists()
        assert expire_consents() == 1
        assert not Consent.objects.exists()
    assert Consent.objects.get(pk=consent.pk).status == Consent.Status.INACTIVE


def test_an_import_and_the_rebuilding_of_the_index_declare_themselves(tmp_path: Path):
    county.write(tmp_path)
    with wall.session():
        county.load(tmp_path)
        call_command("rebuild_match_keys", "--all", "--jobs", "1")
        assert not Person.objects.exists()
    assert (CrisisContact.objects.count(), Person.objects.count()) == (1, 1)
    assert MatchKey.objects.exists()


def test_who_is_described_exactly_is_found_and_written_for_though_the_agency_did_not_know_them(cast: Cast):
    """Matching opens the index for as long as it compares, and nothing of care (P-3)."""
    with session_of(cast.novak):
        assert not Person.objects.exists()
        with wall.matching("this test"):
            assert Person.objects.filter(pk=cast.sam.pk).exists()
            assert not CrisisContact.objects.exists()
        found = find_or_register(
            source=cast.elsewhere, first="Sam", last="Testcase", birth_date=cast.sam.birth_date
        )
        assert found == cast.sam
        assert Person.objects.get() == cast.sam
        assert not CrisisContact.objects.exists()


def test_a_thread_of_its_own_declares_nothing_by_itself(cast: Cast, monkeypatch):
    """Nothing is inherited: a thread that forgets to declare is given no rows."""
    monkeypatch.setattr(wall, "_of_the_process", wall.NOBODY)
    declared: list[wall.Declaration] = []
    with wall.background("the thread that starts it"):
        thread = Thread(target=lambda: declared.append(wall.declared()))
        thread.start()
        thread.join()
    assert declared == [wall.NOBODY]


def test_the_wall_says_whether_it_stands(client: Client):
    """A site whose role owns the tables is not held by it, and says so without stopping (docs/operations.md)."""
    assert client.get("/readyz").json()["second_wall"] == "ok"
    with connection.cursor() as cursor:
        cursor.execute("SELECT tableowner <> current_user FROM pg_tables WHERE tablename = 'people_person'")
        assert cursor.fetchone() == (True,)
    assert second_wall.stands()


@pytest.mark.django_db(databases=["default", "owner"])
def test_a_policy_that_was_altered_is_made_anew_and_no_other(transactional_db: None):
    """A migration holds no table against traffic whose policies are as they are to be."""

    def policies() -> dict[str, int]:
        with connections["owner"].cursor() as cursor:
            cursor.execute("SELECT polrelid::regclass || '.' || polname, oid::bigint FROM pg_policy")
            return dict(cursor.fetchall())

    before = policies()
    with connections["owner"].cursor() as cursor:
        cursor.execute("ALTER POLICY second_wall_select ON crisis_safetyflag USING (true)")
    second_wall.raise_second_wall("owner")
    again = {name for name, oid in policies().items() if before[name] != oid}
    assert again == {name for name in before if name.startswith("crisis_safetyflag.")}
    second_wall.raise_second_wall("owner")
    assert {name for name, oid in policies().items() if before[name] != oid} == again


@pytest.mark.django_db(databases=["default", "owner"])
def test_the_facts_function_of_the_version_before_stays_and_is_the_sites_alone(transactional_db: None):
    with connections["owner"].cursor() as cursor:

        def functions() -> dict[str, bool]:
            cursor.execute(
                "SELECT proname, EXISTS (SELECT FROM aclexplode(proacl) WHERE grantee = 0) FROM pg_proc"
                " WHERE starts_with(proname, 'facts_about_')"
            )
            return dict(cursor.fetchall())

        assert functions() == {FACTS_ABOUT: False}
        for name in ("facts_about_oldest", "facts_about_older"):
            cursor.execute(f"CREATE FUNCTION {name}() RETURNS int LANGUAGE sql AS 'SELECT 1'")
        write_facts_function("owner")
        assert set(functions()) == {FACTS_ABOUT, "facts_about_older"}
        cursor.execute("DROP FUNCTION facts_about_older")


def test_what_narrows_is_seen_by_the_gate_whoever_asks(cast: Cast):
    """Another agency's restriction is behind the wall; the facts that the asker is judged by hold it (ADR 0017)."""
    restriction = Restriction.objects.create(
        person=cast.sam,
        agency=cast.county,
        kind="disclosure",
        state="agreed",
        requested_at=b.NOW,
        recorded_by=cast.embedded,
    )
    asker = asker_of(cast.novak, purpose="le_crisis_response", incident_ref="2026-0001")
    with session_of(cast.novak):
        assert not Restriction.objects.filter(pk=restriction.pk).exists()
        [mine] = [one for one in gather(asker, cast.sam.pk, b.NOW).custodians if one.id == cast.county.pk]
    assert mine.kept_back
