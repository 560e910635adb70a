"""A page of one row of the own agency's work: read with its ledger row, shown with its next legal moves."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from continuity.agencies.models import Membership
from continuity.agencies.once import new_key
from continuity.agencies.roles import Duty
from continuity.caseload.door import View, open_to
from continuity.caseload.moves import Move, Refused, buttons, press
from continuity.disclosures.models import LedgerEntry
from continuity.disclosures.own_work import known_people, names_of
from continuity.disclosures.readings import note_reading, refuse_reading

PAGE = LedgerEntry.Channel.PAGE


@dataclass(frozen=True)
class Kind:
    """How a kind of row is read and shown: which rows, what of them, and which moves are legal now.

    `shown` returns what stands on the page and every further row that it shows; a `category` among it is graver than
    the kind's own. `name` is address and template.
    """

    name: str
    category: str
    rows: Callable[[Membership, datetime], QuerySet[Any]]
    shown: Callable[[Any, Membership, datetime], tuple[dict[str, Any], list[Any]]]
    moves: Mapping[str, Move]
    legal: Callable[[Any, Membership, datetime], Sequence[str]]
    leads_to: Callable[[Any], str] | None = None
    initial: Callable[[Any], dict[str, Any]] = lambda row: {}


def page_of(kind: Kind, *duties: Duty) -> View:
    """The view of a kind: GET shows, POST presses a button."""

    @require_http_methods(["GET", "HEAD", "POST"])
    @open_to(*duties)
    def page(request: HttpRequest, duty: Membership, row_id: UUID) -> HttpResponse:
        at = timezone.now()
        refused = None
        if request.method == "POST":
            here = reverse(kind.name, args=[row_id])
            leads_to = kind.leads_to or (lambda _: here)
            outcome = press(request, duty, row_id, kind.moves, at, leads_to)
            if isinstance(outcome, str):
                return redirect(outcome)
            refused = outcome
        return _show(request, duty, kind, row_id, at, refused)

    return page


def _show(
    request: HttpRequest, duty: Membership, kind: Kind, row_id: UUID, at: datetime, refused: Refused | None
) -> HttpResponse:
    row = kind.rows(duty, at).filter(pk=row_id).first()
    if row is None:
        raise refuse_reading(
            by=duty, channel=PAGE, at=at, searched=f"{kind.name} {row_id}", category=kind.category
        )
    shown, more = kind.shown(row, duty, at)
    person_id = getattr(row, "person_id", None)
    category = shown.get("category", kind.category)
    note_reading(by=duty, rows=[row, *more], channel=PAGE, at=at, category=category, person_id=person_id)
    legal = kind.legal(row, duty, at)
    shown_buttons = buttons(duty, kind.moves, legal, refused, kind.initial(row))
    writing = [one for one in shown_buttons if one.move.writes]
    context = {
        "row": shown,
        "seen_at": at,
        "person": _person(duty, person_id, at),
        "buttons": [one for one in shown_buttons if not one.move.writes],
        "writing": writing,
        "written": next((one for one in writing if one.is_open), writing[0] if writing else None),
        "refused": refused,
        "once": new_key(),
        "version": row.version,
    }
    return render(request, f"caseload/{kind.name}.html", context, status=refused.status if refused else 200)


def _person(duty: Membership, person_id: UUID | None, at: datetime) -> dict[str, Any] | None:
    """The person that the row is about, with a way to their page for who may open it."""
    if person_id is None:
        return None
    names = names_of(duty, [person_id])
    may_open = known_people(duty, at).filter(person=person_id).exists()
    return {"id": person_id, "name": names.get(person_id, "Name not known"), "may_open": may_open}


def member_name(membership: Membership | None) -> str:
    """Who did it, or "" when nobody did."""
    return membership.member.display_name if membership else ""
