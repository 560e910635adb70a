"""Cautions and what helps, one page each: how it is known, until when it shows, and who may end it (5.5, P-6)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.urls import reverse

from continuity.agencies.models import Membership
from continuity.agencies.roles import Duty
from continuity.caseload.detail import Kind, member_name, page_of
from continuity.caseload.moves import Move, verb
from continuity.caseload.shapes import MoveForm, ReasonForm, choice, moment, text
from continuity.crisis import flags
from continuity.crisis.models import DeescalationTip, SafetyFlag, Standing
from continuity.crisis.vocabulary import Basis
from continuity.disclosures.own_work import readable_flags, readable_tips

_PROPOSE = (Duty.PROPOSE_FLAG,)
_APPROVE = (Duty.APPROVE_FLAG,)
_EITHER = (Duty.PROPOSE_FLAG, Duty.APPROVE_FLAG)
BASES = [
    (Basis.OBSERVED, "seen"),
    (Basis.REPORTED, "reported to us"),
    (Basis.DOCUMENTED, "written in a record"),
]


class RenewForm(MoveForm):
    observed_at = moment("When it was observed again")
    basis = choice("How it is known", BASES, "Say how it is known.")
    text = text("In words, if they change", "", most=200, rows=2, required=False)

    def clean_text(self) -> str | None:
        return self.cleaned_data["text"] or None


FLAG_MOVES: dict[str, Move] = {
    "approve": Move(
        "Approve", "You are somebody else than who proposed it. It shows to responders from now on.", _APPROVE,
        verb(flags.approve_flag, "flag_id"), done="Approved. It shows from now on.",
    ),
    "renew": Move(
        "Observed again", "Makes a new caution from the new observation; somebody else approves it.", _PROPOSE,
        verb(flags.renew_flag, "flag_id"), RenewForm, "Proposed anew: somebody else must approve it.",
    ),
    "remove": Move(
        "Take it away", "It is not needed any more.", _EITHER, verb(flags.remove_flag, "flag_id"), ReasonForm,
        "Taken away.", True,
    ),
    "refute": Move(
        "It is not so", "It turned out to be wrong.", (Duty.APPROVE_FLAG, Duty.CORRECT_RECORD),
        verb(flags.refute_flag, "flag_id"), ReasonForm, "Marked as not so.", True,
    ),
    "mark_error": Move(
        "Entered in error", "It should never have been written; it stays for the record.",
        (*_EITHER, Duty.CORRECT_RECORD), verb(flags.mark_flag_error, "flag_id"), ReasonForm,
        "Marked as entered in error.", True,
    ),
}  # fmt: skip
TIP_MOVES: dict[str, Move] = {
    "renew": Move(
        "It helped again", "Takes the place of this one, with a new end.", _PROPOSE,
        verb(flags.renew_tip, "tip_id"), RenewForm, "Renewed.",
    ),
    "remove": Move(
        "Take it away", "It does not help any more.", _PROPOSE, verb(flags.remove_tip, "tip_id"), ReasonForm,
        "Taken away.", True,
    ),
    "mark_error": Move(
        "Entered in error", "It should never have been written; it stays for the record.",
        (Duty.PROPOSE_FLAG, Duty.CORRECT_RECORD), verb(flags.mark_tip_error, "tip_id"), ReasonForm,
        "Marked as entered in error.", True,
    ),
}  # fmt: skip
_FLAG_LEADS = {
    "approve": SafetyFlag.Status.ACTIVE,
    "remove": SafetyFlag.Status.REMOVED,
    "refute": SafetyFlag.Status.REFUTED,
    "mark_error": SafetyFlag.Status.ENTERED_IN_ERROR,
}


def _open_moves(row: Standing, at: datetime) -> list[str]:
    allowed = row.TRANSITIONS[row.Status(row.status)]
    moves = [name for name, status in _FLAG_LEADS.items() if status in allowed]
    return [*moves, "renew"] if row.status == row.Status.ACTIVE else moves


def _legal_of_flag(row: SafetyFlag, by: Membership, at: datetime) -> Sequence[str]:
    moves, is_mine = _open_moves(row, at), row.proposed_by_id == by.pk
    waits = row.status == SafetyFlag.Status.PROPOSED
    if is_mine or row.expires_at <= at:
        moves = [name for name in moves if name != "approve"]
    if not by.has_duty(Duty.APPROVE_FLAG) and not (waits and is_mine):
        moves = [name for name in moves if name != "remove"]
    if not is_mine and not (by.has_duty(Duty.APPROVE_FLAG) or by.has_duty(Duty.CORRECT_RECORD)):
        moves = [name for name in moves if name != "mark_error"]
    return moves


def _legal_of_tip(row: DeescalationTip, by: Membership, at: datetime) -> Sequence[str]:
    return _open_moves(row, at)


def _standing(row: Any, writer: str, at: datetime) -> dict[str, Any]:
    is_active = row.status == Standing.Status.ACTIVE
    return {
        "kind": row.kind,
        "text": row.text,
        "basis": row.basis,
        "source_role": row.source_role,
        "first_observed_at": row.first_observed_at,
        "last_confirmed_at": row.last_confirmed_at,
        "expires_at": row.expires_at,
        "state": "expired" if is_active and row.expires_at <= at else row.status,
        "shows": is_active and row.expires_at > at,
        "waits": row.status == Standing.Status.PROPOSED,
        "reason": row.status_reason,
        "ended_at": row.ended_at,
        "severity": getattr(row, "severity", ""),
        "writer": writer,
        "renews_id": row.renews_id,
        "contact_id": row.source_contact_id,
    }


def _shown_flag(row: SafetyFlag, by: Membership, at: datetime) -> tuple[dict[str, Any], list[Any]]:
    shown = _standing(row, member_name(row.proposed_by), at)
    is_mine = row.proposed_by_id == by.pk
    return shown | {"approver": member_name(row.approved_by), "is_mine": is_mine}, []


def _shown_tip(row: DeescalationTip, by: Membership, at: datetime) -> tuple[dict[str, Any], list[Any]]:
    return _standing(row, member_name(row.recorded_by), at), []


FLAG = Kind(
    name="flag",
    category="D1",
    rows=lambda by, at: readable_flags(by, at).select_related("proposed_by__member", "approved_by__member"),
    shown=_shown_flag,
    moves=FLAG_MOVES,
    legal=_legal_of_flag,
    leads_to=lambda row: reverse("flag", args=[row.pk]),
)
TIP = Kind(
    name="tip",
    category="D1",
    rows=lambda by, at: readable_tips(by, at).select_related("recorded_by__member"),
    shown=_shown_tip,
    moves=TIP_MOVES,
    legal=_legal_of_tip,
    leads_to=lambda row: reverse("tip", args=[row.pk]),
)
flag = page_of(FLAG, Duty.PROPOSE_FLAG, Duty.APPROVE_FLAG, Duty.CORRECT_RECORD)
tip = page_of(TIP, Duty.PROPOSE_FLAG, Duty.APPROVE_FLAG, Duty.CORRECT_RECORD)
