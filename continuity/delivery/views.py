"""The inbox, and how a member wants to be told; works without JavaScript."""

from datetime import time
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_time
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from continuity.agencies.models import Membership
from continuity.agencies.roles import Duty
from continuity.delivery.door import open_to, page_of
from continuity.delivery.opening import WITHOUT_PAGE, place_of
from continuity.disclosures.corrections import answers_to
from continuity.errors import Invalid, NotFound
from continuity.notices.models import Notice, NoticePreference
from continuity.notices.services import for_member, mark_read, set_preference

_ALL = "all"


@require_safe
@open_to()
def inbox(request: HttpRequest, by: Membership) -> HttpResponse:
    """What waits to be acknowledged, or everything of the last 90 days, newest first."""
    show = _ALL if request.GET.get("show") == _ALL else ""
    rows = for_member(by).select_related("team", "read_by__member")
    notices, more = page_of(rows if show else rows.filter(read_at=None), request)
    wrong = [one for one in notices if one.kind == Notice.Kind.WRONG_PERSON]
    answers = answers_to(by, [one.subject_id for one in wrong])
    for one in wrong:
        one.answer = answers.get(one.subject_id)  # type: ignore[attr-defined]  # for the page
    context = {
        "notices": notices,
        "more": more,
        "show": show,
        "is_later": "before" in request.GET,
        "without_page": WITHOUT_PAGE,
        "me": by.member_id,
        "may_administer": by.has_duty(Duty.ADMINISTER_AGENCY),
    }
    return render(request, "delivery/inbox.html", context)


@require_POST
@open_to()
def open_notice(request: HttpRequest, by: Membership, notice_id: UUID) -> HttpResponse:
    """Acknowledge a notice and go to what it is about; what may no longer be known is acknowledged all the same."""
    at = timezone.now()
    notice = mark_read(by=by, notice_id=notice_id, at=at)
    try:
        return redirect(place_of(by, notice, at))
    except NotFound:
        return render(request, "delivery/nothing_to_open.html", status=404)


@require_POST
@open_to()
def acknowledge_notice(request: HttpRequest, by: Membership, notice_id: UUID) -> HttpResponse:
    """Acknowledge a notice and stay in the inbox."""
    mark_read(by=by, notice_id=notice_id, at=timezone.now())
    messages.success(request, "Acknowledged.")
    return redirect("inbox")


_SWITCHABLE = [(kind.value, kind.label) for kind in Notice.Kind if kind not in Notice.URGENT]


@require_http_methods(["GET", "HEAD", "POST"])
@open_to()
def preferences(request: HttpRequest, by: Membership) -> HttpResponse:
    """By e-mail or not, of what not, and when not."""
    if request.method == "POST":
        kinds_off = sorted({kind for kind, _ in _SWITCHABLE} - set(request.POST.getlist("kinds")))
        typed = {name: request.POST.get(name, "").strip() for name in ("email", "quiet_from", "quiet_to")}
        try:
            set_preference(
                by=by,
                email=typed["email"],
                kinds_off=kinds_off,
                quiet_from=_time(typed["quiet_from"], "quiet_from"),
                quiet_to=_time(typed["quiet_to"], "quiet_to"),
            )
        except Invalid as refused:
            return _show_preferences(request, typed, kinds_off, refused)
        messages.success(request, "Your wishes are kept.")
        return redirect("notice_preferences")
    wish = NoticePreference.objects.filter(membership=by).first() or NoticePreference(membership=by)
    typed = {"email": wish.email, "quiet_from": _hour(wish.quiet_from), "quiet_to": _hour(wish.quiet_to)}
    return _show_preferences(request, typed, wish.kinds_off)


def _show_preferences(
    request: HttpRequest, typed: dict[str, str], kinds_off: list[str], refused: Invalid | None = None
) -> HttpResponse:
    context = {
        "typed": typed,
        "kinds": [(kind, label, kind not in kinds_off) for kind, label in _SWITCHABLE],
        "error": {refused.field: refused.detail} if refused else {},
    }
    return render(request, "delivery/preferences.html", context, status=400 if refused else 200)


def _time(typed: str, field: str) -> time | None:
    if not typed:
        return None
    try:
        parsed = parse_time(typed)
    except ValueError:
        parsed = None
    if parsed is None or parsed.tzinfo is not None:
        raise Invalid("no_time", "Write the time as 22:00.", field=field)
    return parsed


def _hour(when: time | None) -> str:
    return f"{when:%H:%M}" if when else ""
