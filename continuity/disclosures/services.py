"""Release: the only way data about a person leaves to a member (L-4, S-6, P-3)."""

import json
from contextlib import nullcontext
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from continuity.access.policy import RESPONDERS, Decision, Refusal
from continuity.access.services import asker_of, authorise
from continuity.agencies.models import Membership
from continuity.agencies.roles import roles_asserting
from continuity.disclosures.ledgered_read import LEDGERED_READ
from continuity.disclosures.models import LedgerEntry
from continuity.disclosures.record import Nothing, PersonRecord, build
from continuity.ids import uuid7
from continuity.people.services import Identified
from continuity.trail.context import current, keyed_digest

MOST_FOR_RESPONDERS = 5
MOST_FOR_CLINICIANS = 25
_EMPTY = frozenset({Refusal.NO_MATCH, Refusal.AMBIGUOUS, Refusal.NO_RECORD, Refusal.NOTHING_IN_SCOPE})


def release(
    *,
    by: Membership,
    identified: Identified,
    purpose: str,
    incident_ref: str,
    searched: str,
    channel: str,
    at: datetime,
    reason: str = "",
) -> PersonRecord | Nothing:
    """Decide, write the ledger row, and only then hand out what the decision opens.

    The row is committed before this returns; if it cannot be written, the error leaves and nothing else does.
    `searched` is what was typed, kept as a keyed hash. Nobody identified runs the same statements as somebody.
    Raises RuntimeError inside another transaction, where "committed" would be a promise only.
    """
    asker = asker_of(by, purpose=purpose, incident_ref=incident_ref, reason=reason)
    decision = authorise(asker, identified.person_id, at)
    if identified.person_id is None and decision.refusal is Refusal.NO_RECORD:
        decision = Decision(refusal=Refusal(identified.reason))
    ledger_id = uuid7(at)
    parameters: dict[str, Any] = {
        "id": ledger_id,
        "at": at,
        "asker": by.pk,
        "agency": by.agency_id,
        "roles": [str(role) for role in roles_asserting(by.roles, purpose)] or list(by.roles),
        "purpose": purpose,
        "incident_ref": incident_ref,
        "reason_given": reason,
        "channel": channel,
        "outcome": _outcome(decision),
        "refusal": str(decision.refusal or Refusal.NOTHING_IN_SCOPE),
        "person": identified.person_id,
        "match_grade": str(identified.grade),
        "search_hmac": keyed_digest(searched),
        "openings": json.dumps([vars(opening) for opening in decision.openings], default=_plain),
        "most": MOST_FOR_RESPONDERS if RESPONDERS & set(by.roles) else MOST_FOR_CLINICIANS,
        "request_id": current().request_id,
        "remote_addr": current().remote_addr,
    }
    # One statement is a transaction by itself; inside another one `durable` refuses.
    alone = transaction.atomic(durable=True) if connection.in_atomic_block else nullcontext()
    with alone, connection.cursor() as cursor:
        cursor.execute(LEDGERED_READ, parameters)
        outcome, notices, rows, header, agencies, consent_ends = cursor.fetchone()
    if outcome != LedgerEntry.Outcome.RELEASED:
        return Nothing(at)
    return build(
        ledger_id=ledger_id,
        at=at,
        header=json.loads(header),
        rows=json.loads(rows or "[]"),
        known_to={opening.custodian for opening in decision.openings if opening.category == "D0"},
        agencies=json.loads(agencies),
        consent_ends=json.loads(consent_ends or "{}"),
        notices=notices,
    )


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, frozenset):
        return sorted(map(str, value))
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"no JSON form of {type(value)}")


def _outcome(decision: Decision) -> str:
    empty = decision.refusal is None or decision.refusal in _EMPTY
    return LedgerEntry.Outcome.EMPTY if empty else LedgerEntry.Outcome.REFUSED
