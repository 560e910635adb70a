"""What the desk types about accountings: shapes only; the rules are the verbs' own."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.utils import timezone

from continuity.agencies.models import Agency, Category, Membership
from continuity.backoffice.desk_forms import DayInput, DeskForm, MomentInput
from continuity.backoffice.words import CATEGORIES
from continuity.disclosures.accounting_lines import GROUNDS
from continuity.disclosures.models import AccountingRequest
from continuity.disclosures.suspensions import MAY_STATE

_WHEN = {"required": "Say when.", "invalid": "Give a day and a time."}
_DAY = {"required": "Give the day.", "invalid": "Give a day, as 2026-03-04."}


class AccountingForm(DeskForm):
    """Every form of these pages takes the duty and the moment, whether or not it needs them."""

    def __init__(self, *args: Any, duty: Membership, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.duty, self.now = duty, now


class RequestForm(AccountingForm):
    """Days of the agency's calendar become moments: from the first of one until the last of the other (P-18)."""

    kind = forms.ChoiceField(
        label="What was asked for",
        choices=AccountingRequest.Kind.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what was asked for."},
    )
    asked_by = forms.CharField(
        max_length=120,
        label="Who asked",
        help_text="The person, or who acts for them and on which authority.",
        error_messages={"required": "Say who asked."},
    )
    requested_at = forms.DateTimeField(
        label="When the request came", widget=MomentInput(), error_messages=_WHEN
    )
    period_from = forms.DateField(
        required=False,
        label="From which day",
        help_text="Empty: as far back as the law goes. A person's own record is always whole.",
        widget=DayInput(),
        error_messages=_DAY,
    )
    period_until = forms.DateField(
        required=False,
        label="Until which day",
        help_text="Empty: until the request.",
        widget=DayInput(),
        error_messages=_DAY,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["requested_at"].initial = timezone.localtime(self.now)

    def said(self) -> dict[str, Any]:
        said = super().said()
        since, until = said.pop("period_from"), said.pop("period_until")
        agency = self.duty.agency
        return said | {
            "period_from": agency.end_of(since - timedelta(days=1)) if since else None,
            "period_until": min(agency.end_of(until), said["requested_at"]) if until else None,
        }


class SuspendForm(AccountingForm):
    for_agency = forms.ModelChoiceField(
        queryset=Agency.objects.none(),
        label="Whose entries stay out",
        error_messages={"required": "Choose the agency that stated it."},
    )
    official_name = forms.CharField(
        max_length=120, label="Name of the official", error_messages={"required": "Name the official."}
    )
    official_title = forms.CharField(max_length=120, required=False, label="Title")
    is_oral = forms.TypedChoiceField(
        label="How it was stated",
        choices=[("", "in writing"), ("1", "by word: 30 days at most")],
        coerce=bool,
        required=False,
        widget=forms.RadioSelect,
    )
    document_ref = forms.CharField(max_length=200, required=False, label="Where the written statement lies")
    starts_at = forms.DateTimeField(label="From when", widget=MomentInput(), error_messages=_WHEN)
    ends_at = forms.DateTimeField(label="Until when", widget=MomentInput(), error_messages=_WHEN)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["starts_at"].initial = timezone.localtime(self.now)
        _offer_agencies(self.fields["for_agency"], kind__in=MAY_STATE)

    def said(self) -> dict[str, Any]:
        said = super().said()
        return said | {"is_oral": bool(said["is_oral"])}


class DiscloseForm(AccountingForm):
    recipient = forms.CharField(
        max_length=200, label="Who received it", error_messages={"required": "Say who received it."}
    )
    address = forms.CharField(max_length=200, required=False, label="Address, if it is known")
    recipient_agency = forms.ModelChoiceField(
        queryset=Agency.objects.none(),
        required=False,
        label="If it is an agency of this service, which",
        empty_label="none",
    )
    ground = forms.ChoiceField(
        label="Why it was allowed",
        choices=[(code, words[:1].upper() + words[1:]) for code, words in GROUNDS.items()],
    )
    categories = forms.MultipleChoiceField(
        label="What was given",
        choices=[(code, CATEGORIES[code]) for code in Category.values],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose what was given."},
    )
    description = forms.CharField(
        max_length=300,
        label="In a few words",
        error_messages={"required": "Say in a few words what was given."},
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    channel = forms.ChoiceField(
        label="How", choices=[("paper", "on paper"), ("verbal", "by word")], widget=forms.RadioSelect
    )
    disclosed_at = forms.DateTimeField(label="When", widget=MomentInput(), error_messages=_WHEN)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["disclosed_at"].initial = timezone.localtime(self.now)
        _offer_agencies(self.fields["recipient_agency"])


class VersionForm(AccountingForm):
    """Acts on the request as its page showed it."""

    version = forms.IntegerField(widget=forms.HiddenInput)


class ContactsField(forms.TypedMultipleChoiceField):
    """Ids of contacts; which of them are the person's own, the verb knows."""

    def valid_value(self, value: Any) -> bool:
        return True


class PrepareForm(AccountingForm):
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
    reason = forms.CharField(
        max_length=300,
        label="Why more time is needed",
        help_text="The person is told this in writing, before the time is over.",
        error_messages={"required": "Say why more time is needed."},
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    field_order = ("reason", "version")


class DeliverForm(VersionForm):
    delivered_to = forms.CharField(
        max_length=120,
        label="To whom it was given, and how",
        error_messages={"required": "Say to whom it was given, and how."},
    )
    field_order = ("delivered_to", "version")


def _offer_agencies(field: Any, **which: Any) -> None:
    field.queryset = Agency.objects.filter(**which).order_by("name")
    field.label_from_instance = _name


def _name(agency: Agency) -> str:
    return agency.name
