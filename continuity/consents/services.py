"""The verbs of a consent. This issue's flows need recording an active one and revoking it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from continuity.agencies.models import Agency, Member, Membership
from continuity.agencies.roles import Duty, require
from continuity.consents.models import Consent, ConsentRecipient
from continuity.consents.signals import consent_ended
from continuity.errors import Conflict, Invalid, NotAllowed, NotFound
from continuity.people.models import Person
from continuity.people.services import note_own_record

_UNDER_CONSTRAINT = (Consent.Context.ON_HOLD, Consent.Context.IN_CUSTODY)


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
def record_signed_consent(
    *,
    by: Membership,
    person: Person,
    disclosing_agencies: Sequence[Agency],
    recipients: Iterable[Recipient],
    at: datetime,
    verified_by: Membership,
    **elements: Any,
) -> Consent:
    """Record a consent that was signed and verified by a second member, active at once.

    Raises NotAllowed without the duty or from a law-enforcement agency (P-9); Invalid for a verifier who is the
    collector, a signature in custody, a missing element (L-6), an empty scope, or police reached otherwise than by
    the name of their agency (L-7).
    """
    require(by.roles, Duty.MANAGE_CONSENT)
    if by.agency.is_law_enforcement:
        raise NotAllowed("collector_is_law_enforcement", "Law enforcement may not collect consents.")
    if by.member_id == verified_by.member_id or by.agency_id != verified_by.agency_id:
        raise Invalid(
            "verifier_is_collector",
            "A second person of the agency must verify the consent.",
            field="verified_by",
        )
    if not verified_by.has_duty(Duty.MANAGE_CONSENT):
        raise NotAllowed("duty_missing", "Whoever verifies a consent must be one who manages consents.")
    recipients = list(recipients)
    elements = {"starts_at": at, "signed_at": at} | elements
    _refuse_incomplete(elements, at)
    _refuse_scope(disclosing_agencies, recipients)
    consent = Consent.objects.create(
        person=person,
        custodian=by.agency,
        collected_by=by.member,
        verified_by=verified_by.member,
        status=Consent.Status.ACTIVE,
        **elements,
    )
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
    note_own_record(person.pk, by.agency)
    return consent


def _refuse_incomplete(elements: dict[str, Any], at: datetime) -> None:
    """What a consent must carry before it may be relied on (L-6 elements 3, 5, 7, 8; L-9; L-10; L-28; P-9)."""
    on_paper_elsewhere = elements.get("signature_method") == Consent.SignatureMethod.HELD_BY_SOURCE
    is_part2_form = elements["instrument"] in Consent.PART2_INSTRUMENTS or on_paper_elsewhere
    ends = elements.get("expires_at")
    is_self = elements.get("signer_capacity", "self") == Consent.SignerCapacity.SELF
    refusals = (
        (not elements.get("categories"), "empty_scope", "categories", "Say which information may be told."),
        (not elements.get("purposes"), "empty_scope", "purposes", "Say what the information is for."),
        (not ends and not elements.get("expiry_event"), "no_end", "expires_at", "Say when the consent ends."),
        (ends and ends <= at, "already_expired", "expires_at", "This consent has expired already."),
        (elements["signed_at"] > at, "in_the_future", "signed_at", "A signature cannot lie in the future."),
        (
            elements.get("part2_included") and not is_part2_form,
            "not_a_part2_form",
            "part2_included",
            "This form cannot include SUD records.",
        ),
        (
            not is_self and not elements.get("authority_document"),
            "no_authority",
            "authority_document",
            "Show the authority of whoever signed for the person.",
        ),
        (
            elements.get("collection_context") in _UNDER_CONSTRAINT,
            "signed_under_hold_or_custody",
            "collection_context",
            "A consent may not be signed on a hold or in custody.",
        ),
    )
    for is_wrong, code, field, sentence in refusals:
        if is_wrong:
            raise Invalid(code, sentence, field=field)


def _refuse_scope(disclosing_agencies: Sequence[Agency], recipients: Sequence[Recipient]) -> None:
    if not recipients or not disclosing_agencies:
        raise Invalid("empty_scope", "Name who may disclose and who may receive.", field="recipients")
    named = [recipient.member for recipient in recipients if recipient.member]
    if any(works.agency.is_law_enforcement for member in named for works in member.all_memberships):
        raise Invalid(
            "police_by_name_of_agency", "Name the police agency, not a person in it.", field="recipients"
        )


@transaction.atomic
def revoke_consent(*, by: Membership, consent_id: UUID, note: str, at: datetime) -> Consent:
    """End a consent at the person's word; the next read already refuses (L-10, L-12).

    Raises NotAllowed without the duty, NotFound outside the own agency, Conflict when it is not active.
    """
    require(by.roles, Duty.MANAGE_CONSENT)
    consent = _locked(by, consent_id)
    if consent.status != Consent.Status.ACTIVE:
        raise Conflict("not_active", "This consent is not active; there is nothing to revoke.")
    _end(consent, Consent.InactiveReason.REVOKED, at=at, by=by.member, note=note)
    return consent


@transaction.atomic
def revoke_recipient(
    *, by: Membership, consent_id: UUID, recipient_id: UUID, note: str, at: datetime
) -> ConsentRecipient:
    """End the consent toward one recipient and leave the rest standing (L-12).

    Raises as `revoke_consent`; NotFound for a recipient of another consent, Conflict when already revoked.
    """
    require(by.roles, Duty.MANAGE_CONSENT)
    consent = _locked(by, consent_id)
    recipient = consent.recipients.filter(pk=recipient_id).first()
    if recipient is None:
        raise NotFound("not_found", "There is no such record.")
    if consent.status != Consent.Status.ACTIVE or recipient.revoked_at is not None:
        raise Conflict("not_active", "This recipient has no active consent; there is nothing to revoke.")
    recipient.revoked_at, recipient.revoked_by, recipient.revoked_note = at, by.member, note
    recipient.save()
    consent_ended.send(Consent, consent=consent, recipients=[recipient])
    return recipient


@transaction.atomic
def expire_consent(*, consent_id: UUID, at: datetime) -> bool:
    """Mark a consent whose time is over; housekeeping only, reads never waited for it. True if it changed."""
    consent = Consent.objects.select_for_update().get(pk=consent_id)
    if consent.status != Consent.Status.ACTIVE or consent.expires_at is None or consent.expires_at > at:
        return False
    _end(consent, Consent.InactiveReason.EXPIRED, at=consent.expires_at, by=None, note="")
    return True


@transaction.atomic
def end_as_its_source_says(*, consent_id: UUID, reason: str, ended_at: datetime) -> None:
    """End an active consent because the custodian's own file says that it ended; the file may end, never revive."""
    consent = Consent.objects.select_for_update().get(pk=consent_id)
    if consent.status == Consent.Status.ACTIVE:
        _end(consent, Consent.InactiveReason(reason), at=ended_at, by=None, note="")


def _locked(by: Membership, consent_id: UUID) -> Consent:
    consent = Consent.objects.select_for_update().filter(pk=consent_id, custodian=by.agency).first()
    if consent is None:
        raise NotFound("not_found", "There is no such record.")
    return consent


def _end(
    consent: Consent, reason: Consent.InactiveReason, *, at: datetime, by: Member | None, note: str
) -> None:
    consent.status, consent.inactive_reason = Consent.Status.INACTIVE, reason
    consent.ended_at, consent.ended_by, consent.ended_note = at, by, note
    consent.save()
    consent_ended.send(Consent, consent=consent, recipients=list(consent.recipients.filter(revoked_at=None)))
