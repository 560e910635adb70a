"""Accounts of the own agency: enrolled, invited, released, given roles, reviewed, ended (S-9, S-10)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from continuity.agencies import accounts
from continuity.agencies.account_lists import last_reviews, to_review
from continuity.agencies.account_rules import administered, keeper_of
from continuity.agencies.freshness import require_fresh
from continuity.agencies.models import Member, Membership
from continuity.agencies.roles import Duty
from continuity.backoffice import account_forms as f
from continuity.backoffice.account_verbs import VERBS, Verb, fitting, open_invitation
from continuity.backoffice.consent_pages import render_page
from continuity.backoffice.desk_forms import DeskForm
from continuity.backoffice.invitation_mail import mail_link
from continuity.backoffice.sheet import Badge
from continuity.errors import NotAllowed, NotFound
from continuity.trail.models import Event

PAGE = 50
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


@dataclass(frozen=True)
class Move:
    """A button with its form."""

    name: str
    verb: Verb
    form: DeskForm
    is_open: bool = False


def pages(desk: Any) -> list[URLPattern]:
    """The addresses of these pages, for administrators of an agency."""

    def mine(view: Callable[..., HttpResponse]) -> Any:
        return desk(view, Duty.ADMINISTER_AGENCY)

    one = "accounts/<uuid:membership_id>/"
    return [
        path("accounts/", mine(list_accounts), name="accounts"),
        path("accounts/enrol/", mine(enrol), name="enrol"),
        path("accounts/take-on/", mine(take_on), name="take_on"),
        path("accounts/review/", mine(reviews), name="account_reviews"),
        path(one, mine(account), name="account_of"),
        path(f"{one}review/", mine(review), name="review_account"),
        path(f"{one}sessions/<int:session_id>/end/", mine(end_session), name="end_session_of"),
        path(f"{one}<slug:verb>/", mine(act), name="act_on_account"),
    ]


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
    return render_page(request, "backoffice/accounts.html", context)


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
    made: list[Member] = []
    form = f.EnrolForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        if form.is_valid():
            require_fresh(request)
        status = form.refused(
            lambda said: made.append(accounts.enrol_member(by=duty, at=timezone.now(), **said))
        )
    if made:
        messages.success(request, "Enrolled. Invite them now: until then nobody can sign in.")
        return redirect("admin:account_of", made[0].memberships.get().pk)
    return _show_enrol(request, form, f.TakeOnForm(auto_id="take-on-%s"), status)


@require_POST
def take_on(request: HttpRequest, duty: Membership) -> HttpResponse:
    """Have somebody with an account work here, too, or again."""
    made: list[Membership] = []
    form = f.TakeOnForm(request.POST, auto_id="take-on-%s")
    if form.is_valid():
        require_fresh(request)
    status = form.refused(lambda said: made.append(accounts.take_on(by=duty, at=timezone.now(), **said)))
    if made:
        messages.success(request, "Taken on.")
        return redirect("admin:account_of", made[0].pk)
    return _show_enrol(request, f.EnrolForm(), form, status)


def _show_enrol(request: HttpRequest, form: DeskForm, other: DeskForm, status: int) -> HttpResponse:
    context = {"title": "Enrol somebody", "form": form, "take_on_form": other}
    return render_page(request, "backoffice/enrol.html", context, status=status)


@require_safe
def account(request: HttpRequest, duty: Membership, membership_id: UUID) -> HttpResponse:
    """One account: what it may do, where it is signed in, what happened, with its buttons."""
    return _show(request, duty, _found(duty, membership_id))


@require_POST
def act(request: HttpRequest, duty: Membership, membership_id: UUID, verb: str) -> HttpResponse:
    """Run one verb; a refusal comes back on the page, at its own button, an invitation's link only here."""
    chosen = VERBS.get(verb)
    if chosen is None:
        raise Http404
    works, at, made = _found(duty, membership_id), timezone.now(), []
    form = chosen.form(request.POST, auto_id=f"{verb}-%s")
    if chosen.wants_proof and form.is_valid():
        require_fresh(request)
    if status := form.refused(lambda said: made.append(chosen.run(duty, works, at, said))):
        return _show(request, duty, works, Move(verb, chosen, form, is_open=True), status=status)
    if isinstance(made[0], str):
        link = _link(request, made[0])
        mailed = mail_link(works.member, duty.agency, link)
        return _show(request, duty, _found(duty, membership_id), link=link, mailed=mailed)
    messages.success(request, chosen.done)
    return redirect("admin:account_of", membership_id)


