"""The choices of the small forms in words; a code that reads well is its own words."""

from collections.abc import Iterable

from django.db.models import TextChoices

_SAID = {
    # care
    "reconnect_existing_team": "back to the existing care team",
    "new_outpatient_mh": "new outpatient mental health care",
    "outpatient_mh": "outpatient mental health",
    "psychiatry_medication": "psychiatry, medication",
    "sud_treatment": "SUD treatment",
    "sud_outpatient": "SUD outpatient",
    "sobering_detox": "sobering or detox",
    "care_navigation_case_mgmt": "care navigation, case management",
    "housing_shelter": "housing or shelter",
    "dv_services": "domestic violence services",
    "youth_school": "youth, school",
    "idd_services": "services for intellectual and developmental disability",
    "full_service_partnership_act": "full service partnership",
    "routine": "routine",
    "urgent": "urgent: within a day",
    "asap": "as soon as possible: within hours",
    "stat": "at once",
    # what to be careful of
    "weapon_firearm": "firearm",
    "weapon_edged": "knife or other edged weapon",
    "weapon_other": "other weapon",
    "weapon_access_reported": "access to a weapon",
    "assault_on_responder": "a responder was assaulted",
    "assault_on_public": "a member of the public was assaulted",
    "barricade": "barricaded",
    "hazardous_environment": "hazard at the place",
    "animals": "animals at the place",
    "flight_risk": "may try to leave",
    # what helps
    "no_lights_sirens": "no lights or sirens",
    "topic_to_use": "talk about",
    "topic_to_avoid": "do not talk about",
    "support_person": "person who helps",
    "preferred_responder_team": "preferred team",
    # calls
    "line_988": "988",
    "ems": "EMS",
    "co_response": "officer with a clinician",
    "mobile_crisis": "mobile crisis team",
    "community_team": "community response team",
    "treatment_team": "the person's treatment team",
    "call_911": "911 call",
    "call_988": "988 call",
    "crisis_line_local": "local crisis line",
    "ems_fire_request": "asked by EMS or fire",
    "officer_request": "asked by an officer",
    "nonviolent_mh_crisis": "mental health crisis, no violence",
    "unknown": "not known",
}


def pairs(choices: type[TextChoices], without: Iterable[str] = ()) -> list[tuple[str, str]]:
    """The values of a closed list with their words, in its order."""
    left_out = set(without)
    return [
        (one.value, _SAID.get(one.value, one.value.replace("_", " ")))
        for one in choices
        if one.value not in left_out
    ]
