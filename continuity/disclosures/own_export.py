"""The person's own record, as one agency keeps it, to be handed to them (L-21, S-14, P-13).

Only the agency's own rows, and of them only the fields named here: what is not listed stays in. Out stay who reported
(and where the call came from, which tells it), what somebody else told, names and numbers of third parties, and notes
of other agencies. Notes that the service has no field for (L-26) cannot be among it.
"""

import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import Model, Prefetch

from continuity.agencies.models import Agency
from continuity.consents.models import Consent, ConsentOffer
from continuity.crisis.models import (
    ContactAmendment,
    CrisisContact,
    DeescalationTip,
    ResponsePlan,
    SafetyFlag,
    Standing,
    Transfer,
    Triage,
)
from continuity.people.models import Person, PersonAddress, PersonIdentifier, PersonName, PersonPhone
from continuity.treatment.models import FollowUp, FollowUpAttempt, Linkage, TreatmentTeamLink

KEPT_BACK: Final = "kept back: it would tell who spoke in confidence (45 CFR 164.524(a)(2)(v))"
_STANDING = (
    "kind",
    "basis",
    "text",
    "first_observed_at",
    "last_confirmed_at",
    "expires_at",
    "status",
    "ended_at",
)
EXPORTED: Final[dict[type[Model], tuple[str, ...]]] = {
    Person: (
        "birth_date", "birth_date_precision", "birth_date_estimated", "sex", "pronouns", "language",
        "interpreter_needed", "communication_needs", "safe_to_call", "safe_to_leave_message", "deceased_date",
    ),
    PersonName: ("use", "first", "middle", "last", "suffix"),
    PersonIdentifier: ("type", "system", "value", "verified_at"),
    PersonPhone: ("number", "is_shared"),
    PersonAddress: ("line", "city", "state", "postal_code"),
    CrisisContact: (
        "contact_number", "record_status", "occurred_at", "ended_at", "recorded_at", "finalised_at", "is_minor",
        "modality", "response_type", "call_type", "incident_ref", "jurisdiction", "location_area", "language",
        "interpreter_used", "presenting_issues", "risk_level", "safety_observations", "suicide_screen_tool",
        "suicide_screen_level", "substance_involved", "veteran_self_reported", "housing_status",
        "existing_treatment", "hold_status", "hold_authority", "transport_mode", "transport_destination",
        "disposition_primary", "dispositions_other", "le_dispatched", "le_cancelled", "use_of_force", "injuries",
        "diverted_from", "referral_offered", "follow_up_required", "operational_summary",
    ),
    ContactAmendment: (
        "kind", "field", "status", "requested_by", "requested_at", "old_value", "new_value", "accepted_value",
        "decision", "decided_at", "denial_ground", "denial_basis", "applied_at", "disagreement", "disagreed_at",
        "rebuttal",
    ),
    Triage: ("call_type", "decision", "decided_at"),
    Transfer: ("to_kind", "is_warm", "outcome", "offered_at", "answered_at"),
    SafetyFlag: (*_STANDING, "severity"),
    DeescalationTip: _STANDING,
    ResponsePlan: (
        "status", "triggers", "strategies", "baseline", "elevated", "drafted_with_person", "submitted_at",
        "approved_at", "expires_at", "ended_at",
    ),
    TreatmentTeamLink: (
        "team_name", "program_kind", "duty_line", "hours", "notify_on_crisis", "status", "established_at",
        "last_verified_at", "ended_at",
    ),
    Linkage: (
        "kind", "priority", "status", "status_reason", "requested_at", "received_at", "appointment_at",
        "first_attended_at", "closed_at", "status_before_death", "reason_before_death", "external_provider", "notes",
    ),
    FollowUp: (
        "kind", "due_window", "due_at", "status", "status_reason", "result", "closed_at", "status_before_death",
        "reason_before_death",
    ),
    FollowUpAttempt: ("at", "mode", "outcome", "note"),
    Consent: (
        "instrument", "status", "information_description", "categories", "part2_included", "purposes",
        "record_window", "starts_at", "expires_at", "expiry_event", "signed_at", "copy_given_at", "suspended_at",
        "inactive_reason", "ended_at", "shown_text",
    ),
    ConsentOffer: ("offered_at", "outcome", "context", "language"),
}  # fmt: skip
# What an amendment may have changed and nobody hands out: it tells who called.
_REPORTER = ("reporter_relationship", "origin", "source_facts")
_FREE_TEXTS = ("operational_summary", "narrative", "sud_text")


