"""What the desk types about who may see a person; the rules are the verbs' own."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone

from continuity.access.models import Restriction
from continuity.agencies.models import Agency, Category, Member, Membership
from continuity.backoffice.desk_forms import DayInput, DeskForm, MomentInput
from continuity.backoffice.words import CATEGORIES
from continuity.people.models import Person


class WhyForm(DeskForm):
    """A reason in one sentence; every form of the page takes the duty, and most do not need it."""

    reason = forms.CharField(
        max_length=300,
        label="Why, in one sentence",
        error_messages={"required": "Say why, in one sentence."},
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, duty: Membership, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.duty, self.now = duty, now


class MaybeWhyForm(WhyForm):
    """A reason that may be left out: nobody has to say why they ask for a restriction."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = False
        self.fields["reason"].label = "Why, if it is known"


class SureForm(WhyForm):
    """Nothing but the press of the button."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["reason"]


class LevelForm(WhyForm):
    level = forms.ChoiceField(
        label="How confidential",
        choices=[
            (Person.Confidentiality.NORMAL, "Normal: whoever has a right to it"),
            (Person.Confidentiality.RESTRICTED, "Restricted: named staff, and your privacy office"),
            (Person.Confidentiality.VERY_RESTRICTED, "Very restricted: named staff of your own agency alone"),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose a level."},
    )
    field_order = ("level", "reason")


class NameForm(WhyForm):
    """A colleague from the list, or somebody elsewhere by user name: the county's staff is no list to browse."""

    colleague = forms.ModelChoiceField(
        queryset=Member.objects.none(), required=False, label="Somebody of your agency", empty_label="nobody"
    )
    username = forms.CharField(
        max_length=60,
        required=False,
        label="or the user name of somebody elsewhere",
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )
    field_order = ("colleague", "username", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        colleague = self.fields["colleague"]
        assert isinstance(colleague, forms.ModelChoiceField)  # noqa: S101  # for the type checker  # nosec B101
        working = Member.objects.filter(
            status=Member.Status.ACTIVE, memberships__agency=self.duty.agency, memberships__ended_at=None
        )
        colleague.queryset, colleague.label_from_instance = working.order_by("display_name"), _name  # type: ignore[assignment, method-assign]  # Django's way

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        colleague, username = said.get("colleague"), said.get("username", "")
        if bool(colleague) == bool(username):
            raise forms.ValidationError("Choose somebody from the list, or give one user name.")
        member = colleague or Member.objects.filter(username=username).first()
        if member is None:
            self.add_error("username", "Nobody has this user name.")
        else:
            said["member_id"] = member.pk
        return said


class RequestForm(MaybeWhyForm):
    kind = forms.ChoiceField(
        label="What is asked for",
        choices=[
            (Restriction.Kind.DISCLOSURE, "Keep records back from other agencies"),
            (Restriction.Kind.EMPLOYEE, "The person works for an agency, which is to see nothing of them"),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what is asked for."},
    )
    towards = forms.ModelChoiceField(
        queryset=Agency.objects.none(), required=False, label="Which agency", empty_label="every other agency"
    )
    categories = forms.MultipleChoiceField(
        required=False,
        label="Which records; none ticked means all",
        choices=[(code, CATEGORIES[code]) for code in Category.values],
        widget=forms.CheckboxSelectMultiple,
    )
    requested_at = forms.DateTimeField(
        label="When the person asked",
        widget=MomentInput(),
        error_messages={"required": "Say when the person asked.", "invalid": "Give a day and a time."},
    )
    field_order = ("kind", "towards", "categories", "requested_at", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        towards = self.fields["towards"]
        assert isinstance(towards, forms.ModelChoiceField)  # noqa: S101  # for the type checker  # nosec B101
        active = Agency.objects.filter(status=Agency.Status.ACTIVE).order_by("name")
        towards.queryset, towards.label_from_instance = active, _agency  # type: ignore[assignment, method-assign]  # Django's way
        self.fields["requested_at"].initial = timezone.localtime(self.now)


class DeathForm(SureForm):
    died_on = forms.DateField(
        label="Day of death",
        widget=DayInput(),
        error_messages={"required": "Give the day.", "invalid": "Give a day, as 2026-03-04."},
    )


def _name(member: Member) -> str:
    return member.display_name


def _agency(agency: Agency) -> str:
    return agency.name
