"""How an emergency access is taken hold of and moved on: locked, by the clock, with whoever is to be told."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import QuerySet

from continuity.access.models import EmergencyAccess
from continuity.agencies.models import Agency, Member, Membership
from continuity.agencies.roles import Role
from continuity.agencies.services import rules_for
from continuity.errors import Conflict, NotFound, Stale
from continuity.notices.models import Notice
from continuity.notices.services import put, remind

_Review, _State = EmergencyAccess.Review, EmergencyAccess.State
_ANSWERED = frozenset({_State.DENIED, _State.TIMED_OUT})


def locked(
    rows: QuerySet[EmergencyAccess], emergency_id: UUID, at: datetime, version: int | None = None
) -> EmergencyAccess:
    """The row, locked, and moved on to where the clock has brought it. Raises NotFound (P-3), Stale."""
    related = ("agency", "requester__member", "reviewing_agency")
    held = rows.select_for_update(of=("self",)).select_related(*related).filter(pk=emergency_id).first()
    if held is None:
        raise NotFound("not_found", "There is no such record.")
    if version is not None and version != held.version:
        raise Stale
    move_by_the_clock(held, at)
    return held


def move_by_the_clock(emergency: EmergencyAccess, at: datetime) -> bool:
    """Write down that a request timed out or that a time box ended; True if it did. Reads never waited for it."""
    stands = emergency.state_at(at)
    if stands == emergency.state:
        return False
    if stands == _State.TIMED_OUT and emergency.answer_by is not None:
        close_request(emergency, _State.TIMED_OUT, emergency.answer_by)
    elif emergency.ends_at is not None:
        end_box(emergency, emergency.ends_at)
    return True


def refuse_unless_legal(emergency: EmergencyAccess, there: EmergencyAccess.State) -> None:
    """Refuse a move that the table of the model does not have. Raises Conflict `illegal_move`."""
    here = _State(emergency.state)
    if there not in EmergencyAccess.TRANSITIONS.get(here, frozenset()):
        words = [one.value.replace("_", " ") for one in (here, there)]
        raise Conflict("illegal_move", f"An emergency access cannot go from {words[0]} to {words[1]}.")


def open_box(emergency: EmergencyAccess, minutes: int, reviewer: Agency, at: datetime) -> None:
    """Start the time box, and set its review: due by the clock even if no worker ever runs (5.11)."""
    emergency.state = _State.RELEASED
    emergency.starts_at, emergency.ends_at = at, at + timedelta(minutes=minutes)
    emergency.reviewing_agency = reviewer
    emergency.review_due_at = _due(reviewer, emergency.ends_at)


def end_box(emergency: EmergencyAccess, ended_at: datetime) -> None:
    """End the time box and have it reviewed, and the person told where the pack wants it."""
    reviewer = emergency.reviewing_agency
    if reviewer is None:
        raise RuntimeError("an open emergency access names who reviews it")
    emergency.state, emergency.ended_at = _State.ENDED, ended_at
    emergency.review, emergency.review_due_at = _Review.PENDING, _due(reviewer, ended_at)
    emergency.save()
    tell_reviewers(emergency, Notice.Kind.EMERGENCY_REVIEW, ended_at)
    if rules_for(reviewer, ended_at).tell_person_of_emergency:
        # Put alike when nobody was certain under what was typed: who works it off writes that down (P-3).
        tell_reviewers(emergency, Notice.Kind.EMERGENCY_TO_TELL, ended_at)


def close_request(emergency: EmergencyAccess, state: EmergencyAccess.State, ended_at: datetime) -> None:
    """End a request that nobody released; whoever asked is told, unless they took it back themself."""
    emergency.state, emergency.ended_at = state, ended_at
    emergency.save()
    if state in _ANSWERED:
        tell_requester(emergency)


def tell_requester(emergency: EmergencyAccess) -> None:
    """Tell whoever asked that there is an answer, or that there will be none."""
    put(
        Notice.Kind.EMERGENCY_ANSWERED,
        subject_id=emergency.pk,
        agency=emergency.agency,
        member=emergency.requester.member,
    )


def tell_reviewers(emergency: EmergencyAccess, kind: Notice.Kind, since: datetime) -> int:
    """Put a reminder to each privacy officer who may review it, or to the agency where there is none; how many."""
    agency = emergency.reviewing_agency
    if agency is None:
        return 0
    return sum(
        remind(kind, subject_id=emergency.pk, since=since, agency=agency, member=member)
        for member in _reviewers(emergency, agency)
    )


def has_a_part_in(by: Membership, emergency: EmergencyAccess) -> bool:
    """Whether this member, on whatever duty, asked for it or answered it: they do not review it (5.11)."""
    answered = emergency.answers.filter(answered_by__member=by.member_id)
    return emergency.requester.member_id == by.member_id or answered.exists()


def _reviewers(emergency: EmergencyAccess, agency: Agency) -> list[Member | None]:
    there = Membership.objects.filter(agency=agency, ended_at=None, member__status=Member.Status.ACTIVE)
    officers = there.filter(roles__contains=[Role.PRIVACY_OFFICER]).select_related("member")
    found = [one for one in officers.order_by("member__username") if not has_a_part_in(one, emergency)]
    return [one.member for one in found] or [None]


def _due(reviewer: Agency, ended_at: datetime) -> datetime:
    return ended_at + timedelta(hours=rules_for(reviewer, ended_at).review_hours)
