"""The clinician's day in a real browser: from the ringing phone to the closed linkage, by keyboard; nothing typed is lost."""

import re
from dataclasses import dataclass
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from continuity.crisis.models import CrisisContact, Transfer
from continuity.crisis.services import start_draft
from continuity.crisis.transfers import offer_transfer
from continuity.disclosures.models import LedgerEntry
from continuity.treatment.links import accept_team_link, propose_team_link
from continuity.treatment.models import FollowUp, Linkage
from tests import builders as b
from tests.builders import NOW
from tests.e2e.conftest import DESK, EVERY_LOOK, PHONE, Tab
from tests.e2e.county import County

pytestmark = pytest.mark.e2e
MOST = 12  # clicks or keys of a routine diverted call, besides free text
SUMMARY = "Spoke quietly of losing the lease; agreed to be called tomorrow."
_TOO_WIDE = """() => [...document.querySelectorAll("body *")]
    .filter(one => one.checkVisibility() && one.getBoundingClientRect().right > window.innerWidth + 1)
    .map(one => one.outerHTML.slice(0, 120))"""
_SMALL = """() => [...document.querySelectorAll("main a, main button:not(.unseen), main summary, main textarea, main .chips > label, main input[type=text]")]
    .filter(one => one.checkVisibility() && !one.matches(".links a, p > a:not(.button, .way-back)") && one.getBoundingClientRect().height < 48)
    .map(one => one.outerHTML.slice(0, 120))"""


_FOCUSED = """() => { const one = document.activeElement;
    return one.matches("body, main") ? "" : one.innerText || one.name || ""; }"""


@dataclass
class Hands:
    """A keyboard that counts: every key but those of free text."""

    tab: Tab
    pressed: int = 0

    def press(self, key: str) -> None:
        self.pressed += 1
        self.tab.page.keyboard.press(key)

    def press_and_go(self, key: str) -> None:
        with self.tab.page.expect_navigation():
            self.press(key)
        self.tab.page.wait_for_load_state()

    def write(self, text: str) -> None:
        """Free text, as somebody types it."""
        self.tab.page.keyboard.insert_text(text)

    def go_to(self, words: str) -> None:
        """Tab to something that can be pressed, and see that it shows its focus."""
        for _ in range(90):
            focused = self.tab.page.evaluate(_FOCUSED)
            if words in focused:
                style = self.tab.page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
                assert style != "none", f"{words} shows no focus"
                return
            self.press("Tab")
        raise AssertionError(f"{words} cannot be reached by keyboard")

    def expect_on(self, name: str) -> None:
        expect(self.tab.page.locator(":focus")).to_have_attribute("name", name)


def ringing(county: County) -> Transfer:
    """Dispatch hands a call to the embedded clinicians and stays on the line."""
    link = propose_team_link(
        by=county.rivera,
        person=county.sam,
        provider=county.clinic,
        program_kind="psychiatry",
        team_name="Orchard day team",
        duty_line="661-555-0133",
        at=NOW - timedelta(days=3),
    )
    accept_team_link(by=county.adeyemi, link_id=link.pk, duty_line="661-555-0133", at=NOW - timedelta(days=2))
    transfer, _ = offer_transfer(
        by=b.member("dispatch", county.police, "dispatcher"),
        to_kind="clinician",
        to_agency=county.health,
        incident_ref="2026-0777",
        origin="call_911",
        call_type="suicide_threat",
        said={
            "name": "Samuel Testcase",
            "birth_date": "1988-04-03",
            "telephone": "661-555-0155",
            "note": "Calm, asks for help.",
        },
        at=NOW - timedelta(minutes=1),
    )
    return transfer


def judge(tab: Tab, name: str) -> None:
    """A picture when asked for; no axe violation, nothing too wide, nothing too small to press."""
    tab.shoot(name)
    assert (name, tab.axe()) == (name, [])
    assert (name, tab.page.evaluate(_TOO_WIDE)) == (name, [])
    assert (name, tab.page.evaluate(_SMALL)) == (name, [])
    assert max(0, tab.overflow()) == 0


