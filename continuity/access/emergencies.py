"""Emergency access: a clinician's own override, a responder's request that a clinician answers, and their review.

Break-glass is no self-service for law enforcement: an officer asks, a clinician releases the own agency's records
(L-5). What 42 CFR 2.51(c) wants documented is written down before anything opens (L-13). Nothing here tells whether
somebody has a record: the person may be nobody, and every verb of the asker goes on alike (P-3).
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from continuity.access.emergency_asking import described_of, documented, drafted
from continuity.access.emergency_lists import (
    agencies_to_ask,
    asked_of,
    asked_of_agency,
    blocking,
    is_known_here,
    over_here,
    own_emergencies,
    reviewed_here,
    to_review,
    to_tell,
)
from continuity.access.emergency_moves import (
    close_request,
    end_box,
    has_a_part_in,
    locked,
    open_box,
    refuse_unless_legal,
    tell_requester,
)
from continuity.access.models import EmergencyAccess, EmergencyAnswer
from continuity.agencies.models import Membership
from continuity.agencies.roles import Duty, duties_of, require
from continuity.agencies.services import rules_for
from continuity.errors import Conflict, Invalid, NotAllowed
from continuity.notices.models import Notice
from continuity.notices.services import put

__all__ = (
    "asked_of",
    "asked_of_agency",
    "break_glass",
    "cancel_emergency",
    "clear_emergency",
    "deny_emergency",
    "described_of",
    "end_emergency",
    "is_known_here",
    "note_person_told",
    "over_here",
    "own_emergencies",
    "release_emergency",
    "request_emergency",
    "review_emergency",
    "reviewed_here",
    "to_review",
    "to_tell",
)

_OVERRIDE = ("D0", "D1", "D2", "D3", "D5", "D6")
_Kind, _Reason = EmergencyAccess.Kind, EmergencyAccess.Reason
_Review, _State = EmergencyAccess.Review, EmergencyAccess.State


@transaction.atomic
def break_glass(
    *,
    by: Membership,
    person_id: UUID | None,
    described: Mapping[str, Any],
    incident_ref: str,
    reason_code: str,
    reason: str,
    nature: str,
    at: datetime,
    recipient_name: str = "",
    recipient_facility: str = "",
) -> EmergencyAccess:
    """Open one person's records to a clinician at once, on the clinician's own word and for a short time (5.11).

    SUD records only to medical personnel in a medical emergency (42 CFR 2.51). Raises NotAllowed without the duty or
    when not named for it, Incomplete for what is not documented, Conflict while a review is overdue.
    """
    require(by.roles, Duty.BREAK_GLASS)
    if not by.may_break_glass:
        raise NotAllowed("not_named", "Your agency has not named you for emergency access.")
    told = documented(incident_ref, reason_code, reason, nature, recipient_name, recipient_facility)
    _refuse_while_blocked(by, at)
    is_medical = reason_code == _Reason.MEDICAL and by.is_medical_personnel
    emergency = drafted(by, _Kind.OVERRIDE, person_id, described, told, at)
    emergency.categories = [*_OVERRIDE, "D4"] if is_medical else list(_OVERRIDE)
    open_box(emergency, rules_for(by.agency, at).override_minutes, by.agency, at)
    emergency.save()
    return emergency


@transaction.atomic
def request_emergency(
    *,
    by: Membership,
    person_id: UUID | None,
    described: Mapping[str, Any],
    incident_ref: str,
    reason_code: str,
    reason: str,
    nature: str,
    at: datetime,
    recipient_name: str = "",
    recipient_facility: str = "",
) -> EmergencyAccess:
    """Ask the clinicians of every agency with an agreement for safety data about one person (L-5).

    Whoever is meant, the same are asked (P-3). Raises NotAllowed without the duty, Incomplete for what is not
    documented, Conflict while a review is overdue or where no clinician answers.
    """
    require(by.roles, Duty.ASK_EMERGENCY)
    told = documented(incident_ref, reason_code, reason, nature, recipient_name, recipient_facility)
    _refuse_while_blocked(by, at)
    asked = agencies_to_ask(by, at)
    if not asked:
        raise Conflict(
            "nobody_to_ask", "No clinician answers such requests now. Call the county's duty line."
        )
    emergency = drafted(by, _Kind.REQUEST, person_id, described, told, at)
    emergency.categories = ["D0", "D1"]
    emergency.answer_by = at + timedelta(minutes=rules_for(by.agency, at).answer_minutes)
    emergency.save()
    emergency.asked_agencies.set(asked)
    for agency, releasers in asked.items():
        for one in releasers:
            put(Notice.Kind.EMERGENCY_ASKED, subject_id=emergency.pk, agency=agency, member=one.member)
    return emergency


@transaction.atomic
def release_emergency(
    *,
    by: Membership,
    emergency_id: UUID,
    at: datetime,
    with_operational: bool = False,
    note: str = "",
    version: int | None = None,
) -> EmergencyAccess:
    """Release the own agency's safety data to whoever asked, and the lines of earlier contacts if wanted (L-5).

    The first release starts the time box. Raises NotAllowed, NotFound, Stale; Conflict once it is over, when the own
    agency has answered, and where it has no record of the person to release.
    """
    emergency = _asked(by, emergency_id, at, version)
    if not is_known_here(by, emergency, at):
        raise Conflict("not_known_here", "Your agency has no record of this person that you may release.")
    categories = ["D0", "D1", "D2"] if with_operational else ["D0", "D1"]
    _answer(by, emergency, categories, note, at)
    if emergency.state == _State.REQUESTED:
        open_box(emergency, rules_for(by.agency, at).release_minutes, by.agency, at)
    emergency.categories = sorted({*emergency.categories, *categories})
    emergency.save()
    tell_requester(emergency)
    return emergency


@transaction.atomic
def deny_emergency(
    *, by: Membership, emergency_id: UUID, note: str, at: datetime, version: int | None = None
) -> EmergencyAccess:
    """Answer for the own agency that nothing is released; the request is denied when all have said so.

    Raises NotAllowed, NotFound, Stale; Conflict once it is over or when the own agency has answered; Invalid without
    a note.
    """
    emergency = _asked(by, emergency_id, at, version)
    _answer(by, emergency, [], _said(note, 300, "note"), at)
    answered = emergency.answers.count()
    if emergency.state == _State.REQUESTED and answered == emergency.asked_agencies.count():
        close_request(emergency, _State.DENIED, at)
    else:
        emergency.save()  # whoever holds it as it was before must look again
    return emergency


@transaction.atomic
def cancel_emergency(
    *, by: Membership, emergency_id: UUID, at: datetime, version: int | None = None
) -> EmergencyAccess:
    """Take back a request that nobody has released. Raises NotFound for another's, Stale, Conflict otherwise."""
    require(by.roles, Duty.ASK_EMERGENCY)
    emergency = locked(own_emergencies(by), emergency_id, at, version)
    refuse_unless_legal(emergency, _State.CANCELLED)
    close_request(emergency, _State.CANCELLED, at)
    return emergency


