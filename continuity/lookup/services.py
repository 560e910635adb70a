"""The look-up: one use case behind the page and the JSON address (flow "officer looks up")."""

import time
from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.utils import timezone

from continuity.agencies.models import Membership
from continuity.disclosures.record import Nothing, PersonRecord
from continuity.disclosures.services import release
from continuity.people.services import identify


@dataclass(frozen=True)
class Question:
    """Who is meant, and why it is asked; a name with a birth date or a name with an identifier (P-4)."""

    purpose: str
    incident_ref: str
    last: str
    first: str = ""
    birth_date: date | None = None
    identifier: str = ""
    reason: str = ""

    @property
    def searched(self) -> str:
        """What was typed, as one text; the ledger keeps a keyed hash of it."""
        return "|".join((self.last, self.first, str(self.birth_date or ""), self.identifier)).casefold()


def look_up(
    *, by: Membership, question: Question, channel: str, at: datetime | None = None
) -> PersonRecord | Nothing:
    """Answer one question about one person, through the gate.

    Every negative answer ends at one time floor, so that its time tells no more than its words (P-3).
    """
    started = time.monotonic()
    at = at or timezone.now()
    identified = identify(
        last=question.last,
        first=question.first,
        birth_date=question.birth_date,
        identifier=question.identifier,
    )
    answer = release(
        by=by,
        identified=identified,
        purpose=question.purpose,
        incident_ref=question.incident_ref,
        searched=question.searched,
        channel=channel,
        reason=question.reason,
        at=at,
    )
    if isinstance(answer, Nothing):
        time.sleep(max(0.0, settings.NEGATIVE_FLOOR - (time.monotonic() - started)))
    return answer
