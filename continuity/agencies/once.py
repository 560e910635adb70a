"""A button that is pressed twice does its work once: each form carries a key, kept for a day with where it led."""

from collections.abc import Callable
from datetime import datetime
from uuid import uuid4

from django.db import transaction
from django.http import HttpRequest

from continuity.agencies.models import Membership
from continuity.trail.context import keyed_digest
from continuity.trail.models import AnsweredRequest

FIELD = "once"


def new_key() -> str:
    """A key for the forms of one page."""
    return uuid4().hex


def act_once(request: HttpRequest, *, by: Membership, at: datetime, act: Callable[[], str]) -> str:
    """Act and return the address it leads to, or the address of the first time; one transaction.

    A refusal takes the key back with the act. Of two presses at the same moment the second waits at the unique key.
    """
    key = request.POST.get(FIELD, "")
    with transaction.atomic():
        if not key:
            return act()
        row, is_first = AnsweredRequest.objects.get_or_create(
            membership_id=by.pk,
            key_hmac=keyed_digest(f"{request.path} {key}"),
            defaults={"at": at, "request_hmac": keyed_digest(request.path)},
        )
        if is_first:
            row.status, row.location = 302, act()
            row.save()
        return row.location
