"""Last week's use on one page: by kind and member, with the rows behind it, reviewed once by somebody else (AU-6)."""

import pytest
import time_machine

from continuity.disclosures.models import LedgerEntry, UseFinding
from continuity.disclosures.watch import review_week
from tests import builders as b
from tests.cast import Cast, signed_in
from tests.disclosures.using import OVER, WEEK, use

pytestmark = pytest.mark.django_db
USE = "/admin/use/"


@pytest.fixture(autouse=True)
def _on_the_monday_after():
    with time_machine.travel(OVER, tick=False):
        yield


@pytest.fixture
def finding(cast: Cast) -> UseFinding:
    """Reyes asked six times without a call of that number."""
    for _ in range(6):
        use(cast.reyes, incident_ref="2026-777")
    review_week(week=WEEK, at=OVER)
    return UseFinding.objects.get()


@pytest.fixture
def priya(cast: Cast):
    return b.member("priya", cast.police, "privacy_officer")


def test_page_says_what_stood_out_and_leads_to_its_rows(cast: Cast, finding: UseFinding, priya):
    browser = signed_in(priya)
    page = browser.get(USE).content.decode()
    assert "Look-ups without a call of that number" in page
    assert "Reyes" in page
    assert "<meter" in page
    assert f"/admin/ledger/?finding={finding.pk}" in page
    behind = browser.get("/admin/ledger/", {"finding": finding.pk}).content.decode()
    assert behind.count("incident 2026-777") == 6
    assert LedgerEntry.objects.filter(asker=priya, outcome="read").count() == 1


def test_review_is_written_down_once(cast: Cast, finding: UseFinding, priya):
    browser = signed_in(priya)
    assert (
        ">1<" in browser.get("/admin/").content.decode().split("Use to review")[0].rsplit("tile-count", 1)[1]
    )
    refused = browser.post(f"{USE}{finding.pk}/review/", {"verdict": "referred", "note": " "})
    assert refused.status_code == 400
    assert "Say in one sentence what you found." in refused.content.decode()
    done = browser.post(f"{USE}{finding.pk}/review/", {"verdict": "referred", "note": "No call was found."})
    assert done["Location"] == f"{USE}?week=2026-11-16"
    finding.refresh_from_db()
    assert (finding.verdict, finding.note, finding.reviewed_by) == ("referred", "No call was found.", priya)
    page = browser.get(done["Location"]).content.decode()
    assert "No call was found." in page
    assert "Keep</button>" not in page
    again = {"verdict": "explained", "note": "Changed my mind."}
    page = browser.post(f"{USE}{finding.pk}/review/", again, follow=True).content.decode()
    assert "This was reviewed already." in page
    finding.refresh_from_db()
    assert finding.verdict == "referred"


def test_own_use_is_for_somebody_else(cast: Cast, finding: UseFinding, priya):
    UseFinding.objects.filter(pk=finding.pk).update(asker=priya)
    browser = signed_in(priya)
    assert "Your own: somebody else reviews it." in browser.get(USE).content.decode()
    said = {"verdict": "explained", "note": "It was me."}
    page = browser.post(f"{USE}{finding.pk}/review/", said, follow=True).content.decode()
    assert "This is your own use: somebody else has to review it." in page
    finding.refresh_from_db()
    assert finding.verdict == ""


def test_auditor_reads_and_does_not_review(cast: Cast, finding: UseFinding):
    browser = signed_in(b.member("auditor", cast.police, "auditor"))
    page = browser.get(USE).content.decode()
    assert "Reyes" in page
    assert "Keep</button>" not in page
    answer = browser.post(f"{USE}{finding.pk}/review/", {"verdict": "explained", "note": "Fine."})
    assert answer.status_code == 403


def test_other_agency_sees_and_reviews_nothing(cast: Cast, finding: UseFinding):
    browser = signed_in(b.member("other", cast.county, "privacy_officer"))
    assert "Reyes" not in browser.get(USE).content.decode()
    answer = browser.post(f"{USE}{finding.pk}/review/", {"verdict": "explained", "note": "Fine."})
    assert answer.status_code == 404
    assert (
        b"incident" not in browser.get("/admin/ledger/", {"finding": finding.pk}).content.split(b"<table")[-1]
    )
    finding.refresh_from_db()
    assert finding.verdict == ""


def test_statements_are_constant_in_the_number_of_findings(
    cast: Cast, finding, priya, django_assert_num_queries
):
    browser = signed_in(priya)
    browser.get(USE)
    for kind in ("zero_hits", "self", "after_hours"):
        UseFinding.objects.create(agency=cast.police, asker=cast.reyes, kind=kind, week=WEEK, count=3)
        with django_assert_num_queries(5):
            browser.get(USE)


def test_nobody_else_comes_in(cast: Cast, finding: UseFinding):
    for role in ("officer", "consent_manager", "supervisor", "agency_admin"):
        answer = signed_in(b.member(role, cast.police, role)).get(USE)
        assert (role, answer.status_code) == (role, 403)
