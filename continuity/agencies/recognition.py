"""Who it is that an agency's identity provider vouches for, and what that provider's word is good for (S-1, S-10).

A provider speaks for its own agency alone: for members with an address in its domains, known by the subject it names,
the first time by their work address. Its groups give roles where they are mapped; its word replaces the second factor
only where its claims say that there was one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from allauth.socialaccount.models import SocialAccount
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet

from continuity.agencies.account_moves import withdraw_open_invitations
from continuity.agencies.account_rules import keep_an_administrator, refuse_forbidden_roles
from continuity.agencies.models import Agency, IdentityProvider, Member, Membership
from continuity.agencies.roles import Role
from continuity.errors import Conflict, Invalid, NotAllowed
from continuity.trail.models import Event
from continuity.trail.services import record_event

_STRANGER = "Your agency's sign-in did not let you in here. Ask your agency's administrator."
_INVITED = (
    "Open the link of your invitation first: it sets up the second factor that your agency does not ask for."
)
_TOGETHER = (
    "Your groups give you roles that one person may not hold together. Ask your agency's administrator."
)
_SUBJECT = 191  # characters that a link keeps
_DENIED = frozenset({"false", "0", "no"})


@dataclass(frozen=True)
class Claims:
    """What a provider says of somebody who has signed in there.

    `groups` is None where the provider has more of them than it says. `proved_at`: seconds since 1970, None where
    it does not say when they proved who they are.
    """

    subject: str
    email: str = ""
    email_is_denied: bool = False
    name: str = ""
    groups: frozenset[str] | None = frozenset()
    methods: frozenset[str] = frozenset()
    contexts: frozenset[str] = frozenset()
    proved_at: int | None = None


@dataclass(frozen=True)
class Recognised:
    """The membership that a provider's claims sign in, and whether they prove a second factor."""

    membership: Membership
    has_second_factor: bool


class _Refused(Exception):
    """Why, as a code for the trail; what is said on the page tells only what the person can act on."""

    def __init__(self, reason: str, sentence: str = _STRANGER, member: Member | None = None) -> None:
        super().__init__(reason)
        self.reason, self.sentence, self.member = reason, sentence, member


def read_claims(id_token: Mapping[str, Any], userinfo: Mapping[str, Any], *, role_claim: str) -> Claims:
    """What Entra, Okta and Keycloak say, each in its own shape; how somebody signed in is the signed token's to say.

    The address counts as denied where any of `email_verified` and Entra's `xms_edov` says so. Groups are a list at
    the claim's name or, as Keycloak's roles are, along its dots.
    """
    both = {**userinfo, **id_token}
    denied = any(
        str(said.get(name)).lower() in _DENIED
        for said in (id_token, userinfo)
        for name in ("email_verified", "xms_edov")
    )
    proved = id_token.get("auth_time")
    return Claims(
        subject=_text(id_token.get("sub")),
        email=_text(both.get("email")).strip().lower(),
        email_is_denied=denied,
        name=" ".join(_text(both.get("name")).split()),
        groups=_groups(both, role_claim),
        methods=_texts(id_token.get("amr")),
        contexts=_texts(id_token.get("acr")) | _texts(id_token.get("acrs")),
        proved_at=int(proved) if isinstance(proved, int | float) and not isinstance(proved, bool) else None,
    )


def _groups(said: Mapping[str, Any], role_claim: str) -> frozenset[str] | None:
    if not role_claim:
        return frozenset()
    named_elsewhere = said.get("_claim_names")
    if said.get("hasgroups") or (isinstance(named_elsewhere, Mapping) and role_claim in named_elsewhere):
        return None  # Entra names more than 200 groups only to those who ask its directory
    found: Any = said.get(role_claim)
    if found is None:
        found = said
        for step in role_claim.split("."):
            found = found.get(step) if isinstance(found, Mapping) else None
    return _texts(found)


def _text(said: Any) -> str:
    return said if isinstance(said, str) and "\x00" not in said else ""


def _texts(said: Any) -> frozenset[str]:
    if isinstance(said, str):
        return frozenset({said})
    return (
        frozenset(one for one in said if isinstance(one, str))
        if isinstance(said, list | tuple)
        else frozenset()
    )


def proves_second_factor(provider: IdentityProvider, claims: Claims) -> bool:
    """Whether the provider's claims name a method or context that its agency declared a second factor (S-1)."""
    return not (
        claims.methods.isdisjoint(provider.strong_methods)
        and claims.contexts.isdisjoint(provider.strong_contexts)
    )


def recognise(*, provider_id: UUID, claims: Claims, at: datetime) -> Recognised:
    """Whom a provider's claims sign in: linked, made active and given roles by them.

    Raises NotAllowed `provider_refused`; why stands in the trail.
    """
    try:
        return _recognise(provider_id, claims, at)
    except _Refused as refused:
        # Whoever got an account in the transaction that was undone is nobody again.
        known = Member.objects.filter(pk=refused.member.pk).first() if refused.member else None
        record_event(Event.Kind.PROVIDER_REFUSED, member=known, about=f"{provider_id} {refused.reason}")
        raise NotAllowed("provider_refused", refused.sentence) from None