@dataclass(frozen=True)
class OwnRecord:
    """The export as plain JSON values, and the ledger's [kind, id, version] of every row in it."""

    content: dict[str, Any]
    records: list[list[Any]]
    categories: tuple[str, ...]


def own_record(*, person_id: UUID, agency: Agency, withheld: Collection[UUID] = ()) -> OwnRecord:
    """Everything that `agency` keeps of a person, in plain values; `withheld`: contacts whose words stay in.

    Callers ask the right, and note the reading before they show it.
    """
    export = _Export(person_id, agency, frozenset(withheld))
    content = {
        **export.identity(),
        "contacts": list(export.contacts()),
        "safety_flags": list(export.standing(SafetyFlag)),
        "tips": list(export.standing(DeescalationTip)),
        "plans": export.rows(
            ResponsePlan.objects.exclude(status=ResponsePlan.Status.DRAFT).order_by("created_at")
        ),
        "team_links": list(export.team_links()),
        "linkages": list(export.linkages()),
        "follow_ups": list(export.follow_ups()),
        "consents": list(export.consents()),
        "offers": [
            export.shown(one)
            for one in ConsentOffer.objects.filter(person=person_id, agency=agency).order_by("offered_at")
        ],
    }
    told = {
        "D0": True,
        "D1": content["safety_flags"] or content["tips"] or content["plans"],
        "D2": content["contacts"],
        "D3": any("narrative" in one for one in content["contacts"]),
        "D4": any("sud_text" in one for one in content["contacts"]),
        "D5": content["team_links"],
        "D6": content["linkages"] or content["follow_ups"],
        "D7": content["consents"],
    }
    return OwnRecord(
        content, export.records, tuple(category for category, is_there in told.items() if is_there)
    )


