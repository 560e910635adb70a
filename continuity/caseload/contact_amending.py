"""Correct, add to, retract a final contact, or write down that somebody asks for it (5.6, L-22)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from continuity.agencies.models import Membership
from continuity.agencies.roles import Duty
from continuity.caseload.contact_fields import Coded, Typed, questions
from continuity.caseload.contact_form import TRIAGE_NAMES
from continuity.caseload.moves import Move
from continuity.caseload.shapes import MoveForm, ReasonForm, choice, moment, sentence, text
from continuity.crisis.amendments import request_amendment
from continuity.crisis.models import ContactAmendment, CrisisContact
from continuity.disclosures.corrections import correct_contact, mark_contact_error

_Kind = ContactAmendment.Kind
_RECORD, _CORRECT = (Duty.RECORD_CONTACT,), (Duty.RECORD_CONTACT, Duty.CORRECT_RECORD)
_TEXTS = [
    ("operational_summary", "the summary"),
    ("narrative", "the clinical narrative"),
    ("sud_text", "the substance use text"),
]


def _fields() -> list[tuple[str, str]]:
    named = [
        (one.name, (one.legend if isinstance(one, Coded) else one.label)) for one in questions()
        if one.name not in TRIAGE_NAMES
    ]  # fmt: skip
    return [*_TEXTS, *((name, label) for name, label in named if name not in dict(_TEXTS))]


class AddForm(MoveForm):
    field = choice("To which text", _TEXTS, "Say to which text.")
    new_value = text("What is to be added", "Say what is to be added.")
    reason = sentence("Why, in one sentence", "Say why.", most=300)


class CorrectForm(MoveForm):
    kind = choice(
        "What is it",
        [("correction", "something was wrong"), ("late_entry", "something was left out")],
        "Say what it is.",
    )
    field = choice("Which answer", _fields(), "Say which answer.")
    new_value = text(
        "What it is to say",
        "Say what it is to say.",
        help_text="A coded answer by its code; several with commas between them.",
    )
    reason = sentence("Why, in one sentence", "Say why.", most=300)


class RequestForm(MoveForm):
    requested_by = choice(
        "Who asks",
        [("patient", "the person"), ("representative", "a representative"), ("agency", "the agency")],
        "Say who asks.",
    )
    requested_at = moment("When it was asked")
    field = choice("Which answer", _fields(), "Say which answer.")
    new_value = text("What it is to say", "Say what it is to say.")
    reason = sentence("Why, in their words", "Say why.", most=300)


def _add(by: Membership, contact_id: UUID, at: datetime, said: dict[str, Any]) -> object:
    return correct_contact(by=by, contact_id=contact_id, kind=_Kind.ADDENDUM, at=at, **said)


def _correct(by: Membership, contact_id: UUID, at: datetime, said: dict[str, Any]) -> object:
    said["new_value"] = _as_kept(said["field"], said["new_value"])
    return correct_contact(by=by, contact_id=contact_id, at=at, **said)


def _request(by: Membership, contact_id: UUID, at: datetime, said: dict[str, Any]) -> object:
    said["new_value"] = _as_kept(said["field"], said["new_value"])
    kind = _Kind.CORRECTION if said["requested_by"] == "agency" else _Kind.PATIENT_REQUESTED
    return request_amendment(by=by, contact_id=contact_id, kind=kind, at=at, **said)


def _mark_error(by: Membership, contact_id: UUID, at: datetime, said: dict[str, Any]) -> object:
    return mark_contact_error(by=by, contact_id=contact_id, reason=said["reason"], at=at)


def _as_kept(field: str, typed: str) -> Any:
    """A coded answer by its code or by the words of the code."""
    question = next((one for one in questions() if one.name == field), None)
    if question is None or isinstance(question, Typed):
        return typed
    codes = [part.strip().lower().replace(" ", "_") for part in typed.split(",") if part.strip()]
    return codes if question.many else (codes[0] if codes else "")


AMENDING: dict[str, Move] = {
    "add": Move(
        "Add to a text", "The text stays as it is; what you add travels with it.", _RECORD, _add, AddForm, "Added.",
    ),
    "correct": Move(
        "Correct an answer", "What stood there is kept. Whoever was shown the contact is told that it changed.",
        _RECORD, _correct, CorrectForm, "Corrected. Whoever was shown it is told.",
    ),
    "request": Move(
        "Somebody asks for a change", "The agency has 60 days to answer.", _CORRECT, _request, RequestForm,
        "Written down. The clock runs from the day it was asked.",
    ),
    "mark_error": Move(
        "Entered in error", "It should never have been written: it is hidden, and whoever was shown it is told.",
        _CORRECT, _mark_error, ReasonForm, "Marked as entered in error.", True,
    ),
}  # fmt: skip


def amendable(row: CrisisContact, by: Membership) -> list[str]:
    """Which of these are open now: the author's own, and the corrector's."""
    corrects = by.has_duty(Duty.CORRECT_RECORD)
    if row.author_id == by.pk:
        return ["add", "correct", "request", "mark_error"]
    return ["request", "mark_error"] if corrects else []
