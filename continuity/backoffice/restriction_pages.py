"""Who may see this person: confidentiality, named staff, agreed restrictions, and a death (6.4, 164.522)."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from continuity.access.models import ConfidentialityDecision, Restriction
from continuity.access.restrictions import decisions_of, named_staff, restrictions_of, wishes_about
from continuity.agencies.models import Membership
from continuity.agencies.roles import Duty
from continuity.backoffice.consent_pages import ADMIN, render_page
from continuity.backoffice.people_pages import known_person
from continuity.backoffice.restriction_forms import WhyForm
from continuity.backoffice.restriction_verbs import VERBS, Verb
from continuity.backoffice.sheet import Badge, names_of
from continuity.backoffice.words import CATEGORIES, listed
from continuity.disclosures.readings import note_reading
from continuity.people.models import Person

_State = Restriction.State
_BADGES = {
    _State.REQUESTED: "attention",
    _State.AGREED: "good",
    _State.DECLINED: "neutral",
    _State.ENDED: "neutral",
}
_NEXT = {_State.REQUESTED: ("agree", "decline"), _State.AGREED: ("end",)}


def pages(desk: Any) -> list[URLPattern]:
    """The addresses of this page, for those who may restrict."""
    return [
        path("people/<uuid:person_id>/restrictions/", desk(restrictions, Duty.RESTRICT), name="restrictions"),
        path(
            "people/<uuid:person_id>/restrictions/<slug:verb>/",
            desk(restrict, Duty.RESTRICT),
            name="restrict",
        ),
        path(
            "people/<uuid:person_id>/restrictions/<slug:verb>/<uuid:row_id>/",
            desk(restrict, Duty.RESTRICT),
            name="restrict_one",
        ),
    ]


@dataclass(frozen=True)
class Move:
    """A button with its form; `row` is what it is about, None for the whole person."""

    name: str
    verb: Verb
    form: WhyForm
    row: UUID | None = None
    is_open: bool = False


@dataclass(frozen=True)
class Refused:
    """The button whose form comes back with what was typed and why it was refused."""

    name: str = ""
    row: UUID | None = None
    form: WhyForm | None = None


@require_safe
def restrictions(request: HttpRequest, duty: Membership, person_id: UUID) -> HttpResponse:
    """Everything that narrows who sees one person, with its buttons."""
    return _show(request, duty, person_id, Refused(), 200)


@require_POST
def restrict(
    request: HttpRequest, duty: Membership, person_id: UUID, verb: str, row_id: UUID | None = None
) -> HttpResponse:
    """Run one verb; a refusal comes back on the page, at its own button."""
    chosen = VERBS.get(verb)
    if chosen is None or chosen.is_about_one != (row_id is not None):
        raise Http404
    at = timezone.now()
    known_person(duty, person_id)
    form = chosen.form(request.POST, duty=duty, now=at, auto_id=_ids(verb, row_id))
    if status := form.refused(lambda said: chosen.run(duty, person_id, row_id or person_id, at, said)):
        return _show(request, duty, person_id, Refused(verb, row_id, form), status)
    messages.success(request, chosen.done)
    return redirect("admin:restrictions", person_id)


def _show(
    request: HttpRequest, duty: Membership, person_id: UUID, refused: Refused, status: int
) -> HttpResponse:
    at = timezone.now()
    found = known_person(duty, person_id)
    kept, said = list(restrictions_of(duty, found.pk)), list(decisions_of(duty, found.pk))
    note_reading(by=duty, rows=[found, *kept, *said], channel=ADMIN, at=at, person_id=found.pk)

    def move(name: str, row: UUID | None = None) -> Move:
        is_refused = (name, row) == (refused.name, refused.row)
        form = refused.form if is_refused and refused.form is not None else None
        form = form or VERBS[name].form(duty=duty, now=at, auto_id=_ids(name, row))
        return Move(name, VERBS[name], form, row, is_refused)

    newest = {one.member_id: one for one in reversed(said) if one.kind == ConfidentialityDecision.Kind.NAMED}
    own_wish = wishes_about(found).get(duty.agency_id, "")
    context = {
        "title": f"Who may see {names_of([found.pk], duty.agency_id).get(found.pk, 'this person')}",
        "person": found.pk,
        "level": found.get_confidentiality_display(),
        "is_restricted": found.confidentiality != Person.Confidentiality.NORMAL,
        "is_stricter": bool(own_wish) and own_wish != found.confidentiality,
        "own_wish": Person.Confidentiality(own_wish).label if own_wish else "",
        "staff": [
            {
                "name": one.display_name,
                "title": one.title,
                "named": _step(newest[one.pk]) if one.pk in newest else None,
                "move": move("remove", one.pk),
            }
            for one in named_staff(duty, found)
        ],
        "kept": [_line(one) | {"moves": [move(name, one.pk) for name in _next(one)]} for one in kept],
        "history": [_step(one) for one in said],
        "died": found.deceased_date,
        "level_move": move("level"),
        "name_move": move("name"),
        "request_move": move("request"),
        "death_move": move("alive" if found.deceased_date else "death"),
    }
    return render_page(request, "backoffice/restrictions.html", context, status=status)


def _line(one: Restriction) -> dict[str, Any]:
    """One restriction as the page says it."""
    is_employee = one.kind == Restriction.Kind.EMPLOYEE
    towards = one.towards.name if one.towards else "everybody else"
    return {
        "badge": Badge(_BADGES[_State(one.state)], one.get_state_display().capitalize()),
        "says": f"Works for {towards}, which sees nothing of the person." if is_employee else "",
        "towards": towards,
        "what": listed([CATEGORIES[code] for code in one.categories], "all records"),
        "asked_at": one.requested_at,
        "decided_at": one.decided_at,
        "decided_by": one.decided_by.member.display_name if one.decided_by else "",
        "ended_at": one.ended_at,
        "reasons": [text for text in (one.reason, one.decided_reason, one.ended_reason) if text],
    }


def _step(one: ConfidentialityDecision) -> dict[str, Any]:
    """One decision as the page says it."""
    who = one.member.display_name if one.member else ""
    said = {
        ConfidentialityDecision.Kind.LEVEL: f"Level: {one.get_level_display()}.",
        ConfidentialityDecision.Kind.NAMED: f"{who} named.",
        ConfidentialityDecision.Kind.REMOVED: f"{who} no longer named.",
    }
    what = said[ConfidentialityDecision.Kind(one.kind)]
    return {"at": one.decided_at, "what": what, "why": one.reason, "by": one.decided_by.member.display_name}


def _next(one: Restriction) -> tuple[str, ...]:
    return _NEXT.get(_State(one.state), ())


def _ids(verb: str, row: UUID | None) -> str:
    """Field ids of one form among many of the page."""
    return f"{verb}-{row}-%s" if row else f"{verb}-%s"