class _Export:
    """Shapes rows field by field and remembers each for the ledger."""

    def __init__(self, person_id: UUID, agency: Agency, withheld: frozenset[UUID]) -> None:
        self.person_id, self.agency, self.withheld = person_id, agency, withheld
        self.records: list[list[Any]] = []

    def shown(self, row: Model) -> dict[str, Any]:
        self.records.append([row._meta.model_name or "", str(row.pk), getattr(row, "version", 1)])
        return {name: _plain(getattr(row, name)) for name in EXPORTED[type(row)]}

    def rows(self, rows: Any) -> list[dict[str, Any]]:
        return [self.shown(row) for row in rows.filter(person=self.person_id, custodian=self.agency)]

    def identity(self) -> dict[str, Any]:
        person = Person.objects.get(pk=self.person_id)
        facts = {
            "names": PersonName, "identifiers": PersonIdentifier, "phones": PersonPhone, "addresses": PersonAddress
        }  # fmt: skip
        return {"person": self.shown(person)} | {
            name: [
                self.shown(row)
                for row in model._default_manager.filter(person=person, source=self.agency).order_by(
                    "created_at"
                )
            ]
            for name, model in facts.items()
        }

    def contacts(self) -> Iterator[dict[str, Any]]:
        amendments = ContactAmendment.objects.filter(custodian=self.agency).exclude(field__in=_REPORTER)
        contacts = (
            CrisisContact.objects.filter(
                person=self.person_id, custodian=self.agency, record_status__in=CrisisContact.READABLE
            )
            .select_related("narrative", "sud_segment")
            .prefetch_related(
                Prefetch("amendments", amendments.order_by("requested_at"), to_attr="shown_amendments"),
                Prefetch("transfers", Transfer.objects.filter(custodian=self.agency).order_by("offered_at")),
                Prefetch("triages", Triage.objects.filter(custodian=self.agency)),
            )
            .order_by("occurred_at")
        )
        for contact in contacts:
            yield self._contact(contact)

    def _contact(self, contact: CrisisContact) -> dict[str, Any]:
        # Its id is how the office names it when its words are to be kept back.
        told = {"id": str(contact.pk), **self.shown(contact)}
        for name, part in (("narrative", "narrative"), ("sud_text", "sud_segment")):
            text = getattr(contact, part, None)
            if text is not None:
                self.records.append([text._meta.model_name, str(text.pk), text.version])
                told[name] = text.text
        amended = [self.shown(one) for one in contact.shown_amendments]  # type: ignore[attr-defined]  # prefetched
        for one in amended:
            one |= {name: _value(one[name]) for name in ("old_value", "new_value", "accepted_value")}
        if contact.pk in self.withheld:
            told |= {name: KEPT_BACK for name in _FREE_TEXTS if told.get(name)}
            amended = [one for one in amended if one["field"] not in _FREE_TEXTS]
        return told | {
            "amendments": amended,
            "transfers": [self.shown(one) for one in contact.transfers.all()],
            "triages": [self.shown(one) for one in contact.triages.all()],
        }

    def standing(self, model: type[Standing]) -> Iterator[dict[str, Any]]:
        rows = model._default_manager.filter(person=self.person_id, custodian=self.agency)
        for row in rows.exclude(status=Standing.Status.ENTERED_IN_ERROR).order_by("first_observed_at"):
            told = self.shown(row)
            if told["basis"] == "reported" and told["text"]:
                told["text"] = KEPT_BACK
            yield told

    def team_links(self) -> Iterator[dict[str, Any]]:
        links = TreatmentTeamLink.objects.filter(person=self.person_id, custodian=self.agency)
        links = links.exclude(status=TreatmentTeamLink.Status.ENTERED_IN_ERROR).select_related("provider")
        for link in links.order_by("established_at"):
            yield {"provider": link.provider.name, **self.shown(link)}

    def linkages(self) -> Iterator[dict[str, Any]]:
        linkages = Linkage.objects.filter(person=self.person_id, custodian=self.agency)
        linkages = linkages.exclude(status__in=["draft", "entered_in_error"]).select_related("recipient")
        for linkage in linkages.order_by("requested_at"):
            recipient = linkage.recipient.name if linkage.recipient else linkage.external_provider
            yield {"recipient": recipient, **self.shown(linkage)}

    def follow_ups(self) -> Iterator[dict[str, Any]]:
        promised = FollowUp.objects.filter(person=self.person_id, custodian=self.agency)
        promised = promised.exclude(status="entered_in_error").prefetch_related("attempts").order_by("due_at")
        for follow_up in promised:
            attempts = [self.shown(one) for one in follow_up.attempts.all()]
            for one in attempts:
                if one["outcome"] == FollowUpAttempt.Outcome.THIRD_PARTY_ONLY and one["note"]:
                    one["note"] = KEPT_BACK
            yield {**self.shown(follow_up), "attempts": attempts}

    def consents(self) -> Iterator[dict[str, Any]]:
        kept = Consent.objects.filter(person=self.person_id, custodian=self.agency)
        kept = kept.exclude(status__in=["draft", "entered_in_error"])
        parties = ("recipients__agency", "recipients__member", "disclosing_agencies")
        for consent in kept.prefetch_related(*parties).order_by("id"):
            yield {
                "number": consent.number,
                "recipients": [_party(one) for one in consent.recipients.all()],
                "disclosing": [one.name for one in consent.disclosing_agencies.all()],
                **self.shown(consent),
            }


def _party(recipient: Any) -> dict[str, Any]:
    name = recipient.agency or recipient.member
    shown = name.name if recipient.agency else name.display_name if name else recipient.third_party_name
    return {
        "name": shown or recipient.get_kind_display(),
        "categories": recipient.categories,
        "revoked_at": _plain(recipient.revoked_at),
    }


def _value(text: str) -> Any:
    """What an amendment keeps as JSON."""
    try:
        return json.loads(text) if text else None
    except ValueError:
        return text


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, str | int | bool | None):
        return value
    if isinstance(value, Iterable):
        return [_plain(one) for one in value]
    raise TypeError(f"no plain form of {type(value)}")
