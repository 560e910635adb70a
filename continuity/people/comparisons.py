"""Who is still to be compared with the rest of the index: noted with the registration, done by the worker (P-3).

A comparison takes longer where there is somebody like them. Were it done while the registering agency waits, the time
would say so; here everybody costs one row.
"""

from collections.abc import Iterable
from uuid import UUID

from continuity.people.models import DuplicatePair, PersonToCompare
from continuity.trail.wall import matching

_AT_ONCE = 1000


@matching("who waits to be compared is nobody's to see")
def ask_to_compare(person_ids: Iterable[UUID], found_by: DuplicatePair.FoundBy) -> None:
    """Have these people compared soon after the running transaction commits."""
    PersonToCompare.objects.bulk_create(
        [PersonToCompare(person_id=person_id, found_by=found_by) for person_id in person_ids],
        batch_size=_AT_ONCE,
    )
