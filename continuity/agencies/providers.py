"""What an agency's administrators say of its identity provider: where it is, whom it speaks for, which roles it gives.

The word of a provider opens accounts, so changing it asks who is there once more, at the door (S-4). What a sign-in
makes of its claims is in `recognition`.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit
from uuid import UUID

from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest

from continuity.agencies.account_rules import refuse_forbidden_roles
from continuity.agencies.models import Agency, IdentityProvider, Membership
from continuity.agencies.roles import Duty, require
from continuity.agencies.services import vouched_for
from continuity.errors import Conflict, Incomplete, Invalid, NotFound, Stale
from continuity.trail.models import Event
from continuity.trail.services import record_event

_NOT_FOUND = NotFound("not_found", "There is no such record.")
_DOMAIN = re.compile(r"(?=.{4,120}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,}")
_SHARED_BY_ALL = frozenset({"common", "organizations", "consumers"})
_MICROSOFT = ("login.microsoftonline.com", "login.microsoftonline.us")
_FAMILIAR = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True)
class Details:
    """What the administrator enters; the meaning of each is on the model."""

    name: str
    issuer: str
    client_id: str
    domains: Sequence[str]
    role_claim: str = "groups"
    role_map: Mapping[str, Sequence[str]] | None = None
    strong_methods: Sequence[str] = ()
    strong_contexts: Sequence[str] = ()
    may_create: bool = False


def providers_of(by: Membership) -> QuerySet[IdentityProvider]:
    """The identity providers of the own agency. Raises NotAllowed."""
    require(by.roles, Duty.ADMINISTER_AGENCY)
    return IdentityProvider.objects.filter(agency=by.agency).order_by("name", "pk")


def open_providers() -> QuerySet[IdentityProvider]:
    """The providers that one may sign in with now, by name."""
    open_ones = IdentityProvider.objects.filter(is_active=True, agency__status=Agency.Status.ACTIVE)
    return open_ones.select_related("agency").order_by("name", "pk")


def provider_that_vouched(request: HttpRequest) -> list[IdentityProvider]:
    """The one by which this session was begun, or none."""
    provider_id = vouched_for(request).get("provider")
    return list(open_providers().filter(pk=provider_id)) if provider_id else []


@transaction.atomic
def register_provider(*, by: Membership, details: Details, client_secret: str) -> IdentityProvider:
    """Let members of the own agency sign in with its identity provider. Raises NotAllowed, Incomplete."""
    require(by.roles, Duty.ADMINISTER_AGENCY)
    details = _checked(details, secret=client_secret)
    provider = IdentityProvider(
        agency=by.agency, slug=_free_slug(by.agency), client_secret=client_secret.strip().encode()
    )
    _put(provider, details)
    provider.save()
    return provider


@transaction.atomic
def change_provider(
    *,
    by: Membership,
    provider_id: UUID,
    details: Details,
    client_secret: str = "",
    version: int | None = None,
) -> IdentityProvider:
    """Change a provider; an empty secret keeps the one that is there.

    Another issuer or client names other subjects, so every link ends by it and is made anew by the work address.
    Raises NotAllowed, NotFound, Stale, Incomplete.
    """
    require(by.roles, Duty.ADMINISTER_AGENCY)
    provider = _hold(by, provider_id, version)
    details = _checked(details, secret=client_secret or "kept")
    if (provider.issuer, provider.client_id) != (details.issuer, details.client_id):
        _unlink(SocialAccount.objects.filter(provider=provider.slug), by)
    _put(provider, details)
    if client_secret:
        provider.client_secret = client_secret.strip().encode()
    provider.save()
    return provider


@transaction.atomic
def close_provider(*, by: Membership, provider_id: UUID, version: int | None = None) -> IdentityProvider:
    """Let nobody in by this provider until it is opened again. Raises NotAllowed, NotFound, Stale, Conflict."""
    return _switch(by, provider_id, version, is_active=False)


@transaction.atomic
def reopen_provider(*, by: Membership, provider_id: UUID, version: int | None = None) -> IdentityProvider:
    """Let people in by this provider again. Raises NotAllowed, NotFound, Stale, Conflict."""
    return _switch(by, provider_id, version, is_active=True)


@transaction.atomic
def unlink_member(*, by: Membership, provider_id: UUID, username: str) -> None:
    """Forget whom the provider knows a member as, because their account there was made anew.

    Their next sign-in links anew, by the work address. Raises NotAllowed, NotFound, Invalid.
    """
    require(by.roles, Duty.ADMINISTER_AGENCY)
    provider = _hold(by, provider_id, None)
    links = SocialAccount.objects.filter(provider=provider.slug, user__username=username.strip())
    if not _unlink(links, by):
        raise Invalid("not_linked", "Nobody with this user name has signed in by it.", field="username")


def may_be_asked(url: str) -> bool:
    """Whether the site sends a secret or reads keys there: an address that a provider names is checked like its own."""
    try:
        return not _wrong_parts(urlsplit(url))
    except ValueError:
        return False


def is_microsoft(issuer: str) -> bool:
    """Whether Microsoft Entra speaks there, which names authentication contexts in a claim of its own."""
    return urlsplit(issuer).hostname in _MICROSOFT


def _hold(by: Membership, provider_id: UUID, version: int | None) -> IdentityProvider:
    own = IdentityProvider.objects.select_for_update(of=("self",)).filter(agency=by.agency)
    provider = own.filter(pk=provider_id).first()
    if provider is None:
        raise _NOT_FOUND
    if version is not None and version != provider.version:
        raise Stale
    return provider


def _switch(by: Membership, provider_id: UUID, version: int | None, *, is_active: bool) -> IdentityProvider:
    require(by.roles, Duty.ADMINISTER_AGENCY)
    provider = _hold(by, provider_id, version)
    if provider.is_active == is_active:
        raise Conflict("so_already", f"It is {'open' if is_active else 'closed'} already.")
    provider.is_active = is_active
    provider.save()
    return provider


def _unlink(links: QuerySet[SocialAccount], by: Membership) -> int:
    found = list(links.select_related("user"))
    for link in found:
        link.delete()
        record_event(Event.Kind.PROVIDER_UNLINKED, member=link.user, about=str(by.pk))
    return len(found)


def _put(provider: IdentityProvider, details: Details) -> None:
    for name, value in asdict(details).items():
        setattr(provider, name, value)


def _free_slug(agency: Agency) -> str:
    """Part of an address that is entered at the provider, so it never changes and is never used twice."""
    code = agency.code[:36]
    taken = set(IdentityProvider.objects.filter(slug__startswith=code).values_list("slug", flat=True))
    return next(
        slug
        for number in range(1, 1000)
        if (slug := code if number == 1 else f"{code}-{number}") not in taken
    )


def _checked(details: Details, *, secret: str) -> Details:
    """The details as they are kept. Raises Incomplete with everything that is wrong at once."""
    clean = Details(
        name=" ".join(details.name.split()),
        issuer=details.issuer.strip(),
        client_id=details.client_id.strip(),
        domains=_several(one.strip().lower().lstrip("@") for one in details.domains),
        role_claim=details.role_claim.strip(),
        role_map={group.strip(): _several(roles) for group, roles in (details.role_map or {}).items()},
        strong_methods=_several(details.strong_methods),
        strong_contexts=_several(details.strong_contexts),
        may_create=details.may_create,
    )
    errors = [
        *([] if clean.name else [Invalid("no_name", "Give the name for the button.", field="name")]),
        *_wrong_issuer(clean.issuer),
        *([] if clean.client_id else [Invalid("no_client", "Give the client id.", field="client_id")]),
        *(
            []
            if secret.strip()
            else [Invalid("no_secret", "Give the client's secret.", field="client_secret")]
        ),
        *_wrong_domains(clean.domains),
        *_wrong_roles(clean),
    ]
    if errors:
        raise Incomplete(errors)
    return clean


def _several(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(text.strip() for text in texts if text.strip()))


def _wrong_issuer(issuer: str) -> list[Invalid]:
    try:
        parts = urlsplit(issuer)
        says = _wrong_parts(parts)
    except ValueError:
        says = "Give the issuer as an address, such as https://login.example.gov."
    return [Invalid("wrong_issuer", says, field="issuer")] if says else []


def _wrong_parts(parts: SplitResult) -> str:
    """What is wrong with an issuer. The site asks there itself, so it is no way into the site's own network."""
    host = parts.hostname or ""
    is_own_machine = settings.INSECURE_COOKIES and host in _FAMILIAR
    if not host or parts.username or parts.query or parts.fragment or "/.well-known/" in parts.path:
        return "Give the issuer alone, such as https://login.example.gov, without /.well-known."
    if parts.scheme != "https" and not is_own_machine:
        return "The issuer's address begins with https."
    if not is_own_machine and (_is_number(host) or "." not in host):
        return "Give the issuer's full name, not a number."
    if host in _MICROSOFT and _SHARED_BY_ALL & set(parts.path.split("/")):
        return "This issuer lets every organisation in: give the one with your own tenant's id."
    return ""


