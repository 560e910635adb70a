"""Record crisis contacts: draft, final, cancelled, in error; what a final one says is amended elsewhere (5.4)."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, Literal
from uuid import UUID

from django.db import transaction

from continuity.agencies.models import Membership
from continuity.agencies.roles import Duty, duties_of, require
from continuity.agencies.services import rules_for
from continuity.crisis import vocabulary as v
from continuity.crisis.contact_fields import (
    cleaned,
    is_clinician,
    open_ends,
    refuse_anothers_part,
    refuse_impossible_times,
    refuse_long_texts,
)
from continuity.crisis.models import ClinicalNarrative, CrisisContact, Episode, SudSegment
from continuity.crisis.moves import require_either, stated
from continuity.crisis.rows import episode_of, locked_contact, new_number, not_found, own_contacts
from continuity.crisis.signals import contact_finalised
from continuity.crisis.wording import tells_of_substance_use
from continuity.errors import Conflict, Incomplete
from continuity.people.models import Person
from continuity.people.services import note_own_record, refuse_dead

_Status = CrisisContact.RecordStatus


class Unset(Enum):
    """Leaves a value as it is, where None says something."""

    UNSET = "unset"


UNSET = Unset.UNSET
Texts = tuple[tuple[type[ClinicalNarrative] | type[SudSegment], str | None], ...]
_LONGEST_REASON = 200  # characters
_NOT_FINISHED = "Nobody finished it within 30 days."
# A contact that is written down at once says of what nobody asked that nobody asked.
_ASKED_NOBODY: dict[str, Any] = {
    "risk_level": v.RiskLevel.NOT_ASSESSED,
    "existing_treatment": v.ExistingTreatment.NOT_ASKED,
    "hold_status": v.HoldStatus.NOT_APPLICABLE,
    "le_dispatched": v.YesNoUnknown.UNKNOWN,
    "referral_offered": v.YesNoUnknown.NOT_ASKED,
    "follow_up_required": v.YesNoUnknown.NOT_ASKED,
    "diverted_from": [v.DivertedFrom.UNDETERMINED],
}


@transaction.atomic
def record_contact(
    *,
    by: Membership,
    occurred_at: datetime,
    at: datetime,
    contact_number: str = "",
    person: Person | None = None,
    continues: UUID | None = None,
    narrative: str = "",
    sud_text: str = "",
    source_facts: Mapping[str, Any] | None = None,
    **fields: Any,
) -> CrisisContact:
    """Write a whole contact down as a draft of the author's agency; what was not asked says so.

    Raises as `start_draft`.
    """
    return _write_draft(
        by,
        at,
        person=person,
        episode=continues,
        texts=((ClinicalNarrative, narrative), (SudSegment, sud_text)),
        fields={"occurred_at": occurred_at} | _ASKED_NOBODY | fields,
        contact_number=contact_number,
        source_facts=dict(source_facts or {}),
    )


@transaction.atomic
def start_draft(
    *,
    by: Membership,
    at: datetime,
    person: Person | None = None,
    occurred_at: datetime | None = None,
    continues: UUID | None = None,
    narrative: str = "",
    sud_text: str = "",
    **fields: Any,
) -> CrisisContact:
    """Start a contact with gaps, in an episode of its own or in that of the own contact which it `continues`.

    Raises NotAllowed without the duty, for clinical fields by somebody who is no clinician, and for force and arrests
    by somebody outside law enforcement (5.4); NotFound for a foreign `continues`; Incomplete naming every field or
    value that a contact does not take; Invalid for a contact in the future.
    """
    return _write_draft(
        by,
        at,
        person=person,
        episode=continues,
        texts=((ClinicalNarrative, narrative), (SudSegment, sud_text)),
        fields=_unjudged(by) | {"occurred_at": occurred_at or at} | fields,
    )


@transaction.atomic
def start_draft_in(
    episode: Episode, *, by: Membership, at: datetime, occurred_at: datetime, **fields: Any
) -> CrisisContact:
    """Start an anonymous contact in an episode that reached the agency by a hand-off. Raises as `start_draft`."""
    texts: Texts = ((ClinicalNarrative, None), (SudSegment, None))
    fields = _unjudged(by) | {"occurred_at": occurred_at} | fields
    return _write_draft(by, at, person=None, episode=episode, texts=texts, fields=fields)


def _write_draft(
    by: Membership,
    at: datetime,
    *,
    person: Person | None,
    episode: Episode | UUID | None,
    texts: Texts,
    fields: Mapping[str, Any],
    contact_number: str = "",
    source_facts: Mapping[str, Any] | None = None,
) -> CrisisContact:
    require(by.roles, Duty.RECORD_CONTACT)
    kept = _checked(by, fields, texts)
    refuse_impossible_times(kept["occurred_at"], kept.get("ended_at"), at)
    if person:
        refuse_dead(person, by.agency, on=by.agency.local(kept["occurred_at"]).date())
    contact = CrisisContact.objects.create(
        custodian=by.agency,
        author=by,
        contact_number=contact_number or new_number(by.agency, at),
        person=person,
        episode=_episode(by, episode, kept["occurred_at"]),
        recorded_at=at,
        source_facts=source_facts or {},
        **kept,
    )
    _write_texts(contact, texts)
    if person:
        note_own_record(person.pk, by.agency)
    return contact


@transaction.atomic
def save_draft(
    *,
    by: Membership,
    contact_id: UUID,
    at: datetime,
    version: int | None = None,
    narrative: str | None = None,
    sud_text: str | None = None,
    person: Person | Literal[Unset.UNSET] | None = UNSET,
    **fields: Any,
) -> CrisisContact:
    """Write some fields of the author's own draft, or none of them; None leaves a text as it is, "" empties it.

    Raises as `start_draft`; NotFound for somebody else's, Conflict when it is no draft, Stale.
    """
    require(by.roles, Duty.RECORD_CONTACT)
    contact = _draft(by, contact_id, at, version)
    texts: Texts = ((ClinicalNarrative, narrative), (SudSegment, sud_text))
    for name, value in _checked(by, fields, texts).items():
        setattr(contact, name, value)
    refuse_impossible_times(contact.occurred_at, contact.ended_at, at)
    if person is not UNSET:
        if contact.person_id != (person.pk if person else None):
            contact.recorded_for = None
        contact.person = person
        if person:
            refuse_dead(person, by.agency, on=by.agency.local(contact.occurred_at).date())
            note_own_record(person.pk, by.agency)
    contact.save()
    _write_texts(contact, texts)
    return contact


@transaction.atomic
def finalise_contact(
    *, by: Membership, contact_id: UUID, at: datetime, version: int | None = None
) -> CrisisContact:
    """Make a draft final: from now on others may be shown it and nothing is edited in place.

    By its author; once overdue, by a supervisor of the agency as well. Raises NotAllowed, NotFound, Conflict when it
    is no draft, Stale; Incomplete naming each gap and each contradiction.
    """
    require_either(by, Duty.RECORD_CONTACT, Duty.SUPERVISE)
    return _finalise(_draft(by, contact_id, at, version, is_supervised=True), at)


@transaction.atomic
def finalise_overdue_draft(*, contact_id: UUID, at: datetime) -> bool:
    """Make a draft final that its author left complete (the 72 hour rule, 5.4). True if it is final now.

    Raises Incomplete when it is not complete: then somebody must look at it.
    """
    rows = CrisisContact.objects.select_for_update(of=("self",)).select_related("custodian")
    contact = rows.get(pk=contact_id)
    if contact.record_status != _Status.DRAFT or not is_overdue(contact, at):
        return False
    _finalise(contact, at)
    return True


def _finalise(contact: CrisisContact, at: datetime) -> CrisisContact:
    errors = list(open_ends(contact))
    if errors:
        raise Incomplete(errors)
    # What stayed in it turns the summary into SUD data, whatever its author thought (P-14).
    contact.is_part2 = contact.is_part2 or tells_of_substance_use(contact.operational_summary)
    contact.record_status, contact.finalised_at = _Status.FINAL, at
    contact.save()
    contact_finalised.send(CrisisContact, contact=contact)
    return contact


@transaction.atomic
def cancel_contact(
    *, by: Membership, contact_id: UUID, reason: str, at: datetime, version: int | None = None
) -> CrisisContact:
    """Cancel a draft that is not to become a record: by its author; once overdue, by a supervisor as well.

    Raises NotAllowed, NotFound, Conflict when it is no draft, Stale, Invalid without a reason.
    """
    require_either(by, Duty.RECORD_CONTACT, Duty.SUPERVISE)
    contact = _draft(by, contact_id, at, version, is_supervised=True)
    return _end(contact, _Status.CANCELLED, reason)


@transaction.atomic
def cancel_old_draft(*, contact_id: UUID, before: datetime) -> bool:
    """Cancel a draft that was begun `before` then and never finished (5.13). True if it changed."""
    contact = CrisisContact.objects.select_for_update(of=("self",)).get(pk=contact_id)
    if contact.record_status != _Status.DRAFT or contact.recorded_at > before:
        return False
    _end(contact, _Status.CANCELLED, _NOT_FINISHED)
    return True


@transaction.atomic
def mark_contact_error(
    *, by: Membership, contact_id: UUID, reason: str, at: datetime, version: int | None = None
) -> CrisisContact:
    """Mark a final contact as entered in error: kept, and shown to nobody but privacy staff (5.4).

    By its author, or by whoever corrects records of its custodian. Raises NotAllowed, NotFound, Conflict when it is
    not final, Stale, Invalid without a reason.
    """
    require_either(by, Duty.RECORD_CONTACT, Duty.CORRECT_RECORD)
    contact = locked_contact(by, contact_id, version)
    if contact.author_id != by.pk and Duty.CORRECT_RECORD not in duties_of(by.roles):
        raise not_found()
    if _Status.ENTERED_IN_ERROR not in CrisisContact.TRANSITIONS[_Status(contact.record_status)]:
        raise Conflict("not_final", "Only a final contact can be marked as entered in error.")
    return _end(contact, _Status.ENTERED_IN_ERROR, reason)


@transaction.atomic
def claim_contact(
    *, by: Membership, contact_id: UUID, person: Person, at: datetime, version: int | None = None
) -> CrisisContact:
    """Give an anonymous contact of the own agency its person, once (D-2). A draft is its author's to claim.

    Raises NotAllowed, NotFound, Stale; Conflict when it has a person, or was cancelled or entered in error.
    """
    require(by.roles, Duty.RECORD_CONTACT)
    contact = locked_contact(by, contact_id, version)
    if contact.author_id != by.pk and contact.record_status not in CrisisContact.READABLE:
        raise not_found()
    if contact.record_status in (_Status.CANCELLED, _Status.ENTERED_IN_ERROR):
        raise Conflict("closed", "This contact was cancelled or entered in error.")
    if contact.person_id is not None:
        raise Conflict("claimed_already", "This contact has a person already.")
    refuse_dead(person, by.agency, on=contact.custodian.local(contact.occurred_at).date())
    contact.person, contact.claimed_at = person, at
    contact.save()
    note_own_record(person.pk, by.agency)
    return contact


def is_overdue(contact: CrisisContact, at: datetime) -> bool:
    """Whether a draft has waited longer than its custodian's rules allow: elapsed hours, not days of a calendar."""
    hours = rules_for(contact.custodian, at).draft_final_hours
    return contact.recorded_at + timedelta(hours=hours) <= at


