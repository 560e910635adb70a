"""Pages of the front door that stand before the work: where to, for whom, the banner, the brightness."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from continuity.agencies.models import Member
from continuity.agencies.roles import Duty
from continuity.agencies.services import acknowledge_banner, choose_duty, duty_of
from continuity.agencies.session_keys import renew_key
from continuity.entry.kept import Kept, carry_on, kept, next_page, show_duties, way_on
from continuity.entry.templatetags.frame import CASELOAD, SHADES
from continuity.errors import NotAllowed

_YEAR = 365 * 24 * 3600  # seconds
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
            renew_key(request)
            return carry_on(request) if kept(request) else redirect("home")
        except NotAllowed as refused:
            error = refused.detail
    return show_duties(request, error=error, status=403 if error else 200)


@require_http_methods(["GET", "POST"])
def read_banner(request: HttpRequest) -> HttpResponse:
    """What every member agrees to by a press of the button before the first page, and anew when the text changes."""
    if request.method == "POST" and request.POST.get("version") == str(settings.BANNER_VERSION):
        if isinstance(request.user, Member):
            acknowledge_banner(request.user, settings.BANNER_VERSION)
        return carry_on(request) if kept(request) else redirect(way_on(request))
    return show_banner(request, fields=kept(request), page=next_page(request))


def show_banner(request: HttpRequest, *, fields: Kept, page: str, status: int = 200) -> HttpResponse:
    """The banner, with what was typed on the page that it stands before."""
    context = {"version": settings.BANNER_VERSION, "kept": fields, "next": page}
    return render(request, "entry/banner.html", context, status=status)


@login_not_required
@require_POST
def choose_shade(request: HttpRequest) -> HttpResponse:
    """Light, dark, or as the device has it; remembered by the browser and not by the site."""
    response = redirect(way_on(request))
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
