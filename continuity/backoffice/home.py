"""The day's queues: what waits at this desk, how much of it and since when."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Model, QuerySet

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


@dataclass(frozen=True)
class Queue:
    """`count` stops at MOST_COUNTED; `oldest` is when the longest waiting began, or ends first for what runs out."""

    name: str
    title: str
    count: int
    oldest: datetime | None
    empty: str
    says: str = "oldest"
    page: str = ""
    """The name of the page that works it off; "" for the list of consents."""

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
_EMERGENCIES = (
    ("Emergencies to review", "Every emergency access is reviewed.", to_review, "admin:emergencies"),
    (
        "To tell the person",
        "Everybody was told of an emergency access.",
        to_tell,
        "admin:emergencies_to_tell",
    ),
)


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
    """The queues of this member's duties, each with its count and the age of its oldest; constantly many statements."""
    desk = _queues(by, at) if any(by.has_duty(one) for one in DESK) else ()
    emergencies = _emergencies(by, at) if by.has_duty(Duty.REVIEW_EMERGENCY) else ()
    accountings = _accountings(by, at) if by.has_duty(Duty.ACCOUNT_FOR) else ()
    reviews = _merge_reviews(by, at) if by.has_duty(Duty.MANAGE_CONSENT) else ()
    people = _people(by, at) if by.has_duty(Duty.MATCH_PEOPLE) else ()
    use = _use(by) if by.has_duty(Duty.REVIEW_USE) else ()
    staff = _staff(by, at) if by.has_duty(Duty.ADMINISTER_AGENCY) else ()
    return (*desk, *accountings, *reviews, *people, *emergencies, *use, *staff)


def _staff(by: Membership, at: datetime) -> Iterator[Queue]:
    """Accounts that wait for an administrator: to be released, and to be looked at after a year."""
    locked = list(locked_since(by)[: MOST_COUNTED + 1])
    oldest, empty = locked[0] if locked else None, "No account is locked."
    yield Queue("admin:accounts", "Locked accounts", len(locked), oldest, empty, page="admin:accounts")
    seen = _times(accounts_to_review(by, at), "seen_at")
    oldest, empty = seen[0] if seen else None, "Every account is reviewed."
    page = "admin:account_reviews"
    yield Queue(page, "Accounts to review", len(seen), oldest, empty, page=page)


def _accountings(by: Membership, at: datetime) -> Iterator[Queue]:
    due, page = (
        list(owed_requests(by, at).values_list("due_at", flat=True)[: MOST_COUNTED + 1]),
        "admin:accountings",
    )
    title, empty = "Accountings owed", "Nobody waits for an accounting or their record."
    yield Queue(page, title, len(due), due[0] if due else None, empty, "next", page)


def _merge_reviews(by: Membership, at: datetime) -> Iterator[Queue]:
    times, page = _times(merges_to_review(by, at).order_by("decided_at"), "decided_at"), "admin:merge_reviews"
    oldest, empty = times[0] if times else None, "Every merged person's consents are looked at."
    yield Queue(page, "Consents of merged people", len(times), oldest, empty, page=page)


def _people(by: Membership, at: datetime) -> Iterator[Queue]:
    """Who may be one, who is to be one, who was taken for another: whoever keeps the index has all of it."""
    pairs = readable_pairs(by, at).filter(verdict="open").order_by("found_at")
    sorting = rows_to_sort(by, at).filter(is_of_retired=None).order_by("created_at")
    waiting: list[tuple[str, str, str, QuerySet[Any], str]] = [
        ("admin:duplicates", "Possible duplicates", "No pair waits for a decision.", pairs, "found_at"),
        ("admin:rows_to_sort", "Records to sort", "No record waits to be told apart.", sorting, "created_at"),
    ]
    if by.agency.keeps_index:
        merges = merges_to_decide(by, at).order_by("updated_at")
        reports = reports_to_close(by)
        waiting += [
            ("admin:merges", "Merges to decide", "No merge waits for you.", merges, "updated_at"),
            (
                "admin:identity_reports",
                "Taken for another",
                "Nobody reported a mix-up.",
                reports,
                "reported_at",
            ),
        ]
    for page, title, empty, rows, since in waiting:
        times = _times(rows, since)
        yield Queue(page, title, len(times), times[0] if times else None, empty, page=page)


def _times(rows: QuerySet[Any], since: str) -> list[datetime]:
    return list(rows.values_list(since, flat=True)[: MOST_COUNTED + 1])


def _use(by: Membership) -> Iterator[Queue]:
    waiting = findings_of(by).filter(verdict="").order_by("created_at").values_list("created_at", flat=True)
    times, page = list(waiting[: MOST_COUNTED + 1]), "admin:use"
    oldest = times[0] if times else None
    yield Queue(page, "Use to review", len(times), oldest, "Last week's use is reviewed.", page=page)


def _emergencies(by: Membership, at: datetime) -> Iterator[Queue]:
    for title, empty, listed, page in _EMERGENCIES:
        # A time box has an end from its start on, also where no worker wrote down yet that it is over.
        ends = list(listed(by, at).order_by("ends_at").values_list("ends_at", flat=True)[: MOST_COUNTED + 1])
        yield Queue(page, title, len(ends), ends[0] if ends else None, empty, page=page)


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
        page = "admin:offers_due" if name == "offers" else ""
        yield Queue(name, title, len(times), times[0] if times else None, empty, says, page)
