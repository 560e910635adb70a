"""Today: what waits, the most harmful first; who is in crisis stands above all."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from continuity.agencies.models import Membership, Team
from continuity.agencies.roles import Duty
from continuity.caseload.door import open_to
from continuity.caseload.figures import Figure, figures
from continuity.caseload.today_lines import told
from continuity.caseload.worklist import PAGE, Bucket, Whose, Worklist, worklist
from continuity.crisis.models import Transfer
from continuity.disclosures.alerts import crisis_alerts
from continuity.disclosures.emergency_calls import seen, waiting_calls
from continuity.disclosures.models import LedgerEntry
from continuity.disclosures.own_work import names_of, readable_transfers
from continuity.disclosures.readings import note_reading
from continuity.notices.models import Notice
from continuity.notices.services import for_member
from continuity.treatment.measures import measure

_MOST_ALERTS, _MOST_TRANSFERS = 3, 10
_MEASURED = timedelta(days=28)
_FARTHEST = 10_000
_NAMES = {
    Bucket.OVERDUE: "Overdue",
    Bucket.DUE: "Due today",
    Bucket.WAITING: "Waiting for an answer",
    Bucket.DRAFTS: "Drafts",
}


@dataclass(frozen=True)
class Chosen:
    """Which part of the list is asked for, as the address says it; anything unknown is the whole list."""

    bucket: Bucket | None
    mine: bool
    team_id: UUID | None
    start: int

    def address(self, **changes: str) -> str:
        """The query string of the same page with one thing changed; an empty value takes it away."""
        parts = {
            "show": self.bucket or "",
            "whose": "mine" if self.mine else str(self.team_id or ""),
        } | changes
        return "?" + "&".join(f"{name}={value}" for name, value in parts.items() if value)


@require_safe
@open_to(Duty.FOLLOW_UP, Duty.RECORD_LINKAGE, Duty.SUPERVISE)
def today(request: HttpRequest, duty: Membership) -> HttpResponse:
    """The day's work of the agency on duty; one row of the ledger for all that the list shows."""
    at = timezone.now()
    chosen = _chosen(request)
    teams = list(Team.objects.filter(agency=duty.agency).order_by("name"))
    team = next((one for one in teams if one.pk == chosen.team_id), None)
    work = worklist(
        duty, at, bucket=chosen.bucket, whose=Whose(mine=chosen.mine, team=team), start=chosen.start
    )
    offered = _offered(duty, at)
    note_reading(by=duty, rows=[*work.rows, *offered], channel=LedgerEntry.Channel.PAGE, at=at, category="D6")
    calls, crises = waiting_calls(duty, at), _crises(duty)
    alerts = crisis_alerts(duty, crises[:_MOST_ALERTS], LedgerEntry.Channel.PAGE, at)
    context = {
        "seen_at": at,
        "answers_calls": duty.may_release_emergency and duty.has_duty(Duty.RELEASE_EMERGENCY),
        "calls": calls,
        "seen_calls": seen(calls),
        "alerts": sorted(alerts, key=lambda one: one.occurred_at, reverse=True),
        "has_more_alerts": len(crises) > _MOST_ALERTS,
        "offered": [_transfer(one) for one in offered],
        "counts": _counts(work, chosen),
        "later": {"number": work.counts[Bucket.LATER], "href": chosen.address(show=Bucket.LATER)},
        "is_later": chosen.bucket is Bucket.LATER,
        "whole": chosen.address(show=""),
        "bucket": chosen.bucket or "",
        "filters": _filters(teams, chosen),
        "lines": _lines(duty, work),
        "more": chosen.address(start=str(chosen.start + PAGE)) if work.has_more else "",
        "is_first": chosen.start == 0,
        "figures": _figures(duty, at),
        "measured_days": _MEASURED.days,
        "may_record": duty.has_duty(Duty.RECORD_CONTACT),
        "may_hand_on": duty.has_duty(Duty.HAND_OFF),
    }
    return render(request, "caseload/today.html", context)


def _chosen(request: HttpRequest) -> Chosen:
    show, whose, start = (request.GET.get(name, "") for name in ("show", "whose", "start"))
    try:
        team_id = UUID(whose)
    except ValueError:
        team_id = None
    return Chosen(
        bucket=Bucket(show) if show in set(Bucket) else None,
        mine=whose == "mine",
        team_id=team_id,
        start=min(int(start), _FARTHEST) if start.isascii() and start.isdigit() else 0,
    )


def _crises(duty: Membership) -> list[Notice]:
    unread = for_member(duty).filter(kind=Notice.Kind.CRISIS_CONTACT, read_at=None)
    return list(unread[: _MOST_ALERTS + 1])


def _offered(duty: Membership, at: datetime) -> list[Transfer]:
    pending = readable_transfers(duty, at).filter(to_agency=duty.agency, outcome=Transfer.Outcome.PENDING)
    return list(pending.select_related("custodian").order_by("offered_at")[:_MOST_TRANSFERS])


def _transfer(one: Transfer) -> dict[str, Any]:
    """Who hands on and since when; what was said stands on its own page alone."""
    return {
        "id": one.pk,
        "sender": one.custodian.name,
        "call_type": one.call_type,
        "offered_at": one.offered_at,
        "is_warm": one.is_warm,
    }


def _counts(work: Worklist, chosen: Chosen) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "number": work.counts[bucket],
            "href": chosen.address(show=bucket),
            "is_shown": chosen.bucket is bucket,
            "is_bad": bucket is Bucket.OVERDUE and work.counts[bucket] > 0,
        }
        for bucket, name in _NAMES.items()
    ]


def _filters(teams: list[Team], chosen: Chosen) -> list[dict[str, Any]]:
    choices = [("", "Everybody's"), ("mine", "Mine"), *((str(team.pk), team.name) for team in teams)]
    current = "mine" if chosen.mine else str(chosen.team_id or "")
    return [
        {"name": name, "href": chosen.address(whose=value), "is_shown": value == current}
        for value, name in choices
    ]


def _lines(duty: Membership, work: Worklist) -> list[Any]:
    people = [line.row.person_id for line in work.lines if line.row.person_id]
    names = names_of(duty, people)
    return [told(line, duty, names) for line in work.lines]


def _figures(duty: Membership, at: datetime) -> tuple[Figure, ...]:
    if not duty.has_duty(Duty.SUPERVISE):
        return ()
    return figures(measure(duty.agency, at - _MEASURED, at))
