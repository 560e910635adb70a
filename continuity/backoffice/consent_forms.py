"""What the desk types about consents and offers: shapes only; the rules are the services' own."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django import forms
from django.utils import timezone

from continuity.agencies.models import Agency, Category, Membership
from continuity.agencies.roles import Role
from continuity.backoffice.desk_forms import DeskForm, DutyForm, NoteForm, VersionForm
from continuity.backoffice.fields import Day, Moment, Named, Some, SomeNamed, Text
from continuity.backoffice.sheet import Party
from continuity.backoffice.words import CATEGORIES, LANGUAGES, PURPOSES
from continuity.consents.models import Consent, ConsentOffer, ConsentRecipient, SignedDocument
from continuity.consents.services import Recipient

_POLICE_GET = ("D0", "D1", "D2", "D5", "D6")
_ACTIVE = Agency.objects.filter(status=Agency.Status.ACTIVE).order_by("name")
_STATEMENTS = {
    "states_right_to_revoke": "the right to revoke in writing",
    "states_reliance_exception": "that what was done before stands",
    "states_no_conditioning": "that care does not depend on signing",
    "states_redisclosure_risk": "that it may be passed on",
    "states_refusal_consequence": "what follows from refusing (TPO)",
    "states_tpo_redisclosure": "that recipients under HIPAA may pass it on, but not for proceedings (TPO)",
}
_OTHER_EYES = (
    Role.OFFICER,
    Role.DISPATCHER,
    Role.EMBEDDED_CLINICIAN,
    Role.MOBILE_CLINICIAN,
    Role.TREATMENT_CLINICIAN,
    Role.PEER_NAVIGATOR,
)


class RecipientForm(NoteForm):
    recipient_id = forms.UUIDField(label="Which recipient")
    field_order = ("recipient_id", "note", "version")

    def __init__(self, *args: Any, parties: Sequence[Party], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        standing = [(party.id, party.name) for party in parties if party.revoked_at is None]
        self.fields["recipient_id"].widget = forms.Select(choices=standing)


class AttachForm(DeskForm):
    kind = forms.ChoiceField(label="What it shows", choices=SignedDocument.Kind.choices)
    file = forms.FileField(
        label="PDF, PNG or JPEG, at most 5 MB",
        error_messages={"required": "Choose a file.", "empty": "This file is empty."},
    )

    def said(self) -> dict[str, Any]:
        return {"kind": self.cleaned_data["kind"], "content": self.cleaned_data["file"].read()}


class DraftForm(DutyForm):
    """The content of a consent. Police get what police may get of the ticked categories."""

    instrument = forms.ChoiceField(choices=Consent.Instrument.choices)
    disclosing_agencies = SomeNamed("Who may disclose", _ACTIVE)
    recipients = SomeNamed(
        "Who may receive it, by name", _ACTIVE, help_text="Police only by the name of their agency (L-7)."
    )
    treating_providers = forms.BooleanField(required=False, label="and the class of treating providers")
    third_party = Text("and a person by name", max_length=120)
    categories = Some(
        "What may be told",
        [(code, CATEGORIES[code]) for code in Category.values if code not in ("D0", "D7")],
    )
    part2_included = forms.BooleanField(
        required=False, label="SUD records included", help_text="Ticked by the person, apart from the rest."
    )
    existence_may_be_confirmed = forms.BooleanField(
        required=False, label="That there is a record may be confirmed, even when nothing else is told"
    )
    information_description = Text(
        "The information, in words the person understands", rows=2, max_length=1000
    )
    purposes = Some("What it is for", list(PURPOSES.items()))
    record_window = forms.ChoiceField(
        label="Which records",
        choices=[one for one in Consent.Window.choices if one[0] != Consent.Window.SPECIFIC_CONTACTS],
    )
    expires_on = Day("Last day")
    expiry_event = Text("or the event that ends it", max_length=120, help_text='"none" for TPO alone.')
    revocation_method = Text("How to revoke", max_length=200)
    statements = Some("The form states", list(_STATEMENTS.items()))
    form_language = forms.ChoiceField(label="Language of the form", choices=list(LANGUAGES.items()))
    interpreter = Text("Interpreter", max_length=80, help_text="Name or number; no family member.")
    releasing_member = Named("Who releases it (California)", Membership.objects.none(), empty_label="nobody")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        agency = self.duty.agency_id
        self.offer("recipients", _ACTIVE.exclude(pk=agency))
        working = Membership.objects.filter(agency=agency, ended_at=None)
        self.offer("releasing_member", working.select_related("member"))

    def said(self) -> dict[str, Any]:
        """The keyword arguments of `draft_consent`; the last day is the custodian's (P-18)."""
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


class SignatureForm(VersionForm):
    """Who signed, when, where and how."""

    signer_name = Text("Who signed", "Say who signed.", max_length=120)
    signer_capacity = forms.ChoiceField(label="As whom", choices=Consent.SignerCapacity.choices)
    authority_document = Text(
        "Authority, unless the person signed", max_length=200, help_text="Court, date, number."
    )
    signature_method = forms.ChoiceField(
        label="How",
        choices=[
            one for one in Consent.SignatureMethod.choices if one[0] != Consent.SignatureMethod.HELD_BY_SOURCE
        ],
    )
    signed_at = Moment("When")
    collection_context = forms.ChoiceField(label="Where", choices=Consent.Context.choices)
    copy_given_at = Moment("Copy given", "")
    witness_name = Text("Witness", max_length=120)
    attests_capacity = forms.BooleanField(
        required=False, label="I was there, and the signer understood what it says and that they may refuse"
    )


class OfferForm(DeskForm):
    outcome = forms.ChoiceField(label="What came of it", choices=ConsentOffer.Outcome.choices)
    context = forms.ChoiceField(label="Where", choices=Consent.Context.choices)
    language = forms.ChoiceField(label="Language", choices=list(LANGUAGES.items()))
    note = Text("Note", rows=2)


class FindForm(DeskForm):
    """A person of the own agency, by what the person says; never in an address (P-19)."""

    last = Text("Last name", "Type the last name.", max_length=80)
    first = Text("First name", "Type the first name.", max_length=80)
    birth_date = Day("Date of birth", "Give the date of birth.")


class PreviewForm(DutyForm):
    """Whose eyes to look through."""

    agency = Named("Agency", _ACTIVE, "Choose an agency.")
    role = forms.ChoiceField(choices=[(role.value, role.value.replace("_", " ")) for role in _OTHER_EYES])
    purpose = forms.ChoiceField(choices=list(PURPOSES.items()))
    moment = Moment(
        "When",
        initial=timezone.localtime,
        help_text="Now or later; what was seen in the past is in the ledger.",
    )

    def __init__(self, *args: Any, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.now = now
        self.offer("agency", _ACTIVE.exclude(pk=self.duty.agency_id))

    def clean_moment(self) -> datetime:
        moment: datetime = self.cleaned_data["moment"]
        # The field knows minutes: the minute that runs counts as now.
        if moment.replace(second=59) < self.now.replace(second=0, microsecond=0):
            raise forms.ValidationError("The past is in the ledger: choose now or later.")
        return max(moment, self.now)


def _for(agency: Agency, categories: Sequence[str]) -> list[str]:
    return [one for one in categories if one in _POLICE_GET or not agency.is_law_enforcement]
