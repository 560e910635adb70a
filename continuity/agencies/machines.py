"""Programs of an agency: registered, given keys and scopes, suspended, and given tokens (S-9, SMART Backend Services).

Every verb is an administrator's of the program's own agency and writes an event. What a program may do is what its
membership may do, within its scopes.
"""

import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from oauth2_provider.models import AccessToken, Application, set_token_value

from continuity.agencies.jwks import names_of, read_jwks
from continuity.agencies.models import MachineClient, Member, Membership
from continuity.agencies.roles import Duty, Role, require
from continuity.agencies.scopes import Scope
from continuity.errors import Conflict, Invalid, NotFound, Stale
from continuity.trail.models import Event
from continuity.trail.services import record_event

TOKEN_LIFE = timedelta(minutes=5)
_LONGEST_NAME = 80
_WHOLE = ("application", "membership__member", "membership__agency")
_DONE_BY_STAFF = (Event.Kind.CLIENT_REGISTERED, Event.Kind.CLIENT_CHANGED, Event.Kind.KEYS_ROTATED)


def clients_of(by: Membership) -> QuerySet[MachineClient]:
    """The programs of the own agency. Raises NotAllowed without the duty."""
    require(by.roles, Duty.ADMINISTER_AGENCY)
    rows = MachineClient.objects.select_related(*_WHOLE)
    return rows.filter(membership__agency=by.agency).order_by("name", "pk")


def events_of(client: MachineClient) -> QuerySet[Event]:
    """What happened to a program, newest first: its tokens, and what administrators of its agency did to it."""
    member, agency = client.membership.member_id, client.membership.agency_id
    of_tokens = Q(member=member, kind__in=[Event.Kind.TOKEN_ISSUED, Event.Kind.TOKEN_REFUSED])
    staff = Membership.objects.filter(agency=agency).values("member")
    of_staff = Q(member__in=staff, kind__in=_DONE_BY_STAFF, about__startswith=str(client.pk))
    return Event.objects.filter(of_tokens | of_staff).order_by("-id")


@transaction.atomic
def register_client(
    *,
    by: Membership,
    name: str,
    jwks: Mapping[str, Any],
    scopes: Iterable[str],
    may_act_for_members: bool = False,
    at: datetime,
) -> MachineClient:
    """Register a program of the own agency, with a service member and a membership of its own.

    Raises NotAllowed without the duty; Invalid for a name, keys or scopes that cannot be.
    """
    require(by.roles, Duty.ADMINISTER_AGENCY)
    name, keys, wanted = _named(name), read_jwks(jwks), _scopes(scopes)
    # Of the secret that the library makes up it keeps a hash; nobody is told it, and no address asks for it.
    application = Application.objects.create(
        name=name,
        client_type=Application.CLIENT_CONFIDENTIAL,
        authorization_grant_type=Application.GRANT_CLIENT_CREDENTIALS,
    )
    member = Member(
        username=f"program-{application.client_id[:20].lower()}",
        display_name=name,
        is_service=True,
        status=Member.Status.ACTIVE,
        activated_at=at,
    )
    member.set_unusable_password()
    member.save()
    works = Membership.objects.create(member=member, agency=by.agency, roles=[Role.SYSTEM_CLIENT.value])
    client = MachineClient.objects.create(
        name=name,
        application=application,
        membership=works,
        jwks=keys,
        scopes=wanted,
        may_act_for_members=may_act_for_members,
    )
    record_event(Event.Kind.CLIENT_REGISTERED, member=by.member, about=str(client.pk))
    return client


@transaction.atomic
def rotate_keys(
    *, by: Membership, client_id: UUID, jwks: Mapping[str, Any], at: datetime, version: int | None = None
) -> MachineClient:
    """Give a program its public keys anew: the next one beside the one in use, or one less.

    A key that is taken away ends the tokens of the program with it. Raises NotAllowed, NotFound, Stale, Invalid.
    """
    client, keys = _locked(by, client_id, version), read_jwks(jwks)
    before = {key["kid"]: key for key in client.jwks["keys"]}
    if keys == client.jwks:
        raise Invalid("same_keys", "The program has these keys already.", field="jwks")
    if any(key != before.get(key["kid"], key) for key in keys["keys"]):
        raise Invalid(
            "same_key_id", "Another key of this program had this kid. Name it differently.", field="jwks"
        )
    client.jwks = keys
    client.save()
    if before.keys() - set(names_of(keys)):
        _end_tokens(client)
    record_event(Event.Kind.KEYS_ROTATED, member=by.member, about=str(client.pk))
    return client


