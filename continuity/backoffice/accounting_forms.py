"""What the desk types about accountings: shapes only; the rules are the verbs' own."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.utils import timezone

from continuity.agencies.models import Agency, Category
from continuity.backoffice.desk_forms import DeskForm, DutyForm, VersionForm
from continuity.backoffice.fields import Day, Moment, Named, OneOf, Some, Text
from continuity.backoffice.words import CATEGORIES
from continuity.disclosures.accounting_lines import GROUNDS
from continuity.disclosures.models import AccountingRequest
from continuity.disclosures.suspensions import MAY_STATE

_AGENCIES = Agency.objects.order_by("name")


class RequestForm(DutyForm):
    """Days of the agency's calendar become moments: from the first of one until the last of the other (P-18)."""

    kind = OneOf("What was asked for", AccountingRequest.Kind.choices, "Choose what was asked for.")
    asked_by = Text(
        "Who asked",
        "Say who asked.",
        max_length=120,
        help_text="The person, or who acts for them and on which authority.",
    )
    requested_at = Moment("When the request came", initial=timezone.localtime)
    period_from = Day(
        "From which day",
        help_text="Empty: as far back as the law goes. A person's own record is always whole.",
    )
    period_until = Day("Until which day", help_text="Empty: until the request.")

    def said(self) -> dict[str, Any]:
        said = super().said()
        since, until = said.pop("period_from"), said.pop("period_until")
        agency = self.duty.agency
        return said | {
            "period_from": agency.end_of(since - timedelta(days=1)) if since else None,
            "period_until": min(agency.end_of(until), said["requested_at"]) if until else None,
        }


class SuspendForm(DeskForm):
    for_agency = Named(
        "Whose entries stay out", _AGENCIES.filter(kind__in=MAY_STATE), "Choose the agency that stated it."
    )
    official_name = Text("Name of the official", "Name the official.", max_length=120)
    official_title = Text("Title", max_length=120)
    is_oral = forms.TypedChoiceField(
        label="How it was stated",
        choices=[("", "in writing"), ("1", "by word: 30 days at most")],
        coerce=bool,
        required=False,
        widget=forms.RadioSelect,
    )
    document_ref = Text("Where the written statement lies", max_length=200)
    starts_at = Moment("From when", initial=timezone.localtime)
    ends_at = Moment("Until when")

    def said(self) -> dict[str, Any]:
        said = super().said()
        return said | {"is_oral": bool(said["is_oral"])}


class DiscloseForm(DeskForm):
    recipient = Text("Who received it", "Say who received it.", max_length=200)
    address = Text("Address, if it is known", max_length=200)
    recipient_agency = Named("If it is an agency of this service, which", _AGENCIES)
    ground = forms.ChoiceField(
        label="Why it was allowed",
        choices=[(code, words[:1].upper() + words[1:]) for code, words in GROUNDS.items()],
    )
    categories = Some(
        "What was given",
        [(code, CATEGORIES[code]) for code in Category.values],
        "Choose what was given.",
    )
    description = Text("In a few words", "Say in a few words what was given.", rows=2)
    channel = OneOf("How", [("paper", "on paper"), ("verbal", "by word")], "Say how it was given.")
    disclosed_at = Moment("When", initial=timezone.localtime)


class ContactsField(forms.TypedMultipleChoiceField):
    """Ids of contacts; which of them are the person's own, the verb knows."""

    def valid_value(self, value: Any) -> bool:
        return True


class PrepareForm(DeskForm):
    withheld = ContactsField(
        coerce=UUID,
        required=False,
        label="Keep back the words of these contacts",
        help_text="Where they would tell who spoke in confidence (45 CFR 164.524(a)(2)(v)).",
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, contacts: list[tuple[str, str]] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if contacts:
            self.fields["withheld"].widget.choices = contacts
        elif not self.is_bound:
            del self.fields["withheld"]


class ExtendForm(VersionForm):
    reason = Text(
        "Why more time is needed",
        "Say why more time is needed.",
        rows=2,
        help_text="The person is told this in writing, before the time is over.",
    )
    field_order = ("reason", "version")


class DeliverForm(VersionForm):
    delivered_to = Text("To whom it was given, and how", "Say to whom it was given, and how.", max_length=120)
    field_order = ("delivered_to", "version")
