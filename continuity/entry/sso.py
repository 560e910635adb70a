"""Sign-in through an agency's own OpenID Connect provider; allauth speaks the protocol (S-1, S-4).

Begun by a POST and carried on by a page of its own: `form-action 'self'` would stop a form that is sent on to another
site. What was typed before goes along sealed, in the session, and comes back as if the page had sent it.
"""

import base64
import json
import time
from collections.abc import Iterable
from typing import Any

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.models import SocialLogin
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe
from requests import RequestException

from continuity.agencies.factors import factors_of
from continuity.agencies.freshness import mark_fresh
from continuity.agencies.models import IdentityProvider, Member
from continuity.agencies.providers import open_providers
from continuity.agencies.recognition import Claims, Recognised, recognise
from continuity.agencies.services import vouched_for
from continuity.agencies.session_keys import renew_key
from continuity.entry import stages
from continuity.entry.ask_again import has_asked, is_to_ask
from continuity.entry.kept import carry_on, kept, next_page, way_on
from continuity.entry.provider_client import AgencyAdapter, provider_of_row
from continuity.entry.sign_in import ask_factor
from continuity.errors import NotAllowed
from continuity.sealing import seal, unseal
from continuity.trail.models import Event
from continuity.trail.services import record_event

_PLACE = "entry.sso.kept"
_MOST_KEPT = 100_000  # bytes; the session of nobody is no store
_CLOCKS_DIFFER = 60  # seconds
_BROKEN = (OAuth2Error, RequestException)
_SENTENCES = {
    "failed": "Your agency's sign-in did not answer as it should. Try again, or tell your administrator.",
    "cancelled": "You stopped the sign-in at your agency.",
    "too_much": "What you typed is too long to be carried along. Sign in with your user name instead.",
    "no_auth_time": "Your agency's sign-in does not say when you proved who you are. Ask your administrator.",
    "old_proof": "Your agency's sign-in let you pass without asking you again. Ask your administrator.",
    "one_factor": "Your agency's sign-in proved one factor alone. Prove it another way.",
    "no_factor_here": "Your agency's sign-in proved one factor, and you have no other here. Ask for an invitation.",
    "another_way_in": "You did not come in by this sign-in. Prove it the way you came in.",
    "somebody_else": "That was somebody else's sign-in. This session stays as it was.",
}


@login_not_required
@require_POST
def start(request: HttpRequest, slug: str) -> HttpResponse:
    """On to the provider: to sign in or, by whoever is signed in already, to prove that it is still them."""
    provider = _open_provider(slug)
    is_proof = bool(request.POST.get("prove")) and request.user.is_authenticated
    sealed = _sealed(kept(request))
    if sealed is None:
        return _say(request, "too_much", provider, status=413)
    carried = {"prove": is_proof, "kept": sealed, "next": next_page(request)}
    try:
        return _leave(request, provider, carried, again=is_proof or is_to_ask(request))
    except _BROKEN:
        return _failed(request, provider)


@login_not_required
@require_safe
def callback(request: HttpRequest, slug: str) -> HttpResponse:
    """Back from the provider. Nothing is said about whom it knows."""
    provider = _open_provider(slug)
    try:
        answer: HttpResponse = _Callback.adapter_view(AgencyAdapter(request, slug))(request)
    except _BROKEN:
        return _failed(request, provider)
    return answer


def _open_provider(slug: str) -> IdentityProvider:
    provider = open_providers().filter(slug=slug).first()
    if provider is None:
        raise Http404
    return provider


def _leave(
    request: HttpRequest, provider: IdentityProvider, carried: dict[str, Any], *, again: bool
) -> HttpResponse:
    """A page that leads on to the provider; `again` has it ask even somebody whom it knows by a cookie."""
    data = carried | {"again": again, "asked_at": int(time.time())}
    away = provider_of_row(request, provider).leave(request, data, again=again)
    return render(request, "entry/sso_leave.html", {"provider": provider, "url": away.url})


class _Callback(OAuth2CallbackView):  # type: ignore[misc]  # allauth has no types
    """allauth's, which gives the state to those who check the answer against it."""

    def _get_state(self, request: HttpRequest, provider: Any) -> tuple[Any, Any]:
        state, answer = super()._get_state(request, provider)
        if state is not None:
            self.adapter.expect(state, request)
        return state, answer


# -- what allauth's adapter hands over ----------------------------------------------------------------------


def arrive(request: HttpRequest, sociallogin: SocialLogin) -> HttpResponse:
    """Somebody comes back with claims that were checked: sign them in, or take them for a proof."""
    provider, claims, data = sociallogin.provider.row, sociallogin.claims, sociallogin.state["data"]
    _take_up(request, data)
    if reason := _too_old(claims, data):
        if data["again"] or reason != "old_proof":
            return _refuse(request, provider, reason)
        return _leave(request, provider, _carried(data), again=True)
    try:
        found = recognise(provider_id=provider.pk, claims=claims, at=timezone.now())
    except NotAllowed as refused:
        return _show(request, provider, refused.detail)
    proved_at = min(claims.proved_at or 0, int(time.time()))
    return (_prove if data["prove"] else _sign_in)(request, provider, found, proved_at)


