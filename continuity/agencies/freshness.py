"""How well a session proved who sits there: by a second factor, and a moment ago for the gravest verbs (S-1, S-4)."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from continuity.errors import NotAllowed

CODE = "reauthenticate"
# In the session: the password must be changed before anything else (S-2).
PASSWORD_DUE = "password_due"  # noqa: S105 - a name  # nosec B105
_KEY = "fresh_at"  # in the session: seconds since 1970


def has_factor(request: Any) -> bool:
    """Whether the session was opened with a second factor, or the request comes with a program's token (S-1)."""
    if getattr(request, "auth", None) is not None:
        return True
    return bool(getattr(request, "session", {}).get("factor"))


def require_factor(request: Any) -> None:
    """Raises NotAllowed `second_factor_missing` for a session that a password alone began."""
    if not has_factor(request):
        raise NotAllowed("second_factor_missing", "Sign in with your second factor first.")


def require_password_in_time(request: Any) -> None:
    """Raises NotAllowed `password_due` for a session that has to change its password first, by whatever door (S-2)."""
    if getattr(request, "auth", None) is None and request.session.get(PASSWORD_DUE):
        raise NotAllowed(PASSWORD_DUE, "Your password is a year old. Change it first.")


def mark_fresh(request: HttpRequest, *, proved_at: int | None = None) -> None:
    """Keep that whoever sits there proved who they are: in this request, or when an identity provider says they did."""
    asked_at = int(getattr(request, "asked_at", 0))  # no door read its clock: never fresh
    request.session[_KEY] = asked_at if proved_at is None else proved_at


def require_fresh(request: Any) -> None:
    """Let through only who proved a moment ago who they are. Raises NotAllowed `reauthenticate`.

    Doors ask it just before an emergency override, the approval of a merge, the activation of a consent and the
    elevation of roles. A page leads to the proof and keeps what was typed. A program cannot
    prove that the member it asks for sits there, so these verbs are closed to it.
    """
    session = {} if getattr(request, "auth", None) is not None else getattr(request, "session", {})
    asked_at = int(getattr(request, "asked_at", 2**62))  # far in the future where no door read its clock
    if asked_at - session.get(_KEY, 0) > settings.REAUTHENTICATION_AGE:
        raise NotAllowed(CODE, "Prove once more that it is you.")
