"""How a consent ends: every end is effective at its commit, because reads ask the row and the clock (L-10, L-12)."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from continuity.agencies.models import Member, Membership
from continuity.agencies.roles import Duty, require
from continuity.consents.models import Consent, ConsentRecipient
from continuity.consents.rows import locked, refuse_unless
from continuity.consents.signals import consent_ended
from continuity.errors import Conflict, Invalid, NotFound

_Reason, _Status = Consent.InactiveReason, Consent.Status


@transaction.atomic
def revoke_consent(
    *, by: Membership, consent_id: UUID, note: str, at: datetime, version: int | None = None
) -> Consent:
    """End a consent at the person's written word, or paper a spoken one; the next read already refuses (L-12).

    Raises NotAllowed without the duty, NotFound outside the own agency, Conflict when it is not active, Stale.
    """
    require(by.roles, Duty.MANAGE_CONSENT)
    consent = locked(by, consent_id, version)
    refuse_unless(consent, _Status.ACTIVE)
    return end(consent, _Reason.REVOKED, at=at, by=by.member, note=note)


@transaction.atomic
def revoke_recipient(
    *,
    by: Membership,
    consent_id: UUID,
    recipient_id: UUID,
    note: str,
    at: datetime,
    version: int | None = None,
) -> ConsentRecipient:
    """End the consent toward one recipient and leave the rest standing (L-12).

    Raises as `revoke_consent`; NotFound for a recipient of another consent, Conflict when already revoked.
    """
    require(by.roles, Duty.MANAGE_CONSENT)
    consent = locked(by, consent_id, version)
    recipient = consent.recipients.filter(pk=recipient_id).first()
    if recipient is None:
        raise NotFound("not_found", "There is no such record.")
    if consent.status != _Status.ACTIVE or recipient.revoked_at is not None:
        raise Conflict("not_active", "This recipient has no active consent; there is nothing to revoke.")
    lost = [one for one in _standing(consent) if one == recipient]
    recipient.revoked_at, recipient.revoked_by, recipient.revoked_note = at, by.member, note
    recipient.save()
    consent.save()  # whoever holds the consent as it was before must look again
    consent_ended.send(Consent, consent=consent, recipients=lost)
    return recipient


@transaction.atomic
def suspend_consent(
    *, by: Membership, consent_id: UUID, note: str, at: datetime, version: int | None = None
) -> Consent:
    """Stop a consent at the person's spoken word; a written one follows by `revoke_consent` (L-12).

    Anyone who collects consents may hear it. Raises NotAllowed, NotFound, Conflict when there is nothing to stop.
    """
    require(by.roles, Duty.COLLECT_CONSENT)
    consent = locked(by, consent_id, version)
    refuse_unless(consent, _Status.ACTIVE)
    if consent.suspended_at is not None:
        raise Conflict("suspended_already", "This consent is suspended already.")
    lost = _standing(consent)
    consent.suspended_at, consent.suspended_by, consent.suspended_note = at, by.member, note
    consent.save()
    consent_ended.send(Consent, consent=consent, recipients=lost)
    return consent


@transaction.atomic
def lift_suspension(
    *, by: Membership, consent_id: UUID, note: str, at: datetime, version: int | None = None
) -> Consent:
    """Take a suspension back because the person wants the consent to stand; somebody else than who heard the stop.

    Raises NotAllowed, NotFound, Stale; Conflict when it is not suspended; Invalid by the same member or without a note.
    """
    require(by.roles, Duty.MANAGE_CONSENT)
    consent = locked(by, consent_id, version)
    refuse_unless(consent, _Status.ACTIVE)
    if consent.suspended_at is None:
        raise Conflict("not_suspended", "This consent is not suspended.")
    if consent.suspended_by_id == by.member_id:
        raise Invalid("same_member", "Somebody else must lift what you suspended.", field="note")
    if not note.strip():
        raise Invalid("no_note", "Say how the person asked for it.", field="note")
    consent.suspended_at, consent.suspended_by, consent.suspended_note = None, None, note
    consent.save()
    return consent


@transaction.atomic
def expire_consent(*, consent_id: UUID, at: datetime) -> bool:
    """Mark a consent whose time is over; housekeeping only, reads never waited for it. True if it changed."""
    consent = Consent.objects.select_for_update().get(pk=consent_id)
    if consent.status != _Status.ACTIVE or consent.expires_at is None or consent.expires_at > at:
        return False
    end(consent, _Reason.EXPIRED, at=consent.expires_at, by=None, note="")
    return True


@transaction.atomic
def answer_about_event(
    *, by: Membership, consent_id: UUID, happened: bool, at: datetime, version: int | None = None
) -> Consent:
    """Say whether the event that ends this consent has happened: then it ends now, else it is asked again later (P-18).

    Raises NotAllowed, NotFound, Stale; Conflict when it is not active or ends by no event.
    """
    require(by.roles, Duty.MANAGE_CONSENT)
    consent = locked(by, consent_id, version)
    refuse_unless(consent, _Status.ACTIVE)
    if consent.expiry_event in ("", "none"):
        raise Conflict("no_event", "No event ends this consent.")
    if happened:
        return end(consent, _Reason.EXPIRED, at=at, by=by.member, note="")
    consent.event_asked_at = at
    consent.save()
    return consent


@transaction.atomic
def invalidate_consent(
    *, by: Membership, consent_id: UUID, note: str, at: datetime, version: int | None = None
) -> Consent:
    """End a consent known to be deficient or false (s2.31(c)). Raises as `revoke_consent`; Invalid without a note."""
    require(by.roles, Duty.MANAGE_CONSENT)
    if not note.strip():
        raise Invalid("no_note", "Say what is wrong with it.", field="note")
    consent = locked(by, consent_id, version)
    refuse_unless(consent, _Status.ACTIVE)
    return end(consent, _Reason.INVALIDATED, at=at, by=by.member, note=note)


@transaction.atomic
def mark_entered_in_error(
    *, by: Membership, consent_id: UUID, note: str, at: datetime, version: int | None = None
) -> Consent:
    """Mark a consent that should never have been written, in whatever state; the privacy officer alone (5.7, P-8).

    Raises NotAllowed, NotFound, Stale; Conflict when it is marked already; Invalid without a note.
    """
    require(by.roles, Duty.CORRECT_CONSENT)
    if not note.strip():
        raise Invalid("no_note", "Say what was entered in error.", field="note")
    consent = locked(by, consent_id, version)
    if consent.status == _Status.ENTERED_IN_ERROR:
        raise Conflict("marked_already", "This consent is marked as entered in error already.")
    lost = _standing(consent) if consent.status == _Status.ACTIVE else []
    consent.status, consent.inactive_reason, consent.ended_at = _Status.ENTERED_IN_ERROR, "", None
    consent.ended_by, consent.ended_note = by.member, note
    consent.save()
    if lost:
        consent_ended.send(Consent, consent=consent, recipients=lost)
    return consent


@transaction.atomic
def end_as_its_source_says(*, consent_id: UUID, reason: str, ended_at: datetime) -> None:
    """End an active consent because the custodian's own file says that it ended; the file may end, never revive."""
    consent = Consent.objects.select_for_update().get(pk=consent_id)
    if consent.status == _Status.ACTIVE:
        end(consent, _Reason(reason), at=ended_at, by=None, note="")


def end(
    consent: Consent, reason: Consent.InactiveReason, *, at: datetime, by: Member | None, note: str
) -> Consent:
    """Make a locked consent inactive and say so to whoever listens; called by the verbs of this floor."""
    lost = _standing(consent)
    consent.status, consent.inactive_reason = _Status.INACTIVE, reason
    consent.ended_at, consent.ended_by, consent.ended_note = at, by, note
    consent.save()
    consent_ended.send(Consent, consent=consent, recipients=lost)
    return consent


def _standing(consent: Consent) -> list[ConsentRecipient]:
    """Those who could still rely on it; nobody while it was suspended."""
    return [] if consent.suspended_at else list(consent.recipients.filter(revoked_at=None))
