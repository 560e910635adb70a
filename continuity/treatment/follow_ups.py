"""Follow-ups: promised from a contact, tried within their window, closed with a result or a reason (5.10, P-24)."""

from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from continuity.agencies.models import Membership, Team
from continuity.agencies.roles import Duty, duties_of, require
from continuity.agencies.services import rules_for
from continuity.crisis.models import CrisisContact
from continuity.errors import Conflict, Invalid, NotFound
from continuity.people.models import Person
from continuity.people.services import refuse_dead
from continuity.treatment.models import FOLLOW_UP_TRANSITIONS, FollowUp, FollowUpAttempt, TaskStatus
from continuity.treatment.rows import (
    assigned_to_or_team_of,
    chosen,
    is_peer_only,
    own_follow_up,
    reasoned,
    refuse_unless_legal,
    require_either,
    shortened,
)
from continuity.treatment.windows import WINDOWS, Proposal, due_after, proposals

_Mode, _Outcome, _Result = FollowUpAttempt.Mode, FollowUpAttempt.Outcome, FollowUp.Result
_UNREACHED = (_Result.LOST_TO_FOLLOW_UP, _Result.CLOSED_MAX_ATTEMPTS)


@transaction.atomic
def promise_follow_up(
    *,
    by: Membership,
    contact: CrisisContact,
    kind: str,
    due_window: str,
    at: datetime,
    **fields: Any,
) -> FollowUp:
    """Promise to get back to the person of an own contact within a window counted from `at`, or by `due_at`.

    Raises NotAllowed, NotFound for another agency's contact or for a peer who has nothing to do with the person,
    Invalid for an unknown value or for somebody who cannot do it.
    """
    require(by.roles, Duty.FOLLOW_UP)
    chosen(due_window, FollowUp.DueWindow.values, "due_window")
    agreed_at = fields.pop("due_at", None)
    if due_window in WINDOWS:
        agreed_at = due_after(due_window, at, by.agency)
    elif agreed_at is None or agreed_at <= at:
        raise Invalid("no_time_agreed", "Say by when you will get back to the person.", field="due_at")
    return _promise(by, contact, at, kind=kind, due_window=due_window, due_at=agreed_at, **fields)


def propose_follow_ups(*, contact: CrisisContact, at: datetime) -> list[Proposal]:
    """What the contact's disposition promises under its agency's rules and nobody has promised yet; writes nothing."""
    if contact.person_id is None:
        return []
    promised = set(contact.follow_ups.exclude(rule="").values_list("rule", flat=True))
    rules = rules_for(contact.custodian, at)
    return [one for one in proposals(contact, rules) if one.rule not in promised]


@transaction.atomic
def promise_proposed(
    *,
    by: Membership,
    contact_id: UUID,
    at: datetime,
    assigned_to: Membership | None = None,
    team: Team | None = None,
) -> list[FollowUp]:
    """Promise what the disposition of an own contact proposes; what was promised before is not promised again.

    Returns the new ones. Raises NotAllowed, NotFound, Invalid as `promise_follow_up`.
    """
    require(by.roles, Duty.FOLLOW_UP)
    contacts = CrisisContact.objects.select_for_update(of=("self",)).select_related("custodian", "person")
    contact = contacts.filter(pk=contact_id, custodian=by.agency).first()
    if contact is None:
        raise NotFound("not_found", "There is no such record.")
    _promised(by, contact)
    return [
        _promise(by, contact, at, **asdict(one), assigned_to=assigned_to, team=team)
        for one in propose_follow_ups(contact=contact, at=at)
    ]


