"""The page of who may answer a responder's request: who asks, why, and what a release would show (L-5)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_http_methods, require_safe

from continuity.access.emergencies import deny_emergency, release_emergency
from continuity.access.models import EmergencyAccess, EmergencyAnswer
from continuity.agencies.models import Membership
from continuity.disclosures.emergencies import asked_request
from continuity.disclosures.emergency_calls import seen, waiting_calls
from continuity.disclosures.models import LedgerEntry
from continuity.errors import Conflict, Invalid
from continuity.lookup.emergency_door import may_release, open_if
from continuity.lookup.emergency_page import minutes_until
from continuity.people.birth_dates import read_back

_SAID = {
    "release": "Released. Whoever asked reads it now, and is told at once.",
    "release_operational": "Released with the status of earlier contacts. Whoever asked is told at once.",
    "deny": "Denied for your agency. Whoever asked is told when nobody is left to answer.",
}


@require_http_methods(["GET", "HEAD", "POST"])
@open_if(may_release)
def emergency_answer(request: HttpRequest, duty: Membership, emergency_id: UUID) -> HttpResponse:
    """GET shows the request, with a ledger row for what is read; POST releases or denies for the own agency."""
    at, refused = timezone.now(), None
    move = request.POST.get("move", "")
    if move in _SAID:
        try:
            _answer(request, duty, emergency_id, move)
            messages.success(request, _SAID[move])
            return redirect("emergency_answer", emergency_id)
        except (Conflict, Invalid) as error:
            refused = error
    asked = asked_request(by=duty, emergency_id=emergency_id, channel=LedgerEntry.Channel.PAGE, at=at)
    row, shown = asked.emergency, _shown(asked.emergency)
    born = parse_date(asked.described.get("birth_date", ""))
    context = {
        "asked": asked,
        "row": shown,
        "state": row.state_at(at),
        "answer": _own_answer(row, duty),
        "birth_date_read_back": read_back(born, timezone.localdate(at)) if born else "",
        "minutes": minutes_until(shown.until, at),
        "version": row.version,
        "refused": refused,
        "note": request.POST.get("note", ""),
        "seen_at": timezone.localtime(at),
    }
    return render(request, "lookup/emergency_answer.html", context, status=409 if refused else 200)


@require_safe
@open_if(may_release)
def emergency_alerts(request: HttpRequest, duty: Membership, shown: str) -> HttpResponse:
    """The requests that wait, read anew every few seconds; nothing (204) while they are those that are shown."""
    calls = waiting_calls(duty, timezone.now())
    if seen(calls) == shown:
        return HttpResponse(status=204)
    return render(request, "lookup/emergency_alerts.html", {"calls": calls, "seen_calls": seen(calls)})


@dataclass(frozen=True)
class Request:
    """Who asks and why, as the releaser reads it."""

    id: UUID
    requester: str
    title: str
    agency: str
    line: str
    incident_ref: str
    reason: str
    own_words: str
    nature: str
    recipient: str
    requested_at: datetime
    until: datetime | None


def _shown(row: EmergencyAccess) -> Request:
    return Request(
        id=row.pk,
        requester=row.requester.member.display_name,
        title=row.requester.member.title,
        agency=row.agency.name,
        line=row.agency.duty_line,
        incident_ref=row.incident_ref,
        reason=row.get_reason_code_display(),
        own_words=row.reason,
        nature=row.nature,
        recipient=f"{row.recipient_name}, {row.recipient_facility}",
        requested_at=row.requested_at,
        until=row.answer_by if row.state == row.State.REQUESTED else row.ends_at,
    )


def _answer(request: HttpRequest, duty: Membership, emergency_id: UUID, move: str) -> None:
    """Release or deny what the page showed; a request that changed since is looked at again first."""
    at, note = timezone.now(), request.POST.get("note", "")
    seen = request.POST.get("version", "")
    version = int(seen) if seen.isascii() and seen.isdigit() else None
    if move == "deny":
        deny_emergency(by=duty, emergency_id=emergency_id, note=note, version=version, at=at)
        return
    release_emergency(
        by=duty,
        emergency_id=emergency_id,
        with_operational=move == "release_operational",
        note=note,
        version=version,
        at=at,
    )


def _own_answer(row: EmergencyAccess, duty: Membership) -> EmergencyAnswer | None:
    return row.answers.filter(agency=duty.agency_id).select_related("answered_by__member").first()
