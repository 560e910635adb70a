"""A real database per worker, migrated by its owner and used by the site's role, as in production."""

import os
from collections.abc import Iterator

import psycopg
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from django.test import TransactionTestCase

pytest_plugins = ["tests.cast"]


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
        owner.execute(f'DROP DATABASE "{name}"')


def _flush_append_only_tables_as_owner() -> None:
    """Transactional tests empty the database afterwards; ledger and trail refuse that to everybody else."""

    def flush(self: TransactionTestCase) -> None:
        connections["default"].close()
        with _maintenance(connections["owner"].settings_dict["NAME"]) as owner:
            kept = ["django_migrations", "django_content_type", "auth_permission"]
            tables = owner.execute(
                "SELECT string_agg(quote_ident(tablename), ', ') FROM pg_tables"
                " WHERE schemaname = 'public' AND tablename <> ALL(%s)",
                [kept],
            ).fetchone()
            owner.execute("SET session_replication_role = replica")
            owner.execute(f"TRUNCATE {tables[0]} RESTART IDENTITY CASCADE")

    TransactionTestCase._fixture_teardown = flush