@transaction.atomic
def assign_follow_up(
    *,
    by: Membership,
    follow_up_id: UUID,
    at: datetime,
    assigned_to: Membership | None = None,
    team: Team | None = None,
    version: int | None = None,
) -> FollowUp:
    """Give a follow-up to a member, a team, both, or back to everybody; a peer takes only what is their team's.

    Raises NotAllowed, NotFound, Stale, Conflict for a closed one, Invalid for somebody who cannot do it.
    """
    require_either(by.roles, Duty.FOLLOW_UP, Duty.SUPERVISE)
    follow_up = _open(by, follow_up_id, version)
    _check_assignment(by, assigned_to, team)
    if is_peer_only(by) and (assigned_to, team) != (by, follow_up.team):
        raise Invalid(
            "not_yours_to_give", "A peer takes a follow-up; a clinician gives it.", field="assigned_to"
        )
    follow_up.assigned_to, follow_up.team = assigned_to, team
    follow_up.save()
    return follow_up


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
    version: int | None = None,
) -> FollowUpAttempt:
    """Record a try to reach the person; with a result the follow-up is completed. A voicemail has none (P-24).

    Raises NotAllowed, NotFound, Stale; Conflict when it is closed or every attempt is used; Invalid for a call that is
    not safe, a message that nobody may leave, or a result without the person (P-12).
    """
    require(by.roles, Duty.FOLLOW_UP)
    follow_up = own_follow_up(by, follow_up_id, version)
    if follow_up.closed_at is not None:
        raise Conflict("closed", "This follow-up is closed.")
    _check_attempt(mode, outcome, result)
    _check_safety(follow_up.person, mode, outcome)
    if attempts_of(follow_up) >= follow_up.max_attempts:
        raise Conflict("attempts_used", "Every attempt is used: close it as not reached, or promise anew.")
    attempt = FollowUpAttempt.objects.create(
        follow_up=follow_up, by=by, mode=mode, outcome=outcome, at=at, note=note
    )
    if result:
        _close(follow_up, TaskStatus.COMPLETED, at, result=result)
    return attempt


@transaction.atomic
def close_unreached(
    *,
    by: Membership,
    follow_up_id: UUID,
    result: str,
    at: datetime,
    reason: str = "",
    version: int | None = None,
) -> FollowUp:
    """Close a follow-up whose person nobody reached: lost, with a reason, or every attempt used (P-24).

    Raises NotAllowed, NotFound, Stale; Conflict when it is closed, was never tried, or attempts are left; Invalid.
    """
    require(by.roles, Duty.FOLLOW_UP)
    follow_up = _open(by, follow_up_id, version)
    chosen(result, _UNREACHED, "result")
    made = attempts_of(follow_up)
    if made == 0:
        raise Conflict("never_tried", "Nobody has tried yet: try first, or cancel it with a reason.")
    if result == _Result.CLOSED_MAX_ATTEMPTS and made < follow_up.max_attempts:
        raise Conflict("attempts_left", f"{made} of {follow_up.max_attempts} attempts are made.")
    follow_up.status_reason = reasoned(reason) if result == _Result.LOST_TO_FOLLOW_UP else shortened(reason)
    return _close(follow_up, TaskStatus.UNABLE, at, result=result)


@transaction.atomic
def cancel_follow_up(
    *,
    by: Membership,
    follow_up_id: UUID,
    status: str,
    reason: str,
    at: datetime,
    version: int | None = None,
) -> FollowUp:
    """Give a promise back: the person does not want it, or it cannot be kept. Raises as `close_unreached`."""
    require(by.roles, Duty.FOLLOW_UP)
    follow_up = _open(by, follow_up_id, version)
    chosen(status, (TaskStatus.CANCELLED_BY_PERSON, TaskStatus.UNABLE), "status")
    follow_up.status_reason = reasoned(reason)
    return _close(follow_up, TaskStatus(status), at)


@transaction.atomic
def note_discharge(
    *,
    by: Membership,
    follow_up_id: UUID,
    discharged_at: datetime,
    at: datetime,
    version: int | None = None,
) -> FollowUp:
    """Write down that the person left the hospital: the window begins then (5.10, HEDIS FUH).

    Raises NotAllowed, NotFound, Stale; Conflict when it is closed or waits for no discharge; Invalid for a time ahead
    or before the contact.
    """
    require(by.roles, Duty.FOLLOW_UP)
    follow_up = _open(by, follow_up_id, version)
    if not follow_up.waits_for_discharge or follow_up.due_window not in WINDOWS:
        raise Conflict("no_discharge_awaited", "This follow-up waits for no discharge.")
    if not follow_up.contact.occurred_at <= discharged_at <= at:
        raise Invalid(
            "no_such_discharge", "Discharge lies between the contact and now.", field="discharged_at"
        )
    follow_up.discharged_at, follow_up.waits_for_discharge = discharged_at, False
    follow_up.due_at = due_after(follow_up.due_window, discharged_at, follow_up.custodian)
    follow_up.save()
    return follow_up


