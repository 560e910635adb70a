"""The tasks: each tells the right desk of the right row once, and nobody of what is not due."""

import threading
from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from django.db import connections
from django.utils.module_loading import import_string

from continuity.agencies.models import Membership, PolicyPack
from continuity.consents import tasks
from continuity.consents.endings import (
    answer_about_event,
    lift_suspension,
    revoke_consent,
    suspend_consent,
)
from continuity.consents.models import Consent
from continuity.consents.offers import record_offer
from continuity.notices.models import Notice
from tests import builders as b

DAY = timedelta(days=1)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def now():
    """The clock stands at `b.NOW`."""
    with time_machine.travel(b.NOW, tick=False) as clock:
        yield clock


def notices():
    """Kind, subject, agency and member of every reminder."""
    rows = Notice.objects.filter(since__isnull=False).order_by("pk")
    return [(row.kind, row.subject_id, row.agency, row.member) for row in rows]


def by_event(desk, **fields):
    """A consent that an event ends, of a county whose pack asks for no date beside it."""
    PolicyPack.objects.create(
        code="ca",
        number=1,
        title="Test",
        effective_at=b.NOW - 900 * DAY,
        rules={"max_days": "none", "ask_about_event_every_days": 30},
        counsel="C. Example",
        signed_off_by=desk.kim.member,
        signed_off_at=b.NOW - 900 * DAY,
    )
    return desk.consent(expires_at=None, expiry_event="Moves away", at=b.NOW - 40 * DAY, **fields)


def offered(desk, days_ago, outcome="declined"):
    return record_offer(
        by=desk.kim, person=desk.sam, outcome=outcome, context="clinic", at=b.NOW - days_ago * DAY
    )


def suspended(desk, days_ago):
    consent = desk.consent()
    return suspend_consent(
        by=desk.kim, consent_id=consent.pk, note="Said so by phone.", at=b.NOW - days_ago * DAY
    )


def test_a_consent_that_ends_within_30_days_is_told_to_desk_and_collector_once(desk):
    consent = desk.consent(expires_at=b.NOW + 30 * DAY)
    assert (tasks.tell_of_expiring(), tasks.tell_of_expiring()) == (2, 0)
    kind = "consent_expiring"
    assert set(notices()) == {
        (kind, consent.pk, desk.county, None),
        (kind, consent.pk, desk.county, desk.kim.member),
    }


def test_a_collector_who_left_is_told_nothing(desk):
    desk.consent(expires_at=b.NOW + 5 * DAY)
    Membership.objects.filter(pk=desk.kim.pk).update(ended_at=b.NOW - DAY)
    tasks.tell_of_expiring()
    assert [member for *_, member in notices()] == [None]


@pytest.mark.parametrize("days", [31, -1, 0])
def test_nobody_is_told_of_an_end_that_is_far_or_past(desk, days):
    desk.consent(expires_at=b.NOW + days * DAY)
    assert tasks.tell_of_expiring() == 0


def test_nobody_is_told_that_a_revoked_or_suspended_consent_ends_soon(desk):
    consent = desk.consent(expires_at=b.NOW + 5 * DAY)
    suspend_consent(by=desk.kim, consent_id=consent.pk, note="Said so.", at=b.NOW)
    assert tasks.tell_of_expiring() == 0
    revoke_consent(by=desk.kim, consent_id=consent.pk, note="Wrote it.", at=b.NOW)
    assert tasks.tell_of_expiring() == 0


def test_a_suspension_without_paper_is_told_after_a_week_and_once(desk, now):
    consent = suspended(desk, 6)
    assert tasks.tell_of_unpapered_suspensions() == 0
    now.shift(DAY)
    assert (tasks.tell_of_unpapered_suspensions(), tasks.tell_of_unpapered_suspensions()) == (1, 0)
    assert notices() == [("suspension_unpapered", consent.pk, desk.county, None)]


