"""Which version somebody saw: strong entity tags out, `If-Match` and `If-None-Match` in (RFC 9110, 13.1)."""

import hashlib
import re
from uuid import UUID

from django.utils.http import parse_etags
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import APIException
from rest_framework.request import Request

from continuity.errors import Stale

_TAG = re.compile(r'"([0-9a-f-]{36})\.([0-9]{1,9})(?:\.[0-9a-f]{12})?"')
IF_MATCH = OpenApiParameter(
    "If-Match", str, OpenApiParameter.HEADER, required=True, description="The ETag of the version you saw."
)
IF_NONE_MATCH = OpenApiParameter("If-None-Match", str, OpenApiParameter.HEADER)


class VersionNotNamed(APIException):
    """A change without the version it is based on: who saw what is not known, so nothing is changed (RFC 6585)."""

    status_code = 428
    default_code = "precondition_required"
    default_detail = "Send If-Match with the ETag of the version you saw, one and not the wildcard."


def etag(pk: UUID, version: int, body: bytes) -> str:
    """`"id.version.digest"`: a badge turns with the clock while the version stays, so the digest is of the body."""
    return f'"{pk}.{version}.{hashlib.sha256(body).hexdigest()[:12]}"'


def version_seen(request: Request, pk: UUID) -> int:
    """The version that `If-Match` names; the verb compares it under its lock.

    Raises VersionNotNamed without exactly one tag, Stale for a tag that was never one of this record.
    """
    tags = parse_etags(request.headers.get("If-Match", ""))
    if len(tags) != 1 or tags == ["*"]:
        raise VersionNotNamed
    found = _TAG.fullmatch(tags[0])
    if found is None or found[1] != str(pk):
        raise Stale
    return int(found[2])


def was_seen(request: Request, tag: str) -> bool:
    """Whether the caller holds this very representation already."""
    return tag in parse_etags(request.headers.get("If-None-Match", ""))
