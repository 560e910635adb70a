"""Put notices into the outbox."""

from uuid import UUID

from continuity.agencies.models import Agency, Team
from continuity.notices.models import Notice


def put(kind: Notice.Kind, *, subject_id: UUID, agency: Agency, team: Team | None = None) -> Notice:
    """Add a notice to the outbox of the running transaction; rolled back with it."""
    return Notice.objects.create(kind=kind, subject_id=subject_id, agency=agency, team=team)
