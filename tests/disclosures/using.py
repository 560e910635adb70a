"""A week of use, written straight into the ledger: hundreds of questions in the time of one."""

from datetime import UTC, date, datetime
from typing import Any

from continuity.agencies.models import Membership
from continuity.disclosures import watch
from continuity.disclosures.models import LedgerEntry, UseFinding
from continuity.ids import uuid7

WEEK = date(2026, 11, 16)  # a Monday; the cast's moment is the Friday after it
TUESDAY_NOON = datetime(2026, 11, 17, 20, 0, tzinfo=UTC)  # 12:00 in Los Angeles
OVER = datetime(2026, 11, 23, 13, 5, tzinfo=UTC)


def use(by: Membership, at: datetime = TUESDAY_NOON, typed: str = "somebody", **fields: Any) -> LedgerEntry:
    """One question that found nobody, unless `fields` say otherwise."""
    return LedgerEntry.objects.create(
        **{
            "id": uuid7(at),
            "at": at,
            "asker": by,
            "agency": by.agency,
            "roles": by.roles,
            "purpose": "le_crisis_response",
            "incident_ref": "2026-0001",
            "channel": "page",
            "outcome": "empty",
            "refusal": "no_match",
            "match_grade": "certain",
            "search_hmac": typed,
        }
        | fields
    )


def answered(by: Membership, at: datetime = TUESDAY_NOON, **fields: Any) -> LedgerEntry:
    """A question that was answered."""
    return use(by, at, **({"outcome": "released", "refusal": ""} | fields))


def found(by: Membership, kind: str, **limits: Any) -> int:
    """How often the week's review found this kind of use of a member; 0 when it found none."""
    watch.review_week(week=WEEK, at=OVER, **limits)
    return sum(UseFinding.objects.filter(asker=by, kind=kind, week=WEEK).values_list("count", flat=True))
