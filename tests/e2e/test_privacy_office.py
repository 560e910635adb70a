"""The privacy office in a real browser: verify, activate, preview, print, suspend, revoke; axe clean, console silent."""

from datetime import timedelta
from pathlib import Path

import pytest

from continuity.consents.models import Consent, SignedDocument
from continuity.disclosures.models import LedgerEntry
from tests import builders as b
from tests.e2e.conftest import DESK, PHONE, Tab
from tests.e2e.county import County

pytestmark = pytest.mark.e2e
# Judged at three widths on its way; the other looks with `make e2e` and `make drills`.
AT_THE_DESK = pytest.mark.parametrize(
    ("size", "scheme"),
    [
        pytest.param(DESK, "dark", id="desk-dark"),
        pytest.param(DESK, "light", id="desk-light", marks=pytest.mark.drill),
        pytest.param(PHONE, "light", id="phone-light", marks=pytest.mark.drill),
        pytest.param(PHONE, "dark", id="phone-dark", marks=pytest.mark.drill),
    ],
)
_TOO_WIDE = """() => [...document.querySelectorAll("body *")]
    .filter(one => one.checkVisibility() && one.getBoundingClientRect().right > window.innerWidth + 1)
    .map(one => one.outerHTML.slice(0, 120))"""


def judge(tab: Tab, name: str) -> None:
    """A picture when asked for; no axe violation, nothing wider than the window, nor than the narrowest."""
    tab.shoot(name)
    assert (name, tab.axe()) == (name, [])
    assert tab.page.evaluate(_TOO_WIDE) == []
    assert (name, tab.too_wide(320)) == (name, [])


def come_in(tab: Tab, username: str) -> None:
    tab.sign_in(username, to="/admin/")


def open_move(tab: Tab, label: str) -> None:
    tab.page.locator("summary", has_text=label).first.click()


def press_move(tab: Tab, label: str, note: str = "") -> None:
    """Open the verb, say why, press its button."""
    open_move(tab, label)
    move = tab.page.locator("details[open]", has_text=label).first
    if note:
        move.get_by_label("Why, in one sentence").fill(note)
    with tab.page.expect_navigation():
        move.get_by_role("button", name=label).click()


def find_sam(tab: Tab) -> None:
    tab.press("Find a person", "link")
    tab.page.get_by_label("Last name").fill("Testcase")
    tab.page.get_by_label("First name").fill("Samuel")
    tab.page.get_by_label("Date of birth").fill("1988-04-03")
    tab.press("Find")


def draft_a_consent(tab: Tab, shot: str) -> None:
    tab.press("New consent", "link")
    tab.press("Keep")  # nothing chosen: a draft may have gaps
    judge(tab, f"{shot}-draft-with-gaps")
    tab.press("Write the draft anew", "link")
    judge(tab, f"{shot}-draft-form")
    tab.page.get_by_role("group", name="Who may receive it").get_by_label("Orchard Street Clinic").check()
    tab.page.get_by_label("the link to the treatment team").check()
    tab.page.get_by_label("earlier contacts").check()
    tab.page.get_by_label("The information, in words").fill("My earlier contacts and my team.")
    last = (b.NOW + timedelta(days=20)).date().isoformat()
    tab.page.get_by_label("Last day").fill(last)
    tab.page.get_by_label("Interpreter").fill("Interpreter 12")
    tab.page.get_by_label("care coordination").check()
    tab.press("Keep")


def sign_it(tab: Tab, shot: str, scan: Path) -> None:
    press_move(tab, "Put before the person")
    tab.press("The form, for printing", "link")
    assert "Samuel Testcase" in tab.page.locator(".paper-form").inner_text()
    judge(tab, f"{shot}-form")
    tab.page.go_back()
    tab.press("Record the signature", "link")
    tab.page.get_by_label("When").fill((b.NOW - timedelta(hours=9)).strftime("%Y-%m-%dT%H:%M"))
    tab.page.get_by_label("Copy given").fill((b.NOW - timedelta(hours=9)).strftime("%Y-%m-%dT%H:%M"))
    tab.page.get_by_label("I was there").check()
    judge(tab, f"{shot}-signature")
    tab.press("Keep")
    open_move(tab, "Attach a document")
    tab.page.get_by_label("PDF, PNG or JPEG").set_input_files(scan)
    tab.press("Attach")


