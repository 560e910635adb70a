"""Each rule of a policy pack and each fixed rule of scope, signing and signer, on both sides of its edge. Pure."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from continuity.agencies.packs import Rules
from continuity.consents.elements import Paper, Party, Stage, age_on, lacking
from tests.builders import NOW
from tests.consents.papers import CLINIC, INSTRUMENTS, POLICE, SIGNED, found, paper, with_handling

LPS = frozenset({"hipaa_covered", "ca_lps"})
PLAIN = Rules()


def of_lps(**changes: Any) -> Paper:
    return with_handling(paper(**changes), regimes=LPS)


def minor(age: int | None, instrument: str = "combined_hipaa_part2", **changes: Any) -> Paper:
    return with_handling(paper(instrument, **changes), age=age)


def to(*parties: Party, instrument: str = "hipaa_authorization", **changes: Any) -> Paper:
    return with_handling(paper(instrument, **changes), recipients=parties)


def party(kind: str = "agency", *categories: str, police: bool = False) -> Party:
    return Party(kind, frozenset(categories), police)


def confirmed(hours: float, **changes: Any) -> Paper:
    """Confirmed by a clinician so many hours after the signature."""
    return paper(clinician_approved_at=SIGNED + timedelta(hours=hours), **changes)


BY_OFFICER = {"collector_is_law_enforcement": True}
OFFICERS = Rules(officers_may_collect=True)
WAITS = Rules(under_constraint_after_hours=24)
CA = Rules(minor_signs_mental_health_from=12, minor_signs_sud_from=12)
MO = Rules(minor_signs_mental_health_from=None, minor_signs_sud_from=0)
PARENT = {"signer_capacity": "parent", "authority_document": "birth certificate"}
SUD = {"part2_included": True, "categories": ["D4"]}
SUD_TO_CLINIC = (party("agency", "D4"),)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)

# case: (paper, rules, what is found; None: nothing)
Case = tuple[Paper, Rules, tuple[str, str] | None]
LENGTH: dict[str, Case] = {
    "a year": (paper(starts_at=NOW - DAY, expires_at=NOW + 364 * DAY), PLAIN, None),
    "a year to its midnight": (paper(starts_at=NOW - DAY, expires_at=NOW + 365 * DAY), PLAIN, None),
    "longer than a year": (paper(starts_at=NOW - DAY, expires_at=NOW + 365 * DAY + HOUR), PLAIN, ("expires_at", "too_long")),
    "years where no law sets a length": (paper(expires_at=NOW + 3650 * DAY), Rules(max_days=None), None),
    "an event without a latest date": (paper(expires_at=None, expiry_event="discharge"), PLAIN, ("expires_at", "missing_element")),
    "an event with a latest date": (paper(expiry_event="discharge"), PLAIN, None),
    "TPO with no end": (paper("part2_tpo", expires_at=None, expiry_event="none"), PLAIN, None),
    "no end on an authorization": (paper(expiry_event="none"), PLAIN, ("expiry_event", "no_end")),
    "ended already": (paper(expires_at=NOW), PLAIN, ("expires_at", "already_expired")),
    "ending in an instant": (paper(expires_at=NOW + timedelta(microseconds=1)), PLAIN, None),
    "ending as it starts": (paper(starts_at=NOW + DAY, expires_at=NOW + DAY), PLAIN, ("expires_at", "ends_before_it_starts")),
}  # fmt: skip
STATE_LAW: dict[str, Case] = {
    "unapproved under LPS": (of_lps(), Rules(clinician_approval=frozenset({"ca_lps"})), ("clinician_approved_by", "not_approved")),
    "approved under LPS": (of_lps(clinician_approved_at=NOW), Rules(clinician_approval=frozenset({"ca_lps"})), None),
    "unapproved where LPS does not bind": (paper(), Rules(clinician_approval=frozenset({"ca_lps"})), None),
    "unapproved where all are bound": (paper(), Rules(clinician_approval=frozenset({"any"})), ("clinician_approved_by", "not_approved")),
    "two uses on one form": (of_lps(purposes=["treatment", "care_coordination"]), Rules(separate_form_per_use=frozenset({"ca_lps"})), ("purposes", "separate_form_per_use")),
    "one use on one form": (of_lps(), Rules(separate_form_per_use=frozenset({"ca_lps"})), None),
    "nobody named who releases": (of_lps(), Rules(releasing_member_named=frozenset({"ca_lps"})), ("releasing_member", "missing_element")),
    "a member named who releases": (of_lps(releasing_member="a member"), Rules(releasing_member_named=frozenset({"ca_lps"})), None),
    "no copy": (paper("state_form", copy_given_at=None), PLAIN, ("copy_given_at", "missing_element")),
    "no copy where no law wants one": (paper("state_form", copy_given_at=None), Rules(copy_given=frozenset()), None),
    "existence ticked": (paper(existence_may_be_confirmed=True), PLAIN, None),
    "existence ticked, not offered": (paper(existence_may_be_confirmed=True), Rules(existence_offered=False), ("existence_may_be_confirmed", "existence_not_offered")),
}  # fmt: skip
COLLECTION: dict[str, Case] = {
    "on a hold": (confirmed(48, collection_context="on_hold"), PLAIN, ("collection_context", "signed_under_hold_or_custody")),
    "in custody": (confirmed(48, collection_context="in_custody"), PLAIN, ("collection_context", "signed_under_hold_or_custody")),
    "in custody, confirmed a day later": (confirmed(24, collection_context="in_custody"), WAITS, None),
    "on a hold, confirmed too early": (confirmed(23.99, collection_context="on_hold"), WAITS, ("clinician_approved_by", "not_confirmed_after_constraint")),
    "on a hold, never confirmed": (paper(collection_context="on_hold"), WAITS, ("clinician_approved_by", "not_confirmed_after_constraint")),
    "by an officer": (with_handling(confirmed(1), **BY_OFFICER), PLAIN, ("collected_by", "collector_is_law_enforcement")),
    "by an officer, confirmed": (with_handling(confirmed(1), **BY_OFFICER), OFFICERS, None),
    "by an officer, not confirmed": (with_handling(paper(), **BY_OFFICER), OFFICERS, ("clinician_approved_by", "not_confirmed")),
    "by an officer, confirmed before it was signed": (with_handling(confirmed(-1), **BY_OFFICER), OFFICERS, ("clinician_approved_by", "not_confirmed")),
    "signed tomorrow": (paper(signed_at=NOW + DAY), PLAIN, ("signed_at", "in_the_future")),
    "signed this instant": (paper(signed_at=NOW), PLAIN, None),
}  # fmt: skip
LANGUAGE: dict[str, Case] = {
    "Spanish for a Spanish speaker": (with_handling(paper(form_language="es"), person_language="es-MX"), PLAIN, None),
    "a language without a form": (with_handling(paper(form_language="hmn"), person_language="hmn"), PLAIN, ("form_language", "no_such_form")),
    "a pack's further language": (with_handling(paper(form_language="hmn"), person_language="hmn"), Rules(languages=("en", "hmn")), None),
    "English for a Spanish speaker": (with_handling(paper(), person_language="es"), PLAIN, ("interpreter", "missing_element")),
    "English with an interpreter": (with_handling(paper(interpreter="ASL 4411"), person_language="es"), PLAIN, None),
    "a person who needs an interpreter": (with_handling(paper(), interpreter_needed=True), PLAIN, ("interpreter", "missing_element")),
    "a person whose language nobody asked": (with_handling(paper(), person_language=""), PLAIN, None),
}  # fmt: skip
SCOPE: dict[str, Case] = {
    "counselling notes": (paper(covers_counselling_notes=True), PLAIN, ("covers_counselling_notes", "counselling_notes")),
    "proceedings": (paper(covers_proceedings=True), PLAIN, ("covers_proceedings", "proceedings")),
    "legal process as a purpose": (paper(purposes=["legal_process"]), PLAIN, ("purposes", "proceedings")),
    "an audit as a purpose": (paper(purposes=["compliance_audit"]), PLAIN, ("purposes", "proceedings")),
    "SUD ticked on an authorization": (to(party("agency", "D4"), **SUD), PLAIN, ("part2_included", "not_a_part2_form")),
    "SUD ticked on a state form": (to(party("agency", "D4"), instrument="state_form", **SUD), PLAIN, ("part2_included", "not_a_part2_form")),
    "SUD ticked on a Part 2 form": (to(party("agency", "D4"), instrument="part2_consent", **SUD), PLAIN, None),
    "D4 without the tick": (to(party("agency", "D4"), instrument="part2_consent", categories=["D4"]), PLAIN, ("part2_included", "sud_not_ticked")),
    "TPO for reporting": (paper("part2_tpo", purposes=["program_reporting"]), PLAIN, ("purposes", "not_a_tpo_purpose")),
    "the consent document itself": (paper(categories=["D1", "D2", "D7"]), PLAIN, ("categories", "no_such_category")),
    "named contacts, none named": (paper(record_window="specific_contacts"), PLAIN, ("contacts", "missing_element")),
    "named contacts": (with_handling(paper(record_window="specific_contacts"), contacts=1), PLAIN, None),
}  # fmt: skip
RECIPIENTS: dict[str, Case] = {
    "police by name of agency": (to(POLICE), PLAIN, None),
    "an officer by name": (to(party("member", "D1", police=True)), PLAIN, ("recipients", "police_by_name_of_agency")),
    "a clinician by name": (to(party("member", "D1")), PLAIN, None),
    "the class of treating providers": (to(party("treating_providers", "D1")), PLAIN, None),
    "TPO to police": (to(POLICE, instrument="part2_tpo"), PLAIN, ("recipients", "tpo_to_police")),
    "TPO to a clinic": (to(CLINIC, instrument="part2_tpo"), PLAIN, None),
    "narrative to police": (to(party("agency", "D3", police=True), categories=["D3"]), PLAIN, ("recipients", "not_for_police")),
    "narrative to a clinic": (to(party("agency", "D3"), categories=["D3"]), PLAIN, None),
    "SUD to police": (to(party("agency", "D4", police=True), instrument="part2_consent", **SUD), PLAIN, ("recipients", "not_for_police")),
    "what a pack keeps from police": (to(POLICE), Rules(officer_categories=frozenset({"D1"})), ("recipients", "not_for_police")),
    "a recipient of nothing": (to(party("agency")), PLAIN, ("recipients", "empty_scope")),
    "a recipient of more than the consent": (to(party("agency", "D1", "D6")), PLAIN, ("recipients", "beyond_the_consent")),
}  # fmt: skip
MINORS: dict[str, Case] = {
    "at eighteen": (minor(18), PLAIN, None),
    "at seventeen": (minor(17), PLAIN, ("signer_capacity", "minor")),
    "at seventeen where one is adult at nineteen": (minor(18), Rules(adult_from=19), ("signer_capacity", "minor")),
    "at twelve in California": (minor(12), CA, None),
    "at eleven in California": (minor(11), CA, ("signer_capacity", "minor")),
    "at eleven, a parent": (minor(11, **PARENT), CA, None),
    "an adult's parent": (minor(18, **PARENT), PLAIN, ("signer_capacity", "adult")),
    "an adult's guardian": (minor(18, **PARENT | {"signer_capacity": "guardian"}), PLAIN, None),
    "of unknown age": (minor(None), PLAIN, None),
    "SUD alone in Missouri": (with_handling(minor(14, **SUD), recipients=SUD_TO_CLINIC), MO, None),
    "SUD and more in Missouri": (minor(14, part2_included=True), MO, ("signer_capacity", "minor")),
    "more of a SUD programme in Missouri": (
        with_handling(minor(14, part2_included=True), regimes=frozenset({"part2_program"})), MO, None),
    "mental health in Missouri": (minor(14), MO, ("signer_capacity", "minor")),
    "a parent for SUD where the minor decides": (minor(14, **PARENT, part2_included=True), CA, ("signer_capacity", "minor_signs_alone")),
    "a parent for SUD below that age": (minor(11, **PARENT, part2_included=True), CA, None),
    "a parent for mental health": (minor(14, **PARENT), CA, None),
}  # fmt: skip
ALL = LENGTH | STATE_LAW | COLLECTION | LANGUAGE | SCOPE | RECIPIENTS | MINORS


@pytest.mark.parametrize(("given", "rules", "expected"), ALL.values(), ids=ALL)
def test_paper_is_judged(given: Paper, rules: Rules, expected: tuple[str, str] | None):
    assert found(given, rules) == ({expected} if expected else set())


def test_each_table_kept_its_cases():
    """Two cases under one name would hide one of them."""
    assert len(ALL) == sum(map(len, (LENGTH, STATE_LAW, COLLECTION, LANGUAGE, SCOPE, RECIPIENTS, MINORS)))


@pytest.mark.parametrize("instrument", INSTRUMENTS)
@pytest.mark.parametrize("field", ["covers_counselling_notes", "covers_proceedings"])
def test_neither_notes_nor_proceedings_ride_along(instrument: str, field: str):
    """L-9, P-15: on no instrument, and already when the form is drafted."""
    assert field in {one for one, _ in found(paper(instrument, **{field: True}), stage=Stage.CONTENT)}


@pytest.mark.parametrize(
    "context", ["clinic", "home_visit", "phone_remote_esign", "facility", "field_after_crisis"]
)
def test_consent_may_be_signed(context: str):
    assert found(paper(collection_context=context)) == set()


def test_rule_of_a_pack_is_named_with_its_law():
    rules = replace(PLAIN, law="10A NCAC 26B .0202")
    (error,) = lacking(paper(expires_at=NOW + 800 * DAY), rules, NOW, Stage.SIGNATURE)
    assert error.detail.endswith("(10A NCAC 26B .0202)")


@pytest.mark.parametrize(
    ("birth", "day", "years"),
    [
        (date(2008, 11, 20), date(2026, 11, 19), 17),
        (date(2008, 11, 20), date(2026, 11, 20), 18),
        (date(2008, 2, 29), date(2026, 2, 28), 17),
        (date(2008, 2, 29), date(2026, 3, 1), 18),
        (date(2026, 11, 20), date(2026, 11, 20), 0),
        (None, date(2026, 11, 20), None),
    ],
    ids=str,
)
def test_age_is_counted_in_full_years(birth: date | None, day: date, years: int | None):
    assert age_on(birth, day) == years
