"""What the top bar of every page says: agency on duty, incident in hand, time left in the session."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django import template
from django.conf import settings
from django.http import HttpRequest
from django.template import Context
from django.utils import timezone

from continuity.agencies.models import Agency, Member, Membership
from continuity.agencies.roles import Duty
from continuity.agencies.services import duty_of, memberships_of

register = template.Library()
SHADES = ("light", "dark")
CASELOAD = (Duty.FOLLOW_UP, Duty.RECORD_LINKAGE, Duty.SUPERVISE)
_OFFICE = (
    Duty.COLLECT_CONSENT,
    Duty.MANAGE_CONSENT,
    Duty.ADMINISTER_AGENCY,
    Duty.REVIEW_EMERGENCY,
    Duty.READ_LEDGER,
)


@dataclass(frozen=True)
class Frame:
    """Empty on a page that is made without a request (500), so that it can still be shown.

    `is_untrained`: the gate answers this member nothing, whoever is asked about, so saying so tells of nobody.
    A locked screen, and one that waits for a second factor, tells nothing. `idle`: seconds until it locks.
    `path` is where the brightness switch leads back to: "" on an answer to a POST, which it would lose.
    """

    member: Member | None = None
    duty: Membership | None = None
    may_change_duty: bool = False
    incident_ref: str = ""
    minutes_left: int = 0
    open_until: datetime | None = None
    at_caseload: bool = False
    takes_calls: bool = False
    at_office: bool = False
    shade: str = ""
    path: str = ""
    idle: int = 0
    is_untrained: bool = False


@register.simple_tag(takes_context=True)
def frame(context: Context) -> Frame:
    """The frame around this request's page; costs no query beyond sign-in's own."""
    request = context.get("request")
    if not isinstance(request, HttpRequest):
        return Frame()
    shade = request.COOKIES.get("shade", "")
    shade = shade if shade in SHADES else ""
    path = request.path if request.method == "GET" else ""
    member = getattr(request, "user", None)
    if not isinstance(member, Member) or request.session.get("locked") or not request.session.get("factor"):
        return Frame(shade=shade, path=path)
    left, duty, today = _seconds_left(request), duty_of(request), timezone.now().date()
    return Frame(
        member=member,
        duty=duty,
        may_change_duty=len(memberships_of(member)) > 1,
        incident_ref=request.session.get("incident_ref", ""),
        minutes_left=left // 60,
        open_until=timezone.now() + timedelta(seconds=left),
        at_caseload=duty is not None and any(duty.has_duty(one) for one in CASELOAD),
        takes_calls=duty is not None
        and duty.agency.kind == Agency.Kind.PSAP
        and duty.has_duty(Duty.HAND_OFF),
        at_office=duty is not None and any(duty.has_duty(one) for one in _OFFICE),
        shade=shade,
        path=path,
        idle=_idle(request),
        is_untrained=member.trained_until is None or member.trained_until < today,
    )


@register.filter
def role_words(roles: Iterable[str]) -> str:
    """The stored codes as "officer, consent manager"."""
    return ", ".join(role.replace("_", " ") for role in roles)


def _idle(request: HttpRequest) -> int:
    return int(request.session.get("idle", settings.SESSION_COOKIE_AGE))


def _seconds_left(request: HttpRequest) -> int:
    """Until the idle limit, counted from the last touch that was stored, or the 12 hours are over (S-4)."""
    now = int(time.time())
    idle: int = request.session.get("touched", now) + _idle(request)
    absolute: int = request.session.get("started", now) + settings.ABSOLUTE_SESSION_AGE
    return max(0, min(idle, absolute) - now)
