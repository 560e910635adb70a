"""A follow-up and its next moves: who holds it, how to reach the person safely, and what came of each try (5.10)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Prefetch

from continuity.agencies.models import Membership
from continuity.agencies.roles import Duty
from continuity.caseload.detail import Kind, member_name, page_of
from continuity.caseload.moves import Move, verb
from continuity.caseload.shapes import AssignForm, MoveForm, ReasonForm, choice, moment, sentence, text
from continuity.disclosures.own_work import may_read_clinical_text, readable_follow_ups
from continuity.people.models import Person
from continuity.treatment import follow_ups
from continuity.treatment.models import FollowUp, FollowUpAttempt, TaskStatus
from continuity.treatment.moves import follow_up_moves

_ATTEMPTS = FollowUpAttempt.objects.select_related("by__member").order_by("at")
_FOLLOW = (Duty.FOLLOW_UP,)
_KEEP = (Duty.FOLLOW_UP, Duty.SUPERVISE)
_CORRECT = (Duty.FOLLOW_UP, Duty.CORRECT_RECORD)
_UNREACHED = [("lost_to_follow_up", "lost to follow-up"), ("closed_max_attempts", "tried as often as agreed")]
_OUTCOMES = [
    ("reached_engaged", "reached, and talked"),
    ("reached_declined", "reached, does not want it"),
    ("no_answer", "no answer"),
    ("left_safe_message", "left a safe message"),
    ("number_invalid", "the number is wrong"),
    ("third_party_only", "reached somebody else only"),
    ("unsafe_to_contact", "not safe to contact now"),
    ("in_facility", "is in a facility"),
    ("in_custody", "is in custody"),
    ("moved", "has moved"),
    ("deceased", "has died"),
]
_RESULTS = [
    ("connected", "connected to care"),
    ("partially_connected", "partly connected"),
    ("already_in_care", "in care already"),
    ("needs_new_referral", "needs a new referral"),
    ("declined_services", "declined services"),
    ("repeat_crisis", "in crisis again"),
]


class AttemptForm(MoveForm):
    mode = choice(
        "How", [(one.value, one.label.lower()) for one in FollowUpAttempt.Mode], "Say how you tried."
    )
    outcome = choice("What came of it", _OUTCOMES, "Say what came of it.")
    result = choice(
        "Result, when it is done with this",
        _RESULTS,
        "Choose a result of the list.",
        empty="not done yet",
        required=False,
    )
    note = text("Note for your colleagues", "", most=500, required=False)


class UnreachedForm(MoveForm):
    result = choice("How it ends", _UNREACHED, "Say how it ends.")
    reason = sentence("Why, in one sentence", "Say why.")


class CancelForm(MoveForm):
    status = choice(
        "What happened",
        [("cancelled_by_person", "the person does not want it"), ("unable", "it is not possible")],
        "Say what happened.",
    )
    reason = sentence("Why, in one sentence", "Say why.")


class DischargeForm(MoveForm):
    discharged_at = moment("When they were discharged")


def _take(by: Membership, follow_up_id: UUID, at: datetime, said: dict[str, Any]) -> object:
    """Put it into the own hands; its team keeps it."""
    row = readable_follow_ups(by, at).select_related("team").filter(pk=follow_up_id).first()
    team = row.team if row else None
    return follow_ups.assign_follow_up(
        by=by, follow_up_id=follow_up_id, at=at, assigned_to=by, team=team, **said
    )


MOVES: dict[str, Move] = {
    "take": Move("Take it", "You hold it from now on.", _FOLLOW, _take, done="It is yours."),
    "record_attempt": Move(
        "Record what you tried", "A message left is a try, not a result.", _FOLLOW,
        verb(follow_ups.record_attempt, "follow_up_id"), AttemptForm, "Written down.",
    ),
    "assign_follow_up": Move(
        "Hand it to somebody", "One name or one team holds it.", _KEEP,
        verb(follow_ups.assign_follow_up, "follow_up_id"), AssignForm, "It is in these hands now.",
    ),
    "note_discharge": Move(
        "The person was discharged", "Sets the clock anew from the discharge.", _FOLLOW,
        verb(follow_ups.note_discharge, "follow_up_id"), DischargeForm, "The clock runs from the discharge.",
    ),
    "close_unreached": Move(
        "Close: not reached", "Ends it without a result; it counts as not completed.", _FOLLOW,
        verb(follow_ups.close_unreached, "follow_up_id"), UnreachedForm, "Closed: not reached.", True,
    ),
    "cancel_follow_up": Move(
        "Cancel it", "Nobody will get back to the person on this promise.", _FOLLOW,
        verb(follow_ups.cancel_follow_up, "follow_up_id"), CancelForm, "Cancelled.", True,
    ),
    "mark_follow_up_error": Move(
        "Entered in error", "It should never have been written; it stays for the record.", _CORRECT,
        verb(follow_ups.mark_follow_up_error, "follow_up_id"), ReasonForm, "Marked as entered in error.", True,
    ),
}  # fmt: skip


def _legal(row: FollowUp, by: Membership, at: datetime) -> Sequence[str]:
    moves = follow_up_moves(row, attempts=len(row.attempts.all()))
    may_take = "assign_follow_up" in moves and row.assigned_to_id != by.pk
    return ["take", *moves] if may_take else moves


def safe_ways(person: Person) -> dict[str, str]:
    """How the person may be reached, in words; unknown is said, never left out (P-12)."""
    call = {True: "yes", False: "no: do not call or text", None: "not known: ask before you call"}
    message = {True: "yes", False: "no: leave no message", None: "not known: leave no message"}
    return {"call": call[person.safe_to_call], "message": message[person.safe_to_leave_message]}


def _shown(row: FollowUp, by: Membership, at: datetime) -> tuple[dict[str, Any], list[Any]]:
    attempts = list(row.attempts.all())
    reads_notes = may_read_clinical_text(by, "D3")
    is_open = row.closed_at is None
    shown = {
        "kind": row.kind,
        "status": row.status,
        "result": row.result,
        "reason": row.status_reason,
        "is_open": is_open,
        "is_overdue": is_open and row.due_at <= at,
        "is_completed": row.status == TaskStatus.COMPLETED,
        "due_at": row.due_at,
        "window": row.get_due_window_display(),
        "rule": row.rule,
        "holder": member_name(row.assigned_to) or (row.team.name if row.team else ""),
        "waits_for_discharge": row.waits_for_discharge and row.discharged_at is None,
        "discharged_at": row.discharged_at,
        "closed_at": row.closed_at,
        "tries": len(attempts) + row.imported_attempts,
        "most": row.max_attempts,
        "untold": row.imported_attempts,
        "safe": safe_ways(row.person),
        "language": row.person.language,
        "interpreter_needed": row.person.interpreter_needed,
        "contact_id": row.contact_id,
        "attempts": [
            {
                "at": one.at,
                "by": member_name(one.by),
                "mode": one.mode,
                "outcome": dict(_OUTCOMES).get(one.outcome, one.outcome),
                "note": one.note if reads_notes else "",
            }
            for one in reversed(attempts)
        ],
    }
    has_notes = reads_notes and any(one.note for one in attempts)
    return shown | ({"category": "D3"} if has_notes else {}), attempts


FOLLOW_UP = Kind(
    name="follow_up",
    category="D6",
    rows=lambda by, at: (
        readable_follow_ups(by, at)
        .select_related("person", "assigned_to__member", "team")
        .prefetch_related(Prefetch("attempts", _ATTEMPTS))
    ),
    shown=_shown,
    moves=MOVES,
    legal=_legal,
    initial=lambda row: {"assigned_to": row.assigned_to_id, "team": row.team_id},
)
follow_up = page_of(FOLLOW_UP, Duty.FOLLOW_UP, Duty.SUPERVISE, Duty.CORRECT_RECORD)
