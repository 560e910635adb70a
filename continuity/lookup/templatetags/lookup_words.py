"""Codes, ages and grounds of a record in words that a person reads in a hurry."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django import template
from django.conf.locale import LANG_INFO
from django.utils import timezone

from continuity.disclosures.record import CATEGORY_NAMES, Ground
from continuity.people import birth_dates

register = template.Library()

# Only codes whose own words read badly; every other code is its words with spaces.
_WORDS = {
    "": "not known",
    "unknown": "not known",
    "asked_unknown": "asked, not known",
    "asked_declined": "asked, not told",
    # responses and contacts
    "in_person_field": "in the field",
    "in_person_facility": "at a facility",
    "phone": "by phone",
    "video": "by video",
    "text_chat": "by text",
    "call_diversion_clinician": "clinician on the call",
    "warm_transfer_988": "warm transfer to 988",
    "tele_co_response": "officer with a clinician by video",
    "co_response": "officer with a clinician",
    "cit_officer": "CIT officer",
    "patrol_non_cit": "patrol",
    "ems_fire": "EMS or fire",
    "outreach_follow_up": "outreach",
    "transported_voluntary": "taken to care, voluntarily",
    "transported_involuntary": "taken to care on a hold",
    "transported_medical": "taken to medical care",
    "transported_shelter": "taken to a shelter",
    "transported_sobering": "taken to sobering care",
    "cited_released": "cited and released",
    "gone_on_arrival": "gone when the team arrived",
    "evaluated_not_met": "evaluated, not held",
    "not_upheld_released": "not upheld, released",
    "connected_active": "in care",
    "connected_inactive": "was in care before",
    "not_connected": "not connected",
    "self_injury_nonsuicidal": "self-injury",
    "depression_hopelessness": "depression, hopelessness",
    "anxiety_panic": "anxiety, panic",
    "disorientation_confusion": "disorientation, confusion",
    "trauma_grief": "trauma, grief",
    "cognitive_dementia": "cognitive change, dementia",
    "medical_suspected": "medical cause suspected",
    # what to be careful of, said as observations
    "weapon_firearm": "firearm",
    "weapon_edged": "knife or other edged weapon",
    "weapon_other": "other weapon",
    "weapon_access_reported": "access to a weapon",
    "assault_on_responder": "a responder was assaulted",
    "assault_on_public": "a member of the public was assaulted",
    "barricade": "barricaded before",
    "hazardous_environment": "hazard at the place",
    "animals": "animals at the place",
    "flight_risk": "may try to leave",
    "none_observed": "nothing observed",
    # what helps
    "no_lights_sirens": "no lights or sirens",
    "topic_to_use": "talk about",
    "topic_to_avoid": "do not talk about",
    "support_person": "person who helps",
    "preferred_responder_team": "preferred team",
    # care
    "outpatient_mh": "outpatient mental health",
    "sud_outpatient": "SUD outpatient",
    "sud_treatment": "SUD treatment",
    "sobering_detox": "sobering or detox",
    "new_outpatient_mh": "new outpatient mental health care",
    "reconnect_existing_team": "back to the existing care team",
    "psychiatry_medication": "psychiatry, medication",
    "care_navigation_case_mgmt": "care navigation",
    "dv_services": "domestic violence services",
    "idd_services": "services for intellectual and developmental disability",
    "full_service_partnership_act": "full service partnership",
    "waitlisted": "on a waiting list",
    "engaged": "first visit attended",
    "hipaa_authorization": "HIPAA authorization",
    "part2_consent": "42 CFR Part 2 consent",
    "part2_tpo": "42 CFR Part 2 consent for care",
    "combined_hipaa_part2": "combined HIPAA and Part 2 consent",
    "le_crisis_response": "crisis response",
    "operations_qi": "quality of our own work",
    "patient_request": "request of the person",
}
_SOURCES = {"family": "family", "self": "the person", "ems": "EMS"}
_BASES = {
    "O": "your agency's own record",
    "C": "the person's written consent",
    "CT": "the person's consent for treatment and care",
    "T": "your agency treats the person",
    "A": "agreement between the agencies",
    "EM": "a clinician's emergency access",
    "ER": "released by a clinician in an emergency",
    "PR": "released by the privacy office",
}
_LAST_HOURS, _LAST_DAYS, _LAST_MONTHS = 24, 60, 24


@register.filter
def words(code: str) -> str:
    """The words of a code."""
    return _WORDS.get(code, code.replace("_", " "))


@register.filter
def word_list(codes: Sequence[str]) -> str:
    """The words of several codes, with commas."""
    return ", ".join(words(code) for code in codes) or "not known"


@register.filter
def by_whom(role: str) -> str:
    """Who says so: "by an embedded clinician"."""
    source = _SOURCES.get(role) or f"{'an' if role[:1] in tuple('aeiou') else 'a'} {role.replace('_', ' ')}"
    return f"by {source}" if role else "by somebody not known"


@register.filter
def day(at: date | datetime | None) -> str:
    """ "3 Jan 2027", on the site's wall clock."""
    if at is None:
        return "not known"
    local = timezone.localtime(at) if isinstance(at, datetime) else at
    return f"{local.day} {local:%b %Y}"


