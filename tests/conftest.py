"""A real database per worker, migrated by its owner and used by the site's role, as in production."""

import gc
import os
from collections.abc import Iterator
from datetime import UTC, timedelta
from typing import Any

import psycopg
import pytest
import time_machine
from django.conf import settings
from django.core.cache import cache
from django.core.management import call_command
from django.db import connections
from django.test import TransactionTestCase

from continuity.disclosures.tasks import make_partitions
from continuity.trail import wall
from tests import replay
from tests.builders import NOW
from tests.log_watch import Watch, watch
from tests.migrated import copy_migrated, drop_template, maintenance

pytest_plugins = ["tests.cast"]


def pytest_runtest_setup(item: pytest.Item) -> None:
    replay.begin()


@pytest.fixture(scope="session", autouse=True)
def log_watch() -> Watch:
    return watch(settings)


@pytest.fixture(autouse=True)
def _no_name_in_a_log_line(log_watch: Watch) -> Iterator[None]:
    """P-19: for every test there is, whatever it does."""
    yield
    found = [*log_watch.found]
    log_watch.found.clear()
    assert found == []


class _Patch(pytest.MonkeyPatch):
    def setattr(self, *args: Any, **kwargs: Any) -> None:
        replay.build_all_from_now()
        super().setattr(*args, **kwargs)

    def setitem(self, *args: Any, **kwargs: Any) -> None:
        replay.build_all_from_now()
        super().setitem(*args, **kwargs)


@pytest.fixture
def monkeypatch() -> Iterator[pytest.MonkeyPatch]:
    """Pytest's own; what a test has patched is not passed over by a replay."""
    with _Patch.context() as patch:
        yield patch


@pytest.fixture(scope="session", autouse=True)
def clock_of_the_suite() -> Iterator[None]:
    """Start the clock two days after the cast's `NOW`, and let it run: their consents never grow old."""
    with time_machine.travel(NOW + timedelta(days=2), tick=True):
        yield


@pytest.fixture
def real_clock(clock_of_the_suite: None) -> Iterator[None]:
    """For tests whose other half keeps the machine's time: a process of its own, the database's commit times."""
    with time_machine.travel(time_machine.escape_hatch.datetime.datetime.now(tz=UTC), tick=True):
        yield


@pytest.fixture(autouse=True)
def nobody_failed_before(request: pytest.FixtureRequest) -> None:
    """Failures to sign in are counted in the cache, which outlives a test: each begins without any."""
    if {"db", "transactional_db"} & set(request.fixturenames):
        cache.clear()


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: pytest.FixtureRequest) -> Iterator[None]:
    """Point both aliases at a migrated database of this worker's own, which belongs to the owner's role."""
    name = f"test_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{os.getpid()}"
    _spare_the_collector()
    with django_db_blocker.unblock():
        copy_migrated(name, _migrate)
        _point_at(name)
        make_partitions()  # migrations go by the server's clock, which leaves the suite's behind
    _flush_append_only_tables_as_owner()
    replay.watch_writes()
    _look_behind_the_wall()
    yield
    with django_db_blocker.unblock():
        for connection in connections.all():
            connection.close()
        connections["default"].close_pool()
    _drop(name)
    drop_template()


def _point_at(name: str) -> None:
    for alias in ("default", "owner"):
        connections[alias].settings_dict["NAME"] = settings.DATABASES[alias]["NAME"] = name


def _migrate(name: str) -> None:
    _point_at(name)
    call_command("migrate", database="owner", verbosity=0)
    connections["owner"].close()


def _drop(name: str) -> None:
    """End what the live server's threads left open (a role may end its own sessions), then drop the database."""
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as site:
        site.execute(
            "SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity"
            " WHERE datname = %s AND usename = current_user",
            [name],
        )
    with maintenance() as owner:
        owner.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def _look_behind_the_wall() -> None:
    """What tests build and assert is asked in nobody's session; a request, a look-up and a task declare themselves."""
    wall.declare_for_all_threads(wall.Declaration(work=wall.BACKGROUND, because="the suite itself"))


def _spare_the_collector() -> None:
    """Look for garbage among what tests make, not again and again among all modules, models and test items."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(2000, 20, 50)


def _flush_append_only_tables_as_owner() -> None:
    """Transactional tests empty the database afterwards; ledger and trail refuse that to everybody else.

    Few of the hundred tables have rows and those have few: deleting them is far cheaper than new files for all.
    """

    def flush(self: TransactionTestCase) -> None:
        connections["default"].close()
        with maintenance(connections["owner"].settings_dict["NAME"]) as owner:
            owner.execute("SET session_replication_role = replica")
            owner.execute(_EMPTY_ALL_TABLES)

    TransactionTestCase._fixture_teardown = flush


_EMPTY_ALL_TABLES = """
DO $$
DECLARE name regclass;
BEGIN
    FOR name IN SELECT oid FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
          AND relname NOT IN ('django_migrations', 'django_content_type', 'auth_permission')
    LOOP EXECUTE format('DELETE FROM %s', name);
    END LOOP;
END $$"""
