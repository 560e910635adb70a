"""The person's own record: all that the agency keeps of them, and nothing of anybody else (L-21, S-14, P-13, L-26)."""

import json
from datetime import timedelta

import pytest
from django.db import models

from continuity.consents.offers import record_offer
from continuity.crisis import plans
from continuity.crisis.models import (
    ClinicalNarrative,
    ContactAmendment,
    CrisisContact,
    SafetyFlag,
    SudSegment,
)
from continuity.disclosures.own_export import EXPORTED, KEPT_BACK, OwnRecord, own_record
from continuity.people.models import PersonName
from continuity.treatment.follow_ups import record_attempt
from tests import builders as b
from tests.cast import Cast

pytestmark = pytest.mark.django_db
# Why a field stays in: whose it is, or what it would tell. A field of neither list fails the test below.
STAYS_IN = {
    "*": {
        "id", "created_at", "updated_at", "version", "person", "custodian", "source", "agency", "contact", "consent",
        "origin", "recorded_for",
    },
    "PersonIdentifier": {"value_digest"},  # a keyed hash of the number, which goes out itself
    "Person": {"identity_status", "confidentiality", "replaced_by", "replaced_at", "identity_doubted_at"},
    # Who called, and from where, tells who reported (P-13); the rest is the office's own.
    "CrisisContact": {
        "reporter_relationship", "origin", "source_facts", "author", "status_reason", "episode", "claimed_at",
        "is_part2", "sensitivity_labels",
    },
    "ContactAmendment": {"reason", "recorded_by", "due_at", "extended_at", "extension_reason", "decided_by"},
    # What a caller or the sender said stands in these.
    "Triage": {
        "reason", "what_changed", "weapon_in_hand", "has_team", "is_eligible", "suggestion", "team_first", "rule",
        "decided_by",
    },
    "Transfer": {
        "said", "episode", "from_contact", "to_agency", "to_contact", "sender_ref", "incident_ref", "origin",
        "call_type", "occurred_at", "outcome_reason", "offered_by", "answered_by",
    },
    "SafetyFlag": {
        "source_role", "source_contact", "status_reason", "renews", "is_part2", "proposed_by", "approved_by",
    },
    "DeescalationTip": {
        "source_role", "source_contact", "status_reason", "renews", "is_part2", "recorded_by",
    },
    # Those who help are third parties.
    "ResponsePlan": {"support_contacts", "author", "approved_by", "status_reason", "is_part2"},
    "TreatmentTeamLink": {
        "provider", "external_id", "clinician", "is_part2", "status_reason", "proposed_by", "verified_by",
    },
    "Linkage": {
        "recipient", "external_id", "is_part2", "acknowledge_by", "requested_by", "owner", "prior",
    },
    "FollowUp": {
        "assigned_to", "team", "rule", "external_id", "max_attempts", "imported_attempts", "is_part2",
        "waits_for_discharge", "discharged_at",
    },
    "FollowUpAttempt": {"follow_up", "by"},
    "ConsentOffer": {"offered_by", "note", "offer_again_at"},
}  # fmt: skip
OF_CONSENTS = "Consent"  # the form as it was shown says the rest


def export(cast: Cast, **more) -> OwnRecord:
    return own_record(person_id=cast.sam.pk, agency=more.pop("agency", cast.county), **more)


def text_of(record: OwnRecord) -> str:
    return json.dumps(record.content)


@pytest.mark.parametrize(
    "model", [one for one in EXPORTED if one.__name__ != OF_CONSENTS], ids=lambda one: one.__name__
)
def test_every_field_goes_out_or_stays_in_for_a_reason(model: type[models.Model]):
    fields = {field.name for field in model._meta.fields}
    stays = STAYS_IN["*"] | STAYS_IN.get(model.__name__, set())
    assert set(EXPORTED[model]) <= fields
    assert fields - set(EXPORTED[model]) - stays == set()
    assert set(EXPORTED[model]) & STAYS_IN.get(model.__name__, set()) == set()


def test_own_contacts_come_with_their_words(cast: Cast):
    cast.consent()
    record_offer(by=cast.kim, person=cast.sam, outcome="declined", context="clinic", at=b.NOW)
    told = export(cast)
    (contact,) = told.content["contacts"]
    assert contact["operational_summary"] == "Spoke quietly; agreed to be called tomorrow."
    assert (contact["narrative"], contact["sud_text"]) == ("Clinical words.", "Substance words.")
    assert told.content["names"][0]["last"] == "Testcase"
    assert [one["text"] for one in told.content["tips"]] == ["Speak softly."]
    assert told.content["team_links"][0]["duty_line"] == "661-555-0110"
    assert told.content["follow_ups"][0]["kind"] == "safety_check"
    (consent,) = told.content["consents"]
    assert "Sam Testcase" in consent["shown_text"] or consent["information_description"]
    assert consent["recipients"][0]["name"] == "Kestrel Police"
    assert told.content["offers"][0]["outcome"] == "declined"
    assert told.categories == ("D0", "D1", "D2", "D3", "D4", "D5", "D6", "D7")


def test_every_row_of_the_export_is_named_for_the_ledger(cast: Cast):
    kinds = [kind for kind, *_ in export(cast).records]
    assert sorted(set(kinds)) == [
        "clinicalnarrative", "crisiscontact", "deescalationtip", "followup", "person", "personname", "safetyflag",
        "sudsegment", "treatmentteamlink",
    ]  # fmt: skip
    assert ["crisiscontact", str(cast.sams_contact.pk), cast.sams_contact.version] in export(cast).records


