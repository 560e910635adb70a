"""The step between the password and the session: a member who proved one factor, and is not signed in yet."""

from collections.abc import Mapping
from typing import Any

from allauth.account.internal.flows.login import perform_login
from allauth.account.internal.stagekit import get_pending_stage, unstash_login
from allauth.account.models import Login
from allauth.account.stages import LoginStage
from allauth.usersessions.models import UserSession
from django.contrib.auth import update_session_auth_hash
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.crypto import constant_time_compare

from continuity.agencies.models import Member
from continuity.agencies.services import BY_PROVIDER, may_change_factors
from continuity.agencies.session_keys import renew_key

_BEGUN_WITH = "begun_with"  # in a half-done sign-in: a keyed hash of the member's password


class SecondFactor(LoginStage):  # type: ignore[misc]  # allauth has no types
    """Waits until the second factor is proved; whoever proved it in this request has said so by `note_factor`."""

    key = "second_factor"
    urlname = "second_factor"

    def handle(self) -> tuple[HttpResponse | None, bool]:
        if factor_of(self.request):
            return None, True
        return redirect("second_factor"), True


def note_factor(request: Any, factor: str) -> None:
    """Say that this request proved a second factor: "totp", "webauthn", "recovery", or "provider" for its word."""
    request.second_factor = factor


def factor_of(request: Any) -> str:
    """The second factor that this request proved, or ""."""
    return getattr(request, "second_factor", "")


def member_of(request: HttpRequest) -> Member:
    """Who is signed in, where the page is for nobody else."""
    if not isinstance(request.user, Member):
        raise PermissionDenied
    return request.user


def owner_of(request: HttpRequest) -> Member:
    """Who is signed in, where the page changes what opens the whole account. Raises PermissionDenied."""
    member = member_of(request)
    if not may_change_factors(request, member):
        raise PermissionDenied
    return member


def begin(
    request: HttpRequest, member: Member, *, next_page: str = "", vouched: Mapping[str, str] | None = None
) -> HttpResponse:
    """The first factor is proved: on to the second. The session holds the half-done sign-in, and nobody.

    `vouched` names an agency's identity `provider` and the `membership` that it vouches for; the session is good for
    that one alone.
    """
    request.session[BY_PROVIDER] = vouched
    login = Login(
        user=member, redirect_url=next_page or None, state={_BEGUN_WITH: member.get_session_auth_hash()}
    )
    answer: HttpResponse = perform_login(request, login)
    return answer


def waiting(request: HttpRequest) -> Member | None:
    """Whose second factor this session waits for.

    A half-done sign-in ends after a quarter of an hour, and with the password that began it: whoever stole that one
    would else wait for a reset, and be asked to make the second factor of their own.
    """
    if not request.user.is_authenticated:
        stage = get_pending_stage(request)
        member = stage.login.user if stage is not None else None
        if stage is None or not isinstance(member, Member) or not member.is_active:
            return None
        begun_with = str(stage.login.state.get(_BEGUN_WITH, ""))
        return member if constant_time_compare(begun_with, member.get_session_auth_hash()) else None
    member = request.user
    return member if isinstance(member, Member) and not request.session.get("factor") else None


def complete(request: HttpRequest, factor: str) -> HttpResponse:
    """The second factor is proved: open the session and answer with the way on."""
    note_factor(request, factor)
    if request.user.is_authenticated:  # a session from before second factors were asked
        renew_key(request)
        request.session["factor"] = factor
        return redirect("home")
    stage = get_pending_stage(request)
    if stage is None:
        return redirect("sign_in")
    unstash_login(request)
    answer: HttpResponse = stage.exit()
    return answer


def stay_signed_in(request: HttpRequest, member: Member) -> None:
    """Go on in this session after a change of password, under a new key; every other session ends by the change."""
    before = request.session.session_key
    update_session_auth_hash(request, member)
    for row in UserSession.objects.filter(session_key=before):
        row.session_key = request.session.session_key
        row.save(update_fields=["session_key"])
