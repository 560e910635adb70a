"""Correcting a contact, and telling whoever was shown it: here, because only the ledger knows who that was (5.6)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from continuity.agencies.models import Membership
from continuity.crisis import amendments, services
from continuity.crisis.models import ClinicalNarrative, ContactAmendment, CrisisContact, SudSegment
from continuity.disclosures.models import LedgerEntry
from continuity.disclosures.one_person import ledger_about
from continuity.notices.models import Notice
from continuity.notices.services import put

# How far back somebody who was shown a record is told that it changed: the accounting's own six years (L-22).
LOOK_BACK = timedelta(days=6 * 365)


@transaction.atomic
def correct_contact(*, by: Membership, contact_id: UUID, at: datetime, **content: Any) -> ContactAmendment:
    """Apply the author's own correction, late entry or addendum, and tell those who were shown the contact."""
    amendment = amendments.correct_contact(by=by, contact_id=contact_id, at=at, **content)
    return _told(by, amendment, at)


@transaction.atomic
def apply_amendment(
    *, by: Membership, amendment_id: UUID, at: datetime, version: int | None = None
) -> ContactAmendment:
    """Write an accepted amendment into its contact, and tell those who were shown it."""
    amendment = amendments.apply_amendment(by=by, amendment_id=amendment_id, at=at, version=version)
    return _told(by, amendment, at)


@transaction.atomic
def mark_contact_error(*, by: Membership, contact_id: UUID, reason: str, at: datetime) -> CrisisContact:
    """Mark a contact as entered in error, hide it, and tell those who were shown it."""
    contact = services.mark_contact_error(by=by, contact_id=contact_id, reason=reason, at=at)
    tell_prior_recipients(contact, at)
    return contact


def tell_prior_recipients(contact: CrisisContact, at: datetime) -> int:
    """Put "a record you were shown was changed" for each member of another agency who was; ids only. Say how many."""
    parts = [("contact", contact.pk)]
    for noun, model in (("narrative", ClinicalNarrative), ("sud_segment", SudSegment)):
        parts += [(noun, pk) for pk in model.objects.filter(contact=contact).values_list("pk", flat=True)]
    any_part = Q()
    for noun, pk in parts:
        any_part |= Q(records__contains=[[noun, str(pk)]])
    shown = LedgerEntry.objects.filter(
        any_part,
        ledger_about(contact.person_id).rows if contact.person_id else Q(person=None),
        outcome=LedgerEntry.Outcome.RELEASED,
        at__gte=at - LOOK_BACK,
    ).exclude(agency=contact.custodian_id)
    members = {
        entry.asker_id: entry.asker
        for entry in shown.select_related("asker__agency", "asker__member").order_by("-id")
    }
    for recipient in members.values():
        put(
            Notice.Kind.RECORD_CHANGED,
            subject_id=contact.pk,
            agency=recipient.agency,
            member=recipient.member,
        )
    return len(members)


@dataclass(frozen=True)
class Answer:
    """When the own agency was answered, and under which incident number it had asked; nothing of what it was told."""

    at: datetime
    incident_ref: str


def answers_to(by: Membership, ledger_ids: Collection[UUID]) -> dict[UUID, Answer]:
    """Which of the own agency's questions a notice names by these ids, so that what came of it is corrected (P-5)."""
    if not ledger_ids:
        return {}
    rows = LedgerEntry.objects.filter(pk__in=ledger_ids, agency=by.agency_id)
    return {pk: Answer(at, ref) for pk, at, ref in rows.values_list("pk", "at", "incident_ref")}


def _told(by: Membership, amendment: ContactAmendment, at: datetime) -> ContactAmendment:
    tell_prior_recipients(amendment.contact, at)
    return amendments.mark_notified(by=by, amendment_id=amendment.pk, at=at)