def fail(request: HttpRequest, row: IdentityProvider, *, is_cancelled: bool, is_known: bool) -> HttpResponse:
    """The protocol did not come to its end; only where it began here is that kept, or anybody could fill the trail."""
    if is_known:
        record_event(
            Event.Kind.PROVIDER_REFUSED, about=f"{row.pk} {'cancelled' if is_cancelled else 'protocol'}"
        )
    return _say(request, "cancelled" if is_cancelled else "failed", row, status=403)


def _too_old(claims: Claims, data: dict[str, Any]) -> str:
    """Whether the proof at the provider is as young as this site's own would be (S-4); "" or why not."""
    if claims.proved_at is None:
        return "no_auth_time"
    since = data["asked_at"] if data["again"] else int(time.time()) - settings.SESSION_COOKIE_AGE
    return "" if claims.proved_at >= since - _CLOCKS_DIFFER else "old_proof"


def _sign_in(
    request: HttpRequest, provider: IdentityProvider, found: Recognised, proved_at: int
) -> HttpResponse:
    member = found.membership.member
    if not found.has_second_factor and factors_of(member).is_empty:
        # One factor is no ground to make the other one on: that takes an invitation.
        return _refuse(request, provider, "no_factor_here", member=member)
    if request.user.is_authenticated:
        logout(request)
    if found.has_second_factor:
        stages.note_factor(request, "provider")
    vouched = {"provider": str(provider.pk), "membership": str(found.membership.pk)}
    answer = stages.begin(request, member, next_page=way_on(request), vouched=vouched)
    if stages.waiting(request):
        return ask_factor(request, member) if kept(request) else answer
    if found.has_second_factor:
        mark_fresh(request, proved_at=proved_at)
    answer = carry_on(request) if kept(request) else answer
    has_asked(answer)
    return answer


def _prove(
    request: HttpRequest, provider: IdentityProvider, found: Recognised, proved_at: int
) -> HttpResponse:
    """The same person, by two factors, just now: the screen is unlocked, and the gravest verbs let them through.

    By the provider that began the session and no other: one agency's word does not open what is on duty for another.
    """
    member = found.membership.member
    if request.user != member:
        return _refuse(request, provider, "somebody_else", member=member)
    if not found.has_second_factor:
        return _refuse(request, provider, "one_factor", member=member)
    if vouched_for(request).get("provider") != str(provider.pk):
        return _refuse(request, provider, "another_way_in", member=member)
    renew_key(request)
    was_locked = request.session.pop("locked", None)
    request.session["touched"] = int(time.time())
    mark_fresh(request, proved_at=proved_at)
    record_event(Event.Kind.REAUTHENTICATED, member=member, about=str(provider.pk))
    if kept(request):
        return carry_on(request, heading="You are signed in again" if was_locked else "Now send it")
    return redirect(way_on(request))


# -- what goes along and comes back -------------------------------------------------------------------------


def _sealed(fields: Iterable[tuple[str, str]]) -> str | None:
    """What was typed, as the session may hold it: "" for nothing, None for too much."""
    text = json.dumps(list(fields)).encode()
    if len(text) > _MOST_KEPT:
        return None
    return base64.b64encode(seal(text, place=_PLACE)).decode() if text != b"[]" else ""


def _take_up(request: HttpRequest, data: dict[str, Any]) -> None:
    """What was typed and where it was to go, as if the page that was left had sent it now."""
    back = QueryDict(mutable=True)
    if data["kept"]:
        for name, text in json.loads(unseal(base64.b64decode(data["kept"]), place=_PLACE)):
            back.appendlist(f"kept_{name}", text)
    back["next"] = data["next"]
    request.POST = back  # type: ignore[assignment]  # read like one that was sent


def _carried(data: dict[str, Any]) -> dict[str, Any]:
    return {name: data[name] for name in ("prove", "kept", "next")}


# -- one sentence -------------------------------------------------------------------------------------------


def _failed(request: HttpRequest, provider: IdentityProvider) -> HttpResponse:
    return fail(request, provider, is_cancelled=False, is_known=True)


def _refuse(
    request: HttpRequest, provider: IdentityProvider, reason: str, *, member: Any = None
) -> HttpResponse:
    record_event(Event.Kind.PROVIDER_REFUSED, member=member, about=f"{provider.pk} {reason}")
    return _say(request, reason, provider, status=403)


def _say(request: HttpRequest, reason: str, provider: IdentityProvider, *, status: int) -> HttpResponse:
    return _show(request, provider, _SENTENCES[reason], status=status)


def _show(
    request: HttpRequest, provider: IdentityProvider, sentence: str, *, status: int = 403
) -> HttpResponse:
    is_in = isinstance(request.user, Member)
    context = {"provider": provider, "sentence": sentence, "is_in": is_in}
    return render(request, "entry/sso_refused.html", context, status=status)


def answer_instead(response: HttpResponse) -> ImmediateHttpResponse:
    """allauth goes no further with this: what was to be done has been done."""
    return ImmediateHttpResponse(response)
