"""Programs at the API: a bearer token beside the session, for the addresses whose scope it has.

A program that says for whom it asks (`Continuity-Acting-For`) is on duty as that member of its agency, and the gate
judges that member; ledger and trail name both (S-7).
"""

from typing import Any

from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import APIException, PermissionDenied
from rest_framework.request import Request

from continuity.agencies.credentials import Credential, acting_for, credential_of, note_use
from continuity.agencies.models import Member
from continuity.agencies.scopes import CLOSED, Scope
from continuity.errors import NotAllowed
from continuity.trail.context import note_program

ACTING_FOR = "Continuity-Acting-For"


class TokenNotGood(APIException):
    """Unknown, over, ended or of a program that may not work: one and the same answer (RFC 6750, 3.1)."""

    status_code = 401
    default_code = "invalid_token"
    default_detail = "This token is not good. Ask for a new one."
    auth_header = 'Bearer realm="continuity", error="invalid_token"'


class ScopeMissing(APIException):
    """The token is good, but not for this (RFC 6750, 3.1)."""

    status_code = 403
    default_code = "insufficient_scope"

    def __init__(self, scope: Scope | None) -> None:
        needed = f"This needs the scope {scope.value}." if scope else "This is closed to programs."
        super().__init__(needed)
        named = f', scope="{scope.value}"' if scope else ""
        self.auth_header = f'Bearer realm="continuity", error="insufficient_scope"{named}'


class ProgramAuthentication(BaseAuthentication):
    """Who sends a bearer token is that program and nobody else: a session sent with it does not count.

    The scope is asked here, because no view can be reached by a token without passing here.
    """

    def authenticate(self, request: Request) -> tuple[Member, Credential] | None:
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer":
            return None
        at = timezone.now()
        credential = credential_of(token.strip(), at)
        if credential is None:
            raise TokenNotGood
        note_program(credential.client.pk)
        needed = scope_of(request)
        if needed is None or needed not in credential.scopes:
            raise ScopeMissing(needed)
        note_use(credential.client, at)
        if whom := request.headers.get(ACTING_FOR, ""):
            try:
                credential = acting_for(credential, whom)
            except NotAllowed as refused:
                raise PermissionDenied(refused.detail, refused.code) from None
        return credential.duty.member, credential


def scope_of(request: Request) -> Scope | None:
    """The scope that this request needs; None: an address that names none is closed to programs."""
    view: Any = (request.parser_context or {}).get("view")
    return getattr(view, "scopes", CLOSED).needed_for(request.method or "")
