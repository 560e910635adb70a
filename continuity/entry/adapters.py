"""allauth's hooks for the way in: no sign-up, no messages, no mail, one second factor whichever way one came."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from continuity.trail.context import current

_BACKEND = "continuity.agencies.services.MembershipBackend"


class FrontDoor(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """Accounts begin with an invitation; a sign-in is complete when the second factor is proved (S-1)."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_login_stages(self) -> list[str]:
        return ["continuity.entry.stages.SecondFactor"]

    def login(self, request: HttpRequest, user: Any) -> None:
        user.backend = _BACKEND
        super().login(request, user)

    def respond_user_inactive(self, request: HttpRequest, user: Any) -> HttpResponse:
        return redirect("sign_in")  # in the same words as for a wrong password: none

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """Pages say themselves what happened."""

    def get_client_ip(self, request: HttpRequest) -> str:
        return current().remote_addr or "0.0.0.0"  # noqa: S104  # an unknown address, not one to listen on  # nosec B104
