"""Time-ordered identifiers (UUIDv7, RFC 9562): one column that is key, order and partition."""

import secrets
import time
import uuid
from datetime import datetime

_VERSION_AND_VARIANT = (0x7 << 76) | (0x2 << 62)


def uuid7(at: datetime | None = None) -> uuid.UUID:
    """A new id whose first 48 bits are `at` in milliseconds since 1970 (now, when `at` is None)."""
    milliseconds = int(at.timestamp() * 1000) if at else time.time_ns() // 1_000_000
    random_bits = secrets.randbits(74)
    value = (
        (milliseconds << 80)
        | _VERSION_AND_VARIANT
        | ((random_bits >> 62) << 64)
        | (random_bits & (1 << 62) - 1)
    )
    return uuid.UUID(int=value)


def first_of(at: datetime) -> uuid.UUID:
    """The lowest id of the millisecond `at`: the bound of a range of ids in time."""
    return uuid.UUID(int=int(at.timestamp() * 1000) << 80)
