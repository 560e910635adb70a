"""The page of who asked: waiting, what was released while its time runs, and how it ended (5.11).

It says the same for a person who is known and one who is not, until a clinician released something (P-3).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_http_methods, require_safe

from continuity.access.emergencies import (
    cancel_emergency,
    described_of,
    end_emergency,
    own_emergencies,
)
from continuity.access.models import EmergencyAccess
from continuity.agencies.models import Membership
from continuity.agencies.roles import Role
from continuity.agencies.services import clinician_line
from continuity.disclosures.emergencies import emergency_card
from continuity.disclosures.emergency_calls import seen, waiting_calls
from continuity.disclosures.models import LedgerEntry
from continuity.disclosures.record import PersonRecord
from continuity.errors import Conflict
from continuity.lookup.emergency_door import is_concerned, kind_for, may_release, open_if, reload_page
from continuity.people.birth_dates import read_back

_S = EmergencyAccess.State
_MOVES = {"cancel": cancel_emergency, "end": end_emergency}
_LISTED = 25
_MINUTE = timedelta(minutes=1)
_FORGOTTEN = frozenset({_S.ENDED, _S.CANCELLED})
_UNANSWERED = frozenset({_S.DENIED, _S.TIMED_OUT})
_WRITTEN = ("incident_ref", "reason_code", "reason", "nature", "recipient_name", "recipient_facility")


@dataclass(frozen=True)
class Asked:
    """An emergency as its requester sees it; what was typed only while it can still be used, or asked `again`."""

    id: UUID
    is_override: bool
    state: str
    incident_ref: str
    reason: str
    own_words: str
    recipient: str
    requested_at: datetime
    until: datetime | None
    over_at: datetime | None
    described: dict[str, str]
    birth_date_read_back: str
    again: dict[str, str]


@require_http_methods(["GET", "HEAD", "POST"])
@open_if(is_concerned)
def emergency(request: HttpRequest, duty: Membership, emergency_id: UUID) -> HttpResponse:
    """GET shows it, every card with its own ledger row; POST cancels or ends it."""
    refused, at = "", timezone.now()
    if request.method == "POST" and (move := _MOVES.get(request.POST.get("move", ""))):
        try:
            move(by=duty, emergency_id=emergency_id, at=at)
            return redirect("emergency", emergency_id)
        except Conflict as conflict:
            refused = conflict.detail
    card = emergency_card(by=duty, emergency_id=emergency_id, channel=LedgerEntry.Channel.PAGE, at=at)
    asked = asked_by_me(card.emergency, at)
    context = {
        "asked": asked,
        "refused": refused,
        "shown": _shown(card.emergency, at),
        "seen_at": timezone.localtime(at),
        "minutes": minutes_until(asked.until, at),
        "seconds": int((asked.until - at).total_seconds()) + 1 if asked.until else 0,
        "record": card.answer if isinstance(card.answer, PersonRecord) else None,
        "is_responder": bool({Role.OFFICER, Role.DISPATCHER} & set(duty.roles)),
        "may_ask": kind_for(duty),
        "duty": duty,
        "clinician_line": clinician_line(),
    }
    return render(request, "lookup/emergency.html", context, status=409 if refused else 200)


@require_safe
@open_if(is_concerned)
def emergency_left(request: HttpRequest, duty: Membership, emergency_id: UUID, shown: str) -> HttpResponse:
    """How long is left, every few seconds, without reading the card again; a change has the page read itself anew."""
    at = timezone.now()
    row = own_emergencies(duty).filter(pk=emergency_id).first()
    if row is None or _shown(row, at) != shown:
        return reload_page()
    asked = asked_by_me(row, at)
    context = {"asked": asked, "minutes": minutes_until(asked.until, at)}
    return render(request, "lookup/emergency_left.html", context)


@require_safe
@open_if(is_concerned)
def emergencies(request: HttpRequest, duty: Membership) -> HttpResponse:
    """The member's own emergencies, and those that wait for their answer; no name stands here."""
    at = timezone.now()
    calls = waiting_calls(duty, at)
    context = {
        "own": [asked_by_me(row, at) for row in own_emergencies(duty)[:_LISTED]],
        "calls": calls,
        "seen_calls": seen(calls),
        "answers": may_release(duty),
        "kind": kind_for(duty),
        "seen_at": timezone.localtime(at),
    }
    return render(request, "lookup/emergencies.html", context)


def running(duty: Membership, at: datetime) -> list[Asked]:
    """The member's own emergencies that wait or are open now, to be found again from the look-up."""
    if not kind_for(duty):
        return []
    rows = own_emergencies(duty).filter(state__in=[_S.REQUESTED, _S.RELEASED])[:_LISTED]
    return [one for one in (asked_by_me(row, at) for row in rows) if one.until]


def asked_by_me(row: EmergencyAccess, at: datetime) -> Asked:
    """What of the row stands on its requester's page: the clock ends it, whatever a sweep has not yet written."""
    state = row.state_at(at)
    typed = {} if state in _FORGOTTEN else {name: one for name, one in described_of(row).items() if one}
    born = parse_date(typed.get("birth_date", ""))
    return Asked(
        id=row.pk,
        is_override=row.kind == EmergencyAccess.Kind.OVERRIDE,
        state=state,
        incident_ref=row.incident_ref,
        reason=row.get_reason_code_display(),
        own_words=row.reason,
        recipient=f"{row.recipient_name}, {row.recipient_facility}",
        requested_at=row.requested_at,
        until={_S.REQUESTED: row.answer_by, _S.RELEASED: row.ends_at}.get(_S(state)),
        over_at=row.ended_at or (row.ends_at if state == _S.ENDED else None),
        described=typed,
        birth_date_read_back=read_back(born, timezone.localdate(at)) if born else "",
        again=typed | {name: getattr(row, name) for name in _WRITTEN} if state in _UNANSWERED else {},
    )


def minutes_until(moment: datetime | None, at: datetime) -> int:
    """Minutes that are left, begun ones counted; 0 for less than one."""
    left = moment - at if moment else _MINUTE * 0
    return ceil(left / _MINUTE) if left >= _MINUTE else 0


def _shown(row: EmergencyAccess, at: datetime) -> str:
    """What the page shows, so that a change of it is noticed: the state, and how many agencies released."""
    state = row.state_at(at)
    return f"{state}-{row.answers.filter(is_released=True).count()}" if state == _S.RELEASED else state
