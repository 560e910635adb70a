"""Answers of which somebody said "not this person": listed, looked into and closed by whoever keeps the index (P-5)."""

import pytest
from django.test import Client

from continuity.disclosures.identity_reports import report_wrong_person
from continuity.disclosures.models import IdentityReport, LedgerEntry
from continuity.disclosures.readings import write_entry
from continuity.ids import uuid7
from tests import builders as b
from tests.backoffice.test_who_comes_in import site_administrator
from tests.backoffice.two_records import Desk
from tests.cast import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_the_time_of_the_cast")]
QUEUE = "/admin/identity-reports/"


@pytest.fixture
def report(desk: Desk) -> IdentityReport:
    reyes = b.member("reyes", b.agency("police", "police"), "officer")
    shown = write_entry(
        by=reyes, channel="page", at=b.NOW, category="D1", outcome="released", person_id=desk.robert.pk,
        categories=["D1"], incident_ref="2026-0042", purpose="le_crisis_response",
    )  # fmt: skip
    return report_wrong_person(by=reyes, ledger_id=shown, at=b.NOW, said="This man is twenty.")


@pytest.fixture
def keeper(desk: Desk) -> Client:
    return signed_in(desk.pia)


def page_of(report: IdentityReport) -> str:
    return f"{QUEUE}{report.pk}/"


def close(browser: Client, report: IdentityReport, **said: object):
    typed = {"outcome": "wrong_person", "note": "Asked Robert.", "version": report.version}
    return browser.post(page_of(report), typed | said)


def test_report_is_listed_and_says_whose_record_was_shown_when_and_where(
    desk: Desk, report: IdentityReport, keeper: Client
):
    assert "Robert Quimby-Testcase" in keeper.get(QUEUE).content.decode()
    text = keeper.get(page_of(report)).content.decode()
    for told in (
        "This man is twenty.",
        "2026-0042",
        "crisis response",
        "12 Elm Street",
        f"/admin/duplicates/{desk.pair.pk}/",
    ):
        assert told in text
    rows = LedgerEntry.objects.filter(asker=desk.pia)
    assert {row.outcome for row in rows} == {"read"}
    assert desk.robert.pk in {row.person_id for row in rows}


def test_report_is_closed_with_its_outcome(desk: Desk, report: IdentityReport, keeper: Client):
    assert close(keeper, report, note="").status_code == 400
    assert close(keeper, report, version=9).status_code == 409
    assert close(keeper, report).status_code == 302
    report.refresh_from_db()
    assert (report.outcome, report.note, report.closed_by) == ("wrong_person", "Asked Robert.", desk.pia)
    text = keeper.get(QUEUE).content.decode()
    assert "Nobody reported a mix-up that waits for you." in text
    assert "Another person" in text
    assert close(keeper, report, version=report.version).status_code == 409


def test_only_the_keepers_privacy_office_finds_it(desk: Desk, report: IdentityReport):
    for role in ("consent_manager", "supervisor", "agency_admin"):
        browser = signed_in(b.member(f"some-{role}", desk.county, role))
        assert {browser.get(QUEUE).status_code, browser.get(page_of(report)).status_code} == {403}
        assert close(browser, report).status_code == 403
    root = site_administrator()
    assert {root.get(QUEUE).status_code, close(root, report).status_code} == {403}
    other = signed_in(desk.pat)
    assert "Testcase" not in other.get(QUEUE).content.decode()
    assert {other.get(page_of(report)).status_code, close(other, report).status_code} == {404}
    report.refresh_from_db()
    assert report.outcome == ""


def test_statements_are_constant_in_the_number_of_reports(
    desk: Desk, report: IdentityReport, keeper: Client, django_assert_num_queries
):
    keeper.get(QUEUE)
    for _ in range(2):
        with django_assert_num_queries(10):
            keeper.get(QUEUE)
        for _ in range(10):
            IdentityReport.objects.create(
                person=desk.robert, ledger_id=uuid7(b.NOW), reported_by=report.reported_by, reported_at=b.NOW
            )
