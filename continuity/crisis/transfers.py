"""Hand a call on: offered once, answered by whom it goes to, followed until it is held or back at 911 (5.4, D-3)."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q

from continuity.agencies.models import Agency, Membership
from continuity.agencies.roles import Duty, require
from continuity.crisis import vocabulary as v
from continuity.crisis.models import CrisisContact, Episode, Transfer
from continuity.crisis.moves import stated
from continuity.crisis.rows import episode_of, not_found, own_contacts
from continuity.crisis.services import start_draft_in
from continuity.errors import Conflict, Incomplete, Invalid, Stale
from continuity.notices.models import Notice
from continuity.notices.services import put

_Outcome = Transfer.Outcome
# What a sender may say of the person and the call, and how many characters of it.
SAID = {"name": 120, "first": 60, "last": 60, "birth_date": 20, "telephone": 30, "language": 35, "note": 1000}
# An agency that was asked answers for itself; the sender speaks for a line outside.
_RECIPIENTS = frozenset({_Outcome.ACCEPTED, _Outcome.REFUSED, _Outcome.DROPPED, _Outcome.REACTIVATED_911})
_SENDERS_TO_AN_AGENCY = frozenset({_Outcome.DROPPED, _Outcome.REACTIVATED_911})
_NEED_A_REASON = frozenset({_Outcome.REFUSED, _Outcome.REACTIVATED_911})
_RESPONSE_TYPES = {
    v.Responder.CLINICIAN: v.ResponseType.CALL_DIVERSION_CLINICIAN,
    v.Responder.LINE_988: v.ResponseType.WARM_TRANSFER_988,
    v.Responder.CO_RESPONSE: v.ResponseType.CO_RESPONSE,
    v.Responder.MOBILE_CRISIS: v.ResponseType.MOBILE_CRISIS_TEAM,
    v.Responder.COMMUNITY_TEAM: v.ResponseType.COMMUNITY_RESPONSE_TEAM,
    v.Responder.EMS: v.ResponseType.EMS_FIRE,
}
_LONGEST_REASON = 200  # characters
_BY_PHONE = (v.Responder.CLINICIAN, v.Responder.LINE_988)


@transaction.atomic
def offer_transfer(
    *,
    by: Membership,
    to_kind: str,
    at: datetime,
    contact_id: UUID | None = None,
    to_agency: Agency | None = None,
    sender_ref: str = "",
    incident_ref: str = "",
    origin: str = "",
    call_type: str = "",
    occurred_at: datetime | None = None,
    said: Mapping[str, Any] | None = None,
    is_warm: bool = True,
) -> tuple[Transfer, bool]:
    """Hand a call on to an agency, or to a line outside; True when this call made it, not a former one.

    The same `sender_ref` of the same agency is the same hand-off, whatever else is sent with it: a CAD system that
    retries hands on once. Raises NotAllowed without the duty, NotFound for a foreign contact, Incomplete or Invalid
    for what a hand-off does not take.
    """
    require(by.roles, Duty.HAND_OFF)
    if sender_ref and (known := _sent_before(by, sender_ref)):
        return known, False
    contact = _contact(by, contact_id)
    transfer = Transfer(
        custodian=by.agency,
        from_contact=contact,
        to_kind=to_kind,
        to_agency=to_agency,
        is_warm=is_warm,
        sender_ref=sender_ref,
        incident_ref=incident_ref or (contact.incident_ref if contact else ""),
        origin=origin or (contact.origin if contact else ""),
        call_type=call_type or (contact.call_type if contact else ""),
        occurred_at=occurred_at or (contact.occurred_at if contact else at),
        offered_at=at,
        offered_by=by,
        said=json.dumps(_checked(said or {})).encode(),
    )
    _refuse(transfer, at)
    try:
        with transaction.atomic():
            transfer.episode = (
                episode_of(contact) if contact else Episode.objects.create(opened_at=transfer.occurred_at)
            )
            transfer.save()
    except IntegrityError:
        known = _sent_before(by, sender_ref) if sender_ref else None
        if known is None:
            raise
        return known, False  # the same hand-off, sent twice at the same moment
    if to_agency:
        put(Notice.Kind.TRANSFER_OFFERED, subject_id=transfer.pk, agency=to_agency)
    return transfer, True


@transaction.atomic
def answer_transfer(
    *,
    by: Membership,
    transfer_id: UUID,
    outcome: str,
    at: datetime,
    reason: str = "",
    version: int | None = None,
) -> Transfer:
    """Say what became of a call that was handed to the own agency; accepting it starts the draft of its contact.

    Raises NotAllowed without the duty, NotFound outside the agency it goes to, Conflict for a move that the table does
    not have, Invalid for an unknown outcome or without a reason where one is due, Stale.
    """
    require(by.roles, Duty.RECORD_CONTACT)
    transfer = _locked(transfer_id, Q(to_agency=by.agency), version)
    _move(transfer, outcome, _RECIPIENTS, by=by, at=at, reason=reason)
    if transfer.outcome == _Outcome.ACCEPTED:
        transfer.to_contact = _first_draft(by, transfer, at)
    transfer.save()
    put(Notice.Kind.TRANSFER_ANSWERED, subject_id=transfer.pk, agency=transfer.custodian)
    return transfer


@transaction.atomic
def note_outcome(
    *,
    by: Membership,
    transfer_id: UUID,
    outcome: str,
    at: datetime,
    reason: str = "",
    version: int | None = None,
) -> Transfer:
    """Say as the sender what became of a call: everything of a line outside, of an agency that it dropped or came back.

    Raises as `answer_transfer`, NotFound outside the sender's agency.
    """
    require(by.roles, Duty.HAND_OFF)
    transfer = _locked(transfer_id, Q(custodian=by.agency), version)
    may = _SENDERS_TO_AN_AGENCY if transfer.to_agency_id else _RECIPIENTS
    _move(transfer, outcome, may, by=by, at=at, reason=reason)
    transfer.save()
    return transfer


def said_of(transfer: Transfer) -> dict[str, str]:
    """What the sender said of the person and the call; for whoever answers, and nobody else."""
    return json.loads(bytes(transfer.said)) if transfer.said else {}


def _sent_before(by: Membership, sender_ref: str) -> Transfer | None:
    return Transfer.objects.filter(custodian=by.agency, sender_ref=sender_ref).first()


def _contact(by: Membership, contact_id: UUID | None) -> CrisisContact | None:
    if contact_id is None:
        return None
    contact = own_contacts(by).select_for_update(of=("self",)).filter(pk=contact_id).first()
    if contact is None:
        raise not_found()
    return contact


def _refuse(transfer: Transfer, at: datetime) -> None:
    """All at once what a hand-off does not take."""
    errors = [
        Invalid("unknown_value", "This is not one of the choices.", field=name)
        for name, known, may_be_empty in (
            ("to_kind", v.Responder.values, False),
            ("origin", v.Origin.values, True),
            ("call_type", v.CallType.values, True),
        )
        if (value := getattr(transfer, name)) not in known and not (value == "" and may_be_empty)
    ]
    errors += [
        Invalid("too_long", f"At most {longest} characters.", field=name)
        for name, longest in (("sender_ref", 80), ("incident_ref", 40))
        if len(getattr(transfer, name)) > longest or "\x00" in getattr(transfer, name)
    ]
    if transfer.occurred_at > at:
        errors.append(Invalid("in_the_future", "A call cannot lie in the future.", field="occurred_at"))
    if transfer.to_agency and transfer.to_agency.status != Agency.Status.ACTIVE:
        errors.append(Invalid("not_active", "This agency takes no calls.", field="to_agency"))
    if errors:
        raise Incomplete(errors)


def _checked(said: Mapping[str, Any]) -> dict[str, str]:
    for name, value in said.items():
        if name not in SAID:
            raise Invalid("unknown_field", "A hand-off has no such field.", field="said")
        if not isinstance(value, str) or len(value) > SAID[name]:
            raise Invalid("too_long", f"{name} is a text of at most {SAID[name]} characters.", field="said")
    return {name: value for name, value in said.items() if value}


def _locked(transfer_id: UUID, whose: Q, version: int | None) -> Transfer:
    rows = Transfer.objects.select_for_update(of=("self",)).select_related(
        "custodian", "to_agency", "episode"
    )
    transfer = rows.filter(whose, pk=transfer_id).first()
    if transfer is None:
        raise not_found()
    if version is not None and version != transfer.version:
        raise Stale()
    return transfer


def _move(
    transfer: Transfer, outcome: str, may: frozenset[str], *, by: Membership, at: datetime, reason: str
) -> None:
    if outcome not in may:
        raise Invalid("unknown_value", "This is not yours to say of a hand-off.", field="outcome")
    if _Outcome(outcome) not in Transfer.TRANSITIONS[_Outcome(transfer.outcome)]:
        raise Conflict("illegal_move", f"A hand-off that is {transfer.outcome} cannot become {outcome}.")
    if outcome in _NEED_A_REASON or reason.strip():
        reason = stated(reason, _LONGEST_REASON)
    transfer.outcome, transfer.outcome_reason = outcome, reason.strip()
    if transfer.answered_at is None:
        transfer.answered_at, transfer.answered_by = at, by


def _first_draft(by: Membership, transfer: Transfer, at: datetime) -> CrisisContact:
    """The contact of whoever took the call, with what the hand-off says already."""
    response = _RESPONSE_TYPES.get(v.Responder(transfer.to_kind))
    return start_draft_in(
        transfer.episode,
        by=by,
        at=at,
        occurred_at=transfer.occurred_at,
        origin=transfer.origin,
        call_type=transfer.call_type,
        incident_ref=transfer.incident_ref,
        language=said_of(transfer).get("language", ""),
        modality=v.Modality.PHONE if transfer.to_kind in _BY_PHONE else "",
        response_type=[response] if response else [],
    )
