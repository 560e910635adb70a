"""The index's own statements: what is on record of people, what is kept of them, and whom a set of keys leads to.

Written out, because they are asked in every look-up and every registration, and the ORM would compile them anew.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.backends.utils import CursorWrapper

from continuity.people.models import MatchProfile, PersonIdentifier
from continuity.sealing import place_of, seal_text
from continuity.trail.one_trip import Statement

EVERYBODY = 0  # the term that everybody of the index has
IDENTIFIER = place_of(PersonIdentifier, "value")
IDENTIFIERS = place_of(MatchProfile, "identifiers")

# In the order of ids, so that two that lock the same people wait for each other and do not block for good.
LOCK = "SELECT id FROM people_person WHERE id = ANY(%s::uuid[]) ORDER BY id FOR NO KEY UPDATE"

FACTS = """
SELECT p.id, p.replaced_by_id IS NOT NULL, p.birth_date, p.birth_date_precision, p.birth_date_estimated, p.sex,
  ARRAY(SELECT ARRAY[first, middle, last, suffix]::text[] FROM people_personname WHERE person_id = p.id ORDER BY id),
  ARRAY(SELECT number::text FROM people_personphone WHERE person_id = p.id ORDER BY id),
  ARRAY(SELECT ARRAY[line, city, postal_code]::text[] FROM people_personaddress WHERE person_id = p.id ORDER BY id),
  ARRAY(SELECT value::text FROM people_personidentifier WHERE person_id = p.id ORDER BY id),
  ARRAY(SELECT value::text FROM people_personidentifier WHERE person_id = p.id AND verified_at IS NOT NULL ORDER BY id),
  m.profile, m.identifiers, m.keys, m.terms, m.made_with
FROM people_person p LEFT JOIN people_matchprofile m ON m.person_id = p.id
WHERE p.id = ANY(%s::uuid[]) ORDER BY p.id
"""

# A slice of everybody, with whether what is kept of them was made as it is made today.
SLICE = """
SELECT p.id, CASE WHEN p.replaced_by_id IS NULL THEN m.made_with IS NOT DISTINCT FROM %(made_with)s::bigint
  ELSE m.person_id IS NULL END
FROM (SELECT id, replaced_by_id FROM people_person WHERE id > %(after)s::uuid ORDER BY id LIMIT %(most)s::integer) p
LEFT JOIN people_matchprofile m ON m.person_id = p.id ORDER BY p.id
"""
UNKNOWN = """
SELECT EXISTS (SELECT FROM people_person p WHERE p.replaced_by_id IS NULL
  AND NOT EXISTS (SELECT FROM people_matchprofile m WHERE m.person_id = p.id))
"""
OF_ANOTHER_MAKE = """
SELECT EXISTS (SELECT FROM people_matchprofile WHERE made_with < %(made_with)s::bigint)
  OR EXISTS (SELECT FROM people_matchprofile WHERE made_with > %(made_with)s::bigint)
"""

_WRITE_ONE = """
WITH gone AS (
  DELETE FROM people_matchkey WHERE person_id = %(person)s::uuid AND key = ANY(%(gone)s::bigint[])
), come AS (
  INSERT INTO people_matchkey (key, person_id) SELECT unnest(%(come)s::bigint[]), %(person)s::uuid
  ON CONFLICT DO NOTHING
), counted AS (
  INSERT INTO people_termcount (term, people) SELECT * FROM unnest(%(terms)s::bigint[], %(people)s::integer[])
)
INSERT INTO people_matchprofile (person_id, profile, identifiers, keys, terms, made_with)
VALUES (%(person)s::uuid, %(profile)s::text, %(identifiers)s::text, %(keys)s::bigint[], %(has)s::bigint[],
  %(made_with)s::bigint)
ON CONFLICT (person_id) DO UPDATE SET profile = EXCLUDED.profile, identifiers = EXCLUDED.identifiers,
  keys = EXCLUDED.keys, terms = EXCLUDED.terms, made_with = EXCLUDED.made_with
