"""A response plan: written by a clinician, best with the person, approved by somebody else (5.5)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.db.models import Q

from continuity.agencies.models import Membership
from continuity.agencies.roles import Duty
from continuity.caseload.detail import Kind, member_name, page_of
from continuity.caseload.moves import Move, verb
from continuity.caseload.shapes import MoveForm, ReasonForm, sentence, text
from continuity.crisis import plans
from continuity.crisis.models import ResponsePlan
from continuity.disclosures.own_work import readable_plans

_WRITE = (Duty.PROPOSE_FLAG,)
_APPROVE = (Duty.APPROVE_FLAG,)
_LISTS = ("strategies", "triggers", "support_contacts")


def lines_of(typed: str) -> list[str]:
    """One entry for each line that says something."""
    return [line.strip() for line in typed.splitlines() if line.strip()]


class PlanForm(MoveForm):
    """What helps stands first; lists are typed one to a line."""

    strategies = text(
        "What to try, in this order", "", rows=4, most=3400, required=False, help_text="One to a line."
    )
    support_contacts = text(
        "Who can help",
        "",
        rows=2,
        most=2600,
        required=False,
        help_text="One to a line. Each has agreed to be called.",
    )
    triggers = text("What makes it harder", "", rows=2, most=2600, required=False, help_text="One to a line.")
    baseline = sentence("On a usual day", "", required=False)
    elevated = sentence("When it gets worse", "", required=False)
    drafted_with_person = forms.BooleanField(label="Written together with the person", required=False)


def content_of(said: dict[str, Any]) -> dict[str, Any]:
    """Lists as lists; a version beside them passes through."""
    return {name: lines_of(value) if name in _LISTS else value for name, value in said.items()}


def _redraft(by: Membership, plan_id: UUID, at: datetime, said: dict[str, Any]) -> object:
    return plans.redraft_plan(by=by, plan_id=plan_id, at=at, **content_of(said))


def _submit(by: Membership, plan_id: UUID, at: datetime, said: dict[str, Any]) -> object:
    _redraft(by, plan_id, at, said)
    return plans.submit_plan(by=by, plan_id=plan_id, at=at)


MOVES: dict[str, Move] = {
    "redraft": Move("Keep the draft", "Only you see it.", _WRITE, _redraft, PlanForm, "Kept.", writes=True),
    "submit": Move(
        "Keep and submit", "Somebody else reads and approves it.", _WRITE, _submit, PlanForm,
        "Submitted: somebody else must approve it.", writes=True,
    ),
    "approve": Move(
        "Approve", "It shows to responders from now on and takes the place of the former plan.", _APPROVE,
        verb(plans.approve_plan, "plan_id"), done="Approved. It shows from now on.",
    ),
    "return": Move(
        "Give it back", "Its author goes on writing.", _APPROVE, verb(plans.return_plan, "plan_id"), ReasonForm,
        "Given back to its author.",
    ),
    "withdraw": Move(
        "Withdraw it", "It is not shown any more.", (Duty.PROPOSE_FLAG, Duty.APPROVE_FLAG),
        verb(plans.withdraw_plan, "plan_id"), ReasonForm, "Withdrawn.", True,
    ),
}  # fmt: skip


def _legal(row: ResponsePlan, by: Membership, at: datetime) -> Sequence[str]:
    status, is_mine = ResponsePlan.Status, row.author_id == by.pk
    moves: list[str] = []
    if row.status == status.DRAFT and is_mine:
        moves += ["redraft", "submit"]
    if row.status == status.SUBMITTED:
        moves += ["return"] if is_mine else ["approve", "return"]
    may_withdraw = is_mine or by.has_duty(Duty.APPROVE_FLAG)
    if may_withdraw and status.WITHDRAWN in ResponsePlan.TRANSITIONS[status(row.status)]:
        moves.append("withdraw")
    return moves


def _shown(row: ResponsePlan, by: Membership, at: datetime) -> tuple[dict[str, Any], list[Any]]:
    is_active = row.status == ResponsePlan.Status.ACTIVE
    shown = {
        "strategies": row.strategies,
        "triggers": row.triggers,
        "support_contacts": row.support_contacts,
        "baseline": row.baseline,
        "elevated": row.elevated,
        "with_person": row.drafted_with_person,
        "state": "expired" if is_active and row.expires_at <= at else row.get_status_display().lower(),
        "shows": is_active and row.expires_at > at,
        "waits": row.status == ResponsePlan.Status.SUBMITTED,
        "is_draft": row.status == ResponsePlan.Status.DRAFT,
        "is_mine": row.author_id == by.pk,
        "author": member_name(row.author),
        "approver": member_name(row.approved_by),
        "submitted_at": row.submitted_at,
        "approved_at": row.approved_at,
        "expires_at": row.expires_at,
        "ended_at": row.ended_at,
        "reason": row.status_reason,
    }
    return shown, []


def _initial(row: ResponsePlan) -> dict[str, Any]:
    content = {name: "\n".join(getattr(row, name)) for name in _LISTS}
    return content | {
        "baseline": row.baseline,
        "elevated": row.elevated,
        "drafted_with_person": row.drafted_with_person,
    }


PLAN = Kind(
    name="plan",
    category="D1",
    # A draft is its author's alone (5.5).
    rows=lambda by, at: (
        readable_plans(by, at)
        .filter(~Q(status=ResponsePlan.Status.DRAFT) | Q(author=by))
        .select_related("author__member", "approved_by__member")
    ),
    shown=_shown,
    moves=MOVES,
    legal=_legal,
    initial=_initial,
)
plan = page_of(PLAN, Duty.PROPOSE_FLAG, Duty.APPROVE_FLAG, Duty.CORRECT_RECORD)
