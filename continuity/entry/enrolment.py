"""How a member comes to a password and second factors: by an invitation, later on their own page (S-1, S-9)."""

import base64
import io
import json

import qrcode
from allauth.mfa.adapter import get_adapter
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods
from qrcode.image.svg import SvgPathFillImage

from continuity.agencies import factors
from continuity.agencies.accounts import accept_invitation, change_password, invitation_for
from continuity.agencies.freshness import PASSWORD_DUE, require_fresh
from continuity.agencies.lockouts import count_failure
from continuity.agencies.models import Member
from continuity.entry import stages
from continuity.entry.kept import carry_on, kept, next_page, way_on
from continuity.entry.sign_in import as_json, go_in
from continuity.errors import DomainError, Incomplete, Invalid, NotFound


@login_not_required
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """The first page of an account: choose a password. One sentence for every token that opens nothing."""
    at = timezone.now()
    if request.user.is_authenticated:
        return render(request, "entry/invitation_other.html", status=409)
    invited = invitation_for(token, at)
    if invited is None and request.method != "POST":
        return render(request, "entry/invitation_over.html", status=404)
    errors: dict[str, str] = {}
    if request.method == "POST":
        try:
            password = _chosen(request)
            member = accept_invitation(token=token, password=password, at=at)
        except NotFound:
            return render(request, "entry/invitation_over.html", status=404)
        except Invalid as wrong:
            errors = _at_fields(wrong)
        else:
            return stages.begin(request, member)
    context = {"errors": errors, "username": invited.member.username if invited else "", "invited": invited}
    return render(request, "entry/invitation.html", context, status=400 if errors else 200)


def _chosen(request: HttpRequest) -> str:
    password = request.POST.get("password", "")
    if not password:
        raise Invalid("no_password", "Choose a password.", field="password")
    if password != request.POST.get("again", ""):
        raise Invalid("not_the_same", "This is not the same. Type the password once more.", field="again")
    return password


def _at_fields(wrong: DomainError) -> dict[str, str]:
    """Sentences by field; of several at one field the first is said first."""
    found: dict[str, str] = {}
    for one in wrong.errors if isinstance(wrong, Incomplete) else (wrong,):
        place = one.field or "all"
        found[place] = " ".join(filter(None, (found.get(place), one.detail)))
    return found


@login_not_required
@require_http_methods(["GET", "POST"])
def set_up_factor(request: HttpRequest) -> HttpResponse:
    """Give the account a key or an app: within the first sign-in, or by a member who just proved who they are."""
    member = stages.waiting(request)
    if member is not None and not factors.factors_of(member).is_empty:
        return redirect("second_factor")
    if member is None:
        if not isinstance(request.user, Member):
            return redirect("sign_in")
        require_fresh(request)
    whose = member or stages.owner_of(request)
    if request.method != "POST" or not {"code", "credential"} & set(request.POST):
        return show_enrolment(request, whose)
    try:
        factor = _add(request, whose)
    except Invalid as wrong:
        return show_enrolment(request, whose, wrong=wrong)
    if member is not None:
        return go_in(request, member, factor)
    seen = factors.factors_of(whose).codes_were_seen
    return redirect("account" if seen else "recovery_codes")


def _add(request: HttpRequest, member: Member) -> str:
    if answer := request.POST.get("credential"):
        factors.add_key(member, as_json(answer), name=request.POST.get("name", ""))
        return factors.KEY_FACTOR
    factors.add_app(request, member, request.POST.get("code", ""))
    return factors.TOTP_FACTOR


def show_enrolment(request: HttpRequest, member: Member, *, wrong: Invalid | None = None) -> HttpResponse:
    """A key to press or a picture to scan; either will do."""
    secret = factors.new_app_secret(request)
    context = {
        "held": factors.factors_of(member),
        "is_first": not request.user.is_authenticated,
        "offer": json.dumps(factors.offer_key(member)),
        "secret": " ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
        "picture": _picture(get_adapter().build_totp_url(member, secret)),
        "wrong": wrong,
        "code_error": wrong.detail if wrong and wrong.field else "",
        "kept": kept(request),
        "next": next_page(request),
    }
    return render(request, "entry/set_up_factor.html", context, status=400 if wrong else 200)


def _picture(text: str) -> str:
    """A QR code as an address of data: black on white in any brightness, because cameras want it so."""
    drawn = io.BytesIO()
    qrcode.make(text, image_factory=SvgPathFillImage, border=4).save(drawn)
    return "data:image/svg+xml;base64," + base64.b64encode(drawn.getvalue()).decode()


@require_http_methods(["GET", "POST"])
def recovery_codes(request: HttpRequest) -> HttpResponse:
    """Codes for the day when the device is lost: shown until the member says that they are kept, never after.

    And to nobody who finds the page open: each of them is a way in.
    """
    member = stages.owner_of(request)
    act = request.POST.get("act", "")
    if act == "keep":
        factors.keep_recovery_codes(member)
        return redirect(way_on(request))
    require_fresh(request)
    if act == "renew":
        factors.renew_recovery_codes(member)
        return redirect("recovery_codes")
    codes = factors.recovery_codes(member)
    if not codes:
        return redirect("account")
    return render(request, "entry/recovery_codes.html", {"codes": [f"{one[:4]} {one[4:]}" for one in codes]})


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def password(request: HttpRequest) -> HttpResponse:
    """Change the own password: by wish, or because it is a year old (S-2). Other sessions end by it."""
    member, errors = stages.member_of(request), dict[str, str]()
    if request.method == "POST" and "new" in request.POST:
        try:
            _change(request, member)
        except DomainError as wrong:
            errors = _at_fields(wrong)
        else:
            return (
                carry_on(request, heading="Your password is changed")
                if kept(request)
                else redirect(way_on(request))
            )
    return show_password(request, errors=errors)


def _change(request: HttpRequest, member: Member) -> None:
    new = request.POST.get("new", "")
    if new != request.POST.get("again", ""):
        raise Invalid("not_the_same", "This is not the same. Type the new password once more.", field="again")
    old = request.POST.get("old", "")
    try:
        changed = change_password(member=member, old=old, new=new, at=timezone.now())
    except Invalid as wrong:
        if wrong.code == "wrong_password":  # a guess like any other (S-3)
            count_failure(request=request, member=member)
        raise
    stages.stay_signed_in(request, changed)
    request.session.pop(PASSWORD_DUE, None)


def show_password(
    request: HttpRequest,
    *,
    errors: dict[str, str] | None = None,
    fields: list[tuple[str, str]] | None = None,
    page: str = "",
    status: int = 200,
) -> HttpResponse:
    """The page that changes the password, before the page that somebody wanted."""
    context = {
        "errors": errors or {},
        "is_due": bool(request.session.get(PASSWORD_DUE)),
        "kept": kept(request) if fields is None else fields,
        "next": page or next_page(request),
    }
    return render(request, "entry/password.html", context, status=400 if errors else status)
