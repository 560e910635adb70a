"""Emergencies after they are over: the queue to review, the file of one, and who is still to be told (5.11)."""

from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
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
from continuity.agencies.roles import Duty
from continuity.backoffice.consent_pages import ADMIN, PAGE, render_page
from continuity.backoffice.desk_forms import DeskForm
from continuity.backoffice.emergency_forms import ClearForm, ReviewForm, ToldForm
from continuity.backoffice.sheet import Badge
from continuity.backoffice.words import CATEGORIES, day, listed
from continuity.disclosures.emergencies import ReviewFile, review_file
from continuity.disclosures.readings import note_reading

_Review = EmergencyAccess.Review
_DONE = {
    _Review.JUSTIFIED: Badge("good", "Justified"),
    _Review.UNJUSTIFIED: Badge("danger", "Not justified"),
}


def pages(desk: Any) -> list[URLPattern]:
    """The addresses of these pages, for those who review emergencies."""
    review = Duty.REVIEW_EMERGENCY
    return [
        path("emergencies/", desk(queue, review), name="emergencies"),
        path("emergencies/to-tell/", desk(still_to_tell, review), name="emergencies_to_tell"),
        path("emergencies/<uuid:emergency_id>/", desk(case, review), name="emergency_case"),
        path("emergencies/<uuid:emergency_id>/clear/", desk(clear, review), name="clear_emergency"),
        path("emergencies/<uuid:emergency_id>/told/", desk(told, review), name="person_told"),
    ]


@require_safe
def queue(request: HttpRequest, duty: Membership) -> HttpResponse:
    """Emergencies that wait for this member's review, the first due first; it names nobody served."""
    at = timezone.now()
    waiting = list(to_review(duty, at)[:PAGE])
    note_reading(by=duty, rows=waiting, channel=ADMIN, at=at, category="D0")
    context = {"title": "Emergencies to review", "lines": [_line(one, at) for one in waiting]}
    return render_page(request, "backoffice/emergencies.html", context)


@require_http_methods(["GET", "POST"])
def case(request: HttpRequest, duty: Membership, emergency_id: UUID) -> HttpResponse:
    """The file of one emergency access, and the reviewer's word on it."""
    form = ReviewForm(request.POST) if request.method == "POST" else None
    if form is None:
        return _show_case(request, duty, emergency_id)
    return _run(
        request,
        form,
        lambda said: review_emergency(by=duty, emergency_id=emergency_id, at=timezone.now(), **said),
        "Reviewed.",
        lambda status: _show_case(request, duty, emergency_id, status, review=form),
    )


@require_POST
def clear(request: HttpRequest, duty: Membership, emergency_id: UUID) -> HttpResponse:
    """Let the requester of an unjustified access use it again."""
    form = ClearForm(request.POST, auto_id="clear-%s")
    return _run(
        request,
        form,
        lambda said: clear_emergency(by=duty, emergency_id=emergency_id, at=timezone.now(), **said),
        "Cleared.",
        lambda status: _show_case(request, duty, emergency_id, status, clearing=form),
    )


@require_safe
def still_to_tell(request: HttpRequest, duty: Membership) -> HttpResponse:
    """Emergencies of which the person is still to be told."""
    return _show_to_tell(request, duty)


@require_POST
def told(request: HttpRequest, duty: Membership, emergency_id: UUID) -> HttpResponse:
    """Note how a person was told, or why not."""
    form = ToldForm(request.POST, auto_id=f"told-{emergency_id}-%s")
    return _run(
        request,
        form,
        lambda said: note_person_told(by=duty, emergency_id=emergency_id, at=timezone.now(), **said),
        "Written down.",
        lambda status: _show_to_tell(request, duty, status, refused=(emergency_id, form)),
        page="admin:emergencies_to_tell",
    )


def _run(
    request: HttpRequest,
    form: DeskForm,
    verb: Callable[[dict[str, Any]], object],
    done: str,
    again: Callable[[int], HttpResponse],
    page: str = "admin:emergencies",
) -> HttpResponse:
    """Run a verb with what was typed; a refusal comes back on the page `again`."""
    if status := form.refused(verb):
        return again(status)
    messages.success(request, done)
    return redirect(page)


def _show_case(
    request: HttpRequest,
    duty: Membership,
    emergency_id: UUID,
    status: int = 200,
    *,
    review: Form | None = None,
    clearing: Form | None = None,
) -> HttpResponse:
    at = timezone.now()
    file = review_file(by=duty, emergency_id=emergency_id, channel=ADMIN, at=at)
    one = file.emergency
    version = {"version": one.version}
    is_reviewed = one.review in _DONE
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
        "review_form": None if is_reviewed else review or ReviewForm(initial=version),
        "clear_form": clearing or ClearForm(initial=version, auto_id="clear-%s")
        if one.review == _Review.UNJUSTIFIED and one.cleared_at is None
        else None,
    }
    return render_page(request, "backoffice/emergency_case.html", context, status=status)


def _show_to_tell(
    request: HttpRequest, duty: Membership, status: int = 200, refused: tuple[UUID, Form] | None = None
) -> HttpResponse:
    at = timezone.now()
    waiting = list(to_tell(duty, at)[:PAGE])
    note_reading(by=duty, rows=waiting, channel=ADMIN, at=at, category="D0")
    lines = [
        _line(one, at)
        | {
            "whom": whom(one),
            "is_open": refused is not None and refused[0] == one.pk,
            "form": refused[1]
            if refused is not None and refused[0] == one.pk
            else ToldForm(initial={"version": one.version}, auto_id=f"told-{one.pk}-%s"),
        }
        for one in waiting
    ]
    context = {"title": "To tell the person", "lines": lines}
    return render_page(request, "backoffice/emergencies_to_tell.html", context, status=status)


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
