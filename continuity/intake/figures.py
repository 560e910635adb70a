"""A county's own figures, to be compared with what the county knows of itself; counts only, nobody named."""

from dataclasses import dataclass

from django.db.models import Count, Max, Q

from continuity.crisis import vocabulary as v
from continuity.crisis.models import CrisisContact


@dataclass(frozen=True)
class Figures:
    """Counts over the contacts that came from files.

    `diverted` counts, of the calls `handed` to a clinician in the 911 centre, those that no law enforcement went to.
    """

    contacts: int = 0
    people: int = 0
    most_of_one_person: int = 0
    apprehensions: int = 0
    handed: int = 0
    diverted: int = 0


def find_figures() -> Figures:
    """Count them, in two statements."""
    imported = CrisisContact.objects.filter(record_status__in=CrisisContact.READABLE).exclude(source_facts={})
    handed = Q(response_type__contains=[v.ResponseType.CALL_DIVERSION_CLINICIAN])
    diverted = Q(diverted_from__contains=[v.DivertedFrom.LAW_ENFORCEMENT_RESPONSE], le_dispatched="no")
    counts = imported.aggregate(
        contacts=Count("pk"),
        people=Count("person", distinct=True),
        apprehensions=Count("pk", filter=Q(source_facts__source_apprehension_made="Yes")),
        handed=Count("pk", filter=handed),
        diverted=Count("pk", filter=handed & diverted),
    )
    of_one = imported.exclude(person=None).values("person").annotate(contacts=Count("pk"))
    return Figures(**counts, most_of_one_person=of_one.aggregate(most=Max("contacts"))["most"] or 0)
