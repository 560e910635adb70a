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
from django.urls import URLPattern, URLResolver, path
from django.utils import timezone

from continuity.agencies.models import Membership
from continuity.agencies.roles import Duty
from continuity.agencies.services import duty_of
from continuity.errors import NotFound

DESK = (Duty.MANAGE_CONSENT, Duty.COLLECT_CONSENT)
_ORGANISATION = Duty.ADMINISTER_AGENCY
_OVERSIGHT = (Duty.REVIEW_EMERGENCY, Duty.REVIEW_USE, Duty.READ_LEDGER)

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
        from continuity.backoffice import consent_pages, drafting, pack_pages, people_pages, report
        from continuity.backoffice.account_pages import pages as account_pages
        from continuity.backoffice.accounting_pages import pages as accounting_pages
        from continuity.backoffice.client_pages import pages as client_pages
        from continuity.backoffice.duplicate_pages import pages as duplicate_pages
        from continuity.backoffice.duplicate_reports import pages as report_pages
        from continuity.backoffice.emergency_pages import pages as emergency_pages
        from continuity.backoffice.merge_custody import pages as custody_pages
        from continuity.backoffice.merge_pages import pages as merge_pages
        from continuity.backoffice.oversight import pages as oversight_pages
        from continuity.backoffice.provider_pages import pages as provider_pages
        from continuity.backoffice.restriction_pages import pages as restriction_pages

        desk = self.desk_view
        own = [
            path("consents/", desk(consent_pages.consents), name="consents"),
            path("consents/<uuid:consent_id>/", desk(consent_pages.consent), name="consent"),
            path("consents/<uuid:consent_id>/form/", desk(consent_pages.form), name="consent_form"),
            path("consents/<uuid:consent_id>/form.pdf", desk(consent_pages.form_as_pdf), name="consent_pdf"),
            path("consents/<uuid:consent_id>/redraft/", desk(drafting.redraft), name="redraft"),
            path("consents/<uuid:consent_id>/sign/", desk(drafting.sign), name="sign"),
            path("consents/<uuid:consent_id>/documents/", desk(consent_pages.attach), name="attach"),
            path(
                "consents/<uuid:consent_id>/documents/<uuid:document_id>/",
                desk(consent_pages.document),
                name="document",
            ),
            path("consents/<uuid:consent_id>/<slug:verb>/", desk(consent_pages.act), name="act"),
            path("people/", desk(people_pages.find), name="find_person"),
            path("offers/", desk(people_pages.offers_due), name="offers_due"),
            path("people/<uuid:person_id>/", desk(people_pages.person), name="person"),
            path("people/<uuid:person_id>/draft/", desk(drafting.draft), name="draft"),
            path("people/<uuid:person_id>/offers/", desk(people_pages.offer), name="offer"),
            path("people/<uuid:person_id>/preview/", desk(people_pages.what_would_they_see), name="preview"),
            path("packs/<uuid:pack_id>/sign-off/", desk(pack_pages.sign_off), name="sign_off"),
            path("permissions/", self.admin_view(report.permissions), name="permissions"),
            *account_pages(desk),
            *accounting_pages(desk),
            *client_pages(desk),
            *custody_pages(desk),
            *duplicate_pages(desk),
            *emergency_pages(desk),
            *merge_pages(desk),
            *oversight_pages(desk),
            *provider_pages(desk),
            *report_pages(desk),
            *restriction_pages(desk),
        ]
        return own + super().get_urls()

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        from continuity.backoffice.home import queues

        duty = duty_of(request)
        found = queues(duty, timezone.now()) if duty else ()
        return super().index(request, {"queues": found, "at_desk": may(duty, *DESK), "duty": duty})

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        duty = duty_of(request)
        return super().each_context(request) | {
            "duty": duty,
            "at_desk": may(duty, *DESK),
            "accounts": may(duty, Duty.ACCOUNT_FOR),
            "matches_people": may(duty, Duty.MATCH_PEOPLE),
            "reviews_emergencies": may(duty, Duty.REVIEW_EMERGENCY),
            "reads_ledger": may(duty, Duty.READ_LEDGER),
            "administers_agency": may(duty, Duty.ADMINISTER_AGENCY),
        }


def refused(request: HttpRequest) -> HttpResponse:
    """One page for everybody who may not come in, whatever is behind the address."""
    return render(request, "403.html", status=403)


office = PrivacyOffice(name="admin")
