"""Amend a final contact: by its author, or because the person or the agency asks (5.6; 45 CFR 164.526; P-8).

Requested, reviewed, then accepted, applied and told to who had seen the old one; or denied with a ground, and the
person's disagreement travels with the content. Nothing is erased: what a value replaced stays in the amendment.
"""

import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from continuity.agencies.models import Membership
from continuity.agencies.roles import Duty, require
from continuity.crisis.amended_values import (
    AMENDABLE,
    RECORD_STATUS,
    checked_addendum,
    checked_value,
    note_substance_use,
    refuse_anothers_field,
    to_json,
    value_of,
    write_value,
)
from continuity.crisis.amendment_rows import (
    OF_THE_PERSON,
    amendable_contact,
    corrects_records,
    is_author,
    of_author_or_corrector,
    refuse_unless_final,
    to_apply,
    to_decide,
)
from continuity.crisis.contact_fields import LONGEST_TEXT
from continuity.crisis.models import ContactAmendment, CrisisContact
from continuity.crisis.moves import chosen, move, require_either, stated
from continuity.crisis.rows import locked_contact, not_found
from continuity.crisis.services import mark_contact_error
from continuity.errors import Conflict, Invalid, NotAllowed

__all__ = [
    "AMENDABLE",
    "accept_amendment",
    "apply_amendment",
    "close_amendment",
    "correct_contact",
    "deny_amendment",
    "extend_amendment",
    "file_disagreement",
    "mark_notified",
    "rebut_amendment",
    "request_amendment",
    "take_up_amendment",
]

TIME_TO_ACT = timedelta(days=60)
EXTENSION = timedelta(days=30)
_LONGEST_REASON = 300
_Kind = ContactAmendment.Kind
_Status = ContactAmendment.Status
_Decision = ContactAmendment.Decision
_Requester = ContactAmendment.Requester
_IN_ONE_STEP = (_Kind.CORRECTION, _Kind.LATE_ENTRY, _Kind.ADDENDUM)
_ERROR = CrisisContact.RecordStatus.ENTERED_IN_ERROR


@transaction.atomic
def request_amendment(
    *,
    by: Membership,
    contact_id: UUID,
    kind: str,
    field: str,
    reason: str,
    requested_by: str,
    requested_at: datetime,
    at: datetime,
    new_value: Any = None,
    version: int | None = None,
) -> ContactAmendment:
    """Write down that a final contact is to be amended; from `requested_at` the agency has 60 days (L-22).

    The author asks in the own name; what the person, a representative or the agency asks is written down by the author
    or by who corrects records. `new_value` is as the field keeps it (times as text or datetime); for a retraction of
    the whole contact it is not asked. Raises NotAllowed, NotFound, Stale; Conflict when the contact is not final;
    Invalid for a field or value that cannot be, or that changes nothing.
    """
    require_either(by, Duty.CORRECT_RECORD, Duty.RECORD_CONTACT)
    contact = amendable_contact(by, contact_id, version)
    requester = _Requester(chosen(requested_by, _Requester, field="requested_by"))
    if not is_author(by, contact) and (requester == _Requester.AUTHOR or not corrects_records(by)):
        raise NotAllowed("not_the_author", "Only the author, or who corrects records, asks for this.")
    if (kind == _Kind.PATIENT_REQUESTED) != (requester in OF_THE_PERSON):
        raise Invalid("another_kind", "What the person asks is a request of the person.", field="kind")
    if requested_at > at:
        raise Invalid("in_the_future", "A request cannot lie in the future.", field="requested_at")
    return _request(by, contact, kind, field, new_value, reason, requester, requested_at, at)


@transaction.atomic
def correct_contact(
    *,
    by: Membership,
    contact_id: UUID,
    kind: str,
    field: str,
    new_value: Any,
    reason: str,
    at: datetime,
    version: int | None = None,
) -> ContactAmendment:
    """Correct the own contact, enter what came late, or add to a text, in one step from request to applied.

    Raises as `request_amendment`; NotFound for somebody else's contact.
    """
    require(by.roles, Duty.RECORD_CONTACT)
    contact = amendable_contact(by, contact_id, version)
    if not is_author(by, contact):
        raise not_found()
    if kind not in _IN_ONE_STEP:
        raise Invalid("unknown_value", "This kind of amendment is requested.", field="kind")
    amendment = _request(by, contact, kind, field, new_value, reason, _Requester.AUTHOR, at, at)
    move(amendment, _Status.UNDER_REVIEW)
    amendment.save()
    _decide(amendment, by, _Status.ACCEPTED, _Decision.ACCEPTED, at)
    return _apply(amendment, by, at)


@transaction.atomic
def take_up_amendment(
    *, by: Membership, amendment_id: UUID, at: datetime, version: int | None = None
) -> ContactAmendment:
    """Begin to review a request. Raises NotAllowed, NotFound, Stale, Conflict in another state."""
    amendment = to_decide(by, amendment_id, version)
    move(amendment, _Status.UNDER_REVIEW)
    amendment.save()
    return amendment


