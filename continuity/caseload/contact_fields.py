"""The fields of the contact form in the order of a call: which codes are offered, in what order, what is pre-chosen.

Shape only: what a contact may hold and who may write it is judged by `crisis.services`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from continuity.agencies.models import Membership
from continuity.agencies.roles import Role
from continuity.crisis import vocabulary as v
from continuity.crisis.models import Triage

CLINICIANS = frozenset({Role.EMBEDDED_CLINICIAN, Role.MOBILE_CLINICIAN, Role.TREATMENT_CLINICIAN})
_ANSWERS = ("yes", "no", "asked_unknown", "asked_declined", "not_asked")
_DECIDED = ("yes", "no", "unknown")
# Nine answers have a number key; what is told most often comes first, the rest stands under "more".
_OFTEN: dict[str, tuple[str, ...]] = {
    "reporter_relationship": ("self", "family", "friend", "neighbour_bystander", "provider", "officer"),
    "origin": ("call_911", "call_988", "non_emergency_line", "crisis_line_local", "officer_request"),
    "response_type": ("call_diversion_clinician", "warm_transfer_988", "tele_co_response", "co_response"),
    "call_type": (
        "nonviolent_mh_crisis", "suicide_threat", "welfare_check", "trespass", "verbal_disturbance",
        "intoxicated_person", "unknown",
    ),
    "presenting_issues": (
        "suicidal_ideation", "anxiety_panic", "depression_hopelessness", "agitation", "hallucinations", "delusions",
        "family_conflict", "housing_crisis", "welfare_concern",
    ),
    "safety_observations": (
        "none_observed", "threat_to_self", "threat_to_others", "weapon_firearm", "weapon_edged",
        "weapon_access_reported", "fear_of_uniforms", "flight_risk", "unknown",
    ),
    "disposition_primary": (
        "resolved_by_phone", "safety_plan_completed", "treatment_team_notified", "referred_new_service",
        "warm_transfer_988", "mobile_crisis_handoff", "services_declined", "unable_to_contact", "no_action_needed",
    ),
    "transport_destination": ("none", "home", "crisis_stabilization_unit", "hospital_ed"),
    "dispositions_other": ("safety_plan_completed", "treatment_team_notified", "referred_new_service"),
}  # fmt: skip
_LAW_ENFORCEMENT_ENDS = ("arrested", "cited_released")  # 5.4: law enforcement alone writes them
_MOST_IN_ONE_ROW = 12


@dataclass(frozen=True)
class Coded:
    """One coded question; `many` may have several answers. `own` words read better here than the code's."""

    name: str
    legend: str
    codes: tuple[str, ...]
    many: bool = False
    hint: str = ""


@dataclass(frozen=True)
class Typed:
    """One question answered in words; `kind` is line, text or moment. `most` characters, None: as it comes."""

    name: str
    label: str
    kind: str = "line"
    most: int | None = None
    hint: str = ""


@dataclass(frozen=True)
class Fold:
    """Questions that are seldom asked, or whose usual answer is chosen beforehand; closed while nothing is missing."""

    title: str
    parts: tuple[Coded | Typed, ...]


@dataclass(frozen=True)
class Section:
    key: str
    title: str
    parts: tuple[Coded | Typed | Fold, ...]


def _coded(name: str, legend: str, codes: Sequence[str], *, many: bool = False, hint: str = "") -> Coded:
    often = _OFTEN.get(name, ())
    return Coded(name, legend, (*often, *(code for code in codes if code not in often)), many, hint)


