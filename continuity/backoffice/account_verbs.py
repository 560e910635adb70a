"""The buttons of an account's page: what each asks for, which verb it runs, and in which state it stands there."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from continuity.agencies import accounts
from continuity.agencies.models import Invitation, Member, Membership
from continuity.backoffice import account_forms as f
from continuity.backoffice.moves import Run, Verb

_S = Member.Status


def _of_member(verb: Callable[..., object], **more: Any) -> Run:
    return lambda by, works, at, said: verb(by=by, member_id=works.member_id, at=at, **more, **said)


def _of_membership(verb: Callable[..., object]) -> Run:
    return lambda by, works, at, said: verb(by=by, membership_id=works.pk, at=at, **said)


def _withdraw(by: Membership, works: Membership, at: datetime, _: dict[str, Any]) -> object:
    invitation = open_invitation(works.member, at)
    return accounts.withdraw_invitation(by=by, invitation_id=invitation.pk if invitation else works.pk, at=at)


# What gives something, or ends what is hard to mend, asks who sits there; a text is the token of an invitation.
VERBS = {
    "release": Verb(
        "Release", "They may sign in again with the password they have. Speak with them first.",
        _of_member(accounts.release_lock), "Released.",
    ),
    "invite": Verb(
        "Invite", "Makes a link for the first sign-in: good once, for 72 hours. An earlier link ends.",
        _of_member(accounts.invite), "", is_grave=True,
    ),
    "withdraw": Verb("Withdraw the invitation", "The link opens nothing any more.", _withdraw, "Withdrawn."),
    "roles": Verb(
        "Change roles and privileges", "Counts from the next page on. What you may not give is written down, too.",
        _of_membership(accounts.change_roles), "Changed.", f.RolesForm, is_grave=True,
    ),
    "reset": Verb(
        "Reset the sign-in",
        "For a lost device or password. Password, second factors and sessions end at once; a link sets them up anew.",
        _of_member(accounts.invite, kind="reset"), "", is_danger=True, is_grave=True,
    ),
    "sign-out": Verb(
        "Sign out everywhere", "Ends every session. They may sign in again.",
        _of_member(accounts.sign_out_elsewhere), "Every session has ended.",
    ),
    "suspend": Verb(
        "Suspend", "They are signed out and stay out until an administrator activates the account.",
        _of_member(accounts.suspend), "Suspended.", f.ReasonForm, is_danger=True,
    ),
    "disable": Verb(
        "Disable now: high risk", "Sessions, tokens and invitations end with the press of the button.",
        _of_member(accounts.disable_now), "Disabled. Nothing of it works any more.", is_danger=True, is_grave=True,
    ),
    "activate": Verb(
        "Activate", "They may sign in again.", _of_member(accounts.activate), "Activated.", is_grave=True,
    ),
    "transfer": Verb(
        "End their work here", "They leave your agency. Another agency may take them on under the same user name.",
        _of_membership(accounts.transfer), "Their work here has ended.", is_danger=True,
    ),
    "deactivate": Verb(
        "Deactivate for good", "Cannot be undone. The user name is never given again.",
        _of_member(accounts.deactivate), "Deactivated.", is_danger=True, is_grave=True,
    ),
}  # fmt: skip


TAKE_ON = Verb(
    "Take on",
    "",
    lambda by, about, at, said: accounts.take_on(by=by, at=at, **said),
    "Taken on.",
    f.TakeOnForm,
    is_grave=True,
)
REVIEW = Verb(
    "Review", "", _of_membership(accounts.review), "Written down.", f.ReviewForm, button="Keep what you found"
)


def open_invitation(member: Member, at: datetime) -> Invitation | None:
    """The link that is on its way, if one is."""
    rows = member.invitations.filter(used_at=None, withdrawn_at=None, expires_at__gt=at)
    return rows.select_related("invited_by__member").first()


def fitting(works: Membership, invitation: Invitation | None) -> Iterator[str]:
    """The names of the verbs that this account's state admits, the most wanted first."""
    member = works.member
    if works.ended_at is not None or member.is_service:
        return
    if member.locked_at is not None:
        yield "release"
    if member.status == _S.INVITED:
        yield "invite"
    if member.status == _S.SUSPENDED:
        yield "activate"
    if invitation is not None:
        yield "withdraw"
    yield "roles"
    if member.status == _S.ACTIVE:
        yield from ("reset", "sign-out")
    if member.status in (_S.ACTIVE, _S.INVITED):
        yield from ("suspend", "disable")
    yield from ("transfer", "deactivate")
