"""Safety flags and what calms: observed by one, approved by another, ended by the clock (5.5, P-6)."""

from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from django.db import transaction

from continuity.agencies.models import Membership
from continuity.agencies.roles import Duty, require
from continuity.agencies.services import rules_for
from continuity.crisis import vocabulary as v
from continuity.crisis.models import LONGEST_FLAG_LIFETIME, CrisisContact, DeescalationTip, SafetyFlag
from continuity.crisis.moves import chosen, locked, move, refuse_labels, require_either, stated
from continuity.crisis.rows import not_found
from continuity.crisis.wording import tells_of_substance_use
from continuity.errors import Conflict, Invalid
from continuity.people.models import Person
from continuity.people.services import note_own_record

_Status = SafetyFlag.Status
_NO_FLAG = frozenset({v.SafetyObservation.NONE_OBSERVED, v.SafetyObservation.UNKNOWN})
_LONGEST = 200
S = TypeVar("S", SafetyFlag, DeescalationTip)


@transaction.atomic
def propose_flag(
    *,
    by: Membership,
    person: Person,
    kind: str,
    basis: str,
    observed_at: datetime,
    at: datetime,
    text: str = "",
    severity: str = SafetyFlag.Severity.MODERATE,
    source_contact: CrisisContact | None = None,
) -> SafetyFlag:
    """Propose a safety flag from an observation; it expires so many days after it as the custodian's pack says (P-6).

    Raises NotAllowed without the duty; Invalid for a kind that is no danger, words that label or diagnose, an
    observation in the future or past its lifetime, a contact that is not the agency's own about this person.
    """
    require(by.roles, Duty.PROPOSE_FLAG)
    if chosen(kind, v.SafetyObservation, field="kind") in _NO_FLAG:
        # "Nothing seen" as a standing flag would be read as "safe".
        raise Invalid("not_a_danger", "A flag says what was observed.", field="kind")
    flag = SafetyFlag(
        person=person,
        proposed_by=by,
        kind=kind,
        severity=chosen(severity, SafetyFlag.Severity, field="severity"),
        source_contact=_own(source_contact, by, person),
        **_standing(by, basis, text, observed_at, at),
    )
    flag.save()
    note_own_record(person.pk, by.agency)
    return flag


@transaction.atomic
def approve_flag(*, by: Membership, flag_id: UUID, at: datetime, version: int | None = None) -> SafetyFlag:
    """Let a proposed flag of the own agency show; the one it renews shows no more.

    Raises NotAllowed, NotFound, Stale; Conflict for the own proposal, another state, or one that expired meanwhile.
    """
    require(by.roles, Duty.APPROVE_FLAG)
    flag = locked(SafetyFlag, by, flag_id, version)
    if flag.status == _Status.PROPOSED and flag.proposed_by_id == by.pk:
        raise Conflict("not_approvable", "Somebody else must approve a proposed flag.")
    move(flag, _Status.ACTIVE)
    if flag.expires_at <= at:
        raise Conflict("expired_already", "This observation is too old to be shown. Propose a new one.")
    flag.approved_by = by
    flag.save()
    if flag.renews_id:
        former = locked(SafetyFlag, by, flag.renews_id)
        if former.status == _Status.ACTIVE:
            _end(former, _Status.REMOVED, "Renewed.", at)
    return flag


@transaction.atomic
def renew_flag(
    *,
    by: Membership,
    flag_id: UUID,
    observed_at: datetime,
    basis: str,
    at: datetime,
    text: str | None = None,
    source_contact: CrisisContact | None = None,
    version: int | None = None,
) -> SafetyFlag:
    """Propose a flag anew from a later observation; it takes the former one's place once it is approved (5.5).

    Raises NotAllowed, NotFound, Stale; Conflict unless the former is active and no renewal of it waits; Invalid as
    `propose_flag`, and for an observation that is not newer.
    """
    require(by.roles, Duty.PROPOSE_FLAG)
    former = locked(SafetyFlag, by, flag_id, version)
    _refuse_no_renewal(former, observed_at)
    if former.renewed_by.filter(status=_Status.PROPOSED).exists():
        raise Conflict("renewal_waits", "A renewal of this flag waits for approval already.")
    return SafetyFlag.objects.create(
        proposed_by=by,
        kind=former.kind,
        severity=former.severity,
        source_contact=_own(source_contact, by, former.person),
        **_renewed(former, by, basis, text, observed_at, at),
    )


@transaction.atomic
def remove_flag(
    *, by: Membership, flag_id: UUID, reason: str, at: datetime, version: int | None = None
) -> SafetyFlag:
    """End a flag that is not needed any more: by who may approve; a waiting one by its proposer as well.

    Raises NotAllowed, NotFound, Stale, Conflict in another state, Invalid without a reason.
    """
    require_either(by, Duty.APPROVE_FLAG, Duty.PROPOSE_FLAG)
    flag = locked(SafetyFlag, by, flag_id, version)
    if not (flag.status == _Status.PROPOSED and flag.proposed_by_id == by.pk):
        require(by.roles, Duty.APPROVE_FLAG)
    return _end(flag, _Status.REMOVED, reason, at)


@transaction.atomic
def refute_flag(
    *, by: Membership, flag_id: UUID, reason: str, at: datetime, version: int | None = None
) -> SafetyFlag:
    """End a flag that turned out not to be so: by who may approve or who corrects records. Raises as `remove_flag`."""
    require_either(by, Duty.APPROVE_FLAG, Duty.CORRECT_RECORD)
    return _end(locked(SafetyFlag, by, flag_id, version), _Status.REFUTED, reason, at)


