"""What the desk types: shapes only; the rules are the services' own, so none can be passed by here."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any

from django import forms
from django.utils import timezone

from continuity.agencies.models import Agency, Category, Membership
from continuity.agencies.roles import Role
from continuity.backoffice.sheet import Party
from continuity.backoffice.words import CATEGORIES, PURPOSES
from continuity.consents.models import Consent, ConsentOffer, ConsentRecipient, SignedDocument
from continuity.consents.services import Recipient
from continuity.errors import Conflict, DomainError, NotAllowed, NotFound

LANGUAGES = [("en", "English"), ("es", "Spanish")]
_POLICE_GET = ("D0", "D1", "D2", "D5", "D6")
_STATEMENTS = {
    "states_right_to_revoke": "the right to revoke in writing",
    "states_reliance_exception": "that what was done before stands",
    "states_no_conditioning": "that care does not depend on signing",
    "states_redisclosure_risk": "that it may be passed on",
    "states_refusal_consequence": "what follows from refusing (TPO)",
    "states_tpo_redisclosure": "that recipients under HIPAA may pass it on, but not for proceedings (TPO)",
}


class DeskForm(forms.Form):
    """Django's form without the browser's own bubbles: errors stand at the field, in our sentences."""

    use_required_attribute = False
    error_css_class = "has-error"

    def said(self) -> dict[str, Any]:
        """What was typed, as the verb takes it."""
        return self.cleaned_data

    def refused(self, verb: Callable[[dict[str, Any]], object]) -> int:
        """Run a verb with what was typed: 0 when it is done, else the status of its refusal, said at its field.

        Raises NotFound: there is no page to come back to.
        """
        if not self.is_valid():
            return 400
        try:
            verb(self.said())
        except NotFound:
            raise
        except DomainError as refusal:
            self.add_error(refusal.field if refusal.field in self.fields else None, refusal.detail)
            return 409 if isinstance(refusal, Conflict | NotAllowed) else 400
        return 0


class DayInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class MomentInput(forms.DateTimeInput):
    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M")


class VerbForm(DeskForm):
    """A verb acts on the consent as its page showed it."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, parties: Sequence[Party] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.parties = parties


class SureForm(VerbForm):
    """Nothing but the press of the button."""


