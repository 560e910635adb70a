"""How a made-up contact goes: where it began, who came, and the way it ended. Pure; one draw at a time."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple, TypeVar

from continuity.intake import story_words as words
from continuity.intake.story_shapes import Contact

Draw = Callable[[], float]
T = TypeVar("T")


def pick(draw: Draw, choices: Sequence[T]) -> T:
    """One of `choices`, each place as likely: several times quicker than `random.choice`."""
    return choices[int(draw() * len(choices))]


class Scene(NamedTuple):
    """One way a contact begins, and the dispositions it may have, more likely ones more often."""

    agency: str
    modality: str
    response_type: tuple[str, ...]
    le_dispatched: str
    origins: tuple[str, ...]
    dispositions: tuple[str, ...]


class Ending(NamedTuple):
    """What goes with a disposition: hold, journey, what it spared, the last sentence, and issues it implies."""

    holds: tuple[str, ...]
    journeys: tuple[tuple[str, str], ...]
    spared: tuple[str, ...]
    sentence: str
    issues: tuple[str, ...] = ()


_PHONE_ENDINGS = (
    *("resolved_by_phone",) * 6, *("safety_plan_completed",) * 5, "warm_transfer_988", "warm_transfer_988",
    *("referred_new_service",) * 2, *("treatment_team_notified",) * 3, *("mobile_crisis_handoff",) * 2,
    "services_declined", "unable_to_contact", "no_action_needed",
)  # fmt: skip
_FIELD_ENDINGS = (
    *("resolved_on_scene",) * 6, *("safety_plan_completed",) * 4, *("referred_new_service",) * 2,
    *("treatment_team_notified",) * 3, *("transported_voluntary",) * 3, "transported_involuntary",
    "transported_medical", "transported_shelter", "transported_sobering", "designated_examiner_referral",
    *("services_declined",) * 2, "gone_on_arrival",
)  # fmt: skip
_POLICE_ENDINGS = (
    *("resolved_on_scene",) * 7, *("transported_voluntary",) * 2, *("transported_involuntary",) * 2,
    "transported_medical", "transported_sobering", "mobile_crisis_handoff", "treatment_team_notified",
    "arrested", "cited_released", *("services_declined",) * 2, *("gone_on_arrival",) * 2, "no_action_needed",
    "cancelled",
)  # fmt: skip
_CALLS = ("call_911", "call_911", "call_911", "non_emergency_line", "call_988", "crisis_line_local")
_STREET = (
    "call_911",
    "call_911",
    "call_911",
    "officer_initiated",
    "ems_fire_request",
    "school",
    "court_or_jail",
)
_TEAM = (
    "call_988",
    "crisis_line_local",
    "officer_request",
    "community_provider",
    "family_direct",
    "call_911",
)
_COUNTY = (
    Scene("county", "phone", ("call_diversion_clinician",), "no", _CALLS, _PHONE_ENDINGS),
    Scene("county", "phone", ("call_diversion_clinician",), "no", _CALLS, _PHONE_ENDINGS),
    Scene("county", "phone", ("call_diversion_clinician", "warm_transfer_988"), "no", _CALLS, _PHONE_ENDINGS),
    Scene("county", "video", ("tele_co_response",), "yes", ("officer_request",), _FIELD_ENDINGS),
    Scene("county", "in_person_field", ("co_response",), "yes", _STREET, _FIELD_ENDINGS),
    Scene("county", "text_chat", ("call_diversion_clinician",), "no", ("call_988",), _PHONE_ENDINGS),
    Scene("county", "phone", ("outreach_follow_up",), "no", ("proactive_outreach",), _PHONE_ENDINGS),
    Scene("county", "in_person_facility", ("outreach_follow_up",), "no", ("walk_in",), _FIELD_ENDINGS),
)
_MOBILE = (
    Scene("mobile", "in_person_field", ("mobile_crisis_team",), "no", _TEAM, _FIELD_ENDINGS),
    Scene("mobile", "in_person_field", ("mobile_crisis_team",), "no", _TEAM, _FIELD_ENDINGS),
    Scene("mobile", "in_person_field", ("community_response_team",), "no", _TEAM, _FIELD_ENDINGS),
    Scene("mobile", "in_person_field", ("mobile_crisis_team", "ems_fire"), "no", _TEAM, _FIELD_ENDINGS),
)
_POLICE = tuple(
    Scene(agency, "in_person_field", response, "yes", _STREET, _POLICE_ENDINGS)
    for agency in ("police", "police", "police", "sheriff")
    for response in (("cit_officer",), ("patrol_non_cit",))
)
CLINICAL_SCENES = _COUNTY * 2
SCENES = (*CLINICAL_SCENES, *_MOBILE * 2, *_POLICE, *_POLICE)

_NO_HOLD, _NO_JOURNEY, _NOTHING_SPARED = ("not_applicable",), (("none", "none"),), ("none",)
_HOLDS = (
    "initiated",
    "accepted_by_facility",
    "accepted_by_facility",
    "not_upheld_released",
    "converted_voluntary",
)
_TO_HOSPITAL = (("ems", "hospital_ed"), ("ems", "psychiatric_emergency"), ("law_enforcement", "hospital_ed"))
_TO_CARE = (
    ("mobile_team", "crisis_stabilization_unit"),
    ("family_friend", "outpatient_clinic"),
    ("rideshare_voucher", "crisis_stabilization_unit"),
    ("mobile_team", "crisis_residential"),
)


_GRAVE = ("suicidal_ideation", "suicidal_ideation", "suicide_attempt", "hallucinations", "homicidal_ideation")
_SUBSTANCE = ("substance_intoxication", "substance_intoxication", "substance_withdrawal")
_QUARRELS = ("agitation", "family_conflict")
_WORRIES = ("welfare_concern",)


def _stays(sentence: str, *spared: str, issues: tuple[str, ...] = ()) -> Ending:
    return Ending(_NO_HOLD, _NO_JOURNEY, spared or _NOTHING_SPARED, sentence, issues)


ENDINGS = {
    "resolved_by_phone": _stays("We ended the call once they felt steadier.", "law_enforcement_response"),
    "resolved_on_scene": _stays("Stayed home with family.", "emergency_department"),
    "safety_plan_completed": _stays(
        "Wrote down three steps for tonight together.", "law_enforcement_response", "emergency_department"
    ),
    "warm_transfer_988": _stays("Handed over to a 988 counsellor on the line.", "law_enforcement_response"),
    "referred_new_service": _stays("Asked us to arrange a first appointment."),
    "treatment_team_notified": _stays("Their own team was told and will call tomorrow.", "emergency_department"),
    "mobile_crisis_handoff": _stays("The mobile team took over and went to see them.", "law_enforcement_response"),
    "designated_examiner_referral": Ending(
        ("evaluated_not_met",), _NO_JOURNEY, ("involuntary_hold",), "Was seen by an examiner the same day.", _GRAVE
    ),
    "transported_voluntary": Ending(_NO_HOLD, _TO_CARE, ("involuntary_hold",), "Went along willingly."),
    "transported_involuntary": Ending(
        _HOLDS, _TO_HOSPITAL, _NOTHING_SPARED, "Was taken to hospital; each step was explained.", _GRAVE
    ),
    "transported_medical": Ending(
        _NO_HOLD, (("ems", "hospital_ed"),), _NOTHING_SPARED, "Paramedics took them to hospital for a check.",
        ("medical_suspected", "overdose", "suicide_attempt", "substance_withdrawal"),
    ),
    "transported_shelter": Ending(
        _NO_HOLD, (("mobile_team", "shelter"),), ("arrest",), "Was driven to a warm bed for the night."
    ),
    "transported_sobering": Ending(
        _NO_HOLD, (("mobile_team", "sobering_detox"),), ("arrest",), "Was driven somewhere quiet to rest.", _SUBSTANCE
    ),
    "arrested": Ending(
        _NO_HOLD, (("law_enforcement", "jail"),), _NOTHING_SPARED, "Was arrested; jail nurses were told.", _QUARRELS
    ),
    "cited_released": _stays("Received a citation and went home with a friend.", "arrest", issues=_QUARRELS),
    "services_declined": _stays("Did not want more today and knows whom to call."),
    "unable_to_contact": _stays("Nobody answered when we called back.", "undetermined", issues=_WORRIES),
    "gone_on_arrival": _stays("Had left before we came.", "undetermined", issues=_WORRIES),
    "no_action_needed": _stays("Nothing more was needed.", issues=("no_crisis_found", "welfare_concern")),
    "cancelled": _stays("The call was withdrawn before anybody arrived.", "undetermined", issues=_WORRIES),
}  # fmt: skip

_ISSUES = (
    *("suicidal_ideation",) * 9, *("anxiety_panic",) * 6, *("agitation",) * 5, *("welfare_concern",) * 7,
    *("depression_hopelessness",) * 5, *("family_conflict",) * 5, *("hallucinations",) * 3, "delusions", "mania",
    "mania", *("substance_intoxication",) * 4, "substance_withdrawal", "overdose", *("trauma_grief",) * 3,
    *("housing_crisis",) * 3, *("basic_needs",) * 2, *("medication_problem",) * 3, "disorientation_confusion",
    "disorganized_behavior", "self_neglect", "cognitive_dementia", "developmental_disability", "suicide_attempt",
    "self_injury_nonsuicidal", "homicidal_ideation", "medical_suspected", "other", "unknown",
)  # fmt: skip
_WITH_SUBSTANCE = frozenset({"substance_intoxication", "substance_withdrawal", "overdose"})
_NOTHING_SEEN = ("none_observed",)
_SEEN = (
    *("threat_to_self",) * 6, *("fear_of_uniforms",) * 4, *("fear_of_touch",) * 3, *("animals",) * 3,
    *("flight_risk",) * 2, "weapon_edged", "weapon_edged", "weapon_firearm", "weapon_other", "weapon_access_reported",
    "threat_to_others", "assault_on_responder", "barricade", "hazardous_environment", "hazardous_environment",
    "medical_device_or_condition", "medical_device_or_condition",
)  # fmt: skip
_TREATMENT = ("not_connected", "not_connected", "connected_inactive", "unknown", "unknown", "declined_to_say")
_ABSENT = frozenset({"unable_to_contact", "gone_on_arrival", "cancelled"})
_REFERRING = frozenset({"referred_new_service", "treatment_team_notified", "transported_voluntary"})
_HEAVY = ("moderate", "moderate", "high", "imminent")
_LIGHT = ("none_identified", "low", "low", "low", "moderate")


def make_contact(draw: Draw, scene: Scene, occurred_at: datetime, *, in_care: bool) -> Contact:
    """One contact of a scene; `in_care` says whether a team already treats the person."""
    disposition = pick(draw, scene.dispositions)
    ending = ENDINGS[disposition]
    absent = disposition in _ABSENT
    issue = pick(draw, ending.issues or _ISSUES)
    clinical = scene.agency in ("county", "mobile") and not absent
    hold = pick(draw, ending.holds)
    mode, destination = pick(draw, ending.journeys)
    return Contact(
        agency=scene.agency,
        occurred_at=occurred_at,
        origin=pick(draw, scene.origins),
        modality=scene.modality,
        response_type=scene.response_type,
        issues=_issues(draw, issue),
        safety_observations=_NOTHING_SEEN if absent or draw() < 0.68 else (pick(draw, _SEEN),),
        risk_level=pick(draw, _HEAVY if issue in _GRAVE else _LIGHT) if clinical else "not_assessed",
        existing_treatment="connected_active" if in_care else pick(draw, _TREATMENT),
        disposition=disposition,
        diverted_from=_spared(ending.spared, scene.le_dispatched),
        hold_status=hold,
        hold_authority="" if hold in ("not_applicable", "evaluated_not_met") else "ca_5150",
        transport_mode=mode,
        transport_destination=destination,
        le_dispatched=scene.le_dispatched,
        referral_offered="yes" if disposition in _REFERRING or (clinical and draw() < 0.4) else "no",
        follow_up_required="yes" if clinical and draw() < 0.5 else "no",
        summary=_summary(draw, issue, ending.sentence, absent=absent),
        narrative=_narrative(draw) if clinical and draw() < 0.6 else None,
        sud_text=pick(draw, words.SUD_TEXTS)
        if clinical and issue in _WITH_SUBSTANCE and draw() < 0.7
        else None,
    )


def _issues(draw: Draw, first: str) -> tuple[str, ...]:
    if draw() < 0.72 or first in ("no_crisis_found", "unknown", "welfare_concern"):
        return (first,)
    second = pick(draw, _ISSUES)
    return (first,) if second in (first, "unknown") else (first, second)


def _spared(spared: tuple[str, ...], le_dispatched: str) -> tuple[str, ...]:
    """Nobody was spared police who came."""
    if le_dispatched == "no" or "law_enforcement_response" not in spared:
        return spared
    return tuple(one for one in spared if one != "law_enforcement_response") or _NOTHING_SPARED


def _summary(draw: Draw, issue: str, ending: str, *, absent: bool) -> str:
    if absent:
        return f"{pick(draw, words.OPENINGS[issue])} {ending}"
    return f"{pick(draw, words.OPENINGS[issue])} {pick(draw, words.HELPED)} {ending}"


def _narrative(draw: Draw) -> str:
    return pick(draw, words.NARRATIVES).format(minutes=10 + int(draw() * 50))
