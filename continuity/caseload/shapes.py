"""What the buttons ask for: shapes only; the rules are the services' own, so none can be passed by here."""

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.db.models import QuerySet

from continuity.agencies.models import Agency, Membership, Team
from continuity.agencies.roles import Duty, Role, duties_of

Pairs = Sequence[tuple[str, str]]


class MoveForm(forms.Form):
    """Django's form without the browser's own bubbles: errors stand at the field, in our sentences."""

    use_required_attribute = False

    def __init__(self, *args: Any, duty: Membership, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fit(duty)

    def fit(self, duty: Membership) -> None:
        """Offer what there is to choose from at this agency."""


class MomentInput(forms.DateTimeInput):
    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M")


def moment(label: str, **more: Any) -> forms.DateTimeField:
    """A time on the wall clock of the agency on duty."""
    said = {"required": "Say when.", "invalid": "Give day and time, like 2026-11-24 15:30."}
    formats = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"]
    return forms.DateTimeField(
        label=label, widget=MomentInput(), input_formats=formats, error_messages=said, **more
    )


def sentence(label: str, missing: str, *, most: int = 200, **more: Any) -> forms.CharField:
    """A short text."""
    said = {"required": missing, "max_length": f"Say it in at most {most} characters."}
    return forms.CharField(label=label, max_length=most, error_messages=said, **more)


def text(label: str, missing: str, *, most: int = 1000, rows: int = 3, **more: Any) -> forms.CharField:
    """A text of several lines."""
    said = {"required": missing, "max_length": f"Say it in at most {most} characters."}
    area = forms.Textarea(attrs={"rows": rows})
    return forms.CharField(label=label, max_length=most, widget=area, error_messages=said, **more)


def choice(
    label: str, choices: Iterable[Any], missing: str, *, empty: str = "", **more: Any
) -> forms.ChoiceField:
    """One of a closed list; `empty` names the answer that nothing was chosen."""
    said = {"required": missing, "invalid_choice": missing}
    pairs = [("", empty or "Choose"), *choices]
    return forms.ChoiceField(label=label, choices=pairs, error_messages=said, **more)


class SureForm(MoveForm):
    """Nothing but the button."""


class ReasonForm(MoveForm):
    reason = sentence("Why, in one sentence", "Say why.")


class OptionalReasonForm(MoveForm):
    reason = sentence("Anything to add", "", required=False)


class AppointmentForm(MoveForm):
    appointment_at = moment("Day and time of the appointment")


class AttendedForm(MoveForm):
    first_attended_at = moment("When they came for the first time")


class AssignForm(MoveForm):
    assigned_to = forms.ModelChoiceField(
        label="To somebody", queryset=Membership.objects.none(), required=False, empty_label="nobody by name"
    )
    team = forms.ModelChoiceField(
        label="To a team", queryset=Team.objects.none(), required=False, empty_label="no team"
    )

    def fit(self, duty: Membership) -> None:
        self._field("assigned_to").queryset = colleagues(duty)
        self._field("team").queryset = Team.objects.filter(agency=duty.agency).order_by("name")
        self._field("assigned_to").label_from_instance = lambda one: one.member.display_name
        self._field("team").label_from_instance = lambda one: one.name

    def _field(self, name: str) -> Any:
        return self.fields[name]


class RecipientForm(MoveForm):
    """Where a linkage or a call goes: an agency of the county that takes it, or a name outside."""

    recipient = forms.ModelChoiceField(
        label="To an agency here", queryset=Agency.objects.none(), required=False, empty_label="none of these"
    )

    def fit(self, duty: Membership) -> None:
        field: Any = self.fields["recipient"]
        field.queryset = self.takers(duty)
        field.label_from_instance = lambda one: one.name

    def takers(self, duty: Membership) -> QuerySet[Agency]:
        """Agencies with a team to which referrals arrive."""
        active = Agency.objects.filter(status=Agency.Status.ACTIVE, teams__takes_referrals=True)
        return active.order_by("name").distinct()


def colleagues(duty: Membership) -> QuerySet[Membership]:
    """Members of the own agency who follow up."""
    roles = [role for role in Role if Duty.FOLLOW_UP in duties_of([role])]
    rows = Membership.objects.filter(
        agency=duty.agency, ended_at=None, member__status="active", roles__overlap=roles
    )
    return rows.select_related("member").order_by("member__display_name")