@transaction.atomic
def mark_follow_up_error(
    *, by: Membership, follow_up_id: UUID, reason: str, at: datetime, version: int | None = None
) -> FollowUp:
    """Mark a follow-up that should never have been promised, in whatever state (P-8). Raises as cancelling does."""
    require_either(by.roles, Duty.FOLLOW_UP, Duty.CORRECT_RECORD)
    follow_up = own_follow_up(by, follow_up_id, version)
    refuse_unless_legal(
        FOLLOW_UP_TRANSITIONS, TaskStatus(follow_up.status), TaskStatus.ENTERED_IN_ERROR, "follow-up"
    )
    follow_up.status_reason = reasoned(reason)
    return _close(follow_up, TaskStatus.ENTERED_IN_ERROR, follow_up.closed_at or at)


def attempts_of(follow_up: FollowUp) -> int:
    """How often somebody tried, here and by what a file counted."""
    return follow_up.imported_attempts + follow_up.attempts.count()


def _promise(
    by: Membership,
    contact: CrisisContact,
    at: datetime,
    *,
    kind: str,
    assigned_to: Membership | None = None,
    team: Team | None = None,
    **fields: Any,
) -> FollowUp:
    person = _promised(by, contact)
    chosen(kind, FollowUp.Kind.values, "kind")
    _check_assignment(by, assigned_to, team)
    return FollowUp.objects.create(
        contact=contact,
        person=person,
        custodian=by.agency,
        kind=kind,
        is_part2=by.agency.is_part2_program,
        assigned_to=assigned_to,
        team=team,
        **({"max_attempts": rules_for(by.agency, at).max_attempts} | fields),
    )


def _promised(by: Membership, contact: CrisisContact) -> Person:
    """Whom an own contact is about. A peer promises only where something is already theirs."""
    person = contact.person
    is_own = contact.custodian_id == by.agency_id and contact.record_status in CrisisContact.READABLE
    if is_own and person is not None and is_peer_only(by):
        theirs = FollowUp.objects.filter(assigned_to_or_team_of(by), person=person, closed_at=None)
        is_own = theirs.exists()
    if person is None or not is_own:
        raise NotFound("not_found", "There is no such record.")
    refuse_dead(person, by.agency)
    return person


def _open(by: Membership, follow_up_id: UUID, version: int | None) -> FollowUp:
    follow_up = own_follow_up(by, follow_up_id, version)
    if follow_up.closed_at is not None:
        raise Conflict("closed", "This follow-up is closed.")
    return follow_up


def _check_assignment(by: Membership, assigned_to: Membership | None, team: Team | None) -> None:
    if assigned_to is not None and (
        assigned_to.agency_id != by.agency_id
        or assigned_to.ended_at is not None
        or Duty.FOLLOW_UP not in duties_of(assigned_to.roles)
    ):
        sentence = "Choose a clinician or a peer who works for your agency."
        raise Invalid("cannot_follow_up", sentence, field="assigned_to")
    if team is not None and team.agency_id != by.agency_id:
        raise Invalid("not_your_team", "Choose a team of your agency.", field="team")


def _check_attempt(mode: str, outcome: str, result: str) -> None:
    chosen(mode, _Mode.values, "mode")
    chosen(outcome, _Outcome.values, "outcome")
    if not result:
        return
    chosen(result, [one for one in _Result.values if one not in _UNREACHED], "result")
    if outcome not in FollowUpAttempt.REACHED:
        raise Invalid("not_reached", "Only reaching the person completes a follow-up.", field="outcome")


def _check_safety(person: Person, mode: str, outcome: str) -> None:
    """Somebody who does harm may share the telephone: not known to be safe means no message (P-12)."""
    rings = mode in (_Mode.CALL, _Mode.TEXT)
    if rings and person.safe_to_call is False:
        raise Invalid("unsafe_to_call", "It is not safe to call or text this person.", field="mode")
    may_leave = person.safe_to_leave_message and (person.safe_to_call or not rings)
    if outcome == _Outcome.LEFT_SAFE_MESSAGE and not may_leave:
        raise Invalid("no_message", "Nobody has said that a message is safe: leave none.", field="outcome")


def _close(follow_up: FollowUp, status: TaskStatus, at: datetime, *, result: str = "") -> FollowUp:
    follow_up.status, follow_up.closed_at = status, at
    follow_up.result = result or follow_up.result
    follow_up.save()
    return follow_up