@transaction.atomic
def extend_amendment(
    *, by: Membership, amendment_id: UUID, reason: str, at: datetime, version: int | None = None
) -> ContactAmendment:
    """Take 30 days more, once, within the first 60, with a reason that the person is told (45 CFR 164.526(b)(2)).

    Raises as `take_up_amendment`, Invalid without a reason.
    """
    amendment = to_decide(by, amendment_id, version)
    if amendment.status != _Status.UNDER_REVIEW:
        raise Conflict("illegal_move", "Only what is under review can be extended.")
    if amendment.extended_at is not None:
        raise Conflict("extended_already", "The time is extended once only. Decide it now.")
    if at > amendment.due_at:
        raise Conflict("too_late", "The 60 days are over. Decide it now.")
    amendment.extension_reason = stated(reason, _LONGEST_REASON)
    amendment.extended_at, amendment.due_at = at, amendment.due_at + EXTENSION
    amendment.save()
    return amendment


@transaction.atomic
def accept_amendment(
    *,
    by: Membership,
    amendment_id: UUID,
    at: datetime,
    decision: str = _Decision.ACCEPTED,
    new_value: Any = None,
    ground: str = "",
    basis: str = "",
    version: int | None = None,
) -> ContactAmendment:
    """Accept a request as it is, or in part: then `new_value` is what is accepted, `ground` and `basis` why no more.

    Raises as `take_up_amendment`; Conflict when the contact is not final any more; Invalid for what a part lacks.
    """
    amendment = to_decide(by, amendment_id, version)
    if decision == _Decision.PARTLY:
        # A denial in part is a denial: the person is told why and may disagree (45 CFR 164.526(d)(1)).
        _state_denial(amendment, ground, basis)
        amendment.accepted_value = to_json(_part(amendment, by, new_value, at))
    elif decision != _Decision.ACCEPTED or new_value is not None:
        raise Invalid("unknown_value", "Accept it as it is, or in part with a new value.", field="decision")
    refuse_unless_final(locked_contact(by, amendment.contact_id))
    return _decide(amendment, by, _Status.ACCEPTED, _Decision(decision), at)


@transaction.atomic
def deny_amendment(
    *, by: Membership, amendment_id: UUID, ground: str, basis: str, at: datetime, version: int | None = None
) -> ContactAmendment:
    """Deny a request on one of the four grounds of the law, with a basis in plain words (45 CFR 164.526(a)(2), (d)).

    Raises as `take_up_amendment`, Invalid without a ground or a basis.
    """
    amendment = to_decide(by, amendment_id, version)
    _state_denial(amendment, ground, basis)
    return _decide(amendment, by, _Status.DENIED, _Decision.DENIED, at)


@transaction.atomic
def apply_amendment(
    *, by: Membership, amendment_id: UUID, at: datetime, version: int | None = None
) -> ContactAmendment:
    """Write what was accepted into the contact, which is amended from now on; the replaced value stays here (P-8).

    By the author or who corrects records; clinical fields by a clinician of the agency. Raises NotAllowed, NotFound,
    Stale; Conflict in another state or when the contact is not final any more; Invalid when its other fields have
    changed so that the value does not fit.
    """
    return _apply(to_apply(by, amendment_id, version), by, at)


@transaction.atomic
def mark_notified(
    *, by: Membership, amendment_id: UUID, at: datetime, version: int | None = None
) -> ContactAmendment:
    """Note that the person, and whoever had seen the old value, were told. Raises as `apply_amendment`."""
    amendment = to_apply(by, amendment_id, version)
    move(amendment, _Status.NOTIFIED)
    amendment.save()
    return amendment


@transaction.atomic
def file_disagreement(
    *, by: Membership, amendment_id: UUID, statement: str, at: datetime, version: int | None = None
) -> ContactAmendment:
    """Keep the person's statement of disagreement with a denial, whole or in part; it travels with the content.

    Raises NotAllowed, NotFound, Stale; Conflict unless a request of the person was denied; Invalid without words.
    """
    amendment = of_author_or_corrector(by, amendment_id, version)
    if amendment.requested_by not in OF_THE_PERSON:
        raise Conflict("not_the_persons_request", "Only the person disagrees, about the own request.")
    if amendment.disagreement:
        raise Conflict("disagreement_filed_already", "A statement of disagreement is kept already.")
    if amendment.decision != _Decision.PARTLY:
        move(amendment, _Status.DISAGREEMENT_FILED)
    amendment.disagreement = stated(statement, LONGEST_TEXT, field="statement")
    amendment.disagreed_at = at
    amendment.save()
    return amendment


