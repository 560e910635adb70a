"""A line of Today in words: who, what, how late, who holds it, and what to do next."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from continuity.agencies.models import Membership
from continuity.caseload.worklist import Harm, Line
from continuity.treatment.models import TaskStatus

_NOBODY = "nobody yet"
_TONES = {
    Harm.FOLLOW_UP_OVERDUE: "danger",
    Harm.LINKAGE_UNANSWERED: "danger",
    Harm.FOLLOW_UP_DUE: "attention",
}
_NEXT_OF_LINKAGE = {
    TaskStatus.SENT: "Answer it",
    TaskStatus.RECEIVED: "Accept or decline",
    TaskStatus.ACCEPTED: "Give an appointment",
    TaskStatus.WAITLISTED: "Give an appointment",
    TaskStatus.SCHEDULED: "Say whether they came",
    TaskStatus.ENGAGED: "Close it",
}


@dataclass(frozen=True)
class Told:
    """What of a row stands on the page; a template holds no row about a person."""

    page: str
    id: UUID
    person: str
    what: str
    code: str
    since: datetime
    since_word: str
    held: str
    action: str
    tone: str
    state: str


@dataclass(frozen=True)
class _Words:
    what: str
    code: str
    since_word: str
    held: str
    action: str
    state: str


def told(line: Line, by: Membership, names: Mapping[UUID, str]) -> Told:
    """The line of one row; an anonymous draft has no person."""
    said = _SAID[line.kind](line, by)
    person_id = line.row.person_id
    return Told(
        page=line.kind,
        id=line.row.pk,
        person=names.get(person_id, "Name not known") if person_id else "Anonymous",
        what=said.what,
        code=said.code,
        since=line.row.created_at if line.kind in ("flag", "plan") else _since(line),
        since_word=said.since_word,
        held=said.held,
        action=said.action,
        tone=_TONES.get(line.harm, "neutral"),
        state=said.state,
    )


def _since(line: Line) -> datetime:
    """The moment that the list is ordered by."""
    row = line.row
    moment: datetime
    if line.kind == "follow_up":
        moment = row.due_at
    elif line.kind == "linkage":
        by_status = {TaskStatus.SENT: row.acknowledge_by, TaskStatus.SCHEDULED: row.appointment_at}
        moment = by_status.get(row.status) or row.requested_at
    else:
        moment = row.established_at if line.kind == "team_link" else row.recorded_at
    return moment


def _name(membership: Membership | None) -> str:
    return membership.member.display_name if membership else ""


def _follow_up(line: Line, by: Membership) -> _Words:
    row: Any = line.row
    state = {Harm.FOLLOW_UP_OVERDUE: "Overdue", Harm.FOLLOW_UP_DUE: "Due today"}.get(line.harm, "Later")
    holder = _name(row.assigned_to) or (row.team.name if row.team else _NOBODY)
    action = "Record what you tried" if holder != _NOBODY else "Take it"
    word = "was due" if state == "Overdue" else "due"
    return _Words("Follow-up", row.kind, word, f"Held by {holder}", action, state)


def _linkage(line: Line, by: Membership) -> _Words:
    row: Any = line.row
    ours = row.recipient_id == by.agency_id
    other = row.custodian.name if ours else (row.recipient.name if row.recipient else row.external_provider)
    holder = _name(row.owner) or ("your referral team" if ours else other)
    what = f"Linkage from {other}" if ours else f"Linkage to {other}"
    state = "No answer in time" if line.harm is Harm.LINKAGE_UNANSWERED else row.status
    word = "asked"
    if row.status == TaskStatus.SENT and row.acknowledge_by:
        word = "answer due"
    elif row.status == TaskStatus.SCHEDULED and row.appointment_at:
        word = "appointment"
    if ours:
        action = _NEXT_OF_LINKAGE.get(row.status, "Look at it")
    else:
        to_call = line.harm is Harm.LINKAGE_UNANSWERED or row.recipient_id is None
        action = "Call them" if to_call else "Look at it"
    return _Words(what, row.kind, word, f"Held by {holder}", action, state)


def _flag(line: Line, by: Membership) -> _Words:
    row: Any = line.row
    held = f"By {_name(row.proposed_by)}; somebody else decides"
    return _Words("Caution", row.kind, "proposed", held, "Read and decide", "To approve")


def _plan(line: Line, by: Membership) -> _Words:
    row: Any = line.row
    if line.harm is Harm.DRAFT:
        return _Words("Response plan", "", "begun", f"Held by {_name(row.author)}", "Go on writing", "Draft")
    held = f"By {_name(row.author)}; somebody else decides"
    return _Words("Response plan", "", "begun", held, "Read and decide", "To approve")


def _team_link(line: Line, by: Membership) -> _Words:
    row: Any = line.row
    what = f"{row.custodian.name} says that you treat them"
    return _Words(
        what, row.program_kind, "proposed", "Your agency decides", "Confirm or decline", "To confirm"
    )


def _draft(line: Line, by: Membership) -> _Words:
    row: Any = line.row
    return _Words(
        "Contact not finished", "", "begun", f"Held by {_name(row.author)}", "Go on writing", "Draft"
    )


_SAID: dict[str, Callable[[Line, Membership], _Words]] = {
    "follow_up": _follow_up,
    "linkage": _linkage,
    "flag": _flag,
    "plan": _plan,
    "team_link": _team_link,
    "contact_draft": _draft,
}
