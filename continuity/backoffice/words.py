"""The words of the desk: categories, purposes, badges and the sentence that says a whole consent."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from continuity.agencies.models import Membership
from continuity.consents.standing import Standing

CATEGORIES = {
    "D0": "that there is a record",
    "D1": "what helps and what to be careful of",
    "D2": "earlier contacts",
    "D3": "clinical narrative",
    "D4": "SUD records",
    "D5": "the link to the treatment team",
    "D6": "referral and follow-up status",
    "D7": "the consent itself",
}
LANGUAGES = {"en": "English", "es": "Spanish"}  # that there are forms in
PURPOSES = {
    "treatment": "treatment",
    "care_coordination": "care coordination",
    "emergency_treatment": "emergency treatment",
    "le_crisis_response": "crisis response",
    "threat_to_safety": "a threat to safety",
    "operations_qi": "operations and quality",
    "program_reporting": "programme reporting",
}
_NAMES = ("display_name", "name", "title", "code")
# What a membership is given beside its roles; two duties count with their privilege alone.
PRIVILEGES = {
    "is_clinical_supervisor": "supervises clinicians",
    "is_medical_personnel": "medical personnel (42 CFR 2.51)",
    "may_break_glass": "may override in an emergency",
    "may_release_emergency": "may answer responders' emergency requests",
}
# Word and shape; colour only repeats them (WCAG 1.4.1).
BADGES = {
    Standing.DRAFT: ("neutral", "Draft"),
    Standing.PROPOSED: ("attention", "Proposed"),
    Standing.REJECTED: ("neutral", "Declined"),
    Standing.NOT_YET: ("neutral", "Not in force yet"),
    Standing.ACTIVE: ("good", "Active"),
    Standing.EXPIRING: ("attention", "Expires soon"),
    Standing.SUSPENDED: ("danger", "Suspended"),
    Standing.EXPIRED: ("neutral", "Expired"),
    Standing.REVOKED: ("danger", "Revoked"),
    Standing.SUPERSEDED: ("neutral", "Superseded"),
    Standing.INVALIDATED: ("danger", "Invalid"),
    Standing.ENTERED_IN_ERROR: ("neutral", "Entered in error"),
}


def named(row: Any) -> str:
    """What people call it; `str` of a row is its id, so that no name reaches a log."""
    if isinstance(row, Membership):
        row = row.member
    return next((text for name in _NAMES if (text := getattr(row, name, ""))), "") or str(row)


def privileges_of(works: Membership) -> list[str]:
    return [said for name, said in PRIVILEGES.items() if getattr(works, name)]


def day(when: date) -> str:
    """4 Mar 2027."""
    return f"{when.day} {when:%b %Y}"


def listed(words: Sequence[str], nothing: str = "nothing") -> str:
    """a, b and c."""
    if len(words) < 2:
        return words[0] if words else nothing
    return f"{', '.join(words[:-1])} and {words[-1]}"


def badge_text(standing: Standing, today: date, last_day: date | None) -> str:
    """What the badge says at a glance: "Active until 4 Mar 2027", "Expires in 12 days"."""
    word = BADGES[standing][1]
    if last_day is None or standing not in (Standing.ACTIVE, Standing.EXPIRING, Standing.SUSPENDED):
        return word
    if standing is Standing.EXPIRING:
        left = (last_day - today).days
        return "Expires today" if left <= 0 else f"Expires in {left} day{'s' if left > 1 else ''}"
    return f"{word} until {day(last_day)}" if standing is Standing.ACTIVE else word


def sentence(
    *,
    person: str,
    verb: str,
    recipients: Sequence[str],
    categories: Sequence[str],
    purposes: Sequence[str],
    until: str,
    sud: bool,
) -> str:
    """One sentence that says it all: who allows whom to see what, for what, until when."""
    if not recipients or not set(categories):
        return f"For {person}; it does not say yet {'to whom' if not recipients else 'what'}."
    seen = [CATEGORIES[one] for one in sorted(categories) if one != "D4"]
    told = listed([PURPOSES.get(one, one) for one in purposes], "no purpose")
    return (
        f"{person} {verb} {listed(recipients, 'nobody')} to see {listed(seen)} for {told} {until}; "
        f"{'SUD records included' if sud else 'not SUD records'}."
    )
