"""How the verbs of an amendment take hold of it and its contact, and for whom (5.4, 5.6)."""

from uuid import UUID

from continuity.agencies.models import Membership
from continuity.agencies.roles import Duty, duties_of
from continuity.crisis.amended_values import CLINICAL
from continuity.crisis.contact_fields import is_clinician
from continuity.crisis.models import ContactAmendment, CrisisContact
from continuity.crisis.moves import locked, require_either
from continuity.crisis.rows import locked_contact, not_found
from continuity.errors import Conflict, NotAllowed

OF_THE_PERSON = (ContactAmendment.Requester.PATIENT, ContactAmendment.Requester.REPRESENTATIVE)


def amendable_contact(by: Membership, contact_id: UUID, version: int | None) -> CrisisContact:
    """A final contact of the own agency, locked. Raises NotFound, Stale, Conflict when it is not final."""
    contact = locked_contact(by, contact_id, version)
    if contact.record_status not in CrisisContact.READABLE and not is_author(by, contact):
        raise not_found()
    refuse_unless_final(contact)
    return contact


def refuse_unless_final(contact: CrisisContact) -> None:
    if contact.record_status not in CrisisContact.READABLE:
        raise Conflict("not_final", "Only a final contact is amended.")


def is_author(by: Membership, contact: CrisisContact) -> bool:
    return contact.author_id == by.pk


def corrects_records(by: Membership) -> bool:
    return Duty.CORRECT_RECORD in duties_of(by.roles)


def of_author_or_corrector(by: Membership, amendment_id: UUID, version: int | None) -> ContactAmendment:
    """An amendment of the own agency, locked, for the author of its contact and for who corrects records."""
    require_either(by, Duty.CORRECT_RECORD, Duty.RECORD_CONTACT)
    amendment = locked(ContactAmendment, by, amendment_id, version)
    if not is_author(by, amendment.contact) and not corrects_records(by):
        raise not_found()
    return amendment


def to_decide(by: Membership, amendment_id: UUID, version: int | None) -> ContactAmendment:
    """For who reviews: the author the agency's and the own requests; those of the person always somebody else."""
    amendment = of_author_or_corrector(by, amendment_id, version)
    if amendment.requested_by in OF_THE_PERSON and is_author(by, amendment.contact):
        raise NotAllowed(
            "own_contact", "Somebody else decides what the person asks about a contact of your own."
        )
    return amendment


def to_apply(by: Membership, amendment_id: UUID, version: int | None) -> ContactAmendment:
    """For the author and who corrects records; a clinical field for any clinician of the agency."""
    require_either(by, Duty.CORRECT_RECORD, Duty.RECORD_CONTACT)
    amendment = locked(ContactAmendment, by, amendment_id, version)
    is_theirs = is_author(by, amendment.contact) or corrects_records(by)
    if not is_theirs and not (amendment.field in CLINICAL and is_clinician(by)):
        raise not_found()
    return amendment
