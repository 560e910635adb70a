"""Two managers at the same consent on two real connections: one wins, the other is told, nothing is half-written."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, connections, transaction

from continuity.agencies.models import Membership
from continuity.consents.models import Consent
from continuity.errors import Conflict, DomainError, Stale
from continuity.notices.models import Notice
from continuity.trail.models import AuditEntry
from tests import builders as b
from tests.consents.conftest import Desk
from tests.consents.steps import STATES, VERBS

pytestmark = pytest.mark.django_db(transaction=True)
# two verbs, the state they meet in, and how the consent stands when the first wins and when the second does
RACES = {
    "activate and return": ("activate", "return", "signed", ("active", "draft")),
    "activate and reject": ("activate", "reject", "signed", ("active", "rejected")),
    "activate twice": ("activate", "activate", "signed", ("active", "active")),
    "revoke twice": ("revoke", "revoke", "active", ("inactive", "inactive")),
    "revoke and suspend": ("revoke", "suspend", "active", ("inactive", "active")),
    "revoke and revoke a recipient": ("revoke", "revoke a recipient", "active", ("inactive", "active")),
    "suspend twice": ("suspend", "suspend", "active", ("active", "active")),
    "revoke a recipient twice": ("revoke a recipient", "revoke a recipient", "active", ("active", "active")),
    "lift and revoke": ("lift", "revoke", "suspended", ("active", "inactive")),
}


def call(name: str, by: Membership, desk: Desk, consent: Consent, version: int | None) -> Exception | None:
    """Call a verb on a connection of its own and say what it was told."""
    try:
        VERBS[name](by, desk, consent, version)
    except DomainError as told:
        return told
    finally:
        connections.close_all()
    return None


def waiting(many: int) -> Callable[[], bool]:
    """Whether so many connections wait for a lock."""

    def ask() -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_clear_snapshot()")  # else a transaction sees what it saw first
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE wait_event_type = 'Lock' AND datname = current_database()"
            )
            return bool(cursor.fetchone()[0] >= many)

    return ask


def both_at_once(
    desk: Desk, consent: Consent, names: tuple[str, str], version: int | None
) -> list[Exception | None]:
    """Hold the row until both verbs wait for it, so that they truly meet; then let go."""
    callers = [b.member(f"manager-{n}", desk.county, "privacy_officer") for n in range(2)]
    with ThreadPoolExecutor(2) as threads:
        with transaction.atomic():
            Consent.objects.select_for_update().get(pk=consent.pk)
            calls: list[Future[Exception | None]] = [
                threads.submit(call, name, caller, desk, consent, version)
                for name, caller in zip(names, callers, strict=True)
            ]
            until(waiting(2), calls)
        return [one.result(timeout=20) for one in calls]


def until(holds: Callable[[], bool], calls: list[Any]) -> None:
    for _ in range(2000):
        if holds():
            return
        assert not all(one.done() for one in calls), "nobody waited: the verb does not lock the row"
        connection.cursor().execute("SELECT pg_sleep(0.005)")
    pytest.fail("the two never met")


@pytest.mark.parametrize("seen", [True, False], ids=["at the version they saw", "at any version"])
@pytest.mark.parametrize(("first", "second", "state", "ends"), RACES.values(), ids=RACES)
def test_one_wins_and_the_other_is_told(
    desk: Desk, first: str, second: str, state: str, ends: tuple[str, str], seen: bool
):
    consent = STATES[state](desk)
    rows = AuditEntry.objects.filter(object_pk=str(consent.pk)).count()
    version = Consent.objects.get(pk=consent.pk).version
    answers = both_at_once(desk, consent, (first, second), version if seen else None)
    losers = [answer for answer in answers if answer is not None]
    after = Consent.objects.get(pk=consent.pk)
    if len(losers) == 0:
        # Without a version both may be right, one after the other: a recipient first, then the whole; a stop, then its paper.
        assert not seen
        assert first != second
        assert (after.version, after.status) == (version + 2, "inactive")
        return
    (loser,) = losers
    assert after.status == ends[answers.index(None)]
    assert isinstance(loser, Stale if seen else Conflict)
    assert after.version == version + 1
    assert AuditEntry.objects.filter(object_pk=str(consent.pk)).count() == rows + 1
    agencies = list(Notice.objects.filter(subject_id=consent.pk).values_list("agency", flat=True))
    assert len(agencies) == len(set(agencies)), "somebody was told twice"
