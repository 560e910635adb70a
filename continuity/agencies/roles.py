"""Which role has which duty and may assert which purpose (domain 4.2, 5.2). Pure: no ORM, no clock."""

from collections.abc import Iterable
from enum import StrEnum

from continuity.errors import NotAllowed


class Role(StrEnum):
    """The job a member does in an agency; one membership may hold several."""

    OFFICER = "officer"
    DISPATCHER = "dispatcher"
    EMBEDDED_CLINICIAN = "embedded_clinician"
    MOBILE_CLINICIAN = "mobile_clinician"
    TREATMENT_CLINICIAN = "treatment_clinician"
    PEER_NAVIGATOR = "peer_navigator"
    CONSENT_MANAGER = "consent_manager"
    PRIVACY_OFFICER = "privacy_officer"
    SUPERVISOR = "supervisor"
    AUDITOR = "auditor"
    PROGRAM_ANALYST = "program_analyst"
    AGENCY_ADMIN = "agency_admin"
    SYSTEM_CLIENT = "system_client"


class Purpose(StrEnum):
    """Why somebody asks; the codes behind them are FHIR's PurposeOfUse and our own LERESP (domain 4.2)."""

    TREATMENT = "treatment"
    CARE_COORDINATION = "care_coordination"
    EMERGENCY_TREATMENT = "emergency_treatment"
    LE_CRISIS_RESPONSE = "le_crisis_response"
    THREAT_TO_SAFETY = "threat_to_safety"
    OPERATIONS_QI = "operations_qi"
    PROGRAM_REPORTING = "program_reporting"
    COMPLIANCE_AUDIT = "compliance_audit"
    PATIENT_REQUEST = "patient_request"
    LEGAL_PROCESS = "legal_process"
    SYSTEM_ADMIN = "system_admin"


class Duty(StrEnum):
    """A kind of work that a verb asks for in its first line."""

    LOOK_UP = "look_up"
    SEARCH_PEOPLE = "search_people"
    RECORD_CONTACT = "record_contact"
    HAND_OFF = "hand_off"
    CORRECT_RECORD = "correct_record"
    PROPOSE_FLAG = "propose_flag"
    APPROVE_FLAG = "approve_flag"
    MANAGE_TEAM_LINK = "manage_team_link"
    RECORD_LINKAGE = "record_linkage"
    FOLLOW_UP = "follow_up"
    SUPERVISE = "supervise"
    COLLECT_CONSENT = "collect_consent"
    APPROVE_CONSENT = "approve_consent"
    MANAGE_CONSENT = "manage_consent"
    CORRECT_CONSENT = "correct_consent"
    SIGN_OFF_PACK = "sign_off_pack"
    ASK_EMERGENCY = "ask_emergency"
    BREAK_GLASS = "break_glass"
    RELEASE_EMERGENCY = "release_emergency"
    REVIEW_EMERGENCY = "review_emergency"
    RESTRICT = "restrict"
    MATCH_PEOPLE = "match_people"
    ACCOUNT_FOR = "account_for"
    READ_LEDGER = "read_ledger"
    REVIEW_USE = "review_use"
    ADMINISTER_AGENCY = "administer_agency"


_CLINICAL_DUTIES = frozenset(
    {
        Duty.LOOK_UP,
        Duty.SEARCH_PEOPLE,
        Duty.RECORD_CONTACT,
        Duty.HAND_OFF,
        Duty.PROPOSE_FLAG,
        Duty.APPROVE_FLAG,
        Duty.MANAGE_TEAM_LINK,
        Duty.RECORD_LINKAGE,
        Duty.FOLLOW_UP,
        Duty.COLLECT_CONSENT,
        Duty.APPROVE_CONSENT,
        Duty.BREAK_GLASS,
        Duty.RELEASE_EMERGENCY,
    }
)
_CONSENT_DUTIES = frozenset({Duty.LOOK_UP, Duty.COLLECT_CONSENT, Duty.MANAGE_CONSENT})
_PRIVACY_DUTIES = frozenset(
    {
        Duty.CORRECT_CONSENT,
        Duty.CORRECT_RECORD,
        Duty.SIGN_OFF_PACK,
        Duty.REVIEW_EMERGENCY,
        Duty.RESTRICT,
        Duty.MATCH_PEOPLE,
        Duty.ACCOUNT_FOR,
        Duty.READ_LEDGER,
        Duty.REVIEW_USE,
    }
)
_CARE = frozenset({Purpose.TREATMENT, Purpose.CARE_COORDINATION})
_CLINICAL_PURPOSES = _CARE | {Purpose.EMERGENCY_TREATMENT}
_RESPONSE = frozenset({Purpose.LE_CRISIS_RESPONSE})

