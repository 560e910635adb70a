"""Codes of the contact form in the words that fit the question they answer."""

from django import template

from continuity.caseload.contact_fields import label_of

register = template.Library()

# Words that read better under one question than anywhere else.
_AT: dict[tuple[str, str], str] = {
    ("reporter_relationship", "self"): "The person",
    ("reporter_relationship", "neighbour_bystander"): "Neighbour or bystander",
    ("modality", "phone"): "By phone",
    ("modality", "video"): "By video",
    ("modality", "text_chat"): "By text",
    ("decision", "both"): "Both, together",
    ("le_dispatched", "yes"): "Police sent",
    ("le_dispatched", "no"): "No police sent",
    ("follow_up_required", "yes"): "Yes, somebody will",
    ("follow_up_required", "no"): "No",
    ("hold_status", "not_applicable"): "No hold",
    ("diverted_from", "none"): "Nothing",
    ("transport_mode", "self"): "The person's own way",
    ("injuries", "person"): "The person",
    ("injuries", "responder"): "A responder",
    ("origin", "proactive_outreach"): "Outreach",
}
_WORDS = {
    "": "Not known",
    "unknown": "Not known",
    "asked_unknown": "Asked, not known",
    "asked_declined": "Asked, not told",
    "not_asked": "Not asked",
    "call_911": "911 call",
    "call_988": "988 call",
    "crisis_line_local": "Local crisis line",
    "ems_fire_request": "EMS or fire",
    "ems_fire": "EMS or fire",
    "ems": "EMS",
    "nonviolent_mh_crisis": "Crisis without violence",
    "call_diversion_clinician": "Clinician on the call",
    "warm_transfer_988": "Warm transfer to 988",
    "tele_co_response": "Officer with a clinician by video",
    "co_response": "Officer with a clinician",
    "cit_officer": "CIT officer",
    "patrol_non_cit": "Patrol",
    "outreach_follow_up": "Outreach",
    "in_person_field": "In the field",
    "in_person_facility": "At a facility",
    "self_injury_nonsuicidal": "Self-injury",
    "depression_hopelessness": "Depression, hopelessness",
    "anxiety_panic": "Anxiety, panic",
    "disorientation_confusion": "Disorientation, confusion",
    "trauma_grief": "Trauma, grief",
    "cognitive_dementia": "Cognitive change, dementia",
    "medical_suspected": "Medical cause suspected",
    "basic_needs": "Food, clothes, money",
    "weapon_firearm": "Firearm",
    "weapon_edged": "Knife or other edged weapon",
    "weapon_other": "Other weapon",
    "weapon_access_reported": "Access to a weapon",
    "assault_on_responder": "Responder assaulted",
    "assault_on_public": "Member of the public assaulted",
    "barricade": "Barricaded",
    "hazardous_environment": "Hazard at the place",
    "animals": "Animals at the place",
    "flight_risk": "May try to leave",
    "none_observed": "Nothing observed",
    "mobile_crisis_handoff": "Handed to mobile crisis",
    "treatment_team_notified": "Care team told",
    "transported_voluntary": "Taken to care, voluntarily",
    "transported_involuntary": "Taken to care on a hold",
    "transported_medical": "Taken to medical care",
    "transported_shelter": "Taken to a shelter",
    "transported_sobering": "Taken to sobering care",
    "cited_released": "Cited and released",
    "gone_on_arrival": "Gone when the team arrived",
    "evaluated_not_met": "Evaluated, not held",
    "not_upheld_released": "Not upheld, released",
    "connected_active": "In care now",
    "connected_inactive": "Was in care before",
    "not_connected": "Not in care",
    "law_enforcement_response": "A police response",
    "emergency_department": "An emergency department",
    "involuntary_hold": "An involuntary hold",
    "arrest": "An arrest",
    "ca_5150": "California 5150",
    "ca_5585_50": "California 5585.50",
    "nc_122c_ivc": "North Carolina IVC",
    "nc_122c_emergency": "North Carolina emergency IVC",
    "mo_632_305": "Missouri 632.305",
    "line_988": "988",
    "treatment_team": "The care team",
    "mobile_crisis": "Mobile crisis",
    "community_team": "Community team",
    "pending": "Not answered yet",
    "reactivated_911": "Back at 911",
}


@register.simple_tag
def words_of(question: str, code: str) -> str:
    """The words of a code as an answer to this question."""
    return _AT.get((question, code)) or _WORDS.get(code) or code.replace("_", " ").capitalize()


@register.simple_tag
def question_words(name: str) -> str:
    """What the form calls a field."""
    return label_of(name) or name.replace("_", " ").capitalize()
