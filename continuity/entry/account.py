"""A member's own page: second factors, recovery codes, password, and where they are signed in (S-1, S-4)."""

from dataclasses import dataclass
from datetime import UTC, datetime

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from continuity.agencies import factors
from continuity.agencies.accounts import end_session, end_sessions, sessions_of
from continuity.agencies.freshness import require_fresh
from continuity.agencies.models import Member
from continuity.agencies.services import may_change_factors
from continuity.entry.sessions import SessionStore
from continuity.entry.stages import member_of, owner_of
from continuity.errors import Conflict, NotFound

_FEW = 3  # recovery codes left


@dataclass(frozen=True)
class SignedIn:
    """One browser in which the member is signed in."""

    id: int
    is_this: bool
    device: str
    address: str
    since: datetime
    last_used_at: datetime | None
    is_locked: bool


@require_safe
def account(request: HttpRequest) -> HttpResponse:
    """Everything that proves who the member is, and every open session."""
    return _show(request)


def _show(request: HttpRequest, *, refused: str = "") -> HttpResponse:
    member = member_of(request)
    held = factors.factors_of(member)
    context = {
        "held": held,
        "may_change": may_change_factors(request, member),
        "few_codes": held.codes_left <= _FEW,
        "has_password": member.has_usable_password(),
        "password_changed_at": member.password_changed_at,
        "came_by_recovery": request.session.get("factor") == factors.RECOVERY_FACTOR,
        "sessions": _sessions(request, member),
        "refused": refused,
    }
    return render(request, "entry/account.html", context, status=409 if refused else 200)


@require_POST
def remove_factor(request: HttpRequest, key_id: int = 0) -> HttpResponse:
    """Take a key, or the app (0), out. The last way in stays."""
    member = owner_of(request)
    require_fresh(request)
    try:
        if key_id:
            factors.remove_key(member, key_id)
        else:
            factors.remove_app(member)
    except Conflict as last:
        return _show(request, refused=last.detail)
    except NotFound:
        raise Http404 from None
    return redirect("account")


@require_POST
def end_own_session(request: HttpRequest, session_id: int = 0) -> HttpResponse:
    """Sign one other browser out, or all of them (0): no proof is asked, because it only takes away."""
    member = member_of(request)
    try:
        if session_id:
            end_session(member=member, session_id=session_id, about="own")
        else:
            end_sessions(member, about="own", but=request.session.session_key or "")
    except NotFound:
        raise Http404 from None
    return redirect("account")


def _sessions(request: HttpRequest, member: Member) -> list[SignedIn]:
    found = []
    for row in sessions_of(member, timezone.now()):
        data = SessionStore(row.key).load()
        touched = data.get("touched")
        found.append(
            SignedIn(
                id=row.id,
                is_this=row.key == request.session.session_key,
                device=_device(row.browser),
                address=row.remote_addr,
                since=row.begun_at,
                last_used_at=datetime.fromtimestamp(touched, UTC) if touched else None,
                is_locked=bool(data.get("locked")),
            )
        )
    return found


_SYSTEMS = (
    ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("CrOS", "Chromebook"),
    ("Macintosh", "Mac"), ("Linux", "Linux"),
)  # fmt: skip
_BROWSERS = (("Edg", "Edge"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))


def _device(agent: str) -> str:
    """A browser's own words for itself as "Chrome on Android"."""
    system = next((word for sign, word in _SYSTEMS if sign in agent), "an unknown device")
    browser = next((word for sign, word in _BROWSERS if sign in agent), "A browser")
    return f"{browser} on {system}"
