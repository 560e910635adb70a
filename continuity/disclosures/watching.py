"""What in one week's ledger a person should look at: the thresholds, and one statement for each kind (AU-6, P-4).

Only ledger rows of the week are read, bounded by `id`, so that PostgreSQL opens the partitions of that week alone.

What this cannot know. A call that stands in the CAD alone and that nobody handed on or wrote up: its number matches
nothing here. What was typed when nobody was found: the ledger keeps a keyed hash of it. And a person is compared by
name, as staff or as restricted only where the asker's agency knows them already, by a record of its own or because it
was shown something: a finding about anybody else would tell the agency that the county knows them (L-4, P-28).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from continuity.disclosures.models import UseFinding
from continuity.ids import first_of

MOST_ENTRIES = 50
_K = UseFinding.Kind


@dataclass(frozen=True)
class Thresholds:
    """From when on something is worth a look. One place, so that a county can argue about it."""

    no_dispatch: int = 5  # look-ups in the week whose incident number nobody else wrote down
    near_the_call: timedelta = timedelta(days=3)  # so far may record and look-up lie apart
    sweep: int = 15  # different people ...
    sweep_within: timedelta = timedelta(hours=1)  # ... within this span
    zero_hits: int = 15  # questions without an answer, one after the other ...
    shift: timedelta = timedelta(hours=12)  # ... without a pause of this length
    after_hours: int = 3  # uses in the week at night, at an hour that is not the member's own
    day_begins: int = 7  # o'clock in the agency's time zone
    day_ends: int = 19
    usual_from: timedelta = timedelta(weeks=4)  # how far back a member's own hours are learnt ...
    usual_days: int = 3  # ... from hours in use on so many different days


DEFAULTS = Thresholds()


@dataclass(frozen=True)
class Week:
    """One week of agencies that share a time zone: [from_at, until_at), Monday to Monday on their clocks."""

    from_at: datetime
    until_at: datetime
    timezone: str
    agencies: tuple[UUID, ...]


@dataclass(frozen=True)
class Found:
    """What one member did: how often, and the first ledger rows of it."""

    kind: str
    asker_id: UUID
    agency_id: UUID
    count: int
    entries: tuple[UUID, ...]


# A look-up carries an incident number; readings of own records and what is told by notices carry none.
_WEEK = """
WITH week AS MATERIALIZED (
  SELECT id, at, asker_id, agency_id, outcome, person_id, search_hmac, emergency,
    upper(btrim(incident_ref)) AS incident, incident_ref <> '' AND emergency IS NULL AS is_question
  FROM disclosures_ledgerentry
  WHERE id >= %(first)s::uuid AND id < %(end)s::uuid AND agency_id = ANY(%(agencies)s::uuid[]) AND channel <> 'notice'
)"""
_KNOWN = """, known AS MATERIALIZED (
  SELECT * FROM week w WHERE w.person_id IS NOT NULL AND (w.outcome IN ('released', 'read')
    OR EXISTS (SELECT FROM people_personagency p WHERE p.person_id = w.person_id AND p.agency_id = w.agency_id))
)"""
_COUNTED = """
SELECT asker_id, agency_id, count(*), (array_agg(id ORDER BY id))[1:%(most)s::int]
FROM flagged GROUP BY asker_id, agency_id HAVING count(*) >= %(least)s::int
"""

_NO_DISPATCH = """, calls AS MATERIALIZED (
  SELECT upper(btrim(incident_ref)) AS incident, occurred_at FROM crisis_transfer
  UNION ALL SELECT upper(btrim(number)), occurred_at
    FROM crisis_crisiscontact, LATERAL (VALUES (incident_ref), (contact_number)) AS named(number)
    WHERE record_status NOT IN ('cancelled', 'entered_in_error')
      AND occurred_at >= %(from)s::timestamptz - %(near)s::interval
      AND occurred_at < %(until)s::timestamptz + %(near)s::interval
), flagged AS (
  SELECT * FROM week w WHERE is_question AND NOT EXISTS (
    SELECT FROM calls c WHERE c.incident = w.incident
      AND c.occurred_at BETWEEN w.at - %(near)s::interval AND w.at + %(near)s::interval)
)"""

_NAME_SWEEP = """, questions AS (
  SELECT *, count(*) OVER span AS asked, array_agg(search_hmac) OVER span AS typed FROM week WHERE is_question
  WINDOW span AS (PARTITION BY asker_id ORDER BY at RANGE BETWEEN %(within)s::interval PRECEDING AND CURRENT ROW)
), peaks AS (
  SELECT *, CASE WHEN asked < %(sweep)s::int THEN false
    ELSE (SELECT count(DISTINCT one) FROM unnest(typed) AS one) >= %(sweep)s::int END AS is_peak FROM questions
), swept AS (
  SELECT id, asker_id, agency_id, bool_or(is_peak) OVER (PARTITION BY asker_id ORDER BY at
    RANGE BETWEEN CURRENT ROW AND %(within)s::interval FOLLOWING) AS in_sweep FROM peaks
), flagged AS (SELECT * FROM swept WHERE in_sweep)"""

_ZERO_HITS = """, questions AS (
  SELECT *, at - lag(at) OVER mine > %(shift)s::interval AS begins FROM week WHERE is_question
  WINDOW mine AS (PARTITION BY asker_id ORDER BY id)
), stretches AS (
  SELECT *, count(*) FILTER (WHERE outcome = 'released') OVER mine AS answers,
    count(*) FILTER (WHERE begins) OVER mine AS shifts FROM questions
  WINDOW mine AS (PARTITION BY asker_id ORDER BY id)
), streaks AS (
  SELECT *, count(*) OVER (PARTITION BY asker_id, answers, shifts) AS length FROM stretches
  WHERE outcome <> 'released'
), flagged AS (SELECT * FROM streaks WHERE length >= %(zero_hits)s::int)"""

# The words of a name: folded in case and accents, taken apart at spaces, hyphens and stops.
_WORDS = r"""array_remove(regexp_split_to_array(
  regexp_replace(normalize(lower({}), NFKD), '[\u0300-\u036f]', '', 'g'), '[^[:alnum:]]+'), '')"""
_NAMES = f""", askers AS MATERIALIZED (
  SELECT m.id AS asker_id, {_WORDS.format("who.display_name")} AS words
  FROM agencies_membership m JOIN agencies_member who ON who.id = m.member_id
  WHERE m.id IN (SELECT asker_id FROM known)
), names AS MATERIALIZED (
  SELECT person_id, {_WORDS.format("n.first")} AS first, {_WORDS.format("n.last")} AS last
  FROM people_personname n WHERE n.person_id IN (SELECT person_id FROM known)
), alike AS MATERIALIZED (
  SELECT asker_id, person_id, bool_or(names.first <@ askers.words AND names.first <> '{{}}') AS is_whole_name
  FROM (SELECT DISTINCT asker_id, person_id FROM known) AS pairs
  JOIN askers USING (asker_id) JOIN names USING (person_id)
  WHERE names.last <@ askers.words AND names.last <> '{{}}' GROUP BY asker_id, person_id
), flagged AS (
  SELECT known.* FROM known JOIN alike USING (asker_id, person_id) WHERE is_whole_name = %(whole)s::boolean
)"""  # nosec B608

_COLLEAGUE = """, flagged AS (
  SELECT * FROM known k WHERE EXISTS (SELECT FROM access_restriction r
    WHERE r.person_id = k.person_id AND r.kind = 'employee' AND r.towards_id = k.agency_id AND r.decided_at <= k.at
      AND (r.state = 'agreed' OR (r.state = 'ended' AND r.ended_at > k.at)))
)"""

_RESTRICTED = """, flagged AS (
  SELECT known.* FROM known JOIN people_person p ON p.id = known.person_id
  WHERE p.confidentiality <> 'normal' AND known.outcome IN ('released', 'read')
)"""

_AFTER_HOURS = """, night AS MATERIALIZED (
  SELECT *, extract(hour FROM at AT TIME ZONE %(zone)s::text)::int AS hour FROM week
  WHERE extract(hour FROM at AT TIME ZONE %(zone)s::text) NOT BETWEEN %(begins)s::int AND %(ends)s::int - 1
), hours AS MATERIALIZED (
  SELECT DISTINCT asker_id, date_trunc('hour', at AT TIME ZONE %(zone)s::text) AS hour FROM disclosures_ledgerentry
  WHERE id >= %(usual_from)s::uuid AND id < %(first)s::uuid AND asker_id IN (SELECT asker_id FROM night)
    AND channel <> 'notice'
), usual AS MATERIALIZED (
  SELECT asker_id, extract(hour FROM hour)::int AS hour FROM hours
  GROUP BY 1, 2 HAVING count(*) >= %(usual_days)s::int
), flagged AS (
  -- An hour beside a usual one is usual, too: shifts begin early and end late.
  SELECT * FROM night n WHERE NOT EXISTS (SELECT FROM usual u
    WHERE u.asker_id = n.asker_id AND (n.hour - u.hour + 25) %% 24 <= 2)
)"""

# Counted by the case, not by the row: one that was denied showed nothing and was a use all the same.
_EMERGENCY = """
SELECT e.requester_id, e.agency_id, count(DISTINCT e.id),
  COALESCE((array_agg(week.id ORDER BY week.id) FILTER (WHERE week.id IS NOT NULL))[1:%(most)s::int], '{}')
