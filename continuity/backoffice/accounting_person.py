"""A person's accountings, what keeps entries out of them for a time, and what was given outside of the service."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from continuity.agencies.models import Membership
from continuity.backoffice.accounting_verbs import ABOUT_PERSON
from continuity.backoffice.moves import Move, press, press_alone, status_of, verb_of
from continuity.backoffice.page import ADMIN, PAGE, render_page
from continuity.backoffice.people_pages import known_person
from continuity.backoffice.sheet import Badge, names_of
from continuity.disclosures.accounting_requests import readable_requests
from continuity.disclosures.models import AccountingRequest, AccountingSuspension
from continuity.disclosures.readings import note_reading
from continuity.disclosures.suspensions import lift_suspension, readable_suspensions

_S = AccountingRequest.State
ANSWERED = (_S.DELIVERED, _S.WITHDRAWN)


@require_safe
def accountings_of(request: HttpRequest, duty: Membership, person_id: UUID) -> HttpResponse:
    """A person's requests and suspensions, and the forms to write down more."""
    return _show(request, duty, person_id)


@require_POST
def write_down(request: HttpRequest, duty: Membership, person_id: UUID, verb: str) -> HttpResponse:
    """Run one verb about a person; a refusal comes back on the page, at its own button."""
    known_person(duty, person_id)
    if refused := press(request, _move(verb, duty, person_id, request.POST), duty, person_id):
        return _show(request, duty, person_id, refused)
    return redirect("admin:accountings_of", person_id)


def _move(name: str, duty: Membership, person_id: UUID, typed: Any = None) -> Move:
    verb = verb_of(ABOUT_PERSON, name)
    form = verb.ask(duty, typed, auto_id=f"{name}-%s")
    return Move(verb, form, reverse("admin:account_for", args=[person_id, name]))


@require_safe
def suspensions(request: HttpRequest, duty: Membership) -> HttpResponse:
    """Whose entries stay out of whose accountings, those that hold first."""
    at = timezone.now()
    rows = list(_with_names(readable_suspensions(duty)).order_by("-ends_at")[:PAGE])
    note_reading(by=duty, rows=rows, channel=ADMIN, at=at)
    names = names_of((one.person_id for one in rows), duty.agency_id)
    lines = [_suspension(one, at) | {"person": names.get(one.person_id, "name not known")} for one in rows]
    lines.sort(key=lambda one: not one["is_on"])
    return render_page(request, "suspensions.html", {"title": "Suspended entries", "lines": lines})


@require_POST
def lift(request: HttpRequest, duty: Membership, suspension_id: UUID) -> HttpResponse:
    """Let an agency's entries come back now."""
    press_alone(
        request,
        lambda: lift_suspension(by=duty, suspension_id=suspension_id, at=timezone.now()),
        "Lifted. Prepare again what was prepared meanwhile.",
    )
    return redirect("admin:suspensions")


def _show(
    request: HttpRequest, duty: Membership, person_id: UUID, refused: Move | None = None
) -> HttpResponse:
    at = timezone.now()
    found = known_person(duty, person_id)
    asked = list(
        readable_requests(duty, at).defer("content").filter(person=found).order_by("-requested_at")[:PAGE]
    )
    rows = readable_suspensions(duty).filter(person=found).order_by("-ends_at")
    kept = list(_with_names(rows)[:PAGE])
    note_reading(by=duty, rows=[found, *asked, *kept], channel=ADMIN, at=at, person_id=found.pk)
    names = names_of([found.pk], duty.agency_id)
    context = {
        "title": f"Accountings for {names.get(found.pk, 'this person')}",
        "person": found.pk,
        "asked": [line(one, names, at) for one in asked],
        "suspensions": [_suspension(one, at) for one in kept],
        "moves": [_move(name, duty, found.pk).or_refused(refused) for name in ABOUT_PERSON],
    }
    return render_page(request, "accountings_of.html", context, status_of(refused))


def line(one: AccountingRequest, names: dict[UUID, str], at: datetime) -> dict[str, Any]:
    """One request in a list."""
    return {
        "id": one.pk,
        "person_id": one.person_id,
        "person": names.get(one.person_id, "name not known"),
        "kind": one.get_kind_display(),
        "badge": _badge(one, at),
        "asked_by": one.asked_by,
        "requested_at": one.requested_at,
        "due_at": one.due_at,
        "delivered_at": one.delivered_at,
    }


def _badge(one: AccountingRequest, at: datetime) -> Badge:
    if one.state in ANSWERED:
        return Badge("good" if one.state == _S.DELIVERED else "neutral", one.get_state_display().capitalize())
    state = one.get_state_display().capitalize()
    if one.due_at < at:
        return Badge("danger", f"{state}, overdue")
    left = (timezone.localtime(one.due_at).date() - timezone.localtime(at).date()).days
    word = "today" if left == 0 else f"in {left} day{'' if left == 1 else 's'}"
    return Badge("attention" if left <= 7 else "neutral", f"{state}, due {word}")


def _with_names(rows: Any) -> Any:
    return rows.select_related("for_agency", "recorded_by__member")


def _suspension(one: AccountingSuspension, at: datetime) -> dict[str, Any]:
    end = one.lifted_at or one.ends_at
    is_on = one.starts_at <= at < end
    word = "In force" if is_on else "Lifted" if one.lifted_at else "Ahead" if at < one.starts_at else "Over"
    return {
        "id": one.pk,
        "person_id": one.person_id,
        "agency": one.for_agency.name,
        "official": ", ".join(said for said in (one.official_name, one.official_title) if said),
        "how": "by word" if one.is_oral else f"in writing: {one.document_ref}",
        "starts_at": one.starts_at,
        "ends_at": end,
        "by": one.recorded_by.member.display_name,
        "badge": Badge("danger" if is_on else "neutral", word),
        "is_on": is_on,
        "may_lift": one.lifted_at is None and at < one.ends_at,
    }
