""" "Not this person" in a real browser: one press, by day and by night, and what the clinician is offered instead."""

import pytest

from continuity.agencies.models import Agency
from continuity.disclosures.models import IdentityReport, LedgerEntry
from continuity.notices.models import Notice
from continuity.people.services import Name, note_own_record, register_person
from tests import builders as b
from tests.e2e.conftest import DESK, EVERY_LOOK, PHONE
from tests.e2e.test_emergency import answer, ask_clinician, night  # noqa: F401  # a fixture is used by its name
from tests.e2e.test_officer_looks_up import ABOUT_SAM
from tests.e2e.test_pages_are_accepted import acceptance

pytestmark = pytest.mark.e2e
NEVER = ("Testcase", "Samuel", "1988", "railway", "sister", "661-555-0110", "North Valley")


@pytest.fixture
def keeper(county):
    Agency.objects.filter(pk=county.health.pk).update(keeps_index=True)
    return b.member("pia", county.health, "privacy_officer")


def is_calm(tab) -> None:
    """The page after a report: what to do now, and nothing of whom the card showed."""
    main = tab.page.locator("main").inner_text()
    assert "Reported." in main
    assert "Treat as unknown. Do not rely on what you saw." in main
    whole = tab.page.content()
    assert [word for word in NEVER if word in whole] == []


@EVERY_LOOK
def test_an_officer_reports_the_card_with_one_press(county, keeper, open_tab, size, scheme):
    tab = open_tab(size, scheme)
    accept = acceptance(tab, size, scheme)
    tab.sign_in("reyes")
    tab.ask(incident_number="2026-0001", **ABOUT_SAM)
    accept("not-this-card", full=False)
    tab.press("Not this person")
    is_calm(tab)
    accept("not-this-reported")
    tab.page.reload()
    is_calm(tab)
    tab.press("New look-up", "link")
    tab.ask(**ABOUT_SAM | {"last_name": "Nobody"})
    accept("not-this-nothing", full=False)
    tab.page.get_by_role("link", name="Ask again with an ID number").click()
    assert tab.page.get_by_label("Or an ID number").is_visible()
    report = IdentityReport.objects.get()
    assert (report.reported_by, report.person_id) == (county.reyes, county.sam.pk)
    assert Notice.objects.get(kind="identity_reported").member == keeper.member
    assert LedgerEntry.objects.get(pk=report.ledger_id).outcome == "released"


def test_it_is_pressed_by_keyboard_without_javascript_and_large_enough_for_a_thumb(county, keeper, open_tab):
    tab = open_tab(PHONE, javascript=False)
    tab.sign_in("reyes")
    tab.ask(incident_number="2026-0001", **ABOUT_SAM)
    button = tab.page.get_by_role("button", name="Not this person")
    box, call = button.bounding_box(), tab.page.get_by_role("link", name="Call the care team").bounding_box()
    assert min(box["width"], box["height"]) >= 44
    assert call["y"] - (box["y"] + box["height"]) >= 44  # no thumb meets it on its way to the call
    button.focus()
    with tab.page.expect_navigation():
        tab.page.keyboard.press("Enter")
    is_calm(tab)
    assert LedgerEntry.objects.filter(outcome="released").count() == 1


def test_a_clinician_reports_from_the_person_page(county, keeper, open_tab):
    tab = open_tab(DESK)
    tab.sign_in("rivera")
    tab.go(f"/caseload/people/{county.sam.pk}/")
    acceptance(tab, DESK, "light")("not-this-person-page", full=False)
    tab.press("Not this person")
    is_calm(tab)
    assert LedgerEntry.objects.filter(outcome="released", asker=county.rivera).exists()


def test_a_released_emergency_card_is_reported(night, keeper, open_tab):  # noqa: F811
    officer, clinician = open_tab(PHONE), open_tab(DESK)
    officer.sign_in("reyes")
    clinician.sign_in("rivera")
    ask_clinician(officer)
    answer(clinician, "Release")
    officer.page.reload()
    acceptance(officer, PHONE, "light")("not-this-emergency", full=False)
    officer.press("Not this person")
    is_calm(officer)
    assert IdentityReport.objects.get().person_id == night.sam.pk
    assert LedgerEntry.objects.filter(emergency__isnull=False, outcome="released").exists()


@EVERY_LOOK
def test_a_clinician_chooses_among_candidates_or_none(county, open_tab, size, scheme):
    for first, born in (("Robert", 14), ("Roberta", 15), ("Rob", 24)):
        one = register_person(
            source=county.health,
            names=[Name(first, "Quimby-Testcase")],
            birth_date=b.NOW.date().replace(1979, 6, born),
        )
        note_own_record(one.pk, county.health)
    tab = open_tab(size, scheme)
    accept = acceptance(tab, size, scheme)
    tab.sign_in("rivera")
    tab.go("/caseload/contacts/new/")
    tab.page.get_by_label("Last name").fill("Quimby-Testcase")
    tab.page.get_by_label("First name").fill("Robert")
    tab.page.get_by_label("Date of birth").fill("2 November 1979")
    tab.press("Show what is known")
    accept("candidates")
    with tab.page.expect_navigation():
        tab.page.get_by_label("Last name").press("Enter")  # asks again, and chooses nobody
    assert tab.page.url.endswith("/contacts/new/")
    assert tab.page.get_by_role("button", name="This one").count() >= 1
    assert tab.page.get_by_text("Does not agree").first.is_visible()
    tab.press("None of these")
    tab.shoot(f"{size[0]}-{scheme}-candidates-none", full=False)
    assert tab.axe() == []
    assert tab.page.get_by_text("Identity: as said").is_visible()
    assert LedgerEntry.objects.filter(outcome="read", asker=county.rivera).exists()
