"""The verbs of a consent from its draft until it is in force; `endings` holds those that end it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import transaction

from continuity.agencies.models import Agency, Member, Membership
from continuity.agencies.roles import Duty, Role, require
from continuity.agencies.services import pack_in_force, rules_for
from continuity.consents.documents import attach_document
from continuity.consents.elements import Check, Paper, Party, Stage, age_on, checklist, lacking
from continuity.consents.endings import end
from continuity.consents.forms import shown_form
from continuity.consents.models import Consent, ConsentContact, ConsentRecipient, SignedDocument
from continuity.consents.rows import locked, refuse_unless
from continuity.errors import Conflict, Incomplete, Invalid, NotAllowed
from continuity.people.models import Person
from continuity.people.services import note_own_record

# What a draft may say, and what signing adds. Everything else is written by the verbs themselves.
# fmt: off
CONTENT = frozenset({
    "instrument", "categories", "information_description", "disclosing_description", "existence_may_be_confirmed",
    "part2_included", "record_window", "purposes", "purpose_text", "starts_at", "expires_at", "expiry_event",
    "revocation_method", "states_right_to_revoke", "states_reliance_exception", "states_no_conditioning",
    "states_redisclosure_risk", "states_tpo_redisclosure", "states_refusal_consequence", "covers_counselling_notes",
    "covers_proceedings", "form_language", "interpreter", "releasing_member",
})
SIGNATURE = frozenset({
    "signer_name", "signer_capacity", "authority_document", "signature_method", "signed_at", "witness_name",
    "interpreter", "copy_given_at", "collection_context",
})
# fmt: on
_RESPONDERS = {Role.OFFICER, Role.DISPATCHER}
_Status = Consent.Status


@dataclass(frozen=True)
class Recipient:
    """To whom, and which of the consent's categories; exactly one of agency, member, third_party or neither (class)."""

    categories: Sequence[str]
    agency: Agency | None = None
    member: Member | None = None
    third_party: str = ""

    @property
    def kind(self) -> ConsentRecipient.Kind:
        if self.agency:
            return ConsentRecipient.Kind.AGENCY
        if self.member:
            return ConsentRecipient.Kind.MEMBER
        kinds = ConsentRecipient.Kind
        return kinds.THIRD_PARTY if self.third_party else kinds.TREATING_PROVIDERS


@transaction.atomic
def draft_consent(
    *,
    by: Membership,
    person: Person,
    disclosing_agencies: Sequence[Agency],
    recipients: Iterable[Recipient],
    at: datetime,
    contacts: Iterable[UUID] = (),
    custodian: Agency | None = None,
    **content: Any,
) -> Consent:
    """Begin a consent; gaps are allowed until it is proposed.

    `custodian` is whoever will keep the paper, the own agency unless an officer collects where the pack lets officers
    do so (P-9). Raises NotAllowed for law enforcement otherwise, or without the duty; Invalid for an unknown field.
    """
    custodian = custodian or by.agency
    _require_collector(by, custodian, at)
    _refuse_unknown(content, CONTENT)
    consent = Consent.objects.create(
        person=person,
        custodian=custodian,
        collected_by=by.member,
        **{"starts_at": at, "form_language": person.language or "en"} | content,
    )
    _write_parties(consent, disclosing_agencies, recipients, contacts)
    note_own_record(person.pk, custodian)
    return consent


@transaction.atomic
def redraft_consent(
    *,
    by: Membership,
    consent_id: UUID,
    disclosing_agencies: Sequence[Agency],
    recipients: Iterable[Recipient],
    contacts: Iterable[UUID] = (),
    version: int | None = None,
    **content: Any,
) -> Consent:
    """Write a draft anew. Raises as `draft_consent`; Conflict unless it is a draft, Stale when it was changed."""
    require(by.roles, Duty.COLLECT_CONSENT)
    _refuse_unknown(content, CONTENT)
    consent = locked(by, consent_id, version)
    refuse_unless(consent, _Status.DRAFT)
    for name, value in content.items():
        setattr(consent, name, value)
    for recipient in consent.recipients.all():
        recipient.delete()
    for named in consent.specific_contacts.all():
        named.delete()
    consent.save()
    _write_parties(consent, disclosing_agencies, recipients, contacts)
    return consent


@transaction.atomic
def propose_consent(*, by: Membership, consent_id: UUID, at: datetime, version: int | None = None) -> Consent:
    """Put a draft before the person: complete in content, and its form kept as shown (P-10).

    Raises Incomplete with every missing element and its section of law; NotAllowed, NotFound, Conflict, Stale.
    """
    require(by.roles, Duty.COLLECT_CONSENT)
    consent = locked(by, consent_id, version)
    refuse_unless(consent, _Status.DRAFT)
    _refuse_lacking(consent, at, Stage.CONTENT)
    form = shown_form(consent, at)
    consent.form_template, consent.form_version, consent.shown_text = form.template, form.version, form.text
    consent.status, consent.proposed_at = _Status.PROPOSED, at
    consent.save()
    return consent


