"""The circumstances of a write (who, for which purpose, in which request), carried to the rows of the trail.

auditlog's own context loses the actor of API calls and of nested scopes, and trusts forged headers; this one
is read at the moment of writing, nests, and validates what came over the wire.
"""

import hmac
import ipaddress
import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

_LONGEST_ID = 64  # characters, as the columns that keep it
_REQUEST_ID = re.compile(rf"[A-Za-z0-9._-]{{8,{_LONGEST_ID}}}")


@dataclass(frozen=True)
class Circumstances:
    """`request_id` is ours or a well-formed one of the proxy; `remote_addr` is an address or None."""

    member: Any = None
    request: HttpRequest | None = None
    request_id: str = ""
    remote_addr: str | None = None
    purpose: str = ""

    def actor(self) -> Any:
        """The signed-in member now, or None: sign-in may happen after the context was opened."""
        member = self.member if self.member is not None else getattr(self.request, "user", None)
        return member if member is not None and member.is_authenticated else None


_NONE = Circumstances()
_circumstances: ContextVar[Circumstances] = ContextVar("circumstances", default=_NONE)


def current() -> Circumstances:
    """The circumstances of the running request, task or command."""
    return _circumstances.get()


def current_request_id() -> str | None:
    return current().request_id or None


@contextmanager
def audit_context(**changes: Any) -> Iterator[None]:
    """Run a block under changed circumstances; the former ones return afterwards."""
    token = _circumstances.set(replace(current(), **changes))
    try:
        yield
    finally:
        _circumstances.reset(token)


def note_program(client_id: uuid.UUID) -> None:
    """From here to the end of the request its id begins with the program that sends it: `program:<id>:...`.

    So ledger, trail and history name the program beside the member it asks for (S-7). No id from outside has a colon.
    """
    request_id = f"program:{client_id.hex}:{current().request_id}"[:_LONGEST_ID]
    _circumstances.set(replace(current(), request_id=request_id))


class AuditContextMiddleware:
    """Open the context of each request and answer with its id."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        # Whom a proxy speaks for is in REMOTE_ADDR already: anyone can send X-Forwarded-For (entry.proxies).
        with audit_context(
            request=request, member=None, request_id=request_id, remote_addr=_address(request)
        ):
            response = self.get_response(request)
            response["X-Request-ID"] = current().request_id
        return response


def _address(request: HttpRequest) -> str | None:
    try:
        return str(ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")))
    except ValueError:
        return None


def keyed_digest(value: str) -> str:
    """A short keyed hash: two equal values look equal, neither can be read back (S-7, P-19)."""
    return hmac.new(settings.LEDGER_KEY.encode(), value.encode(), "sha256").hexdigest()[:32]


def mask(value: str) -> str:
    """What auditlog stores of a masked field: that it changed, not what it says."""
    return value if value in ("", "None") else f"hmac:{keyed_digest(value)}"
