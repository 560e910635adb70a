"""Each gate of domain 6.1 as a table of cases on the pure policy: no database."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest

from continuity.access.case import Asker, ConsentFact, Custodian, Facts, Refusal
from continuity.access.matrix import Basis
from continuity.access.policy import decide
from tests.builders import NOW

OWN, COUNTY, POLICE, SUD = uuid4(), uuid4(), uuid4(), uuid4()
ALL = frozenset({"D0", "D1", "D2", "D3", "D4", "D5", "D6"})
CARE = frozenset({"treatment", "care_coordination", "le_crisis_response"})

OFFICER = Asker(
    member_id=uuid4(), membership_id=uuid4(), agency_id=OWN, roles=("officer",), purpose="le_crisis_response",
    is_current=True, is_law_enforcement=True, is_provider=False, is_part2_program=False, incident_ref="2026-1",
    trained_until=date.max, has_read_banner=True,
)  # fmt: skip
CLINICIAN = replace(
    OFFICER, roles=("treatment_clinician",), purpose="treatment", is_law_enforcement=False, is_provider=True
)
KEEPER = Custodian(COUNTY, frozenset({"hipaa_covered", "ca_lps"}), False, ALL)
PROGRAMME = Custodian(SUD, frozenset({"part2_program", "hipaa_covered"}), True, ALL)
PRECINCT = Custodian(POLICE, frozenset({"cja"}), False, ALL)
CONSENT = ConsentFact(
    id=uuid4(), disclosing=frozenset({COUNTY, SUD}), categories=ALL, purposes=CARE, recipient="agency",
    is_tpo=False, opens_part2=False, existence=True,
)  # fmt: skip
TPO = replace(CONSENT, is_tpo=True, opens_part2=True)


def facts(*custodians: Custodian, consents: tuple[ConsentFact, ...] = (), **fields: object) -> Facts:
    return Facts(**{"in_treatment": False, "is_assigned": False, **fields},
                 custodians=custodians or (KEEPER,), consents=consents)  # fmt: skip


def opened(asker: Asker, known: Facts) -> set[str]:
    return {f"{opening.category}/{opening.basis}" for opening in decide(asker, known, NOW).openings}


def categories(asker: Asker, known: Facts) -> str:
    return " ".join(sorted({opening.category for opening in decide(asker, known, NOW).openings}))


@pytest.mark.parametrize(
    ("asker", "known", "refusal"),
    [
        pytest.param(replace(OFFICER, is_current=False), facts(consents=(CONSENT,)), Refusal.NOT_ON_DUTY, id="1 off duty"),
        pytest.param(replace(OFFICER, purpose="treatment"), facts(consents=(CONSENT,)), Refusal.PURPOSE_NOT_ALLOWED, id="2 purpose, P-7"),
        pytest.param(replace(OFFICER, purpose="invented"), facts(), Refusal.PURPOSE_NOT_ALLOWED, id="2 unknown purpose"),
        pytest.param(replace(OFFICER, roles=()), facts(consents=(CONSENT,)), Refusal.DUTY_MISSING, id="1 no role"),
        pytest.param(replace(OFFICER, roles=("wizard",)), facts(consents=(CONSENT,)), Refusal.DUTY_MISSING, id="1 unknown role"),
        pytest.param(replace(OFFICER, incident_ref=""), facts(consents=(CONSENT,)), Refusal.NO_INCIDENT, id="P-4 no incident"),
        pytest.param(replace(OFFICER, roles=("auditor",), purpose="compliance_audit"), facts(), Refusal.DUTY_MISSING, id="1 an auditor looks nobody up"),
        pytest.param(OFFICER, facts(replace(KEEPER, agreed=frozenset()), consents=(CONSENT,)), Refusal.NO_AGREEMENT, id="3 no agreement, S-11"),
        pytest.param(OFFICER, facts(consents=(CONSENT,), confidentiality="restricted"), Refusal.RESTRICTED, id="5 restricted"),
        pytest.param(OFFICER, facts(), Refusal.NO_BASIS, id="6 no consent"),
        pytest.param(OFFICER, facts(consents=(replace(CONSENT, categories=frozenset({"D3"}), existence=False),)), Refusal.NO_BASIS, id="7 only D3 ticked"),
        pytest.param(OFFICER, facts(consents=(replace(CONSENT, categories=frozenset(), existence=False),)), Refusal.NO_BASIS, id="8 empty scope is none"),
        pytest.param(OFFICER, facts(consents=(replace(CONSENT, purposes=frozenset({"treatment"})),)), Refusal.NO_BASIS, id="8 other purpose"),
        pytest.param(OFFICER, facts(consents=(replace(CONSENT, disclosing=frozenset({SUD})),)), Refusal.NO_BASIS, id="8 other discloser"),
        pytest.param(OFFICER, facts(consents=(TPO,)), Refusal.NO_BASIS, id="L-2 a TPO consent does not reach police"),
        pytest.param(OFFICER, facts(consents=(replace(CONSENT, recipient="treating_providers"),), in_treatment=True), Refusal.NO_BASIS, id="L-7 no class reaches police"),
        pytest.param(OFFICER, facts(consents=(replace(CONSENT, recipient="member"),)), Refusal.NO_BASIS, id="L-7 police by name of agency"),
        pytest.param(OFFICER, facts(PROGRAMME, consents=(replace(CONSENT, opens_part2=True),)), Refusal.NO_BASIS, id="floor: Part 2 never reaches police"),
        pytest.param(OFFICER, replace(facts(), custodians=()), Refusal.NO_RECORD, id="nobody has a record"),
        pytest.param(CLINICIAN, facts(), Refusal.NO_BASIS, id="the stranger: no relationship"),
        pytest.param(replace(CLINICIAN, is_provider=False), facts(in_treatment=True), Refusal.NO_BASIS, id="T needs a provider"),
    ],
)  # fmt: skip
def test_the_failing_gate_is_named(asker: Asker, known: Facts, refusal: Refusal):
    decision = decide(asker, known, NOW)
    assert (decision.refusal, decision.openings) == (refusal, ())


@pytest.mark.parametrize(
    ("asker", "known", "expected"),
    [
        pytest.param(OFFICER, facts(consents=(CONSENT,)), "D0 D1 D2 D5 D6 D7", id="officer by consent, never D3 D4"),
        pytest.param(OFFICER, facts(consents=(replace(CONSENT, existence=False),)), "D1 D2 D5 D6 D7", id="existence not ticked"),
        pytest.param(OFFICER, facts(replace(KEEPER, agreed=frozenset({"D1"})), consents=(CONSENT,)), "D1 D7", id="the agreement caps the consent"),
        pytest.param(OFFICER, facts(replace(PRECINCT, id=OWN)), "D0 D1 D2", id="officer's own agency"),
        pytest.param(OFFICER, facts(PRECINCT), "", id="another police agency"),
        pytest.param(CLINICIAN, facts(in_treatment=True), "D0 D1 D2 D3 D5 D6", id="treatment, no D4"),
        pytest.param(CLINICIAN, facts(PROGRAMME, in_treatment=True), "", id="treatment opens no Part 2 programme"),
        pytest.param(CLINICIAN, facts(PRECINCT), "D0 D1 D2", id="A: police share D0 to D2 under agreement"),
        pytest.param(CLINICIAN, facts(consents=(TPO,), in_treatment=True), "D0 D1 D2 D3 D4 D5 D6", id="CT opens D4 to a treating provider"),
        pytest.param(CLINICIAN, facts(PROGRAMME, consents=(TPO,)), "", id="CT needs the relationship"),
        pytest.param(CLINICIAN, facts(consents=(replace(CONSENT, opens_part2=True),)), "D0 D1 D2 D3 D4 D5 D6", id="C with Part 2"),
        pytest.param(CLINICIAN, facts(PROGRAMME, consents=(CONSENT,)), "", id="C without Part 2 elements"),
        pytest.param(replace(CLINICIAN, roles=("peer_navigator",), purpose="care_coordination"), facts(in_treatment=True), "", id="a peer sees assigned people only"),
        pytest.param(replace(CLINICIAN, roles=("peer_navigator",), purpose="care_coordination"), facts(in_treatment=True, is_assigned=True), "D0 D1 D2 D5 D6", id="assigned peer"),
        pytest.param(replace(CLINICIAN, roles=("system_client",)), facts(in_treatment=True), "", id="a system client acts for nobody here"),
        pytest.param(replace(CLINICIAN, roles=("privacy_officer",), purpose="compliance_audit"), facts(replace(KEEPER, id=OWN)), "D0 D1 D2 D5 D6 D7", id="privacy officer, no reason"),
        pytest.param(replace(CLINICIAN, roles=("privacy_officer",), purpose="compliance_audit", reason="complaint 12"), facts(replace(KEEPER, id=OWN), confidentiality="restricted"), "D0 D1 D2 D3 D4 D5 D6 D7", id="privacy officer with a reason, restricted person"),
        pytest.param(replace(CLINICIAN, roles=("supervisor",), purpose="operations_qi"), facts(replace(KEEPER, id=OWN)), "D0 D1 D2 D5 D6 D7", id="supervisor"),
        pytest.param(replace(CLINICIAN, roles=("supervisor",), purpose="operations_qi", is_clinical_supervisor=True), facts(replace(KEEPER, id=OWN)), "D0 D1 D2 D3 D5 D6 D7", id="clinical supervisor"),
        pytest.param(replace(OFFICER, roles=("supervisor",), purpose="operations_qi", is_clinical_supervisor=True), facts(replace(PRECINCT, id=OWN)), "D0 D1 D2 D5 D6 D7", id="an LE supervisor never reads D3"),
    ],
)  # fmt: skip
def test_the_categories_opened_are_the_matrixs(asker: Asker, known: Facts, expected: str):
    assert categories(asker, known) == expected


def test_officers_look_back_one_year_and_no_further():
    decision = decide(OFFICER, facts(consents=(CONSENT,)), NOW)
    assert {opening.since for opening in decision.openings if opening.category == "D2"} == {
        NOW - timedelta(days=365)
    }


def test_a_consent_from_signing_on_narrows_the_look_back():
    signed = NOW - timedelta(days=9)
    decision = decide(OFFICER, facts(consents=(replace(CONSENT, since=signed),)), NOW)
    assert {opening.since for opening in decision.openings} == {signed}


def test_officers_read_no_free_text_of_another_agency():
    decision = decide(OFFICER, facts(replace(PRECINCT, id=OWN), KEEPER, consents=(CONSENT,)), NOW)
    detail = {opening.custodian: opening.detail for opening in decision.openings if opening.category == "D2"}
    assert detail == {OWN: True, COUNTY: False}


def test_status_is_all_an_officer_gets_of_care():
    decision = decide(OFFICER, facts(consents=(CONSENT,)), NOW)
    assert {opening.form for opening in decision.openings if opening.category in ("D5", "D6")} == {"status"}


def test_an_opening_names_the_consent_it_rests_on():
    named: set[UUID | None] = {
        opening.consent for opening in decide(OFFICER, facts(consents=(CONSENT,)), NOW).openings
    }
    assert named == {CONSENT.id}


def test_own_records_need_no_consent_and_name_none():
    assert opened(OFFICER, facts(replace(PRECINCT, id=OWN), consents=(CONSENT,))) == {
        f"{category}/{Basis.OWN}" for category in ("D0", "D1", "D2")
    }
