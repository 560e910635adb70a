"""What became of an agency's calls, linkages and promises, counted so that the numbers cannot flatter (P-24, 3.6).

The definitions, over a period `since` <= moment < `until`:

- **handed**: readable contacts of the agency that occurred in the period with a clinician in the 911 centre among the
  responses.
- **diverted** (Kern, D-3): of these, no law enforcement was dispatched, or it was cancelled, and none came later for
  the same call. A later contact of the same episode, or with the same incident number within a day, counts against it
  when law enforcement was dispatched and not cancelled, when officers were among its responses, or when officers wrote
  it; so does a transfer of the episode that went back to 911. What nobody knows ("unknown") is no diversion.
- **due**: follow-ups whose time came in the period. Only drafts and entries in error are left out, because each
  exception would flatter; and closed ones of a file, which does not tell when anybody was reached.
- **in_time**: of these, completed, and the person was reached before or at the due time. A voicemail reaches nobody.
- **reached**: of these, the person was reached at least once, whenever it was.
- **requested**: linkages asked for in the period, without drafts and entries in error.
- **connected**: of these, the first visit was attended. A referral that was sent, accepted or scheduled is not.
- **median_days**: days from the request to that visit, over those whose visit has a date.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import (
    Aggregate,
    Count,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
)

from continuity.agencies.models import Agency
from continuity.crisis.models import CrisisContact, Transfer
from continuity.crisis.triages import TriageFigures, triage_figures
from continuity.crisis.vocabulary import ResponseType, YesNoUnknown
from continuity.trail.wall import background
from continuity.treatment.models import FollowUp, FollowUpAttempt, Linkage, TaskStatus

SMALLEST_CELL = 11  # CMS convention (3.6)
_SAME_CALL = timedelta(days=1)
_OFFICERS = [ResponseType.PATROL_NON_CIT, ResponseType.CIT_OFFICER, ResponseType.CO_RESPONSE]
_CAME = Q(le_dispatched=YesNoUnknown.YES) & ~Q(le_cancelled=YesNoUnknown.YES)
_NONE_CAME = Q(le_dispatched=YesNoUnknown.NO) | Q(
    le_dispatched=YesNoUnknown.YES, le_cancelled=YesNoUnknown.YES
)
_NOT_COUNTED = (TaskStatus.DRAFT, TaskStatus.ENTERED_IN_ERROR)


@dataclass(frozen=True)
class Measures:
    """The counts of one agency and period, as the module defines them; `median_days` is None without a visit."""

    handed: int
    diverted: int
    due: int
    in_time: int
    reached: int
    requested: int
    connected: int
    median_days: float | None
    triage: TriageFigures


@background("whether somebody came is counted over all agencies; nobody is named")
def measure(agency: Agency, since: datetime, until: datetime) -> Measures:
    """Count what the module defines for `since` <= moment < `until`, in five statements whatever there is."""
    return Measures(
        **_calls(agency, since, until),
        **_promises(agency, since, until),
        **_referrals(agency, since, until),
        triage=triage_figures(agency, since, until),
    )


def shown(count: int) -> int | None:
    """A count as it may be shown: None for 1 to 10, which could point at somebody (3.6)."""
    return count if count == 0 or count >= SMALLEST_CELL else None


def shown_share(part: int, whole: int) -> float | None:
    """A share as it may be shown: None when it or what is left of the whole could point at somebody, or of nothing."""
    if not whole or None in (shown(part), shown(whole), shown(whole - part)):
        return None
    return part / whole


def _calls(agency: Agency, since: datetime, until: datetime) -> dict[str, int]:
    readable = CrisisContact.objects.filter(record_status__in=CrisisContact.READABLE)
    handed = readable.filter(
        custodian=agency,
        occurred_at__gte=since,
        occurred_at__lt=until,
        response_type__contains=[ResponseType.CALL_DIVERSION_CLINICIAN],
    )
    later = readable.filter(occurred_at__gte=OuterRef("occurred_at")).exclude(pk=OuterRef("pk"))
    came = later.filter(
        _CAME | Q(response_type__overlap=_OFFICERS) | Q(custodian__kind__in=Agency.LAW_ENFORCEMENT)
    )
    in_episode = came.filter(episode=OuterRef("episode"))
    same_incident = came.filter(
        incident_ref=OuterRef("incident_ref"), occurred_at__lt=OuterRef("occurred_at") + _SAME_CALL
    ).exclude(incident_ref="")
    back_to_911 = Transfer.objects.filter(
        episode=OuterRef("episode"), outcome=Transfer.Outcome.REACTIVATED_911
    )
    # Conditions of the rows and not of the count: so each is one join, where a filtered count asks row by row.
    diverted = handed.filter(_NONE_CAME).exclude(response_type__overlap=_OFFICERS)
    diverted = diverted.filter(~Exists(in_episode), ~Exists(same_incident), ~Exists(back_to_911))
    return {"handed": handed.count(), "diverted": diverted.count()}


def _promises(agency: Agency, since: datetime, until: datetime) -> dict[str, int]:
    reached = FollowUpAttempt.objects.filter(follow_up=OuterRef("pk"), outcome__in=FollowUpAttempt.REACHED)
    told = FollowUpAttempt.objects.filter(follow_up=OuterRef("pk"))
    only_in_a_file = ~Q(external_id="") & Q(closed_at__isnull=False) & ~Exists(told)
    due = _in_period(FollowUp.objects.all(), agency, "due_at", since, until).exclude(only_in_a_file)
    kept = reached.filter(at__lte=OuterRef("due_at"))
    return due.aggregate(
        due=Count("pk"),
        in_time=Count("pk", filter=Q(Exists(kept), status=TaskStatus.COMPLETED)),
        reached=Count("pk", filter=Q(Exists(reached))),
    )


def _referrals(agency: Agency, since: datetime, until: datetime) -> dict[str, Any]:
    requested = _in_period(Linkage.objects.all(), agency, "requested_at", since, until)
    # A file tells the state alone; here no linkage is engaged without the date of its visit.
    attended = Q(first_attended_at__isnull=False) | Q(status__in=(TaskStatus.ENGAGED, TaskStatus.COMPLETED))
    waited = ExpressionWrapper(F("first_attended_at") - F("requested_at"), output_field=DurationField())
    counted = requested.aggregate(
        requested=Count("pk"), connected=Count("pk", filter=attended), median=_Median(waited)
    )
    median = counted.pop("median")
    return {**counted, "median_days": None if median is None else max(0.0, median / timedelta(days=1))}


def _in_period(
    rows: QuerySet[Any], agency: Agency, moment: str, since: datetime, until: datetime
) -> QuerySet[Any]:
    period = {f"{moment}__gte": since, f"{moment}__lt": until}
    return rows.filter(custodian=agency, **period).exclude(status__in=_NOT_COUNTED)


class _Median(Aggregate):
    """The middle of the durations; rows without one do not count."""

    function = "percentile_cont"
    template = "%(function)s(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = DurationField()