def sign_in(tab: Tab, username: str) -> None:
    tab.sign_in(username, to="/caseload/")


def saved(tab: Tab) -> None:
    """Until the page says that the site has it."""
    expect(tab.page.locator("#saved")).to_have_text(re.compile(r"^Saved \d+ s ago$"), timeout=15_000)


@EVERY_LOOK
def test_a_routine_call_from_the_ringing_phone_to_the_closed_linkage(
    county: County, open_tab, size, scheme, capsys
):
    ringing(county)
    shot = f"day-{size[0]}-{scheme}"
    tab = open_tab(size, scheme)
    sign_in(tab, "rivera")
    judge(tab, f"{shot}-today")

    hands = Hands(tab)
    hands.press_and_go("Enter")  # Take the call
    judge(tab, f"{shot}-draft-ringing")
    hands.press_and_go("Enter")  # This is the person
    expect(tab.page.locator(".known").get_by_role("link", name="Call the care team").first).to_be_visible()
    hands.expect_on("reporter_relationship")
    hands.press("1")
    hands.expect_on("presenting_issues")
    hands.press("1")
    hands.press("Enter")
    hands.expect_on("risk_level")
    hands.press("3")
    hands.expect_on("weapon_in_hand")
    hands.press("2")
    hands.expect_on("disposition_primary")
    hands.press("2")
    hands.expect_on("referral_offered")
    hands.press("1")
    hands.expect_on("operational_summary")
    hands.write(SUMMARY)
    saved(tab)
    judge(tab, f"{shot}-draft-full")
    hands.press_and_go("Control+Enter")
    judge(tab, f"{shot}-finished")
    hands.press_and_go("Enter")  # Promise it
    with capsys.disabled():
        print(
            f"\n{size[0]} px: {hands.pressed} keys for a routine diverted call, besides free text (at most {MOST})"
        )
    assert hands.pressed <= MOST

    contact = CrisisContact.objects.get(record_status="final", operational_summary=SUMMARY)
    promised = FollowUp.objects.get(contact=contact)
    assert (contact.person_id, contact.le_dispatched) == (county.sam.pk, "no")
    assert promised.rule.startswith("safety_plan_completed")
    assert contact.triages.get().suggestion == "clinician"
    assert Transfer.objects.get().to_contact_id == contact.pk
    hands.go_to("Refer to Orchard Street Clinic")
    hands.press_and_go("Enter")
    judge(tab, f"{shot}-contact")
    hands.go_to("Sign out")
    hands.press_and_go("Enter")

    sign_in(tab, "adeyemi")
    linkage = Linkage.objects.get(contact=contact)
    tab.go(f"/caseload/linkages/{linkage.pk}/")
    close_linkage(tab, hands)
    linkage.refresh_from_db()
    assert (linkage.status, linkage.closed_at is not None) == ("completed", True)
    told = set(LedgerEntry.objects.values_list("outcome", flat=True))
    assert told == {"read", "released"}


def close_linkage(tab: Tab, hands: Hands) -> None:
    """The recipient brings it to its end, each move by keyboard."""
    for label, field in (
        ("We have it", ""),
        ("Accept", ""),
        ("Give an appointment", "appointment_at"),
        ("They came", "first_attended_at"),
        ("Close: connected", ""),
    ):
        hands.go_to(label)
        if tab.page.evaluate("document.activeElement.tagName") == "SUMMARY":
            hands.press("Enter")
            if field:
                moment = NOW - timedelta(hours=9) if field == "first_attended_at" else NOW + timedelta(days=2)
                tab.page.locator(f"details[open] [name={field}]").fill(moment.strftime("%Y-%m-%dT%H:%M"))
            hands.press("Tab")
            hands.go_to(label)
        hands.press_and_go("Enter")


