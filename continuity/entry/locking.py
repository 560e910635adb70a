"""The locked screen, and the proof that it is still the same person: a password, or a key that asks its PIN (S-4)."""

import json
import time

from django.conf import settings
from django.contrib.auth import authenticate
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from continuity.agencies import factors
from continuity.agencies.freshness import mark_fresh
from continuity.agencies.models import Member
from continuity.agencies.session_keys import renew_key
from continuity.entry import stages
from continuity.entry.kept import Kept, carry_on, kept, next_page, way_on
from continuity.entry.sign_in import as_json
from continuity.errors import Invalid
from continuity.trail.models import Event
from continuity.trail.services import record_event

IN_PLACE = "X-In-Place"  # the page stays and is covered; its script asks
_WRONG = Invalid("wrong_password", "This is not your password.", field="password")


@require_POST
def lock(request: HttpRequest) -> HttpResponse:
    """Hide everything until somebody proves to be the one who signed in."""
    lock_session(request, why="asked")
    return HttpResponse(status=204) if IN_PLACE in request.headers else redirect("locked")


def lock_session(request: HttpRequest, *, why: str) -> None:
    """Keep in the session that its screen is locked; `why` is "asked" or "idle"."""
    if not request.session.get("locked"):
        request.session["locked"] = True
        record_event(Event.Kind.SCREEN_LOCKED, member=request.user, about=why)


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def locked(request: HttpRequest) -> HttpResponse:
    """The locked screen, and its unlocking; what was typed before goes on from here."""
    if not request.session.get("locked"):
        return HttpResponse(status=204) if IN_PLACE in request.headers else redirect(way_on(request))
    if request.method == "POST" and _tries(request):
        try:
            _prove(request)
        except Invalid as wrong:
            return show_proof(request, wrong=wrong, is_locked=True)
        request.session.pop("locked", None)
        request.session["touched"] = int(time.time())
        if IN_PLACE in request.headers:
            return HttpResponse(status=204)
        return carry_on(request) if kept(request) else redirect(way_on(request))
    return show_proof(request, is_locked=True)


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def reauthenticate(request: HttpRequest) -> HttpResponse:
    """Prove once more who sits there, before one of the gravest verbs."""
    if request.method == "POST" and _tries(request):
        try:
            _prove(request)
        except Invalid as wrong:
            return show_proof(request, wrong=wrong)
        if kept(request):
            return carry_on(request, heading="Now send it")
        return redirect(way_on(request))
    return show_proof(request)


def show_proof(
    request: HttpRequest,
    *,
    wrong: Invalid | None = None,
    is_locked: bool = False,
    fields: Kept | None = None,
    page: str = "",
    status: int = 200,
) -> HttpResponse:
    """The page that asks for the proof, with what was typed on the page that it stands before."""
    member = request.user
    if not isinstance(member, Member):  # the failure that was just counted has locked the account
        return redirect("sign_in")
    held = factors.factors_of(member)
    context = {
        "is_locked": is_locked,
        "has_password": member.has_usable_password(),
        "has_app": held.has_app,
        "ask": json.dumps(factors.ask_key(member, alone=True)) if held.keys else "",
        "demo_code": factors.current_code(member) if settings.DEMO else "",
        "wrong": wrong,
        "code_error": wrong.detail if wrong and wrong.field else "",
        "kept": kept(request) if fields is None else fields,
        "next": page or next_page(request),
    }
    if IN_PLACE in request.headers:  # its script shows what the page says
        status = 200
    elif wrong:
        status = 400
    return render(request, "entry/prove.html", context, status=status)


def _tries(request: HttpRequest) -> bool:
    return bool({"password", "code", "credential"} & set(request.POST))


def _prove(request: HttpRequest) -> None:
    """Raises Invalid, and the failure is counted as at the sign-in (S-3)."""
    member = stages.member_of(request)
    try:
        _check(request, member)
    except Invalid:
        record_event(Event.Kind.REAUTHENTICATION_FAILED, member=member)
        raise
    renew_key(request)
    mark_fresh(request)
    record_event(Event.Kind.REAUTHENTICATED, member=member)


def _check(request: HttpRequest, member: Member) -> None:
    if answer := request.POST.get("credential"):
        factors.prove_by_key(request, member, as_json(answer), alone=True, is_again=True)
    elif not member.has_usable_password():
        factors.prove_by_code(request, member, request.POST.get("code", ""), is_again=True)
    elif authenticate(request, username=member.username, password=request.POST.get("password", "")) != member:
        raise _WRONG
