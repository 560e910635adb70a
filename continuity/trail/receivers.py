"""Failed sign-ins and sign-outs become events of the trail (S-6); a sign-in is written where its proof is known."""

from typing import Any

from django.contrib.auth.signals import user_logged_out, user_login_failed
from django.dispatch import receiver

from continuity.trail.context import keyed_digest
from continuity.trail.models import Event
from continuity.trail.services import record_event


@receiver(user_logged_out)
def note_sign_out(user: Any, **_: Any) -> None:
    record_event(Event.Kind.SIGNED_OUT, member=user)


@receiver(user_login_failed)
def note_failed_sign_in(credentials: dict[str, Any], **_: Any) -> None:
    # People type their password into the wrong field: keep a keyed hash only.
    record_event(Event.Kind.SIGN_IN_FAILED, about=keyed_digest(str(credentials.get("username", "")))[:16])