DUTIES: dict[Role, frozenset[Duty]] = {
    Role.OFFICER: frozenset(
        {Duty.LOOK_UP, Duty.RECORD_CONTACT, Duty.HAND_OFF, Duty.PROPOSE_FLAG, Duty.ASK_EMERGENCY}
    ),
    Role.DISPATCHER: frozenset(
        {Duty.LOOK_UP, Duty.SEARCH_PEOPLE, Duty.RECORD_CONTACT, Duty.HAND_OFF, Duty.ASK_EMERGENCY}
    ),
    Role.EMBEDDED_CLINICIAN: _CLINICAL_DUTIES,
    Role.MOBILE_CLINICIAN: _CLINICAL_DUTIES,
    Role.TREATMENT_CLINICIAN: _CLINICAL_DUTIES,
    Role.PEER_NAVIGATOR: frozenset({Duty.LOOK_UP, Duty.FOLLOW_UP}),
    Role.CONSENT_MANAGER: _CONSENT_DUTIES,
    Role.PRIVACY_OFFICER: _CONSENT_DUTIES | _PRIVACY_DUTIES,
    Role.SUPERVISOR: frozenset({Duty.LOOK_UP, Duty.APPROVE_FLAG, Duty.SUPERVISE, Duty.REVIEW_EMERGENCY}),
    Role.AUDITOR: frozenset({Duty.READ_LEDGER}),
    Role.PROGRAM_ANALYST: frozenset(),
    Role.AGENCY_ADMIN: frozenset({Duty.ADMINISTER_AGENCY}),
    Role.SYSTEM_CLIENT: frozenset({Duty.LOOK_UP, Duty.HAND_OFF}),
}

PURPOSES: dict[Role, frozenset[Purpose]] = {
    # Police have one purpose and no other (P-7: no charging, licensing, immigration or employment use).
    Role.OFFICER: _RESPONSE,
    Role.DISPATCHER: _RESPONSE,
    Role.EMBEDDED_CLINICIAN: _CLINICAL_PURPOSES,
    Role.MOBILE_CLINICIAN: _CLINICAL_PURPOSES,
    Role.TREATMENT_CLINICIAN: _CLINICAL_PURPOSES,
    Role.PEER_NAVIGATOR: frozenset({Purpose.CARE_COORDINATION}),
    Role.CONSENT_MANAGER: frozenset({Purpose.COMPLIANCE_AUDIT}),
    Role.PRIVACY_OFFICER: frozenset(
        {Purpose.COMPLIANCE_AUDIT, Purpose.PATIENT_REQUEST, Purpose.LEGAL_PROCESS}
    ),
    Role.SUPERVISOR: frozenset({Purpose.OPERATIONS_QI}),
    Role.AUDITOR: frozenset({Purpose.COMPLIANCE_AUDIT}),
    Role.PROGRAM_ANALYST: frozenset({Purpose.PROGRAM_REPORTING}),
    Role.AGENCY_ADMIN: frozenset(),
    Role.SYSTEM_CLIENT: frozenset({Purpose.SYSTEM_ADMIN}) | _CARE,
}


def duties_of(roles: Iterable[str]) -> frozenset[Duty]:
    """All duties of these roles; an unknown role has none."""
    return frozenset(duty for role in roles if role in DUTIES for duty in DUTIES[Role(role)])


def purposes_of(roles: Iterable[str]) -> tuple[Purpose, ...]:
    """The purposes these roles may assert, in the order of `Purpose`; an unknown role has none."""
    allowed = {purpose for role in roles if role in PURPOSES for purpose in PURPOSES[Role(role)]}
    return tuple(purpose for purpose in Purpose if purpose in allowed)


def roles_asserting(roles: Iterable[str], purpose: str) -> tuple[Role, ...]:
    """Those of `roles` that may ask for `purpose`."""
    return tuple(Role(role) for role in roles if role in PURPOSES and purpose in PURPOSES[Role(role)])


def require(roles: Iterable[str], duty: Duty) -> None:
    """Refuse a verb to roles without its duty. Raises NotAllowed `duty_missing`."""
    if duty not in duties_of(roles):
        raise NotAllowed("duty_missing", "Your role does not include this work.")
