"""Emergencies after they are over: the queue to review, the file of one, and who is still to be told (5.11)."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from continuity.access.emergencies import (
    clear_emergency,
    described_of,
    note_person_told,
    review_emergency,
    to_review,
    to_tell,
)
from continuity.access.models import EmergencyAccess
from continuity.agencies.models import Membership
from continuity.backoffice.desk_forms import typed
from continuity.backoffice.emergency_forms import ClearForm, ReviewForm, ToldForm
from continuity.backoffice.moves import Move, Verb, lost, press, runs, status_of
from continuity.backoffice.page import ADMIN, PAGE, render_page
from continuity.backoffice.sheet import Badge
from continuity.backoffice.words import CATEGORIES, day, listed
from continuity.disclosures.emergencies import ReviewFile, review_file
from continuity.disclosures.readings import note_reading

_Review = EmergencyAccess.Review
_DONE = {
    _Review.JUSTIFIED: Badge("good", "Justified"),
    _Review.UNJUSTIFIED: Badge("danger", "Not justified"),
}


CLEAR = Verb(
    "Let the requester use emergency access again",
    "",
    runs(clear_emergency, "emergency_id"),
    "Cleared.",
    ClearForm,
    button="Clear",
)
TELL = Verb(
    "Told, or why not",
    "",
    runs(note_person_told, "emergency_id"),
    "Written down.",
    ToldForm,
    button="Write it down",
)


@require_safe
def queue(request: HttpRequest, duty: Membership) -> HttpResponse:
    """Emergencies that wait for this member's review, the first due first; it names nobody served."""
    at = timezone.now()
    waiting = list(to_review(duty, at)[:PAGE])
    note_reading(by=duty, rows=waiting, channel=ADMIN, at=at, category="D0")
    context = {"title": "Emergencies to review", "lines": [_line(one, at) for one in waiting]}
    return render_page(request, "emergencies.html", context)


@require_http_methods(["GET", "POST"])
def case(request: HttpRequest, duty: Membership, emergency_id: UUID) -> HttpResponse:
    """The file of one emergency access, and the reviewer's word on it."""
    form = ReviewForm(typed(request))
    if form.is_bound and not form.refused(
        lambda said: review_emergency(by=duty, emergency_id=emergency_id, at=timezone.now(), **said)
    ):
        messages.success(request, "Reviewed.")
        return redirect("admin:emergencies")
    return _show_case(request, duty, emergency_id, form)


@require_POST
def clear(request: HttpRequest, duty: Membership, emergency_id: UUID) -> HttpResponse:
    """Let the requester of an unjustified access use it again."""
    if refused := press(request, _clear(emergency_id, request.POST), duty, emergency_id):
        return _show_case(request, duty, emergency_id, refused=refused)
    return redirect("admin:emergencies")


def _clear(emergency_id: UUID, typed: Any = None, **initial: Any) -> Move:
    form = ClearForm(typed, initial=initial, auto_id="clear-%s")
    return Move(CLEAR, form, reverse("admin:clear_emergency", args=[emergency_id]))


@require_safe
def still_to_tell(request: HttpRequest, duty: Membership) -> HttpResponse:
    """Emergencies of which the person is still to be told."""
    return _show_to_tell(request, duty)


@require_POST
def told(request: HttpRequest, duty: Membership, emergency_id: UUID) -> HttpResponse:
    """Note how a person was told, or why not."""
    if refused := press(request, _tell(emergency_id, request.POST), duty, emergency_id):
        return _show_to_tell(request, duty, refused)
    return redirect("admin:emergencies_to_tell")


def _tell(emergency_id: UUID, typed: Any = None, **initial: Any) -> Move:
    form = ToldForm(typed, initial=initial, auto_id=f"told-{emergency_id}-%s")
    return Move(TELL, form, reverse("admin:person_told", args=[emergency_id]))


