"""A requested amendment and its next moves: within 60 days it is accepted and told, or denied with a ground (L-22)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.urls import reverse

from continuity.agencies.models import Membership
from continuity.agencies.roles import Duty
from continuity.caseload.contact_page import amendment_shown
from continuity.caseload.detail import Kind, page_of
from continuity.caseload.moves import Move, verb
from continuity.caseload.shapes import MoveForm, ReasonForm, choice, sentence, text
from continuity.crisis import amendments
from continuity.crisis.models import ContactAmendment
from continuity.disclosures.corrections import apply_amendment
from continuity.disclosures.own_work import readable_amendments

_Status = ContactAmendment.Status
_DECIDE, _EITHER = (Duty.CORRECT_RECORD,), (Duty.CORRECT_RECORD, Duty.RECORD_CONTACT)
_GROUNDS = [
    ("not_created_here", "it was not created here"),
    ("not_in_record_set", "it is not part of the record set"),
    ("not_accessible", "it may not be inspected"),
    ("accurate_and_complete", "it is accurate and complete"),
]


class DenyForm(MoveForm):
    ground = choice("On which ground", _GROUNDS, "Choose the ground.")
    basis = sentence("Why, in plain words to the person", "Say why, in plain words.", most=300)


class StatementForm(MoveForm):
    statement = text("What the person writes", "Write down what the person says.")


class RebutForm(MoveForm):
    text = text("The agency's answer", "Write the answer.")


def _accept(by: Membership, amendment_id: UUID, at: datetime, said: dict[str, Any]) -> object:
    amendments.accept_amendment(by=by, amendment_id=amendment_id, at=at, version=said.get("version"))
    return apply_amendment(by=by, amendment_id=amendment_id, at=at)


MOVES: dict[str, Move] = {
    "take_up": Move(
        "Begin to review", "Somebody looks at it from now on.", _DECIDE,
        verb(amendments.take_up_amendment, "amendment_id"), done="Under review.",
    ),
    "accept": Move(
        "Accept and write it in", "What stood there is kept; whoever was shown the contact is told.", _DECIDE, _accept,
        done="Accepted and written in. Whoever was shown it is told.",
    ),
    "extend": Move(
        "Take 30 days more", "Once, within the first 60 days; the person is told why.", _DECIDE,
        verb(amendments.extend_amendment, "amendment_id"), ReasonForm, "30 days more.",
    ),
    "deny": Move(
        "Deny it", "The person may then write a statement that travels with the record.", _DECIDE,
        verb(amendments.deny_amendment, "amendment_id"), DenyForm, "Denied.", True,
    ),
    "disagree": Move(
        "The person disagrees", "Their statement travels with the record from now on.", _EITHER,
        verb(amendments.file_disagreement, "amendment_id"), StatementForm, "The statement is kept.",
    ),
    "rebut": Move(
        "Answer the statement", "Once; the answer travels with it.", _DECIDE,
        verb(amendments.rebut_amendment, "amendment_id"), RebutForm, "The answer is kept.",
    ),
    "close": Move(
        "Close it", "A statement of disagreement goes on travelling.", _DECIDE,
        verb(amendments.close_amendment, "amendment_id"), done="Closed.",
    ),
}  # fmt: skip
_OPEN = {
    _Status.REQUESTED: ("take_up",),
    _Status.UNDER_REVIEW: ("accept", "extend", "deny"),
    _Status.DENIED: ("disagree", "close"),
    _Status.DISAGREEMENT_FILED: ("rebut", "close"),
}


def _legal(row: ContactAmendment, by: Membership, at: datetime) -> Sequence[str]:
    barred = {"extend"} if row.extended_at else set()
    barred |= {"rebut"} if row.rebuttal else set()
    barred |= {"disagree"} if row.requested_by not in ("patient", "representative") else set()
    return [name for name in _OPEN.get(_Status(row.status), ()) if name not in barred]


def _shown(row: ContactAmendment, by: Membership, at: datetime) -> tuple[dict[str, Any], list[Any]]:
    shown = amendment_shown(row) | {
        "contact_id": row.contact_id,
        "number": row.contact.contact_number,
        "is_late": row.status in ContactAmendment.OPEN and row.due_at <= at,
        "extension_reason": row.extension_reason,
        "category": amendments.AMENDABLE.get(row.field, "D2"),
    }
    return shown, []


AMENDMENT = Kind(
    name="amendment",
    category="D2",
    rows=lambda by, at: readable_amendments(by, at).select_related("contact", "recorded_by__member"),
    shown=_shown,
    moves=MOVES,
    legal=_legal,
    leads_to=lambda row: reverse("amendment", args=[row.pk]),
)
amendment = page_of(AMENDMENT, Duty.RECORD_CONTACT, Duty.CORRECT_RECORD)