class NoteForm(VerbForm):
    note = forms.CharField(
        max_length=300,
        label="Why, in one sentence",
        error_messages={"required": "Say why, in one sentence."},
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class RecipientForm(NoteForm):
    recipient_id = forms.UUIDField(label="Which recipient")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        standing = [(party.id, party.name) for party in self.parties if party.revoked_at is None]
        self.fields["recipient_id"].widget = forms.Select(choices=standing)
        self.order_fields(["recipient_id", "note", "version"])


class AttachForm(DeskForm):
    """Stands on the page of a consent beside its verbs, so its ids are its own."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs | {"auto_id": "attach-%s"})

    kind = forms.ChoiceField(label="What it shows", choices=SignedDocument.Kind.choices)
    file = forms.FileField(
        label="PDF, PNG or JPEG, at most 5 MB",
        error_messages={"required": "Choose a file.", "empty": "This file is empty."},
    )


class DraftForm(DeskForm):
    """The content of a consent. Police get what police may get of the ticked categories."""

    instrument = forms.ChoiceField(choices=Consent.Instrument.choices)
    disclosing_agencies = forms.ModelMultipleChoiceField(
        queryset=Agency.objects.none(),
        required=False,
        label="Who may disclose",
        widget=forms.CheckboxSelectMultiple,
    )
    recipients = forms.ModelMultipleChoiceField(
        queryset=Agency.objects.none(),
        required=False,
        label="Who may receive it, by name",
        help_text="Police only by the name of their agency (L-7).",
        widget=forms.CheckboxSelectMultiple,
    )
    treating_providers = forms.BooleanField(required=False, label="and the class of treating providers")
    third_party = forms.CharField(max_length=120, required=False, label="and a person by name")
    categories = forms.MultipleChoiceField(
        required=False,
        label="What may be told",
        choices=[(code, CATEGORIES[code]) for code in Category.values if code not in ("D0", "D7")],
        widget=forms.CheckboxSelectMultiple,
    )
    part2_included = forms.BooleanField(
        required=False, label="SUD records included", help_text="Ticked by the person, apart from the rest."
    )
    existence_may_be_confirmed = forms.BooleanField(
        required=False, label="That there is a record may be confirmed, even when nothing else is told"
    )
    information_description = forms.CharField(
        required=False,
        max_length=1000,
        label="The information, in words the person understands",
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    purposes = forms.MultipleChoiceField(
        required=False,
        label="What it is for",
        choices=list(PURPOSES.items()),
        widget=forms.CheckboxSelectMultiple,
    )
    record_window = forms.ChoiceField(
        label="Which records",
        choices=[one for one in Consent.Window.choices if one[0] != Consent.Window.SPECIFIC_CONTACTS],
    )
    expires_on = forms.DateField(
        required=False,
        label="Last day",
        widget=DayInput(),
        error_messages={"invalid": "Give a day, as 2027-03-04."},
    )
    expiry_event = forms.CharField(
        required=False, max_length=120, label="or the event that ends it", help_text='"none" for TPO alone.'
    )
    revocation_method = forms.CharField(required=False, max_length=200, label="How to revoke")
    statements = forms.MultipleChoiceField(
        required=False,
        label="The form states",
        choices=list(_STATEMENTS.items()),
        widget=forms.CheckboxSelectMultiple,
    )
    form_language = forms.ChoiceField(label="Language of the form", choices=LANGUAGES)
    interpreter = forms.CharField(
        required=False, max_length=80, help_text="Name or number; no family member."
    )
    releasing_member = forms.ModelChoiceField(
        queryset=Membership.objects.none(), required=False, label="Who releases it (California)"
    )

    def __init__(self, *args: Any, duty: Membership, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.duty = duty
        active = Agency.objects.filter(status=Agency.Status.ACTIVE).order_by("name")
        for name, rows in (
            ("disclosing_agencies", active),
            ("recipients", active.exclude(pk=duty.agency_id)),
        ):
            field = self.fields[name]
            assert isinstance(field, forms.ModelMultipleChoiceField)  # noqa: S101  # for the type checker  # nosec B101
            field.queryset, field.label_from_instance = rows, _agency_name  # type: ignore[assignment, method-assign]  # Django's way
        releasing = self.fields["releasing_member"]
        assert isinstance(releasing, forms.ModelChoiceField)  # noqa: S101  # for the type checker  # nosec B101
        releasing.queryset = Membership.objects.filter(agency=duty.agency, ended_at=None).select_related(
            "member"
        )
        releasing.label_from_instance = _member_name  # type: ignore[assignment, method-assign]  # Django's way

    def content(self) -> dict[str, Any]:
        """The keyword arguments of `draft_consent`, once valid; the last day is the custodian's (P-18)."""
        said = dict(self.cleaned_data)
        last: date | None = said.pop("expires_on")
        stated = said.pop("statements")
        releasing = said.pop("releasing_member")
        agencies, third = said.pop("recipients"), said.pop("third_party")
        categories = said["categories"]
        recipients = [Recipient(_for(agency, categories), agency=agency) for agency in agencies]
        if third:
            recipients.append(Recipient(categories, third_party=third))
        if said.pop("treating_providers"):
            recipients.append(Recipient(categories))
        return said | {
            "recipients": recipients,
            "expires_at": self.duty.agency.end_of(last) if last else None,
            "releasing_member": releasing.member if releasing else None,
            **{name: name in stated for name in _STATEMENTS},
        }

    @staticmethod
    def typed(consent: Consent) -> dict[str, Any]:
        """What the form shows of a draft that exists."""
        kinds = ConsentRecipient.Kind
        parties = list(consent.recipients.all())
        last = consent.custodian.last_day_before(consent.expires_at) if consent.expires_at else None
        plain = (
            "instrument categories part2_included existence_may_be_confirmed information_description purposes"
            " record_window expiry_event revocation_method form_language interpreter"
        )
        releasing = Membership.objects.filter(member=consent.releasing_member_id, agency=consent.custodian_id)
        return {name: getattr(consent, name) for name in plain.split()} | {
            "disclosing_agencies": [agency.pk for agency in consent.disclosing_agencies.all()],
            "recipients": [one.agency_id for one in parties if one.agency_id],
            "treating_providers": any(one.kind == kinds.TREATING_PROVIDERS for one in parties),
            "third_party": next(
                (one.third_party_name for one in parties if one.kind == kinds.THIRD_PARTY), ""
            ),
            "expires_on": last,
            "statements": [name for name in _STATEMENTS if getattr(consent, name)],
            "releasing_member": releasing.first() if consent.releasing_member_id else None,
        }


class SignatureForm(DeskForm):
    """Who signed, when, where and how."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    signer_name = forms.CharField(max_length=120, label="Who signed")
    signer_capacity = forms.ChoiceField(label="As whom", choices=Consent.SignerCapacity.choices)
    authority_document = forms.CharField(
        required=False,
        max_length=200,
        label="Authority, unless the person signed",
        help_text="Court, date, number.",
    )
    signature_method = forms.ChoiceField(
        label="How",
        choices=[
            one for one in Consent.SignatureMethod.choices if one[0] != Consent.SignatureMethod.HELD_BY_SOURCE
        ],
    )
    signed_at = forms.DateTimeField(label="When", widget=MomentInput())
    collection_context = forms.ChoiceField(label="Where", choices=Consent.Context.choices)
    copy_given_at = forms.DateTimeField(required=False, label="Copy given", widget=MomentInput())
    witness_name = forms.CharField(required=False, max_length=120, label="Witness")
    attests_capacity = forms.BooleanField(
        required=False, label="I was there, and the signer understood what it says and that they may refuse"
    )


class OfferForm(DeskForm):
    outcome = forms.ChoiceField(label="What came of it", choices=ConsentOffer.Outcome.choices)
    context = forms.ChoiceField(label="Where", choices=Consent.Context.choices)
    language = forms.ChoiceField(label="Language", choices=LANGUAGES)
    note = forms.CharField(required=False, max_length=300, widget=forms.Textarea(attrs={"rows": 2}))


class FindForm(DeskForm):
    """A person of the own agency, by what the person says; never in an address (P-19)."""

    last = forms.CharField(
        max_length=80, label="Last name", error_messages={"required": "Type the last name."}
    )
    first = forms.CharField(
        max_length=80, label="First name", error_messages={"required": "Type the first name."}
    )
    birth_date = forms.DateField(
        label="Date of birth",
        widget=DayInput(),
        error_messages={"required": "Give the date of birth.", "invalid": "Give a day, as 1988-04-03."},
    )


class PreviewForm(DeskForm):
    """Whose eyes to look through."""

    agency = forms.ModelChoiceField(
        queryset=Agency.objects.none(), error_messages={"required": "Choose an agency."}
    )
    role = forms.ChoiceField(
        choices=[
            (role.value, role.value.replace("_", " "))
            for role in (
                Role.OFFICER,
                Role.DISPATCHER,
                Role.EMBEDDED_CLINICIAN,
                Role.MOBILE_CLINICIAN,
                Role.TREATMENT_CLINICIAN,
                Role.PEER_NAVIGATOR,
            )
        ]
    )
    purpose = forms.ChoiceField(choices=list(PURPOSES.items()))
    moment = forms.DateTimeField(
        label="When",
        help_text="Now or later; what was seen in the past is in the ledger.",
        widget=MomentInput(),
    )

    def __init__(self, *args: Any, duty: Membership, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.now = now
        agency = self.fields["agency"]
        assert isinstance(agency, forms.ModelChoiceField)  # noqa: S101  # for the type checker  # nosec B101
        others = Agency.objects.filter(status=Agency.Status.ACTIVE).exclude(pk=duty.agency_id)
        agency.queryset, agency.label_from_instance = others.order_by("name"), _agency_name  # type: ignore[assignment, method-assign]  # Django's way
        self.fields["moment"].initial = timezone.localtime(now)

    def clean_moment(self) -> datetime:
        moment: datetime = self.cleaned_data["moment"]
        # The field knows minutes: the minute that runs counts as now.
        if moment.replace(second=59) < self.now.replace(second=0, microsecond=0):
            raise forms.ValidationError("The past is in the ledger: choose now or later.")
        return max(moment, self.now)


def _agency_name(agency: Agency) -> str:
    return agency.name


def _member_name(works: Membership) -> str:
    return works.member.display_name


def _for(agency: Agency, categories: Sequence[str]) -> list[str]:
    return [one for one in categories if one in _POLICE_GET or not agency.is_law_enforcement]
