"""Put notices into the outbox."""

from datetime import datetime
from uuid import UUID

from continuity.agencies.models import Agency, Member, Team
from continuity.notices.models import Notice


def put(kind: Notice.Kind, *, subject_id: UUID, agency: Agency, team: Team | None = None) -> Notice:
    """Add a notice to the outbox of the running transaction; rolled back with it."""
    return Notice.objects.create(kind=kind, subject_id=subject_id, agency=agency, team=team)


def remind(
    kind: Notice.Kind, *, subject_id: UUID, since: datetime, agency: Agency, member: Member | None = None
) -> bool:
    """Add a reminder of what has been due `since` then, unless it is there; True if it was added.

    Holds under two workers at once: the row itself is unique. `member` is one of the agency, or nobody in particular.
    """
    _, is_new = Notice.objects.get_or_create(
        kind=kind, subject_id=subject_id, since=since, agency=agency, member=member
    )
    return is_new
