"""Every page at both sizes, in light and in dark: no axe violation, nothing too wide, nothing too small to press.

With CONTINUITY_SHOTS=<folder> the same walk leaves a picture of each.
"""

import pytest

from continuity.agencies.models import Membership
from continuity.disclosures.models import LedgerEntry
from tests.e2e.conftest import DESK, PHONE, Tab
from tests.e2e.county import lengthen
from tests.e2e.test_officer_looks_up import ABOUT_SAM

pytestmark = pytest.mark.e2e
_SMALL = """() => [...document.querySelectorAll("a, button, summary, input:not([type=hidden]):not([type=radio]), label.option")]
    .filter(one => one.checkVisibility() && !one.matches(".skip, .links a") && one.getBoundingClientRect().height < 48)
    .map(one => one.outerHTML)"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_pages_are_accepted(county, open_tab, size, scheme):
    tab = open_tab(size, scheme)
    Membership.objects.create(
        member=county.rivera.member, agency=county.clinic, roles=["treatment_clinician"]
    )

    def accept(name: str, *, full: bool = True) -> None:
        tab.shoot(f"{size[0]}-{scheme}-{name}", full=full)
        assert (name, tab.axe()) == (name, [])
        assert len(tab.page.content().encode()) < 30_000
        assert (name, tab.page.evaluate(_SMALL)) == (name, [])
        for narrow in (320, 360, size[0]):
            tab.page.set_viewport_size({"width": narrow, "height": size[1]})
            assert (name, narrow, max(0, tab.overflow())) == (name, narrow, 0)

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
    tab.page.get_by_label("User name").fill("rivera")
    tab.page.get_by_label("Password").fill("correct horse")
    tab.press("Sign in")
    accept("duty")
    assert sorted(row.outcome for row in LedgerEntry.objects.all()) == ["empty", *["released"] * 4]


def sign_out(tab: Tab) -> None:
    tab.press("Sign out")
    tab.page.get_by_label("User name").wait_for()
