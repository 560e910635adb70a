"""How a consent stands at a moment, as a badge says it. Pure: judged from row and clock, never stored."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

SOON = timedelta(days=30)


class Standing(StrEnum):
    """One word per badge; `ACTIVE` and `EXPIRING` are the only ones that open anything."""

    DRAFT = "draft"
    PROPOSED = "proposed"
    REJECTED = "rejected"
    NOT_YET = "not_yet"
    ACTIVE = "active"
    EXPIRING = "expiring"
    SUSPENDED = "suspended"
    EXPIRED = "expired"
    REVOKED = "revoked"
    SUPERSEDED = "superseded"
    INVALIDATED = "invalidated"
    ENTERED_IN_ERROR = "entered_in_error"


@dataclass(frozen=True)
class Life:
    """The fields of a consent that a badge depends on."""

    status: str
    inactive_reason: str
    suspended_at: datetime | None
    starts_at: datetime
    signed_at: datetime | None
    expires_at: datetime | None
    expiry_event: str


def standing(life: Life, at: datetime) -> Standing:
    """How the consent stands at `at`: a row that still says active is expired once its time is over (P-18)."""
    if life.status != "active":
        return Standing(life.inactive_reason if life.status == "inactive" else life.status)
    if life.expires_at is not None and life.expires_at <= at:
        return Standing.EXPIRED
    if life.suspended_at is not None:
        return Standing.SUSPENDED
    if life.starts_at > at or life.signed_at is None or life.signed_at > at:
        return Standing.NOT_YET
    if life.expires_at is None:
        return Standing.ACTIVE if life.expiry_event else Standing.EXPIRED
    return Standing.EXPIRING if life.expires_at <= at + SOON else Standing.ACTIVE
