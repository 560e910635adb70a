"""The sessions of a member: which are open, and ending them from elsewhere (S-4, S-9)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Q
from oauth2_provider.models import get_access_token_model

from continuity.agencies.account_rules import hold_account, not_found
from continuity.agencies.models import Member, Membership
from continuity.agencies.roles import Duty, require
from continuity.trail.models import Event
from continuity.trail.services import record_event


@dataclass(frozen=True)
class OpenSession:
    """One browser that is signed in; its key stays in the database."""

    id: int
    begun_at: datetime
    remote_addr: str
    browser: str
    key: str


def sessions_of(member: Member, at: datetime) -> list[OpenSession]:
    """The open sessions, newest first; rows of those that ended by themselves are left out."""
    rows = list(UserSession.objects.filter(user_id=member.pk).order_by("-created_at"))
    keys = [row.session_key for row in rows]
    open_ones = Session.objects.filter(session_key__in=keys, expire_date__gt=at)
    still = set(open_ones.values_list("session_key", flat=True))
    return [
        OpenSession(row.pk, row.created_at, row.ip, row.user_agent, row.session_key)
        for row in rows
        if row.session_key in still
    ]


@transaction.atomic
def end_sessions(member: Member, *, about: str = "", but: str = "") -> int:
    """End every session of a member, but the one with the key `but`, and every token; say how many sessions."""
    ended = list(UserSession.objects.filter(user_id=member.pk).exclude(session_key=but))
    for row in ended:
        _end(member, row, about)
    get_access_token_model().objects.filter(
        Q(user_id=member.pk) | Q(application__machine__membership__member=member.pk)
    ).delete()
    return len(ended)


@transaction.atomic
def end_session(*, member: Member, session_id: int, about: str = "") -> None:
    """End one session of a member. Raises NotFound for anybody else's."""
    row = UserSession.objects.filter(user_id=member.pk, pk=session_id).first()
    if row is None:
        raise not_found()
    _end(member, row, about)


@transaction.atomic
def sign_out_elsewhere(
    *, by: Membership, member_id: UUID, session_id: int | None = None, at: datetime
) -> int:
    """End one session of a member of the own agency, or all of them; say how many. Raises NotAllowed, NotFound."""
    require(by.roles, Duty.ADMINISTER_AGENCY)
    _, member = hold_account(by, member_id)
    if session_id is None:
        return end_sessions(member, about=str(by.pk))
    end_session(member=member, session_id=session_id, about=str(by.pk))
    return 1


def forget_factors(member: Member, *, about: str = "") -> int:
    """Take every second factor and recovery code of a member away, and say how many."""
    rows = Authenticator.objects.filter(user_id=member.pk)
    kinds = list(rows.values_list("type", flat=True))
    rows.delete()
    for kind in kinds:
        record_event(Event.Kind.FACTOR_REMOVED, member=member, about=f"{kind} {about}".strip())
    return len(kinds)


def _end(member: Member, row: UserSession, about: str) -> None:
    row.end()
    record_event(Event.Kind.SESSION_ENDED, member=member, about=about)
