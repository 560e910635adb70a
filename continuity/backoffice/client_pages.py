"""Programs of the own agency: registered, their keys and scopes, their last use, suspended (S-9, S-10)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from continuity.agencies import machines
from continuity.agencies.freshness import require_fresh
from continuity.agencies.jwks import MOST_KEYS
from continuity.agencies.models import MachineClient, Membership
from continuity.agencies.roles import Duty
from continuity.agencies.scopes import SAYS, Scope
from continuity.backoffice import client_forms as f
from continuity.backoffice.consent_pages import render_page
from continuity.backoffice.desk_forms import DeskForm
from continuity.backoffice.sheet import Badge
from continuity.trail.models import Event

_SHOWN = 20  # events
_SAID = {
    Event.Kind.CLIENT_REGISTERED: "Registered",
    Event.Kind.CLIENT_CHANGED: "Changed",
    Event.Kind.KEYS_ROTATED: "Keys changed",
    Event.Kind.TOKEN_ISSUED: "Got a token",
    Event.Kind.TOKEN_REFUSED: "Was given no token",
}
_BY_ITSELF = (Event.Kind.TOKEN_ISSUED, Event.Kind.TOKEN_REFUSED)


@dataclass(frozen=True)
class Verb:
    """One button of a program's page; `wants_proof` gives the program something, so it asks who sits there."""

    label: str
    says: str
    run: Callable[..., MachineClient]
    done: str
    is_danger: bool = False
    wants_proof: bool = False


