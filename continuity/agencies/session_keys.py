"""The key of a session, which is another one after whatever gives the session more (S-4)."""

from typing import Any

from allauth.usersessions.models import UserSession


def renew_key(request: Any) -> None:
    """Go on under a new key: whoever knew the old one, from a shared computer or by planting it, has nothing."""
    before = request.session.session_key
    request.session.cycle_key()
    for row in UserSession.objects.filter(session_key=before):
        row.session_key = request.session.session_key
        row.save(update_fields=["session_key"])
