"""allauth's OpenID Connect client over the agencies' own rows: PKCE, state and nonce on, every signature checked.

Providers never stand in settings, nothing that a provider says is kept, and no redirect is followed on the way to it.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import jwt
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter, get_adapter
from allauth.socialaccount.internal import jwtkit
from allauth.socialaccount.models import SocialApp, SocialLogin
from allauth.socialaccount.providers.base import AuthError
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from allauth.utils import build_absolute_uri
from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.crypto import constant_time_compare, get_random_string

from continuity.agencies.models import IdentityProvider
from continuity.agencies.providers import is_microsoft, may_be_asked, open_providers
from continuity.agencies.recognition import read_claims

_CLOCKS_DIFFER = 60  # seconds
_REMEMBERED = 600  # seconds; what a provider says of itself changes rarely
_QUIET = 10  # seconds for which one that did not answer is let alone: anybody may press its button, and workers wait
_SIGNATURES = frozenset(f"{family}{bits}" for family in ("RS", "PS", "ES") for bits in (256, 384, 512))
_METHODS = ("token_endpoint_auth_methods_supported",)
_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint")


class AgencyAdapter(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]  # allauth has no types
    """allauth's, and stricter: the issuer is the one entered, its nonce ours, its userinfo the same person's."""

    _state: dict[str, Any]
    _issuer_said = ""
    _provider: "AgencyProvider | None" = None

    def expect(self, state: dict[str, Any], request: HttpRequest) -> None:
        """Keep what the answer is checked against."""
        self._state, self._issuer_said = state, request.GET.get("iss", "")

    def get_provider(self) -> "AgencyProvider":
        if self._provider is None:
            self._provider = super().get_provider()
        return self._provider

    @property
    def openid_config(self) -> dict[str, Any]:
        """What the provider says of itself. Raises OAuth2Error when that is not what was entered."""
        row = self.get_provider().row
        key = f"oidc:{row.pk}:{row.version}"
        known: dict[str, Any] | None = cache.get(key)
        if known is None:
            known = {}
            try:
                known = self._asked(row)
            finally:
                cache.set(key, known, _REMEMBERED if known else _QUIET)
        if not known:
            raise OAuth2Error("did not answer a moment ago")
        return known

    def _asked(self, row: IdentityProvider) -> dict[str, Any]:
        with broken_protocol(), get_adapter().get_requests_session() as asked:
            answer = asked.get(self.get_provider().server_url)
            answer.raise_for_status()
            return _checked(row, answer.json())

    def get_callback_url(self, request: HttpRequest, app: Any) -> str:
        return str(build_absolute_uri(request, reverse("sso_callback", args=[self.provider_id])))

    def get_access_token_data(self, *args: Any, **kwargs: Any) -> Any:
        with broken_protocol():
            return super().get_access_token_data(*args, **kwargs)

    def complete_login(self, request: HttpRequest, app: Any, token: Any, **kwargs: Any) -> SocialLogin:
        """Raises OAuth2Error when issuer, nonce or subject are not what they must be."""
        with broken_protocol():
            id_token = self._decode_id_token(app, kwargs["response"]["id_token"])
            userinfo = self._fetch_user_info(token.token) if "userinfo_endpoint" in self.openid_config else {}
            self._compare(id_token, userinfo)
            login: SocialLogin = self.get_provider().sociallogin_from_response(
                request, {"id_token": id_token}
            )
            login.claims = read_claims(id_token, userinfo, role_claim=self.get_provider().row.role_claim)
        return login

    def _compare(self, id_token: dict[str, Any], userinfo: dict[str, Any]) -> None:
        if self._issuer_said not in ("", self.get_provider().row.issuer):  # RFC 9207
            raise OAuth2Error("another issuer answered")
        if not constant_time_compare(str(id_token.get("nonce", "")), self._state["nonce"]):
            raise OAuth2Error("wrong nonce")
        if userinfo and userinfo.get("sub") != id_token["sub"]:
            raise OAuth2Error("userinfo of somebody else")

    def _decode_id_token(self, app: Any, id_token: str) -> dict[str, Any]:
        """Always by the provider's published keys, though it came straight from the provider."""
        if jwt.get_unverified_header(id_token).get("alg") not in _SIGNATURES:
            raise OAuth2Error("unsigned, or signed by a shared secret")
        algorithm, key = jwtkit.fetch_key(id_token, self.openid_config["jwks_uri"], jwtkit.lookup_kid_jwk)
        claims: dict[str, Any] = jwt.decode(
            id_token,
            key=key,
            algorithms=[algorithm],
            issuer=self.openid_config["issuer"],
            audience=app.client_id,
            leeway=_CLOCKS_DIFFER,
            options={"require": ["exp", "iat", "aud", "iss", "sub"]},
        )
        jwtkit.verify_jti(claims)
        return claims


