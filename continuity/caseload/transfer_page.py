"""A call handed on: who answers reads what was said and takes it or not; the sender says what became of it (D-3)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.urls import reverse

from continuity.agencies.models import Membership
from continuity.agencies.roles import Duty
from continuity.caseload.detail import Kind, member_name, page_of
from continuity.caseload.moves import Move, Run
from continuity.caseload.shapes import OptionalReasonForm, ReasonForm
from continuity.crisis import transfers
from continuity.crisis.models import Transfer
from continuity.disclosures.own_work import readable_transfers

_Outcome = Transfer.Outcome
_ANSWER = (Duty.RECORD_CONTACT,)
_SEND = (Duty.HAND_OFF,)


def _answer(outcome: str) -> Run:
    def run(by: Membership, transfer_id: UUID, at: datetime, said: dict[str, Any]) -> object:
        return transfers.answer_transfer(by=by, transfer_id=transfer_id, outcome=outcome, at=at, **said)

    return run


def _note(outcome: str) -> Run:
    def run(by: Membership, transfer_id: UUID, at: datetime, said: dict[str, Any]) -> object:
        return transfers.note_outcome(by=by, transfer_id=transfer_id, outcome=outcome, at=at, **said)

    return run


MOVES: dict[str, Move] = {
    "accept": Move(
        "Take the call", "Opens the contact with what was said already in it.", _ANSWER, _answer(_Outcome.ACCEPTED),
        done="The call is yours. Its contact is begun.",
    ),
    "refuse": Move(
        "Refuse it", "Say why: the sender is told at once.", _ANSWER, _answer(_Outcome.REFUSED), ReasonForm,
        "Refused. The sender is told.", True,
    ),
    "drop": Move(
        "The call dropped", "The line was lost.", _ANSWER, _answer(_Outcome.DROPPED), OptionalReasonForm,
        "Written down: the call dropped.",
    ),
    "reactivate": Move(
        "Back to 911", "Police or EMS are needed after all.", _ANSWER, _answer(_Outcome.REACTIVATED_911), ReasonForm,
        "Written down: back to 911.", True,
    ),
    "note_accepted": Move(
        "They took it", "The line outside has the caller.", _SEND, _note(_Outcome.ACCEPTED), OptionalReasonForm,
        "Written down.",
    ),
    "note_refused": Move(
        "They refused", "Say why.", _SEND, _note(_Outcome.REFUSED), ReasonForm, "Written down.",
    ),
    "note_dropped": Move(
        "The call dropped", "The line was lost.", _SEND, _note(_Outcome.DROPPED), OptionalReasonForm,
        "Written down: the call dropped.",
    ),
    "note_reactivated": Move(
        "Back to 911", "Police or EMS are needed after all.", _SEND, _note(_Outcome.REACTIVATED_911), ReasonForm,
        "Written down: back to 911.", True,
    ),
}  # fmt: skip
_OF_RECIPIENT = {
    "accept": _Outcome.ACCEPTED,
    "refuse": _Outcome.REFUSED,
    "drop": _Outcome.DROPPED,
    "reactivate": _Outcome.REACTIVATED_911,
}
_OF_SENDER = {
    "note_accepted": _Outcome.ACCEPTED,
    "note_refused": _Outcome.REFUSED,
    "note_dropped": _Outcome.DROPPED,
    "note_reactivated": _Outcome.REACTIVATED_911,
}
# An agency that was asked answers for itself.
_NOT_OF_SENDER_TO_AGENCY = {"note_accepted", "note_refused"}


def _legal(row: Transfer, by: Membership, at: datetime) -> Sequence[str]:
    open_to = Transfer.TRANSITIONS[_Outcome(row.outcome)]
    if row.to_agency_id == by.agency_id:
        return [name for name, outcome in _OF_RECIPIENT.items() if outcome in open_to]
    if row.custodian_id != by.agency_id:
        return []
    barred = _NOT_OF_SENDER_TO_AGENCY if row.to_agency_id else set()
    return [name for name, outcome in _OF_SENDER.items() if outcome in open_to and name not in barred]


def _shown(row: Transfer, by: Membership, at: datetime) -> tuple[dict[str, Any], list[Any]]:
    is_ours = row.to_agency_id == by.agency_id
    answers = is_ours and by.has_duty(Duty.RECORD_CONTACT)
    contact = row.to_contact_id if is_ours else row.from_contact_id
    shown = {
        "sender": row.custodian.name,
        "recipient": row.to_agency.name if row.to_agency else row.to_kind,
        "to_kind": row.to_kind,
        "is_ours": is_ours,
        "is_outside": row.to_agency_id is None,
        "is_warm": row.is_warm,
        "outcome": row.outcome,
        "is_pending": row.outcome == _Outcome.PENDING,
        "reason": row.outcome_reason,
        "origin": row.origin,
        "call_type": row.call_type,
        "incident_ref": row.incident_ref,
        "occurred_at": row.occurred_at,
        "offered_at": row.offered_at,
        "offered_by": member_name(row.offered_by),
        "answered_at": row.answered_at,
        "answered_by": member_name(row.answered_by),
        # What the sender said goes nowhere but to who answers.
        "said": transfers.said_of(row) if answers else {},
        "call": row.custodian.duty_line if is_ours else (row.to_agency.duty_line if row.to_agency else ""),
        "contact_id": contact if by.has_duty(Duty.RECORD_CONTACT) else None,
    }
    return shown, []


def _leads_to(row: Transfer) -> str:
    """Who takes a call goes on to its contact."""
    if row.outcome == _Outcome.ACCEPTED and row.to_contact_id:
        return reverse("contact_draft", args=[row.to_contact_id])
    return reverse("transfer", args=[row.pk])


TRANSFER = Kind(
    name="transfer",
    category="D2",
    rows=lambda by, at: readable_transfers(by, at).select_related(
        "custodian", "to_agency", "offered_by__member", "answered_by__member"
    ),
    shown=_shown,
    moves=MOVES,
    legal=_legal,
    leads_to=_leads_to,
)
transfer = page_of(TRANSFER, Duty.HAND_OFF, Duty.SUPERVISE)
