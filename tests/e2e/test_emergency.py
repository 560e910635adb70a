"""The emergency story on two screens: an officer asks, a clinician releases, and the card is gone with its time."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from continuity.access.models import EmergencyAccess
from continuity.agencies.models import Membership
from continuity.consents.models import Consent
from continuity.disclosures.models import LedgerEntry
from tests import builders as b
from tests.builders import NOW
from tests.e2e.conftest import DESK, PHONE, Tab
from tests.e2e.county import County
from tests.e2e.test_officer_looks_up import ABOUT_SAM
from tests.e2e.test_pages_are_accepted import acceptance

pytestmark = pytest.mark.e2e
LIGHT, DARK = (PHONE, "light"), (DESK, "dark")
# In each run the officer on a phone by day and the clinician at a desk by night; the rest with the drills.
TWO_LOOKS = pytest.mark.parametrize(
    ("asks", "answers"),
    [
        pytest.param(LIGHT, DARK, id="phone-and-desk"),
        pytest.param(DARK, LIGHT, id="desk-and-phone", marks=pytest.mark.drill),
        pytest.param((PHONE, "dark"), (DESK, "light"), id="other-shades", marks=pytest.mark.drill),
    ],
)
_POLL = 5_000  # milliseconds of the page's own clock


@pytest.fixture
def night(county: County) -> County:
    """Nobody has consented to anything; Rivera is on call and may break glass."""
    Consent.objects.update(expires_at=NOW - timedelta(days=1))
    Membership.objects.filter(pk=county.rivera.pk).update(may_release_emergency=True, may_break_glass=True)
    return county


def describe(tab: Tab) -> None:
    page = tab.page
    page.get_by_label("Imminent harm to self").check()
    page.get_by_label("In a few words").fill("On the bridge railing, will not talk")
    page.get_by_label("Why it cannot wait").fill(
        "Stands outside the railing and looks down. Ten minutes now."
    )


def ask_clinician(tab: Tab, **about: str) -> None:
    """From an answer of the look-up to the page that waits."""
    tab.go("/lookup/")
    tab.ask(incident_number="2026-0001", **ABOUT_SAM | about)
    tab.press("Ask for safety information")
    describe(tab)
    tab.press("Ask now")


def answer(tab: Tab, button: str, note: str = "") -> None:
    tab.go("/caseload/")
    tab.press("Read and answer", "link")
    tab.page.get_by_label("Note").fill(note)
    tab.page.get_by_role("button", name=button, exact=True).click()
    tab.page.get_by_role("status").wait_for()


def test_officer_asks_clinician_releases_time_ends_and_review_closes_it(night: County, open_tab):
    officer, clinician = open_tab(PHONE), open_tab(DESK)
    for tab, name in ((officer, "reyes"), (clinician, "rivera")):
        tab.page.clock.install(time=NOW)
        tab.sign_in(name)
    clinician.go("/caseload/")
    ask_clinician(officer)
    expect(officer.page.get_by_role("heading", name="Waiting for a clinician")).to_be_visible()
    clinician.page.clock.run_for(_POLL)  # Today shows it by itself
    clinician.page.get_by_text("A responder asks for safety information now").wait_for()
    clinician.press("Read and answer", "link")
    assert clinician.page.get_by_text("Ask him to sit down with you").is_visible()
    clinician.press("Release")
    officer.page.clock.run_for(_POLL)  # and so does the officer's page show the answer
    officer.page.get_by_role("heading", name="Released by a clinician").wait_for()
    assert officer.page.get_by_text("Ask him to sit down with you").is_visible()
    text = officer.page.locator("main").inner_text()
    for kept in ("Safety plan written", "drinking", "bench", "North Valley"):
        assert kept not in text
    EmergencyAccess.objects.update(starts_at=NOW - timedelta(minutes=30), ends_at=NOW)  # its time is over
    officer.page.clock.run_for(_POLL)
    officer.page.get_by_role("heading", name="The time is over").wait_for()
    assert "sit down" not in officer.page.locator("main").inner_text()
    close_by_review(night, open_tab(DESK))


def close_by_review(night: County, tab: Tab) -> None:
    """On a third screen: neither who asked nor who released reviews it (5.11)."""
    privacy = b.member("privacy", night.health, "privacy_officer")
    tab.sign_in("privacy")
    tab.go("/admin/emergencies/")
    tab.press("2026-0001", "link")
    assert tab.page.get_by_text("Stands outside the railing").is_visible()
    tab.page.get_by_label("It was justified").check()
    tab.page.get_by_label("Why", exact=True).fill("As it should be.")
    tab.press("Keep the review")
    row = EmergencyAccess.objects.get()
    assert (row.state, row.review, row.reviewed_by) == ("ended", "justified", privacy)
    assert set(LedgerEntry.objects.filter(asker=privacy).values_list("outcome", flat=True)) >= {"read"}
    released = LedgerEntry.objects.get(asker=night.reyes, outcome="released")
    assert (released.emergency, released.categories) == (row.pk, ["D0", "D1"])


@TWO_LOOKS
def test_pages_of_an_emergency_are_accepted(night: County, open_tab, asks, answers):
    officer, clinician = open_tab(*asks), open_tab(*answers)
    accept, accept_answer = acceptance(officer, *asks), acceptance(clinician, *answers)
    officer.page.route("**/left/**", lambda route: route.fulfill(status=204))  # each state stands still
    officer.sign_in("reyes")
    clinician.sign_in("rivera")
    officer.ask(incident_number="2026-0001", **ABOUT_SAM)
    accept("emergency-offer")
    officer.press("Ask for safety information")
    accept("emergency-form")
    officer.press("Ask now")
    accept("emergency-form-errors")
    describe(officer)
    officer.press("Ask now")
    accept("emergency-waiting")
    waiting = officer.page.url.removeprefix(officer.site)
    officer.go("/lookup/")
    accept("emergency-found-again")
    officer.go(waiting)
    clinician.go("/caseload/")
    accept_answer("emergency-today")
    clinician.press("Read and answer", "link")
    accept_answer("emergency-answer")
    clinician.press("Deny")
    accept_answer("emergency-answer-errors")
    clinician.page.get_by_label("Note").fill("Please ring us: 661-555-0142.")
    clinician.press("Deny")
    accept_answer("emergency-answered")
    officer.page.reload()
    accept("emergency-denied")
    ask_clinician(officer)
    answer(clinician, "Release with earlier contacts' status")
    officer.page.reload()
    accept("emergency-released")
    officer.press("End it now")
    accept("emergency-ended")
    ask_clinician(officer, last_name="Nobody")
    clinician.go("/emergencies/")
    accept_answer("emergency-list")
    clinician.press("Read and answer", "link")
    accept_answer("emergency-nobody")
    EmergencyAccess.objects.filter(state="requested").update(answer_by=NOW)
    officer.page.reload()
    accept("emergency-timed-out")
    officer.go("/emergencies/")
    accept("emergency-own-list")
    clinician.go("/emergencies/new/")
    accept_answer("emergency-override-form")
    outcomes = LedgerEntry.objects.values_list("outcome", flat=True)
    assert {"released", "read", "refused", "empty"} == set(outcomes)


def test_an_emergency_is_asked_and_taken_back_without_javascript(night: County, open_tab):
    tab = open_tab(javascript=False)
    tab.sign_in("reyes")
    ask_clinician(tab)
    assert tab.page.get_by_text("15 minutes left").is_visible()
    tab.press("Look again", "link")
    tab.press("Take the request back")
    assert tab.page.get_by_role("heading", name="You took the request back").is_visible()
    assert not LedgerEntry.objects.filter(outcome="released").exists()


def test_a_clinician_breaks_glass_and_ends_it_by_keyboard(night: County, open_tab):
    Membership.objects.filter(pk=night.adeyemi.pk).update(may_break_glass=True)
    tab = open_tab(DESK)
    tab.sign_in("adeyemi")
    tab.page.get_by_label("Treatment").check()
    tab.ask(incident_number="case 17", **ABOUT_SAM)
    tab.press("Emergency access")
    describe(tab)
    tab.press("Open the records now")
    assert tab.page.get_by_role("heading", name="Emergency access is open").is_visible()
    tab.shoot("1280-light-emergency-override")
    assert tab.axe() == []
    assert tab.page.get_by_text("Safety plan written together").is_visible()
    tab.page.get_by_role("button", name="End it now").focus()
    with tab.page.expect_navigation():
        tab.page.keyboard.press("Enter")
    assert tab.page.get_by_role("heading", name="The time is over").is_visible()
    assert "Safety plan" not in tab.page.locator("main").inner_text()
    row = LedgerEntry.objects.get(asker=night.adeyemi, purpose="emergency_treatment")
    assert (row.outcome, row.person_id) == ("released", night.sam.pk)