"""
_DROP_KEYS = """
DELETE FROM people_matchkey k USING unnest(%s::bigint[], %s::uuid[]) AS gone (key, person_id)
WHERE k.key = gone.key AND k.person_id = gone.person_id
"""
_DROP_PROFILES = "DELETE FROM people_matchprofile WHERE person_id = ANY(%s::uuid[])"
_COUNT = "INSERT INTO people_termcount (term, people) SELECT * FROM unnest(%s::bigint[], %s::integer[])"
# Not by COPY: PostgreSQL refuses that to a role whom row-level security holds.
_ADD = """
WITH made AS MATERIALIZED (
  SELECT person_id, profile, identifiers, keys::bigint[] AS keys, terms::bigint[] AS terms, made_with
  FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[], %s::bigint[])
    AS made (person_id, profile, identifiers, keys, terms, made_with)
), keyed AS (
  INSERT INTO people_matchkey (key, person_id) SELECT unnest(keys) AS key, person_id FROM made ORDER BY 1, 2
)
INSERT INTO people_matchprofile (person_id, profile, identifiers, keys, terms, made_with)
SELECT person_id, profile, identifiers, keys, terms, made_with FROM made
"""

# Whoever deletes a row adds it up: two that fold at one time take different ones, and readers see the old or the new.
FOLD = """
WITH folded AS (
  DELETE FROM people_termcount WHERE term IN (SELECT term FROM people_termcount GROUP BY term HAVING count(*) > 1)
  RETURNING term, people
), added AS (
  INSERT INTO people_termcount (term, people)
  SELECT term, sum(people) FROM folded GROUP BY term HAVING sum(people) <> 0
)
SELECT count(*) FROM folded
"""

# What the profiles say, compared with what was counted, in one snapshot: the difference is added.
RECOUNT = """
INSERT INTO people_termcount (term, people)
SELECT term, COALESCE(borne.people, 0) - COALESCE(counted.people, 0)
FROM (SELECT term, count(*) AS people FROM people_matchprofile, unnest(terms) AS term GROUP BY term) borne
FULL JOIN (SELECT term, sum(people) AS people FROM people_termcount GROUP BY term) counted USING (term)
WHERE COALESCE(borne.people, 0) <> COALESCE(counted.people, 0)
"""

# How many may hold a key that is asked; when even the wider ones are asked; whom to compare, and with what part at
# least of what the keys tell of the best. More of them find hardly more and cost as much again.
WIDEST, FEW, COMPARED, PART = 1500, 20, 60, 0.3
# Keys in one array each, so that how many hold one is known without sorting. A key that too many hold tells little
# and costs much. The rarer a key, the more it tells; who has little of it is not worth comparing.
_CANDIDATES = """
WITH counted AS MATERIALIZED (
  SELECT term, sum(people)::integer AS people FROM people_termcount WHERE term = ANY(%(terms)s::bigint[]) GROUP BY term
), found AS MATERIALIZED (
  SELECT ARRAY(SELECT person_id FROM people_matchkey k WHERE k.key = asked.key LIMIT {WIDEST} + 1) AS people
  FROM unnest(%(keys)s::bigint[]) AS asked (key)
), held AS MATERIALIZED (
  SELECT people, cardinality(people) AS holders FROM found
), hits AS MATERIALIZED (
  SELECT person_id, sum(ln(2 * everybody.people / holders)) AS told
  FROM (SELECT GREATEST(max(people), 1)::float8 AS people FROM counted WHERE term = {EVERYBODY}) everybody,
    held, unnest(held.people) AS person_id
  WHERE (holders <= {WIDEST}
     OR (SELECT COALESCE(sum(holders), 0) FROM held WHERE holders <= {WIDEST}) < {FEW})
    AND person_id IS DISTINCT FROM %(exclude)s::uuid {within}
  GROUP BY person_id ORDER BY told DESC, person_id LIMIT {COMPARED}
)
SELECT h.person_id, m.profile, m.identifiers FROM hits h JOIN people_matchprofile m USING (person_id)
WHERE m.profile <> '' AND h.told >= {PART} * (SELECT max(told) FROM hits)
UNION ALL SELECT NULL, (SELECT json_object_agg(term, people) FROM counted)::text, NULL
"""
_SIZES = {"EVERYBODY": EVERYBODY, "WIDEST": WIDEST, "FEW": FEW, "COMPARED": COMPARED, "PART": PART}
CANDIDATES = _CANDIDATES.format(within="", **_SIZES)
CANDIDATES_WITHIN = _CANDIDATES.format(
    within="""AND EXISTS (SELECT FROM people_personagency known
      WHERE known.person_id = person_id.person_id AND known.agency_id = %(within)s::uuid)""",
    **_SIZES | {"PART": 0},  # they are few, and what the keys tell of the best is told by others' people, too
)
# A look-up by exact keys; the counts say whether chance explains one that is found.
EXACT = Statement("""
(SELECT person_id, key, NULL::bigint AS people FROM people_matchkey WHERE key = ANY(%(keys)s::bigint[])
 LIMIT %(enough)s::integer)