@transaction.atomic
def rebut_amendment(
    *, by: Membership, amendment_id: UUID, text: str, at: datetime, version: int | None = None
) -> ContactAmendment:
    """Answer a statement of disagreement, once; the answer travels with it (45 CFR 164.526(d)(3)).

    Raises as `take_up_amendment`, Invalid without words.
    """
    amendment = to_decide(by, amendment_id, version)
    if not amendment.disagreement or amendment.status == _Status.CLOSED:
        raise Conflict("no_disagreement", "There is no open statement of disagreement to answer.")
    if amendment.rebuttal:
        raise Conflict("rebutted_already", "The statement of disagreement is answered already.")
    amendment.rebuttal = stated(text, LONGEST_TEXT, field="text")
    amendment.save()
    return amendment


@transaction.atomic
def close_amendment(
    *, by: Membership, amendment_id: UUID, at: datetime, version: int | None = None
) -> ContactAmendment:
    """Close a denied request; a statement of disagreement goes on travelling. Raises as `take_up_amendment`."""
    amendment = to_decide(by, amendment_id, version)
    move(amendment, _Status.CLOSED)
    amendment.save()
    return amendment


def _request(
    by: Membership,
    contact: CrisisContact,
    kind: str,
    field: str,
    new_value: Any,
    reason: str,
    requester: ContactAmendment.Requester,
    requested_at: datetime,
    at: datetime,
) -> ContactAmendment:
    if field not in AMENDABLE or (field == RECORD_STATUS) != (kind == _Kind.RETRACTION):
        raise Invalid("unknown_field", "This cannot be amended so.", field="field")
    value = _checked(contact, chosen(kind, _Kind, field="kind"), field, new_value, at)
    old = value_of(contact, field)
    if requester == _Requester.AUTHOR:
        refuse_anothers_field(by, field, old, value)
    if kind != _Kind.ADDENDUM and to_json(value) == to_json(old):
        raise Invalid("changes_nothing", "The contact says so already.", field="new_value")
    return ContactAmendment.objects.create(
        contact=contact,
        custodian=contact.custodian,
        kind=kind,
        field=field,
        old_value="" if kind == _Kind.ADDENDUM else to_json(old),
        new_value=to_json(value),
        reason=stated(reason, _LONGEST_REASON),
        requested_by=requester,
        requested_at=requested_at,
        recorded_by=by,
        due_at=requested_at + TIME_TO_ACT,
    )


def _checked(contact: CrisisContact, kind: str, field: str, value: Any, at: datetime) -> Any:
    if kind == _Kind.RETRACTION:
        return _ERROR
    if kind == _Kind.ADDENDUM:
        return checked_addendum(contact, field, value)
    return checked_value(contact, field, value, at)


def _part(amendment: ContactAmendment, by: Membership, new_value: Any, at: datetime) -> Any:
    if amendment.kind in (_Kind.ADDENDUM, _Kind.RETRACTION):
        raise Invalid("unknown_value", "This is accepted as it is, or denied.", field="decision")
    contact = locked_contact(by, amendment.contact_id)
    value = checked_value(contact, amendment.field, new_value, at)
    if to_json(value) in (amendment.new_value, to_json(value_of(contact, amendment.field))):
        raise Invalid("changes_nothing", "This is all of it, or nothing.", field="new_value")
    return value


def _state_denial(amendment: ContactAmendment, ground: str, basis: str) -> None:
    amendment.denial_ground = chosen(ground, ContactAmendment.DenialGround, field="ground")
    amendment.denial_basis = stated(basis, _LONGEST_REASON, field="basis")


def _decide(
    amendment: ContactAmendment,
    by: Membership,
    status: ContactAmendment.Status,
    decision: ContactAmendment.Decision,
    at: datetime,
) -> ContactAmendment:
    move(amendment, status)
    amendment.decision, amendment.decided_at, amendment.decided_by = decision, at, by
    amendment.save()
    return amendment


def _apply(amendment: ContactAmendment, by: Membership, at: datetime) -> ContactAmendment:
    move(amendment, _Status.APPLIED)
    contact, field = locked_contact(by, amendment.contact_id), amendment.field
    refuse_unless_final(contact)
    value = json.loads(amendment.accepted_value or amendment.new_value)
    if amendment.kind == _Kind.RETRACTION:
        amendment.old_value = to_json(contact.record_status)
        mark_contact_error(by=by, contact_id=contact.pk, reason=amendment.reason[:200], at=at)
    else:
        _write(amendment, by, contact, field, value, at)
    amendment.applied_at = at
    amendment.save()
    return amendment


def _write(
    amendment: ContactAmendment, by: Membership, contact: CrisisContact, field: str, value: Any, at: datetime
) -> None:
    if amendment.kind == _Kind.ADDENDUM:
        refuse_anothers_field(by, field, value)
        note_substance_use(contact, field, checked_addendum(contact, field, value))
    else:
        # Somebody may have amended the field since it was asked: what is replaced now is what must be kept.
        old, value = value_of(contact, field), checked_value(contact, field, value, at)
        refuse_anothers_field(by, field, old, value)
        amendment.old_value = to_json(old)
        write_value(contact, field, value)
    contact.record_status = CrisisContact.RecordStatus.AMENDED
    contact.save()
