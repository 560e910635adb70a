"""Agencies, agreements, teams, members and duties in the admin: own agency for its administrator, all for the county's.

Nothing here is about a person served. Whoever administers the county does so by Django's permissions; an agency's
administrator by the duty of the session, and for the own agency alone. Nothing is deleted and nothing is done in bulk.
"""

from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin
from django.db.models import DateField, DateTimeField, Model, Q, QuerySet
from django.forms import CheckboxSelectMultiple, ModelChoiceField, ModelForm, MultipleChoiceField
from django.forms import DateField as DayField
from django.forms import DateTimeField as MomentField
from django.http import HttpRequest, HttpResponse

from continuity.agencies.account_rules import keeper_of
from continuity.agencies.models import (
    Agency,
    Agreement,
    Category,
    Member,
    Membership,
    PolicyPack,
    Team,
)
from continuity.agencies.roles import Duty
from continuity.agencies.services import create_team, duty_of
from continuity.backoffice.fields import DayInput, MomentInput
from continuity.backoffice.site import office
from continuity.backoffice.words import named

if TYPE_CHECKING:  # Django's classes take no type at run time
    AnyModelAdmin = admin.ModelAdmin[Any]
    AnyModelForm = ModelForm[Any]
else:
    AnyModelAdmin, AnyModelForm = admin.ModelAdmin, ModelForm


