"""How an account begins and keeps its password: enrolled, invited, set up anew; what ends it is in `account_moves`.

Verbs of administrators concern members of their own agency alone, never themselves, and each is an event of the trail:
`member` says whose account, `about` which membership did it (S-6, S-9, S-10).
"""

import hmac
import secrets
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.db import transaction
from django.db.models import QuerySet

from continuity.agencies.account_moves import (
    activate,
    change_roles,
    deactivate,
    disable_now,
    release_lock,
    review,
    suspend,
    sweep,
    take_on,
    transfer,
    withdraw_open_invitations,
)
from continuity.agencies.account_rules import (
    hold_account,
    refuse_forbidden_roles,
    refuse_other_keeper,
)
from continuity.agencies.account_sessions import (
    end_session,
    end_sessions,
    forget_factors,
    sessions_of,
    sign_out_elsewhere,
)
from continuity.agencies.models import FormerPassword, Invitation, Member, Membership
from continuity.agencies.passwords import LONGEST, REMEMBERED
from continuity.agencies.roles import Duty, require
from continuity.errors import Conflict, Incomplete, Invalid, NotAllowed, NotFound
from continuity.trail.models import Event
from continuity.trail.services import record_event

__all__ = [
    "accept_invitation",
    "activate",
    "change_password",
    "change_roles",
    "deactivate",
    "disable_now",
    "end_session",
    "end_sessions",
    "enrol_member",
    "invitation_for",
    "invite",
    "password_is_due",
    "release_lock",
    "review",
    "sessions_of",
    "sign_out_elsewhere",
    "suspend",
    "sweep",
    "take_on",
    "transfer",
    "withdraw_invitation",
]

INVITATION_LASTS = timedelta(hours=72)  # as AC-2(2) gives temporary accounts
_TOKEN_BYTES = 32
_MAY_SET_UP = frozenset({Member.Status.INVITED, Member.Status.ACTIVE})


@transaction.atomic
def enrol_member(
    *,
    by: Membership,
    username: str,
    display_name: str,
    work_email: str,
    roles: Iterable[str],
    at: datetime,
    title: str = "",
    trained_until: date | None = None,
) -> Member:
    """Open an account for somebody who begins to work for the own agency; they are invited on their own.

    Raises NotAllowed, Invalid for what no account may be, Conflict for a user name or address that is taken.
    """
    require(by.roles, Duty.ADMINISTER_AGENCY)
    wanted = list(dict.fromkeys(roles))
    refuse_forbidden_roles(wanted)
    _refuse_wrong_details(by, username, display_name, work_email)
    member = Member(
        username=username,
        display_name=display_name.strip(),
        title=title.strip(),
        work_email=work_email.strip().lower(),
        trained_until=trained_until,
        status=Member.Status.INVITED,
        status_changed_at=at,
    )
    member.set_unusable_password()
    member.save()
    Membership.objects.create(member=member, agency=by.agency, roles=wanted)
    record_event(Event.Kind.MEMBERSHIP_BEGUN, member=member, about=str(by.pk))
    return member


def _refuse_wrong_details(by: Membership, username: str, display_name: str, work_email: str) -> None:
    if not display_name.strip():
        raise Invalid("no_name", "Give the name that colleagues read.", field="display_name")
    try:
        Member._meta.get_field("username").run_validators(username)
    except ValidationError:
        sentence = "A user name has letters, digits and @ . + - _ alone."
        raise Invalid("wrong_user_name", sentence, field="username") from None
    try:
        EmailValidator()(work_email.strip())
    except ValidationError:
        raise Invalid("no_address", "Give the work e-mail address.", field="work_email") from None
    if Member.objects.filter(username__iexact=username).exists():
        sentence = "This user name is or was somebody's. If it is the same person, take them on below."
        raise Conflict("user_name_taken", sentence, field="username")
    here = Member.objects.filter(memberships__agency=by.agency, memberships__ended_at=None)
    if here.filter(work_email__iexact=work_email.strip()).exists():
        raise Conflict("address_taken", "Somebody of your agency has this address.", field="work_email")


@transaction.atomic
def invite(
    *, by: Membership, member_id: UUID, kind: Literal["first", "reset"] = "first", at: datetime
) -> str:
    """Ask a member to set up their sign-in and return the clear token, which nobody can read again.

    A reset takes password, second factors and sessions away at once; an earlier open invitation ends either way.
    Raises NotAllowed, NotFound, Conflict when the account is not in a state for it.
    """
    require(by.roles, Duty.ADMINISTER_AGENCY)
    _, member = hold_account(by, member_id)
    refuse_other_keeper(by, member)
    if member.administers_site():
        sentence = "This account administers the whole site. Whoever runs the site looks after it."
        raise NotAllowed("site_administrator", sentence)
    is_first = kind == "first"
    if member.is_service:
        raise Conflict("a_program", "A program signs in with its keys and is not invited.")
    if is_first and member.status != Member.Status.INVITED:
        raise Conflict("set_up_already", "This account is set up already. A reset invites anew.")
    if member.status not in _MAY_SET_UP:
        raise Conflict("not_active", "This account is not active. Activate it first.")
    withdraw_open_invitations(member, at)
    if not is_first:
        take_credentials(member, about=str(by.pk), at=at)
    return make_invitation(member, kind=kind, by=by, at=at)


