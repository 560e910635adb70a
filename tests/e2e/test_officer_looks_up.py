"""The officer's story: sign in, look up, read the card; by keyboard, on a phone, by day and by night."""

import pytest
from django.conf import settings
from playwright.sync_api import expect

from continuity.disclosures.models import LedgerEntry
from tests.e2e.conftest import PHONE
from tests.factors import code_of, give_app

pytestmark = pytest.mark.e2e
ABOUT_SAM = {"last_name": "Testcase", "first_name": "Samuel", "date_of_birth": "4/3/1988"}


@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.drill)])
def test_officer_finds_sam_by_keyboard_alone(county, open_tab, scheme):
    secret = give_app(county.reyes.member)
    tab = open_tab(PHONE, scheme)
    tab.go("/")
    expect(tab.page.get_by_label("User name")).to_be_focused()
    for text in ("reyes", "\t", "correct horse", "\n"):
        press(tab, text)
    expect(tab.page.get_by_label("Code from your app")).to_be_focused()
    for text in (code_of(secret), "\n"):
        press(tab, text)
    expect(tab.page.get_by_label("Incident number")).to_be_focused()
    for text in ("2026-0001", "\t", "Testcase", "\t", "Samuel", "\t", "4/3/1988", "\t", "\t", "\n"):
        press(tab, text)
    tab.page.get_by_text("Is this the person?").wait_for()

    for fact in (
        "Sam Testcase",
        "Born 3 April 1988, 38 years",
        "In care: yes",
        "One person talks",
        "2 cautions",
    ):
        box = tab.page.locator("main").get_by_text(fact).last.bounding_box()
        assert box["y"] + box["height"] <= PHONE[1] - 72, f"{fact} is not on the first screen"
    call = tab.page.get_by_role("link", name="Call the care team")
    assert call.get_attribute("href") == "tel:6615550110"
    assert call.bounding_box()["y"] < PHONE[1] - 150
    assert tab.page.title() == "Look-up - Continuity"
    assert tab.page.url.endswith("/lookup/")
    assert tab.axe() == []
    assert tab.overflow() <= 0
    assert [row.outcome for row in LedgerEntry.objects.all()] == ["released"]


def press(tab, text: str) -> None:
    if text in ("\t", "\n"):
        tab.page.keyboard.press("Tab" if text == "\t" else "Enter")
    else:
        tab.page.keyboard.type(text)


def test_nothing_to_share_keeps_frame_and_buttons(county, open_tab):
    tab = open_tab()
    tab.sign_in("reyes")
    tab.ask(incident_number="2026-0001", **ABOUT_SAM)
    found = buttons(tab)
    tab.press("New look-up", "link")
    tab.ask(**ABOUT_SAM | {"last_name": "Nobody"})
    tab.page.get_by_role("heading", name="No information can be shared.").wait_for()
    assert buttons(tab) == found
    assert tab.axe() == []
    assert sorted(row.outcome for row in LedgerEntry.objects.all()) == ["empty", "released"]


def buttons(tab) -> list[tuple[str, dict[str, float]]]:
    return [(one.inner_text(), one.bounding_box()) for one in tab.page.locator(".always .button").all()]


def test_what_was_typed_survives_an_ended_session(county, open_tab):
    tab = open_tab()
    tab.sign_in("reyes")
    tab.page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    tab.ask(incident_number="2026-0001", **ABOUT_SAM)
    tab.page.get_by_text("Your session ended before this was sent.").wait_for()
    assert tab.axe() == []
    tab.shoot("390-light-session-ended")
    tab.type_sign_in("reyes", give_app(county.reyes.member))
    tab.press("Send it again")
    tab.page.get_by_text("In care: yes").wait_for()
    assert [row.outcome for row in LedgerEntry.objects.all()] == ["released"]


def test_the_job_is_done_without_javascript(county, open_tab):
    tab = open_tab(javascript=False)
    tab.sign_in("reyes")
    tab.ask(incident_number="2026-0001", **ABOUT_SAM)
    assert tab.page.get_by_text("In care: yes").is_visible()
    tab.page.get_by_text("Change the question").click()
    assert tab.page.get_by_label("Last name").input_value() == "Testcase"
    assert LedgerEntry.objects.get().channel == "page"


def test_officer_pages_print_as_a_notice(county, open_tab):
    tab = open_tab()
    tab.sign_in("reyes")
    tab.ask(incident_number="2026-0001", **ABOUT_SAM)
    tab.page.emulate_media(media="print")
    assert tab.page.locator("body").inner_text().startswith("Printing is off.")
    assert "Testcase" not in tab.page.locator("body").inner_text()
    assert LedgerEntry.objects.exists()