@AT_THE_DESK
def test_a_consent_lives_its_life_at_the_desk(county: County, open_tab, size, scheme, tmp_path):
    scan = tmp_path / "scan.pdf"
    scan.write_bytes(b.SCAN)
    shot = f"office-{size[0]}-{scheme}"
    tab = open_tab(size, scheme)
    come_in(tab, "kim")
    judge(tab, f"{shot}-home")
    find_sam(tab)
    judge(tab, f"{shot}-person")
    draft_a_consent(tab, shot)
    sign_it(tab, shot, scan)
    press_move(tab, "Verify and put in force")
    tab.page.get_by_text("A second person of the agency must verify the consent.").wait_for()
    judge(tab, f"{shot}-four-eyes")
    tab.press("Sign out")

    come_in(tab, "verifier")
    tab.press("To verify", "link")
    judge(tab, f"{shot}-queue")
    consent = Consent.objects.get(status="proposed")
    tab.press(consent.number, "link")
    press_move(tab, "Verify and put in force")
    judge(tab, f"{shot}-consent")
    tab.press("What would they see?", "link")
    tab.page.get_by_label("Agency").select_option(label="Orchard Street Clinic")
    tab.page.get_by_label("Role").select_option("treatment_clinician")
    tab.page.get_by_label("Purpose").select_option("care_coordination")
    tab.press("Ask the gate")
    judge(tab, f"{shot}-preview")
    tab.go(f"/admin/consents/{consent.pk}/")
    press_move(tab, "Stop now, by spoken word", note="Rang and said stop.")
    assert tab.page.get_by_text("Suspended", exact=True).first.is_visible()
    press_move(tab, "Revoke", note="Letter came.")
    judge(tab, f"{shot}-revoked")
    tab.press("Consents", "link")
    judge(tab, f"{shot}-list")
    assert SignedDocument.objects.get(consent=consent).sha256
    consent.refresh_from_db()
    assert (consent.status, consent.inactive_reason) == ("inactive", "revoked")
    assert set(LedgerEntry.objects.filter(channel="admin").values_list("outcome", flat=True)) == {
        "read",
        "previewed",
    }


@pytest.mark.parametrize(
    "size", [pytest.param(DESK, id="desk"), pytest.param(PHONE, id="phone", marks=pytest.mark.drill)]
)
def test_the_organisation_is_administered_without_a_complaint(county: County, open_tab, size):
    b.member("adam", county.health, "agency_admin")
    b.referral_team(county.health)
    tab = open_tab(size, "dark")
    come_in(tab, "adam")
    for name, path in {
        "agency-list": "agency/",
        "agency": f"agency/{county.health.pk}/change/",
        "membership": f"membership/{county.kim.pk}/change/",
        "member-list": "member/",
        "member": f"member/{county.kim.member_id}/change/",
    }.items():
        tab.go(f"/admin/agencies/{path}")
        judge(tab, f"office-{size[0]}-dark-{name}")
    tab.go("/admin/permissions/")
    judge(tab, f"office-{size[0]}-dark-permissions")


def test_a_consent_is_stopped_by_keyboard_alone(county: County, open_tab):
    consent = Consent.objects.filter(status="active").first()
    tab = open_tab(DESK)
    come_in(tab, "kim")
    tab.go(f"/admin/consents/{consent.pk}/")

    def tab_to(text: str) -> None:
        for _ in range(60):
            tab.page.keyboard.press("Tab")
            focused = tab.page.evaluate(
                "document.activeElement.innerText || document.activeElement.name || ''"
            )
            if text in focused:
                outline = tab.page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
                assert outline != "none", f"{text} shows no focus"
                return
        raise AssertionError(f"{text} cannot be reached by keyboard")

    tab_to("Stop now, by spoken word")
    tab.page.keyboard.press("Enter")
    tab_to("note")
    tab.page.keyboard.type("Rang and said stop.")
    tab_to("Stop now, by spoken word")
    with tab.page.expect_navigation():
        tab.page.keyboard.press("Enter")
    consent.refresh_from_db()
    assert consent.suspended_at is not None


def test_the_desk_works_without_javascript(county: County, open_tab):
    consent = Consent.objects.filter(status="active").first()
    tab = open_tab(DESK, javascript=False)
    come_in(tab, "verifier")
    tab.go(f"/admin/consents/{consent.pk}/")
    press_move(tab, "Revoke", note="Letter came.")
    consent.refresh_from_db()
    assert consent.inactive_reason == "revoked"


def test_the_form_alone_is_printed(county: County, open_tab):
    consent = Consent.objects.filter(status="active").first()
    tab = open_tab(DESK)
    come_in(tab, "kim")
    tab.go(f"/admin/consents/{consent.pk}/form/")
    tab.page.emulate_media(media="print")
    assert not tab.page.locator("#header").is_visible()
    assert tab.page.locator(".paper-form").is_visible()
    tab.go(f"/admin/consents/{consent.pk}/")
    tab.page.emulate_media(media="print")
    assert tab.page.locator("body").inner_text().strip() == ""
