"""A real database per worker, migrated by its owner and used by the site's role, as in production."""

import gc
import os
from collections.abc import Iterator
from datetime import UTC, timedelta

import psycopg
import pytest
import time_machine
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from django.test import TransactionTestCase

from tests.builders import NOW

pytest_plugins = ["tests.cast"]


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


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: pytest.FixtureRequest) -> Iterator[None]:
    """Make a database owned by the owner's role, migrate it, and point both aliases at it."""
    name = f"test_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{os.getpid()}"
    with _maintenance() as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    for alias in ("default", "owner"):
        connections[alias].settings_dict["NAME"] = settings.DATABASES[alias]["NAME"] = name
    _flush_append_only_tables_as_owner()
    with django_db_blocker.unblock():
        call_command("migrate", database="owner", verbosity=0)
        connections["owner"].close()
    _spare_the_collector()
    yield
    with django_db_blocker.unblock():
        for connection in connections.all():
            connection.close()
        connections["default"].close_pool()
    _drop(name)


def _maintenance(database: str = "continuity") -> psycopg.Connection:
    return psycopg.connect(os.environ["DATABASE_OWNER_URL"], dbname=database, autocommit=True)


def _drop(name: str) -> None:
    """End what the live server's threads left open (a role may end its own sessions), then drop the database."""
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as site:
        site.execute(
            "SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity"
            " WHERE datname = %s AND usename = current_user",
            [name],
        )
    with _maintenance() as owner:
        owner.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


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
        with _maintenance(connections["owner"].settings_dict["NAME"]) as owner:
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
