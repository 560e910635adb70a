"""A team link and its next moves: the provider confirms, verifies and ends it (5.8)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms

from continuity.agencies.models import Membership
from continuity.agencies.roles import Duty
from continuity.caseload.detail import Kind, member_name, page_of
from continuity.caseload.moves import Move, verb
from continuity.caseload.shapes import MoveForm, ReasonForm, sentence
from continuity.disclosures.own_work import readable_team_links
from continuity.disclosures.record import STALE_AFTER
from continuity.treatment import links
from continuity.treatment.models import TreatmentTeamLink
from continuity.treatment.moves import link_moves

_MANAGE = (Duty.MANAGE_TEAM_LINK,)
_CORRECT = (Duty.MANAGE_TEAM_LINK, Duty.CORRECT_RECORD)


class AcceptForm(MoveForm):
    duty_line = sentence(
        "The team's duty line", "Give the line that reaches the team.", most=20, required=False,
        help_text="A team's line, never a private number. Empty: as proposed.",
    )  # fmt: skip
    hours = sentence("Hours of the line", "", most=80, required=False, help_text="Empty: as proposed.")


class NotifyForm(MoveForm):
    notify = forms.ChoiceField(
        label="Tell the team when the person is in crisis",
        choices=[("yes", "yes, at once"), ("no", "no")],
        error_messages={"required": "Say yes or no."},
    )


def _accept(by: Membership, link_id: UUID, at: datetime, said: dict[str, Any]) -> object:
    given = {name: value for name, value in said.items() if value}
    return links.accept_team_link(by=by, link_id=link_id, at=at, **given)


def _set_notice(by: Membership, link_id: UUID, at: datetime, said: dict[str, Any]) -> object:
    asked = said | {"notify": said["notify"] == "yes"}
    return links.set_crisis_notice(by=by, link_id=link_id, at=at, **asked)


MOVES: dict[str, Move] = {
    "accept_team_link": Move(
        "Confirm: we treat them", "Responders with a right to know see the duty line from now on.", _MANAGE, _accept,
        AcceptForm, "Confirmed.",
    ),
    "verify_team_link": Move(
        "Still right", "Line and hours were checked today.", _MANAGE, verb(links.verify_team_link, "link_id"),
        done="Verified today.",
    ),
    "set_crisis_notice": Move(
        "Change who is told in a crisis", "The team is told at once, or not at all.", _MANAGE, _set_notice, NotifyForm,
    ),
    "resume_team_link": Move(
        "Resume", "The team treats the person again.", _MANAGE, verb(links.resume_team_link, "link_id"),
        done="Resumed.",
    ),
    "suspend_team_link": Move(
        "Suspend", "Nobody is shown the line until it is resumed.", _MANAGE, verb(links.suspend_team_link, "link_id"),
        ReasonForm, "Suspended.", True,
    ),
    "decline_team_link": Move(
        "Decline: not ours", "Whoever proposed it sees that you declined.", _MANAGE,
        verb(links.decline_team_link, "link_id"), ReasonForm, "Declined.", True,
    ),
    "end_team_link": Move(
        "End it", "The team no longer treats the person.", _MANAGE, verb(links.end_team_link, "link_id"), ReasonForm,
        "Ended.", True,
    ),
    "mark_link_error": Move(
        "Entered in error", "It should never have been written; it stays for the record.", _CORRECT,
        verb(links.mark_link_error, "link_id"), ReasonForm, "Marked as entered in error.", True,
    ),
}  # fmt: skip


def _legal(row: TreatmentTeamLink, by: Membership, at: datetime) -> Sequence[str]:
    return link_moves(
        row, is_provider=row.provider_id == by.agency_id, is_custodian=row.custodian_id == by.agency_id
    )


def _shown(row: TreatmentTeamLink, by: Membership, at: datetime) -> tuple[dict[str, Any], list[Any]]:
    verified = row.last_verified_at
    shown = {
        "provider": row.provider.name,
        "custodian": row.custodian.name,
        "program_kind": row.program_kind,
        "team_name": row.team_name,
        "duty_line": row.duty_line,
        "hours": row.hours,
        "status": row.status,
        "reason": row.status_reason,
        "notifies": row.notify_on_crisis,
        "established_at": row.established_at,
        "proposed_by": member_name(row.proposed_by),
        "verified_at": verified,
        "verified_by": member_name(row.verified_by),
        "is_stale": row.status == TreatmentTeamLink.Status.ACTIVE
        and (verified is None or verified < at - STALE_AFTER),
        "ended_at": row.ended_at,
    }
    return shown, []


TEAM_LINK = Kind(
    name="team_link",
    category="D5",
    rows=lambda by, at: readable_team_links(by, at).select_related(
        "provider", "custodian", "proposed_by__member", "verified_by__member"
    ),
    shown=_shown,
    moves=MOVES,
    legal=_legal,
)
team_link = page_of(TEAM_LINK, Duty.MANAGE_TEAM_LINK, Duty.FOLLOW_UP, Duty.SUPERVISE, Duty.CORRECT_RECORD)
