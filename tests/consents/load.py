"""Look-ups in a loop while consents end: many clients over HTTP, one manager, each on connections of their own."""

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from threading import Event
from time import sleep
from typing import Any

import pytest
from django.db import connection, connections
from django.test import Client
from django.utils import timezone

from continuity.agencies.models import Membership
from continuity.consents.endings import revoke_consent, revoke_recipient, suspend_consent
from continuity.consents.models import Consent
from continuity.disclosures.models import LedgerEntry
from continuity.people.models import Person
from tests import builders as b
from tests.cast import ABOUT_SAM, signed_in
from tests.lookup.asking import URL

CLIENTS = 8
LETTERS = "ABCDEFGHIJKLMNOPRSTUVWZ"


@dataclass
class Story:
    """One person, what is asked about them, and their consent."""

    person: Person
    question: dict[str, str]
    consent: Consent


@dataclass
class Ended:
    """When the end of a consent was committed, and by when PostgreSQL had shown it to everybody.

    The commit is stamped a moment before it is seen: a look-up that falls between the two may still be answered.
    """

    committed_at: datetime
    visible_at: datetime


@dataclass
class Outcome:
    """What the ledger says afterwards."""

    released: int
    refused: int
    too_late: list[LedgerEntry]
    while_committing: int


def require_commit_timestamps() -> None:
    """Without them nothing is shown, and a test that shows nothing may not pass."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW track_commit_timestamp")
        if cursor.fetchone() != ("on",):
            pytest.fail("the server does not keep commit timestamps: start it with track_commit_timestamp=on")


def county(people: int) -> tuple[list[Story], list[Membership], Membership]:
    """People whose consents let the county tell the police; officers who ask; the manager who ends the consents."""
    now = timezone.now()
    health, police = (
        b.agency("county-health", "county_behavioral_health"),
        b.agency("kestrel-police", "police"),
    )
    b.agreement(health, police, effective_at=now - timedelta(days=1), expires_at=now + timedelta(days=9))
    kim, second = (b.member(name, health, "consent_manager") for name in ("kim", "second"))
    author = b.member("author", health, "embedded_clinician")
    stories = []
    for number in range(people):
        born = date(1950, 1, 1) + timedelta(days=137 * number % 18_000)
        last = "".join(LETTERS[number // len(LETTERS) ** place % len(LETTERS)] * 2 for place in range(4))
        person = b.person(health, first="Fictional", last=last, born=born)
        b.contact(author, person, at=now - timedelta(days=20))
        consent = b.consent(
            by=kim, verified_by=second, who=person, to=[police], at=now - timedelta(minutes=1),
            expires_at=now + timedelta(days=30),
        )  # fmt: skip
        question = ABOUT_SAM | {"first": "Fictional", "last": last, "birth_date": f"{born:%m/%d/%Y}"}
        stories.append(Story(person, question, consent))
    officers = [b.member(f"officer-{n}", police, "officer") for n in range(CLIENTS)]
    return stories, officers, kim


@contextmanager
def own_connection() -> Iterator[None]:
    """A thread's connection goes back to the pool, as at the end of a request."""
    try:
        yield
    finally:
        connections.close_all()


def ask(client: Client, story: Story) -> None:
    with own_connection():
        response = client.post(URL, story.question, content_type="application/json")
        assert response.status_code == 200


class Load:
    """Run it once; `cursor` is the consent that ends next, and everybody asks about its neighbours."""

    def __init__(self, people: int, pause: float) -> None:
        require_commit_timestamps()
        self.pause = pause
        self.stories, self.officers, self.kim = county(people)
        self.cursor = 0
        self.over = Event()
        self.ended: dict[Any, Ended] = {}

    def run(self) -> Outcome:
        clients = [signed_in(officer) for officer in self.officers]
        with ThreadPoolExecutor(CLIENTS + 1) as threads:
            looking = [threads.submit(self.look_up_until_over, client) for client in clients]
            threads.submit(self.end_all).result()
            asked = [one.result() for one in looking]
        assert min(asked) > 0, "a client never asked"
        return self.judge()

    def look_up_until_over(self, client: Client) -> int:
        asked = 0
        while not self.over.is_set():
            ask(client, self.stories[(self.cursor + random.randint(-2, 2)) % len(self.stories)])
            asked += 1
        return asked

    def end_all(self) -> None:
        try:
            sleep(0.3)
            for number, story in enumerate(self.stories):
                self.cursor = number
                sleep(self.pause)
                self.ended[story.consent.pk] = self.end(number, story.consent)
            sleep(0.3)
        finally:
            self.over.set()

    def end(self, number: int, consent: Consent) -> Ended:
        """End one by a verb, and let the server say when everybody sees it: no clock of ours, no waiting for our turn."""
        given: dict[str, Any] = {"by": self.kim, "consent_id": consent.pk, "note": "", "at": timezone.now()}
        with own_connection():
            connection.set_autocommit(False)
            if number % 3 == 0:
                revoke_consent(**given)
            elif number % 3 == 1:
                suspend_consent(**given)
            else:
                revoke_recipient(**given, recipient_id=consent.recipients.get().pk)
            with connection.cursor() as cursor:
                raw = cursor.connection.execute("COMMIT; SELECT clock_timestamp()", prepare=False)
                raw.nextset()
                visible_at = raw.fetchone()[0]
            connection.set_autocommit(True)
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_xact_commit_timestamp(xmin) FROM consents_consent WHERE id = %s", [consent.pk]
                )
                committed_at = cursor.fetchone()[0]
        assert given["at"] < committed_at <= visible_at
        return Ended(committed_at, visible_at)

    def judge(self) -> Outcome:
        """Every positive answer of the ledger against the end of the consent it used."""
        rows = LedgerEntry.objects.filter(outcome=LedgerEntry.Outcome.RELEASED)
        after = [
            (row, self.ended[one])
            for row in rows
            for one in row.consents
            if row.at > self.ended[one].committed_at
        ]
        late = [row for row, end in after if row.at > end.visible_at]
        others = LedgerEntry.objects.exclude(outcome=LedgerEntry.Outcome.RELEASED).count()
        return Outcome(rows.count(), others, late, while_committing=len(after) - len(late))