@transaction.atomic
def _recognise(provider_id: UUID, claims: Claims, at: datetime) -> Recognised:
    active = IdentityProvider.objects.select_related("agency").filter(
        is_active=True, agency__status=Agency.Status.ACTIVE
    )
    provider = active.filter(pk=provider_id).first()
    if provider is None or not 0 < len(claims.subject) <= _SUBJECT:
        raise _Refused("no_such_provider" if provider is None else "no_subject")
    _, at_sign, domain = claims.email.rpartition("@")
    if not at_sign or domain not in provider.domains:
        raise _Refused("domain")
    if claims.email_is_denied:
        raise _Refused("address_not_verified")
    if claims.groups is None and provider.role_map:
        raise _Refused("too_many_groups")
    is_strong = proves_second_factor(provider, claims)
    membership = _linked(provider, claims) or _link(provider, claims)
    if membership.member.status == Member.Status.INVITED:
        if not is_strong:
            raise _Refused("invitation_first", _INVITED, membership.member)
        _begin(provider, membership.member, at)
    _refuse_who_may_not(membership.member)
    if provider.role_map:
        _take_roles(provider, membership, claims.groups or frozenset())
    return Recognised(membership, is_strong)


def _linked(provider: IdentityProvider, claims: Claims) -> Membership | None:
    """Whom this subject was linked to; a link to somebody who left the agency is refused, not made anew."""
    link = SocialAccount.objects.filter(provider=provider.slug, uid=claims.subject).first()
    if link is None:
        return None
    works = _memberships(provider).filter(member_id=link.user_id).first()
    if works is None:
        raise _Refused("left_the_agency", member=Member.objects.get(pk=link.user_id))
    return works


def _memberships(provider: IdentityProvider) -> QuerySet[Membership]:
    rows = Membership.objects.select_for_update(of=("self", "member")).select_related("member", "agency")
    return rows.filter(agency=provider.agency, ended_at=None)


def _link(provider: IdentityProvider, claims: Claims) -> Membership:
    """Link a subject that comes for the first time, by the work address within the agency."""
    IdentityProvider.objects.select_for_update(of=("self",)).get(pk=provider.pk)  # two first times at once
    found = list(_memberships(provider).filter(member__work_email__iexact=claims.email)[:2])
    if len(found) > 1:
        raise _Refused("address_of_two")
    if not found and not provider.may_create:
        raise _Refused("unknown")
    membership = found[0] if found else _create(provider, claims)
    member = membership.member
    if SocialAccount.objects.filter(provider=provider.slug, user=member).exists():
        # An address that was given to somebody else, or an account made anew at the provider.
        raise _Refused("another_subject", member=member)
    SocialAccount.objects.create(user=member, provider=provider.slug, uid=claims.subject)
    record_event(Event.Kind.PROVIDER_LINKED, member=member, about=str(provider.pk))
    return membership


def _create(provider: IdentityProvider, claims: Claims) -> Membership:
    """An account for somebody unknown, where the agency lets its provider open accounts; never one without a role."""
    if not _mapped(provider, claims.groups or frozenset()):
        raise _Refused("no_role")
    if Member.objects.filter(username__iexact=claims.email).exists():
        raise _Refused("user_name_taken")  # never reused (S-11)
    member = Member(
        username=claims.email,
        display_name=claims.name[:80] or claims.email,
        work_email=claims.email,
        status=Member.Status.INVITED,
    )
    member.set_unusable_password()
    try:
        member.clean_fields(exclude=["password"])
    except ValidationError:
        raise _Refused("unusable_address") from None
    member.save()
    membership = Membership.objects.create(member=member, agency=provider.agency, roles=[])
    record_event(Event.Kind.MEMBERSHIP_BEGUN, member=member, about=str(provider.pk))
    return membership


def _begin(provider: IdentityProvider, member: Member, at: datetime) -> None:
    """Whoever was enrolled and proves two factors elsewhere needs no invitation any more (S-9)."""
    if member.locked_at is not None:
        raise _Refused("not_active", member=member)
    member.status, member.status_reason = Member.Status.ACTIVE, ""
    member.status_changed_at = member.activated_at = at
    member.save()
    withdraw_open_invitations(member, at)
    record_event(Event.Kind.ACCOUNT_ACTIVATED, member=member, about=str(provider.pk))


def _refuse_who_may_not(member: Member) -> None:
    if not member.is_active:
        raise _Refused("not_active", member=member)
    if member.is_service or member.has_perm("agencies.change_agency"):
        # Programs and whoever administers the whole site come in by their own keys, not by one agency's word.
        raise _Refused("not_by_provider", member=member)


def _mapped(provider: IdentityProvider, groups: frozenset[str]) -> list[str]:
    given = {role for group in groups for role in provider.role_map.get(group, ())}
    return [role.value for role in Role if role.value in given]


def _take_roles(provider: IdentityProvider, membership: Membership, groups: frozenset[str]) -> None:
    """Roles that the map can give are the provider's to give and take; the others stay as they are."""
    by_provider = {role for roles in provider.role_map.values() for role in roles}
    wanted = {role for role in membership.roles if role not in by_provider} | set(_mapped(provider, groups))
    if wanted == set(membership.roles):
        return
    member = membership.member
    try:
        refuse_forbidden_roles(sorted(wanted))
        if Role.AGENCY_ADMIN not in wanted:
            keep_an_administrator(membership)
    except Invalid:
        raise _Refused("separation_of_duties", _TOGETHER, member) from None
    except Conflict:  # no provider leaves an agency without an administrator
        record_event(Event.Kind.PRIVILEGE_REFUSED, member=member, about=f"{membership.pk} last_administrator")
        return
    membership.roles = [role.value for role in Role if role.value in wanted]
    membership.save()
    record_event(Event.Kind.ROLES_CHANGED, member=member, about=f"{membership.pk} {provider.pk}")
