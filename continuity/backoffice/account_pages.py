"""Accounts of the own agency: enrolled, invited, released, given roles, reviewed, ended (S-9, S-10)."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from continuity.agencies import accounts
from continuity.agencies.account_lists import last_reviews, to_review
from continuity.agencies.account_rules import administered, keeper_of
from continuity.agencies.models import Member, Membership
from continuity.backoffice import account_forms as f
from continuity.backoffice.account_verbs import REVIEW, TAKE_ON, VERBS, fitting, open_invitation
from continuity.backoffice.desk_forms import DeskForm, typed
from continuity.backoffice.invitation_mail import mail_link
from continuity.backoffice.moves import Move, lost, press, press_alone, status_of, verb_of
from continuity.backoffice.page import PAGE, address_here, render_page
from continuity.backoffice.sheet import Badge
from continuity.backoffice.words import privileges_of
from continuity.trail.models import Event

_SHOWN = 25  # events
_S = Member.Status
FILTERS = {
    "": "Working here",
    "locked": "Locked",
    "invited": "Invited",
    "suspended": "Suspended",
    "left": "Left",
}
_BADGES = {_S.INVITED: "attention", _S.ACTIVE: "good", _S.SUSPENDED: "danger", _S.DEACTIVATED: "neutral"}


@require_safe
def list_accounts(request: HttpRequest, duty: Membership) -> HttpResponse:
    """Who works here, by name, with state and last sign-in."""
    wanted = request.GET.get("state", "")
    rows = _chosen(administered(duty), wanted).order_by("member__display_name", "pk")
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    context = {
        "title": "Accounts",
        "page": page,
        "lines": [{"row": row, "badges": _badges(row), "roles": _roles(row)} for row in page],
        "filters": FILTERS.items(),
        "state": wanted,
        "waiting": to_review(duty, timezone.now()).count(),
    }
    return render_page(request, "accounts.html", context)


def _chosen(rows: QuerySet[Membership], wanted: str) -> QuerySet[Membership]:
    if wanted == "left":
        return rows.filter(ended_at__isnull=False)
    rows = rows.filter(ended_at=None)
    if wanted == "locked":
        return rows.filter(member__locked_at__isnull=False)
    return rows.filter(member__status=wanted) if wanted in ("invited", "suspended") else rows


@require_http_methods(["GET", "HEAD", "POST"])
def enrol(request: HttpRequest, duty: Membership) -> HttpResponse:
    """Open an account; a refusal comes back with what was typed."""
    form = f.EnrolForm(typed(request))
    if form.is_bound and not form.refused(
        lambda said: accounts.enrol_member(by=duty, at=timezone.now(), **said), prove=request
    ):
        messages.success(request, "Enrolled. Invite them now: until then nobody can sign in.")
        return redirect("admin:account_of", form.made.memberships.get().pk)
    return _show_enrol(request, form, _take_on(), form.status)


@require_POST
def take_on(request: HttpRequest, duty: Membership) -> HttpResponse:
    """Have somebody with an account work here, too, or again."""
    move = _take_on(request.POST)
    if refused := press(request, move, duty, None):
        return _show_enrol(request, f.EnrolForm(), refused, status_of(refused))
    return redirect("admin:account_of", move.form.made.pk)


def _take_on(typed: Any = None) -> Move:
    return Move(TAKE_ON, f.TakeOnForm(typed, auto_id="take-on-%s"), reverse("admin:take_on"))


def _show_enrol(request: HttpRequest, form: DeskForm, other: Move, status: int) -> HttpResponse:
    context = {"title": "Enrol somebody", "form": form, "take_on": other}
    return render_page(request, "enrol.html", context, status)


@require_safe
def account(request: HttpRequest, duty: Membership, membership_id: UUID) -> HttpResponse:
    """One account: what it may do, where it is signed in, what happened, with its buttons."""
    return _show(request, duty, get_object_or_404(administered(duty), pk=membership_id))


@require_POST
def act(request: HttpRequest, duty: Membership, membership_id: UUID, verb: str) -> HttpResponse:
    """Run one verb; a refusal comes back on the page, at its own button, an invitation's link only here."""
    works = get_object_or_404(administered(duty), pk=membership_id)
    move = _move(verb, works, request.POST)
    if refused := press(request, move, duty, works):
        return _show(request, duty, works, refused)
    if isinstance(token := move.form.made, str):
        link = address_here(request, "invitation", token)
        mailed = mail_link(works.member, duty.agency, link)
        works = get_object_or_404(administered(duty), pk=membership_id)
        return _show(request, duty, works, link=link, mailed=mailed)
    return redirect("admin:account_of", membership_id)