@transaction.atomic
def return_to_draft(*, by: Membership, consent_id: UUID, version: int | None = None) -> Consent:
    """Take a proposal back, because the form must say something else; what was signed under it goes."""
    require(by.roles, Duty.COLLECT_CONSENT)
    consent = locked(by, consent_id, version)
    refuse_unless(consent, _Status.PROPOSED)
    consent.status, consent.shown_text, consent.proposed_at = _Status.DRAFT, "", None
    consent.signed_at = consent.copy_given_at = consent.clinician_approved_at = None
    consent.signer_name = consent.signature_method = consent.collection_context = ""
    consent.signer_capacity, consent.authority_document, consent.witness_name = (
        Consent.SignerCapacity.SELF,
        "",
        "",
    )
    consent.capacity_attested_by = consent.clinician_approved_by = None
    consent.save()
    return consent


@transaction.atomic
def record_signature(
    *,
    by: Membership,
    consent_id: UUID,
    attests_capacity: bool,
    version: int | None = None,
    **signature: Any,
) -> Consent:
    """Write down who signed the proposed form, when, where and how; evidence is attached apart.

    `attests_capacity` is the word of `by` that the signer understood it (L-28). Raises Invalid for an unknown field;
    NotAllowed, NotFound, Conflict, Stale.
    """
    require(by.roles, Duty.COLLECT_CONSENT)
    _refuse_unknown(signature, SIGNATURE)
    consent = locked(by, consent_id, version)
    refuse_unless(consent, _Status.PROPOSED)
    for name, value in signature.items():
        setattr(consent, name, value)
    consent.capacity_attested_by = by.member if attests_capacity else None
    consent.save()
    return consent


@transaction.atomic
def approve_as_clinician(
    *, by: Membership, consent_id: UUID, at: datetime, version: int | None = None
) -> Consent:
    """The clinician in charge approves or confirms (W&I 5328(b), P-9). Raises NotAllowed, NotFound, Conflict, Stale."""
    require(by.roles, Duty.APPROVE_CONSENT)
    consent = locked(by, consent_id, version)
    refuse_unless(consent, _Status.PROPOSED)
    consent.clinician_approved_by, consent.clinician_approved_at = by.member, at
    consent.save()
    return consent


@transaction.atomic
def activate_consent(
    *,
    by: Membership,
    consent_id: UUID,
    at: datetime,
    supersedes: Iterable[UUID] = (),
    version: int | None = None,
) -> Consent:
    """Verify a signed consent as a second person and put it in force; what it supersedes ends in the same moment.

    Raises Incomplete with every missing element; Invalid for a verifier who is the collector; NotAllowed, NotFound,
    Conflict, Stale.
    """
    require(by.roles, Duty.MANAGE_CONSENT)
    consent = locked(by, consent_id, version)
    refuse_unless(consent, _Status.PROPOSED)
    if by.member_id in (consent.collected_by_id, consent.capacity_attested_by_id):
        raise Invalid(
            "verifier_is_collector",
            "A second person of the agency must verify the consent.",
            field="verified_by",
        )
    _refuse_lacking(consent, at, Stage.SIGNATURE)
    pack = pack_in_force(consent.custodian, at)
    consent.status, consent.verified_by = _Status.ACTIVE, by.member
    consent.pack = f"{pack.code}-{pack.number}" if pack else ""
    consent.save()
    for old_id in sorted(supersedes):
        old = locked(by, old_id)
        if old.person_id != consent.person_id or old.pk == consent.pk:
            raise Invalid(
                "another_person", "A consent supersedes only those of the same person.", field="supersedes"
            )
        if old.status != _Status.ACTIVE:
            raise Conflict("not_active", "A consent to be superseded is not active any more.")
        old.superseded_by = consent
        end(old, Consent.InactiveReason.SUPERSEDED, at=at, by=by.member, note="")
    return consent


@transaction.atomic
def reject_consent(*, by: Membership, consent_id: UUID, version: int | None = None) -> Consent:
    """The person said no; kept because it proves the offer, told to nobody (P-9)."""
    require(by.roles, Duty.COLLECT_CONSENT)
    consent = locked(by, consent_id, version)
    refuse_unless(consent, _Status.PROPOSED)
    consent.status = _Status.REJECTED
    consent.save()
    return consent


