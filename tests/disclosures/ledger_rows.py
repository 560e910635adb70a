"""Ledger rows by the thousand, written by the owner in the server itself, and the SQL of an insider."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from uuid import UUID

import psycopg
from django.db import connections, transaction

from continuity.disclosures.canonical import month_after

LEDGER = "disclosures_ledgerentry"

# Four in ten tell something, under three openings; the others are the same short refusal that most look-ups are.
_ROWS = """
INSERT INTO disclosures_ledgerentry (
  id, at, asker_id, agency_id, roles, purpose, incident_ref, reason_given, channel, outcome, refusal, person_id,
  match_grade, search_hmac, categories, bases, custodians, consents, emergency, recipient, records, records_sha256,
  notices, request_id, remote_addr)
SELECT (lpad(to_hex((extract(epoch FROM moment) * 1000)::bigint), 12, '0')
        || '7' || substr(noise, 1, 3) || 'a' || substr(noise, 4, 15))::uuid,
  moment, (%(askers)s)[1 + n %% cardinality(%(askers)s)], (%(agencies)s)[1 + n %% cardinality(%(agencies)s)],
  '{officer}', 'le_crisis_response', '2026-' || n, '', 'api', CASE WHEN told THEN 'released' ELSE 'refused' END,
  CASE WHEN told THEN '' ELSE 'no_basis' END,
  CASE WHEN told OR n %% 2 = 0 THEN (%(people)s)[1 + n %% cardinality(%(people)s)] END,
  'certain', noise, CASE WHEN told THEN '{D1,D2,D6}'::text[] ELSE '{}' END,
  CASE WHEN told THEN (
    SELECT jsonb_agg(jsonb_build_object('custodian', %(custodian)s, 'category', category, 'basis', 'C', 'detail',
      false, 'part2', false, 'part2_source', false, 'consent', md5(noise)::uuid, 'since', NULL, 'contacts', NULL))
    FROM unnest(ARRAY['D1', 'D2', 'D6']) AS category) ELSE '[]' END,
  CASE WHEN told THEN ARRAY[%(custodian)s] ELSE '{}' END, CASE WHEN told THEN ARRAY[md5(noise)::uuid] ELSE '{}' END,
  NULL, '', CASE WHEN told THEN jsonb_build_array(
    jsonb_build_array('contact', md5(noise || 'c'), 2), jsonb_build_array('tip', md5(noise || 't'), 1)) ELSE '[]' END,
  CASE WHEN told THEN noise || noise ELSE '' END, CASE WHEN told THEN '{consent_terms}'::text[] ELSE '{}' END,
  noise, '192.0.2.1'
FROM (
  SELECT n, n %% 10 < 4 AS told, md5(n || ' of ' || %(rows)s) AS noise,
         %(since)s::timestamptz + (%(until)s::timestamptz - %(since)s::timestamptz) * (n::float8 / %(rows)s) AS moment
  FROM generate_series(0, %(rows)s - 1) AS n) made
"""


def owner() -> psycopg.Connection:
    """The role that owns the tables, past every trigger and foreign key: what an insider with its password can do."""
    name = connections["owner"].settings_dict["NAME"]
    connection = psycopg.connect(os.environ["DATABASE_OWNER_URL"], dbname=str(name), autocommit=True)
    connection.execute("SET session_replication_role = replica")
    return connection


def write_rows(
    rows: int,
    since: datetime,
    until: datetime,
    *,
    people: Sequence[UUID] = (UUID(int=1),),
    askers: Sequence[UUID] = (UUID(int=2),),
    agencies: Sequence[UUID] = (UUID(int=3),),
    custodian: UUID = UUID(int=3),  # noqa: B008
) -> None:
    """Spread `rows` evenly over a period; the n-th is by the n-th asker (of the agency beside it) about the n-th person."""
    make_months(since, until)
    given = {"rows": rows, "since": since, "until": until}
    given |= {
        "people": list(people),
        "askers": list(askers),
        "agencies": list(agencies),
        "custodian": custodian,
    }
    with owner() as connection, psycopg.ClientCursor(connection) as cursor:
        cursor.execute(_ROWS, given)
        cursor.execute(f"ANALYZE {LEDGER}")


def make_months(since: datetime, until: datetime) -> None:
    """Partitions from the month of `since` to that of `until`."""
    month: date = since.date().replace(day=1)
    with owner() as connection:
        while month <= until.date():
            connection.execute("SELECT make_ledger_partition(%s)", [month])
            month = month_after(month)


@contextmanager
def tampered(*statements: str) -> Iterator[None]:
    """What an insider does, seen by Django's owner connection and undone afterwards."""
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        for statement in statements:
            cursor.execute(statement)
        yield
        transaction.set_rollback(True, using="owner")
