"""Which role does what and asks why, as a table (domain 4.2, 5.2; P-7). Pure."""

import pytest

from continuity.agencies.roles import (
    DUTIES,
    PURPOSES,
    Duty,
    Purpose,
    Role,
    duties_of,
    purposes_of,
    require,
    roles_asserting,
)
from continuity.errors import NotAllowed

CLINICAL = """look_up search_people record_contact hand_off propose_flag approve_flag manage_team_link record_linkage follow_up
    collect_consent approve_consent break_glass release_emergency"""
TABLE = {
    # role: (duties, purposes)
    "officer": ("look_up record_contact hand_off propose_flag ask_emergency", "le_crisis_response"),
    "dispatcher": ("look_up search_people record_contact hand_off ask_emergency", "le_crisis_response"),
    "embedded_clinician": (CLINICAL, "treatment care_coordination emergency_treatment"),
    "mobile_clinician": (CLINICAL, "treatment care_coordination emergency_treatment"),
    "treatment_clinician": (CLINICAL, "treatment care_coordination emergency_treatment"),
    "peer_navigator": ("look_up follow_up", "care_coordination"),
    "consent_manager": ("look_up collect_consent manage_consent", "compliance_audit"),
    "privacy_officer": (
        "look_up collect_consent manage_consent correct_consent correct_record sign_off_pack review_emergency restrict"
        " match_people account_for read_ledger review_use",
        "compliance_audit patient_request legal_process",
    ),
    "supervisor": ("look_up approve_flag supervise review_emergency", "operations_qi"),
    "auditor": ("read_ledger", "compliance_audit"),
    "program_analyst": ("", "program_reporting"),
    "agency_admin": ("administer_agency", ""),
    "system_client": ("look_up hand_off", "treatment care_coordination system_admin"),
}


@pytest.mark.parametrize("role", Role)
def test_role_has_the_duties_of_the_table_and_no_other(role: Role):
    assert duties_of([role]) == set(TABLE[role][0].split()) == DUTIES[role]


@pytest.mark.parametrize("role", Role)
def test_role_asserts_the_purposes_of_the_table_in_their_order(role: Role):
    assert list(purposes_of([role])) == TABLE[role][1].split()
    assert set(purposes_of([role])) == PURPOSES[role]


@pytest.mark.parametrize("roles", [[], ["janitor"], ["", "OFFICER"]], ids=str)
def test_unknown_role_has_no_duty_and_no_purpose(roles: list[str]):
    assert (duties_of(roles), purposes_of(roles)) == (frozenset(), ())


def test_two_roles_add_up():
    both = ["peer_navigator", "supervisor"]
    assert (
        duties_of(both)
        == duties_of(both[:1]) | duties_of(both[1:])
        == {
            Duty.LOOK_UP,
            Duty.FOLLOW_UP,
            Duty.APPROVE_FLAG,
            Duty.SUPERVISE,
            Duty.REVIEW_EMERGENCY,
        }
    )
    assert purposes_of(both) == (Purpose.CARE_COORDINATION, Purpose.OPERATIONS_QI)


def test_only_the_roles_that_assert_a_purpose_ask_in_it():
    roles = ["consent_manager", "janitor", "embedded_clinician"]
    assert roles_asserting(roles, "treatment") == (Role.EMBEDDED_CLINICIAN,)
    assert roles_asserting(roles, "le_crisis_response") == ()
    assert roles_asserting(roles, "curiosity") == ()


@pytest.mark.parametrize("duty", Duty)
@pytest.mark.parametrize("role", Role)
def test_verb_is_refused_exactly_without_its_duty(role: Role, duty: Duty):
    if duty in TABLE[role][0].split():
        require([role], duty)
    else:
        with pytest.raises(NotAllowed, match=r"^duty_missing$"):
            require([role], duty)


@pytest.mark.parametrize("role", ["officer", "dispatcher", "auditor", "agency_admin"])
def test_police_and_administration_never_manage_consents(role: str):
    """P-9."""
    assert not {duty for duty in duties_of([role]) if "consent" in duty}


@pytest.mark.parametrize("role", Role)
def test_whoever_approves_as_clinician_does_not_verify(role: Role):
    """Four eyes: no single role both confirms as a clinician and puts a consent in force."""
    assert not {Duty.APPROVE_CONSENT, Duty.MANAGE_CONSENT} <= duties_of([role])