@require_POST
def end_session(request: HttpRequest, duty: Membership, membership_id: UUID, session_id: int) -> HttpResponse:
    """Sign one browser of a member out."""
    member, at = get_object_or_404(administered(duty), pk=membership_id).member_id, timezone.now()
    press_alone(
        request,
        lambda: accounts.sign_out_elsewhere(by=duty, member_id=member, session_id=session_id, at=at),
        "Signed out there.",
    )
    return redirect("admin:account_of", membership_id)


@require_safe
def reviews(request: HttpRequest, duty: Membership) -> HttpResponse:
    """What nobody looked at for a year, the longest waiting first: is it still needed, and with these roles?"""
    return _show_reviews(request, duty)


@require_POST
def review(request: HttpRequest, duty: Membership, membership_id: UUID) -> HttpResponse:
    """Write down what was found; a refusal comes back at its own row."""
    works = get_object_or_404(administered(duty), pk=membership_id)
    if refused := press(request, _review(works, request.POST), duty, works):
        return _show_reviews(request, duty, refused)
    return redirect("admin:account_reviews")


def _review(works: Membership, typed: Any = None) -> Move:
    form = f.ReviewForm(typed, auto_id=f"{works.pk}-%s")
    return Move(REVIEW, form, reverse("admin:review_account", args=[works.pk]))


def _show_reviews(request: HttpRequest, duty: Membership, refused: Move | None = None) -> HttpResponse:
    waiting = list(to_review(duty, timezone.now())[:PAGE])
    seen = last_reviews(waiting)
    moves = [_review(row).or_refused(refused) for row in waiting]
    lines = [
        {"row": row, "roles": _roles(row), "badges": _badges(row), "seen": seen.get(row.pk), "move": move}
        for row, move in zip(waiting, moves, strict=True)
    ]
    context = {"title": "Yearly review of accounts", "lines": lines, "refused": lost(refused, moves)}
    return render_page(request, "account_reviews.html", context, status_of(refused))


def _show(
    request: HttpRequest,
    duty: Membership,
    works: Membership,
    refused: Move | None = None,
    *,
    link: str = "",
    mailed: bool | None = None,
) -> HttpResponse:
    member, at = works.member, timezone.now()
    invitation, is_own = open_invitation(member, at), works.member_id == duty.member_id
    keeper = keeper_of(member)
    names = () if is_own else fitting(works, invitation)
    moves = [_move(name, works).or_refused(refused) for name in names]
    context = {
        "title": member.display_name,
        "works": works,
        "member": member,
        "badges": _badges(works),
        "roles": _roles(works),
        "privileges": privileges_of(works),
        "is_own": is_own,
        "keeper": keeper if keeper and keeper.pk != duty.agency_id else None,
        "invitation": invitation,
        "link": link,
        "mailed": mailed,
        "moves": moves,
        "refused": lost(refused, moves),
        "sessions": accounts.sessions_of(member, at),
        "seen": last_reviews([works]).get(works.pk),
        "events": [_line(one) for one in _events(member)],
    }
    return render_page(request, "account.html", context, status_of(refused))


def _move(name: str, works: Membership, typed: Any = None) -> Move:
    verb = verb_of(VERBS, name)
    initial = f.RolesForm.typed(works) if verb.form is f.RolesForm else {}
    form = verb.form(typed, initial=initial, auto_id=f"{name}-%s")
    return Move(verb, form, reverse("admin:act_on_account", args=[works.pk, name]))


def _roles(works: Membership) -> str:
    return ", ".join(role.replace("_", " ") for role in works.roles) or "none"


def _badges(works: Membership) -> list[Badge]:
    member = works.member
    if works.ended_at is not None:
        return [Badge("neutral", "Left")]
    if member.locked_at is not None and member.status == _S.ACTIVE:
        return [Badge("danger", "Locked")]
    said = str(member.get_status_display()).capitalize()
    if member.status == _S.SUSPENDED and member.status_reason:
        said = f"{said}: {member.get_status_reason_display()}"
    locked = [Badge("danger", "Locked")] if member.locked_at else []
    return [*locked, Badge(_BADGES[_S(member.status)], said)]


def _events(member: Member) -> list[Event]:
    return list(Event.objects.filter(member=member).order_by("-pk")[:_SHOWN])


def _line(event: Event) -> dict[str, Any]:
    return {"at": event.at, "what": event.kind.replace("_", " ").capitalize(), "from": event.remote_addr}