def make_invitation(member: Member, *, kind: str, by: Membership | None, at: datetime) -> str:
    """Write the invitation and return its clear token; whoever calls has asked for the right, and holds the row."""
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    Invitation.objects.create(
        member=member, kind=kind, token_hmac=_digest(token), invited_by=by, expires_at=at + INVITATION_LASTS
    )
    record_event(Event.Kind.INVITED, member=member, about=f"{by.pk if by else 'operator'} {kind}")
    return token


def take_credentials(member: Member, *, about: str, at: datetime) -> None:
    """Take password, second factors and sessions away."""
    _remember(member, at)
    member.set_unusable_password()
    member.password_changed_at = None
    member.save(update_fields=["password", "password_changed_at"])
    forget_factors(member, about=about)
    end_sessions(member, about=about)


@transaction.atomic
def withdraw_invitation(*, by: Membership, invitation_id: UUID, at: datetime) -> Invitation:
    """Make an open invitation useless. Raises NotAllowed, NotFound, Conflict when it was used or withdrawn."""
    require(by.roles, Duty.ADMINISTER_AGENCY)
    own = Invitation.objects.filter(member__memberships__agency=by.agency, member__memberships__ended_at=None)
    invitation = own.select_for_update(of=("self",)).select_related("member").filter(pk=invitation_id).first()
    if invitation is None:
        raise NotFound("not_found", "There is no such record.")
    if invitation.used_at or invitation.withdrawn_at:
        raise Conflict("not_open", "This invitation was used or withdrawn already.")
    invitation.withdrawn_at = at
    invitation.save()
    record_event(Event.Kind.INVITATION_WITHDRAWN, member=invitation.member, about=str(by.pk))
    return invitation


def invitation_for(token: str, at: datetime) -> Invitation | None:
    """The open invitation that this token belongs to, with its member; None for any other token."""
    return _open_invitations(token, at).first()


def _open_invitations(token: str, at: datetime) -> QuerySet[Invitation]:
    return Invitation.objects.select_related("member").filter(
        token_hmac=_digest(token),
        used_at=None,
        withdrawn_at=None,
        expires_at__gt=at,
        member__status__in=_MAY_SET_UP,
    )


def accept_invitation(*, token: str, password: str, at: datetime) -> Member:
    """Set the password that an invited member chose, spend the invitation and make the account active.

    Raises NotFound for a token that opens nothing (which is an event), Incomplete for a password that may not be.
    """
    member = _accept(token, password, at)
    if member is None:
        record_event(Event.Kind.INVITATION_REFUSED, about=_digest(token)[:16])
        raise NotFound(
            "not_found", "This invitation is not valid any more. Ask your administrator for another."
        )
    return member


@transaction.atomic
def _accept(token: str, password: str, at: datetime) -> Member | None:
    found = _open_invitations(token, at)
    # The member first, as whoever suspends them does: else the two wait for each other, and one of them fails.
    member = Member.objects.select_for_update(of=("self",)).filter(invitations__in=found).first()
    invitation = found.select_for_update(of=("self",)).first()
    if member is None or invitation is None:
        return None
    _set_password(member, password, at)
    if member.status == Member.Status.INVITED:
        member.status, member.status_reason = Member.Status.ACTIVE, ""
        member.status_changed_at = member.activated_at = at
        record_event(Event.Kind.ACCOUNT_ACTIVATED, member=member, about=str(invitation.pk))
    member.save()
    invitation.used_at = at
    invitation.save()
    record_event(Event.Kind.INVITATION_USED, member=member, about=str(invitation.pk))
    return member


@transaction.atomic
def change_password(*, member: Member, old: str, new: str, at: datetime) -> Member:
    """Replace a member's own password; every other session of theirs ends by it.

    Raises NotAllowed where there is none to change, Invalid for a wrong old one, Incomplete for what may not be.
    """
    held = Member.objects.select_for_update(of=("self",)).get(pk=member.pk)
    if not held.has_usable_password():
        raise NotAllowed("no_password", "You sign in without a password here.")
    if not held.check_password(old):
        raise Invalid("wrong_password", "This is not the password that you have now.", field="old")
    _set_password(held, new, at, field="new")
    held.save()
    return held


def password_is_due(member: Member, at: datetime) -> bool:
    """Whether the password must be changed before anything else: a year old, or of unknown age (S-2)."""
    if member.is_service or not member.has_usable_password():
        return False
    changed_at = member.password_changed_at
    return changed_at is None or at - changed_at >= timedelta(days=settings.PASSWORD_DAYS)


def _set_password(member: Member, password: str, at: datetime, *, field: str = "password") -> None:
    try:
        if len(password) > LONGEST:
            raise ValidationError(f"Use at most {LONGEST} characters.")
        validate_password(password, member)
    except ValidationError as refused:
        raise Incomplete(
            [Invalid("password_refused", text, field=field) for text in refused.messages]
        ) from None
    _remember(member, at)
    member.set_password(password)
    member.password_changed_at = at
    record_event(Event.Kind.PASSWORD_CHANGED, member=member)


def _remember(member: Member, at: datetime) -> None:
    """Keep the hash of the password that is about to go, and forget the oldest ones."""
    if not member.has_usable_password():
        return
    FormerPassword.objects.create(member=member, password=member.password, replaced_at=at)
    kept = member.former_passwords.order_by("-replaced_at", "-pk").values_list("pk", flat=True)[:REMEMBERED]
    member.former_passwords.exclude(pk__in=list(kept)).delete()


def _digest(token: str) -> str:
    """What the database keeps of a token; of another kind than any other keyed hash."""
    return hmac.new(settings.LEDGER_KEY.encode(), f"invitation {token}".encode(), "sha256").hexdigest()
