"""Who may do what, agency by agency: a report for auditors that holds no data about any person served."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from continuity.agencies.models import Membership
from continuity.agencies.roles import Duty, duties_of
from continuity.agencies.services import duty_of
from continuity.backoffice.page import render_page
from continuity.backoffice.words import privileges_of

_WANTS_PRIVILEGE = {Duty.BREAK_GLASS: "may_break_glass", Duty.RELEASE_EMERGENCY: "may_release_emergency"}


@require_safe
def permissions(request: HttpRequest) -> HttpResponse:
    """Members with their roles, duties and states; the own agency's, or all for who administers the county."""
    memberships = Membership.objects.select_related("member", "agency").order_by(
        "agency__name", "member__display_name"
    )
    duty = duty_of(request)
    if not request.user.has_perm("agencies.view_membership"):
        memberships = memberships.filter(agency=duty.agency) if duty else memberships.none()
    rows = [
        {
            "agency": works.agency.name,
            "member": works.member.display_name,
            "roles": [role.replace("_", " ") for role in works.roles],
            "duties": [one.value.replace("_", " ") for one in _duties(works)],
            "privileges": privileges_of(works),
            "trained_until": works.member.trained_until,
            "state": works.member.get_status_display() if works.ended_at is None else "left",
            "is_active": works.is_current,
        }
        for works in memberships
    ]
    return render_page(
        request, "permissions.html", {"title": "Permissions", "rows": rows, "at": timezone.now()}
    )


def _duties(works: Membership) -> list[Duty]:
    """What they may do now; not what the role admits and nobody gave them."""
    missing = {duty for duty, privilege in _WANTS_PRIVILEGE.items() if not getattr(works, privilege)}
    held = duties_of(works.roles) - missing
    return [one for one in Duty if one in held]
