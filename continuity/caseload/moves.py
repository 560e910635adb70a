"""Buttons: a verb with its small form, pressed once, answered with a redirect or with the form as it was typed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest

from continuity.agencies.models import Membership
from continuity.agencies.once import act_once
from continuity.agencies.roles import Duty
from continuity.caseload.shapes import MoveForm, SureForm
from continuity.errors import Conflict, DomainError, Incomplete, NotAllowed, NotFound

# The row is None where something begins that has no subject yet.
Run = Callable[[Membership, Any, datetime, dict[str, Any]], object]


def verb(service: Callable[..., object], key: str, **fixed: Any) -> Run:
    """A service as a button runs it; `key` is what the service calls the row."""
    return lambda by, row_id, at, said: service(by=by, at=at, **{key: row_id}, **fixed, **said)


@dataclass(frozen=True)
class Move:
    """One verb: its button, the sentence beside it, and what it asks for."""

    label: str
    says: str
    duties: tuple[Duty, ...]
    run: Run
    form: type[MoveForm] = SureForm
    done: str = "Done."
    is_danger: bool = False
    writes: bool = False  # one of several buttons under one and the same form


@dataclass(frozen=True)
class Button:
    """A move that is legal now, with its form; an open one was refused and keeps what was typed."""

    name: str
    move: Move
    form: forms.Form
    is_open: bool = False

    @property
    def needs_typing(self) -> bool:
        return bool(self.form.fields)


@dataclass(frozen=True)
class Refused:
    """A press that did nothing: whose button, what was typed, and with which status the page comes back."""

    name: str
    form: forms.Form
    status: int


def buttons(
    duty: Membership,
    moves: Mapping[str, Move],
    legal: Sequence[str],
    refused: Refused | None = None,
    initial: Mapping[str, Any] | None = None,
) -> list[Button]:
    """The legal moves in the order of `moves`; a refused one stays, so that nothing typed is lost."""
    shown = []
    for name, move in moves.items():
        if refused is not None and refused.name == name:
            shown.append(Button(name, move, refused.form, is_open=True))
        elif name in legal and any(duty.has_duty(one) for one in move.duties):
            shown.append(Button(name, move, _empty(move, name, duty, initial)))
    return shown


def _empty(move: Move, name: str, duty: Membership, initial: Mapping[str, Any] | None) -> MoveForm:
    return move.form(duty=duty, auto_id=f"{name}-%s", initial=dict(initial or {}))


def press(
    request: HttpRequest,
    duty: Membership,
    row_id: UUID | None,
    moves: Mapping[str, Move],
    at: datetime,
    leads_to: Callable[[Any], str],
) -> str | Refused:
    """Do the verb that was pressed and return where it leads, or the refusal at its own button.

    Raises NotFound for a button that no page has, and what the verb says of a foreign row.
    """
    name = request.POST.get("move", "")
    move = moves.get(name)
    if move is None:
        raise NotFound("not_found", "There is no such record.")
    form = move.form(request.POST, duty=duty, auto_id=f"{name}-%s")
    if not form.is_valid():
        return Refused(name, form, 400)
    said = form.cleaned_data | _version(request)
    try:
        address = act_once(request, by=duty, at=at, act=lambda: leads_to(move.run(duty, row_id, at, said)))
    except (NotFound, NotAllowed):
        raise
    except DomainError as refusal:
        return Refused(name, tell(form, refusal), 409 if isinstance(refusal, Conflict) else 400)
    messages.success(request, move.done)
    return address


def _version(request: HttpRequest) -> dict[str, int]:
    """Which version of the row the page showed, so that nobody acts on what was changed meanwhile."""
    sent = request.POST.get("version", "")
    return {"version": int(sent)} if sent.isascii() and sent.isdigit() else {}


def tell(form: forms.Form, refusal: DomainError) -> forms.Form:
    """Put what the domain says at its fields."""
    for one in refusal.errors if isinstance(refusal, Incomplete) else (refusal,):
        form.add_error(one.field if one.field in form.fields else None, one.detail)
    return form
