"""Signing off a policy pack: the one moment in which a state's rules begin to bind."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from continuity.agencies.models import Membership
from continuity.agencies.services import sign_off_pack
from continuity.errors import DomainError, NotFound


@require_POST
def sign_off(request: HttpRequest, duty: Membership, pack_id: UUID) -> HttpResponse:
    """Sign a version off in the name of counsel; a refusal is said on the pack's page."""
    try:
        sign_off_pack(by=duty, pack_id=pack_id, counsel=request.POST.get("counsel", ""), at=timezone.now())
    except NotFound:
        raise
    except DomainError as refused:
        messages.error(request, refused.detail)
    else:
        messages.success(request, "Signed off. It binds from its day on.")
    return redirect("admin:agencies_policypack_change", pack_id)
