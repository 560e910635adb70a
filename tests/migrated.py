"""Migrations run once per run, into a template; each worker's database is a copy of it, owned and granted alike.

An advisory lock of the maintenance database lets one worker make or drop the template while the others wait: nobody may
be connected to what is copied.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg

_RUN = os.environ.get("PYTEST_XDIST_TESTRUNUID") or str(os.getpid())
_TEMPLATE, _UNFINISHED = f"test_template_{_RUN}", f"test_unfinished_{_RUN}"


def maintenance(database: str = "continuity") -> psycopg.Connection:
    return psycopg.connect(os.environ["DATABASE_OWNER_URL"], dbname=database, autocommit=True)


def copy_migrated(name: str, migrate: Callable[[str], None]) -> None:
    """Make a database with all migrations; `migrate` runs them unless another worker of this run has."""
    with _template_held() as owner:
        known = owner.execute("SELECT FROM pg_database WHERE datname = %s", [_TEMPLATE]).fetchone()
        if known is None:
            owner.execute(f'DROP DATABASE IF EXISTS "{_UNFINISHED}"')
            owner.execute(f'CREATE DATABASE "{_UNFINISHED}"')
            migrate(_UNFINISHED)
            owner.execute(f'ALTER DATABASE "{_UNFINISHED}" RENAME TO "{_TEMPLATE}"')
        owner.execute(f'CREATE DATABASE "{name}" TEMPLATE "{_TEMPLATE}"')


def drop_template() -> None:
    """Whoever ends first drops it: by then the others have their copies, and who has not makes it anew."""
    with _template_held() as owner:
        owner.execute(f'DROP DATABASE IF EXISTS "{_TEMPLATE}"')


@contextmanager
def _template_held() -> Iterator[psycopg.Connection]:
    with maintenance() as owner:
        owner.execute("SELECT pg_advisory_lock(hashtext(%s))", [_TEMPLATE])
        yield owner