def _show_case(
    request: HttpRequest,
    duty: Membership,
    emergency_id: UUID,
    form: ReviewForm | None = None,
    *,
    refused: Move | None = None,
) -> HttpResponse:
    at = timezone.now()
    file = review_file(by=duty, emergency_id=emergency_id, channel=ADMIN, at=at)
    one = file.emergency
    is_to_clear = one.review == _Review.UNJUSTIFIED and one.cleared_at is None
    is_reviewed = one.review in _DONE
    review = form if form is not None and form.is_bound else ReviewForm(initial={"version": one.version})
    context = {
        "title": f"Emergency, incident {one.incident_ref}",
        "emergency": one.pk,
        "line": _line(one, at),
        "facts": _facts(file),
        "answers": [
            {
                "agency": answer.agency.name,
                "by": answer.answered_by.member.display_name,
                "at": answer.answered_at,
                "what": listed([CATEGORIES[code] for code in answer.categories], "nothing"),
                "note": answer.note,
            }
            for answer in file.answers
        ],
        "uses": [
            {
                "at": use.at,
                "where": use.channel,
                "what": listed([CATEGORIES[code] for code in use.categories]),
                "records": use.records,
            }
            for use in file.uses
        ],
        "is_reviewed": is_reviewed,
        "review_note": one.review_note,
        "referred_to": one.sanction_referred_to,
        "cleared_at": one.cleared_at,
        "cleared_note": one.cleared_note,
        "review_form": None if is_reviewed else review,
        "clear": (refused or _clear(one.pk, version=one.version)) if is_to_clear else None,
        "refused": None if is_to_clear else refused,
    }
    status = form.status if form else status_of(refused)
    return render_page(request, "emergency_case.html", context, status)


def _show_to_tell(request: HttpRequest, duty: Membership, refused: Move | None = None) -> HttpResponse:
    at = timezone.now()
    waiting = list(to_tell(duty, at)[:PAGE])
    note_reading(by=duty, rows=waiting, channel=ADMIN, at=at, category="D0")
    lines = [
        _line(one, at) | {"whom": whom(one), "move": _tell(one.pk, version=one.version).or_refused(refused)}
        for one in waiting
    ]
    shown = lost(refused, [line["move"] for line in lines])
    context = {"title": "To tell the person", "lines": lines, "refused": shown}
    return render_page(request, "emergencies_to_tell.html", context, status_of(refused))


def whom(one: EmergencyAccess) -> str:
    """Whom the requester described; whether anybody was found under it, nobody is told (P-3)."""
    typed = described_of(one)
    name = f"{typed.get('first', '')} {typed.get('last', '')}".strip()
    born = typed.get("birth_date")
    said = [name, f"born {day(date.fromisoformat(born))}" if born else ""]
    said.append(f"number {typed['identifier']}" if typed.get("identifier") else "")
    return ", ".join(filter(None, said))


def _line(one: EmergencyAccess, at: datetime) -> dict[str, Any]:
    """One emergency access in a list, without whom it was about."""
    over = one.ended_at or one.ends_at
    is_late = one.review_due_at is not None and one.review_due_at <= at
    badge = _DONE.get(_Review(one.review)) or (
        Badge("danger", "Overdue") if is_late else Badge("attention", "To review")
    )
    return {
        "id": one.pk,
        "badge": badge,
        "kind": one.get_kind_display(),
        "who": one.requester.member.display_name,
        "agency": one.agency.name,
        "incident": one.incident_ref,
        "over_at": over,
        "due_at": one.review_due_at,
    }


def _facts(file: ReviewFile) -> Iterable[tuple[str, str]]:
    """What 42 CFR 2.51(c) wants documented, as the requester documented it."""
    one = file.emergency
    yield "About whom, as typed", whom(one)
    yield "Who asked", f"{one.requester.member.display_name}, {one.agency.name}"
    yield "For whom", ", ".join(filter(None, (one.recipient_name, one.recipient_facility)))
    yield "Incident", one.incident_ref
    yield "Kind of emergency", one.get_reason_code_display()
    yield "Nature of the emergency", one.nature
    yield "Reason given", one.reason
    yield "What it opened", listed([CATEGORIES[code] for code in sorted(one.categories)])
    yield "Asked", _moment(one.requested_at)
    yield "Open", f"{_moment(one.starts_at)} to {_moment(one.ended_at or one.ends_at)}"


def _moment(when: datetime | None) -> str:
    local = timezone.localtime(when) if when else None
    return f"{day(local)}, {local:%H:%M}" if local else "not at all"
