"""The day's queues: what waits at this desk, how much of it and since when."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Model, QuerySet

from continuity.agencies.models import Membership
from continuity.agencies.services import rules_for
from continuity.consents.models import Consent
from continuity.consents.standing import Standing
from continuity.disclosures.own_records import readable_consents, readable_offers

MOST_COUNTED = 100  # nobody works off more in a day, and no page counts a big table


@dataclass(frozen=True)
class Queue:
    """`count` stops at MOST_COUNTED; `oldest` is when the longest waiting began, or ends first for what runs out."""

    name: str
    title: str
    count: int
    oldest: datetime | None
    empty: str
    says: str = "oldest"

    @property
    def shown_count(self) -> str:
        return f"{MOST_COUNTED}+" if self.count > MOST_COUNTED else str(self.count)


# name: title, what the empty tile says
QUEUES = {
    "verify": ("To verify", "Every signed form is verified."),
    "unsigned": ("Waiting for a signature", "No form waits for a signature."),
    "expiring": ("Expiring within 30 days", "Nothing runs out soon."),
    "unpapered": ("Suspended by word, not on paper", "Every spoken stop is on paper."),
    "events": ("Has the event happened?", "No event has to be asked about."),
    "offers": ("To be offered again", "Nobody waits for another offer."),
}


def queue(name: str, by: Membership, at: datetime) -> tuple[QuerySet[Consent], str]:
    """The consents of one queue, longest waiting first, and the field that says since when."""
    consents = readable_consents(by, at)
    proposed = consents.filter(status=Consent.Status.PROPOSED)
    if name == "verify":
        return proposed.filter(signed_at__isnull=False), "signed_at"
    if name == "unsigned":
        return proposed.filter(signed_at__isnull=True), "updated_at"
    if name == "expiring":
        return consents.standing_as(Standing.EXPIRING, at), "expires_at"
    if name == "unpapered":
        return consents.standing_as(Standing.SUSPENDED, at), "suspended_at"
    again = timedelta(days=rules_for(by.agency, at).ask_about_event_every_days)
    return consents.unasked_since(at - again, at), "asked_at"


def queues(by: Membership, at: datetime) -> tuple[Queue, ...]:
    """Every queue with its count and the age of its oldest; a constant number of statements."""
    return tuple(_queues(by, at))


def _queues(by: Membership, at: datetime) -> Iterator[Queue]:
    for name, (title, empty) in QUEUES.items():
        rows: QuerySet[Model]
        if name == "offers":
            due = readable_offers(by, at).due(at)
            rows, since = due, "offer_again_at"
        else:
            rows, since = queue(name, by, at)
        times = list(rows.order_by(since).values_list(since, flat=True)[: MOST_COUNTED + 1])
        says = "next" if name == "expiring" else "oldest"
        yield Queue(name, title, len(times), times[0] if times else None, empty, says)
