"""The floor: the look-up's work as one hand-written SQL statement with its ledger insert, and nothing else.

An exact key leads to the person; what this agency has a live consent for, within the agreement, is read as JSON,
with what it recorded itself; one ledger row is inserted in the same statement, in a commit of its own. No sign-in,
no throttle, no policy of roles and purposes, no notices: what those cost is the distance from this floor.
"""

import multiprocessing
import random
import re
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from continuity.ids import uuid7
from tests.bench.figures import Run
from tests.bench.targets import Target

_LIVE = """c.status = 'active' AND c.suspended_at IS NULL AND c.starts_at <= %(at)s AND c.signed_at <= %(at)s
    AND (c.expires_at > %(at)s OR c.expires_at IS NULL AND c.expiry_event <> '')"""
_STANDING = """'kind', r.kind, 'text', r.text, 'basis', r.basis, 'source_role', r.source_role,
    'first_observed_at', r.first_observed_at, 'last_confirmed_at', r.last_confirmed_at, 'expires_at', r.expires_at"""


def _read(noun: str, table: str, category: str, where: str, order: str, body: str) -> str:
    return f"""
  (SELECT '{noun}' AS noun, r.id, r.version, r.custodian_id AS custodian, jsonb_build_object({body}) AS body
   FROM person p JOIN {table} r ON r.person_id = p.id
   WHERE {where} AND NOT r.is_part2
     AND EXISTS (SELECT FROM opened o WHERE o.custodian = r.custodian_id AND o.category = '{category}')
   ORDER BY {order} DESC LIMIT 5)"""


_READS = "\n  UNION ALL".join(
    (
        _read(
            "contact",
            "crisis_crisiscontact",
            "D2",
            "r.record_status IN ('final', 'amended') AND r.occurred_at <= %(at)s AND r.occurred_at >= %(since)s",
            "r.occurred_at",
            "'occurred_at', r.occurred_at, 'modality', r.modality, 'response_type', r.response_type,"
            " 'disposition', r.disposition_primary",
        ),
        _read(
            "safety_flag",
            "crisis_safetyflag",
            "D1",
            "r.status = 'active' AND r.expires_at > %(at)s",
            "r.first_observed_at",
            _STANDING + ", 'severity', r.severity",
        ),
        _read(
            "tip",
            "crisis_deescalationtip",
            "D1",
            "r.status = 'active' AND r.expires_at > %(at)s",
            "r.first_observed_at",
            _STANDING,
        ),
        _read(
            "response_plan",
            "crisis_responseplan",
            "D1",
            "r.status = 'active' AND r.expires_at > %(at)s",
            "r.approved_at",
            "'strategies', r.strategies, 'triggers', r.triggers, 'support_contacts', r.support_contacts",
        ),
        _read(
            "team_link",
            "treatment_treatmentteamlink",
            "D5",
            "r.status = 'active'",
            "r.established_at",
            "'duty_line', r.duty_line, 'hours', r.hours, 'last_verified_at', r.last_verified_at",
        ),
        _read(
            "linkage",
            "treatment_linkage",
            "D6",
            "r.status NOT IN ('draft', 'entered_in_error')",
            "r.requested_at",
            "'status', r.status, 'requested_at', r.requested_at",
        ),
        _read(
            "follow_up",
            "treatment_followup",
            "D6",
            "r.status NOT IN ('draft', 'entered_in_error')",
            "r.due_at",
            "'status', r.status, 'due_at', r.due_at, 'closed_at', r.closed_at",
        ),
    )
)

FLOOR = f"""
WITH person AS MATERIALIZED (
  SELECT p.id, p.birth_date, n.first, n.last
  FROM people_person p JOIN people_personname n ON n.person_id = p.id AND n.use = 'official'
  WHERE p.confidentiality = 'normal'
    AND p.id = (SELECT (array_agg(person_id))[1] FROM people_matchkey WHERE key = %(key)s HAVING count(*) = 1)
), opened AS MATERIALIZED (
  SELECT c.id, c.version, d.agency_id AS custodian, category
  FROM person p
  JOIN consents_consent c ON c.person_id = p.id AND {_LIVE} AND %(purpose)s::text = ANY(c.purposes)
  JOIN consents_consentrecipient r ON r.consent_id = c.id AND r.agency_id = %(agency)s AND r.revoked_at IS NULL
  JOIN consents_consent_disclosing_agencies d ON d.consent_id = c.id
  CROSS JOIN unnest(c.categories) AS category
  WHERE category = ANY(r.categories) AND EXISTS (
    SELECT FROM agencies_agreement g
    JOIN agencies_agreement_parties mine ON mine.agreement_id = g.id AND mine.agency_id = %(agency)s
    JOIN agencies_agreement_parties theirs ON theirs.agreement_id = g.id AND theirs.agency_id = d.agency_id
    WHERE category = ANY(g.categories) AND g.effective_at <= %(at)s AND g.expires_at > %(at)s)
  UNION ALL  -- and what the agency itself recorded
  SELECT NULL, NULL, k.agency_id, category
  FROM person p JOIN people_personagency k ON k.person_id = p.id AND k.agency_id = %(agency)s
  CROSS JOIN unnest(ARRAY['D1', 'D2', 'D5', 'D6']) AS category
), opening AS MATERIALIZED ({_READS}
), shown AS MATERIALIZED (
  SELECT noun, id, version, body FROM opening
  UNION ALL  -- and the scope of the consents that opened any of it
  SELECT DISTINCT 'consent', c.id, c.version, jsonb_build_object('status', c.status, 'starts_at', c.starts_at,
    'expires_at', c.expires_at)
  FROM opened o JOIN consents_consent c ON c.id = o.id
  WHERE EXISTS (SELECT FROM opening r WHERE r.custodian = o.custodian)
), written AS (
  INSERT INTO disclosures_ledgerentry (
    id, at, asker_id, agency_id, roles, purpose, incident_ref, reason_given, channel, outcome, refusal, person_id,
    match_grade, search_hmac, categories, bases, custodians, consents, recipient, records, records_sha256, notices,
    request_id, remote_addr)
  SELECT %(id)s, %(at)s, %(asker)s, %(agency)s, '{{officer}}', %(purpose)s::text, %(incident_ref)s, '', 'api',
    CASE WHEN EXISTS (SELECT FROM shown) THEN 'released' ELSE 'empty' END,
    CASE WHEN EXISTS (SELECT FROM shown) THEN '' ELSE 'no_basis' END, (SELECT id FROM person),
    'certain', '', ARRAY(SELECT DISTINCT category FROM opened), '[]', ARRAY(SELECT DISTINCT custodian FROM opened),
    ARRAY(SELECT DISTINCT id FROM opened WHERE id IS NOT NULL), '',
    COALESCE((SELECT jsonb_agg(jsonb_build_array(noun, id, version)) FROM shown), '[]'), '', '{{}}', '', NULL
)
SELECT (SELECT jsonb_build_object('first', first, 'last', last, 'birth_date', birth_date) FROM person)::text,
       (SELECT jsonb_agg(jsonb_build_object('noun', noun, 'id', id, 'version', version) || body) FROM shown)::text
"""

