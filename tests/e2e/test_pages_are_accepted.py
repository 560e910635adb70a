"""Every page at both sizes, in light and in dark: no axe violation, nothing too wide, nothing too small to press.

With CONTINUITY_SHOTS=<folder> the same walk leaves a picture of each.
"""

from collections.abc import Callable

import pytest

from continuity.agencies.models import Membership
from continuity.disclosures.models import LedgerEntry
from tests.e2e.conftest import DESK, EVERY_LOOK, PHONE, Tab
from tests.e2e.county import lengthen
from tests.e2e.test_officer_looks_up import ABOUT_SAM
from tests.e2e.working_day import fill_the_day

pytestmark = pytest.mark.e2e
_SMALL = """() => [...document.querySelectorAll("a, button, summary, input:not([type=hidden]):not([type=radio]), select, textarea, label.option")]
    .filter(one => one.checkVisibility() && !one.matches(".skip, .links a, .unseen, [type=checkbox]") && one.getBoundingClientRect().height < 48)
    .map(one => one.outerHTML)"""


def acceptance(tab: Tab, size: tuple[int, int], scheme: str) -> Callable[..., None]:
    """What every page must be: clean, small, pressable, and no wider than the narrowest window."""

    def accept(name: str, *, full: bool = True) -> None:
        tab.shoot(f"{size[0]}-{scheme}-{name}", full=full)
        assert (name, tab.axe()) == (name, [])
        assert len(tab.page.content().encode()) < 30_000
        assert (name, tab.page.evaluate(_SMALL)) == (name, [])
        assert (name, tab.too_wide(320)) == (name, [])  # no layout changes between this and the phone's

    return accept


@EVERY_LOOK
def test_pages_are_accepted(county, open_tab, size, scheme):
    tab = open_tab(size, scheme)
    Membership.objects.create(
        member=county.rivera.member, agency=county.clinic, roles=["treatment_clinician"]
    )

    accept = acceptance(tab, size, scheme)
    tab.go("/sign-in/")
    accept("sign-in")
    tab.press("Sign in")
    accept("sign-in-errors")
    tab.sign_in("reyes")
    accept("form")
    tab.ask(last_name="Testcase", date_of_birth="31/2/1988")
    accept("form-errors")
    tab.ask(incident_number="2026-0001", **ABOUT_SAM)
    accept("card")
    tab.shoot(f"{size[0]}-{scheme}-card-first", full=False)
    whole = tab.page.evaluate("document.documentElement.scrollHeight")
    tab.page.set_viewport_size({"width": size[0], "height": whole})
    tab.shoot(f"{size[0]}-{scheme}-card-whole", full=False)
    tab.page.set_viewport_size({"width": size[0], "height": size[1]})
    tab.press("New look-up", "link")
    tab.ask(**ABOUT_SAM | {"last_name": "Nobody"})
    accept("nothing", full=False)
    tab.page.get_by_text("Change the question").click()
    accept("nothing-change")
    tab.go("/no-such-page/")
    accept("not-found")
    sign_out(tab)
    tab.sign_in("adeyemi")
    accept("clinician-form")
    tab.page.get_by_label("Treatment").check()
    tab.ask(incident_number="case 17", **ABOUT_SAM)
    accept("clinician-card")
    lengthen(county)
    tab.page.reload()
    accept("clinician-longest")
    sign_out(tab)
    tab.sign_in("reyes")
    tab.ask(incident_number="2026-0001", **ABOUT_SAM)
    accept("longest")
    sign_out(tab)
    tab.sign_in("rivera")
    accept("duty")
    assert sorted(row.outcome for row in LedgerEntry.objects.all()) == ["empty", *["released"] * 4]


@EVERY_LOOK
def test_pages_of_a_working_day_are_accepted(county, open_tab, size, scheme):
    """Full, opened, refused, empty, and not for this role."""
    day = fill_the_day(county)
    tab = open_tab(size, scheme)
    accept = acceptance(tab, size, scheme)
    tab.sign_in("rivera")
    for name, path in day.pages.items():
        tab.go(path)
        accept(f"day-{name}")
    tab.go(day.pages["follow-up"])
    tab.page.locator("summary", has_text="Record what you tried").click()
    accept("day-follow-up-open")
    tab.press("Record what you tried")
    accept("day-follow-up-refused")
    tab.go(day.pages["linkage-new"])
    tab.press("Send the linkage")
    accept("day-linkage-new-refused")
    lengthen(county)
    tab.go(day.pages["person"])
    accept("day-person-longest")
    sign_out(tab)
    tab.sign_in("boss")
    tab.go("/caseload/")
    accept("day-measures")
    sign_out(tab)
    tab.sign_in("adeyemi")
    tab.go("/caseload/?whose=mine")
    accept("day-empty")
    tab.go(day.pages["follow-up"])
    accept("day-not-found")
    sign_out(tab)
    tab.sign_in("reyes")
    tab.go("/caseload/")
    accept("day-not-for-you")
    assert {"read", "released", "refused", "empty"} == set(
        LedgerEntry.objects.values_list("outcome", flat=True)
    )


def test_a_follow_up_is_done_without_javascript(county, open_tab):
    day = fill_the_day(county)
    tab = open_tab(PHONE, javascript=False)
    tab.sign_in("rivera")
    tab.go(day.pages["follow-up"])
    tab.page.locator("summary", has_text="Record what you tried").click()
    tab.page.get_by_label("How", exact=True).select_option("call")
    tab.page.get_by_label("What came of it").select_option("no_answer")
    tab.page.get_by_label("Note for your colleagues").fill("Rang twice.")
    tab.press("Record what you tried")
    assert tab.page.get_by_role("status").inner_text() == "Written down."
    assert tab.page.get_by_text("Rang twice.").is_visible()
    assert LedgerEntry.objects.filter(outcome="read", categories=["D3"]).count() == 2


def test_a_referral_is_answered_by_keyboard_alone(county, open_tab):
    day = fill_the_day(county)
    tab = open_tab(DESK)
    tab.sign_in("adeyemi")
    tab.go(day.pages["linkage"])
    for _ in range(40):
        tab.page.keyboard.press("Tab")
        if tab.page.evaluate("document.activeElement.innerText || ''") == "We have it":
            break
    assert tab.page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
    with tab.page.expect_navigation():
        tab.page.keyboard.press("Enter")
    assert tab.page.get_by_text("Received", exact=True).is_visible()
    assert LedgerEntry.objects.filter(outcome="read", categories=["D6"]).count() == 2


def sign_out(tab: Tab) -> None:
    tab.press("Sign out")
    tab.page.get_by_label("User name").wait_for()