@transaction.atomic
def change_scopes(
    *,
    by: Membership,
    client_id: UUID,
    scopes: Iterable[str],
    may_act_for_members: bool,
    at: datetime,
    version: int | None = None,
) -> MachineClient:
    """Change what a program may ask for; less counts for its tokens at once.

    Raises NotAllowed, NotFound, Stale; Invalid for scopes that there are not.
    """
    client, wanted = _locked(by, client_id, version), _scopes(scopes)
    client.scopes, client.may_act_for_members = wanted, may_act_for_members
    client.save()
    record_event(Event.Kind.CLIENT_CHANGED, member=by.member, about=f"{client.pk} scopes")
    return client


@transaction.atomic
def suspend_client(
    *, by: Membership, client_id: UUID, at: datetime, version: int | None = None
) -> MachineClient:
    """Suspend a program and end its tokens, from this commit on.

    Raises NotAllowed, NotFound, Stale; Conflict when it is suspended already.
    """
    client = _locked(by, client_id, version)
    if client.suspended_at is not None:
        raise Conflict("suspended_already", "This program is suspended already.")
    client.suspended_at = at
    client.save()
    _end_tokens(client)
    record_event(Event.Kind.CLIENT_CHANGED, member=by.member, about=f"{client.pk} suspended")
    return client


@transaction.atomic
def resume_client(
    *, by: Membership, client_id: UUID, at: datetime, version: int | None = None
) -> MachineClient:
    """Let a suspended program ask for tokens again; former ones stay ended.

    Raises NotAllowed, NotFound, Stale; Conflict when it is not suspended.
    """
    client = _locked(by, client_id, version)
    if client.suspended_at is None:
        raise Conflict("not_suspended", "This program is not suspended.")
    client.suspended_at = None
    client.save()
    record_event(Event.Kind.CLIENT_CHANGED, member=by.member, about=f"{client.pk} resumed")
    return client


@transaction.atomic
def issue_token(
    *, client: MachineClient, scopes: Iterable[str] | None, at: datetime
) -> tuple[str, AccessToken]:
    """Give a program that proved itself a token for at most five minutes; only a checksum of it is kept.

    `scopes` are those that it asked for, None: all of its own. Raises Invalid for one that it does not have,
    Conflict when it was suspended or lost a key since it proved itself.
    """
    proven = client.version
    client = MachineClient.objects.select_for_update(of=("self",)).select_related(*_WHOLE).get(pk=client.pk)
    if client.suspended_at is not None or client.version != proven:
        raise Conflict("changed_meanwhile", "This program was changed since it proved itself.")
    wanted = list(dict.fromkeys(client.scopes if scopes is None else scopes))
    if not wanted or not set(wanted) <= set(client.scopes):
        raise Invalid("scope_not_granted", "The program has no such scope.", field="scope")
    _forget_old_tokens(client, at)
    clear = secrets.token_urlsafe(32)
    token = AccessToken(
        user=client.membership.member,
        application=client.application,
        expires=at + TOKEN_LIFE,
        scope=" ".join(wanted),
    )
    set_token_value(token, clear)
    token.save()
    record_event(Event.Kind.TOKEN_ISSUED, member=client.membership.member, about=str(client.pk))
    return clear, token


def note_refused_token(reason: str, client_id: UUID | None) -> None:
    """Keep that somebody was given no token, and why; of whom only the id of a program that there is."""
    member = Member.objects.filter(memberships__machine=client_id).first() if client_id else None
    record_event(Event.Kind.TOKEN_REFUSED, member=member, about=f"{client_id or 'nobody'} {reason}")


def _locked(by: Membership, client_id: UUID, version: int | None) -> MachineClient:
    """A program of the own agency, locked. Raises NotAllowed, NotFound and Stale."""
    client = clients_of(by).select_for_update(of=("self",)).filter(pk=client_id).first()
    if client is None:
        raise NotFound("not_found", "There is no such record.")
    if version is not None and version != client.version:
        raise Stale
    return client


def _named(name: str) -> str:
    name = name.strip()
    if not 0 < len(name) <= _LONGEST_NAME:
        raise Invalid("no_name", "Give the program a name of at most 80 characters.", field="name")
    return name


def _scopes(scopes: Iterable[str]) -> list[str]:
    """In the order of `Scope`, each once."""
    wanted = set(scopes)
    if not wanted:
        raise Invalid("no_scope", "Choose at least one thing that the program may do.", field="scopes")
    if wanted - set(Scope):
        raise Invalid("no_such_scope", "Choose from the scopes that there are.", field="scopes")
    return [scope.value for scope in Scope if scope in wanted]


def _end_tokens(client: MachineClient) -> None:
    AccessToken.objects.filter(application=client.application).delete()


def _forget_old_tokens(client: MachineClient, at: datetime) -> None:
    AccessToken.objects.filter(application=client.application, expires__lt=at).delete()
