"""`Idempotency-Key`: a request that is sent again, because the line was bad, is done once and answered alike."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.request import Request

from continuity.agencies.models import Membership
from continuity.trail.context import keyed_digest
from continuity.trail.models import AnsweredRequest

_KEY = re.compile(r"[\x20-\x7e]{1,100}")
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="1 to 100 printable characters. The same request with the same key is done once within 24 hours.",
)


class KeyReused(APIException):
    """The key belongs to another request of this member on this duty."""

    status_code = 422
    default_code = "idempotency_key_reused"
    default_detail = "This Idempotency-Key was sent with another request. Take a new one."


@dataclass(frozen=True)
class Answer:
    """What is sent, and sent again."""

    status: int
    body: bytes
    etag: str = ""
    location: str = ""

    def response(self) -> HttpResponse:
        response = HttpResponse(self.body, status=self.status, content_type="application/json")
        if self.etag:
            response["ETag"] = self.etag
        if self.location:
            response["Location"] = self.location
        return response


def answer_once(
    request: Request, *, by: Membership, said: str, at: datetime, act: Callable[[], Answer]
) -> HttpResponse:
    """Act and answer in one transaction, or give the answer of the first time; `said` is the body in one spelling.

    A refusal rolls the key back with the act. Of two at the same moment the second waits at the unique key. Raises
    KeyReused, and ValidationError for a key that is none.
    """
    key = request.headers.get("Idempotency-Key")
    request_hmac = keyed_digest(f"{request.method} {request.path}\n{said}")
    with transaction.atomic():
        if key is None:
            return act().response()
        if not _KEY.fullmatch(key):
            raise ValidationError("An Idempotency-Key has 1 to 100 printable characters.", code="not_a_key")
        row, is_first = AnsweredRequest.objects.get_or_create(
            membership_id=by.pk,
            key_hmac=keyed_digest(key),
            defaults={"at": at, "request_hmac": request_hmac},
        )
        if is_first:
            _keep(row, act())
        elif row.request_hmac != request_hmac:
            raise KeyReused
        return Answer(row.status, bytes(row.body), row.etag, row.location).response()


def spelt(data: Any) -> str:
    """A JSON body in one spelling, so that blanks and order make no difference."""
    return json.dumps(data, sort_keys=True)


def _keep(row: AnsweredRequest, answer: Answer) -> None:
    row.status, row.body, row.etag, row.location = answer.status, answer.body, answer.etag, answer.location
    row.save()
