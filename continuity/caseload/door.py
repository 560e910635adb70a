"""How a page of the caseload is opened and a button pressed: for whom, how often, and that nothing typed is lost."""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Protocol, cast
from zoneinfo import ZoneInfo

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from continuity.agencies.models import Member, Membership
from continuity.agencies.roles import Duty
from continuity.agencies.services import duty_of, memberships_of
from continuity.errors import NotAllowed, NotFound

P = ParamSpec("P")
Page = Callable[Concatenate[HttpRequest, Membership, P], HttpResponse]
# These never travel through sign-in: the first belongs to the former session.
_NOT_KEPT = {"csrfmiddlewaretoken"}


class View(Protocol):
    def __call__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse: ...


def open_to(*duties: Duty) -> Callable[[Page[P]], View]:
    """Open a page to who has one of these duties, on the wall clock of the agency on duty (P-18).

    Another role is told plainly that the page is not for it. What is not there for this member is the one page of an
    unknown address. A page sent without a session comes back after sign-in with what was typed.
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
                if not any(duty.has_duty(one) for one in duties):
                    return _not_for_you(request, "")
                try:
                    return page(request, duty, *args, **kwargs)
                except NotFound:
                    return render(request, "404.html", status=404)
                except NotAllowed as refused:
                    return _not_for_you(request, refused.detail)

        return cast("View", view)

    return opened


def _not_for_you(request: HttpRequest, sentence: str) -> HttpResponse:
    return render(request, "caseload/not_for_you.html", {"sentence": sentence}, status=403)


def _ask_who(request: HttpRequest) -> HttpResponse:
    """Ask for sign-in or duty first; what was typed waits in hidden fields: in no address, log or session."""
    if request.method != "POST":
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        return redirect("choose_duty")
    context: dict[str, Any] = {"kept": list(_typed(request)), "next": request.path}
    if not isinstance(request.user, Member):
        return render(request, "entry/sign_in.html", context, status=403)
    context["memberships"] = memberships_of(request.user)
    return render(request, "entry/duty.html", context, status=403)


def _typed(request: HttpRequest) -> Iterable[tuple[str, str]]:
    for name, values in request.POST.lists():
        if name not in _NOT_KEPT:
            for value in values:
                if isinstance(value, str) and value:
                    yield name, value