@transaction.atomic
def end_emergency(
    *, by: Membership, emergency_id: UUID, at: datetime, version: int | None = None
) -> EmergencyAccess:
    """End the own access before its time is over. Raises NotFound for another's, Stale, Conflict when none is open."""
    if Duty.BREAK_GLASS not in duties_of(by.roles):
        require(by.roles, Duty.ASK_EMERGENCY)
    emergency = locked(own_emergencies(by), emergency_id, at, version)
    refuse_unless_legal(emergency, _State.ENDED)
    end_box(emergency, at)
    return emergency


@transaction.atomic
def review_emergency(
    *,
    by: Membership,
    emergency_id: UUID,
    outcome: str,
    note: str,
    at: datetime,
    referred_to: str = "",
    version: int | None = None,
) -> EmergencyAccess:
    """Say whether an emergency access was justified; an unjustified one is referred to the office for sanctions.

    Raises NotAllowed without the duty or for one's own or answered by oneself, NotFound outside the reviewing agency,
    Stale, Conflict before its end or when it was reviewed already, Invalid without a note or a referral.
    """
    emergency = _held_for_review(by, emergency_id, at, version)
    if emergency.state != _State.ENDED or emergency.review != _Review.PENDING:
        raise Conflict("not_to_review", "This emergency access is still open or was reviewed already.")
    if outcome not in (_Review.JUSTIFIED, _Review.UNJUSTIFIED):
        raise Invalid("unknown_value", "Choose one of the listed values.", field="outcome")
    emergency.review_note = _said(note, 1000, "note")
    if outcome == _Review.UNJUSTIFIED:
        emergency.sanction_referred_to = _said(referred_to, 120, "referred_to")
    emergency.review, emergency.reviewed_by, emergency.reviewed_at = outcome, by, at
    emergency.save()
    return emergency


