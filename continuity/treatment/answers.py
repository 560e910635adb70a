"""What an answer to a linkage writes, whoever says it: the facts each state needs, its end, who is told (5.9).

The requester is told of what it must act on or may be glad of: declined, waitlisted, the first visit, a visit missed,
and an end without one.
"""

from datetime import datetime

from continuity.agencies import grants
from continuity.agencies.services import referral_team
from continuity.errors import Invalid
from continuity.notices.models import Notice
from continuity.notices.services import put
from continuity.treatment.models import CLOSED, Linkage, TaskStatus
from continuity.treatment.moves import answers_from
from continuity.treatment.rows import illegal_move, reasoned, shortened

_Task = TaskStatus
_WITH_REASON = (_Task.DECLINED_BY_RECIPIENT, _Task.UNABLE, _Task.WAITLISTED, _Task.CANCELLED_BY_PERSON)
TOLD = (*_WITH_REASON, _Task.ENGAGED)


def move_linkage(
    linkage: Linkage,
    status: str,
    at: datetime,
    reason: str,
    appointment_at: datetime | None,
    first_attended_at: datetime | None,
) -> None:
    """Write one answer on a locked linkage. Raises Conflict for an illegal move, Invalid for one without its fact."""
    if status not in answers_from(_Task(linkage.status)):
        raise illegal_move("linkage", linkage.status, status)
    reason = reasoned(reason) if status in _WITH_REASON else shortened(reason)
    if status == _Task.SCHEDULED and appointment_at is None:
        raise Invalid("no_appointment", "Say when the appointment is.", field="appointment_at")
    if status == _Task.ENGAGED:
        _check_visit(linkage, first_attended_at, at)
    linkage.received_at = linkage.received_at or at
    linkage.appointment_at = appointment_at or linkage.appointment_at
    linkage.first_attended_at = first_attended_at or linkage.first_attended_at
    linkage.status, linkage.status_reason = status, reason
    if status in CLOSED:
        end_linkage(linkage, status, reason, at)
    else:
        linkage.save()


def end_linkage(linkage: Linkage, status: str, reason: str, at: datetime) -> Linkage:
    """Close a locked linkage and take it from its recipient's team."""
    linkage.status, linkage.status_reason, linkage.closed_at = status, reason, at
    grants.take("answer", linkage)
    linkage.save()
    return linkage


def resume_linkage(linkage: Linkage) -> Linkage:
    """Save a locked linkage that is open again; give it back to its recipient's team, and tell both sides."""
    linkage.save()
    if linkage.status == _Task.DRAFT:
        return linkage
    team = referral_team(linkage.recipient) if linkage.recipient else None
    if linkage.recipient and team:
        grants.give(team, "answer", linkage)
        put(Notice.Kind.LINKAGE_SENT, subject_id=linkage.pk, agency=linkage.recipient, team=team)
    tell_requester(linkage)
    return linkage


def tell_requester(linkage: Linkage) -> None:
    """Tell whoever asked for the linkage that it moved."""
    asked = linkage.requested_by
    put(
        Notice.Kind.LINKAGE_CHANGED,
        subject_id=linkage.pk,
        agency=linkage.custodian,
        # Whoever has left the agency is told nothing: then it is for everybody there.
        member=asked.member if asked and asked.ended_at is None else None,
    )


def _check_visit(linkage: Linkage, attended_at: datetime | None, at: datetime) -> None:
    """A linkage counts as connected by the first visit attended, never by a wish or a plan (P-24)."""
    if attended_at is None:
        raise Invalid("no_visit", "Say when the first visit was attended.", field="first_attended_at")
    if attended_at > at:
        raise Invalid(
            "visit_ahead", "The first visit has not been yet: schedule it.", field="first_attended_at"
        )
    # By the day: doors know a visit to the minute or the day, a request to the moment.
    local = linkage.custodian.local
    if local(attended_at).date() < local(linkage.requested_at).date():
        raise Invalid(
            "visit_before_request",
            "A visit before the referral does not close it.",
            field="first_attended_at",
        )