def test_nothing_typed_is_lost_when_the_line_drops_and_the_page_is_closed(county: County, open_tab):
    draft = start_draft(by=county.rivera, at=NOW - timedelta(minutes=3), person=county.sam)
    address = f"/caseload/contacts/{draft.pk}/draft/"
    tab = open_tab(DESK)
    sign_in(tab, "rivera")
    tab.go(address)
    summary = tab.page.locator("#operational_summary")
    summary.fill("Before the line dropped.")
    tab.page.get_by_label("Agitation").check()
    saved(tab)
    context = tab.page.context
    context.set_offline(True)
    summary.press_sequentially(" And after it.")
    tab.page.locator("#narrative").fill("Clinical words after it.")
    tab.page.get_by_label("Moderate").check()
    expect(tab.page.locator("#told")).to_contain_text("No connection", timeout=15_000)
    assert tab.page.locator("#saved").inner_text().startswith("Not saved since")
    kept = tab.page.evaluate("Object.entries(localStorage)")
    assert [name for name, _ in kept] == [f"continuity-draft-{draft.pk}"]
    assert "after it" not in str(kept)  # sealed: of no use without a session
    tab.page.close()
    tab.complaints.clear()  # the browser itself says that the line is down
    context.set_offline(False)

    tab.page = context.new_page()
    tab.go(address)
    expect(tab.page.locator("#operational_summary")).to_have_value("Before the line dropped. And after it.")
    expect(tab.page.locator("#told")).to_contain_text("is here again")
    saved(tab)
    draft.refresh_from_db()
    assert draft.operational_summary == "Before the line dropped. And after it."
    assert (draft.risk_level, draft.presenting_issues, draft.narrative.text) == (
        "moderate", ["agitation"], "Clinical words after it.",
    )  # fmt: skip
    assert tab.page.evaluate("localStorage.length") == 0
    assert LedgerEntry.objects.filter(person_id=county.sam.pk, outcome="released").count() == 2


def test_a_line_that_comes_back_saves_by_itself(county: County, open_tab):
    draft = start_draft(by=county.rivera, at=NOW - timedelta(minutes=3))
    tab = open_tab(PHONE)
    sign_in(tab, "rivera")
    tab.go(f"/caseload/contacts/{draft.pk}/draft/")
    tab.page.context.set_offline(True)
    tab.page.locator("#operational_summary").fill("Typed in a tunnel.")
    expect(tab.page.locator("#told")).to_contain_text("No connection", timeout=15_000)
    tab.page.context.set_offline(False)
    saved(tab)
    tab.complaints.clear()  # the browser itself says that the line is down
    draft.refresh_from_db()
    assert draft.operational_summary == "Typed in a tunnel."
    assert LedgerEntry.objects.filter(outcome="read").exists()


def test_two_tabs_keep_both_texts(county: County, open_tab):
    draft = start_draft(by=county.rivera, at=NOW - timedelta(minutes=3))
    tab = open_tab(DESK)
    sign_in(tab, "rivera")
    address = f"/caseload/contacts/{draft.pk}/draft/"
    tab.go(address)
    other = Tab(tab.page.context.new_page(), tab.site)
    other.go(address)
    other.page.locator("#operational_summary").fill("From the other tab.")
    saved(other)
    tab.page.locator("#operational_summary").fill("From this tab.")
    expect(tab.page.locator("#told")).to_contain_text("another tab", timeout=15_000)
    saved(tab)
    draft.refresh_from_db()
    assert draft.operational_summary == "From the other tab.\n\nFrom this tab."
    tab.complaints.clear()  # the browser reports the answer 409 as if it were a fault


