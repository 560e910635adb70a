"""The tables of a policy pack about a working day: who answers a call, what is promised afterwards. Pure.

The words are those of the floors above, which this one cannot import; a test holds both together.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple

from continuity.errors import Invalid

CALL_TYPES = frozenset(
    {
        "nonviolent_mh_crisis", "suicide_threat", "welfare_check", "trespass", "intoxicated_person", "panhandling",
        "indecency", "verbal_disturbance", "physical_disturbance", "assault", "domestic_violence", "medical",
        "missing_person", "other", "unknown",
    }
)  # fmt: skip
DISPOSITIONS = frozenset(
    {
        "resolved_by_phone", "resolved_on_scene", "safety_plan_completed", "warm_transfer_988", "referred_new_service",
        "treatment_team_notified", "mobile_crisis_handoff", "designated_examiner_referral", "transported_voluntary",
        "transported_involuntary", "transported_medical", "transported_shelter", "transported_sobering", "arrested",
        "cited_released", "services_declined", "unable_to_contact", "gone_on_arrival", "no_action_needed", "cancelled",
        "deceased",
    }
)  # fmt: skip
ANSWERS = ("yes", "no", "unknown")
RESPONSES = ("police", "clinician", "both")
WINDOWS = ("h24", "h48", "h72", "d7", "d30")
FOLLOW_UP_KINDS = (
    "caring_contact", "safety_check", "appointment_verification", "in_person_outreach", "care_navigation",
    "satisfaction_survey",
)  # fmt: skip
PRIORITIES = ("stat", "asap", "urgent", "routine")
_LONGEST_RULE_NAME = 40
_LONGEST_ACKNOWLEDGEMENT = 7 * 24


@dataclass(frozen=True)
class TriageRow:
    """One row of the triage table: fits a call that answers all of its conditions; None asks nothing.

    `response` is one of RESPONSES, `because` the sentence that is shown with the suggestion.
    """

    rule: str
    response: str
    because: str
    team_first: bool = False
    call_types: frozenset[str] | None = None
    weapon_in_hand: str | None = None
    is_eligible: bool | None = None
    has_team: bool | None = None


class FollowUpRule(NamedTuple):
    """What a disposition promises: within which window, of which kind. A disposition has one for a window at most."""

    due_window: str
    kind: str


FollowUps = Mapping[str, tuple[FollowUpRule, ...]]

# Durham's eligible calls (D-4).
ELIGIBLE = frozenset(
    {
        "nonviolent_mh_crisis", "suicide_threat", "trespass", "welfare_check", "intoxicated_person", "panhandling",
        "indecency", "verbal_disturbance",
    }
)  # fmt: skip
TRIAGE = (
    TriageRow(
        rule="weapon_in_hand",
        weapon_in_hand="yes",
        response="both",
        because="A weapon in hand fits co-response, not an unarmed one (D-4).",
    ),
    TriageRow(
        rule="existing_team",
        is_eligible=True,
        has_team=True,
        response="clinician",
        team_first=True,
        because="The person has a team: call its duty line first.",
    ),
    TriageRow(
        rule="eligible_call",
        is_eligible=True,
        response="clinician",
        because="A call of this type may go to a clinician instead of police (D-4).",
    ),
)
FOLLOW_UPS: FollowUps = MappingProxyType(
    {
        "resolved_by_phone": (FollowUpRule("h48", "safety_check"),),
        "resolved_on_scene": (FollowUpRule("h48", "safety_check"),),
        "safety_plan_completed": (FollowUpRule("h24", "safety_check"),),
        "warm_transfer_988": (FollowUpRule("h24", "caring_contact"),),
        "referred_new_service": (FollowUpRule("d7", "appointment_verification"),),
        "treatment_team_notified": (FollowUpRule("h72", "care_navigation"),),
        "mobile_crisis_handoff": (FollowUpRule("h72", "safety_check"),),
        "designated_examiner_referral": (FollowUpRule("h72", "care_navigation"),),
        "transported_voluntary": (FollowUpRule("d7", "appointment_verification"),),
        "transported_involuntary": (
            FollowUpRule("d7", "appointment_verification"),
            FollowUpRule("d30", "care_navigation"),
        ),
        "transported_medical": (FollowUpRule("d7", "safety_check"),),
        "transported_shelter": (FollowUpRule("h72", "in_person_outreach"),),
        "transported_sobering": (FollowUpRule("h72", "care_navigation"),),
        "unable_to_contact": (FollowUpRule("h24", "in_person_outreach"),),
    }
)
ACKNOWLEDGE_HOURS: Mapping[str, int] = MappingProxyType({"stat": 1, "asap": 4, "urgent": 24, "routine": 72})


def read_triage(value: Any) -> tuple[TriageRow, ...]:
    """The triage table of a pack, the first row that fits first; [] suggests nothing. Raises Invalid."""
    rows = tuple(_triage_row(one) for one in _list(value, "triage"))
    names = [row.rule for row in rows]
    if len(set(names)) < len(names):
        raise Invalid("said_twice", "Two rows of the triage table have the same name.", field="triage")
    return rows


def _triage_row(value: Any) -> TriageRow:
    row = _table(value, "triage", {"rule", "when", "response", "because", "team_first"})
    when = _table(row.get("when"), "triage", {"call_types", "weapon_in_hand", "eligible", "has_team"})
    call_types = when.get("call_types")
    if call_types is not None:
        call_types = frozenset(_words(call_types, CALL_TYPES, "triage"))
    weapon = when.get("weapon_in_hand")
    return TriageRow(
        rule=_text(row, "rule", "triage", _LONGEST_RULE_NAME),
        response=_word(row.get("response"), RESPONSES, "triage"),
        because=_text(row, "because", "triage", 200),
        team_first=bool(_truth(row, "team_first", "triage")),
        call_types=call_types,
        weapon_in_hand=None if weapon is None else _word(weapon, ANSWERS, "triage"),
        is_eligible=_truth(when, "eligible", "triage"),
        has_team=_truth(when, "has_team", "triage"),
    )


def read_call_types(value: Any) -> frozenset[str]:
    """The call types that may go to a clinician instead of police. Raises Invalid."""
    return frozenset(_words(value, CALL_TYPES, "eligible_call_types"))


def read_follow_ups(value: Any) -> FollowUps:
    """What each disposition promises. One that the pack does not name keeps its default; [] promises nothing.

    Raises Invalid.
    """
    stated = _table(value, "follow_ups", DISPOSITIONS)
    return MappingProxyType(
        {**FOLLOW_UPS, **{disposition: tuple(_promises(rules)) for disposition, rules in stated.items()}}
    )


def _promises(rules: Any) -> Iterator[FollowUpRule]:
    windows = set()
    for one in _list(rules, "follow_ups"):
        stated = _table(one, "follow_ups", {"within", "kind"})
        rule = FollowUpRule(
            _word(stated.get("within"), WINDOWS, "follow_ups"),
            _word(stated.get("kind"), FOLLOW_UP_KINDS, "follow_ups"),
        )
        if rule.due_window in windows:
            raise Invalid(
                "said_twice", "A disposition promises one follow-up for a window.", field="follow_ups"
            )
        windows.add(rule.due_window)
        yield rule


def read_acknowledge_hours(value: Any) -> Mapping[str, int]:
    """Within how many hours a recipient says that it has a linkage, by priority. Raises Invalid."""
    stated = _table(value, "acknowledge_hours", set(PRIORITIES))
    for hours in stated.values():
        if type(hours) is not int or not 1 <= hours <= _LONGEST_ACKNOWLEDGEMENT:
            raise Invalid(
                "wrong_kind",
                f"Hours to acknowledge are a whole number from 1 to {_LONGEST_ACKNOWLEDGEMENT}.",
                field="acknowledge_hours",
            )
    return MappingProxyType({**ACKNOWLEDGE_HOURS, **stated})


TABLES = MappingProxyType(
    {
        "triage": read_triage,
        "eligible_call_types": read_call_types,
        "follow_ups": read_follow_ups,
        "acknowledge_hours": read_acknowledge_hours,
    }
)


def _list(value: Any, field: str) -> list[Any]:
    if not isinstance(value, list):
        raise Invalid("not_a_list", f"{field}: a list is wanted.", field=field)
    return value


def _table(value: Any, field: str, known: set[str] | frozenset[str]) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise Invalid("not_a_table", f"{field}: a table is wanted.", field=field)
    for name in value:
        if name not in known:
            raise _misspelt(name, field, known)
    return value


def _words(value: Any, known: frozenset[str], field: str) -> list[str]:
    return [_word(one, known, field) for one in _list(value, field)]


def _word(value: Any, known: tuple[str, ...] | frozenset[str], field: str) -> str:
    if not isinstance(value, str) or value not in known:
        raise _misspelt(value, field, known)
    return value


def _misspelt(value: Any, field: str, known: tuple[str, ...] | frozenset[str] | set[str]) -> Invalid:
    # A misspelt word would fit no call and promise nothing, and nobody would see it.
    return Invalid(
        "unknown_word", f"{field} has no word {value!r}; it knows {', '.join(sorted(known))}.", field=field
    )


def _text(table: Mapping[str, Any], name: str, field: str, longest: int) -> str:
    value = table.get(name)
    if not isinstance(value, str) or not 0 < len(value.strip()) <= longest:
        raise Invalid(
            "wrong_kind", f"{field}: {name} is a text of at most {longest} characters.", field=field
        )
    return value.strip()


def _truth(table: Mapping[str, Any], name: str, field: str) -> bool | None:
    value = table.get(name)
    if value is not None and type(value) is not bool:
        raise Invalid("wrong_kind", f"{field}: {name} is true or false.", field=field)
    return value
