"""Team links, linkages and follow-ups: the verbs that this issue's flows need."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from continuity.agencies import grants
from continuity.agencies.models import Agency, Membership
from continuity.agencies.roles import Duty, require
from continuity.agencies.services import referral_team
from continuity.crisis.models import CrisisContact
from continuity.errors import Conflict, Invalid, NotFound
from continuity.notices.models import Notice
from continuity.notices.services import put
from continuity.people.models import Person
from continuity.people.services import note_own_record
from continuity.treatment.models import (
    TASK_TRANSITIONS,
    FollowUp,
    FollowUpAttempt,
    Linkage,
    TaskStatus,
    TreatmentTeamLink,
)

_DUE = {
    FollowUp.DueWindow.H24: timedelta(hours=24),
    FollowUp.DueWindow.H48: timedelta(hours=48),
    FollowUp.DueWindow.H72: timedelta(hours=72),
    FollowUp.DueWindow.D7: timedelta(days=7),
    FollowUp.DueWindow.D30: timedelta(days=30),
}
# The recipient's team moves a linkage on; where it ends, its grant ends (5.9).
_CLOSED = {
    TaskStatus.COMPLETED,
    TaskStatus.DECLINED_BY_RECIPIENT,
    TaskStatus.CANCELLED_BY_PERSON,
    TaskStatus.UNABLE,
    TaskStatus.ENTERED_IN_ERROR,
}


@transaction.atomic
def confirm_team_link(
    *, by: Membership, person: Person, program_kind: str, duty_line: str, at: datetime, **fields: Any
) -> TreatmentTeamLink:
    """State, as the provider, that one's team treats the person and which duty line reaches it (5.8)."""
    require(by.roles, Duty.MANAGE_TEAM_LINK)
    note_own_record(person.pk, by.agency)
    return TreatmentTeamLink.objects.create(
        person=person,
        custodian=by.agency,
        provider=by.agency,
        is_part2=by.agency.is_part2_program,
        program_kind=program_kind,
        duty_line=duty_line,
        status=TreatmentTeamLink.Status.ACTIVE,
        established_at=at,
        last_verified_at=at,
        **fields,
    )


@transaction.atomic
def record_linkage(
    *,
    by: Membership,
    contact_id: UUID,
    kind: str,
    at: datetime,
    recipient: Agency | None = None,
    external_provider: str = "",
    **fields: Any,
) -> Linkage:
    """Refer the person of an own contact and send it; the recipient's referral team may answer it.

    Row, grant and notice are one transaction. Raises NotAllowed without the duty, NotFound for another agency's
    contact, Invalid for an anonymous contact or a recipient that takes no referrals.
    """
    require(by.roles, Duty.RECORD_LINKAGE)
    contact = (
        CrisisContact.objects.select_for_update(of=("self",))
        .select_related("person")
        .filter(pk=contact_id, custodian=by.agency, record_status__in=CrisisContact.READABLE)
        .first()
    )
    if contact is None:
        raise NotFound("not_found", "There is no such record.")
    if contact.person is None:
        raise Invalid("anonymous_contact", "An anonymous contact cannot be referred.", field="contact")
    if recipient is None and not external_provider:
        raise Invalid("no_recipient", "Name the agency or the outside provider.", field="recipient")
    team = referral_team(recipient) if recipient else None
    if recipient and team is None:
        raise Invalid("takes_no_referrals", "That agency takes no referrals here.", field="recipient")
    linkage = Linkage.objects.create(
        contact=contact,
        person=contact.person,
        custodian=by.agency,
        recipient=recipient,
        external_provider=external_provider,
        kind=kind,
        is_part2=kind in Linkage.SUD_KINDS or bool(recipient and recipient.is_part2_program),
        status=TaskStatus.SENT,
        requested_at=at,
        requested_by=by,
        **fields,
    )
    if recipient and team:
        grants.give(team, "answer", linkage)
        note_own_record(contact.person.pk, recipient)
        put(Notice.Kind.LINKAGE_SENT, subject_id=linkage.pk, agency=recipient, team=team)
    return linkage


@transaction.atomic
def answer_linkage(
    *,
    by: Membership,
    linkage_id: UUID,
    status: str,
    at: datetime,
    reason: str = "",
    appointment_at: datetime | None = None,
    first_attended_at: datetime | None = None,
    owner: Membership | None = None,
) -> Linkage:
    """Move a linkage that one's team was given. Raises NotFound without the grant, Conflict for an illegal move."""
    require(by.roles, Duty.RECORD_LINKAGE)
    linkage = Linkage.objects.select_for_update(of=("self",)).filter(pk=linkage_id).first()
    if linkage is None:
        raise NotFound("not_found", "There is no such record.")
    grants.require(by, "answer", linkage)
    if status == TaskStatus.ENTERED_IN_ERROR or status not in TASK_TRANSITIONS[TaskStatus(linkage.status)]:
        raise Conflict("illegal_move", f"A linkage cannot go from {linkage.status} to {status}.")
    linkage.status, linkage.status_reason = status, reason
    linkage.appointment_at = appointment_at or linkage.appointment_at
    linkage.owner = owner or linkage.owner
    linkage.first_attended_at = first_attended_at or linkage.first_attended_at
    if status in _CLOSED:
        linkage.closed_at = at
        grants.take("answer", linkage)
    linkage.save()
    return linkage


@transaction.atomic
def promise_follow_up(
    *, by: Membership, contact: CrisisContact, kind: str, due_window: str, at: datetime, **fields: Any
) -> FollowUp:
    """Promise to get back to the person of an own contact within a window counted from `at`."""
    require(by.roles, Duty.FOLLOW_UP)
    if contact.person is None or contact.custodian_id != by.agency_id:
        raise NotFound("not_found", "There is no such record.")
    if due_window not in _DUE and "due_at" not in fields:
        raise Invalid("no_time_agreed", "Say by when you will get back to the person.", field="due_at")
    return FollowUp.objects.create(
        contact=contact,
        person=contact.person,
        custodian=by.agency,
        kind=kind,
        due_window=due_window,
        is_part2=by.agency.is_part2_program,
        **({"due_at": at + _DUE[FollowUp.DueWindow(due_window)]} if due_window in _DUE else {}),
        **fields,
    )


@transaction.atomic
def record_attempt(
    *,
    by: Membership,
    follow_up_id: UUID,
    mode: str,
    outcome: str,
    at: datetime,
    result: str = "",
    note: str = "",
) -> FollowUpAttempt:
    """Record a try to reach the person; with a result the follow-up is completed. A voicemail has none (P-24)."""
    require(by.roles, Duty.FOLLOW_UP)
    follow_up = FollowUp.objects.select_for_update().filter(pk=follow_up_id, custodian=by.agency).first()
    if follow_up is None:
        raise NotFound("not_found", "There is no such record.")
    if follow_up.closed_at is not None:
        raise Conflict("closed", "This follow-up is closed.")
    if result and not outcome.startswith("reached"):
        raise Invalid("not_reached", "Only reaching the person completes a follow-up.", field="outcome")
    attempt = FollowUpAttempt.objects.create(
        follow_up=follow_up, by=by, mode=mode, outcome=outcome, at=at, note=note
    )
    if result:
        follow_up.status, follow_up.result, follow_up.closed_at = TaskStatus.COMPLETED, result, at
        follow_up.save()
    return attempt
