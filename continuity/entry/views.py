"""Pages of the front door. What was typed before a session ended passes through them inside the pages alone."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render, resolve_url
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from continuity.agencies.models import Member
from continuity.agencies.roles import Duty
from continuity.agencies.services import acknowledge_banner, choose_duty, duty_of, memberships_of
from continuity.entry.templatetags.frame import CASELOAD, SHADES
from continuity.errors import NotAllowed

_KEPT = "kept_"
_YEAR = 365 * 24 * 3600  # seconds


class SignInForm(AuthenticationForm):
    """Django's form in this site's sentences."""

    error_messages = {
        "invalid_login": "This user name and this password do not belong together.",
        "inactive": "This user name and this password do not belong together.",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].error_messages["required"] = "Type your user name."
        self.fields["password"].error_messages["required"] = "Type your password."


@method_decorator(login_not_required, name="dispatch")
class SignIn(LoginView):
    """User name and password; the same sentence for an unknown name and a wrong password.

    A page that was sent without a session comes here with what was typed as hidden `kept_` fields, and a member
    who has signed in is shown one button that sends it again.
    """

    template_name = "entry/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method == "POST" and request.user.is_authenticated and _kept(request):
            return _carry_on(request)
        return super().dispatch(request, *args, **kwargs)

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        response = super().form_valid(form)
        return _carry_on(self.request) if _kept(self.request) else response

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=400)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(kept=_kept(self.request), **kwargs)


class SignOut(LogoutView):
    """End the session; the browser forgets with it what pages had kept on the device until they could be saved."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = super().post(request, *args, **kwargs)
        response["Clear-Site-Data"] = '"storage"'
        return response


_OFFICE = (Duty.MANAGE_CONSENT, Duty.ADMINISTER_AGENCY)


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """To where the work is: the day's work in care, the privacy office for consents, the look-up for the rest."""
    duty = duty_of(request)
    if duty is not None and any(duty.has_duty(one) for one in CASELOAD):
        return redirect("today")
    at_office = duty is not None and any(duty.has_duty(one) for one in _OFFICE)
    return redirect("admin:index" if at_office else "look_up")


@require_http_methods(["GET", "POST"])
def choose(request: HttpRequest) -> HttpResponse:
    """Choose the agency to be on duty for; what one may see depends on it."""
    error = ""
    if request.method == "POST":
        try:
            choose_duty(request, request.POST.get("membership", ""))
            return _carry_on(request) if _kept(request) else redirect("home")
        except NotAllowed as refused:
            error = refused.detail
    return _show_duties(request, error=error, status=403 if error else 200)


@require_http_methods(["GET", "POST"])
def read_banner(request: HttpRequest) -> HttpResponse:
    """What every member agrees to by a press of the button before the first page, and anew when the text changes."""
    if request.method == "POST" and request.POST.get("version") == str(settings.BANNER_VERSION):
        if isinstance(request.user, Member):
            acknowledge_banner(request.user, settings.BANNER_VERSION)
        return _carry_on(request) if _kept(request) else redirect(_way_on(request))
    next_page = request.POST.get("next", "") or request.GET.get("next", "")
    return show_banner(request, kept=_kept(request), next_page=next_page)


def show_banner(
    request: HttpRequest, *, kept: Sequence[tuple[str, str]], next_page: str, status: int = 200
) -> HttpResponse:
    """The banner, with what was typed on the page that it stands before."""
    context = {"version": settings.BANNER_VERSION, "kept": kept, "next": next_page}
    return render(request, "entry/banner.html", context, status=status)


@login_not_required
@require_POST
def choose_shade(request: HttpRequest) -> HttpResponse:
    """Light, dark, or as the device has it; remembered by the browser and not by the site."""
    response = redirect(_way_on(request))
    shade = request.POST.get("shade", "")
    if shade in SHADES:
        response.set_cookie(
            "shade", shade, max_age=_YEAR, httponly=True, samesite="Lax", secure=request.is_secure()
        )
    else:
        response.delete_cookie("shade", samesite="Lax")
    return response


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A page older than the last sign-in was sent. It is not sent on: it may have been made by somebody else."""
    return render(request, "entry/csrf_failure.html", status=403)


def _carry_on(request: HttpRequest) -> HttpResponse:
    if duty_of(request) is None:
        return _show_duties(request)
    context = {"kept": _kept(request), "next": _way_on(request)}
    return render(request, "entry/carry_on.html", context)


def _show_duties(request: HttpRequest, *, error: str = "", status: int = 200) -> HttpResponse:
    context = {
        "memberships": memberships_of(request.user) if isinstance(request.user, Member) else [],
        "duty": duty_of(request),
        "error": error,
        "kept": _kept(request),
        "next": _way_on(request),
    }
    return render(request, "entry/duty.html", context, status=status)


def _kept(request: HttpRequest) -> list[tuple[str, str]]:
    return [
        (name.removeprefix(_KEPT), value)
        for name, values in request.POST.lists()
        for value in values
        if name.startswith(_KEPT) and isinstance(value, str)
    ]


def _way_on(request: HttpRequest) -> str:
    """The address of this site that the page asked to go on to."""
    wanted = request.POST.get("next", "")
    own = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if own else resolve_url("home")
