"""Reading the own agency's consents: no disclosure to anybody else, and a ledger row all the same (S-6, P-20).

The row is committed before anything is returned. What may be read is asked of the gate's own predicate, so a list
and a page agree, and a superuser without the role reads nothing.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import cast
from uuid import UUID

from django.db.models import QuerySet

from continuity.access.explain import Line, explain
from continuity.access.facts import gather
from continuity.access.predicates import Paths, own
from continuity.access.services import asker_of
from continuity.agencies.models import Agency, Membership
from continuity.agencies.roles import Duty, require
from continuity.consents.models import (
    Consent,
    ConsentOffer,
    ConsentOfferQuerySet,
    ConsentQuerySet,
    SignedDocument,
)
from continuity.disclosures.models import LedgerEntry
from continuity.disclosures.one_person import ledger_about
from continuity.disclosures.readings import desk_asker, refuse_reading, write_entry
from continuity.people.models import Person, PersonAgency
from continuity.people.services import standing_for

_OF_AGENCY = Paths(custodian="agency")


def readable_consents(by: Membership, at: datetime) -> ConsentQuerySet:
    """The consents this member may read: the own agency's, for a role with the consent document (D7)."""
    return cast("ConsentQuerySet", own(Consent.objects.all(), desk_asker(by), "D7", at))


def readable_people(by: Membership, at: datetime) -> QuerySet[PersonAgency]:
    """The people of the own agency whose consents this member may read; who was merged is the survivor."""
    standing = PersonAgency.objects.filter(person__replaced_by=None)
    return own(standing, desk_asker(by), "D7", at, _OF_AGENCY)


def readable_offers(by: Membership, at: datetime) -> ConsentOfferQuerySet:
    """The offers of the own agency that this member may read."""
    return cast("ConsentOfferQuerySet", own(ConsentOffer.objects.all(), desk_asker(by), "D7", at, _OF_AGENCY))


def readable_documents(by: Membership, at: datetime) -> QuerySet[SignedDocument]:
    """The documents of readable consents."""
    return SignedDocument.objects.filter(consent__in=readable_consents(by, at))


@dataclass(frozen=True)
class Preview:
    """What a member of another agency would get of the own agency's records; categories and reasons, never content."""

    ledger_id: UUID
    agency: str
    role: str
    purpose: str
    at: datetime
    lines: tuple[Line, ...]


def preview(
    *,
    by: Membership,
    person_id: UUID,
    agency: Agency,
    role: str,
    purpose: str,
    moment: datetime,
    channel: str,
    at: datetime,
) -> Preview:
    """Answer "what would they see?" with the real gate, as of `moment`, and ledger the question as an oversight view.

    Raises NotAllowed without the duty, NotFound for a person the own agency has no readable record of.
    """
    require(by.roles, Duty.MANAGE_CONSENT)
    person_id = standing_for(person_id)
    if not readable_people(by, at).filter(person=person_id).exists():
        raise refuse_reading(by=by, channel=channel, at=at, searched=str(person_id))
    nobody = UUID(int=0)
    imagined = Membership(agency=agency, roles=[role], member_id=nobody)
    imagined.pk = nobody
    asker = asker_of(imagined, purpose=purpose, incident_ref="preview", is_imagined=True, has_described=True)
    lines = explain(asker, gather(asker, person_id, moment), moment, by.agency_id)
    ledger_id = write_entry(
        by=by,
        outcome=LedgerEntry.Outcome.PREVIEWED,
        channel=channel,
        at=at,
        person_id=person_id,
        reason_given=f"preview for agency {agency.pk}, {role}, {purpose}, at {moment.isoformat()}",
        bases=[
            {
                "custodian": str(by.agency_id),
                "category": line.category,
                "basis": line.basis,
                "form": line.form,
            }
            for line in lines
            if line.opens
        ],
    )
    return Preview(ledger_id, agency.name, role, purpose, moment, lines)


@dataclass(frozen=True)
class Receipt:
    """That another agency received categories of the own agency's records, when and for what."""

    at: datetime
    agency: str
    purpose: str
    categories: tuple[str, ...]


def disclosed_to_others(by: Membership, person_id: UUID, *, most: int = 50) -> list[Receipt]:
    """Who received what of the own agency's records about a person, newest first (45 CFR 164.528).

    Read only after the person was found by `readable_people`; the caller notes the reading.
    """
    ledger = ledger_about(person_id)
    released = LedgerEntry.objects.filter(
        ledger.rows, outcome=LedgerEntry.Outcome.RELEASED, custodians__contains=[by.agency_id]
    ).exclude(agency=by.agency)
    rows = ledger.about(released.select_related("agency").order_by("-id")[:most])
    return [Receipt(row.at, row.agency.name, row.purpose, tuple(row.categories)) for row in rows]


def person_of(by: Membership, person_id: UUID, at: datetime) -> Person | None:
    """A person of the own agency, or who stands for them since a merge; or None."""
    known = readable_people(by, at).filter(person=person_id).select_related("person").first()
    if known is not None:
        return known.person
    survivor_id = standing_for(person_id)
    return None if survivor_id == person_id else person_of(by, survivor_id, at)
