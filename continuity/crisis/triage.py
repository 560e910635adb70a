"""Who is suggested to answer a call: a readable table, first row that fits, never a score (D-4). Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from continuity.agencies.pack_tables import TriageRow


@dataclass(frozen=True)
class Call:
    """What is known of a call when somebody decides who answers it; `weapon_in_hand` is yes, no or unknown."""

    call_type: str
    weapon_in_hand: str
    has_team: bool


@dataclass(frozen=True)
class Suggestion:
    """What the table says of a call, and why; `response` is "" when none of its rows fits."""

    response: str
    team_first: bool
    rule: str
    because: str
    is_eligible: bool


def suggest(call: Call, table: Iterable[TriageRow], eligible: frozenset[str]) -> Suggestion:
    """The suggestion of the first row that fits. A call is eligible for a clinician by its type alone."""
    is_eligible = call.call_type in eligible
    for row in table:
        if _fits(row, call, is_eligible):
            return Suggestion(row.response, row.team_first, row.rule, row.because, is_eligible)
    return Suggestion("", False, "", "", is_eligible)


def _fits(row: TriageRow, call: Call, is_eligible: bool) -> bool:
    return (
        (row.call_types is None or call.call_type in row.call_types)
        and row.weapon_in_hand in (None, call.weapon_in_hand)
        and row.is_eligible in (None, is_eligible)
        and row.has_team in (None, call.has_team)
    )
