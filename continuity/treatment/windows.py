"""By when a follow-up is due, and what a disposition promises (D-5, 5.10). Pure: the rules and the clock are given.

Hours are absolute: 24 hours are 24 hours, also in the night when the clock changes. Days are the custodian's calendar
days and end at the same local time, as the person would count them; where a change of the clock leaves that time out
or has it twice, the promise ends with the first moment that fits.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from continuity.agencies.models import Agency
from continuity.agencies.packs import Rules
from continuity.crisis.models import CrisisContact
from continuity.crisis.vocabulary import Disposition, TransportDestination
from continuity.treatment.models import FollowUp

_W = FollowUp.DueWindow
_HOURS = {_W.H24: 24, _W.H48: 48, _W.H72: 72}
_DAYS = {_W.D7: 7, _W.D30: 30}
WINDOWS = frozenset({*_HOURS, *_DAYS})
_HOSPITALS = frozenset(
    {
        TransportDestination.HOSPITAL_ED,
        TransportDestination.PSYCHIATRIC_EMERGENCY,
        TransportDestination.PSYCHIATRIC_INPATIENT,
    }
)
_TO_HOSPITAL = frozenset({Disposition.TRANSPORTED_INVOLUNTARY, Disposition.TRANSPORTED_MEDICAL})


@dataclass(frozen=True)
class Proposal:
    """A follow-up that a disposition promises; `rule` is its row of the pack and makes it once for a contact."""

    kind: str
    due_window: str
    due_at: datetime
    rule: str
    waits_for_discharge: bool


def due_after(window: str, start: datetime, agency: Agency) -> datetime:
    """The moment a window that began at `start` ends, on the clock of the agency that owes it."""
    if window in _HOURS:
        # In UTC: sums of a local time are sums on the wall clock.
        return start.astimezone(UTC) + timedelta(hours=_HOURS[_W(window)])
    local = agency.local(start) + timedelta(days=_DAYS[_W(window)])
    return local.replace(fold=0).astimezone(UTC)


def proposals(contact: CrisisContact, rules: Rules) -> Iterator[Proposal]:
    """What the contact's disposition promises, counted from the contact's end and not from when it was written up.

    Somebody in hospital or on a hold is got back to after the discharge; while nobody told of one, 7 days on.
    """
    start, waits = contact.ended_at or contact.occurred_at, _waits_for_discharge(contact)
    for rule in rules.follow_ups.get(contact.disposition_primary, ()):
        due_at = due_after(rule.due_window, start, contact.custodian)
        if waits:
            due_at = max(due_at, due_after(_W.D7, start, contact.custodian))
        yield Proposal(
            kind=rule.kind,
            due_window=rule.due_window,
            due_at=due_at,
            rule=f"{contact.disposition_primary}.{rule.due_window}",
            waits_for_discharge=waits,
        )


def _waits_for_discharge(contact: CrisisContact) -> bool:
    return contact.disposition_primary in _TO_HOSPITAL or contact.transport_destination in _HOSPITALS
