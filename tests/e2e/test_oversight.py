"""Oversight in a real browser: the week's use is reviewed, and the ledger behind it read; axe clean, console silent."""

from datetime import timedelta

import pytest
import time_machine

from continuity.access.models import Restriction
from continuity.disclosures.models import UseFinding
from continuity.disclosures.watch import review_week
from tests import builders as b
from tests.disclosures.using import OVER, TUESDAY_NOON, WEEK, answered, use
from tests.e2e.county import County
from tests.e2e.test_privacy_office import AT_THE_DESK, come_in, judge
from tests.lookup.asking import ask

pytestmark = pytest.mark.e2e


def week_of_use(county: County) -> None:
    """Reyes asks a lot at the wheel of a quiet week; a colleague is among those who were shown."""
    for minute in range(18):
        at = TUESDAY_NOON + timedelta(minutes=2 * minute)
        use(county.reyes, at, typed=str(minute), incident_ref=f"2026-1{minute:03}")
    ask(county.reyes, TUESDAY_NOON + timedelta(hours=1), incident_ref="2026-2000")
    answered(county.reyes, TUESDAY_NOON - timedelta(hours=9), person=county.sam)
    Restriction.objects.create(
        person=county.sam, agency=county.health, kind="employee", state="agreed", towards=county.police,
        requested_at=b.NOW - timedelta(days=9), recorded_by=county.kim, decided_at=b.NOW - timedelta(days=9),
    )  # fmt: skip
    review_week(week=WEEK, at=OVER)


@AT_THE_DESK
def test_privacy_officer_reviews_the_week_and_reads_what_is_behind_it(county: County, open_tab, size, scheme):
    b.member("priya", county.police, "privacy_officer")
    week_of_use(county)
    shot, tab = f"oversight-{size[0]}-{scheme}", open_tab(size, scheme)
    with time_machine.travel(OVER, tick=True):
        come_in(tab, "priya")
        judge(tab, f"{shot}-home")
        tab.press("Use to review", "link")
        judge(tab, f"{shot}-use")
        sweep = UseFinding.objects.get(kind="name_sweep")
        row = tab.page.locator("tr", has=tab.page.locator(f'a[href$="{sweep.pk}"]'))
        row.locator("summary").click()
        with tab.page.expect_navigation():
            row.get_by_role("button", name="Keep").click()
        judge(tab, f"{shot}-use-refused")
        row.get_by_label("Referred to whoever deals with misuse").check()
        row.get_by_label("What you found, in one sentence").fill("No call explains it.")
        with tab.page.expect_navigation():
            row.get_by_role("button", name="Keep").click()
        tab.page.get_by_text("No call explains it.").wait_for()
        judge(tab, f"{shot}-use-reviewed")
        with tab.page.expect_navigation():
            row.get_by_role("link").click()
        assert tab.page.locator(".badge", has_text="Nothing was shared").count() == 18
        judge(tab, f"{shot}-ledger-behind")
        tab.press("Ledger", "link")
        tab.page.get_by_label("What came of it").select_option(label="Something was shared")
        tab.press("Search")
        tab.page.get_by_text("On which basis").first.click()
        judge(tab, f"{shot}-ledger")
    sweep.refresh_from_db()
    assert (sweep.verdict, sweep.note) == ("referred", "No call explains it.")
