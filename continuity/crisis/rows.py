"""How the verbs of this floor take hold of a contact: locked, of the own agency, as the caller last saw it."""

import secrets
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet

from continuity.agencies.models import Agency, Membership
from continuity.crisis.models import CrisisContact, Episode
from continuity.errors import NotFound, Stale

_SIGNS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # nobody hears 0 for O, or 1 for I, over a radio
_SIGNS_IN_A_NUMBER = 8


def not_found() -> NotFound:
    """Absent and foreign are one answer (P-3)."""
    return NotFound("not_found", "There is no such record.")


def own_contacts(by: Membership) -> QuerySet[CrisisContact]:
    """Contacts of the own agency that `by` may work on: the own drafts, and what is final."""
    return CrisisContact.objects.filter(
        Q(record_status__in=CrisisContact.READABLE) | Q(author=by), custodian=by.agency
    )


def locked_contact(by: Membership, contact_id: UUID, version: int | None = None) -> CrisisContact:
    """A contact of the own agency, locked until the end of the transaction.

    Raises NotFound outside the own agency (P-3), Stale when it is no longer at `version`.
    """
    rows = CrisisContact.objects.select_for_update(of=("self",)).select_related("custodian")
    contact = rows.filter(pk=contact_id, custodian=by.agency).first()
    if contact is None:
        raise not_found()
    if version is not None and version != contact.version:
        raise Stale()
    return contact


def episode_of(contact: CrisisContact) -> Episode:
    """The episode of a contact; one from a file gets its own when something follows it."""
    if contact.episode is None:
        contact.episode = Episode.objects.create(opened_at=contact.occurred_at)
        contact.save()
    return contact.episode


def new_number(agency: Agency, at: datetime) -> str:
    """A contact number nobody in the agency has: the year on its clock and eight signs that tell no order."""
    year = at.astimezone(ZoneInfo(agency.timezone)).year
    while True:
        number = f"{year}-" + "".join(secrets.choice(_SIGNS) for _ in range(_SIGNS_IN_A_NUMBER))
        if not CrisisContact.objects.filter(custodian=agency, contact_number=number).exists():
            return number
