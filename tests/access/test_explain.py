"""What would they see: a category is said to open exactly when the gate opens it, and every no has its reason (L-4)."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from continuity.access import explain as module
from continuity.access.case import EVERY_CATEGORY, Asker, ConsentFact, Custodian, EmergencyFact, Facts
from continuity.access.explain import explain
from continuity.access.facts import gather
from continuity.access.policy import decide
from continuity.access.services import asker_of
from continuity.agencies.roles import Purpose, Role
from tests.access.test_policy import (
    CLINICIAN,
    CONSENT,
    COUNTY,
    KEEPER,
    OFFICER,
    OWN,
    PRECINCT,
    PROGRAMME,
    TPO,
    facts,
)
from tests.access.worlds import NOW, World, worlds

PRIVACY = replace(CLINICIAN, roles=("privacy_officer",), purpose="compliance_audit")
OWN_KEEPER = replace(KEEPER, id=OWN)


def lines(asker: Asker, known: Facts, custodian: object = COUNTY) -> dict[str, str]:
    """Category to reason, for what stays closed."""
    return {one.category: one.reason for one in explain(asker, known, NOW, custodian) if not one.opens}  # type: ignore[arg-type]


REASONS = {
    # case: (asker, facts, category, what the reason begins with)
    "off duty": (replace(OFFICER, is_current=False), facts(), "D1", "Nobody is on duty"),
    "no duty": (replace(OFFICER, roles=("auditor",)), facts(), "D1", "This role does not look people up"),
    "another purpose": (replace(OFFICER, purpose="treatment"), facts(), "D1", "This role may not ask for this purpose"),
    "no incident": (replace(OFFICER, incident_ref=""), facts(), "D1", "Responders need an incident number"),
    "restricted": (CLINICIAN, facts(confidentiality="restricted"), "D1", "The person is restricted"),
    "restricted, though their own stay open": (
        PRIVACY, facts(KEEPER, OWN_KEEPER, confidentiality="restricted"), "D1", "The person is restricted"),
    "no record": (CLINICIAN, replace(facts(), custodians=()), "D1", "Your agency has no record"),
    "a record of others": (CLINICIAN, facts(PRECINCT), "D1", "Your agency has no record"),
    "narrative to police": (OFFICER, facts(consents=(CONSENT,)), "D3", "Law enforcement never gets"),
    "SUD to police": (OFFICER, facts(consents=(CONSENT,)), "D4", "Law enforcement never gets"),
    "never in the matrix": (
        replace(OFFICER, roles=("dispatcher",), is_law_enforcement=False), facts(), "D3", "This role never gets it"),
    "own, but for its condition": (replace(PRIVACY, agency_id=COUNTY), facts(), "D3", "This role does not get it under the conditions"),
    "no agreement": (OFFICER, facts(replace(KEEPER, agreed=frozenset())), "D1", "No agreement between"),
    "agreed on less": (OFFICER, facts(replace(KEEPER, agreed=frozenset({"D1"}))), "D2", "The agreement between"),
    "no consent": (OFFICER, facts(), "D1", "No consent in force names this recipient"),
    "no consent of this custodian": (
        OFFICER, facts(consents=(replace(CONSENT, disclosing=frozenset({OWN})),)), "D1", "No consent in force names"),
    "a consent for other uses": (
        OFFICER, facts(consents=(replace(CONSENT, purposes=frozenset({"treatment"})),)), "D1", "The consent is for other"),
    "not ticked": (
        OFFICER, facts(consents=(replace(CONSENT, categories=frozenset({"D1"})),)), "D2", "The consent does not tick it"),
    "existence not ticked": (
        OFFICER, facts(consents=(replace(CONSENT, existence=False),)), "D0", "The consent does not tick it"),
    "a consent that opens nothing": (
        OFFICER, facts(consents=(TPO,)), "D7", "A consent that opens nothing"),
    "a programme's records": (
        CLINICIAN, facts(replace(PROGRAMME, id=COUNTY), consents=(CONSENT,)), "D1", "A Part 2 programme's records"),
    "SUD without its tick": (CLINICIAN, facts(consents=(CONSENT,)), "D4", "SUD records need their own tick"),
    "training over": (
        replace(OFFICER, trained_until=NOW.date() - timedelta(days=1)), facts(), "D1", "The member's privacy training"),
    "banner not read": (replace(OFFICER, has_read_banner=False), facts(), "D1", "The member has not acknowledged"),
    "very restricted": (CLINICIAN, facts(confidentiality="very_restricted"), "D1", "The person is very restricted"),
    "staff": (CLINICIAN, facts(is_shielded=True), "D1", "The person works for that agency"),
    "kept back": (
        OFFICER, facts(replace(KEEPER, kept_back=frozenset({"D1"})), consents=(CONSENT,)), "D1", "Your agency agreed"),
    "a minor": (OFFICER, facts(consents=(CONSENT,), born_by=NOW.date()), "D1", "The person is a minor"),
    "dead": (CLINICIAN, facts(in_treatment=True, is_deceased=True), "D1", "The person is dead"),
    "a merge in doubt": (OFFICER, facts(consents=(CONSENT,), is_doubted=True), "D1", "A merge is to be taken apart"),
    "of unknown identity": (CLINICIAN, facts(consents=(CONSENT,), is_established=False), "D1", "Who the person is was never"),
    "TPO to police": (OFFICER, facts(consents=(TPO,)), "D1", "This role does not get it on a consent"),
}  # fmt: skip


@pytest.mark.parametrize(("asker", "known", "category", "reason"), REASONS.values(), ids=REASONS)
def test_no_has_its_reason(asker: Asker, known: Facts, category: str, reason: str):
    assert lines(asker, known)[category].startswith(reason)


def test_every_reason_of_a_no_is_shown():
    """A sentence that no facts lead to would never be read; one that is not in the table is not tested."""
    shown = {lines(asker, known)[category] for asker, known, category, _ in REASONS.values()}
    written = {*module.ASKER_REFUSED.values(), *module.NARROWED.values()} | set(
        sentences(module._why_not, module._why_no_consent)
    )
    assert shown == written


def sentences(*functions: object) -> list[str]:
    """The texts that a function may return."""
    return [
        text
        for function in functions
        for text in function.__code__.co_consts  # type: ignore[attr-defined]
        if isinstance(text, str) and text.endswith(".") and " " in text
    ]


def test_yes_names_its_basis_and_its_consent():
    opened = {
        one.category: one for one in explain(OFFICER, facts(consents=(CONSENT,)), NOW, COUNTY) if one.opens
    }
    assert set(opened) == {"D0", "D1", "D2", "D5", "D6", "D7"}
    assert {one.consent for one in opened.values()} == {CONSENT.id}
    assert opened["D1"].reason == "the person's consent names it (45 CFR 164.508, 42 CFR 2.31)"
    assert (opened["D5"].form, opened["D1"].form) == ("status", "full")


def assert_agrees(asker: Asker, known: Facts, custodian: object) -> None:
    said = explain(asker, known, NOW, custodian)  # type: ignore[arg-type]
    gate = [one for one in decide(asker, known, NOW).openings if one.custodian == custodian]
    assert {
        (one.category, one.basis, one.form, one.consent, one.part2, one.since) for one in said if one.opens
    } == {(one.category, one.basis, one.form, one.consent, one.part2, one.since) for one in gate}
    assert {one.category for one in said} == set(EVERY_CATEGORY)
    closed = [one for one in said if not one.opens]
    assert {one.category for one in closed} == set(EVERY_CATEGORY) - {one.category for one in gate}
    assert len(closed) == len({one.category for one in closed})
    assert all(one.reason for one in said)


AGENCIES = [uuid4() for _ in range(3)]
some = st.frozensets(st.sampled_from(EVERY_CATEGORY[:7]))
askers = st.builds(
    Asker,
    member_id=st.just(uuid4()),
    membership_id=st.just(uuid4()),
    agency_id=st.sampled_from(AGENCIES),
    roles=st.tuples(st.sampled_from(Role)),
    purpose=st.sampled_from(Purpose),
    is_current=st.sampled_from([True] * 9 + [False]),
    is_law_enforcement=st.booleans(),
    is_provider=st.booleans(),
    is_part2_program=st.booleans(),
    is_clinical_supervisor=st.booleans(),
    is_medical=st.booleans(),
    trained_until=st.sampled_from([date.max] * 9 + [None]),
    has_read_banner=st.sampled_from([True] * 9 + [False]),
    incident_ref=st.sampled_from(["2026-1", "2026-1", ""]),
    reason=st.sampled_from(["", "court request"]),
)
custodians = st.builds(
    Custodian,
    id=st.sampled_from(AGENCIES),
    regimes=st.sampled_from([frozenset({"hipaa_covered"}), frozenset({"cja"})]),
    is_part2_program=st.booleans(),
    agreed=some,
    kept_back=st.sampled_from([frozenset(), frozenset(), frozenset({"D1", "D7"}), frozenset(EVERY_CATEGORY)]),
    is_named=st.booleans(),
    officers_see_minors=st.booleans(),
)
emergencies = st.builds(
    EmergencyFact, id=st.uuids(), categories=some, custodian=st.one_of(st.none(), st.sampled_from(AGENCIES))
)
consents = st.builds(
    ConsentFact,
    id=st.uuids(),
    disclosing=st.frozensets(st.sampled_from(AGENCIES)),
    categories=some,
    purposes=st.frozensets(st.sampled_from(["le_crisis_response", "treatment", "care_coordination"])),
    recipient=st.sampled_from(["agency", "member", "treating_providers"]),
    is_tpo=st.booleans(),
    opens_part2=st.booleans(),
    existence=st.booleans(),
)
known_facts = st.builds(
    Facts,
    confidentiality=st.sampled_from(["normal"] * 4 + ["restricted", "very_restricted"]),
    custodians=st.lists(custodians, max_size=3, unique_by=lambda one: one.id).map(tuple),
    consents=st.lists(consents, max_size=3).map(tuple),
    in_treatment=st.booleans(),
    is_assigned=st.booleans(),
    is_shielded=st.sampled_from([False] * 4 + [True]),
    is_deceased=st.sampled_from([False] * 4 + [True]),
    born_by=st.sampled_from([None, date(1980, 1, 1), NOW.date()]),
    emergencies=st.lists(emergencies, max_size=2).map(tuple),
)


@settings(max_examples=400)
@given(askers, known_facts, st.sampled_from(AGENCIES))
def test_explanation_opens_exactly_what_the_gate_opens(asker: Asker, known: Facts, custodian: object):
    assert_agrees(asker, known, custodian)


class OfWholeCounties(TestCase):
    @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
    @given(drawn=worlds)
    def test_explanation_agrees_with_the_gate_on_what_the_database_says(self, drawn):
        world = World(drawn)
        asker = asker_of(world.asker, purpose=world.purpose, incident_ref="2026-1", reason=drawn["reason"])
        known = gather(asker, world.person.pk, NOW)
        for agency in world.agencies:
            assert_agrees(asker, known, agency.pk)
