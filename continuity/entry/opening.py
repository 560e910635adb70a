"""What a session holds once somebody is wholly signed in (S-1, S-4)."""

import time
from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from continuity.agencies.accounts import password_is_due
from continuity.agencies.freshness import PASSWORD_DUE, mark_fresh
from continuity.agencies.models import Member
from continuity.agencies.services import choose_duty, memberships_of, note_idle_limit, vouched_for
from continuity.entry.stages import factor_of
from continuity.trail.models import Event
from continuity.trail.services import record_event


@receiver(user_logged_in)
def open_session(request: HttpRequest, user: Any, **_: Any) -> None:
    """Start the clocks of the session, and keep what proved who sits there: the trail, too, by which provider (S-6).

    A session without `factor` opens no page but the one that asks for it, whoever began it.
    """
    session, now = request.session, int(time.time())
    if getattr(request, "user", None) != user or not isinstance(user, Member):
        request.user = user
    session["started"] = session["touched"] = now
    if factor := factor_of(request):
        session["factor"] = factor
        mark_fresh(request)
    for left_over in ("locked", "duty", "incident_ref"):
        session.pop(left_over, None)
    vouched = vouched_for(request)
    record_event(Event.Kind.SIGNED_IN, member=user, about=f"{factor} {vouched.get('provider', '')}".strip())
    if vouched:
        choose_duty(request, vouched["membership"])
        return
    if password_is_due(user, timezone.now()):
        session[PASSWORD_DUE] = True
    current = memberships_of(user)
    if len(current) == 1:
        note_idle_limit(request, current[0].agency)
