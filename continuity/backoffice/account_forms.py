"""What an administrator types about accounts; the rules are the verbs' own."""

from typing import Any

from django import forms

from continuity.agencies.account_moves import SAID_REASONS
from continuity.agencies.models import AccountReview, Member, Membership
from continuity.agencies.roles import Role
from continuity.backoffice.desk_forms import DeskForm
from continuity.backoffice.fields import Day, OneOf, Some, Text, Username
from continuity.backoffice.words import PRIVILEGES

_ROLES = [
    (role.value, role.value.replace("_", " ").capitalize()) for role in Role if role != Role.SYSTEM_CLIENT
]
_REASONS = dict(Member.Reason.choices)


def _privilege(name: str) -> forms.BooleanField:
    return forms.BooleanField(required=False, label=PRIVILEGES[name][:1].upper() + PRIVILEGES[name][1:])


class ReasonForm(DeskForm):
    reason = OneOf(
        "Why", [(one.value, str(_REASONS[one]).capitalize()) for one in SAID_REASONS], "Choose why."
    )


class _RoleBoxes(DeskForm):
    roles = Some(
        "Roles",
        _ROLES,
        help_text="An administrator and an auditor hold no other role; an officer does not look after consents.",
    )


class RolesForm(_RoleBoxes):
    is_clinical_supervisor = _privilege("is_clinical_supervisor")
    is_medical_personnel = _privilege("is_medical_personnel")
    may_break_glass = _privilege("may_break_glass")
    may_release_emergency = _privilege("may_release_emergency")
    version = forms.IntegerField(widget=forms.HiddenInput)

    @classmethod
    def typed(cls, works: Membership) -> dict[str, Any]:
        """What the membership holds now."""
        return {name: getattr(works, name) for name in cls.base_fields}


class EnrolForm(_RoleBoxes):
    display_name = Text("Name", "Give the name that colleagues read.", max_length=80)
    username = Username(help_text="Never given to anybody else, not even later.")
    work_email = forms.EmailField(
        label="Work e-mail",
        error_messages={"required": "Give the work e-mail address.", "invalid": "This is no e-mail address."},
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "email"}),
    )
    title = Text("Title", max_length=80)
    trained_until = Day("Privacy training holds until", help_text="Without it the service answers nothing.")
    field_order = ("display_name", "username", "work_email", "title", "trained_until", "roles")


class TakeOnForm(_RoleBoxes):
    username = Username()
    field_order = ("username", "roles")


class ReviewForm(DeskForm):
    outcome = OneOf(
        "What you found",
        [
            (AccountReview.Outcome.KEPT, "Needed as it is"),
            (AccountReview.Outcome.CHANGED, "Roles changed"),
            (AccountReview.Outcome.ENDED, "Not needed: end their work here"),
        ],
        "Choose what you found.",
    )