def _draft(
    by: Membership, contact_id: UUID, at: datetime, version: int | None, *, is_supervised: bool = False
) -> CrisisContact:
    contact = locked_contact(by, contact_id, version)
    supervises = is_supervised and Duty.SUPERVISE in duties_of(by.roles)
    if contact.author_id != by.pk and not supervises:
        raise not_found()
    if contact.record_status != _Status.DRAFT:
        raise Conflict("not_a_draft", "This contact is not a draft.")
    if contact.author_id != by.pk and not is_overdue(contact, at):
        raise Conflict("not_overdue", "Its author still has time to finish this contact.")
    return contact


def _end(contact: CrisisContact, status: CrisisContact.RecordStatus, reason: str) -> CrisisContact:
    contact.record_status, contact.status_reason = status, stated(reason, _LONGEST_REASON)
    contact.save()
    return contact


def _checked(by: Membership, fields: Mapping[str, Any], texts: Texts) -> dict[str, Any]:
    kept = cleaned(fields)
    (_, narrative), (_, sud_text) = texts
    refuse_anothers_part(by, kept, narrative, sud_text)
    refuse_long_texts(narrative=narrative, sud_text=sud_text)
    return kept


def _unjudged(by: Membership) -> dict[str, Any]:
    """A risk is not judged by whoever is no clinician, so it is no gap in their contact either."""
    return {} if is_clinician(by) else {"risk_level": v.RiskLevel.NOT_ASSESSED}


def _episode(by: Membership, episode: Episode | UUID | None, opened_at: datetime) -> Episode:
    """A new episode, the given one, or that of the own contact which is continued."""
    if episode is None:
        return Episode.objects.create(opened_at=opened_at)
    if isinstance(episode, Episode):
        return episode
    before = own_contacts(by).select_for_update(of=("self",)).filter(pk=episode).first()
    if before is None:
        raise not_found()
    return episode_of(before)


def _write_texts(contact: CrisisContact, texts: Texts) -> None:
    for model, text in texts:
        if text is None:
            continue
        row = model._default_manager.filter(contact=contact).first()
        if not text.strip():
            if row:
                row.delete()  # of a draft, that nobody else has seen
        elif row is None:
            model._default_manager.create(contact=contact, text=text)
        elif row.text != text:
            row.text = text
            row.save()