@register.filter
def ago(at: datetime, seen_at: datetime) -> str:
    """How long before `seen_at`, or how long after it: "12 days ago", "in 2 days"; days are calendar days."""
    apart = seen_at - at
    ahead, apart = apart < timedelta(0), abs(apart)
    days = abs((timezone.localdate(seen_at) - timezone.localdate(at)).days)
    hours = int(apart.total_seconds() // 3600)
    if hours < _LAST_HOURS:
        span = _count(hours, "hour") if hours else "less than an hour"
    elif days <= _LAST_DAYS:
        span = _count(days, "day")
    elif days * 12 // 365 <= _LAST_MONTHS:
        span = _count(days * 12 // 365, "month")
    else:
        span = _count(days // 365, "year")
    return f"in {span}" if ahead else f"{span} ago"


@register.filter
def tel(line: str) -> str:
    """What a telephone dials: the digits before any extension."""
    return re.sub(r"[^\d+]", "", re.split(r"(?i)x|ext", line)[0])


@register.filter
def language_name(code: str) -> str:
    """The English name of a BCP 47 tag, or the tag itself."""
    info = LANG_INFO.get(code.lower()) or LANG_INFO.get(code.lower().split("-")[0]) or {}
    return str(info.get("name", code))


@register.simple_tag
def birth_date_words(born: date | None, precision: str, seen_at: datetime) -> str:
    """The date of birth to read back to the person, no more exact than it is known."""
    if born is None:
        return "not known"
    if precision == "ymd":
        return birth_dates.read_back(born, timezone.localdate(seen_at))
    return f"{born:%B %Y}, day not known" if precision == "ym" else f"in {born.year}, day not known"


@dataclass(frozen=True)
class Reason:
    """Why one custodian's records are shown, with what of them rests on it."""

    custodian: str
    what: str
    why: str
    on_consent: bool
    until: datetime | None


@register.filter
def reasons(grounds: Sequence[Ground]) -> list[Reason]:
    """The grounds of a record, one line for each custodian, basis and end of consent."""
    grouped: dict[tuple[str, str, bool, datetime | None], list[str]] = {}
    for ground in grounds:
        key = (ground.custodian, ground.basis, ground.consent_id is not None, ground.consent_until)
        names = grouped.setdefault(key, [])
        if (name := CATEGORY_NAMES[ground.category]) not in names:
            names.append(name)
    return [
        Reason(custodian, ", ".join(names), _BASES.get(basis, "not known"), on_consent, until)
        for (custodian, basis, on_consent, until), names in grouped.items()
    ]


@register.filter
def category_names(codes: Sequence[str]) -> str:
    """What a consent's categories mean."""
    return ", ".join(CATEGORY_NAMES.get(code, "not known") for code in codes)


@register.simple_tag
def more_contacts(total: int, listed: int) -> int:
    """How many contacts stand behind those that are listed."""
    return max(0, total - listed)


def _count(number: int, unit: str) -> str:
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"


@register.simple_tag
def basis_words(basis: str) -> str:
    """Why an item may be seen."""
    return _BASES.get(basis, "not known")
