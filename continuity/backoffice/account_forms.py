"""What an administrator types about accounts; the rules are the verbs' own."""

from typing import Any

from django import forms

from continuity.agencies.account_moves import SAID_REASONS
from continuity.agencies.models import AccountReview, Member, Membership
from continuity.agencies.roles import Role
from continuity.backoffice.desk_forms import DayInput, DeskForm

_ROLES = [
    (role.value, role.value.replace("_", " ").capitalize()) for role in Role if role != Role.SYSTEM_CLIENT
]
_REASONS = dict(Member.Reason.choices)


class SureForm(DeskForm):
    """Nothing but the press of the button."""


class ReasonForm(DeskForm):
    reason = forms.ChoiceField(
        label="Why",
        choices=[(one.value, str(_REASONS[one]).capitalize()) for one in SAID_REASONS],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose why."},
    )


class _RoleBoxes(DeskForm):
    roles = forms.MultipleChoiceField(
        label="Roles",
        choices=_ROLES,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="An administrator and an auditor hold no other role; an officer does not look after consents.",
    )


class RolesForm(_RoleBoxes):
    is_clinical_supervisor = forms.BooleanField(required=False, label="Supervises clinicians")
    is_medical_personnel = forms.BooleanField(required=False, label="Medical personnel (42 CFR 2.51)")
    may_break_glass = forms.BooleanField(required=False, label="May override in an emergency")
    may_release_emergency = forms.BooleanField(
        required=False, label="May answer responders' emergency requests"
    )
    version = forms.IntegerField(widget=forms.HiddenInput)

    @classmethod
    def typed(cls, works: Membership) -> dict[str, Any]:
        """What the membership holds now."""
        return {name: getattr(works, name) for name in cls.base_fields}


class EnrolForm(_RoleBoxes):
    display_name = forms.CharField(
        max_length=80, label="Name", error_messages={"required": "Give the name that colleagues read."}
    )
    username = forms.CharField(
        max_length=60,
        label="User name",
        help_text="Never given to anybody else, not even later.",
        error_messages={"required": "Give a user name."},
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}
        ),
    )
    work_email = forms.EmailField(
        label="Work e-mail",
        error_messages={"required": "Give the work e-mail address.", "invalid": "This is no e-mail address."},
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "email"}),
    )
    title = forms.CharField(max_length=80, required=False, label="Title")
    trained_until = forms.DateField(
        required=False,
        label="Privacy training holds until",
        help_text="Without it the service answers nothing.",
        widget=DayInput(),
        error_messages={"invalid": "Give a day, as 2027-03-04."},
    )
    field_order = ("display_name", "username", "work_email", "title", "trained_until", "roles")


class TakeOnForm(_RoleBoxes):
    username = forms.CharField(
        max_length=60,
        label="User name",
        error_messages={"required": "Give the user name."},
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}
        ),
    )
    field_order = ("username", "roles")


class ReviewForm(DeskForm):
    outcome = forms.ChoiceField(
        label="What you found",
        choices=[
            (AccountReview.Outcome.KEPT, "Needed as it is"),
            (AccountReview.Outcome.CHANGED, "Roles changed"),
            (AccountReview.Outcome.ENDED, "Not needed: end their work here"),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what you found."},
    )
