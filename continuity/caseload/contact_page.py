"""A final contact: what it says, what was amended, what it promises; and the verbs that its author or others have."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.urls import reverse

from continuity.agencies.models import Agency, Membership
from continuity.agencies.roles import Duty
from continuity.caseload.contact_amending import AMENDING, amendable
from continuity.caseload.contact_known import described, known_of, providers_shown
from continuity.caseload.detail import Kind, member_name, page_of
from continuity.caseload.moves import Move
from continuity.caseload.shapes import MoveForm, RecipientForm, sentence
from continuity.crisis.models import ContactAmendment, CrisisContact
from continuity.crisis.services import claim_contact
from continuity.disclosures.own_work import (
    may_read_clinical_text,
    readable_amendments,
    readable_contacts,
    readable_follow_ups,
    readable_linkages,
    readable_transfers,
    readable_triages,
)
from continuity.errors import Incomplete, Invalid
from continuity.people.services import find_or_register
from continuity.treatment.follow_ups import promise_proposed, propose_follow_ups
from continuity.treatment.linkages import record_linkage
from continuity.treatment.models import Linkage

_JUST_NOW = timedelta(hours=24)
_CODED = (
    "reporter_relationship", "origin", "modality", "response_type", "call_type", "presenting_issues", "risk_level",
    "safety_observations", "existing_treatment", "disposition_primary", "dispositions_other", "le_dispatched",
    "le_cancelled", "diverted_from", "hold_status", "transport_mode", "transport_destination", "use_of_force",
    "injuries", "referral_offered", "follow_up_required",
)  # fmt: skip


class ClaimForm(MoveForm):
    find_last = sentence("Last name", "Type the last name.", most=80)
    find_first = sentence("First name", "Type the first name.", most=80)
    find_birth_date = sentence("Date of birth", "Type the date of birth.", most=40)
    find_identifier = sentence("ID number", "", most=60, required=False)


class ReferForm(RecipientForm):
    """The team that was shown, in one press."""


def _refer(by: Membership, contact_id: UUID, at: datetime, said: dict[str, Any]) -> object:
    said.pop("version", None)
    record_linkage(
        by=by,
        contact_id=contact_id,
        kind=Linkage.Kind.RECONNECT_EXISTING_TEAM,
        at=at,
        priority="routine",
        **said,
    )
    return contact_id


def _promise(by: Membership, contact_id: UUID, at: datetime, said: dict[str, Any]) -> object:
    promise_proposed(by=by, contact_id=contact_id, at=at)
    return contact_id


def _claim(by: Membership, contact_id: UUID, at: datetime, said: dict[str, Any]) -> object:
    who = described(said)
    if who.errors:
        raise Incomplete([Invalid("not_enough", told, field=name) for name, told in who.errors.items()])
    person = find_or_register(
        source=by.agency,
        first=who.first,
        last=who.last,
        birth_date=who.birth_date,
        identifier=who.identifier,
    )
    return claim_contact(by=by, contact_id=contact_id, person=person, at=at, version=said.get("version"))


MOVES: dict[str, Move] = {
    "promise": Move(
        "Promise it", "It stands on Today until it is done.", (Duty.FOLLOW_UP,), _promise, done="Promised.",
    ),
    "refer": Move(
        "Refer back to the team", "The team is told at once and answers.", (Duty.RECORD_LINKAGE,), _refer, ReferForm,
        "Sent. You are told when the team answers.",
    ),
    "claim": Move(
        "Say who it was", "An anonymous contact gets its person, once.", (Duty.RECORD_CONTACT,), _claim, ClaimForm,
        "The contact has its person now.",
    ),
    **AMENDING,
}  # fmt: skip


def _legal(row: CrisisContact, by: Membership, at: datetime) -> Sequence[str]:
    return [*(["claim"] if row.person_id is None else []), *amendable(row, by)]


def _shown(row: CrisisContact, by: Membership, at: datetime) -> tuple[dict[str, Any], list[Any]]:
    texts = _texts(row, by)
    amendments = list(readable_amendments(by, at).filter(contact=row).select_related("recorded_by__member"))
    triages = list(readable_triages(by, at).filter(contact=row).select_related("decided_by__member"))
    linkages = list(readable_linkages(by, at).filter(contact=row).select_related("recipient"))
    follow_ups = list(readable_follow_ups(by, at).filter(contact=row))
    transfers = list(readable_transfers(by, at).filter(from_contact=row).select_related("to_agency"))
    shown = {
        "id": row.pk,
        "number": row.contact_number,
        "status": row.record_status,
        "occurred_at": row.occurred_at,
        "ended_at": row.ended_at,
        "finalised_at": row.finalised_at,
        "author": member_name(row.author),
        "summary": row.operational_summary,
        "is_part2": row.is_part2,
        "is_anonymous": row.person_id is None,
        "answers": [(name, _codes(getattr(row, name))) for name in _CODED if _codes(getattr(row, name))],
        "texts": [{"is_sud": text._meta.model_name == "sudsegment", "text": text.text} for text in texts],
        "amendments": [amendment_shown(one) for one in reversed(amendments)],
        "triages": [
            {
                "decision": one.decision,
                "suggestion": one.suggestion,
                "reason": one.reason,
                "what_changed": one.what_changed,
                "at": one.decided_at,
                "by": member_name(one.decided_by),
            }
            for one in triages
        ],
        "linkages": [
            {"id": one.pk, "kind": one.kind, "status": one.status, "to": _recipient(one)} for one in linkages
        ],
        "follow_ups": [
            {"id": one.pk, "kind": one.kind, "due_at": one.due_at, "status": one.status} for one in follow_ups
        ],
        "transfers": [
            {
                "id": one.pk,
                "kind": one.to_kind,
                "outcome": one.outcome,
                "to": one.to_agency and one.to_agency.name,
            }
            for one in transfers
        ],
        "proposals": _proposals(row, by, at),
        "team": _team(row, by, at, linkages),
        "may_record": by.has_duty(Duty.RECORD_CONTACT),
        "may_refer": by.has_duty(Duty.RECORD_LINKAGE) and row.person_id is not None,
        "category": _gravest(texts),
    }
    return shown, [*texts, *amendments, *triages, *linkages, *follow_ups, *transfers]


def _texts(row: CrisisContact, by: Membership) -> list[Any]:
    """Narrative (D3) and SUD segment (D4), for whom the policy lets read them."""
    parts = (("narrative", "D3"), ("sud_segment", "D4"))
    return [
        text
        for name, category in parts
        if may_read_clinical_text(by, category) and (text := getattr(row, name, None)) is not None
    ]


def _gravest(texts: Sequence[Any]) -> str:
    names = {text._meta.model_name for text in texts}
    return "D4" if "sudsegment" in names else "D3" if names else "D2"


def _codes(value: Any) -> list[str]:
    return list(value) if isinstance(value, list) else [value] if value not in ("", "not_asked") else []


def _recipient(linkage: Linkage) -> str:
    return linkage.recipient.name if linkage.recipient else linkage.external_provider


def amendment_shown(one: ContactAmendment) -> dict[str, Any]:
    """What the pages say of an amendment."""
    return {
        "id": one.pk,
        "kind": one.kind,
        "field": one.field,
        "old": _value(one.old_value),
        "new": _value(one.new_value),
        "reason": one.reason,
        "requested_by": one.requested_by,
        "requested_at": one.requested_at,
        "by": member_name(one.recorded_by),
        "status": one.status,
        "is_open": one.status in ContactAmendment.OPEN,
        "due_at": one.due_at,
        "denial_ground": one.denial_ground,
        "denial_basis": one.denial_basis,
        "disagreement": one.disagreement,
        "disagreed_at": one.disagreed_at,
        "rebuttal": one.rebuttal,
    }


def _value(kept: str) -> list[str]:
    value = json.loads(kept) if kept else ""
    return [str(one) for one in value] if isinstance(value, list) else [str(value)] if value else []


def _proposals(row: CrisisContact, by: Membership, at: datetime) -> list[Any]:
    return propose_follow_ups(contact=row, at=at) if by.has_duty(Duty.FOLLOW_UP) else []


def _team(row: CrisisContact, by: Membership, at: datetime, linkages: Sequence[Linkage]) -> Agency | None:
    """The team to refer back to, proposed to who just finished the contact and has not referred anywhere yet."""
    is_fresh = row.finalised_at is not None and at - row.finalised_at < _JUST_NOW
    if linkages or not is_fresh or row.author_id != by.pk or not by.has_duty(Duty.RECORD_LINKAGE):
        return None
    takers = Agency.objects.filter(teams__takes_referrals=True)
    shown = [agency.pk for agency in providers_shown(known_of(row, by, at)) if agency.pk != by.agency_id]
    found = {agency.pk: agency for agency in takers.filter(pk__in=shown)}
    return next((found[one] for one in shown if one in found), None)


def _leads_to(done: Any) -> str:
    """Back to the contact; what was entered in error is no longer there to look at."""
    if isinstance(done, ContactAmendment):
        return reverse("contact", args=[done.contact_id])
    if isinstance(done, CrisisContact):
        is_gone = done.record_status == CrisisContact.RecordStatus.ENTERED_IN_ERROR
        return reverse("today") if is_gone else reverse("contact", args=[done.pk])
    return reverse("contact", args=[done])


CONTACT = Kind(
    name="contact",
    category="D2",
    rows=lambda by, at: readable_contacts(by, at).select_related(
        "author__member", "custodian", "person", "narrative", "sud_segment"
    ),
    shown=_shown,
    moves=MOVES,
    legal=_legal,
    leads_to=_leads_to,
)
contact = page_of(CONTACT, Duty.RECORD_CONTACT, Duty.FOLLOW_UP, Duty.SUPERVISE, Duty.CORRECT_RECORD)
