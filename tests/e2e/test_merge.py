"""Two records become one and two again, in a real browser: axe clean, console silent, every action by its label."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from continuity.agencies.models import Agency
from continuity.disclosures.identity_reports import report_wrong_person
from continuity.disclosures.models import LedgerEntry, Merge
from continuity.disclosures.readings import write_entry
from continuity.people.duplicates import compare_next
from continuity.people.index import rekey
from continuity.people.models import DuplicatePair, Person
from continuity.people.services import Identifier, Name, note_own_record, register_person
from tests import builders as b
from tests.e2e.conftest import DESK, PHONE, Tab
from tests.e2e.county import County
from tests.e2e.test_privacy_office import come_in, judge, open_move

pytestmark = pytest.mark.e2e
EVERY_LOOK = pytest.mark.parametrize(
    ("size", "scheme"),
    [
        pytest.param(DESK, "light", id="desk-light"),
        pytest.param(PHONE, "dark", id="phone-dark", marks=pytest.mark.drill),
        pytest.param(DESK, "dark", id="desk-dark", marks=pytest.mark.drill),
        pytest.param(PHONE, "light", id="phone-light", marks=pytest.mark.drill),
    ],
)


@pytest.fixture
def offices(county: County) -> County:
    """Two privacy officers where the index is kept, one at the clinic, and Sam once more under another name."""
    Agency.objects.filter(pk=county.health.pk).update(keeps_index=True)
    for name, agency in (("pia", county.health), ("paul", county.health), ("pat", county.clinic)):
        b.member(name, agency, "privacy_officer")
    county.sam.personphone_set.create(source=county.health, number="661-555-0133")
    rekey(county.sam)
    other = register_person(
        source=county.clinic,
        names=[Name("Sammy", "Testcase"), Name("Samuel", "Testkase", use="alias")],
        birth_date=b.date(1988, 4, 3),
        sex="male",
        language="en",
        phones=["661-555-0133"],
        addresses=[{"line": "12 Elm Street", "city": "Kestrel", "state": "CA", "postal_code": "93000"}],
        identifiers=[Identifier("K-5512345")],
    )
    note_own_record(other.pk, county.clinic)
    while compare_next(b.NOW):
        pass
    return county


def fill(tab: Tab, label: str, text: str) -> None:
    tab.page.locator("form:visible").get_by_label(label).first.fill(text)


@EVERY_LOOK
def test_two_records_become_one_and_two_again(offices: County, open_tab, size, scheme):
    shot = f"merge-{size[0]}-{scheme}"
    tab = open_tab(size, scheme)
    come_in(tab, "pia")
    judge(tab, f"{shot}-home")
    tab.press("Possible duplicates", "link")
    judge(tab, f"{shot}-queue")
    tab.press("Testcase and", "link")
    judge(tab, f"{shot}-side-by-side")
    tab.press("Keep the decision")
    judge(tab, f"{shot}-verdict-refused")
    tab.page.get_by_label("The same person").check()
    fill(tab, "Why, in one sentence", "Same dog, same sister, and he says so himself.")
    tab.press("Keep the decision")
    tab.press("Ask for the merge")
    judge(tab, f"{shot}-ask-refused")
    tab.page.get_by_label("Record A:").check()
    for group in tab.page.locator("form[action$='/merge/'] fieldset").all()[1:]:
        group.get_by_role("radio").first.check()
    tab.page.locator("#merge-reason").fill("Both records are Sam's.")
    judge(tab, f"{shot}-ask")
    tab.press("Ask for the merge")
    judge(tab, f"{shot}-merges-asked")
    sign_out(tab)

    come_in(tab, "paul")
    judge(tab, f"{shot}-home-second")
    tab.press("Merges to decide", "link")
    judge(tab, f"{shot}-merges-to-decide")
    tab.press("Testcase and", "link")
    open_move(tab, "Approve the merge")
    judge(tab, f"{shot}-approve")
    tab.press("Approve the merge")
    judge(tab, f"{shot}-merged")
    merge = Merge.objects.get()
    assert merge.state == "merged"
    sign_out(tab)

    come_in(tab, "kim")
    tab.press("Consents of merged people", "link")
    judge(tab, f"{shot}-reviews")
    tab.press("Testcase", "link")
    judge(tab, f"{shot}-review")
    tab.press("These apply to the whole person")
    assert tab.page.get_by_text("No merged person's consents wait").is_visible()
    sign_out(tab)

    with time_machine.travel(b.NOW + timedelta(hours=1), tick=True):
        survivor = Person.objects.get(pk=merge.survivor_id)
        b.contact(offices.adeyemi, survivor, at=b.NOW + timedelta(minutes=50))
        take_apart(tab, shot)
    merge.refresh_from_db()
    assert merge.state == "unmerged"
    assert DuplicatePair.objects.get().verdict == "different"
    assert set(LedgerEntry.objects.filter(channel="admin").values_list("outcome", flat=True)) <= {
        "read",
        "empty",
    }


def take_apart(tab: Tab, shot: str) -> None:
    """Asked for by one, sorted by the clinic, approved by the other."""
    come_in(tab, "pia")
    tab.go("/admin/merges/")
    tab.press("Testcase and", "link")
    open_move(tab, "Ask to take it apart")
    fill(tab, "Why, in one sentence", "The clinic's Sammy is his cousin.")
    tab.press("Ask to take it apart")
    judge(tab, f"{shot}-in-doubt")
    sign_out(tab)

    come_in(tab, "pat")
    tab.press("Records to sort", "link")
    judge(tab, f"{shot}-rows-to-sort")
    while tab.page.get_by_text("Not said yet").count():
        tab.press("About B")
    judge(tab, f"{shot}-rows-sorted")
    sign_out(tab)

    come_in(tab, "paul")
    tab.press("Merges to decide", "link")
    tab.press("Testcase and", "link")
    open_move(tab, "Take it apart")
    judge(tab, f"{shot}-take-apart")
    tab.press("Take it apart")
    judge(tab, f"{shot}-taken-apart")


@EVERY_LOOK
def test_a_report_is_looked_into(offices: County, open_tab, size, scheme):
    shot = f"report-{size[0]}-{scheme}"
    tab = open_tab(size, scheme)
    come_in(tab, "pia")
    tab.press("Taken for another", "link")
    judge(tab, f"{shot}-none")
    report_wrong_person(
        by=offices.reyes, ledger_id=shown(offices), at=b.NOW, said="This man is about twenty."
    )
    tab.page.reload()
    judge(tab, f"{shot}-queue")
    tab.press("Testcase", "link")
    judge(tab, f"{shot}-file")
    tab.press("Keep the outcome")
    judge(tab, f"{shot}-refused")
    tab.page.get_by_label("another person's record").check()
    fill(tab, "How you know it", "The sister says he was at home.")
    tab.press("Keep the outcome")
    judge(tab, f"{shot}-closed")


def test_empty_pages_say_so(county: County, open_tab):
    b.member("pat", county.clinic, "privacy_officer")
    tab = open_tab(PHONE, "light")
    come_in(tab, "pat")
    for path in ("duplicates", "merges", "merge-reviews", "rows-to-sort", "identity-reports"):
        tab.go(f"/admin/{path}/")
        judge(tab, f"merge-empty-{path}")
        assert tab.page.locator("#content .nothing").first.is_visible()


def test_a_pair_is_decided_by_keyboard_alone(offices: County, open_tab):
    tab = open_tab(DESK, javascript=False)
    come_in(tab, "pia")
    tab.go("/admin/duplicates/")
    tab_to(tab, "Testcase")
    press_enter(tab)
    tab_to(tab, "same")
    tab.page.keyboard.press("Space")
    tab_to(tab, "reason")
    tab.page.keyboard.type("He says so himself.")
    tab_to(tab, "Keep the decision")
    press_enter(tab)
    assert DuplicatePair.objects.get().verdict == "same"


def tab_to(tab: Tab, text: str) -> None:
    for _ in range(60):
        tab.page.keyboard.press("Tab")
        focused = tab.page.evaluate(
            "(one => one.innerText || `${one.name} ${one.value}`)(document.activeElement)"
        )
        if text in focused:
            outline = tab.page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert outline != "none", f"{text} shows no focus"
            return
    raise AssertionError(f"{text} cannot be reached by keyboard")


def press_enter(tab: Tab) -> None:
    with tab.page.expect_navigation():
        tab.page.keyboard.press("Enter")


def shown(county: County) -> Any:
    """The ledger's row of an answer that was given to Officer Reyes."""
    return write_entry(
        by=county.reyes,
        channel="page",
        at=b.NOW,
        outcome="released",
        person_id=county.sam.pk,
        categories=["D1"],
        incident_ref="2026-0042",
        purpose="le_crisis_response",
    )


def sign_out(tab: Tab) -> None:
    tab.press("Sign out")
    tab.page.get_by_label("User name").wait_for()
