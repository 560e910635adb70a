"""A person asks what left: from the letter to the hand-over, in a real browser; axe clean, console silent."""

from datetime import timedelta

import pytest

from continuity.disclosures import accounting_requests as requests
from continuity.disclosures.models import AccountingRequest, LedgerEntry
from continuity.disclosures.suspensions import suspend_accounting
from tests import builders as b
from tests.disclosures.disclosed import through_the_gate
from tests.e2e.conftest import DESK, PHONE
from tests.e2e.county import County
from tests.e2e.test_privacy_office import come_in, judge, open_move

pytestmark = pytest.mark.e2e
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("size", "scheme"),
    [
        pytest.param(DESK, "light", id="desk-light"),
        pytest.param(PHONE, "dark", id="phone-dark", marks=pytest.mark.drill),
    ],
)
def test_a_person_is_handed_what_left_and_their_record(county: County, open_tab, size, scheme):
    b.member("priya", county.health, "privacy_officer")
    for days in (9, 2):
        through_the_gate(county.reyes, county.sam, b.NOW - days * DAY)
    shot = f"accounting-{size[0]}-{scheme}"
    tab = open_tab(size, scheme)
    come_in(tab, "priya")
    tab.go(f"/admin/people/{county.sam.pk}/accountings/")
    judge(tab, f"{shot}-nothing-yet")
    open_move(tab, "Write down a request")
    move = tab.page.locator("details[open]")
    judge(tab, f"{shot}-request-form")
    move.get_by_label("accounting of disclosures").check()
    move.get_by_label("Who asked").fill("Samuel Testcase, by letter")
    with tab.page.expect_navigation():
        move.get_by_role("button", name="Write down a request").click()
    open_move(tab, "Leave an agency's entries out")
    judge(tab, f"{shot}-suspend-form")
    open_move(tab, "Write down what was given")
    judge(tab, f"{shot}-all-forms")
    tab.press("Accounting of disclosures", "link")
    judge(tab, f"{shot}-received")
    open_move(tab, "Prepare")
    with tab.page.expect_navigation():
        tab.page.locator("details[open]").get_by_role("button", name="Prepare").click()
    tab.page.get_by_text("Kestrel City Police").first.wait_for()
    judge(tab, f"{shot}-copy")
    tab.page.emulate_media(media="print")
    assert not tab.page.get_by_text("As JSON").is_visible()
    assert tab.page.locator(".paper-copy").is_visible()
    tab.page.emulate_media(media="screen")
    tab.press("Back to the request", "link")
    open_move(tab, "It was handed over")
    move = tab.page.locator("details[open]")
    move.get_by_label("To whom it was given").fill("Samuel Testcase, in person")
    with tab.page.expect_navigation():
        move.get_by_role("button", name="It was handed over").click()
    judge(tab, f"{shot}-delivered")
    tab.go("/admin/accountings/")
    judge(tab, f"{shot}-list")
    tab.go("/admin/accountings/suspensions/")
    judge(tab, f"{shot}-suspensions")
    assert AccountingRequest.objects.get().state == "delivered"
    told = LedgerEntry.objects.filter(agency=county.health, outcome="released")
    assert [one.recipient for one in told] == ["Samuel Testcase, in person"]


@pytest.mark.parametrize(
    "size",
    [
        pytest.param(PHONE, id="phone", marks=pytest.mark.drill),
        pytest.param(DESK, id="desk", marks=pytest.mark.drill),
    ],
)
def test_the_whole_record_reads_on_a_phone(county: County, open_tab, size):
    priya = b.member("priya", county.health, "privacy_officer")
    through_the_gate(county.reyes, county.sam, b.NOW - DAY)
    suspend_accounting(
        by=priya, person_id=county.sam.pk, for_agency=county.police, official_name="Lt. Testrole", is_oral=True,
        starts_at=b.NOW, ends_at=b.NOW + 20 * DAY, at=b.NOW,
    )  # fmt: skip
    tab = open_tab(size, "light")
    come_in(tab, "priya")
    for kind in ("own_record", "access_log"):
        made = requests.receive_request(
            by=priya,
            person_id=county.sam.pk,
            kind=kind,
            asked_by="Samuel Testcase",
            requested_at=b.NOW,
            at=b.NOW,
        )
        requests.prepare_request(by=priya, request_id=made.pk, channel="admin", at=b.NOW)
        tab.go(f"/admin/accountings/{made.pk}/copy/")
        judge(tab, f"accounting-{size[0]}-{kind}")
    assert tab.page.get_by_text("Left out of the copy, for privacy staff alone").is_visible()
    tab.go("/admin/accountings/suspensions/")
    judge(tab, f"accounting-{size[0]}-suspended")