VERBS = {
    "scopes": Verb(
        "Change what it may do", "What you take away is gone at once.", machines.change_scopes, "Changed.",
        wants_proof=True,
    ),
    "add-key": Verb(
        "Add the next key", "Both keys count until you take the old one away.", machines.rotate_keys,
        "Added. Take the old key away once the program uses the new one.", wants_proof=True,
    ),
    "remove-key": Verb(
        "Take this key away", "Ends every token of the program at once.", machines.rotate_keys, "Taken away.", True,
    ),
    "suspend": Verb(
        "Suspend", "Its tokens end at once, and it gets no more.", machines.suspend_client, "Suspended.", True,
    ),
    "resume": Verb(
        "Resume", "It gets tokens again.", machines.resume_client, "Resumed.", wants_proof=True,
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Move:
    """A button with its form."""

    name: str
    verb: Verb
    form: DeskForm
    is_open: bool = False


def pages(desk: Any) -> list[URLPattern]:
    """The addresses of these pages, for administrators of an agency."""
    return [
        path("programs/", desk(clients, Duty.ADMINISTER_AGENCY), name="clients"),
        path("programs/register/", desk(register, Duty.ADMINISTER_AGENCY), name="register_client"),
        path("programs/<uuid:client_id>/", desk(client, Duty.ADMINISTER_AGENCY), name="client"),
        path(
            "programs/<uuid:client_id>/<slug:verb>/",
            desk(act, Duty.ADMINISTER_AGENCY),
            name="act_on_client",
        ),
    ]


@require_safe
def clients(request: HttpRequest, duty: Membership) -> HttpResponse:
    """The programs of the own agency, with their last use."""
    lines = [{"row": row, "badge": _badge(row)} for row in machines.clients_of(duty)]
    return render_page(request, "backoffice/clients.html", {"title": "Programs", "lines": lines})


@require_http_methods(["GET", "HEAD", "POST"])
def register(request: HttpRequest, duty: Membership) -> HttpResponse:
    """Register a program; a refusal comes back with what was typed."""
    made: list[MachineClient] = []
    form, status = f.RegisterForm(request.POST if request.method == "POST" else None), 200
    if request.method == "POST":
        if form.is_valid():
            require_fresh(request)
        status = form.refused(
            lambda said: made.append(machines.register_client(by=duty, at=timezone.now(), **said))
        )
    if made:
        messages.success(request, "Registered. Give its maker the client id and the address for tokens.")
        return redirect("admin:client", made[0].pk)
    context = {"title": "Register a program", "form": form, "back": reverse("admin:clients")}
    return render_page(request, "backoffice/register_client.html", context, status=status)


@require_safe
def client(request: HttpRequest, duty: Membership, client_id: UUID) -> HttpResponse:
    """One program: whose it is, its keys, what it may do, when it asked last, with its buttons."""
    return _show(request, _found(duty, client_id))


@require_POST
def act(request: HttpRequest, duty: Membership, client_id: UUID, verb: str) -> HttpResponse:
    """Run one verb; a refusal comes back on the page, at its own button."""
    chosen = VERBS.get(verb)
    if chosen is None:
        raise Http404
    found = _found(duty, client_id)
    form = _form(verb, found, request.POST)
    if chosen.wants_proof and form.is_valid():
        require_fresh(request)
    status = form.refused(lambda said: chosen.run(by=duty, client_id=found.pk, at=timezone.now(), **said))
    if status:
        return _show(request, found, Move(verb, chosen, form, True), status)
    messages.success(request, chosen.done)
    return redirect("admin:client", found.pk)


def _found(duty: Membership, client_id: UUID) -> MachineClient:
    found = machines.clients_of(duty).filter(pk=client_id).first()
    if found is None:
        raise Http404
    return found


def _form(verb: str, found: MachineClient, typed: Any = None, **first: Any) -> DeskForm:
    """The form of a button; `first` is what stands in it at the start."""
    initial: dict[str, Any] = {"version": found.version} | first
    ids = f"{verb}-{first.get('kid', '')}-%s"
    if verb == "scopes":
        return f.ScopesForm(typed, initial=f.ScopesForm.typed(found), auto_id=ids)
    if verb == "add-key":
        return f.NextKeyForm(typed, initial=initial, client=found, auto_id=ids)
    if verb == "remove-key":
        return f.OldKeyForm(typed, initial=initial, client=found, auto_id=ids)
    return f.SureForm(typed, initial=initial, auto_id=ids)


def _show(
    request: HttpRequest, found: MachineClient, refused: Move | None = None, status: int = 200
) -> HttpResponse:
    def move(name: str, **first: Any) -> Move:
        if refused is not None and refused.name == name and first.get("kid") == refused.form.data.get("kid"):
            return refused
        return Move(name, VERBS[name], _form(name, found, **first))

    keys = found.jwks["keys"]
    context = {
        "title": found.name,
        "client": found,
        "badge": _badge(found),
        "token_address": _token_address(request),
        "may": [SAYS[Scope(scope)] for scope in found.scopes],
        "keys": [
            {"kid": key["kid"], "alg": key["alg"], "move": _of_key(move, key["kid"], len(keys))}
            for key in keys
        ],
        "next_key": move("add-key") if len(keys) < MOST_KEYS else None,
        "moves": [move("scopes"), move("resume" if found.suspended_at else "suspend")],
        "events": [_line(event) for event in machines.events_of(found).select_related("member")[:_SHOWN]],
    }
    return render_page(request, "backoffice/client.html", context, status=status)


def _of_key(move: Callable[..., Move], kid: str, how_many: int) -> Move | None:
    """The last key is not taken away: a program without one is suspended."""
    return move("remove-key", kid=kid) if how_many > 1 else None


def _token_address(request: HttpRequest) -> str:
    address = reverse("v1:token")
    return (
        f"{settings.SITE_URL.rstrip('/')}{address}"
        if settings.SITE_URL
        else request.build_absolute_uri(address)
    )


def _badge(row: MachineClient) -> Badge:
    if row.suspended_at is not None:
        return Badge("danger", "Suspended")
    if not row.membership.is_current:
        return Badge("danger", "Its account has ended")
    return Badge("good", "May ask") if row.last_used_at else Badge("neutral", "Never asked yet")


def _line(event: Event) -> dict[str, Any]:
    """What happened, what of it or why, and who did it."""
    _, _, more = event.about.partition(" ")
    what = _SAID[Event.Kind(event.kind)] + (f": {more.replace('_', ' ')}" if more else "")
    did_it = event.member if event.kind not in _BY_ITSELF else None
    return {"at": event.at, "what": what, "who": did_it.display_name if did_it else ""}
