"""What a bearer token is good for: one program, on duty as one membership, within some scopes."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q
from oauth2_provider.models import AccessToken

from continuity.agencies.models import MachineClient, Membership
from continuity.errors import NotAllowed

_USE_NOTED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True)
class Credential:
    """`duty` is who asks: the program's own membership, or that of the member for whom it says it acts.

    Scopes are those that both the token and its program have now: a scope taken away is gone at once.
    """

    client: MachineClient
    duty: Membership
    scopes: frozenset[str]


def credential_of(token: str, at: datetime) -> Credential | None:
    """What this token is good for now; None when it is for nothing: unknown, over, or its program may not work."""
    rows = AccessToken.objects.select_related(
        "application__machine__membership__member", "application__machine__membership__agency"
    )
    found = rows.filter(
        token_checksum=hashlib.sha256(token.encode()).hexdigest(),
        expires__gt=at,
        application__machine__suspended_at=None,
        application__machine__isnull=False,
    ).first()
    if found is None or found.application is None:
        return None
    client: MachineClient = found.application.machine
    if not client.membership.is_current:
        return None
    return Credential(client, _alone(client.membership), frozenset(found.scope.split()) & set(client.scopes))


def acting_for(credential: Credential, whom: str) -> Credential:
    """The same on duty as a member of the program's agency, named by user name or id; the gate judges that member.

    Raises NotAllowed, in the same words whether the member is unknown, works elsewhere or is not active.
    """
    own = Membership.objects.select_related("member", "agency").filter(
        agency=credential.client.membership.agency_id, member__is_service=False
    )
    duty = own.filter(_named(whom)).first() if credential.client.may_act_for_members else None
    if duty is None or not duty.is_current:
        raise NotAllowed("may_not_act_for", "This program may not act for that member.")
    return Credential(credential.client, _alone(duty), credential.scopes)


def note_use(client: MachineClient, at: datetime) -> None:
    """Keep when a program last asked, to the minute: a busy one writes no row with every request."""
    last = client.last_used_at
    if last is None or last <= at - _USE_NOTED_EVERY:
        earlier = Q(last_used_at=None) | Q(last_used_at__lt=at)
        MachineClient.objects.filter(earlier, pk=client.pk).update(last_used_at=at)


def _named(whom: str) -> Q:
    try:
        return Q(member_id=UUID(whom))
    except ValueError:
        return Q(member__username=whom.replace("\x00", ""))


def _alone(duty: Membership) -> Membership:
    """On duty for this agency and no other: whatever asks for the member's memberships finds this one."""
    duty.member.all_memberships = [duty]
    return duty
