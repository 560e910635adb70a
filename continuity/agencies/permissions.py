"""Who may call an address at all. What they may do there is asked by the verb, what they may see by the gate."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from continuity.agencies.freshness import require_factor, require_password_in_time
from continuity.agencies.services import duty_of


class DenyUnlessDeclared(BasePermission):
    """The default of every view: nobody. A view opens itself by declaring its own permission."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return False


class SignedIn(BasePermission):
    """Any active member, signed in with a second factor and a password in time.

    Raises NotAllowed `second_factor_missing`, `password_due`.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        if not request.user or not request.user.is_authenticated:
            return False
        require_factor(request)
        require_password_in_time(request)
        return True


class OnDuty(SignedIn):
    """A member whose session is on duty for one agency."""

    message = _("Choose the agency you are on duty for.")
    code = "no_duty"

    def has_permission(self, request: Request, view: Any) -> bool:
        return super().has_permission(request, view) and duty_of(request) is not None
