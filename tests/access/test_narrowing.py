"""What narrows, whatever opens: each gate with its own reason in the ledger, and deny wins (domain 6.1, 6.4)."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import uuid4

import pytest

from continuity.access.case import Asker, Custodian, EmergencyFact, Facts, Refusal
from continuity.access.policy import decide
from tests.access.test_policy import (
    ALL,
    CLINICIAN,
    CONSENT,
    COUNTY,
    KEEPER,
    OFFICER,
    OWN,
    PRECINCT,
    PROGRAMME,
    categories,
    facts,
)
from tests.builders import NOW

TODAY = NOW.date()
OWN_KEEPER = replace(KEEPER, id=OWN)
NAMING = replace(KEEPER, is_named=True)
PRIVACY = replace(CLINICIAN, roles=("privacy_officer",), purpose="compliance_audit", reason="complaint 12")
RESPONDING = replace(CLINICIAN, roles=("embedded_clinician",), purpose="emergency_treatment")
MEDIC = replace(RESPONDING, is_medical=True)
CARING = replace(CLINICIAN, roles=("embedded_clinician",))
OVERRIDE = EmergencyFact(uuid4(), ALL - {"D4"}, None)
MEDICAL = EmergencyFact(uuid4(), ALL, None)
RELEASE = EmergencyFact(uuid4(), frozenset({"D1"}), COUNTY)
WITH_STATUS = replace(RELEASE, categories=frozenset({"D1", "D2"}))


def consented(*custodians: Custodian, **fields: object) -> Facts:
    return facts(*custodians, consents=(CONSENT,), **fields)


@pytest.mark.parametrize(
    ("asker", "known", "refusal"),
    [
        pytest.param(replace(OFFICER, trained_until=None), consented(), Refusal.TRAINING_EXPIRED, id="1 no training on record, 5.2"),
        pytest.param(replace(OFFICER, trained_until=TODAY - timedelta(days=1)), consented(), Refusal.TRAINING_EXPIRED, id="1 training over since today"),
        pytest.param(replace(OFFICER, has_read_banner=False), consented(), Refusal.BANNER_NOT_ACKNOWLEDGED, id="1 banner, S-5"),
        pytest.param(OFFICER, consented(confidentiality="restricted"), Refusal.RESTRICTED, id="5 restricted, consented or not"),
        pytest.param(CLINICIAN, facts(OWN_KEEPER, confidentiality="restricted"), Refusal.RESTRICTED, id="5 restricted, to the own agency, too"),
        pytest.param(OFFICER, consented(NAMING, confidentiality="very_restricted"), Refusal.VERY_RESTRICTED, id="5 very restricted: no other agency's named staff"),
        pytest.param(replace(PRIVACY, agency_id=uuid4()), consented(confidentiality="restricted"), Refusal.RESTRICTED, id="5 another agency's privacy officer"),
        pytest.param(OFFICER, consented(is_shielded=True), Refusal.OWN_AGENCY_SHIELD, id="5 a colleague, P-28"),
        pytest.param(OFFICER, facts(replace(PRECINCT, id=OWN), is_shielded=True), Refusal.OWN_AGENCY_SHIELD, id="5 a colleague's own-agency record, P-28"),
        pytest.param(OFFICER, consented(replace(KEEPER, kept_back=ALL | {"D7"})), Refusal.RESTRICTION_AGREED, id="5 agreed with the person, 164.522"),
        pytest.param(CLINICIAN, facts(replace(KEEPER, kept_back=ALL), in_treatment=True), Refusal.RESTRICTION_AGREED, id="P-16 kept back from a treating provider"),
        pytest.param(OFFICER, consented(born_by=TODAY), Refusal.MINOR, id="9 a minor to police"),
        pytest.param(replace(OFFICER, roles=("dispatcher",), is_law_enforcement=False), consented(born_by=TODAY), Refusal.MINOR, id="9 a minor to dispatch"),
        pytest.param(CLINICIAN, facts(in_treatment=True, is_deceased=True), Refusal.DECEASED, id="nobody treats the dead, L-29"),
        pytest.param(RESPONDING, facts(emergencies=(OVERRIDE,), is_deceased=True), Refusal.DECEASED, id="no emergency for the dead"),
        pytest.param(OFFICER, facts(emergencies=(RELEASE,), is_deceased=True), Refusal.DECEASED, id="no release for the dead"),
        pytest.param(RESPONDING, facts(emergencies=(OVERRIDE,), confidentiality="restricted"), Refusal.RESTRICTED, id="5 deny wins over an emergency"),
        pytest.param(OFFICER, facts(replace(KEEPER, kept_back=frozenset({"D0", "D1"})), emergencies=(RELEASE,)), Refusal.RESTRICTION_AGREED, id="5 deny wins over a release"),
        pytest.param(RESPONDING, facts(replace(KEEPER, agreed=frozenset()), emergencies=(OVERRIDE,)), Refusal.NO_AGREEMENT, id="3 no emergency without an agreement, S-11"),
        pytest.param(replace(RESPONDING, purpose="treatment"), facts(emergencies=(OVERRIDE,)), Refusal.NO_BASIS, id="an override is for its purpose"),
        pytest.param(replace(OFFICER, agency_id=uuid4()), facts(PRECINCT, emergencies=(RELEASE,)), Refusal.NO_BASIS, id="L-5 a release opens the releaser's records alone"),
        pytest.param(RESPONDING, facts(emergencies=(RELEASE,)), Refusal.NO_BASIS, id="a release is for responders"),
        pytest.param(OFFICER, facts(emergencies=(OVERRIDE,)), Refusal.NO_BASIS, id="L-5 no override for police"),
        pytest.param(RESPONDING, facts(PROGRAMME, emergencies=(OVERRIDE,)), Refusal.NO_BASIS, id="L-13 no programme without a medical emergency"),
        pytest.param(RESPONDING, facts(PROGRAMME, emergencies=(MEDICAL,)), Refusal.NO_BASIS, id="L-13 to medical personnel only"),
        pytest.param(OFFICER, facts(PROGRAMME, emergencies=(replace(RELEASE, custodian=PROGRAMME.id),)), Refusal.NO_BASIS, id="L-3 no release of Part 2 to police"),
    ],
)  # fmt: skip
def test_the_narrowing_gate_is_named(asker: Asker, known: Facts, refusal: Refusal):
    decision = decide(asker, known, NOW)
    assert (decision.refusal, decision.openings) == (refusal, ())


EIGHTEEN = date(TODAY.year - 18, TODAY.month, TODAY.day)


@pytest.mark.parametrize(
    ("asker", "known", "expected"),
    [
        pytest.param(replace(OFFICER, trained_until=TODAY), consented(), "D0 D1 D2 D5 D6 D7", id="on the last day of the training"),
        pytest.param(OFFICER, consented(NAMING, confidentiality="restricted"), "D0 D1 D2 D5 D6 D7", id="named staff need their basis, and have it"),
        pytest.param(CLINICIAN, facts(NAMING, confidentiality="restricted"), "", id="being named is no basis"),
        pytest.param(CLINICIAN, facts(replace(OWN_KEEPER, is_named=True), confidentiality="very_restricted"), "D0 D1 D2 D3 D4 D5 D6 D7", id="own named staff of the very restricted"),
        pytest.param(PRIVACY, facts(OWN_KEEPER, is_shielded=True), "D0 D1 D2 D3 D4 D5 D6 D7", id="the own privacy officer goes on"),
        pytest.param(OFFICER, consented(replace(KEEPER, kept_back=frozenset({"D2", "D5"}))), "D0 D1 D6 D7", id="kept back in part"),
        pytest.param(OFFICER, consented(replace(NAMING, kept_back=ALL)), "D0 D1 D2 D5 D6 D7", id="kept back, but for the named"),
        pytest.param(CLINICIAN, facts(replace(OWN_KEEPER, kept_back=ALL)), "D0 D1 D2 D3 D4 D5 D6 D7", id="the own agency keeps its records"),
        pytest.param(OFFICER, consented(replace(KEEPER, officers_see_minors=True), born_by=TODAY), "D0 D1 D2 D5 D6 D7", id="a minor, by the pack"),
        pytest.param(CLINICIAN, facts(in_treatment=True, born_by=TODAY), "D0 D1 D2 D3 D5 D6", id="a minor's care goes on"),
        pytest.param(OFFICER, facts(replace(PRECINCT, id=OWN), born_by=TODAY), "D0 D1 D2", id="a minor in the own records"),
        pytest.param(OFFICER, consented(born_by=EIGHTEEN), "D0 D1 D2 D5 D6 D7", id="eighteen today"),
        pytest.param(OFFICER, consented(born_by=EIGHTEEN + timedelta(days=1)), "", id="eighteen tomorrow"),
        pytest.param(OFFICER, consented(replace(KEEPER, adult_from=19), born_by=EIGHTEEN), "", id="an adult from nineteen, by the pack"),
        pytest.param(OFFICER, consented(is_deceased=True), "D0 D1 D2 D5 D6 D7", id="a consent outlives, and so does the law"),
        pytest.param(RESPONDING, facts(emergencies=(OVERRIDE,)), "D0 D1 D2 D3 D5 D6", id="EM: no SUD"),
        pytest.param(MEDIC, facts(emergencies=(OVERRIDE,)), "D0 D1 D2 D3 D5 D6", id="EM: no SUD but in a medical emergency"),
        pytest.param(MEDIC, facts(emergencies=(MEDICAL,)), "D0 D1 D2 D3 D4 D5 D6", id="EM: SUD to medical personnel, L-13"),
        pytest.param(MEDIC, facts(PROGRAMME, emergencies=(MEDICAL,)), "D0 D1 D2 D3 D4 D5 D6", id="EM: a programme's records, L-13"),
        pytest.param(RESPONDING, facts(emergencies=(MEDICAL,)), "D0 D1 D2 D3 D5 D6", id="EM: SUD to nobody else"),
        pytest.param(replace(RESPONDING, roles=("treatment_clinician",)), facts(emergencies=(OVERRIDE,)), "D0 D1 D2 D3", id="EM: a treating clinician, by the matrix"),
        pytest.param(OFFICER, facts(emergencies=(RELEASE,)), "D0 D1", id="ER: safety data"),
        pytest.param(OFFICER, facts(emergencies=(WITH_STATUS,)), "D0 D1 D2", id="ER: with the status lines"),
        pytest.param(OFFICER, facts(emergencies=(replace(RELEASE, categories=ALL),)), "D0 D1 D2", id="ER: never narrative or SUD, whatever was released"),
        pytest.param(OFFICER, facts(emergencies=(RELEASE,), born_by=TODAY), "D0 D1", id="ER: an emergency knows no age"),
        pytest.param(OFFICER, facts(replace(KEEPER, agreed=frozenset({"D2"})), emergencies=(WITH_STATUS,)), "D2", id="ER: the agreement caps it"),
    ],
)  # fmt: skip
def test_what_is_left_open(asker: Asker, known: Facts, expected: str):
    assert categories(asker, known) == expected


def test_released_contacts_are_status_lines_and_name_the_emergency():
    (line,) = [
        one
        for one in decide(OFFICER, facts(emergencies=(WITH_STATUS,)), NOW).openings
        if one.category == "D2"
    ]
    assert (line.detail, line.emergency, line.part2) == (False, WITH_STATUS.id, False)


def test_only_a_restricted_persons_reading_is_told_to_the_privacy_office():
    assert not decide(OFFICER, consented(), NOW).is_guarded
    assert decide(OFFICER, consented(NAMING, confidentiality="restricted"), NOW).is_guarded
