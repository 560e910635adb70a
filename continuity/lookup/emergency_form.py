"""The form of an emergency: reached from every look-up's answer alike, with what was typed there (P-2)."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from continuity.access.models import EmergencyAccess
from continuity.agencies.freshness import require_fresh
from continuity.agencies.models import Membership
from continuity.agencies.once import act_once, new_key
from continuity.agencies.services import clinician_line
from continuity.disclosures.emergencies import break_glass, request_emergency
from continuity.disclosures.throttles import LookUpThrottle
from continuity.errors import DomainError
from continuity.lookup.emergency_door import kind_for, open_if
from continuity.lookup.emergency_shape import EmergencyShape

DESCRIBED = ("last", "first", "birth_date", "identifier")
_WHY = ("incident_ref", "reason_code", "reason", "nature", "recipient_name", "recipient_facility")
# As the form has them, so that what is to be corrected is said in the order of the page.
_ORDER = (
    "incident_ref",
    *DESCRIBED,
    "reason_code",
    "nature",
    "reason",
    "recipient_name",
    "recipient_facility",
)
_VERBS = {EmergencyAccess.Kind.OVERRIDE: break_glass, EmergencyAccess.Kind.REQUEST: request_emergency}


@require_http_methods(["GET", "HEAD", "POST"])
@open_if(kind_for)
def emergency_new(request: HttpRequest, duty: Membership) -> HttpResponse:
    """GET and a look-up's answer show the form; its own button sends it. Nothing typed stands in an address."""
    typed = _typed(request, duty)
    if "send" not in request.POST:
        return _show(request, duty, typed)
    shape = EmergencyShape(data=typed)
    if not shape.is_valid():
        return _show(request, duty, typed, errors=shape.errors, status=400)
    if kind_for(duty) == EmergencyAccess.Kind.OVERRIDE:
        require_fresh(request)
    # It identifies somebody, so it counts as a question (P-4).
    if not LookUpThrottle().allow_request(request, None):  # type: ignore[arg-type]  # a page is no DRF request
        return _show(
            request, duty, typed, refused="Too many questions in one minute. Wait a minute.", status=429
        )
    at, said = timezone.now(), shape.validated_data
    try:
        place = act_once(request, by=duty, at=at, act=lambda: _start(duty, said, at))
    except DomainError as refused:
        return _show(request, duty, typed, refused=refused.detail, status=409)
    request.session["incident_ref"] = said["incident_ref"]
    return redirect(place)


def _start(duty: Membership, said: dict[str, Any], at: Any) -> str:
    emergency = _VERBS[EmergencyAccess.Kind(kind_for(duty))](by=duty, at=at, **said)
    return reverse("emergency", args=[emergency.pk])


def _typed(request: HttpRequest, duty: Membership) -> dict[str, str]:
    """What was typed so far; the incident is carried over, and who uses it is first the member themself."""
    first = {
        "incident_ref": request.session.get("incident_ref", ""),
        "recipient_name": duty.member.display_name,
        "recipient_facility": duty.agency.name,
    }
    return {name: request.POST.get(name, first.get(name, "")) for name in (*DESCRIBED, *_WHY)}


def _show(
    request: HttpRequest,
    duty: Membership,
    typed: dict[str, str],
    *,
    errors: Any = None,
    refused: str = "",
    status: int = 200,
) -> HttpResponse:
    errors = {name: errors[name] for name in _ORDER if name in errors} if errors else {}
    context = {
        "typed": typed,
        "errors": errors,
        "refused": refused,
        "once": request.POST.get("once") or new_key(),
        "is_override": kind_for(duty) == EmergencyAccess.Kind.OVERRIDE,
        "reasons": EmergencyAccess.Reason.choices,
        "is_described": bool(typed["last"]) and not any(name in errors for name in DESCRIBED),
        "is_recipient_known": not {"recipient_name", "recipient_facility"} & set(errors),
        "clinician_line": clinician_line(),
    }
    return render(request, "lookup/emergency_new.html", context, status=status)
