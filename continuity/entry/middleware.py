"""Limits of a session, and that nothing about a person is kept by a browser or a proxy (S-4, P-17)."""

import time
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse

_TOUCH_EVERY = 60  # seconds; a write on each request would cost more than the look-up's own row


class SessionLimits:
    """End a session 12 hours after sign-in, push its idle limit at most once a minute, forbid storing answers."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        session, now = request.session, int(time.time())
        if "_auth_user_id" in session:
            if now - session.setdefault("started", now) > settings.ABSOLUTE_SESSION_AGE:
                logout(request)
            elif now - session.get("touched", 0) > _TOUCH_EVERY:
                session["touched"] = now
        response = self.get_response(request)
        if not response.has_header("Cache-Control"):
            response["Cache-Control"] = "no-store"
        return response
