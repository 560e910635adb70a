"""Linkages (referrals): asked for by the contact's agency, moved by the recipient's team, alive until closed (5.9).

The recipient's referral team holds the grant "answer" exactly while the linkage is open.
"""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from continuity.agencies import grants
from continuity.agencies.models import Agency, Membership, Team
from continuity.agencies.roles import Duty, require
from continuity.agencies.services import referral_team, rules_for
from continuity.crisis.models import CrisisContact
from continuity.errors import Conflict, Invalid, NotFound
from continuity.notices.models import Notice
from continuity.notices.services import put
from continuity.people.models import Person
from continuity.people.services import note_own_record, refuse_dead
from continuity.treatment.answers import TOLD, end_linkage, move_linkage, tell_requester
from continuity.treatment.models import TASK_TRANSITIONS, Linkage, TaskStatus
from continuity.treatment.moves import BEFORE_ACCEPTED
from continuity.treatment.rows import (
    chosen,
    granted_linkage,
    own_linkage,
    reasoned,
    refuse_unless_legal,
    require_either,
    shortened,
)

_TAKEN_BACK = (TaskStatus.CANCELLED_BY_PERSON, TaskStatus.UNABLE)


@transaction.atomic
def record_linkage(
    *,
    by: Membership,
    contact_id: UUID,
    kind: str,
    at: datetime,
    recipient: Agency | None = None,
    external_provider: str = "",
    priority: str = Linkage.Priority.ROUTINE,
    prior: Linkage | None = None,
    is_draft: bool = False,
    **fields: Any,
) -> Linkage:
    """Refer the person of an own contact and send it; the recipient's referral team may answer it.

    Row, grant and notice are one transaction; a draft waits for `send_linkage` and has neither. Raises NotAllowed
    without the duty, NotFound for another agency's contact, Invalid for an anonymous contact or a recipient that takes
    no referrals.
    """
    require(by.roles, Duty.RECORD_LINKAGE)
    chosen(kind, Linkage.Kind.values, "kind")
    chosen(priority, Linkage.Priority.values, "priority")
    person = _referred(by, contact_id)
    if recipient is None and not external_provider.strip():
        raise Invalid("no_recipient", "Name the agency or the outside provider.", field="recipient")
    team = _team_of(recipient)
    linkage = Linkage.objects.create(
        contact_id=contact_id,
        person=person,
        custodian=by.agency,
        recipient=recipient,
        external_provider=external_provider.strip(),
        kind=kind,
        priority=priority,
        is_part2=kind in Linkage.SUD_KINDS or bool(recipient and recipient.is_part2_program),
        status=TaskStatus.DRAFT if is_draft else TaskStatus.SENT,
        requested_at=at,
        acknowledge_by=None if is_draft or recipient is None else _acknowledge_by(recipient, priority, at),
        requested_by=by,
        prior=prior,
        **fields,
    )
    if not is_draft:
        _hand_over(linkage, team)
    return linkage


@transaction.atomic
def send_linkage(*, by: Membership, linkage_id: UUID, at: datetime, version: int | None = None) -> Linkage:
    """Send a draft; its clock begins now. Raises NotAllowed, NotFound, Stale, Conflict, Invalid as recording does."""
    require(by.roles, Duty.RECORD_LINKAGE)
    linkage = own_linkage(by, linkage_id, version)
    refuse_unless_legal(TASK_TRANSITIONS, TaskStatus(linkage.status), TaskStatus.SENT, "linkage")
    team = _team_of(linkage.recipient)
    linkage.status, linkage.requested_at = TaskStatus.SENT, at
    if linkage.recipient is not None:
        linkage.acknowledge_by = _acknowledge_by(linkage.recipient, linkage.priority, at)
    linkage.save()
    _hand_over(linkage, team)
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
    version: int | None = None,
) -> Linkage:
    """Move a linkage that one's team was given.

    Raises NotAllowed, NotFound without the grant, Stale, Conflict for an illegal move; Invalid for one without its
    fact: a reason, an appointment, the first visit.
    """
    require(by.roles, Duty.RECORD_LINKAGE)
    linkage = granted_linkage(by, linkage_id, version)
    if owner is not None and owner.agency_id != by.agency_id:
        raise Invalid("not_of_the_agency", "Name somebody who works for your agency.", field="owner")
    linkage.owner = owner or linkage.owner
    move_linkage(linkage, status, at, reason, appointment_at, first_attended_at)
    if status in TOLD:
        tell_requester(linkage)
    return linkage


@transaction.atomic
def answer_outside(
    *,
    by: Membership,
    linkage_id: UUID,
    status: str,
    at: datetime,
    reason: str = "",
    appointment_at: datetime | None = None,
    first_attended_at: datetime | None = None,
    version: int | None = None,
) -> Linkage:
    """Write down, as the requester, what a provider outside said. Raises as `answer_linkage`."""
    require(by.roles, Duty.RECORD_LINKAGE)
    linkage = _outside(by, linkage_id, version)
    move_linkage(linkage, status, at, reason, appointment_at, first_attended_at)
    return linkage


@transaction.atomic
def note_no_show(
    *, by: Membership, linkage_id: UUID, at: datetime, reason: str = "", version: int | None = None
) -> Linkage:
    """Write down that the person missed the appointment; the linkage stays and waits for another one.

    By the recipient, or by the requester for a provider outside. Raises NotAllowed, NotFound, Stale, Conflict when no
    appointment has passed.
    """
    require(by.roles, Duty.RECORD_LINKAGE)
    linkage = _scheduled(by, linkage_id, version)
    if linkage.appointment_at is None or linkage.appointment_at > at:
        raise Conflict("no_appointment_passed", "No appointment of this linkage has passed.")
    linkage.appointment_at, linkage.status_reason = None, shortened(reason) or "missed the appointment"
    linkage.save()
    if linkage.recipient_id is not None:
        tell_requester(linkage)
    return linkage