class OrganisationAdmin(AnyModelAdmin):
    """Plain Django admin without deletion, bulk actions and its own log: the trail has every edit (P-19, P-20)."""

    actions = None
    show_full_result_count = False
    list_per_page = 50
    change_list_template = "backoffice/organisation_list.html"
    change_form_template = "backoffice/organisation.html"
    # Django's own date and time pickers write styles into the page, which the content policy forbids.
    formfield_overrides: ClassVar[Any] = {
        DateTimeField: {"form_class": MomentField, "widget": MomentInput},
        DateField: {"form_class": DayField, "widget": DayInput},
    }
    own: ClassVar[str] = "agency"
    """Path from the row to the agency whose administrator may work on it; "" when only the county's may."""

    def _administers(self, request: HttpRequest) -> Agency | None:
        duty = duty_of(request)
        return duty.agency if duty is not None and duty.has_duty(Duty.ADMINISTER_AGENCY) else None

    def _by_permission(self, request: HttpRequest, action: str) -> bool:
        return bool(request.user.has_perm(f"{self.opts.app_label}.{action}_{self.opts.model_name}"))

    def _is_own(self, request: HttpRequest, obj: Model | None) -> bool:
        agency = self._administers(request)
        if agency is None or not self.own:
            return False
        return obj is None or self.get_queryset(request).filter(pk=obj.pk).exists()

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self._by_permission(request, "view") or self._is_own(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self._by_permission(request, "change") or self._is_own(request, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self._by_permission(request, "add") or self._is_own(request, None)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False  # amend, never delete (P-8)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        if self._by_permission(request, "view"):
            return rows
        agency = self._administers(request)
        if agency is None or not self.own:
            return rows.none()
        return rows.filter(self._of(agency)).distinct()

    def _of(self, agency: Agency) -> Q:
        return Q(**{self.own: agency})

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        agency = self._administers(request)
        if db_field.related_model is Agency and agency and not self._by_permission(request, "view"):
            kwargs["queryset"] = Agency.objects.filter(pk=agency.pk)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """By name, not by id; and without the pop-ups that edit what it points at."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if isinstance(field, ModelChoiceField):
            field.label_from_instance = named  # type: ignore[assignment, method-assign]  # Django's way
            field.widget = getattr(field.widget, "widget", field.widget)
            field.widget.choices = field.choices
        return field

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        subtitle = {"subtitle": named(row)} if row is not None else {}
        return super().change_view(request, object_id, form_url, subtitle | (extra_context or {}))

    @admin.display(description="agency", ordering="agency__name")
    def agency_name(self, obj: Any) -> str:
        return named(obj.agency)

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        return None

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        return None


class CodesForm(AnyModelForm):
    """Codes as boxes to tick; the row's own constraints answer in the form."""

    codes: ClassVar[dict[str, list[tuple[str, str]]]] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, choices in self.codes.items():
            if name in self.fields:
                was = self.fields[name]
                self.fields[name] = MultipleChoiceField(
                    choices=choices, label=was.label, required=was.required, widget=CheckboxSelectMultiple
                )


class AgencyForm(CodesForm):
    codes: ClassVar = {"legal_regimes": list(Agency.Regime.choices)}


class AgreementForm(CodesForm):
    codes: ClassVar = {"categories": list(Category.choices)}


_OF_THE_COUNTY = (
    "code", "kind", "state", "legal_regimes", "is_part2_program", "policy_pack", "keeps_index", "status",
)  # fmt: skip


@admin.register(Agency, site=office)
class AgencyAdmin(OrganisationAdmin):
    form = AgencyForm
    own = "pk"
    list_display = ("name", "kind", "state", "status")
    search_fields = ("name", "code")
    ordering = ("name",)  # the search of a field that chooses an agency pages what it finds
    fields = (
        ("code", "short_name"), "name", "kind", ("state", "timezone"), "legal_regimes", "is_part2_program",
        "policy_pack", "duty_line", "privacy_contact", "accepts_notifications", "keeps_index", ("ori", "npi"), "parent",
        "status",
    )  # fmt: skip

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self._by_permission(request, "add")

    def _of(self, agency: Agency) -> Q:
        return Q(pk=agency.pk)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        # What its law and standing are is the county's to say, not the agency's own; least of all that it keeps the
        # index and so sees who everybody is.
        county = self._by_permission(request, "change")
        return () if county else _OF_THE_COUNTY


@admin.register(Agreement, site=office)
class AgreementAdmin(OrganisationAdmin):
    form = AgreementForm
    own = "parties"
    list_display = ("code", "kind", "effective_at", "expires_at")
    fields = ("code", "kind", "parties", "categories", "effective_at", "expires_at", "document_ref")

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        return super().formfield_for_manytomany(db_field, request, widget=CheckboxSelectMultiple, **kwargs)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self._by_permission(request, "change")  # an agreement is not one party's to change

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self._by_permission(request, "add")


@admin.register(Team, site=office)
class TeamAdmin(OrganisationAdmin):
    list_display = ("name", "agency_name", "takes_referrals")
    list_select_related = ("agency",)
    fields = ("agency", "name", "takes_referrals")

    def save_model(self, request: HttpRequest, obj: Team, form: Any, change: bool) -> None:
        if change:
            return super().save_model(request, obj, form, change)
        made = create_team(agency=obj.agency, name=obj.name, takes_referrals=obj.takes_referrals)
        obj.pk, obj._state.adding = made.pk, False
        return None


@admin.register(Member, site=office)
class MemberAdmin(OrganisationAdmin):
    """What is written about a member; accounts begin, change and end on pages of their own, by verbs (S-9, S-10)."""

    own = "memberships__agency"
    list_display = ("username", "display_name", "status")
    search_fields = ("username", "display_name")
    ordering = ("username",)  # the search of a field that chooses a member pages what it finds
    fields = ("username", "display_name", "title", "work_email", "status", "trained_until")
    readonly_fields = ("username", "status")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Of somebody who works for two agencies, the one that keeps the account: single sign-on knows them by it."""
        if self._by_permission(request, "change"):
            return True
        agency = self._administers(request)
        kept = not isinstance(obj, Member) or (keeper_of(obj) or agency) == agency
        return kept and self._is_own(request, obj)


@admin.register(Membership, site=office)
class MembershipAdmin(OrganisationAdmin):
    """Read only: roles are given and taken by verbs, which the trail has as events (S-6, S-10)."""

    list_display = ("member_name", "agency_name", "role_words", "ended_at")
    list_select_related = ("member", "agency")
    fields = (
        "agency_name", "role_words", "is_clinical_supervisor", "is_medical_personnel", "may_break_glass",
        "may_release_emergency", "ended_at",
    )  # fmt: skip
    readonly_fields = ("agency_name", "role_words")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    @admin.display(description="member", ordering="member__display_name")
    def member_name(self, obj: Membership) -> str:
        return obj.member.display_name

    @admin.display(description="roles")
    def role_words(self, obj: Membership) -> str:
        return ", ".join(role.replace("_", " ") for role in obj.roles) or "none"


@admin.register(PolicyPack, site=office)
class PolicyPackAdmin(OrganisationAdmin):
    """Read only: versions come from files, and are signed off on their own page."""

    own = ""
    list_display = ("code", "number", "title", "effective_at", "signed_off_at")
    fields = ("code", "number", "title", "effective_at", "rules", "counsel", "signed_off_by", "signed_off_at")
    change_form_template = "backoffice/pack.html"

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        duty = duty_of(request)
        signs = duty is not None and duty.has_duty(Duty.SIGN_OFF_PACK)
        return signs or self._by_permission(request, "view")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return admin.ModelAdmin.get_queryset(self, request)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False