@require_POST
def end_session(request: HttpRequest, duty: Membership, membership_id: UUID, session_id: int) -> HttpResponse:
    """Sign one browser of a member out."""
    works, at = _found(duty, membership_id), timezone.now()
    try:
        accounts.sign_out_elsewhere(by=duty, member_id=works.member_id, session_id=session_id, at=at)
    except NotAllowed as refused:
        messages.error(request, refused.detail)
    else:
        messages.success(request, "Signed out there.")
    return redirect("admin:account_of", membership_id)


@require_safe
def reviews(request: HttpRequest, duty: Membership) -> HttpResponse:
    """What nobody looked at for a year, the longest waiting first: is it still needed, and with these roles?"""
    return _show_reviews(request, duty)


@require_POST
def review(request: HttpRequest, duty: Membership, membership_id: UUID) -> HttpResponse:
    """Write down what was found; a refusal comes back at its own row."""
    works = _found(duty, membership_id)
    form = f.ReviewForm(request.POST, auto_id=f"{works.pk}-%s")
    status = form.refused(
        lambda said: accounts.review(by=duty, membership_id=works.pk, at=timezone.now(), **said)
    )
    if status:
        return _show_reviews(request, duty, tried=works.pk, filled=form, status=status)
    messages.success(request, "Written down.")
    return redirect("admin:account_reviews")


def _show_reviews(
    request: HttpRequest,
    duty: Membership,
    *,
    tried: UUID | None = None,
    filled: DeskForm | None = None,
    status: int = 200,
) -> HttpResponse:
    waiting = list(to_review(duty, timezone.now())[:PAGE])
    seen = last_reviews(waiting)
    lines = [
        {
            "row": row,
            "roles": _roles(row),
            "badges": _badges(row),
            "seen": seen.get(row.pk),
            "form": filled if row.pk == tried else f.ReviewForm(auto_id=f"{row.pk}-%s"),
        }
        for row in waiting
    ]
    context = {"title": "Yearly review of accounts", "lines": lines}
    return render_page(request, "backoffice/account_reviews.html", context, status=status)


def _found(duty: Membership, membership_id: UUID) -> Membership:
    found = administered(duty).filter(pk=membership_id).first()
    if found is None:
        raise NotFound("not_found", "There is no such record.")
    return found


def _show(
    request: HttpRequest,
    duty: Membership,
    works: Membership,
    refused: Move | None = None,
    *,
    link: str = "",
    mailed: bool | None = None,
    status: int = 200,
) -> HttpResponse:
    member, at = works.member, timezone.now()
    invitation, is_own = open_invitation(member, at), works.member_id == duty.member_id
    keeper = keeper_of(member)
    context = {
        "title": member.display_name,
        "works": works,
        "member": member,
        "badges": _badges(works),
        "roles": _roles(works),
        "is_own": is_own,
        "keeper": keeper if keeper and keeper.pk != duty.agency_id else None,
        "invitation": invitation,
        "link": link,
        "mailed": mailed,
        "moves": [] if is_own else list(_moves(works, invitation, refused)),
        "sessions": accounts.sessions_of(member, at),
        "seen": last_reviews([works]).get(works.pk),
        "events": [_line(one) for one in _events(member)],
    }
    return render_page(request, "backoffice/account.html", context, status=status)


def _moves(works: Membership, invitation: Any, refused: Move | None) -> Any:
    for name in fitting(works, invitation):
        if refused is not None and refused.name == name:
            yield refused
            continue
        verb = VERBS[name]
        initial = verb.form.typed(works) if verb.form is f.RolesForm else {}
        yield Move(name, verb, verb.form(initial=initial, auto_id=f"{name}-%s"))


def _link(request: HttpRequest, token: str) -> str:
    address = reverse("invitation", args=[token])
    site: str = settings.SITE_URL
    return f"{site.rstrip('/')}{address}" if site else request.build_absolute_uri(address)


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