FROM access_emergencyaccess e LEFT JOIN week ON week.emergency = e.id AND week.asker_id = e.requester_id
WHERE e.requested_at >= %(from)s::timestamptz AND e.requested_at < %(until)s::timestamptz
  AND e.agency_id = ANY(%(agencies)s::uuid[])
GROUP BY e.requester_id, e.agency_id
"""


def look_for(week: Week, limits: Thresholds = DEFAULTS) -> Iterable[Found]:
    """Everything in one week that is beyond a threshold; nine statements, whatever the ledger holds."""
    once: dict[str, Any] = {"least": 1}
    asked: Sequence[tuple[str, str, dict[str, Any]]] = (
        (
            _K.NO_DISPATCH,
            _WEEK + _NO_DISPATCH + _COUNTED,
            {"near": limits.near_the_call, "least": limits.no_dispatch},
        ),
        (
            _K.NAME_SWEEP,
            _WEEK + _NAME_SWEEP + _COUNTED,
            {"sweep": limits.sweep, "within": limits.sweep_within} | once,
        ),
        (
            _K.ZERO_HITS,
            _WEEK + _ZERO_HITS + _COUNTED,
            {"zero_hits": limits.zero_hits, "shift": limits.shift} | once,
        ),
        (_K.SELF, _WEEK + _KNOWN + _NAMES + _COUNTED, {"whole": True} | once),
        (_K.SURNAME, _WEEK + _KNOWN + _NAMES + _COUNTED, {"whole": False} | once),
        (_K.COLLEAGUE, _WEEK + _KNOWN + _COLLEAGUE + _COUNTED, once),
        (_K.RESTRICTED, _WEEK + _KNOWN + _RESTRICTED + _COUNTED, once),
        (
            _K.AFTER_HOURS,
            _WEEK + _AFTER_HOURS + _COUNTED,
            {
                "zone": week.timezone,
                "begins": limits.day_begins,
                "ends": limits.day_ends,
                "usual_from": first_of(week.from_at - limits.usual_from),
                "usual_days": limits.usual_days,
                "least": limits.after_hours,
            },
        ),
        (_K.EMERGENCY, _WEEK + _EMERGENCY, {}),
    )
    for kind, statement, more in asked:
        yield from _run(kind, statement, week, more)


def _run(kind: str, statement: str, week: Week, more: dict[str, Any]) -> list[Found]:
    bounds: dict[str, Any] = {
        "first": first_of(week.from_at),
        "end": first_of(week.until_at),
        "from": week.from_at,
        "until": week.until_at,
        "agencies": list(week.agencies),
        "most": MOST_ENTRIES,
    }
    with connection.cursor() as cursor:
        cursor.execute(statement, bounds | more)
        return [
            Found(kind, asker, agency, count, tuple(entries))
            for asker, agency, count, entries in cursor.fetchall()
        ]
