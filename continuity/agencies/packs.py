"""What a state's law asks of consents and a county of its work, as data that counsel signs off (6.5). Pure.

The defaults are what holds where no pack is signed off. A pack has no word for the hard floors (no narrative and no SUD
data to law enforcement, one negative answer, counselling notes and proceedings apart, four eyes, append-only logs):
an unknown word is refused, so no pack can widen them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from continuity.agencies.pack_tables import (
    ACKNOWLEDGE_HOURS,
    ELIGIBLE,
    FOLLOW_UPS,
    TABLES,
    TRIAGE,
    FollowUps,
    TriageRow,
)
from continuity.errors import Invalid

EVERY_REGIME = "any"
REGIMES = frozenset(
    {EVERY_REGIME, "hipaa_covered", "part2_program", "ca_lps", "ca_cmia", "nc_122c", "mo_630", "cja"}
)
_REGIME_RULES = ("clinician_approval", "separate_form_per_use", "releasing_member_named", "copy_given")
_OFFICERS_NEVER = frozenset({"D3", "D4", "D7"})  # L-3
# What a pack may shorten and never lengthen.
_AT_MOST = {
    "flag_days": (180, "A flag lives 1 to 180 days (P-6)."),
    "draft_final_hours": (72, "A contact is final within 72 hours (5.4)."),
    "link_stale_days": (90, "A team link is stale after 90 days at the latest (5.8)."),
    "max_attempts": (20, "From 1 to 20 attempts."),
    "officer_look_back_days": (730, "Responders look back 24 months at most (5.13)."),
    "override_minutes": (60, "An override lasts 60 minutes at most (5.11)."),
    "release_minutes": (30, "A release lasts 30 minutes at most (5.11)."),
    "answer_minutes": (15, "A request waits 15 minutes at most (5.11)."),
    "review_hours": (72, "A review is due within 72 hours (5.11)."),
}
EMERGENCY_MODES = (
    "clinician_release",
    "off",
)  # no self-service for law enforcement, whatever a pack wants (L-5)


@dataclass(frozen=True)
class Rules:
    """The rules of one pack. Sets of regimes name the custodians a rule binds; "any" binds all (L-1)."""

    law: str = "the county's own form rules"
    max_days: int | None = 365
    """Longest a consent may run from its start, in days; None: the instrument's own rule alone."""
    clinician_approval: frozenset[str] = frozenset()
    separate_form_per_use: frozenset[str] = frozenset()
    releasing_member_named: frozenset[str] = frozenset()
    copy_given: frozenset[str] = frozenset({EVERY_REGIME})
    officers_may_collect: bool = False
    """Only with a clinician's confirmation before activation (P-9)."""
    under_constraint_after_hours: int | None = None
    """A form signed on a hold or in custody: None refuses it, else a clinician confirms it this many hours later."""
    adult_from: int = 18
    minor_signs_mental_health_from: int | None = None
    minor_signs_sud_from: int | None = None
    existence_offered: bool = True
    officer_categories: frozenset[str] = frozenset({"D0", "D1", "D2", "D5", "D6"})
    languages: tuple[str, ...] = ("en", "es")
    reoffer_after_days: int = 30
    paper_within_days: int = 7
    ask_about_event_every_days: int = 30
    triage: tuple[TriageRow, ...] = TRIAGE
    """Who is suggested to answer a call: the first row that fits; none fits, nothing is suggested (D-4)."""
    eligible_call_types: frozenset[str] = ELIGIBLE
    follow_ups: FollowUps = field(default_factory=lambda: FOLLOW_UPS, hash=False)
    """By disposition: which follow-ups are proposed, each with its window and kind (5.10, D-5)."""
    acknowledge_hours: Mapping[str, int] = field(default_factory=lambda: ACKNOWLEDGE_HOURS, hash=False)
    """By priority of a linkage: within how many hours its recipient says that it has it."""
    max_attempts: int = 3
    link_stale_days: int = 90
    flag_days: int = 90
    draft_reminder_hours: int = 24
    draft_final_hours: int = 72
    officers_see_minors: bool = False
    """Whether responders of other agencies get anything of a minor's records without a release (6.4)."""
    officer_look_back_days: int = 365
    le_emergency: str = "clinician_release"
    """Whether this agency's clinicians answer responders' emergency requests: clinician_release, or off (L-5)."""
    override_minutes: int = 60
    release_minutes: int = 30
    answer_minutes: int = 15
    review_hours: int = 72
    tell_person_of_emergency: bool = True

    def binds(self, regimes: frozenset[str], custodian: Iterable[str]) -> bool:
        """Whether a rule for `regimes` binds a custodian under these laws."""
        return EVERY_REGIME in regimes or bool(regimes & set(custodian))