def _is_number(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _wrong_domains(domains: Sequence[str]) -> list[Invalid]:
    if not domains:
        return [Invalid("no_domain", "Give at least one e-mail domain.", field="domains")]
    if wrong := [one for one in domains if not _DOMAIN.fullmatch(one)]:
        return [Invalid("wrong_domain", f"{wrong[0]} is no e-mail domain.", field="domains")]
    return []


def _wrong_roles(details: Details) -> list[Invalid]:
    try:
        for group, roles in (details.role_map or {}).items():
            if not group or not roles:
                raise Invalid("empty_line", "Each group needs at least one role.", field="role_map")
            refuse_forbidden_roles(roles)
    except Invalid as wrong:
        return [Invalid(wrong.code, wrong.detail, field="role_map")]
    if details.may_create and not details.role_map:
        sentence = "Whoever gets an account by the provider gets its roles by groups: name them."
        return [Invalid("no_roles_to_give", sentence, field="role_map")]
    if details.may_create and not (details.strong_methods or details.strong_contexts):
        sentence = "Accounts are opened only for those who prove a second factor: name how."
        return [Invalid("no_second_factor", sentence, field="strong_methods")]
    if details.role_map and not details.role_claim:
        return [Invalid("no_claim", "Name the claim that holds the groups.", field="role_claim")]
    return []
