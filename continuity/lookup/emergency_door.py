"""How a page of an emergency is opened: for whom, on which clock, and that nothing typed is lost."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Protocol, cast
from zoneinfo import ZoneInfo

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from continuity.access.models import EmergencyAccess
from continuity.agencies import freshness
from continuity.agencies.models import Member, Membership
from continuity.agencies.roles import Duty
from continuity.agencies.services import duty_of, memberships_of
from continuity.errors import NotAllowed, NotFound

P = ParamSpec("P")
Page = Callable[Concatenate[HttpRequest, Membership, P], HttpResponse]
_NOT_KEPT = {"csrfmiddlewaretoken", "once"}  # both belong to the former page


class View(Protocol):
    def __call__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse: ...


def kind_for(duty: Membership) -> str:
    """What this member may start: an override, a request, or "" for neither. The person asked about changes nothing."""
    if duty.may_break_glass and duty.has_duty(Duty.BREAK_GLASS):
        return EmergencyAccess.Kind.OVERRIDE
    return EmergencyAccess.Kind.REQUEST if duty.has_duty(Duty.ASK_EMERGENCY) else ""


def may_release(duty: Membership) -> bool:
    """Whether this member answers responders' requests."""
    return duty.may_release_emergency and duty.has_duty(Duty.RELEASE_EMERGENCY)


def is_concerned(duty: Membership) -> bool:
    """Whether any of these pages is for this member."""
    return bool(kind_for(duty)) or may_release(duty)


def open_if(rule: Callable[[Membership], object]) -> Callable[[Page[P]], View]:
    """Open a page to whom `rule` admits, on the wall clock of the agency on duty (P-18).

    Another role is told so. What is not there for this member is the one page of an unknown address (P-3). A form
    sent without a session comes back after sign-in with what was typed.
    """

    def opened(page: Page[P]) -> View:
        # Open to everybody only so that nothing typed is lost; nobody signed out is answered.
        @login_not_required
        @wraps(page)
        def view(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            duty = duty_of(request)
            if duty is None:
                return _ask_who(request)
            with timezone.override(ZoneInfo(duty.agency.timezone)):
                if not rule(duty):
                    return render(request, "403.html", status=403)
                try:
                    return page(request, duty, *args, **kwargs)
                except NotFound:
                    return render(request, "404.html", status=404)
                except NotAllowed as refused:
                    if refused.code == freshness.CODE:  # the page that takes the proof comes from above
                        raise
                    return render(request, "403.html", status=403)

        return cast("View", view)

    return opened


def _ask_who(request: HttpRequest) -> HttpResponse:
    """Ask for sign-in or duty first; what was typed waits in hidden fields: in no address, log or session."""
    if request.headers.get("HX-Request"):
        return reload_page()
    if request.method != "POST":
        if not request.user.is_authenticated:
            return redirect_to_login(request.path)
        return redirect("choose_duty")
    kept = [(name, value) for name, value in request.POST.items() if name not in _NOT_KEPT and value]
    context: dict[str, Any] = {"kept": kept, "next": request.path}
    if not isinstance(request.user, Member):
        return render(request, "entry/sign_in.html", context, status=403)
    context["memberships"] = memberships_of(request.user)
    return render(request, "entry/duty.html", context, status=403)


def reload_page() -> HttpResponse:
    """Have the page that asked read itself anew: what it shows is over."""
    return HttpResponse(headers={"HX-Refresh": "true"})