@transaction.atomic
def mark_flag_error(
    *, by: Membership, flag_id: UUID, reason: str, at: datetime, version: int | None = None
) -> SafetyFlag:
    """Mark a flag that should never have been written, in whatever state (P-8).

    By its proposer, who may approve, or who corrects records. Raises as `remove_flag`.
    """
    require_either(by, Duty.APPROVE_FLAG, Duty.PROPOSE_FLAG, Duty.CORRECT_RECORD)
    flag = locked(SafetyFlag, by, flag_id, version)
    if flag.proposed_by_id != by.pk:
        require_either(by, Duty.APPROVE_FLAG, Duty.CORRECT_RECORD)
    return _end(flag, _Status.ENTERED_IN_ERROR, reason, at)


@transaction.atomic
def record_tip(
    *,
    by: Membership,
    person: Person,
    kind: str,
    basis: str,
    observed_at: datetime,
    text: str,
    at: datetime,
    source_contact: CrisisContact | None = None,
) -> DeescalationTip:
    """Record what calms the person, or what to avoid; it shows at once and expires as flags do.

    Raises NotAllowed without the duty, Invalid as `propose_flag`.
    """
    require(by.roles, Duty.PROPOSE_FLAG)
    tip = DeescalationTip(
        person=person,
        recorded_by=by,
        kind=chosen(kind, v.DeescalationKind, field="kind"),
        source_contact=_own(source_contact, by, person),
        **_standing(by, basis, text, observed_at, at) | {"status": _Status.ACTIVE},
    )
    tip.save()
    note_own_record(person.pk, by.agency)
    return tip


@transaction.atomic
def renew_tip(
    *,
    by: Membership,
    tip_id: UUID,
    observed_at: datetime,
    basis: str,
    at: datetime,
    text: str | None = None,
    version: int | None = None,
) -> DeescalationTip:
    """Record a tip anew from a later observation, in place of the former one. Raises as `renew_flag`."""
    require(by.roles, Duty.PROPOSE_FLAG)
    former = locked(DeescalationTip, by, tip_id, version)
    _refuse_no_renewal(former, observed_at)
    renewed = _renewed(former, by, basis, text, observed_at, at) | {"status": _Status.ACTIVE}
    _end(former, _Status.REMOVED, "Renewed.", at)
    return DeescalationTip.objects.create(recorded_by=by, kind=former.kind, **renewed)


@transaction.atomic
def remove_tip(
    *, by: Membership, tip_id: UUID, reason: str, at: datetime, version: int | None = None
) -> DeescalationTip:
    """End a tip that does not help any more: by any responder of the agency. Raises as `remove_flag`."""
    require(by.roles, Duty.PROPOSE_FLAG)
    return _end(locked(DeescalationTip, by, tip_id, version), _Status.REMOVED, reason, at)


@transaction.atomic
def mark_tip_error(
    *, by: Membership, tip_id: UUID, reason: str, at: datetime, version: int | None = None
) -> DeescalationTip:
    """Mark a tip that should never have been written, in whatever state (P-8). Raises as `remove_flag`."""
    require_either(by, Duty.PROPOSE_FLAG, Duty.CORRECT_RECORD)
    return _end(locked(DeescalationTip, by, tip_id, version), _Status.ENTERED_IN_ERROR, reason, at)


def _standing(by: Membership, basis: str, text: str, observed_at: datetime, at: datetime) -> dict[str, Any]:
    """What flags and tips share, counted from the observation and not from when somebody wrote it down."""
    if observed_at > at:
        raise Invalid("in_the_future", "An observation cannot lie in the future.", field="observed_at")
    # A pack may shorten a lifetime, never lengthen it beyond the floor (6.5).
    lifetime = min(timedelta(days=rules_for(by.agency, at).flag_days), LONGEST_FLAG_LIFETIME)
    if observed_at + lifetime <= at:
        raise Invalid("observed_too_long_ago", "This was too long ago to be shown.", field="observed_at")
    refuse_labels(text, field="text")
    return {
        "custodian": by.agency,
        "basis": chosen(basis, v.Basis, field="basis"),
        "source_role": by.roles[0],
        "text": stated(text, _LONGEST, field="text") if text else "",
        "first_observed_at": observed_at,
        "last_confirmed_at": observed_at,
        "expires_at": observed_at + lifetime,
        "is_part2": tells_of_substance_use(text),
        "status": _Status.PROPOSED,
    }


def _renewed(
    former: S, by: Membership, basis: str, text: str | None, observed_at: datetime, at: datetime
) -> dict[str, Any]:
    told = _standing(by, basis, former.text if text is None else text, observed_at, at)
    return told | {
        "person": former.person,
        "renews": former,
        "first_observed_at": former.first_observed_at,
        # The words may be new; what made the former Part 2 data may have been somebody's own knowledge (P-14).
        "is_part2": told["is_part2"] or former.is_part2,
    }


def _refuse_no_renewal(former: S, observed_at: datetime) -> None:
    if former.status != _Status.ACTIVE:
        raise Conflict("not_active", "Only what is active is renewed. Propose it anew.")
    if observed_at <= former.last_confirmed_at:
        raise Invalid("no_new_observation", "Renewing needs a later observation.", field="observed_at")


def _own(contact: CrisisContact | None, by: Membership, person: Person) -> CrisisContact | None:
    """The contact in which it was observed, if it is the agency's own about this person."""
    if contact is None:
        return None
    if contact.custodian_id != by.agency_id:
        raise not_found()
    if contact.person_id != person.pk:
        raise Invalid("another_person", "This contact is about somebody else.", field="source_contact")
    return contact


def _end(row: S, status: SafetyFlag.Status, reason: str, at: datetime) -> S:
    move(row, status)
    row.status_reason, row.ended_at = stated(reason, _LONGEST), row.ended_at or at
    row.save()
    return row
