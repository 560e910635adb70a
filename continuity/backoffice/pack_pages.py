"""Signing off a policy pack: the one moment in which a state's rules begin to bind."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from continuity.agencies.models import Membership
from continuity.agencies.services import sign_off_pack
from continuity.backoffice.moves import press_alone


@require_POST
def sign_off(request: HttpRequest, duty: Membership, pack_id: UUID) -> HttpResponse:
    """Sign a version off in the name of counsel; a refusal is said on the pack's page."""
    counsel = request.POST.get("counsel", "")
    press_alone(
        request,
        lambda: sign_off_pack(by=duty, pack_id=pack_id, counsel=counsel, at=timezone.now()),
        "Signed off. It binds from its day on.",
    )
    return redirect("admin:agencies_policypack_change", pack_id)
