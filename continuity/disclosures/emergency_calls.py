"""Responders' requests that wait for an answer, as a clinician is alerted to them: no name, and for whom it is none."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from continuity.access.emergencies import asked_of
from continuity.agencies.models import Membership

_MOST = 25
_NONE = "none"


@dataclass(frozen=True)
class EmergencyCall:
    """A request that waits: from which agency and until when; who is meant stands on its own page alone."""

    id: UUID
    agency: str
    incident_ref: str
    reason: str
    requested_at: datetime
    until: datetime | None


def waiting_calls(by: Membership, at: datetime) -> tuple[EmergencyCall, ...]:
    """The requests that wait for this member's agency now, the oldest first; none for who may not answer."""
    if not by.may_release_emergency:
        return ()
    return tuple(
        EmergencyCall(
            id=row.pk,
            agency=row.agency.name,
            incident_ref=row.incident_ref,
            reason=row.get_reason_code_display(),
            requested_at=row.requested_at,
            until=row.answer_by if row.state == row.State.REQUESTED else row.ends_at,
        )
        for row in asked_of(by, at).order_by("id")[:_MOST]
    )


def seen(calls: tuple[EmergencyCall, ...]) -> str:
    """Which of them a page shows, so that it is read anew only when that changes."""
    return "-".join(one.id.hex[-8:] for one in calls) or _NONE
