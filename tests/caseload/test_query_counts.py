"""Statements of every page, pinned: as many for an empty day as for 5,000 items."""

from datetime import timedelta

from django.db import connection
from django.test.utils import CaptureQueriesContext

from continuity.treatment import follow_ups
from continuity.treatment.models import FollowUp, Linkage
from tests import builders as b
from tests.caseload.conftest import Day
from tests.cast import signed_in

NOW = b.NOW
_NOISE = ("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT")


def statements(browser, path: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert browser.get(path).status_code == 200
    return len([one for one in captured if not one["sql"].startswith(_NOISE)])


def fill(day: Day, number: int) -> None:
    FollowUp.objects.bulk_create(
        FollowUp(
            contact=day.cast.sams_contact, person=day.cast.sam, custodian=day.cast.county, kind="safety_check",
            due_window="custom", due_at=NOW + timedelta(minutes=count - number // 2),
        )
        for count in range(number)
    )  # fmt: skip
    Linkage.objects.bulk_create(
        Linkage(
            contact=day.cast.sams_contact, person=day.cast.sam, custodian=day.cast.county, recipient=day.cast.clinic,
            kind="benefits", status="sent", requested_at=NOW - timedelta(hours=count),
        )
        for count in range(number // 4)
    )  # fmt: skip


def test_today_takes_as_many_statements_for_5000_items(day: Day):
    browser = signed_in(day.cast.embedded)
    browser.get("/caseload/")  # the first request of a session stamps it
    few = statements(browser, "/caseload/")
    fill(day, 4000)
    assert (few, statements(browser, "/caseload/")) == (19, 19)


def test_pages_take_the_same_statements_whatever_there_is(day: Day):
    pinned = {
        "person": 7,
        "linkage": 7,
        "follow_up": 8,
        "team_link": 5,
        "flag": 5,
        "tip": 5,
        "plan": 5,
        "transfer": 3,
    }
    browser = signed_in(day.cast.embedded)
    browser.get("/caseload/")
    few = {page: statements(browser, day.path(page)) for page in pinned}
    fill(day, 20)
    for hours in (3, 2):
        follow_ups.record_attempt(
            by=day.second,
            follow_up_id=day.follow_up.pk,
            mode="call",
            outcome="no_answer",
            at=NOW - timedelta(hours=hours),
        )
    assert few == {page: statements(browser, day.path(page)) for page in pinned} == pinned
