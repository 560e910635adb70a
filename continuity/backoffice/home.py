"""The day's queues: what waits at this desk, how much of it and since when."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet

from continuity.access.emergencies import to_review, to_tell
from continuity.agencies.account_lists import locked_since
from continuity.agencies.account_lists import to_review as accounts_to_review
from continuity.agencies.models import Membership
from continuity.agencies.roles import Duty
from continuity.agencies.services import rules_for
from continuity.backoffice.site import DESK
from continuity.consents.models import Consent
from continuity.consents.standing import Standing
from continuity.disclosures.accounting_requests import owed_requests
from continuity.disclosures.duplicate_reads import readable_pairs
from continuity.disclosures.identity_reports import reports_to_close
from continuity.disclosures.merge_lists import merges_to_decide, merges_to_review, rows_to_sort
from continuity.disclosures.own_records import readable_consents, readable_offers
from continuity.disclosures.watch import findings_of

MOST_COUNTED = 100  # nobody works off more in a day, and no page counts a big table
Rows = Callable[[Membership, datetime], QuerySet[Any]]


@dataclass(frozen=True)
class Queue:
    """What waits: which rows, by which field since when, and what the tile says when nothing does."""

    title: str
    empty: str
    rows: Rows
    since: str
    page: str = ""  # that works it off; "" for the list of consents, which knows it by its name
    says: str = "oldest"
    name: str = ""
    is_keepers: bool = False  # for whoever keeps the index of people


@dataclass(frozen=True)
class Tile:
    """`count` stops at MOST_COUNTED; `oldest` is when the longest waiting began, or ends first for what runs out."""

    queue: Queue
    count: int
    oldest: datetime | None

    @property
    def shown_count(self) -> str:
        return f"{MOST_COUNTED}+" if self.count > MOST_COUNTED else str(self.count)


def _proposed(*, is_signed: bool) -> Rows:
    return lambda by, at: readable_consents(by, at).filter(
        status=Consent.Status.PROPOSED, signed_at__isnull=not is_signed
    )


def _standing(standing: Standing) -> Rows:
    return lambda by, at: readable_consents(by, at).standing_as(standing, at)


def _unasked(by: Membership, at: datetime) -> QuerySet[Consent]:
    again = timedelta(days=rules_for(by.agency, at).ask_about_event_every_days)
    return readable_consents(by, at).unasked_since(at - again, at)


_CONSENTS = (
    Queue("To verify", "Every signed form is verified.", _proposed(is_signed=True), "signed_at", name="verify"),
    Queue(
        "Waiting for a signature", "No form waits for a signature.", _proposed(is_signed=False), "updated_at",
        name="unsigned",
    ),
    Queue(
        "Expiring within 30 days", "Nothing runs out soon.", _standing(Standing.EXPIRING), "expires_at", says="next",
        name="expiring",
    ),
    Queue(
        "Suspended by word, not on paper", "Every spoken stop is on paper.", _standing(Standing.SUSPENDED),
        "suspended_at", name="unpapered",
    ),
    Queue("Has the event happened?", "No event has to be asked about.", _unasked, "asked_at", name="events"),
)  # fmt: skip
CONSENTS = {queue.name: queue for queue in _CONSENTS}
_OFFERS = Queue(
    "To be offered again",
    "Nobody waits for another offer.",
    lambda by, at: readable_offers(by, at).due(at),
    "offer_again_at",
    "admin:offers_due",
)
_BY_DUTY: tuple[tuple[tuple[Duty, ...], tuple[Queue, ...]], ...] = (
    (DESK, (*_CONSENTS, _OFFERS)),
    ((Duty.ACCOUNT_FOR,), (
        Queue("Accountings owed", "Nobody waits for an accounting or their record.", owed_requests, "due_at",
              "admin:accountings", "next"),
    )),
    ((Duty.MANAGE_CONSENT,), (
        Queue("Consents of merged people", "Every merged person's consents are looked at.", merges_to_review,
              "decided_at", "admin:merge_reviews"),
    )),
    ((Duty.MATCH_PEOPLE,), (
        Queue("Possible duplicates", "No pair waits for a decision.",
              lambda by, at: readable_pairs(by, at).filter(verdict="open"), "found_at", "admin:duplicates"),
        Queue("Records to sort", "No record waits to be told apart.",
              lambda by, at: rows_to_sort(by, at).filter(is_of_retired=None), "created_at", "admin:rows_to_sort"),
        Queue("Merges to decide", "No merge waits for you.", merges_to_decide, "updated_at", "admin:merges",
              is_keepers=True),
        Queue("Taken for another", "Nobody reported a mix-up.", lambda by, at: reports_to_close(by), "reported_at",
              "admin:identity_reports", is_keepers=True),
    )),
    # A time box has an end from its start on, also where no worker wrote down yet that it is over.
    ((Duty.REVIEW_EMERGENCY,), (
        Queue("Emergencies to review", "Every emergency access is reviewed.", to_review, "ends_at",
              "admin:emergencies"),
        Queue("To tell the person", "Everybody was told of an emergency access.", to_tell, "ends_at",
              "admin:emergencies_to_tell"),
    )),
    ((Duty.REVIEW_USE,), (
        Queue("Use to review", "Last week's use is reviewed.", lambda by, at: findings_of(by).filter(verdict=""),
              "created_at", "admin:use"),
    )),
    ((Duty.ADMINISTER_AGENCY,), (
        Queue("Locked accounts", "No account is locked.", lambda by, at: locked_since(by), "member__locked_at",
              "admin:accounts"),
        Queue("Accounts to review", "Every account is reviewed.", accounts_to_review, "seen_at",
              "admin:account_reviews"),
    )),
)  # fmt: skip


def tiles(by: Membership, at: datetime) -> tuple[Tile, ...]:
    """The queues of this member's duties, each with its count and the age of its oldest; constantly many statements."""
    return tuple(
        _tile(queue, by, at)
        for duties, queues in _BY_DUTY
        if any(by.has_duty(one) for one in duties)
        for queue in queues
        if by.agency.keeps_index or not queue.is_keepers
    )


def _tile(queue: Queue, by: Membership, at: datetime) -> Tile:
    rows = queue.rows(by, at).order_by(queue.since).values_list(queue.since, flat=True)
    times = list(rows[: MOST_COUNTED + 1])
    return Tile(queue, len(times), times[0] if times else None)