def test_who_reported_is_nowhere(cast: Cast):
    """P-13: neither the field, nor where the call came from, nor an amendment of either, nor who told a flag."""
    contact = b.contact(
        cast.embedded, cast.sam, reporter_relationship="neighbour_bystander", origin="family_direct"
    )
    ContactAmendment.objects.create(
        contact=contact, custodian=cast.county, kind="correction", field="reporter_relationship",
        old_value='"school_staff"', new_value='"neighbour_bystander"', reason="Misheard.", requested_by="author",
        requested_at=b.NOW, recorded_by=cast.embedded, due_at=b.NOW + timedelta(days=60),
    )  # fmt: skip
    flag = SafetyFlag.objects.get(person=cast.sam)
    SafetyFlag.objects.filter(pk=flag.pk).update(
        basis="reported", source_role="family_member", text="Sister Testina says he hides knives."
    )
    told = export(cast)
    assert len(told.content["contacts"]) == 2
    for secret in ("neighbour", "family_direct", "family_member", "school_staff", "reporter", "Testina"):
        assert secret not in text_of(told)
    assert told.content["safety_flags"][0]["text"] == KEPT_BACK


def test_what_a_relative_said_on_the_telephone_stays_in(cast: Cast):
    follow_up = cast.sams_contact.follow_ups.get()
    record_attempt(
        by=cast.embedded, follow_up_id=follow_up.pk, mode="call", outcome="third_party_only",
        note="Brother Testor answered.", at=b.NOW,
    )  # fmt: skip
    (attempt,) = export(cast).content["follow_ups"][0]["attempts"]
    assert attempt["note"] == KEPT_BACK


def test_those_who_help_stay_in(cast: Cast):
    plan = plans.draft_plan(
        by=cast.embedded, person=cast.sam, at=b.NOW, strategies=["Stand back."],
        support_contacts=["Aunt Testa, 661-555-0155"],
    )  # fmt: skip
    type(plan).objects.filter(pk=plan.pk).update(status="submitted")
    told = export(cast)
    assert told.content["plans"][0]["strategies"] == ["Stand back."]
    assert "Testa" not in text_of(told)


def test_another_agencys_records_and_another_person_are_not_in_it(cast: Cast):
    b.contact(cast.adeyemi, cast.sam, narrative="Words of the clinic.")
    b.contact(cast.embedded, cast.namesake, narrative="Words about somebody else.")
    PersonName.objects.create(person=cast.sam, source=cast.clinic, first="Sammy", last="Clinicname")
    told = text_of(export(cast))
    for foreign in ("Words of the clinic", "somebody else", "Clinicname"):
        assert foreign not in told
    assert "Words of the clinic" in text_of(export(cast, agency=cast.clinic))


def test_drafts_and_errors_are_not_in_it(cast: Cast):
    CrisisContact.objects.filter(pk=cast.sams_contact.pk).update(record_status="entered_in_error")
    SafetyFlag.objects.filter(person=cast.sam).update(status="entered_in_error", ended_at=b.NOW)
    told = export(cast)
    assert told.content["contacts"] == []
    assert told.content["safety_flags"] == []


def test_words_that_would_tell_a_confidence_can_be_kept_back(cast: Cast):
    """45 CFR 164.524(a)(2)(v): the contact itself is told."""
    other = b.contact(cast.embedded, cast.sam, operational_summary="Stays in the export.")
    told = export(cast, withheld=[cast.sams_contact.pk])
    by_id = {one["id"]: one for one in told.content["contacts"]}
    kept = by_id[str(cast.sams_contact.pk)]
    assert {kept["operational_summary"], kept["narrative"], kept["sud_text"]} == {KEPT_BACK}
    assert kept["disposition_primary"] == "safety_plan_completed"
    assert by_id[str(other.pk)]["operational_summary"] == "Stays in the export."
    assert "Clinical words" not in text_of(told)


def test_statement_of_disagreement_is_in_it(cast: Cast):
    """L-22."""
    ContactAmendment.objects.create(
        contact=cast.sams_contact, custodian=cast.county, kind="patient_requested", field="narrative",
        old_value='"Clinical words."', new_value='"Other words."', reason="Wrong.", requested_by="patient",
        requested_at=b.NOW, recorded_by=cast.embedded, due_at=b.NOW + timedelta(days=60), decision="denied",
        denial_ground="accurate_and_complete", decided_at=b.NOW, decided_by=cast.kim, status="disagreement_filed",
        disagreement="I never said so.", disagreed_at=b.NOW,
    )  # fmt: skip
    (amendment,) = export(cast).content["contacts"][0]["amendments"]
    assert (amendment["disagreement"], amendment["new_value"]) == ("I never said so.", "Other words.")


def test_there_is_no_field_for_session_notes():
    """L-26: what the service has no place for cannot be handed out; both texts say so where they are written."""
    assert EXPORTED.keys().isdisjoint({ClinicalNarrative, SudSegment})
    assert "No session content" in str(ClinicalNarrative._meta.get_field("text").help_text)


def test_statements_do_not_grow_with_the_record(cast: Cast, django_assert_num_queries):
    cast.consent()
    for _ in range(3):
        with django_assert_num_queries(21):
            export(cast)
        b.contact(cast.embedded, cast.sam, narrative="More.")
        cast.consent()