def test_words_move_to_where_they_belong_while_somebody_types(county: County, open_tab):
    draft = start_draft(by=county.rivera, at=NOW - timedelta(minutes=3))
    tab = open_tab(PHONE)
    sign_in(tab, "rivera")
    tab.go(f"/caseload/contacts/{draft.pk}/draft/")
    tab.page.locator("#operational_summary").fill("Calm on the phone. Took fentanyl at noon.")
    move = tab.page.get_by_role("button", name="Move its sentence to substance use")
    expect(move).to_be_visible(timeout=15_000)
    judge(tab, "day-390-light-wording")
    tab.press("Move its sentence to substance use")
    expect(tab.page.locator("#sud_text")).to_have_value("Took fentanyl at noon.")
    expect(tab.page.locator("#operational_summary")).to_have_value("Calm on the phone.")


def test_signing_out_leaves_nothing_on_the_device(county: County, open_tab):
    draft = start_draft(by=county.rivera, at=NOW - timedelta(minutes=3))
    tab = open_tab(DESK)
    sign_in(tab, "rivera")
    tab.go(f"/caseload/contacts/{draft.pk}/draft/")
    tab.page.locator("#operational_summary").fill("Typed just before leaving.")
    tab.press("Sign out")
    assert tab.page.evaluate("localStorage.length") == 0
    draft.refresh_from_db()
    assert draft.operational_summary == "Typed just before leaving."

    sign_in(tab, "rivera")  # and from any other page
    tab.page.evaluate("localStorage.setItem('continuity-draft-left', 'sealed')")
    tab.press("Sign out")
    assert tab.page.evaluate("localStorage.length") == 0
    assert LedgerEntry.objects.filter(outcome="read").exists()


@pytest.mark.parametrize(
    "size", [pytest.param(PHONE, id="phone"), pytest.param(DESK, id="desk", marks=pytest.mark.drill)]
)
def test_without_javascript_the_call_is_recorded_all_the_same(county: County, open_tab, size):
    tab = open_tab(size, javascript=False)
    sign_in(tab, "rivera")
    tab.press("New contact", "link")
    tab.page.get_by_label("Last name").fill("Testcase")
    tab.page.get_by_label("First name").fill("Samuel")
    tab.page.get_by_label("Date of birth").fill("4/3/1988")
    tab.press("Show what is known")
    assert tab.page.get_by_role("link", name="Call the care team").first.is_visible()
    tab.press("Start with this person")
    tab.press("Finish")
    assert tab.page.get_by_text("Not finished yet").is_visible()
    for label in ("The person", "Anxiety, panic", "Moderate", "Resolved by phone"):
        tab.page.get_by_label(label, exact=True).first.check()
    tab.page.get_by_role("group", name="The call was taken as").get_by_label("Welfare check").check()
    tab.page.get_by_role("group", name="A referral was offered").get_by_label("No", exact=True).check()
    tab.page.get_by_label("Summary for the next responder").fill(SUMMARY)
    tab.press("Save")
    assert tab.page.get_by_label("Summary for the next responder").input_value() == SUMMARY
    tab.press("Finish")
    tab.press("Promise it")
    assert FollowUp.objects.filter(contact__operational_summary=SUMMARY).count() == 1
    assert LedgerEntry.objects.filter(outcome="released").count() >= 3


@pytest.mark.parametrize(
    "size", [pytest.param(PHONE, id="phone"), pytest.param(DESK, id="desk", marks=pytest.mark.drill)]
)
def test_new_contact_and_errors_are_accepted(county: County, open_tab, size):
    shot = f"day-{size[0]}-light"
    tab = open_tab(size)
    sign_in(tab, "rivera")
    tab.go("/caseload/contacts/new/")
    judge(tab, f"{shot}-new")
    tab.press("Show what is known")
    judge(tab, f"{shot}-new-errors")
    for label, text in (("Last name", "Nobody"), ("First name", "Norma"), ("Date of birth", "4/3/1988")):
        tab.page.get_by_label(label).fill(text)
    tab.press("Show what is known")
    judge(tab, f"{shot}-new-nothing")
    tab.press("Start without a name")
    judge(tab, f"{shot}-draft-empty")
    tab.press("Finish")
    judge(tab, f"{shot}-draft-gaps")
    assert LedgerEntry.objects.filter(outcome="empty").count() == 1