@transaction.atomic
def record_signed_consent(
    *,
    by: Membership,
    person: Person,
    disclosing_agencies: Sequence[Agency],
    recipients: Iterable[Recipient],
    at: datetime,
    verified_by: Membership,
    signed_form: bytes,
    approved_by: Membership | None = None,
    **elements: Any,
) -> Consent:
    """The whole way in one step, for a form that came in signed while collector and verifier are both at hand.

    `elements` are those of content and signature. Raises as the verbs it is made of.
    """
    signature = {"signed_at": at} | {
        name: elements.pop(name) for name in SIGNATURE - CONTENT if name in elements
    }
    consent = draft_consent(
        by=by,
        person=person,
        disclosing_agencies=disclosing_agencies,
        recipients=recipients,
        at=signature["signed_at"],
        **elements,
    )
    if verified_by.agency_id != by.agency_id:
        raise Invalid(
            "verifier_is_collector",
            "A second person of the agency must verify the consent.",
            field="verified_by",
        )
    propose_consent(by=by, consent_id=consent.pk, at=at)
    record_signature(by=by, consent_id=consent.pk, attests_capacity=True, **signature)
    attach_document(
        by=by, consent_id=consent.pk, kind=SignedDocument.Kind.SIGNED_FORM, content=signed_form, at=at
    )
    if approved_by:
        approve_as_clinician(by=approved_by, consent_id=consent.pk, at=at)
    return activate_consent(by=verified_by, consent_id=consent.pk, at=at)


def whats_lacking(consent: Consent, at: datetime, stage: Stage = Stage.SIGNATURE) -> tuple[Invalid, ...]:
    """What keeps a consent from its next step, for the desk that completes it."""
    return lacking(_paper_of(consent), rules_for(consent.custodian, at), at, stage)


def elements_of(consent: Consent, at: datetime) -> tuple[Check, ...]:
    """Every element the law wants of this consent, with its section and whether it is there."""
    return checklist(_paper_of(consent), rules_for(consent.custodian, at))


def _require_collector(by: Membership, custodian: Agency, at: datetime) -> None:
    by_officers = rules_for(custodian, at).officers_may_collect and not custodian.is_law_enforcement
    if by_officers and _RESPONDERS & set(by.roles):
        return
    if by.agency.is_law_enforcement:
        raise NotAllowed("collector_is_law_enforcement", "Law enforcement may not collect consents.")
    require(by.roles, Duty.COLLECT_CONSENT)
    if custodian.pk != by.agency_id:
        raise NotAllowed("not_your_agency", "Consents are kept by the agency that collects them.")


def _refuse_unknown(given: dict[str, Any], known: frozenset[str]) -> None:
    for name in given.keys() - known:
        raise Invalid("unknown_field", f"A consent has no {name} to be written here.", field=name)
    for name, value in given.items():
        field = Consent._meta.get_field(name)
        several = isinstance(field, ArrayField)
        choices = getattr(field.base_field if isinstance(field, ArrayField) else field, "choices", None)
        chosen = (value or []) if several else [value] if value else []
        if choices and set(chosen) - {choice for choice, _ in choices}:
            raise Invalid("no_such_choice", f"{name} is none of its choices.", field=name)


def _refuse_lacking(consent: Consent, at: datetime, stage: Stage) -> None:
    if errors := whats_lacking(consent, at, stage):
        raise Incomplete(errors)


def _write_parties(
    consent: Consent,
    disclosing_agencies: Sequence[Agency],
    recipients: Iterable[Recipient],
    contacts: Iterable[UUID],
) -> None:
    consent.disclosing_agencies.set(disclosing_agencies)
    for recipient in recipients:
        ConsentRecipient.objects.create(
            consent=consent,
            kind=recipient.kind,
            agency=recipient.agency,
            member=recipient.member,
            third_party_name=recipient.third_party,
            categories=list(recipient.categories),
        )
    for contact_id in contacts:
        ConsentContact.objects.create(consent=consent, contact_id=contact_id)


def _paper_of(consent: Consent) -> Paper:
    parties = consent.recipients.filter(revoked_at=None).select_related("agency", "member")
    day = consent.custodian.local(consent.signed_at or consent.starts_at).date()
    collector = consent.collected_by
    return Paper(
        instrument=consent.instrument,
        said={field.name: getattr(consent, field.attname) for field in Consent._meta.concrete_fields},
        disclosing=consent.disclosing_agencies.count(),
        recipients=tuple(
            Party(party.kind, frozenset(party.categories), _is_law_enforcement(party)) for party in parties
        ),
        contacts=consent.specific_contacts.count(),
        regimes=frozenset(consent.custodian.legal_regimes),
        documents=_evidence(consent),
        age=age_on(consent.person.birth_date, day),
        person_language=consent.person.language,
        interpreter_needed=consent.person.interpreter_needed,
        # Whoever does not work for the custodian was let in by its pack: an officer (P-9).
        collector_is_law_enforcement=collector is not None
        and all(works.agency_id != consent.custodian_id for works in collector.all_memberships),
    )


def _evidence(consent: Consent) -> frozenset[str]:
    """Kinds of documents that show this form: what was attached before it was taken back shows another one."""
    attached = consent.documents.all()
    if consent.proposed_at:
        attached = attached.filter(attached_at__gte=consent.proposed_at)
    return frozenset(attached.values_list("kind", flat=True))


def _is_law_enforcement(party: ConsentRecipient) -> bool:
    if party.agency:
        return party.agency.is_law_enforcement
    return party.member is not None and any(
        works.agency.is_law_enforcement for works in party.member.all_memberships
    )