def read_rules(data: Mapping[str, Any]) -> Rules:
    """The rules of a pack as its file or row states them.

    Raises Invalid for a word that no pack has, a value of the wrong kind, or one beyond a hard floor.
    """
    known = {one.name for one in fields(Rules)}
    for name in data:
        if name not in known:
            raise Invalid("unknown_rule", f"No policy pack has a rule {name}.", field=name)
    rules = Rules(**{name: _read(name, value) for name, value in data.items()})
    for name in _REGIME_RULES:
        if getattr(rules, name) - REGIMES:
            # A misspelt law would bind nobody, and nobody would see it.
            raise Invalid("unknown_regime", f"{name} names a law that no agency is under.", field=name)
    for name, sentence in _beyond_floors(rules):
        raise Invalid("beyond_a_hard_floor", sentence, field=name)
    return rules


def _read(name: str, value: Any) -> Any:
    if name in TABLES:
        return TABLES[name](value)
    default = getattr(Rules, name)
    if isinstance(default, frozenset | tuple):
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise Invalid("not_a_list", f"{name} is a list of texts.", field=name)
        return type(default)(value)
    wanted: type = bool if isinstance(default, bool) else str if isinstance(default, str) else int
    if wanted is int and value in (None, "none"):
        return None
    if type(value) is not wanted:
        raise Invalid("wrong_kind", f"{name} is not a {wanted.__name__}.", field=name)
    return value


def _beyond_floors(rules: Rules) -> Iterable[tuple[str, str]]:
    if rules.officer_categories & _OFFICERS_NEVER:
        yield "officer_categories", "No narrative, SUD data or consent document to law enforcement (L-3)."
    if rules.max_days is not None and rules.max_days < 1:
        yield "max_days", "A consent runs at least a day."
    yield from _beyond_the_day(rules)
    hours = rules.under_constraint_after_hours
    if hours is not None and hours < 24:
        yield "under_constraint_after_hours", "A form signed under constraint waits 24 hours at least (P-9)."
    if rules.adult_from not in (18, 19, 21):
        yield "adult_from", "Not an age of majority."
        return
    for name in ("minor_signs_mental_health_from", "minor_signs_sud_from"):
        age = getattr(rules, name)
        if age is not None and not 0 <= age <= rules.adult_from:
            yield name, "Not an age of a minor."
    for name in ("reoffer_after_days", "paper_within_days", "ask_about_event_every_days"):
        if getattr(rules, name) is None or getattr(rules, name) < 1:
            yield name, "At least a day."
    if not rules.languages:
        yield "languages", "At least one language."


def _beyond_the_day(rules: Rules) -> Iterable[tuple[str, str]]:
    if rules.le_emergency not in EMERGENCY_MODES:
        yield "le_emergency", f"One of {', '.join(EMERGENCY_MODES)} (L-5)."
    for name, (longest, sentence) in _AT_MOST.items():
        number = getattr(rules, name)
        if number is None or not 1 <= number <= longest:
            yield name, sentence
            return
    reminder = rules.draft_reminder_hours
    if reminder is None or not 1 <= reminder < rules.draft_final_hours:
        yield "draft_reminder_hours", "An author is reminded before the contact is made final."
