"""A database of its own for each size: made, migrated, filled, and dropped at the end."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

import psycopg
from django.core.management import call_command
from django.db import connections
from django.utils import timezone
from psycopg import sql

from continuity.agencies.models import Membership
from continuity.people.rebuilding import recount
from continuity.trail import wall
from tests.bench import floor, population, site, targets
from tests.bench.county import make_county

OFFICERS = 1000  # so many that none asks more often than the throttle lets a real one


@dataclass(frozen=True)
class Filled:
    """A county of `people`, with questions that are answered."""

    name: str
    people: int
    url: str
    owner_url: str
    targets: list[targets.Target]
    officers: list[tuple[UUID, str]]


def _maintain(statement: str, name: str) -> None:
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as server:
        server.execute(sql.SQL(statement).format(sql.Identifier(name)))


def _drop(name: str) -> None:
    """Drop it as soon as the ended site's connections are gone: the owner may not end those of another role."""
    for _ in range(100):
        try:
            return _maintain("DROP DATABASE {}", name)
        except psycopg.errors.ObjectInUse:
            time.sleep(0.1)
    return print(f"the database {name} is still in use and was left")


def _close() -> None:
    for connection in connections.all():
        connection.close()
    connections["default"].close_pool()  # type: ignore[attr-defined]
    wall.declare_for_all_threads(wall.Declaration(work=wall.BACKGROUND, because="the bench itself"))


@contextmanager
def fresh_database(name: str) -> Iterator[None]:
    """Migrate an empty database; Django's connections point at it inside the block."""
    _maintain("CREATE DATABASE {}", name)
    try:
        _close()
        for alias in ("default", "owner"):
            connections[alias].settings_dict["NAME"] = name
        call_command("migrate", database="owner", verbosity=0)
        yield
    finally:
        _close()
        _drop(name)


@contextmanager
def filled_database(people: int, most_targets: int = 4000) -> Iterator[Filled]:
    """Migrate and fill; Django's connections point at the new database inside the block."""
    name = f"bench_{people}_{os.getpid()}"
    url, owner_url = os.environ["DATABASE_URL"], os.environ["DATABASE_OWNER_URL"]
    with fresh_database(name):
        now, begun = timezone.now(), time.monotonic()
        county = make_county(now, OFFICERS)
        _close()
        rows = population.fill(owner_url, name, county, people, now)
        recount(using="owner")
        print(f"{people:,} people: {rows:,} rows in {time.monotonic() - begun:.0f} s")
        staff = Membership.objects.filter(member__username__startswith="officer-").select_related("member")
        officers = site.sign_in(list(staff))
        with psycopg.connect(url, dbname=name, options="-c continuity.work=background") as connection:
            found = targets.certain_hits(connection, county.agencies["police"], officers, now, most_targets)
            found = floor.answered(connection, found, now)
        yield Filled(name, people, url, owner_url, found, officers)
