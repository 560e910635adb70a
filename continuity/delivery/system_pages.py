"""For administrators: the agency's own systems that are told of notices, and what could not be delivered."""

import base64
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from continuity.agencies.models import Membership
from continuity.agencies.roles import Duty, Role
from continuity.delivery.door import open_to, page_of
from continuity.errors import Conflict, Invalid
from continuity.notices import services
from continuity.notices.models import Notice, WebhookEndpoint

_KINDS = [(kind.value, kind.label) for kind in Notice.Kind]


@require_http_methods(["GET", "HEAD", "POST"])
@open_to(Duty.ADMINISTER_AGENCY)
def systems(request: HttpRequest, by: Membership) -> HttpResponse:
    """The systems that are told; a new one is shown its secret this once."""
    if request.method != "POST":
        return _show(request, by)
    kinds = request.POST.getlist("kinds")
    typed = {name: request.POST.get(name, "").strip() for name in ("url", "acts_as")}
    system = next((one for one in _accounts(by) if str(one.pk) == typed["acts_as"]), None)
    try:
        if system is None:
            raise Invalid("no_system", "Choose the account that the system acts as.", field="acts_as")
        endpoint = services.add_endpoint(by=by, url=typed["url"], acts_as=system, kinds=kinds)
    except Invalid as refused:
        return _show(request, by, typed, kinds, refused)
    secret = f"whsec_{base64.b64encode(bytes(endpoint.secret)).decode()}"
    return render(request, "delivery/system_added.html", {"endpoint": endpoint, "secret": secret})


@require_POST
@open_to(Duty.ADMINISTER_AGENCY)
def remove_system(request: HttpRequest, by: Membership, endpoint_id: UUID) -> HttpResponse:
    """Tell a system nothing more."""
    services.remove_endpoint(by=by, endpoint_id=endpoint_id)
    messages.success(request, "The system is told nothing more.")
    return redirect("notice_systems")


@require_safe
@open_to(Duty.ADMINISTER_AGENCY)
def dead_letters(request: HttpRequest, by: Membership) -> HttpResponse:
    """What was given up after the last try."""
    letters, more = page_of(services.dead_letters(by), request)
    return render(request, "delivery/dead_letters.html", {"letters": letters, "more": more})


@require_POST
@open_to(Duty.ADMINISTER_AGENCY)
def resend_dead_letter(request: HttpRequest, by: Membership, delivery_id: UUID) -> HttpResponse:
    """Try it again, under the same id."""
    try:
        services.resend(by=by, delivery_id=delivery_id, at=timezone.now())
        messages.success(request, "It is sent again now.")
    except Conflict as refused:
        messages.warning(request, refused.detail)
    return redirect("dead_letters")


def _accounts(by: Membership) -> list[Membership]:
    members = Membership.objects.filter(
        agency=by.agency, ended_at=None, roles__contains=[Role.SYSTEM_CLIENT.value]
    )
    return [
        one
        for one in members.select_related("member", "agency").order_by("member__username")
        if one.is_current
    ]


def _show(
    request: HttpRequest,
    by: Membership,
    typed: dict[str, str] | None = None,
    kinds: list[str] | None = None,
    refused: Invalid | None = None,
) -> HttpResponse:
    endpoints = WebhookEndpoint.objects.filter(agency=by.agency, is_active=True).defer("secret")
    context = {
        "endpoints": endpoints.select_related("acts_as__member").order_by("created_at"),
        "accounts": _accounts(by),
        "typed": typed or {},
        "kinds": [(kind, label, kind in (kinds or [])) for kind, label in _KINDS],
        "error": {refused.field: refused.detail} if refused else {},
    }
    return render(request, "delivery/systems.html", context, status=400 if refused else 200)