@contextmanager
def broken_protocol() -> Iterator[None]:
    """Whatever a provider sends that is not of the right shape is one error."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError, jwt.PyJWTError) as wrong:
        raise OAuth2Error("not of the right shape") from wrong


def _checked(row: IdentityProvider, config: dict[str, Any]) -> dict[str, Any]:
    if config["issuer"] != row.issuer:
        raise OAuth2Error("another issuer than the one that was entered")
    said = {name: config[name] for name in (*_ENDPOINTS, "issuer", *_METHODS) if name in config}
    if not all(may_be_asked(said[name]) for name in _ENDPOINTS if name in said):
        raise OAuth2Error("names an address that is not asked")
    return said


class AgencyProvider(OpenIDConnectProvider):  # type: ignore[misc]  # as above
    """One agency's provider; `row` is what its administrator entered."""

    oauth2_adapter_class = AgencyAdapter
    row: IdentityProvider

    def leave(self, request: HttpRequest, data: dict[str, Any], *, again: bool) -> HttpResponseRedirect:
        """Where to go: with PKCE and state (allauth's), a nonce, and how old and how strong the proof may be."""
        nonce = get_random_string(32)
        asked = {"nonce": nonce, "max_age": "0" if again else str(settings.SESSION_COOKIE_AGE)}
        if again:
            asked["prompt"] = "login"
        away: HttpResponseRedirect = self.redirect(
            request, "login", data=data, nonce=nonce, auth_params=asked | self._wanted_context()
        )
        return away

    def _wanted_context(self) -> dict[str, str]:
        contexts = self.row.strong_contexts
        if contexts and is_microsoft(self.row.issuer):  # Conditional Access is asked by a claim
            return {"claims": json.dumps({"id_token": {"acrs": {"essential": True, "value": contexts[0]}}})}
        return {"acr_values": " ".join(contexts)} if contexts else {}

    def extract_extra_data(self, data: Any) -> dict[str, Any]:
        return {}  # allauth would keep name and address of staff in clear, anew at each sign-in


def provider_of_row(request: HttpRequest, row: IdentityProvider) -> AgencyProvider:
    """allauth's provider of one row."""
    provider = AgencyProvider(request, app=_app(row))
    provider.row = row
    return provider


def _app(row: IdentityProvider) -> SocialApp:
    return SocialApp(
        provider=OpenIDConnectProvider.id,
        provider_id=row.slug,
        name=row.name[:40],
        client_id=row.client_id,
        secret=bytes(row.client_secret).decode(),
        settings={"server_url": row.issuer.rstrip("/"), "oauth_pkce_enabled": True},
    )


class SingleSignOn(DefaultSocialAccountAdapter):  # type: ignore[misc]  # as above
    """allauth's hooks: its providers are the agencies' rows, and who comes in is decided here and not by it."""

    def get_provider(
        self, request: HttpRequest, provider: str, client_id: str | None = None
    ) -> AgencyProvider:
        row = open_providers().filter(slug=provider).first()
        if row is None:
            raise SocialApp.DoesNotExist
        return provider_of_row(request, row)

    def list_apps(
        self, request: HttpRequest, provider: str | None = None, client_id: str | None = None
    ) -> list[SocialApp]:
        rows = open_providers()
        return [_app(row) for row in rows if provider in (None, OpenIDConnectProvider.id, row.slug)]

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return False

    def authenticate_by_email(self, sociallogin: SocialLogin) -> None:
        return None

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        from continuity.entry import sso

        raise sso.answer_instead(sso.arrive(request, sociallogin))

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Any,
        error: Any = None,
        exception: Exception | None = None,
        extra_context: dict[str, Any] | None = None,
    ) -> None:
        from continuity.entry import sso

        is_known = exception is not None or "state" in (extra_context or {})
        is_cancelled = error == AuthError.CANCELLED
        raise sso.answer_instead(
            sso.fail(request, provider.row, is_cancelled=is_cancelled, is_known=is_known)
        )

    def get_requests_session(self) -> Any:
        session = super().get_requests_session()
        session.max_redirects = 0  # an address that the administrator entered leads nowhere else
        return session
