"""A clinician's screen locks in the middle of a sentence: nothing of it is seen, and nothing of it is lost (S-4)."""

import re
from collections.abc import Callable

import pytest
from django.test import Client
from playwright.sync_api import expect

from continuity.crisis.models import CrisisContact
from continuity.crisis.services import start_draft
from continuity.trail.models import Event
from tests.builders import NOW
from tests.e2e.conftest import EVERY_LOOK, PHONE, Tab
from tests.e2e.county import County
from tests.e2e.test_clinician_day import saved, sign_in
from tests.e2e.test_pages_are_accepted import acceptance

pytestmark = pytest.mark.e2e
WORDS = "Spoke of losing the lease"
Lock = Callable[[Tab], None]


def press(tab: Tab) -> None:
    tab.page.get_by_role("button", name="Lock").click()


def stay_away(tab: Tab) -> None:
    tab.page.clock.fast_forward("31:00")


def lock_elsewhere(tab: Tab) -> None:
    """The site locks the session; this page hears of it when it next saves."""
    browser = Client()
    for cookie in tab.page.context.cookies():
        browser.cookies[cookie["name"]] = cookie["value"]
    assert browser.post("/lock/").status_code == 302


def begin(county: County, tab: Tab) -> CrisisContact:
    draft = start_draft(by=county.rivera, at=NOW, person=county.sam)
    sign_in(tab, "rivera")
    tab.go(f"/caseload/contacts/{draft.pk}/draft/")
    return draft


def expect_locked(tab: Tab) -> None:
    expect(tab.page.get_by_role("heading", name="The screen is locked")).to_be_visible()
    assert not re.search("lease|Testcase|Kestrel|Juniper", tab.page.content())


def unlock(tab: Tab) -> None:
    tab.page.get_by_label("Password").fill("correct horse")
    tab.page.get_by_role("button", name="Unlock").click()


@pytest.mark.parametrize(
    "lock",
    [
        pytest.param(press, id="pressed", marks=pytest.mark.drill),
        pytest.param(lock_elsewhere, id="by the site"),
    ],
)
def test_words_under_the_lock_are_there_again_and_then_saved(county: County, open_tab, lock: Lock):
    tab = open_tab(PHONE)
    draft = begin(county, tab)
    if lock is not press:
        lock(tab)
    tab.page.locator("#operational_summary").fill(f"{WORDS}.")
    tab.page.get_by_label("Moderate").check()
    if lock is press:
        lock(tab)
    expect_locked(tab)
    tab.page.wait_for_timeout(2500)  # longer than the pause before a save
    draft.refresh_from_db()
    assert (draft.operational_summary, draft.risk_level) == ("", ""), "nobody writes in a locked session"
    assert "lease" not in str(tab.page.evaluate("Object.entries(localStorage)"))
    assert tab.axe() == []
    unlock(tab)
    expect(tab.page.locator("#operational_summary")).to_have_value(f"{WORDS}.")
    saved(tab)
    draft.refresh_from_db()
    assert (draft.operational_summary, draft.risk_level) == (f"{WORDS}.", "moderate")
    assert tab.page.locator("#told").inner_text() == ""
    tab.page.locator("#operational_summary").press_sequentially(" Will call.")
    saved(tab)
    draft.refresh_from_db()
    assert draft.operational_summary.endswith(" Will call.")
    assert tab.page.evaluate("localStorage.length") == 0
    assert Event.objects.filter(kind="screen_locked", member=county.rivera.member).count() == 1


@EVERY_LOOK
def test_screen_that_nobody_uses_covers_the_contact(county: County, open_tab, size, scheme):
    tab = open_tab(size, scheme)
    accept = acceptance(tab, size, scheme)
    tab.page.clock.install(time=NOW)
    draft = begin(county, tab)
    tab.page.locator("#operational_summary").fill(f"{WORDS}.")
    stay_away(tab)
    expect_locked(tab)
    accept("locked-contact")
    unlock(tab)
    expect(tab.page.locator("#operational_summary")).to_have_value(f"{WORDS}.")
    tab.page.clock.run_for(3000)
    tab.page.wait_for_timeout(500)
    tab.page.clock.run_for(3000)
    expect(tab.page.locator("#saved")).to_have_text(re.compile("^Saved"))
    draft.refresh_from_db()
    assert draft.operational_summary == f"{WORDS}."


def test_words_under_the_lock_outlive_the_page(county: County, open_tab):
    """The battery dies while the screen is locked; the sealed copy waits on the device for the same member."""
    tab = open_tab(PHONE)
    draft = begin(county, tab)
    tab.page.locator("#operational_summary").fill(f"{WORDS}.")
    press(tab)
    expect_locked(tab)
    context = tab.page.context
    tab.page.close()
    tab.page = context.new_page()
    tab.go(f"/caseload/contacts/{draft.pk}/draft/")
    expect_locked(tab)
    with tab.page.expect_navigation():
        unlock(tab)
    expect(tab.page.locator("#operational_summary")).to_have_value(f"{WORDS}.")
    saved(tab)
    draft.refresh_from_db()
    assert draft.operational_summary == f"{WORDS}."


def test_page_before_the_lock_is_not_seen_by_going_back(county: County, open_tab):
    tab = open_tab(PHONE, javascript=False)
    begin(county, tab)
    assert "Testcase" in tab.page.content()
    tab.press("Lock")
    expect_locked(tab)
    tab.page.go_back()
    expect_locked(tab)