@transaction.atomic
def reschedule_linkage(
    *,
    by: Membership,
    linkage_id: UUID,
    appointment_at: datetime,
    at: datetime,
    reason: str = "",
    version: int | None = None,
) -> Linkage:
    """Give a scheduled linkage another appointment. Raises NotAllowed, NotFound, Stale, Conflict."""
    require(by.roles, Duty.RECORD_LINKAGE)
    linkage = _scheduled(by, linkage_id, version)
    linkage.appointment_at, linkage.status_reason = appointment_at, shortened(reason)
    linkage.save()
    return linkage


@transaction.atomic
def cancel_linkage(
    *, by: Membership, linkage_id: UUID, status: str, reason: str, at: datetime, version: int | None = None
) -> Linkage:
    """Take a linkage back before its recipient has accepted it: the person does not want it, or it cannot be (5.9).

    Raises NotAllowed, NotFound, Stale; Conflict once it is accepted or closed; Invalid for another end or no reason.
    """
    require(by.roles, Duty.RECORD_LINKAGE)
    linkage = own_linkage(by, linkage_id, version)
    chosen(status, _TAKEN_BACK, "status")
    refuse_unless_legal(TASK_TRANSITIONS, TaskStatus(linkage.status), status, "linkage")
    if linkage.status not in BEFORE_ACCEPTED:
        raise Conflict("accepted_already", "The recipient has accepted it, and the recipient ends it.")
    return end_linkage(linkage, status, reasoned(reason), at)


@transaction.atomic
def reopen_linkage(*, by: Membership, linkage_id: UUID, at: datetime, version: int | None = None) -> Linkage:
    """Ask again what a closed linkage asked: a new linkage that names the former one (5.9).

    Raises NotAllowed, NotFound, Stale, Invalid as recording does; Conflict for one that is open, was entered in error,
    or was asked again and is not closed yet.
    """
    require(by.roles, Duty.RECORD_LINKAGE)
    former = own_linkage(by, linkage_id, version)
    if former.closed_at is None or former.status == TaskStatus.ENTERED_IN_ERROR:
        raise Conflict("not_reopenable", "Only a linkage that has ended is asked again.")
    if former.reopened_as.filter(closed_at=None).exists():
        raise Conflict("reopened_already", "This was asked again already, and that linkage is open.")
    return record_linkage(
        by=by,
        contact_id=former.contact_id,
        kind=former.kind,
        at=at,
        recipient=former.recipient,
        external_provider=former.external_provider,
        priority=former.priority,
        prior=former,
        notes=former.notes,
    )


@transaction.atomic
def mark_linkage_error(
    *, by: Membership, linkage_id: UUID, reason: str, at: datetime, version: int | None = None
) -> Linkage:
    """Mark a linkage that should never have been written, in whatever state; its recipient loses it (P-8).

    Raises NotAllowed, NotFound, Stale, Conflict when it is marked already, Invalid without a reason.
    """
    require_either(by.roles, Duty.RECORD_LINKAGE, Duty.CORRECT_RECORD)
    linkage = own_linkage(by, linkage_id, version)
    refuse_unless_legal(TASK_TRANSITIONS, TaskStatus(linkage.status), TaskStatus.ENTERED_IN_ERROR, "linkage")
    return end_linkage(linkage, TaskStatus.ENTERED_IN_ERROR, reasoned(reason), linkage.closed_at or at)


def _scheduled(by: Membership, linkage_id: UUID, version: int | None) -> Linkage:
    is_own_outside = Linkage.objects.filter(pk=linkage_id, custodian=by.agency, recipient=None).exists()
    take = _outside if is_own_outside else granted_linkage
    linkage = take(by, linkage_id, version)
    if linkage.status != TaskStatus.SCHEDULED:
        raise Conflict("not_scheduled", "Only a scheduled linkage has an appointment.")
    return linkage


def _outside(by: Membership, linkage_id: UUID, version: int | None) -> Linkage:
    linkage = own_linkage(by, linkage_id, version)
    if linkage.recipient_id is not None:
        raise Conflict("recipients_word", "The recipient answers this linkage itself.")
    return linkage


def _referred(by: Membership, contact_id: UUID) -> Person:
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
    refuse_dead(contact.person, by.agency)
    return contact.person


def _team_of(recipient: Agency | None) -> Team | None:
    team = referral_team(recipient) if recipient else None
    if recipient and team is None:
        raise Invalid("takes_no_referrals", "That agency takes no referrals here.", field="recipient")
    return team


def _acknowledge_by(recipient: Agency, priority: str, at: datetime) -> datetime:
    """Hours are absolute: an hour is an hour, also in the night when the clock changes."""
    return at.astimezone(UTC) + timedelta(hours=rules_for(recipient, at).acknowledge_hours[priority])


def _hand_over(linkage: Linkage, team: Team | None) -> None:
    if linkage.recipient and team:
        grants.give(team, "answer", linkage)
        note_own_record(linkage.person_id, linkage.recipient)
        put(Notice.Kind.LINKAGE_SENT, subject_id=linkage.pk, agency=linkage.recipient, team=team)
