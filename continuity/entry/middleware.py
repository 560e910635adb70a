"""Limits of a session, the banner before every page, and that no browser or proxy keeps an answer (S-4, S-5, P-17)."""

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from continuity.agencies.models import Member
from continuity.entry.views import show_banner

_TOUCH_EVERY = 60  # seconds; a write on each request would cost more than the look-up's own row
_UNATTENDED = (
    "X-Unattended"  # a page that reads itself anew is nobody at work: it ends with the session (S-4)
)


class SessionLimits:
    """End a session 12 hours after sign-in, push its idle limit at most once a minute, forbid storing answers."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        session, now = request.session, int(time.time())
        if "_auth_user_id" in session:
            if now - session.setdefault("started", now) > settings.ABSOLUTE_SESSION_AGE:
                logout(request)
            elif now - session.get("touched", 0) > _TOUCH_EVERY and _UNATTENDED not in request.headers:
                session["touched"] = now
        response = self.get_response(request)
        if not response.has_header("Cache-Control"):
            response["Cache-Control"] = "no-store"
        return response


# The way in and out, the brightness, and what asks nobody who they are.
_BEFORE_THE_BANNER = frozenset({"banner", "sign_in", "sign_out", "choose_shade", "livez", "readyz"})


class BannerFirst:
    """Lead a member who has not agreed to the newest banner to it, from whatever page, and on from there (S-5).

    What was typed is kept in the page. Programs of the API get the gate's refusal instead: they read no banner.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        """The banner, or None where it was read or does not stand."""
        here, member = request.resolver_match, request.user
        if here is None or here.url_name in _BEFORE_THE_BANNER or "v1" in here.namespaces:
            return None
        if not isinstance(member, Member) or member.banner_version >= settings.BANNER_VERSION:
            return None
        if "HX-Request" in request.headers:
            page = urlsplit(request.headers.get("HX-Current-URL", "")).path or "/"
            return HttpResponse(status=204, headers={"HX-Redirect": _banner_before(page)})
        if request.method == "POST":
            typed = [(name, text) for name, texts in request.POST.lists() for text in texts]
            kept = [(name, str(text)) for name, text in typed if name != "csrfmiddlewaretoken"]
            return show_banner(request, kept=kept, next_page=request.get_full_path(), status=403)
        return redirect(_banner_before(request.get_full_path()))


def _banner_before(page: str) -> str:
    return f"{reverse('banner')}?{urlencode({'next': page})}"
