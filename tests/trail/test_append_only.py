"""Nobody changes or removes a row of the trail: not the site's role, not the owner's (S-6, S-8)."""

import os
from collections.abc import Iterator

import psycopg
import pytest
from django.db import connections

TABLES = ("trail_auditentry", "trail_event")
ADD = {
    "trail_auditentry": "INSERT INTO trail_auditentry (object_pk, object_repr, action, changes_text, timestamp, purpose,"
    " content_type_id) SELECT '1', 'x 1', 0, '', now(), '', min(id) FROM django_content_type",
    "trail_event": "INSERT INTO trail_event (id, at, kind, about, request_id)"
    " VALUES (gen_random_uuid(), now(), 'signed_in', '', '')",
}
CHANGES = {
    "update": "UPDATE {} SET remote_addr = NULL",
    "delete": "DELETE FROM {}",
    "truncate": "TRUNCATE {}",
}
# The owner could grant itself anything; the triggers refuse it all the same.
REFUSALS = {"default": "permission denied", "owner": "is append-only"}


@pytest.fixture(params=REFUSALS)
def role(request: pytest.FixtureRequest, db: None) -> Iterator[tuple[psycopg.Connection, str]]:
    """A connection of its own under the site's or the owner's role; what it did is rolled back."""
    url = {"default": "DATABASE_URL", "owner": "DATABASE_OWNER_URL"}[request.param]
    name = connections["default"].settings_dict["NAME"]
    with psycopg.connect(os.environ[url], dbname=name) as connection:
        yield connection, REFUSALS[request.param]
        connection.rollback()


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("change", CHANGES)
def test_row_of_the_trail_can_be_added_and_not(role: tuple[psycopg.Connection, str], table: str, change: str):
    connection, refusal = role
    assert connection.execute(ADD[table]).rowcount == 1
    connection.execute("SET CONSTRAINTS ALL IMMEDIATE")  # no check left open that would stop a TRUNCATE
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match=refusal):
        connection.execute(CHANGES[change].format(table))
