"""Release: the only way data about a person leaves to a member (L-4, S-6, P-3)."""

import json
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from continuity.access.case import Decision, Opening, Refusal
from continuity.access.policy import RESPONDERS
from continuity.access.services import asker_of, authorise
from continuity.agencies.models import Membership
from continuity.agencies.roles import Role, roles_asserting
from continuity.disclosures.ledger_alarm import failures_counted
from continuity.disclosures.ledgered_read import TEXTS, ledgered_read
from continuity.disclosures.models import LedgerEntry
from continuity.disclosures.record import Nothing, PersonFile, PersonRecord
from continuity.disclosures.shaping import build, build_file
from continuity.disclosures.unsealing import unsealed
from continuity.ids import uuid7
from continuity.notices.models import Notice
from continuity.notices.services import put
from continuity.people.matching import Grade
from continuity.people.services import Identified
from continuity.trail import wall
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
    most = MOST_FOR_RESPONDERS if RESPONDERS & set(by.roles) else MOST_FOR_CLINICIANS
    told = _tell(
        by=by,
        identified=identified,
        purpose=purpose,
        incident_ref=incident_ref,
        searched=searched,
        channel=channel,
        at=at,
        reason=reason,
        most=most,
        as_file=False,
    )
    return told.record if told else Nothing(at)


def release_file(
    *, by: Membership, person_id: UUID, purpose: str, channel: str, at: datetime, most: int, reason: str = ""
) -> PersonFile | None:
    """Release what may be known of a person of the own agency, each item with its source; None when nothing may.

    The same gate, statement and ledger row as `release`; at most `most` of each noun. The caller has found the person
    among the own agency's people, by an id and not by what somebody described.
    """
    told = _tell(
        by=by,
        identified=Identified(person_id, Grade.CERTAIN),
        purpose=purpose,
        incident_ref="",
        searched=str(person_id),
        channel=channel,
        at=at,
        reason=reason,
        most=most,
        as_file=True,
    )
    if told is None:
        return None
    return build_file(told.record, person_id=told.person_id, rows=told.rows, agencies=told.agencies)


@dataclass(frozen=True)
class _Told:
    person_id: UUID
    record: PersonRecord
    rows: list[dict[str, Any]]
    agencies: dict[str, str]


def _tell(
    *,
    by: Membership,
    identified: Identified,
    purpose: str,
    incident_ref: str,
    searched: str,
    channel: str,
    at: datetime,
    reason: str,
    most: int,
    as_file: bool,
) -> _Told | None:
    asker = asker_of(by, purpose=purpose, incident_ref=incident_ref, reason=reason, has_described=not as_file)
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
        "person": decision.person or identified.person_id,
        "match_grade": str(identified.grade),
        "search_hmac": keyed_digest(searched),
        **_judged(decision),
        "most": most,
        "request_id": current().request_id,
        "remote_addr": current().remote_addr,
    }
    texts = any(opening.category in TEXTS for opening in decision.openings)
    # One statement is a transaction by itself; inside another one `durable` refuses.
    alone = transaction.atomic(durable=True) if connection.in_atomic_block else nullcontext()
    with failures_counted(), _opened(by, decision), alone:
        [answer] = ledgered_read(texts=texts, as_file=as_file).ask(parameters)
    outcome, notices, rows, header, agencies, consent_ends = answer
    if outcome != LedgerEntry.Outcome.RELEASED:
        return None
    if decision.is_guarded:
        _tell_privacy_offices(ledger_id, {opening.custodian for opening in decision.openings}, by)
    found, names = unsealed(json.loads(rows or "[]")), json.loads(agencies)
    record = build(
        ledger_id=ledger_id,
        at=at,
        header=json.loads(header),
        rows=found,
        existence=_existence(decision),
        agencies=names,
        consent_ends=json.loads(consent_ends or "{}"),
        notices=notices,
    )
    return _Told(parameters["person"], record, found, names)


def _opened(by: Membership, decision: Decision) -> AbstractContextManager[None]:
    """Through the second wall: what the decision opens of this one person, while the ledgered read is asked."""
    people = [decision.person] if decision.person and decision.openings else []
    categories = {str(opening.category) for opening in decision.openings}
    if any(opening.consent for opening in decision.openings):
        categories.add(wall.TERMS)
    return wall.opened(by.agency_id, people, categories)


def _judged(decision: Decision) -> dict[str, Any]:
    return {
        "outcome": _outcome(decision),
        "refusal": str(decision.refusal or Refusal.NOTHING_IN_SCOPE),
        "openings": json.dumps([_said(opening) for opening in decision.openings], default=_plain),
        "origins": list(decision.origins),
    }


def _said(opening: Opening) -> dict[str, Any]:
    """What it says: most of it bounds nothing, and the ledger keeps a row for each look-up for years."""
    return {name: said for name, said in vars(opening).items() if said is not None}


def _tell_privacy_offices(ledger_id: UUID, custodians: set[UUID], by: Membership) -> None:
    """Somebody saw a restricted person: the custodians' privacy officers are told which ledger row it is (6.4)."""
    officers = Membership.objects.filter(
        agency__in=custodians, roles__contains=[Role.PRIVACY_OFFICER], ended_at=None
    ).exclude(pk=by.pk)
    with transaction.atomic():
        for officer in officers.select_related("agency", "member"):
            put(
                Notice.Kind.RESTRICTED_SEEN,
                subject_id=ledger_id,
                agency=officer.agency,
                member=officer.member,
            )


def _existence(decision: Decision) -> list[tuple[str, str, str | None]]:
    """Who may be said to hold a record, on which basis and consent."""
    return [
        (str(one.custodian), str(one.basis), str(one.consent) if one.consent else None)
        for one in decision.openings
        if one.category == "D0"
    ]


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
