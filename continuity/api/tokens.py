"""`POST /token/`: an assertion in, a token of five minutes out (RFC 6749 4.4, RFC 7523 2.2, SMART Backend Services).

Errors are RFC 6749's own; whoever proves nothing is told nothing more, only the trail knows why.
"""

import time
from typing import Any, cast

from django.conf import settings
from django.http import JsonResponse, QueryDict
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from redis.exceptions import RedisError
from rest_framework import serializers
from rest_framework.parsers import FormParser
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from continuity.agencies.assertions import Reason, Unproven, prove_client
from continuity.agencies.machines import TOKEN_LIFE, issue_token, note_refused_token
from continuity.agencies.models import MachineClient
from continuity.agencies.scopes import CLOSED
from continuity.disclosures.throttles import store
from continuity.errors import Conflict, Invalid

GRANT = "client_credentials"
_MINUTE = 60  # seconds
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
# RFC 6749, 5.2: a token and the refusal of one are nobody's to keep.
_NOT_KEPT = {"Cache-Control": "no-store", "Pragma": "no-cache"}


class TokenQuestion(serializers.Serializer[Any]):
    """The form of a program that asks for a token."""

    grant_type = serializers.ChoiceField(choices=[GRANT])
    client_assertion_type = serializers.ChoiceField(choices=[ASSERTION])
    client_assertion = serializers.CharField(help_text="A JWT, signed with a key of the program.")
    client_id = serializers.CharField(required=False, help_text="Not needed; as in the assertion, if sent.")
    scope = serializers.CharField(
        required=False, help_text="Some of the program's scopes, blanks between; none: all of them."
    )


class TokenAnswer(serializers.Serializer[Any]):
    """A token; it is shown this once."""

    access_token = serializers.CharField()
    token_type = serializers.ChoiceField(choices=["Bearer"])
    expires_in = serializers.IntegerField(help_text="Seconds.")
    scope = serializers.CharField()


class TokenError(serializers.Serializer[Any]):
    """RFC 6749, 5.2."""

    error = serializers.CharField()
    error_description = serializers.CharField()


class TokenThrottle(BaseThrottle):
    """How often in a minute one address may ask for tokens, over all workers; a guess costs the trail a row.

    When the counter's store is down nothing is refused here: no assertion is proven then.
    """

    def allow_request(self, request: Request, view: APIView) -> bool:
        key = f"token:{request.META.get('REMOTE_ADDR', '')}:{int(time.time() // _MINUTE)}"
        try:
            with store(settings.REDIS_URL).pipeline(transaction=True) as count:
                count.set(key, 0, ex=_MINUTE, nx=True)
                count.incr(key)
                return bool(count.execute()[1] <= settings.TOKENS_A_MINUTE)
        except RedisError:
            return True

    def wait(self) -> float:
        return _MINUTE - time.time() % _MINUTE


class Refused(Exception):
    """What went wrong, in RFC 6749's word for it."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(error)
        self.error, self.description, self.status = error, description, status


_UNPROVEN = Refused("invalid_client", "The client did not prove who it is.", 401)


class Tokens(APIView):
    """A program proves who it is and gets a token."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    parser_classes = (FormParser,)
    throttle_classes = (TokenThrottle,)
    scopes = CLOSED

    @extend_schema(
        operation_id="ask_for_token",
        request={"application/x-www-form-urlencoded": TokenQuestion},
        responses={
            200: TokenAnswer,
            400: OpenApiResponse(TokenError, "The request is not one for a token."),
            401: OpenApiResponse(TokenError, "The client did not prove who it is."),
            503: OpenApiResponse(TokenError, "It cannot be told now whether an assertion was used before."),
        },
        auth=[],
    )
    def post(self, request: Request) -> JsonResponse:
        try:
            return JsonResponse(_answer(request), headers=_NOT_KEPT)
        except Refused as refused:
            return _refusal(request, refused)


def audience_of(request: Request) -> str:
    """The address of this endpoint, as an assertion names it."""
    path = reverse("v1:token")
    return f"{settings.SITE_URL.rstrip('/')}{path}" if settings.SITE_URL else request.build_absolute_uri(path)


def _answer(request: Request) -> dict[str, Any]:
    said = _said(request)
    at = timezone.now()
    client = _proven(request, said, at)
    asked = said.get("scope")
    try:
        clear, token = issue_token(client=client, scopes=None if asked is None else asked.split(), at=at)
    except Invalid:
        raise Refused("invalid_scope", "The client does not have one of these scopes.") from None
    except Conflict:
        raise _UNPROVEN from None
    return {
        "access_token": clear,
        "token_type": "Bearer",
        "expires_in": int(TOKEN_LIFE.total_seconds()),
        "scope": token.scope,
    }  # nosec B105


def _said(request: Request) -> dict[str, str]:
    """The form, each field once (RFC 6749, 3.2)."""
    fields = cast("QueryDict", request.data)  # the only parser is that of forms
    if any(len(values) > 1 for _, values in fields.lists()):
        raise Refused("invalid_request", "A parameter was sent twice.")
    said = {name: str(value) for name, value in fields.items() if value}
    grant = said.get("grant_type")
    if grant is None:
        raise Refused("invalid_request", "grant_type is missing.")
    if grant != GRANT:
        raise Refused("unsupported_grant_type", f"grant_type is {GRANT} and nothing else.")
    return said


def _proven(request: Request, said: dict[str, str], at: Any) -> MachineClient:
    assertion = said.get("client_assertion", "")
    if said.get("client_assertion_type") != ASSERTION or not assertion:
        note_refused_token("no_assertion", None)
        raise Refused("invalid_client", "Send a client_assertion of the type jwt-bearer (RFC 7523).", 401)
    try:
        client = prove_client(assertion, audience=audience_of(request), at=at)
    except Unproven as unproven:
        note_refused_token(unproven.reason, unproven.client_id)
        if unproven.reason is Reason.REPLAY_UNKNOWN:
            raise Refused("temporarily_unavailable", "Try again in a minute.", 503) from None
        raise _UNPROVEN from None
    if said.get("client_id", client.application.client_id) != client.application.client_id:
        note_refused_token("other_client", client.pk)
        raise _UNPROVEN
    return client


def _refusal(request: Request, refused: Refused) -> JsonResponse:
    headers = dict(_NOT_KEPT)
    if refused.status == 401 and "Authorization" in request.headers:
        headers["WWW-Authenticate"] = 'Basic realm="continuity"'  # RFC 6749, 5.2; it is not taken here
    body = {"error": refused.error, "error_description": refused.description}
    return JsonResponse(body, status=refused.status, headers=headers)
