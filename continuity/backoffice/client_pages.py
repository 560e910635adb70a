"""Programs of the own agency: registered, their keys and scopes, their last use, suspended (S-9, S-10)."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from continuity.agencies import machines
from continuity.agencies.jwks import MOST_KEYS
from continuity.agencies.models import MachineClient, Membership
from continuity.agencies.scopes import SAYS, Scope
from continuity.backoffice import client_forms as f
from continuity.backoffice.desk_forms import VersionForm, typed
from continuity.backoffice.moves import Move, Verb, lost, press, runs, status_of, verb_of
from continuity.backoffice.page import address_here, render_form, render_page
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
# What gives the program something asks who sits there.
VERBS = {
    "scopes": Verb(
        "Change what it may do", "What you take away is gone at once.", runs(machines.change_scopes, "client_id"),
        "Changed.", f.ScopesForm, is_grave=True,
    ),
    "add-key": Verb(
        "Add the next key", "Both keys count until you take the old one away.",
        runs(machines.rotate_keys, "client_id"), "Added. Take the old key away once the program uses the new one.",
        f.NextKeyForm, is_grave=True,
    ),
    "remove-key": Verb(
        "Take this key away", "Ends every token of the program at once.", runs(machines.rotate_keys, "client_id"),
        "Taken away.", f.OldKeyForm, is_danger=True,
    ),
    "suspend": Verb(
        "Suspend", "Its tokens end at once, and it gets no more.", runs(machines.suspend_client, "client_id"),
        "Suspended.", VersionForm, is_danger=True,
    ),
    "resume": Verb(
        "Resume", "It gets tokens again.", runs(machines.resume_client, "client_id"), "Resumed.", VersionForm,
        is_grave=True,
    ),
}  # fmt: skip


@require_safe
def clients(request: HttpRequest, duty: Membership) -> HttpResponse:
    """The programs of the own agency, with their last use."""
    lines = [{"row": row, "badge": _badge(row)} for row in machines.clients_of(duty)]
    return render_page(request, "clients.html", {"title": "Programs", "lines": lines})


@require_http_methods(["GET", "HEAD", "POST"])
def register(request: HttpRequest, duty: Membership) -> HttpResponse:
    """Register a program; a refusal comes back with what was typed."""
    form = f.RegisterForm(typed(request))
    if form.is_bound and not form.refused(
        lambda said: machines.register_client(by=duty, at=timezone.now(), **said), prove=request
    ):
        messages.success(request, "Registered. Give its maker the client id and the address for tokens.")
        return redirect("admin:client", form.made.pk)
    says = (
        f"The program gets an account of its own in {duty.agency.name}. It can do no more than a system client may,"
        " and only what you tick."
    )
    back = reverse("admin:clients")
    return render_form(
        request, form, title="Register a program", says=says, button="Register", back=back, look="scopes-form"
    )


@require_safe
def client(request: HttpRequest, duty: Membership, client_id: UUID) -> HttpResponse:
    """One program: whose it is, its keys, what it may do, when it asked last, with its buttons."""
    return _show(request, get_object_or_404(machines.clients_of(duty), pk=client_id))


@require_POST
def act(request: HttpRequest, duty: Membership, client_id: UUID, verb: str) -> HttpResponse:
    """Run one verb; a refusal comes back on the page, at its own button."""
    found = get_object_or_404(machines.clients_of(duty), pk=client_id)
    move = _move(verb, found, request.POST.get("kid", ""), request.POST)
    if refused := press(request, move, duty, found.pk):
        return _show(request, found, refused)
    return redirect("admin:client", found.pk)


def _move(name: str, found: MachineClient, kid: str = "", typed: Any = None) -> Move:
    verb = verb_of(VERBS, name)
    initial: dict[str, Any] = {"version": found.version, "kid": kid}
    more: dict[str, Any] = {}
    if verb.form is f.ScopesForm:
        initial = f.ScopesForm.typed(found)
    elif issubclass(verb.form, f.KeyForm):
        more = {"client": found}
    form = verb.form(typed, initial=initial, auto_id=f"{name}-{kid}-%s", **more)
    return Move(verb, form, reverse("admin:act_on_client", args=[found.pk, name]))


def _show(request: HttpRequest, found: MachineClient, refused: Move | None = None) -> HttpResponse:
    moves: list[Move] = []

    def move(name: str, kid: str = "") -> Move:
        moves.append(_move(name, found, kid).or_refused(refused))
        return moves[-1]

    keys = found.jwks["keys"]
    # The last key is not taken away: a program without one is suspended.
    is_one_of_several = len(keys) > 1
    context = {
        "title": found.name,
        "client": found,
        "badge": _badge(found),
        "token_address": address_here(request, "v1:token"),
        "may": [SAYS[Scope(scope)] for scope in found.scopes],
        "keys": [
            {
                "kid": key["kid"],
                "alg": key["alg"],
                "move": move("remove-key", key["kid"]) if is_one_of_several else None,
            }
            for key in keys
        ],
        "next_key": move("add-key") if len(keys) < MOST_KEYS else None,
        "moves": [move("scopes"), move("resume" if found.suspended_at else "suspend")],
        "refused": lost(refused, moves),
        "events": [_line(event) for event in machines.events_of(found).select_related("member")[:_SHOWN]],
    }
    return render_page(request, "client.html", context, status_of(refused))


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