UNION ALL
(SELECT NULL, term, sum(people) FROM people_termcount WHERE term = ANY(%(terms)s::bigint[]) GROUP BY term)
""")


@dataclass(frozen=True)
class Entry:
    """What the index keeps of one person: nothing without a profile, because they do not stand for themselves.

    `identifiers` is sealed as it is written.
    """

    person_id: UUID
    profile: str = ""
    identifiers: str = ""
    keys: frozenset[int] = frozenset()
    terms: frozenset[int] = frozenset()
    made_with: int = 0


def write_one(cursor: CursorWrapper, kept: Entry, made: Entry) -> None:
    """Turn what is kept of a person, who is locked, into what was made: only what differs is written."""
    if kept == made:
        return
    if not made.profile:
        write_many(cursor, [(kept, made)])
        return
    changes = _changes([(kept, made)])
    cursor.execute(
        _WRITE_ONE,
        {
            "person": made.person_id,
            "gone": sorted(kept.keys - made.keys),
            "come": sorted(made.keys - kept.keys),
            "terms": list(changes),
            "people": list(changes.values()),
            "profile": made.profile,
            "identifiers": seal_text(made.identifiers, place=IDENTIFIERS),
            "keys": sorted(made.keys),
            "has": sorted(made.terms),
            "made_with": made.made_with,
        },
    )


def write_many(cursor: CursorWrapper, pairs: Sequence[tuple[Entry, Entry]]) -> None:
    """Turn what is kept of people, who are locked, into what was made; of who was kept all rows are written anew."""
    old = [(key, kept.person_id) for kept, made in pairs if kept.keys for key in kept.keys | made.keys]
    if old:
        cursor.execute(_DROP_KEYS, [[key for key, _ in old], [person_id for _, person_id in old]])
    cursor.execute(_DROP_PROFILES, [[made.person_id for _, made in pairs]])
    lines = [_line(made) for _, made in pairs if made.profile]
    cursor.execute(_ADD, [list(column) for column in zip(*lines, strict=True)] or [[]] * 6)
    changes = _changes(pairs)
    cursor.execute(_COUNT, [list(changes), list(changes.values())])


def _changes(pairs: Iterable[tuple[Entry, Entry]]) -> dict[int, int]:
    """By how many people each term is borne more or less."""
    changes: Counter[int] = Counter()
    for kept, made in pairs:
        changes.update(made.terms - kept.terms)
        changes.subtract(kept.terms - made.terms)
    return {term: change for term, change in changes.items() if change}


def _line(made: Entry) -> tuple[UUID, str, str, str, str, int]:
    keys, terms = (f"{{{','.join(map(str, sorted(some)))}}}" for some in (made.keys, made.terms))
    identifiers = seal_text(made.identifiers, place=IDENTIFIERS)
    return made.person_id, made.profile, identifiers, keys, terms, made.made_with
