"""What is asked for where something begins: shapes only, coded answers first, free text last."""

from typing import Any

from django import forms
from django.db.models import QuerySet

from continuity.agencies.models import Agency, Membership
from continuity.caseload.shapes import AssignForm, MoveForm, RecipientForm, choice, moment, sentence, text
from continuity.caseload.standing_pages import BASES
from continuity.caseload.wordings import pairs
from continuity.crisis import vocabulary as v
from continuity.crisis.models import SafetyFlag
from continuity.people.identity import ways_of
from continuity.people.models import IdentityCheck
from continuity.treatment.models import FollowUp, Linkage, ProgramKind

SAID = ("name", "birth_date", "telephone", "language", "note")
_TREATS = (
    Agency.Kind.CLINIC_TREATMENT,
    Agency.Kind.COUNTY_BEHAVIORAL_HEALTH,
    Agency.Kind.CRISIS_PROVIDER,
    Agency.Kind.SUD_PROGRAM,
    Agency.Kind.HOSPITAL,
)


class LinkageForm(RecipientForm):
    field_order = ("kind", "recipient", "external_provider", "priority", "notes")

    kind = choice("To what", pairs(Linkage.Kind), "Say to what kind of help.")
    external_provider = sentence(
        "Or a provider outside",
        "",
        most=120,
        required=False,
        help_text="Who is not on this site is called by you.",
    )
    priority = choice("How soon", pairs(Linkage.Priority), "Say how soon.", initial="routine")
    notes = text("Note for your agency", "", required=False, help_text="The recipient does not read it.")


class FollowUpForm(AssignForm):
    field_order = ("kind", "due_window", "due_at", "assigned_to", "team")

    kind = choice("What for", pairs(FollowUp.Kind), "Say what for.")
    due_window = choice("Within", FollowUp.DueWindow.choices, "Say within what time.")
    due_at = moment("Or at an agreed time", required=False, help_text="Choose “agreed time” above.")


class _ObservationForm(MoveForm):
    basis = choice("How it is known", BASES, "Say how it is known.")
    observed_at = moment("When it was seen or reported")


class FlagForm(_ObservationForm):
    field_order = ("kind", "severity", "basis", "observed_at", "text")

    kind = choice(
        "What was observed",
        pairs(v.SafetyObservation, ["none_observed", "unknown"]),
        "Say what was observed.",
    )
    severity = choice("How serious", pairs(SafetyFlag.Severity), "Say how serious.", initial="moderate")
    text = text(
        "In words", "", most=200, rows=2, required=False,
        help_text="What somebody would see or hear; no diagnosis, no label.",
    )  # fmt: skip


class TipForm(_ObservationForm):
    field_order = ("kind", "text", "basis", "observed_at")

    kind = choice("What helps", pairs(v.DeescalationKind), "Say what helps.")
    text = text("In words", "Say it in words.", most=200, rows=2)


class TeamLinkForm(MoveForm):
    provider = forms.ModelChoiceField(
        label="Who treats the person",
        queryset=Agency.objects.none(),
        empty_label="Choose",
        error_messages={"required": "Say which agency."},
    )
    program_kind = choice("Kind of programme", pairs(ProgramKind), "Say what kind of programme.")
    team_name = sentence("Name of the team", "", most=80, required=False)
    duty_line = sentence(
        "The team's duty line",
        "",
        most=20,
        required=False,
        help_text="A team's line, never a private number.",
    )
    hours = sentence("Hours of the line", "", most=80, required=False)

    def fit(self, duty: Membership) -> None:
        field: Any = self.fields["provider"]
        field.queryset = Agency.objects.filter(kind__in=_TREATS, status=Agency.Status.ACTIVE).order_by("name")
        field.label_from_instance = lambda one: one.name


_KNOWN = [("yes", "Yes"), ("no", "No")]


class SafeWaysForm(MoveForm):
    safe_to_call = choice(
        "Safe to call or text", _KNOWN, "Choose one of the list.", empty="not known", required=False
    )
    safe_to_leave_message = choice(
        "Safe to leave a message", _KNOWN, "Choose one of the list.", empty="not known", required=False
    )

    def clean(self) -> dict[str, Any]:
        known = {"yes": True, "no": False}
        return {name: known.get(value) for name, value in (super().clean() or {}).items()}


class IdentityForm(MoveForm):
    how = choice("How it was made sure of", [], "Say how the identity was made sure of.")

    def fit(self, duty: Membership) -> None:
        field: Any = self.fields["how"]
        field.choices = [("", "Choose"), *((how, IdentityCheck.How(how).label) for how in ways_of(duty))]


class TransferForm(RecipientForm):
    field_order = ("to_kind", "recipient", "is_warm", "call_type", "incident_ref", *SAID)

    to_kind = choice("To whom", pairs(v.Responder), "Say to whom.")
    is_warm = forms.BooleanField(
        label="I stay on the line until they have the caller", required=False, initial=True
    )
    call_type = choice(
        "What the call is about",
        pairs(v.CallType),
        "Choose one of the list.",
        empty="not said",
        required=False,
    )
    incident_ref = sentence("Incident number", "", most=40, required=False)
    name = sentence("Name, as the caller gives it", "", most=120, required=False)
    birth_date = sentence("Date of birth, as given", "", most=20, required=False)
    telephone = sentence("Telephone to call back", "", most=30, required=False)
    language = sentence("Language", "", most=35, required=False)
    note = text("What you know", "", required=False, help_text="Sealed; only who answers reads it.")

    def takers(self, duty: Membership) -> QuerySet[Agency]:
        """Any agency that works; nobody hands a call to themselves."""
        active = Agency.objects.filter(status=Agency.Status.ACTIVE).exclude(pk=duty.agency_id)
        return active.exclude(kind=Agency.Kind.OVERSIGHT).order_by("name")
