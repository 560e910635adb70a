"""Who may see this person: confidentiality, named staff, agreed restrictions, and a death (6.4, 164.522)."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from continuity.access.models import ConfidentialityDecision, Restriction
from continuity.access.restrictions import decisions_of, named_staff, restrictions_of, wishes_about
from continuity.agencies.models import Membership
from continuity.backoffice.moves import Move, lost, press, status_of, verb_of
from continuity.backoffice.page import ADMIN, render_page
from continuity.backoffice.people_pages import known_person
from continuity.backoffice.restriction_verbs import ABOUT_PERSON, ABOUT_ROW
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


@require_safe
def restrictions(request: HttpRequest, duty: Membership, person_id: UUID) -> HttpResponse:
    """Everything that narrows who sees one person, with its buttons."""
    return _show(request, duty, person_id)


@require_POST
def restrict(
    request: HttpRequest, duty: Membership, person_id: UUID, verb: str, row_id: UUID | None = None
) -> HttpResponse:
    """Run one verb; a refusal comes back on the page, at its own button."""
    known_person(duty, person_id)
    move = _move(verb, duty, person_id, row_id, request.POST)
    if refused := press(request, move, duty, (person_id, row_id)):
        return _show(request, duty, person_id, refused)
    return redirect("admin:restrictions", person_id)


def _move(name: str, duty: Membership, person: UUID, row: UUID | None = None, typed: Any = None) -> Move:
    verb = verb_of(ABOUT_ROW if row else ABOUT_PERSON, name)
    form = verb.ask(duty, typed, auto_id=f"{name}-{row}-%s" if row else f"{name}-%s")
    page, args = ("restrict_one", [person, name, row]) if row else ("restrict", [person, name])
    return Move(verb, form, reverse(f"admin:{page}", args=args))


def _show(
    request: HttpRequest, duty: Membership, person_id: UUID, refused: Move | None = None
) -> HttpResponse:
    at = timezone.now()
    found = known_person(duty, person_id)
    kept, said = list(restrictions_of(duty, found.pk)), list(decisions_of(duty, found.pk))
    note_reading(by=duty, rows=[found, *kept, *said], channel=ADMIN, at=at, person_id=found.pk)

    moves: list[Move] = []

    def move(name: str, row: UUID | None = None) -> Move:
        moves.append(_move(name, duty, person_id, row).or_refused(refused))
        return moves[-1]

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
        "refused": lost(refused, moves),
    }
    return render_page(request, "restrictions.html", context, status_of(refused))


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
