"""The clinician's wider card: clinical words, Part 2 with its notice, and who treats the person."""

import pytest

from continuity.disclosures.models import LedgerEntry
from tests.e2e.conftest import DESK
from tests.e2e.test_officer_looks_up import ABOUT_SAM

pytestmark = pytest.mark.e2e


def test_clinician_reads_the_wider_card_in_two_columns(county, open_tab):
    tab = open_tab(DESK)
    tab.sign_in("adeyemi")
    tab.page.get_by_label("Treatment").check()
    tab.ask(incident_number="case 17", **ABOUT_SAM)
    page = tab.page
    assert page.get_by_text("Safety plan written together").is_visible()
    assert page.get_by_text("Reported drinking again").is_visible()
    assert page.get_by_text("42 CFR part 2 prohibits unauthorized use").first.is_visible()
    assert page.get_by_text("North Valley team").is_visible()
    now, before = (one.bounding_box() for one in page.locator(".columns > div").all())
    assert before["x"] > now["x"] + now["width"]
    assert tab.axe() == []
    assert LedgerEntry.objects.get().outcome == "released"


def test_officer_reads_none_of_it(county, open_tab):
    tab = open_tab(DESK)
    tab.sign_in("reyes")
    tab.ask(incident_number="2026-0001", **ABOUT_SAM)
    text = tab.page.locator("main").inner_text()
    for clinical in ("Safety plan written", "drinking", "North Valley team", "Risk then", "psychiatry"):
        assert clinical not in text
    assert LedgerEntry.objects.get().outcome == "released"
