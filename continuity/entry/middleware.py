"""Limits of a session, what comes before every page, and that no browser or proxy keeps an answer (S-4, S-5, P-17)."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.contrib.auth import SESSION_KEY, logout
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from continuity.agencies import freshness
from continuity.agencies.models import Member
from continuity.agencies.services import follow_device
from continuity.entry.enrolment import show_password
from continuity.entry.kept import Kept, typed
from continuity.entry.locking import IN_PLACE, lock_session, show_proof
from continuity.entry.sign_in import ask_factor
from continuity.entry.views import show_banner
from continuity.errors import NotAllowed
from continuity.trail.models import Event
from continuity.trail.services import record_event

_TOUCH_EVERY = 60  # seconds; a write on each request would cost more than the look-up's own row
_UNATTENDED = (
    "X-Unattended"  # a page that reads itself anew is nobody at work: it ends with the session (S-4)
)
_PROGRAMS = "/api/"


class SessionLimits:
    """Lock an idle session, end it 12 hours after sign-in, write it at most once a minute, forbid storing answers.

    A locked session is nobody to programs, and one page to people.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        now = int(time.time())
        request.asked_at = now  # type: ignore[attr-defined]  # the door's clock, for `freshness`
        if SESSION_KEY in request.session:
            _limit(request, now)
        response = self.get_response(request)
        if not response.has_header("Cache-Control"):
            response["Cache-Control"] = "no-store"
        return response


def _limit(request: HttpRequest, now: int) -> None:
    session = request.session
    touched = session.get("touched")
    if now - session.setdefault("started", now) > settings.ABSOLUTE_SESSION_AGE:
        record_event(Event.Kind.SESSION_TIMED_OUT, member=_member(request))
        logout(request)
        return
    follow_device(request)
    if touched is not None and now - touched > session.get("idle", settings.SESSION_COOKIE_AGE):
        lock_session(request, why="idle")
    if session.get("locked"):
        if request.path.startswith(_PROGRAMS):
            request.user = AnonymousUser()
    elif (touched is None or now - touched > _TOUCH_EVERY) and _UNATTENDED not in request.headers:
        session["touched"] = now


def _member(request: HttpRequest) -> Member | None:
    return request.user if isinstance(request.user, Member) else None


@dataclass(frozen=True)
class Step:
    """Something that comes before every page: where it is, whom it concerns, which pages stay open meanwhile."""

    page: str
    stands: Callable[[HttpRequest, Member], bool]
    show: Callable[[HttpRequest, Member, Kept, str], HttpResponse]
    open: frozenset[str] = frozenset()


_ALWAYS_OPEN = frozenset({"sign_out", "choose_shade", "livez", "readyz", "sso_start", "sso_callback"})
_STEPS = (
    Step(
        "locked",
        lambda request, _: bool(request.session.get("locked")),
        lambda request, _, fields, page: show_proof(
            request, is_locked=True, fields=fields, page=page, status=403
        ),
        frozenset({"lock"}),
    ),
    Step(
        "second_factor",
        lambda request, _: not request.session.get("factor"),
        lambda request, member, fields, page: ask_factor(request, member),
        frozenset({"set_up_factor", "lock", "sign_in"}),
    ),
    Step(
        "password",
        lambda request, _: bool(request.session.get(freshness.PASSWORD_DUE)),
        lambda request, _, fields, page: show_password(request, fields=list(fields), page=page, status=403),
        frozenset({"lock", "recovery_codes", "sign_in"}),
    ),
    Step(
        "banner",
        lambda _, member: member.banner_version < settings.BANNER_VERSION,
        lambda request, _, fields, page: show_banner(request, fields=fields, page=page, status=403),
        frozenset({"lock", "recovery_codes", "password", "sign_in"}),
    ),
)


class FirstThings:
    """Lead from whatever page to what comes first, and on from there; what was typed is kept in the page.

    The unlocking of a locked screen, the second factor, a password that is a year old, the banner (S-1, S-2, S-4, S-5).
    Programs of the API are answered by the gate and by their permissions: they read no page.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        """The page that comes first, or None where nothing does."""
        here, member = request.resolver_match, request.user
        if here is None or here.url_name in _ALWAYS_OPEN or "v1" in here.namespaces:
            return None
        if not isinstance(member, Member):
            return None
        step = next((step for step in _STEPS if step.stands(request, member)), None)
        if step is None or here.url_name == step.page or here.url_name in step.open:
            return None
        return _lead(request, step.page, lambda fields, page: step.show(request, member, fields, page))

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """A verb that wants a fresh proof of who sits there is answered with the page that takes it."""
        if not isinstance(error, NotAllowed) or error.code != freshness.CODE:
            return None
        return _lead(
            request,
            "reauthenticate",
            lambda fields, page: show_proof(request, fields=fields, page=page, status=403),
        )


def _lead(request: HttpRequest, page: str, show: Callable[[Kept, str], HttpResponse]) -> HttpResponse:
    """To a page that comes first: the whole page even from a part of one; in the place of one that was sent."""
    is_part = "HX-Request" in request.headers
    if page == "locked" and (is_part or IN_PLACE in request.headers):
        # The page covers itself, and keeps what was typed.
        return HttpResponse(status=204, headers={"HX-Trigger": "continuity-lock"})
    if is_part:
        whole = urlsplit(request.headers.get("HX-Current-URL", "")).path or "/"
        return HttpResponse(status=204, headers={"HX-Redirect": _before(page, whole)})
    if request.method == "POST":
        return show(typed(request), request.get_full_path())
    return redirect(_before(page, request.get_full_path()))


def _before(page: str, wanted: str) -> str:
    return f"{reverse(page)}?{urlencode({'next': wanted})}"
