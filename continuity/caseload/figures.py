"""The measures of an agency as a supervisor reads them: a share, of how many, and what is counted (P-24, 3.6)."""

from dataclasses import dataclass

from continuity.treatment.measures import SMALLEST_CELL, Measures, shown, shown_share

TOO_FEW = "too few to show"


@dataclass(frozen=True)
class Figure:
    """One measure; counts from 1 to 10 are not shown, and no share from which one could be reckoned."""

    name: str
    value: str
    of: str
    means: str


def figures(measured: Measures) -> tuple[Figure, ...]:
    """The measures in words, each with its definition."""
    triage = measured.triage
    return (
        _share(
            "Diverted", measured.diverted, measured.handed, "calls handed to a clinician",
            "No police were sent, or they were cancelled, and none came later for the same call.",
        ),
        _share(
            "Followed up in time", measured.in_time, measured.due, "follow-ups that fell due",
            "The person was reached by the promised time. A message left reaches nobody.",
        ),
        _share(
            "Reached", measured.reached, measured.due, "follow-ups that fell due",
            "The person was reached at least once, late or not.",
        ),
        _share(
            "Connected", measured.connected, measured.requested, "linkages asked for",
            "The first visit was attended. Sent, accepted or scheduled does not count.",
        ),
        Figure(
            "Days to the first visit", _days(measured), _of(measured.connected, "first visits"),
            "The middle of all first visits, from the day it was asked for.",
        ),
        _share(
            "Eligible calls", triage.eligible, triage.calls, "calls that were triaged",
            "The call type is on the policy pack's list for clinicians.",
        ),
        _share(
            "Suggestions followed", triage.followed, triage.suggested, "suggestions",
            "The decision was the one that the policy pack's table suggested.",
        ),
    )  # fmt: skip


def _share(name: str, part: int, whole: int, of: str, means: str) -> Figure:
    share = shown_share(part, whole)
    value = f"{share:.0%}".replace("%", " %") if share is not None else (TOO_FEW if whole else "none yet")
    return Figure(name, value, _of(whole, of), means)


def _of(count: int, what: str) -> str:
    number = shown(count)
    return f"of {number} {what}" if number is not None else f"of fewer than {SMALLEST_CELL} {what}"


def _days(measured: Measures) -> str:
    if measured.median_days is None:
        return "none yet"
    return TOO_FEW if shown(measured.connected) is None else f"{measured.median_days:.0f}"
