"""Proof of a program: an assertion signed with its private key (RFC 7523, SMART Backend Services), good once.

PyJWT checks the signature and the claims; here is said which key, which algorithm and which claims.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

import jwt
from django.core.cache import cache
from jwt import exceptions as wrong
from redis.exceptions import RedisError

from continuity.agencies.jwks import ALGORITHMS, key_named
from continuity.agencies.models import MachineClient
from continuity.trail.context import keyed_digest

LONGEST_LIFE = timedelta(minutes=5)
LEEWAY = timedelta(seconds=5)  # by which two clocks may differ
_LONGEST_TEXT, _LONGEST_ID = 8_000, 200  # characters; of an assertion, and of its jti
_CLAIMS = ["iss", "sub", "aud", "exp", "jti"]


class Reason(StrEnum):
    """Why an assertion proved nothing; written to the trail, never to the sender."""

    MALFORMED = "malformed"
    UNKNOWN_CLIENT = "unknown_client"
    ALGORITHM = "algorithm"
    UNKNOWN_KEY = "unknown_key"
    SIGNATURE = "signature"
    CLAIM_MISSING = "claim_missing"
    EXPIRED = "expired"
    NOT_YET = "not_yet"
    LIVES_TOO_LONG = "lives_too_long"
    AUDIENCE = "audience"
    SUBJECT = "subject"
    REPLAYED = "replayed"
    SUSPENDED = "suspended"
    NOT_AT_WORK = "not_at_work"
    REPLAY_UNKNOWN = "replay_unknown"


class Unproven(Exception):
    """The assertion proves nothing; `client_id` is whose it says it is, if there is such a program."""

    def __init__(self, reason: Reason, client_id: UUID | None = None) -> None:
        super().__init__(reason)
        self.reason, self.client_id = reason, client_id


# The first that fits: a narrower kind stands before the one it is a kind of.
_REASONS: tuple[tuple[type[Exception], Reason], ...] = (
    (wrong.InvalidAlgorithmError, Reason.ALGORITHM),
    (wrong.InvalidSignatureError, Reason.SIGNATURE),
    (wrong.ExpiredSignatureError, Reason.EXPIRED),
    (wrong.ImmatureSignatureError, Reason.NOT_YET),
    (wrong.MissingRequiredClaimError, Reason.CLAIM_MISSING),
    (wrong.InvalidAudienceError, Reason.AUDIENCE),
    (wrong.InvalidSubjectError, Reason.SUBJECT),
)


def prove_client(assertion: str, *, audience: str, at: datetime) -> MachineClient:
    """The program that signed this assertion for `audience`, the address of the token endpoint.

    The assertion is used up by it. Raises Unproven; also when it cannot be told whether it was used before.
    """
    header, claimed = _unverified(assertion)
    client = _client_named(claimed.get("iss"))
    if client is None:
        raise Unproven(Reason.UNKNOWN_CLIENT)
    if header.get("alg") not in ALGORITHMS.values():
        raise Unproven(Reason.ALGORITHM, client.pk)
    claims = _verified(assertion, header, client, audience)
    _refuse_long_life(claims, client, at)
    if client.suspended_at is not None:
        raise Unproven(Reason.SUSPENDED, client.pk)
    if not client.membership.is_current:
        raise Unproven(Reason.NOT_AT_WORK, client.pk)
    _use_up(claims, client, at)
    return client


def _unverified(assertion: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims as they are said, to find whose key is to be asked; nothing of it is believed."""
    if len(assertion) > _LONGEST_TEXT:
        raise Unproven(Reason.MALFORMED)
    try:
        read = jwt.decode_complete(assertion, options={"verify_signature": False})
    except (wrong.PyJWTError, ValueError, RecursionError):
        raise Unproven(Reason.MALFORMED) from None
    return read["header"], read["payload"]


def _client_named(client_id: object) -> MachineClient | None:
    if not isinstance(client_id, str) or "\x00" in client_id:
        return None
    rows = MachineClient.objects.select_related("application", "membership__member", "membership__agency")
    return rows.filter(application__client_id=client_id).first()


def _verified(assertion: str, header: dict[str, Any], client: MachineClient, audience: str) -> dict[str, Any]:
    key = key_named(client.jwks, header.get("kid"))
    if key is None:
        raise Unproven(Reason.UNKNOWN_KEY, client.pk)
    name = client.application.client_id
    try:
        return jwt.decode(
            assertion,
            key,
            algorithms=[key.algorithm_name],
            audience=audience,
            issuer=name,
            subject=name,
            leeway=LEEWAY,
            # One audience and no other: a list would let a second server send the assertion on to us.
            options={"require": _CLAIMS, "strict_aud": True},
        )
    except wrong.PyJWTError as error:
        reason = next((reason for kind, reason in _REASONS if isinstance(error, kind)), Reason.MALFORMED)
        raise Unproven(reason, client.pk) from None


def _refuse_long_life(claims: dict[str, Any], client: MachineClient, at: datetime) -> None:
    if int(claims["exp"]) > (at + LONGEST_LIFE + LEEWAY).timestamp():
        raise Unproven(Reason.LIVES_TOO_LONG, client.pk)
    if not 0 < len(claims["jti"]) <= _LONGEST_ID:
        raise Unproven(Reason.CLAIM_MISSING, client.pk)


def _use_up(claims: dict[str, Any], client: MachineClient, at: datetime) -> None:
    """Remember its id, for all workers, until it is over anyway; without that memory nothing is proven."""
    key = "assertion:" + keyed_digest(f"{client.pk} {claims['jti']}")
    seconds = int(claims["exp"]) - int(at.timestamp()) + 2 * int(LEEWAY.total_seconds())
    try:
        is_first = cache.add(key, 1, timeout=seconds)
    except RedisError:
        raise Unproven(Reason.REPLAY_UNKNOWN, client.pk) from None
    if not is_first:
        raise Unproven(Reason.REPLAYED, client.pk)