_NAMES = tuple(dict.fromkeys(re.findall(r"%\((\w+)\)s", FLOOR)))
# psycopg converts a long statement anew on every call; a raw one goes to the server as it is.
_RAW = re.sub(r"%\((\w+)\)s", lambda found: f"${_NAMES.index(found[1]) + 1}", FLOOR)


def ask(cursor: psycopg.RawCursor[Any], target: Target, at: datetime) -> Any:
    """The person and the records, as JSON; one ledger row is written."""
    asked = question(target, at)
    cursor.execute(_RAW, [asked[name] for name in _NAMES], prepare=True)
    return cursor.fetchone()


def question(target: Target, at: datetime) -> dict[str, Any]:
    """The statement's parameters for one target."""
    return {
        "key": target.key,
        "at": at,
        "since": at - timedelta(days=365),
        "agency": target.agency_id,
        "asker": target.membership_id,
        "purpose": "le_crisis_response",
        "incident_ref": "2026-0001",
        "id": uuid7(at),
    }


def answered(connection: psycopg.Connection[Any], targets: Sequence[Target], at: datetime) -> list[Target]:
    """Those of whom the floor has something to say, now and in two hours; its ledger rows are rolled back."""
    cursor = psycopg.RawCursor(connection)
    found = [
        target
        for target in targets
        if all(ask(cursor, target, moment)[1] is not None for moment in (at, at + timedelta(hours=2)))
    ]
    connection.rollback()
    return found


def connect(url: str, database: str) -> psycopg.Connection[Any]:
    # Beside the second wall, which the floor has not: what it may see is in its own statement.
    return psycopg.connect(url, dbname=database, autocommit=True, options="-c continuity.work=background")


def commit_cost(url: str, database: str) -> float:
    """Median milliseconds that the smallest commit waits for the disk."""
    medians = []
    with connect(url, database) as connection:
        for wait in ("off", "on"):
            connection.execute("SELECT set_config('synchronous_commit', %s, false)", [wait])
            times = []
            for _ in range(300):
                begun = time.perf_counter()
                connection.execute("SELECT pg_logical_emit_message(true, 'bench', '')")
                times.append(time.perf_counter() - begun)
            medians.append(sorted(times)[150] * 1000)
    return medians[1] - medians[0]


def _ask(
    url: str, database: str, targets: Sequence[Target], seconds: float, start: Any, part: int, answers: Any
) -> None:
    """One client: its own connection, its own order of the targets."""
    own = list(targets)
    random.Random(part).shuffle(own)
    times: list[float] = []
    clock = time.perf_counter
    with connect(url, database) as connection, psycopg.RawCursor(connection) as cursor:
        for target in own[:50]:
            ask(cursor, target, datetime.now(UTC))
        start.wait()
        end, number = clock() + seconds, 0
        while (begun := clock()) < end:
            target = own[number % len(own)]
            if ask(cursor, target, datetime.now(UTC))[1] is None:
                raise AssertionError("the floor found nothing for a person whom it should find")
            times.append(clock() - begun)
            number += 1
    answers.put(times)


def run(url: str, database: str, targets: Sequence[Target], clients: int, seconds: float) -> Run:
    """Ask for `seconds` with `clients` processes at once."""
    context = multiprocessing.get_context("fork")
    start, answers = context.Barrier(clients), context.SimpleQueue()
    processes = [
        context.Process(target=_ask, args=(url, database, targets, seconds, start, part, answers))
        for part in range(clients)
    ]
    for process in processes:
        process.start()
    times = [one for _ in processes for one in answers.get()]
    for process in processes:
        process.join()
    return Run(times, seconds)