TRIAGE = (
    _coded("weapon_in_hand", "A weapon in hand?", _DECIDED),
    _coded("decision", "Who answers", Triage.Decision.values),
    Typed("triage_reason", "Why not as suggested", most=200),
    Typed("what_changed", "What changed since the first decision", most=200),
)
SUMMARY = Typed(
    "operational_summary",
    "Summary for the next responder",
    "text",
    1000,
    "What helped and what was agreed. Others may read it: no diagnosis, no substance use, nobody else's affairs.",
)
CLINICAL = (
    Typed("narrative", "Clinical narrative", "text", hint="For clinicians. No session content."),
    Typed("sud_text", "Substance use, apart from the rest", "text", hint="Kept under 42 CFR Part 2."),
)
SECTIONS = (
    Section(
        "calling",
        "Who is calling",
        (
            _coded("reporter_relationship", "The caller is", v.ReporterRelationship.values),
            Fold(
                "How the call came",
                (
                    _coded("origin", "It came from", v.Origin.values),
                    _coded("modality", "How it was answered", v.Modality.values),
                    _coded("response_type", "Who responded", v.ResponseType.values, many=True),
                    Typed("occurred_at", "When it began", "moment"),
                    Typed("ended_at", "When it ended", "moment"),
                    Typed("incident_ref", "Incident number", most=40),
                ),
            ),
        ),
    ),
    Section(
        "happens",
        "What happens",
        (
            _coded("call_type", "The call was taken as", v.CallType.values),
            _coded("presenting_issues", "What the person says and shows", v.PresentingIssue.values, many=True),
            Fold(
                "More about the person, if it was said",
                (
                    _coded("is_minor", "Under age", _ANSWERS),
                    Typed("language", "Language", most=35, hint="As a code: en, es"),
                    _coded("interpreter_used", "Interpreter used", _ANSWERS),
                    Typed("location_area", "District", most=60, hint="Never an address."),
                    _coded("housing_status", "Housing", v.HousingStatus.values),
                    _coded("veteran_self_reported", "Says to be a veteran", _ANSWERS),
                    _coded("substance_involved", "Substances involved", _ANSWERS),
                ),
            ),
        ),
    ),
    Section(
        "safety",
        "Safety",
        (
            _coded("risk_level", "Risk now", v.RiskLevel.values),
            _coded("safety_observations", "What was observed", v.SafetyObservation.values, many=True),
            Fold(
                "Screening and injuries",
                (
                    Typed("suicide_screen_tool", "Screening tool", most=40),
                    Typed("suicide_screen_level", "Its level, and nothing else of it", most=20),
                    _coded("injuries", "Injuries", v.Injuries.values),
                    _coded("use_of_force", "Use of force", v.UseOfForce.values),
                ),
            ),
        ),
    ),
    Section(
        "done",
        "What was done",
        (
            _coded("disposition_primary", "How it ended", v.Disposition.values),
            _coded("existing_treatment", "Treatment already", v.ExistingTreatment.values),
            Fold(
                "Police, hold and transport",
                (
                    _coded("le_dispatched", "Police were sent", _DECIDED),
                    _coded("le_cancelled", "Police were called off", _ANSWERS),
                    _coded("diverted_from", "Kept from", v.DivertedFrom.values, many=True),
                    _coded("hold_status", "Hold", v.HoldStatus.values),
                    _coded("hold_authority", "Law of the hold", v.HoldAuthority.values),
                    _coded("transport_mode", "Transport", v.TransportMode.values),
                    _coded("transport_destination", "Taken to", v.TransportDestination.values),
                    _coded("dispositions_other", "It also ended with", v.Disposition.values, many=True),
                ),
            ),
        ),
    ),
    Section(
        "next",
        "What next",
        (
            _coded("referral_offered", "A referral was offered", ("yes", "no", "asked_declined", "not_applicable")),
            _coded("follow_up_required", "Somebody gets back to the person", ("yes", "no")),
            SUMMARY,
            *CLINICAL,
        ),
    ),
)  # fmt: skip

_DIVERTED = {
    "origin": ["call_911"],
    "modality": ["phone"],
    "response_type": ["call_diversion_clinician"],
    "le_dispatched": ["no"],
    "diverted_from": ["law_enforcement_response"],
    "hold_status": ["not_applicable"],
    "follow_up_required": ["yes"],
    "decision": ["clinician"],
}
_IN_THE_FIELD = {
    "modality": ["in_person_field"],
    "hold_status": ["not_applicable"],
    "follow_up_required": ["yes"],
}
# What a contact of this role usually says. It is shown as chosen beforehand, and saved only with the form.
_USUAL: dict[Role, Mapping[str, list[str]]] = {
    Role.EMBEDDED_CLINICIAN: _DIVERTED,
    Role.MOBILE_CLINICIAN: _IN_THE_FIELD | {"response_type": ["mobile_crisis_team"]},
    Role.OFFICER: _IN_THE_FIELD | {"response_type": ["cit_officer"], "le_dispatched": ["yes"], "origin": ["call_911"]},
    Role.DISPATCHER: {"origin": ["call_911"], "modality": ["phone"], "hold_status": ["not_applicable"]},
}  # fmt: skip


def is_clinician(duty: Membership) -> bool:
    return bool(CLINICIANS & set(duty.roles))


def usual(duty: Membership) -> Mapping[str, list[str]]:
    """The answers chosen beforehand for a contact of this member, by field."""
    return next((_USUAL[role] for role in _USUAL if role in duty.roles), {})


def is_offered(name: str, duty: Membership) -> bool:
    """Whether the form asks this member: clinical text is for clinicians, force for law enforcement (5.4)."""
    if name in ("narrative", "sud_text", "suicide_screen_tool", "suicide_screen_level"):
        return is_clinician(duty)
    return name != "use_of_force" or duty.agency.is_law_enforcement


def codes_of(question: Coded, duty: Membership) -> tuple[str, ...]:
    """The codes this member is offered."""
    if question.name == "risk_level" and not is_clinician(duty):
        return ("not_assessed",)
    if duty.agency.is_law_enforcement:
        return question.codes
    return tuple(code for code in question.codes if code not in _LAW_ENFORCEMENT_ENDS)


def often(question: Coded) -> int:
    """How many codes stand in the first row; the rest is under "more"."""
    return len(_OFTEN[question.name]) if len(question.codes) > _MOST_IN_ONE_ROW else len(question.codes)


def questions() -> list[Coded | Typed]:
    """Every question of the form, those of triage last."""
    flat: list[Coded | Typed] = []
    for section in SECTIONS:
        for part in section.parts:
            flat.extend(part.parts if isinstance(part, Fold) else (part,))
    return [*flat, *TRIAGE]


def label_of(name: str) -> str:
    """What the form calls a field."""
    return _LABELS.get(name, "")


_LABELS = {one.name: one.label if isinstance(one, Typed) else one.legend for one in questions()} | {
    "find_last": "Last name",
    "find_first": "First name",
    "find_birth_date": "Date of birth",
}
