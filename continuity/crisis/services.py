"""Record crisis contacts and what the next responder should know."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from continuity.agencies.models import Membership
from continuity.agencies.roles import Duty, Role, require
from continuity.crisis import vocabulary as v
from continuity.crisis.models import (
    FLAG_LIFETIME,
    ClinicalNarrative,
    CrisisContact,
    DeescalationTip,
    ResponsePlan,
    SafetyFlag,
    SudSegment,
)
from continuity.crisis.signals import contact_finalised
from continuity.errors import Conflict, Invalid, NotAllowed, NotFound
from continuity.people.models import Person
from continuity.people.services import note_own_record

_CLINICAL = {Role.EMBEDDED_CLINICIAN, Role.MOBILE_CLINICIAN, Role.TREATMENT_CLINICIAN}
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
    contact_number: str,
    occurred_at: datetime,
    at: datetime,
    person: Person | None = None,
    narrative: str = "",
    sud_text: str = "",
    **fields: Any,
) -> CrisisContact:
    """Start the draft of a contact of the author's agency, with narrative and SUD segment as rows of their own.

    Raises NotAllowed without the duty, or for clinical text by somebody who is no clinician and force reports by
    somebody outside law enforcement (5.4); Invalid for a contact in the future.
    """
    require(by.roles, Duty.RECORD_CONTACT)
    if occurred_at > at:
        raise Invalid("in_the_future", "A contact cannot lie in the future.", field="occurred_at")
    if (narrative or sud_text) and not _CLINICAL & set(by.roles):
        raise NotAllowed("clinical_fields", "Only clinicians write clinical text.")
    if "use_of_force" in fields and not by.agency.is_law_enforcement:
        raise NotAllowed("law_enforcement_fields", "Only law enforcement reports use of force.")
    contact = CrisisContact.objects.create(
        custodian=by.agency,
        author=by,
        contact_number=contact_number,
        person=person,
        occurred_at=occurred_at,
        recorded_at=at,
        **(_ASKED_NOBODY | fields),
    )
    if narrative:
        ClinicalNarrative.objects.create(contact=contact, text=narrative)
    if sud_text:
        SudSegment.objects.create(contact=contact, text=sud_text)
    if person:
        note_own_record(person.pk, by.agency)
    return contact


@transaction.atomic
def finalise_contact(*, by: Membership, contact_id: UUID, at: datetime) -> CrisisContact:
    """Make the author's draft final: from now on others may be shown it and nothing is edited in place.

    Raises NotFound for somebody else's contact, Conflict when it is no draft.
    """
    require(by.roles, Duty.RECORD_CONTACT)
    contact = CrisisContact.objects.select_for_update().filter(pk=contact_id, author=by).first()
    if contact is None:
        raise NotFound("not_found", "There is no such record.")
    if contact.record_status != CrisisContact.RecordStatus.DRAFT:
        raise Conflict("not_a_draft", "This contact is not a draft.")
    contact.record_status, contact.finalised_at = CrisisContact.RecordStatus.FINAL, at
    contact.save()
    contact_finalised.send(CrisisContact, contact=contact)
    return contact


@transaction.atomic
def propose_flag(
    *, by: Membership, person: Person, kind: str, basis: str, observed_at: datetime, **fields: Any
) -> SafetyFlag:
    """Propose a safety flag from an observation; it expires 90 days after it (P-6)."""
    require(by.roles, Duty.PROPOSE_FLAG)
    note_own_record(person.pk, by.agency)
    return SafetyFlag.objects.create(
        person=person,
        custodian=by.agency,
        proposed_by=by,
        kind=kind,
        **_standing(by, basis, observed_at),
        **fields,
    )


@transaction.atomic
def approve_flag(*, by: Membership, flag_id: UUID) -> SafetyFlag:
    """Let a proposed flag of the own agency show. Raises Conflict for the own proposal or another state."""
    require(by.roles, Duty.APPROVE_FLAG)
    flag = SafetyFlag.objects.select_for_update().filter(pk=flag_id, custodian=by.agency).first()
    if flag is None:
        raise NotFound("not_found", "There is no such record.")
    if flag.status != SafetyFlag.Status.PROPOSED or flag.proposed_by_id == by.pk:
        raise Conflict("not_approvable", "Somebody else must approve a proposed flag.")
    flag.status, flag.approved_by = SafetyFlag.Status.ACTIVE, by
    flag.save()
    return flag


@transaction.atomic
def record_tip(
    *, by: Membership, person: Person, kind: str, basis: str, observed_at: datetime, text: str, **fields: Any
) -> DeescalationTip:
    """Record what calms the person, or what to avoid; it expires 90 days after it was seen."""
    require(by.roles, Duty.PROPOSE_FLAG)
    note_own_record(person.pk, by.agency)
    return DeescalationTip.objects.create(
        person=person,
        custodian=by.agency,
        recorded_by=by,
        status=DeescalationTip.Status.ACTIVE,
        kind=kind,
        text=text,
        **_standing(by, basis, observed_at),
        **fields,
    )


@transaction.atomic
def approve_plan(
    *, by: Membership, author: Membership, person: Person, at: datetime, **content: Any
) -> ResponsePlan:
    """Put a response plan of the own agency in force for 180 days, superseding the former one.

    Raises NotAllowed without the duty, Invalid when the author approves it (5.5).
    """
    require(by.roles, Duty.APPROVE_FLAG)
    if by.pk == author.pk:
        raise Invalid("approver_is_author", "Somebody else must approve the plan.")
    for former in ResponsePlan.objects.select_for_update().filter(
        person=person, custodian=by.agency, status=ResponsePlan.Status.ACTIVE
    ):
        former.status = ResponsePlan.Status.SUPERSEDED
        former.save()
    note_own_record(person.pk, by.agency)
    return ResponsePlan.objects.create(
        person=person,
        custodian=by.agency,
        author=author,
        approved_by=by,
        approved_at=at,
        status=ResponsePlan.Status.ACTIVE,
        **({"expires_at": at + 2 * FLAG_LIFETIME} | content),
    )


def _standing(by: Membership, basis: str, observed_at: datetime) -> dict[str, Any]:
    return {
        "basis": basis,
        "source_role": by.roles[0],
        "first_observed_at": observed_at,
        "last_confirmed_at": observed_at,
        "expires_at": observed_at + FLAG_LIFETIME,
    }
