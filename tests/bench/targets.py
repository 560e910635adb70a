"""Certain hits: people whom an officer's agency may be told of, each with the officer who asks and how."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import psycopg
from django.conf import settings

from continuity.people.matching import Description, exact_keys

# Every consenting person of the county in an order of their own, so that the first N are a fair sample.
_CERTAIN = """
SELECT p.id, n.first, n.last, p.birth_date
FROM (SELECT DISTINCT c.person_id
      FROM consents_consent c JOIN consents_consentrecipient r ON r.consent_id = c.id
      WHERE r.agency_id = %(agency)s AND r.revoked_at IS NULL AND 'le_crisis_response' = ANY(c.purposes)
        AND c.status = 'active' AND c.suspended_at IS NULL AND c.signed_at <= %(at)s AND c.starts_at <= %(at)s
        AND c.expires_at > %(at)s) AS consenting
JOIN people_person p ON p.id = consenting.person_id
JOIN people_personname n ON n.person_id = p.id AND n.use = 'official'
WHERE p.confidentiality = 'normal' AND p.birth_date IS NOT NULL AND n.first <> ''
ORDER BY md5(p.id::text) LIMIT %(most)s
"""


@dataclass(frozen=True)
class Target:
    """One question that is answered with a record; `key` is what the floor is given."""

    person_id: UUID
    first: str
    last: str
    birth_date: date
    key: int
    agency_id: UUID
    membership_id: UUID
    session_key: str


def certain_hits(
    connection: psycopg.Connection[Any],
    agency_id: UUID,
    officers: list[tuple[UUID, str]],
    at: datetime,
    most: int,
) -> list[Target]:
    """Up to `most` people, dealt to the officers (membership, session key) in turn."""
    secret = settings.MATCH_KEY.encode()
    found: list[Target] = []
    for person_id, first, last, birth_date in connection.execute(
        _CERTAIN, {"agency": agency_id, "at": at, "most": most}
    ):
        keys = exact_keys(Description(names=[(last, first)], birth_date=birth_date), secret=secret)
        holders = connection.execute(
            "SELECT count(DISTINCT person_id) FROM people_matchkey WHERE key = ANY(%s)", [sorted(keys)]
        ).fetchone()
        if len(keys) != 1 or holders != (1,):
            continue  # a placeholder date, or two people under one description: not a certain hit
        membership, session = officers[len(found) % len(officers)]
        found.append(Target(person_id, first, last, birth_date, keys.pop(), agency_id, membership, session))
    return found