@transaction.atomic
def clear_emergency(
    *, by: Membership, emergency_id: UUID, note: str, at: datetime, version: int | None = None
) -> EmergencyAccess:
    """Note that the office for sanctions lets the requester use emergency access again.

    Raises as `review_emergency`; Conflict unless it was found unjustified and is not cleared.
    """
    emergency = _held_for_review(by, emergency_id, at, version)
    if emergency.review != _Review.UNJUSTIFIED or emergency.cleared_at is not None:
        raise Conflict("not_to_clear", "Nothing keeps the requester from emergency access here.")
    emergency.cleared_note = _said(note, 300, "note")
    emergency.cleared_at, emergency.cleared_by = at, by
    emergency.save()
    return emergency


@transaction.atomic
def note_person_told(
    *, by: Membership, emergency_id: UUID, how: str, at: datetime, version: int | None = None
) -> EmergencyAccess:
    """Note how the person was told of an emergency access, or why they were not (5.11).

    Raises NotAllowed, NotFound, Stale; Conflict before its end or when it was noted already; Invalid without words.
    """
    require(by.roles, Duty.REVIEW_EMERGENCY)
    emergency = locked(_of_reviewing_agency(by), emergency_id, at, version)
    if emergency.state != _State.ENDED or emergency.person_told_at is not None:
        raise Conflict("not_to_tell", "This emergency access is still open, or it was noted already.")
    emergency.person_told_how = _said(how, 200, "how")
    emergency.person_told_at = at
    emergency.save()
    return emergency


def _refuse_while_blocked(by: Membership, at: datetime) -> None:
    """No next use while the last one is not accounted for (5.11). It says nothing of whoever is meant now."""
    if blocking(by, at).exists():
        sentence = "An earlier emergency access of yours waits for its review. Ask your privacy officer."
        raise Conflict("review_overdue", sentence)


def _asked(by: Membership, emergency_id: UUID, at: datetime, version: int | None) -> EmergencyAccess:
    """The request, locked, if this member may answer it for the own agency now."""
    require(by.roles, Duty.RELEASE_EMERGENCY)
    if not by.may_release_emergency:
        raise NotAllowed("not_named", "Your agency has not named you to answer emergency requests.")
    emergency = locked(asked_of_agency(by), emergency_id, at, version)
    if emergency.state != _State.RELEASED:  # then another agency was quicker, and this one still answers
        refuse_unless_legal(emergency, _State.RELEASED)
    if emergency.answers.filter(agency=by.agency).exists():
        raise Conflict("answered_already", "Somebody of your agency has answered this request already.")
    return emergency


def _answer(
    by: Membership, emergency: EmergencyAccess, categories: list[str], note: str, at: datetime
) -> None:
    if len(note.strip()) > 300:
        raise Invalid("too_long", "At most 300 characters.", field="note")
    EmergencyAnswer.objects.create(
        emergency=emergency,
        agency=by.agency,
        answered_by=by,
        answered_at=at,
        is_released=bool(categories),
        categories=categories,
        note=note.strip(),
    )


def _held_for_review(
    by: Membership, emergency_id: UUID, at: datetime, version: int | None
) -> EmergencyAccess:
    """What the own agency reviews, locked; not one in which the member has a part (5.11)."""
    require(by.roles, Duty.REVIEW_EMERGENCY)
    emergency = locked(_of_reviewing_agency(by), emergency_id, at, version)
    if has_a_part_in(by, emergency):
        raise NotAllowed("own_part", "Somebody else reviews what you asked for or answered yourself.")
    return emergency


def _of_reviewing_agency(by: Membership) -> QuerySet[EmergencyAccess]:
    return EmergencyAccess.objects.filter(reviewing_agency=by.agency_id)


def _said(text: str, longest: int, field: str) -> str:
    """The words, stripped. Raises Invalid without any, or when the row does not hold them."""
    if not text.strip():
        raise Invalid(f"no_{field}", "Write it in a sentence.", field=field)
    if len(text.strip()) > longest:
        raise Invalid("too_long", f"At most {longest} characters.", field=field)
    return text.strip()