def test_a_second_suspension_is_told_anew(desk, now):
    consent = suspended(desk, 8)
    tasks.tell_of_unpapered_suspensions()
    lift_suspension(by=desk.verifier, consent_id=consent.pk, note="Asked for it.", at=b.NOW)
    assert tasks.tell_of_unpapered_suspensions() == 0
    suspend_consent(by=desk.kim, consent_id=consent.pk, note="Said so.", at=b.NOW)
    now.shift(8 * DAY)
    assert tasks.tell_of_unpapered_suspensions() == 1


def test_a_papered_suspension_is_not_told(desk):
    consent = suspended(desk, 8)
    revoke_consent(by=desk.kim, consent_id=consent.pk, note="Wrote it.", at=b.NOW)
    assert tasks.tell_of_unpapered_suspensions() == 0


def test_an_offer_is_told_when_its_time_has_come_and_once(desk):
    offer = offered(desk, 30)
    assert (tasks.tell_of_offers_due(), tasks.tell_of_offers_due()) == (1, 0)
    assert notices() == [("offer_due", offer.pk, desk.county, None)]


@pytest.mark.parametrize(("days_ago", "outcome"), [(29, "declined"), (60, "accepted")])
def test_an_offer_that_does_not_wait_is_not_told(desk, days_ago, outcome):
    offered(desk, days_ago, outcome)
    assert tasks.tell_of_offers_due() == 0


def test_only_the_latest_offer_waits(desk):
    offered(desk, 90)
    latest = offered(desk, 40, "unable_now")
    tasks.tell_of_offers_due()
    assert [subject for _, subject, *_ in notices()] == [latest.pk]


def test_whoever_has_signed_since_is_not_asked_again(desk):
    offered(desk, 40)
    desk.consent()
    assert tasks.tell_of_offers_due() == 0


def test_nobody_is_told_to_offer_a_consent_to_the_dead(desk):
    offered(desk, 40)
    desk.sam.deceased_date = b.NOW.date()
    desk.sam.save()
    assert tasks.tell_of_offers_due() == 0


def test_an_event_is_asked_about_once_in_each_round(desk, now):
    consent = by_event(desk)
    assert (tasks.ask_about_events(), tasks.ask_about_events()) == (1, 0)
    assert notices() == [("event_to_ask", consent.pk, desk.county, None)]
    answer_about_event(by=desk.kim, consent_id=consent.pk, happened=False, at=b.NOW)
    now.shift(29 * DAY)
    assert tasks.ask_about_events() == 0
    now.shift(DAY)
    assert tasks.ask_about_events() == 1


def test_an_event_that_happened_is_asked_about_no_more(desk):
    consent = by_event(desk)
    answer_about_event(by=desk.kim, consent_id=consent.pk, happened=True, at=b.NOW)
    assert tasks.ask_about_events() == 0


def test_a_consent_that_a_date_ends_is_not_asked_about(desk):
    desk.consent(at=b.NOW - 40 * DAY)
    assert tasks.ask_about_events() == 0


def test_an_ended_consent_is_marked_at_its_own_end_and_once(desk, now):
    consent = desk.consent(expires_at=b.NOW + DAY)
    assert tasks.expire_consents() == 0
    now.shift(3 * DAY)
    assert (tasks.expire_consents(), tasks.expire_consents()) == (1, 0)
    kept = Consent.objects.get(pk=consent.pk)
    assert (kept.inactive_reason, kept.ended_at, kept.ended_by) == ("expired", b.NOW + DAY, None)


def test_a_reminder_holds_ids_only(desk):
    desk.consent(expires_at=b.NOW + 5 * DAY)
    tasks.tell_of_expiring()
    texts = [f.name for f in Notice._meta.fields if f.get_internal_type() in ("CharField", "TextField")]
    assert texts == ["kind", "state"]


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_tell_once(desk):
    for _ in range(5):
        desk.consent(expires_at=b.NOW + 5 * DAY)
    told, together = [], threading.Barrier(2)

    def work():
        together.wait()
        told.append(tasks.tell_of_expiring())
        connections["default"].close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sum(told) == len(notices()) == 10


def test_every_task_has_its_time():
    planned = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    here = {
        f"{tasks.__name__}.{name}"
        for name in vars(tasks)
        if name.startswith(("tell_", "ask_", "expire_consents"))
    }
    assert here <= planned
    assert all(callable(import_string(path)) for path in planned)
