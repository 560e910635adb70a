"""What becomes of an account: suspended, active, at its end; its roles, its release, its yearly review (S-9, S-10)."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from django.contrib.auth.models import Group
from django.db import transaction

from continuity.agencies.account_rules import (
    hold_account,
    hold_membership,
    keep_administrators,
    keep_an_administrator,
    keeper_of,
    note_refused,
    refuse_forbidden_roles,
    refuse_other_keeper,
)
from continuity.agencies.account_sessions import end_sessions, forget_factors
from continuity.agencies.lockouts import forget_failures
from continuity.agencies.models import AccountReview, Invitation, Member, Membership
from continuity.agencies.roles import Duty, require
from continuity.errors import Conflict, Invalid, NotAllowed, Stale
from continuity.trail.models import Event
from continuity.trail.services import record_event

_S, _R = Member.Status, Member.Reason
# From which states a verb leads to which.
MOVES: dict[str, frozenset[str]] = {
    _S.SUSPENDED: frozenset({_S.INVITED, _S.ACTIVE}),
    _S.ACTIVE: frozenset({_S.SUSPENDED}),
    _S.DEACTIVATED: frozenset({_S.INVITED, _S.ACTIVE, _S.SUSPENDED}),
}
# Why an administrator suspends; the clock has reasons of its own.
SAID_REASONS = (_R.OTHER, _R.VIOLATION, _R.HIGH_RISK, _R.LEFT)
_REFUSALS = {
    _S.SUSPENDED: ("not_active", "This account is not active."),
    _S.ACTIVE: ("not_suspended", "This account is not suspended."),
    _S.DEACTIVATED: ("deactivated", "This account is at its end already."),
}
_EVENTS = {
    _S.SUSPENDED: Event.Kind.ACCOUNT_SUSPENDED,
    _S.ACTIVE: Event.Kind.ACCOUNT_ACTIVATED,
    _S.DEACTIVATED: Event.Kind.ACCOUNT_DEACTIVATED,
}
_PRIVILEGES = ("is_clinical_supervisor", "is_medical_personnel", "may_break_glass", "may_release_emergency")


@transaction.atomic
def suspend(*, by: Membership, member_id: UUID, reason: str = _R.OTHER, at: datetime) -> Member:
    """Close an account for a time; its sessions and tokens end at once. Raises NotAllowed, NotFound, Conflict."""
    require(by.roles, Duty.ADMINISTER_AGENCY)
    if reason not in SAID_REASONS:
        raise Invalid("unknown_reason", "Choose a reason from the list.", field="reason")
    _, member = hold_account(by, member_id)
    keep_administrators(member)
    return _move(member, _S.SUSPENDED, reason, at, about=f"{by.pk} {reason}")


def disable_now(*, by: Membership, member_id: UUID, at: datetime) -> Member:
    """Close the account of somebody who is a high risk: sessions, tokens and invitations are dead at the commit (S-9).

    Raises NotAllowed, NotFound, Conflict.
    """
    return suspend(by=by, member_id=member_id, reason=_R.HIGH_RISK, at=at)


@transaction.atomic
def activate(*, by: Membership, member_id: UUID, at: datetime) -> Member:
    """Open a suspended account again; 90 idle days count anew. Raises NotAllowed, NotFound, Conflict."""
    require(by.roles, Duty.ADMINISTER_AGENCY)
    works, member = hold_account(by, member_id)
    refuse_other_keeper(by, member)
    if member.status_reason == _R.TRAINING and not _is_trained(member, works, at):
        raise Conflict("training_over", "Write down the new privacy training first.")
    return _move(member, _S.ACTIVE, "", at, about=str(by.pk))


@transaction.atomic
def deactivate(*, by: Membership, member_id: UUID, at: datetime) -> Member:
    """End an account for good; its user name is never given again (S-11). Raises NotAllowed, NotFound, Conflict."""
    require(by.roles, Duty.ADMINISTER_AGENCY)
    works, member = hold_account(by, member_id)
    refuse_other_keeper(by, member)
    keep_an_administrator(works)
    if member.memberships.filter(ended_at=None).exclude(pk=works.pk).exists():
        raise Conflict("works_elsewhere", "They work for another agency, too. End their work here instead.")
    _end_membership(works, at, about=str(by.pk))
    forget_factors(member, about=str(by.pk))
    member.set_unusable_password()
    return _move(member, _S.DEACTIVATED, _R.LEFT, at, about=str(by.pk))


@transaction.atomic
def release_lock(*, by: Membership, member_id: UUID, at: datetime) -> Member:
    """Let a locked member sign in again; nothing else does, no time either (S-3).

    Raises NotAllowed, NotFound, Conflict.
    """
    require(by.roles, Duty.ADMINISTER_AGENCY)
    _, member = hold_account(by, member_id)
    refuse_other_keeper(by, member)
    if member.locked_at is None:
        raise Conflict("not_locked", "This account is not locked.")
    member.locked_at = None
    member.save(update_fields=["locked_at"])
    record_event(Event.Kind.ACCOUNT_RELEASED, member=member, about=str(by.pk))
    transaction.on_commit(lambda: forget_failures(member))
    return member


@transaction.atomic
def transfer(*, by: Membership, membership_id: UUID, at: datetime) -> Membership:
    """End somebody's work for the own agency: their sessions end, their teams' grants are theirs no more.

    Raises NotAllowed, NotFound, Conflict.
    """
    require(by.roles, Duty.ADMINISTER_AGENCY)
    works, member = hold_membership(by, membership_id)
    keep_an_administrator(works)
    _end_membership(works, at, about=str(by.pk))
    end_sessions(member, about=str(by.pk))
    return works


@transaction.atomic
def take_on(*, by: Membership, username: str, roles: Sequence[str], at: datetime) -> Membership:
    """Have somebody who has an account work for the own agency, too, or again. Raises NotAllowed, Invalid, Conflict."""
    require(by.roles, Duty.ADMINISTER_AGENCY)
    refuse_forbidden_roles(roles)
    member = Member.objects.select_for_update(of=("self",)).filter(username=username).first()
    if member is None or member.is_service or member.status == _S.DEACTIVATED or member.administers_site():
        raise Invalid("no_such_member", "Nobody who can be taken on has this user name.", field="username")
    works = Membership.objects.select_for_update(of=("self",)).filter(member=member, agency=by.agency).first()
    if works is not None and works.ended_at is None:
        raise Conflict("works_here", "They work for your agency already.", field="username")
    works = works or Membership(member=member, agency=by.agency)
    works.ended_at, works.roles = None, list(dict.fromkeys(roles))
    for privilege in _PRIVILEGES:  # what was given in former days is asked for anew
        setattr(works, privilege, False)
    works.save()
    record_event(Event.Kind.MEMBERSHIP_BEGUN, member=member, about=str(by.pk))
    return works


def change_roles(
    *,
    by: Membership,
    membership_id: UUID,
    roles: Sequence[str],
    at: datetime,
    version: int | None = None,
    **privileges: bool,
) -> Membership:
    """Give or take roles and privileges of a membership of the own agency; what is refused is an event, too (S-6).

    Raises NotAllowed, NotFound, Stale, Invalid for roles that exclude each other, Conflict for the last administrator.
    """
    try:
        return _change_roles(by, membership_id, tuple(dict.fromkeys(roles)), version, privileges)
    except (NotAllowed, Invalid) as refused:
        note_refused(by, f"{membership_id} {refused.code}")
        raise


@transaction.atomic
def _change_roles(
    by: Membership,
    membership_id: UUID,
    roles: Sequence[str],
    version: int | None,
    privileges: dict[str, bool],
) -> Membership:
    require(by.roles, Duty.ADMINISTER_AGENCY)
    works, member = hold_membership(by, membership_id)
    if version is not None and works.version != version:
        raise Stale
    if member.is_service:
        raise Conflict("a_program", "What a program may do is said where it is registered.")
    refuse_forbidden_roles(roles)
    if unknown := set(privileges) - set(_PRIVILEGES):
        raise Invalid("unknown_privilege", f"There is no privilege {sorted(unknown)[0]}.")
    if "agency_admin" not in roles:
        keep_an_administrator(works)
    works.roles = list(roles)
    for name, given in privileges.items():
        setattr(works, name, given)
    works.save()
    record_event(Event.Kind.ROLES_CHANGED, member=member, about=str(by.pk))
    return works


@transaction.atomic
def review(*, by: Membership, membership_id: UUID, outcome: str, at: datetime) -> AccountReview:
    """Write down what the yearly look at a membership found; what is not needed any more ends with it (S-9).

    Raises NotAllowed, NotFound, Invalid, Conflict for the last administrator.
    """
    require(by.roles, Duty.ADMINISTER_AGENCY)
    if outcome not in AccountReview.Outcome.values:
        raise Invalid("unknown_outcome", "Choose what you found.", field="outcome")
    works, member = hold_membership(by, membership_id)
    found = AccountReview.objects.create(
        membership=works, reviewed_by=by, reviewed_at=at, outcome=outcome, roles=works.roles
    )
    record_event(Event.Kind.ACCOUNT_REVIEWED, member=member, about=f"{by.pk} {outcome}")
    if outcome == AccountReview.Outcome.ENDED:
        keep_an_administrator(works)
        _end_membership(works, at, about=str(by.pk))
        end_sessions(member, about=str(by.pk))
    return found


@transaction.atomic
def sweep(*, member_id: UUID, reason: Member.Reason, at: datetime) -> bool:
    """Suspend an account for what the clock says of it; False where somebody was quicker (S-9)."""
    member = Member.objects.select_for_update(of=("self",), skip_locked=True).filter(pk=member_id).first()
    if member is None or member.status not in MOVES[_S.SUSPENDED]:
        return False
    _move(member, _S.SUSPENDED, reason, at, about=reason)
    return True


def withdraw_open_invitations(member: Member, at: datetime) -> None:
    """No link that is on its way opens anything any more."""
    for one in Invitation.objects.select_for_update().filter(member=member, used_at=None, withdrawn_at=None):
        one.withdrawn_at = at
        one.save()


def _move(member: Member, to: Member.Status, reason: str, at: datetime, *, about: str) -> Member:
    if member.status not in MOVES[to]:
        raise Conflict(*_REFUSALS[to])
    member.status, member.status_reason, member.status_changed_at = to, reason, at
    if to == _S.ACTIVE:
        member.activated_at = at
    member.save()
    record_event(_EVENTS[to], member=member, about=about)
    if to != _S.ACTIVE:
        withdraw_open_invitations(member, at)
        end_sessions(member, about=about)
    return member


def _end_membership(works: Membership, at: datetime, *, about: str) -> None:
    works.ended_at = at
    works.save()
    # A team's grants are its members'; whoever comes back is put into teams anew.
    teams = Group.objects.filter(team__agency=works.agency_id)
    works.member.groups.remove(*teams.values_list("pk", flat=True))
    record_event(Event.Kind.MEMBERSHIP_ENDED, member=works.member, about=about)
    if keeper_of(works.member) is None:  # nobody is left to answer for the link
        withdraw_open_invitations(works.member, at)


def _is_trained(member: Member, works: Membership, at: datetime) -> bool:
    today: date = works.agency.local(at).date()
    return member.trained_until is not None and member.trained_until >= today
