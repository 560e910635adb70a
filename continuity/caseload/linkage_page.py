"""A linkage and its next moves: its recipient brings it on, who asked for it may take it back (5.9)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.urls import reverse

from continuity.agencies import grants
from continuity.agencies.models import Membership
from continuity.agencies.roles import Duty
from continuity.caseload.detail import Kind, member_name, page_of
from continuity.caseload.moves import Move, Run, verb
from continuity.caseload.shapes import (
    AppointmentForm,
    AttendedForm,
    MoveForm,
    OptionalReasonForm,
    ReasonForm,
    choice,
    sentence,
)
from continuity.disclosures.own_work import may_read_clinical_text, readable_linkages
from continuity.treatment import linkages
from continuity.treatment.models import Linkage, TaskStatus
from continuity.treatment.moves import linkage_moves

_LINK = (Duty.RECORD_LINKAGE,)
_CORRECT = (Duty.RECORD_LINKAGE, Duty.CORRECT_RECORD)


class CancelForm(MoveForm):
    status = choice(
        "What happened",
        [("cancelled_by_person", "the person does not want it"), ("unable", "it is not possible")],
        "Say what happened.",
    )
    reason = sentence("Why, in one sentence", "Say why.")


def _say(status: TaskStatus) -> Run:
    """Say a state: the recipient for itself, whoever asked for a provider outside."""

    def run(by: Membership, linkage_id: UUID, at: datetime, said: dict[str, Any]) -> object:
        is_outside = readable_linkages(by, at).filter(pk=linkage_id, recipient=None).exists()
        answer = linkages.answer_outside if is_outside else linkages.answer_linkage
        return answer(by=by, linkage_id=linkage_id, status=status, at=at, **said)

    return run


MOVES: dict[str, Move] = {
    TaskStatus.RECEIVED: Move(
        "We have it", "Stops the clock: whoever asked knows that it arrived.", _LINK, _say(TaskStatus.RECEIVED)
    ),
    TaskStatus.ACCEPTED: Move(
        "Accept", "Your agency takes the person into care from now on.", _LINK, _say(TaskStatus.ACCEPTED),
        done="Accepted.",
    ),
    TaskStatus.SCHEDULED: Move(
        "Give an appointment", "The person knows day and time.", _LINK, _say(TaskStatus.SCHEDULED), AppointmentForm,
        "The appointment is written down.",
    ),
    TaskStatus.ENGAGED: Move(
        "They came", "The first visit took place: whoever asked is told.", _LINK, _say(TaskStatus.ENGAGED),
        AttendedForm, "Written down. Whoever asked is told that they came.",
    ),
    "note_no_show": Move(
        "They did not come", "The appointment is cleared, the linkage stays open, and whoever asked is told.", _LINK,
        verb(linkages.note_no_show, "linkage_id"), ReasonForm, "Written down. Whoever asked is told.",
    ),
    "reschedule_linkage": Move(
        "Another appointment", "A new day and time takes the place of the former.", _LINK,
        verb(linkages.reschedule_linkage, "linkage_id"), AppointmentForm, "The new appointment is written down.",
    ),
    TaskStatus.WAITLISTED: Move(
        "Put on the waiting list", "There is no place yet. Whoever asked is told.", _LINK, _say(TaskStatus.WAITLISTED),
        ReasonForm, "On the waiting list. Whoever asked is told.",
    ),
    TaskStatus.COMPLETED: Move(
        "Close: connected", "The person is in care; nothing is left to do.", _LINK, _say(TaskStatus.COMPLETED),
        OptionalReasonForm, "Closed: connected.",
    ),
    "send_linkage": Move(
        "Send it", "It goes to its recipient now.", _LINK, verb(linkages.send_linkage, "linkage_id"), done="Sent.",
    ),
    "reopen_linkage": Move(
        "Ask again", "Makes a new linkage that names this one.", _LINK, verb(linkages.reopen_linkage, "linkage_id"),
        done="A new linkage was sent.",
    ),
    TaskStatus.DECLINED_BY_RECIPIENT: Move(
        "Decline", "Say why, so that whoever asked can look elsewhere. They are told.", _LINK,
        _say(TaskStatus.DECLINED_BY_RECIPIENT), ReasonForm, "Declined. Whoever asked is told.", True,
    ),
    TaskStatus.CANCELLED_BY_PERSON: Move(
        "The person does not want it", "Ends the linkage.", _LINK, _say(TaskStatus.CANCELLED_BY_PERSON), ReasonForm,
        "Ended, as the person wishes.", True,
    ),
    TaskStatus.UNABLE: Move(
        "It is not possible", "Ends the linkage.", _LINK, _say(TaskStatus.UNABLE), ReasonForm, "Ended.", True,
    ),
    "cancel_linkage": Move(
        "Take it back", "Possible until the recipient has accepted it.", _LINK,
        verb(linkages.cancel_linkage, "linkage_id"), CancelForm, "Taken back.", True,
    ),
    "mark_linkage_error": Move(
        "Entered in error", "It should never have been written; it stays for the record.", _CORRECT,
        verb(linkages.mark_linkage_error, "linkage_id"), ReasonForm, "Marked as entered in error.", True,
    ),
}  # fmt: skip


def _legal(row: Linkage, by: Membership, at: datetime) -> Sequence[str]:
    granted = grants.workable(by, "answer", Linkage.objects.filter(pk=row.pk)).exists()
    moves = linkage_moves(row, is_recipient=granted, is_requester=row.custodian_id == by.agency_id)
    has_passed = row.appointment_at is not None and row.appointment_at <= at
    return moves if has_passed else [name for name in moves if name != "note_no_show"]


def _shown(row: Linkage, by: Membership, at: datetime) -> tuple[dict[str, Any], list[Any]]:
    is_ours = row.recipient_id == by.agency_id
    reopened = list(readable_linkages(by, at).filter(prior=row)[:1])
    reads_notes = row.custodian_id == by.agency_id and may_read_clinical_text(by, "D3")
    shown = {
        "kind": row.kind,
        "status": row.status,
        "reason": row.status_reason,
        "is_ours": is_ours,
        "is_open": row.closed_at is None,
        "sender": row.custodian.name,
        "recipient": row.recipient.name if row.recipient else row.external_provider,
        "is_outside": row.recipient_id is None,
        "call": row.recipient.duty_line if row.recipient and not is_ours else row.custodian.duty_line,
        "priority": row.priority,
        "requested_at": row.requested_at,
        "requested_by": member_name(row.requested_by),
        "acknowledge_by": row.acknowledge_by,
        "is_late": row.status == TaskStatus.SENT and bool(row.acknowledge_by and row.acknowledge_by <= at),
        "received_at": row.received_at,
        "appointment_at": row.appointment_at,
        "first_attended_at": row.first_attended_at,
        "closed_at": row.closed_at,
        "owner": member_name(row.owner),
        "notes": row.notes if reads_notes else "",
        "contact_id": row.contact_id if row.custodian_id == by.agency_id else None,
        "prior_id": row.prior_id,
        "reopened_id": reopened[0].pk if reopened else None,
    }
    return shown | ({"category": "D3"} if shown["notes"] else {}), []


LINKAGE = Kind(
    name="linkage",
    category="D6",
    rows=lambda by, at: readable_linkages(by, at).select_related(
        "custodian", "recipient", "requested_by__member", "owner__member"
    ),
    shown=_shown,
    moves=MOVES,
    legal=_legal,
    leads_to=lambda row: reverse("linkage", args=[row.pk]),
    initial=lambda row: {"first_attended_at": row.appointment_at},
)
linkage = page_of(LINKAGE, Duty.RECORD_LINKAGE, Duty.FOLLOW_UP, Duty.SUPERVISE, Duty.CORRECT_RECORD)
