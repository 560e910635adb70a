"""When sign-in stops: five failures within 15 minutes lock an account until an administrator releases it (S-3).

axes counts, by user name alone and in the shared cache, so that no address is locked out with a station behind it and
nothing that was typed is stored. Unknown names are counted alike. An address from which many names fail that never
signed in there is slowed: for such names it gets a turn now and then, each twice as long after the last one, so that it
locks hardly an account; whoever works there comes in at once.
"""

import ipaddress
from datetime import datetime, timedelta
from typing import Any

from allauth.mfa.signals import authentication_failed
from axes.handlers.proxy import AxesProxyHandler
from axes.signals import user_locked_out
from axes.utils import reset
from django.conf import settings
from django.contrib.auth.signals import user_logged_in, user_login_failed
from django.core.cache import cache
from django.db import transaction
from django.dispatch import receiver
from django.http import HttpRequest

from continuity.agencies.models import Member
from continuity.errors import NotAllowed
from continuity.trail.context import keyed_digest
from continuity.trail.models import Event
from continuity.trail.services import record_event

WINDOW = timedelta(minutes=15)
NAMES_BEFORE_SLOWING = 10  # different ones, of which none ever signed in at this address
TURN, LONGEST_TURN = timedelta(seconds=3), timedelta(minutes=5)
KNOWN_FOR = timedelta(days=30)
_PREFIX_V6 = 64  # of an address that a house is given as a whole


def count_failure(*, request: HttpRequest, member: Member) -> None:
    """Count a wrong factor or a wrong password of a member who is signed in or about to be, as at sign-in."""
    AxesProxyHandler.user_login_failed(
        sender=Member, credentials={"username": member.username}, request=request
    )


def forget_failures(member: Member) -> None:
    """Count anew from nothing."""
    reset(username=member.username)


def refuse_spraying(request: HttpRequest, username: str) -> None:
    """Asked before a password is looked at. Raises NotAllowed `wait` where guessing at many names is slowed."""
    place = _place(request)
    if _is_known(place, username) or int(cache.get(_names_key(place), 0)) < NAMES_BEFORE_SLOWING:
        return
    turns = f"sign-in-turns:{keyed_digest(place)}"
    taken = int(cache.get(turns, 0))
    turn = min(TURN * 2 ** min(taken, 10), LONGEST_TURN)
    if not cache.add(f"sign-in-turn:{keyed_digest(place)}", 1, timeout=int(turn.total_seconds())):
        sentence = "Many sign-ins from where you are have failed. Wait a moment, then try again."
        raise NotAllowed("wait", sentence)
    cache.set(turns, taken + 1, timeout=int(WINDOW.total_seconds()))


@receiver(user_locked_out)
def lock_account(request: HttpRequest, username: str, **_: Any) -> None:
    attempt: Any = request  # axes writes on it when it came and how many failed
    is_first = attempt.axes_failures_since_start == settings.AXES_FAILURE_LIMIT
    _lock(username, attempt.axes_attempt_time, is_first=is_first)


@transaction.atomic
def _lock(username: str, at: datetime, *, is_first: bool) -> None:
    held = Member.objects.select_for_update(of=("self",)).filter(username=username, is_service=False)
    member = held.filter(locked_at=None).first()
    if member is not None:
        member.locked_at = at
        member.save(update_fields=["locked_at"])
    if member is not None or (is_first and not held.exists()):
        # Of a name that nobody has, too: it is worth knowing, and takes as long.
        record_event(Event.Kind.ACCOUNT_LOCKED, member=member, about=keyed_digest(username)[:16])


@receiver(authentication_failed)
def count_wrong_factor(request: HttpRequest, user: Any, **_: Any) -> None:
    if isinstance(user, Member):
        count_failure(request=request, member=user)


@receiver(user_login_failed)
def note_failure_at_place(credentials: dict[str, Any], request: HttpRequest | None = None, **_: Any) -> None:
    if request is None:
        return
    place, username = _place(request), str(credentials.get("username") or "")
    if _is_known(place, username):
        return
    seconds = int(WINDOW.total_seconds())
    if cache.add(f"sign-in-failed:{keyed_digest(f'{place} {username}')}", 1, timeout=seconds):
        cache.add(_names_key(place), 0, timeout=seconds)
        cache.incr(_names_key(place))
        cache.touch(_names_key(place), timeout=seconds)


@receiver(user_logged_in)
def note_success_at_place(request: HttpRequest, user: Any, **_: Any) -> None:
    cache.set(_known_key(_place(request), user.get_username()), 1, timeout=int(KNOWN_FOR.total_seconds()))


def _place(request: HttpRequest) -> str:
    try:
        address = ipaddress.ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return "nowhere"
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, _PREFIX_V6), strict=False))
    return str(address)


def _is_known(place: str, username: str) -> bool:
    return cache.get(_known_key(place, username)) is not None


def _known_key(place: str, username: str) -> str:
    return f"signed-in-at:{keyed_digest(f'{place} {username}')}"


def _names_key(place: str) -> str:
    return f"names-failed-at:{keyed_digest(place)}"
