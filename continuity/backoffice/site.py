"""The admin site: who may come in, its addresses, its first page. Django's own admin underneath, without its trust.

`is_staff` and superuser open no consent and no person: every page about them asks the duty of the session (P-20).
"""

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.admin import AdminSite
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import URLPattern, URLResolver, reverse
from django.utils import timezone

from continuity.agencies.models import Membership
from continuity.agencies.roles import Duty
from continuity.agencies.services import duty_of
from continuity.errors import NotFound

DESK = (Duty.MANAGE_CONSENT, Duty.COLLECT_CONSENT)
_ORGANISATION = Duty.ADMINISTER_AGENCY
_OVERSIGHT = (Duty.REVIEW_EMERGENCY, Duty.REVIEW_USE, Duty.READ_LEDGER)

# Through the office: the page, its words, and the duties of which one is enough; none wanted, it is for everybody here.
_WAYS: tuple[tuple[str, str, tuple[Duty, ...]], ...] = (
    ("index", "Today", ()),
    ("consents", "Consents", DESK),
    ("find_person", "Find a person", DESK),
    ("accountings", "Accountings", (Duty.ACCOUNT_FOR,)),
    ("duplicates", "Duplicates", (Duty.MATCH_PEOPLE,)),
    ("merges", "Merges", (Duty.MATCH_PEOPLE,)),
    ("emergencies", "Emergencies", (Duty.REVIEW_EMERGENCY,)),
    ("use", "Use", (Duty.REVIEW_USE, Duty.READ_LEDGER)),
    ("ledger", "Ledger", (Duty.READ_LEDGER,)),
    ("accounts", "Accounts", (Duty.ADMINISTER_AGENCY,)),
    ("clients", "Programs", (Duty.ADMINISTER_AGENCY,)),
    ("providers", "Single sign-on", (Duty.ADMINISTER_AGENCY,)),
    ("permissions", "Permissions", ()),
)

DeskView = Callable[..., HttpResponseBase]


def may(duty: Membership | None, *wanted: Duty) -> bool:
    """Whether the session's membership has one of these duties."""
    return duty is not None and any(duty.has_duty(one) for one in wanted)


class PrivacyOffice(AdminSite):
    """Consents for those who manage or collect them; the organisation for those who administer it."""

    site_header = "Continuity: privacy office"
    site_title = "Continuity"
    index_title = "Privacy office"
    index_template = "backoffice/home.html"
    enable_nav_sidebar = False
    site_url = "/"

    def has_permission(self, request: HttpRequest) -> bool:
        """Whoever works here on duty, or administers the organisation by Django's permissions; the rest nowhere."""
        duty = duty_of(request)
        administers = request.user.is_active and request.user.has_perm("agencies.change_agency")
        return may(duty, *DESK, *_OVERSIGHT, _ORGANISATION, Duty.SIGN_OFF_PACK) or bool(administers)

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        checked = super().admin_view(view, cacheable)

        def inside(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            if not self.has_permission(request):
                return refused(request)
            duty = duty_of(request)
            zone = ZoneInfo(duty.agency.timezone) if duty else timezone.get_default_timezone()
            with timezone.override(zone):  # dates of law are the custodian's (P-18)
                response: HttpResponseBase = checked(request, *args, **kwargs)
                if hasattr(response, "render") and callable(response.render):
                    response = response.render()
                return response

        return inside

    def desk_view(self, view: DeskView, *wanted: Duty) -> Any:
        """A page about consents or people: only on duty for an agency, with a desk duty or one of those wanted."""

        def at_desk(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            duty = duty_of(request)
            if duty is None or not may(duty, *(wanted or DESK)):
                return refused(request)
            try:
                return view(request, duty, *args, **kwargs)
            except NotFound:
                raise Http404 from None

        return self.admin_view(at_desk)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return redirect_to_login(request.GET.get("next", "/admin/"))

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        return redirect("sign_out")

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Django's own page counts no wrong password and remembers no former one (S-2, S-3)."""
        return redirect("password")

    password_change_done = password_change

    def get_urls(self) -> list[URLResolver | URLPattern]:
        from continuity.backoffice.urls import addresses

        return addresses(self) + super().get_urls()

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        from continuity.backoffice.home import tiles

        duty = duty_of(request)
        waiting = tiles(duty, timezone.now()) if duty else ()
        return super().index(request, {"tiles": waiting, "at_desk": may(duty, *DESK), "duty": duty})

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        duty = duty_of(request)
        return super().each_context(request) | {
            "duty": duty,
            "at_desk": may(duty, *DESK),
            "ways": [
                (reverse(f"admin:{page}"), words)
                for page, words, wanted in _WAYS
                if not wanted or may(duty, *wanted)
            ],
        }


def refused(request: HttpRequest) -> HttpResponse:
    """One page for everybody who may not come in, whatever is behind the address."""
    return render(request, "403.html", status=403)


office = PrivacyOffice(name="admin")
