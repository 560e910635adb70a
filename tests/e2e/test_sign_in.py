"""Ways in and the lock, in a real browser: invitation, password, app or key, recovery code, idle and pressed lock (S-1..S-5)."""

import re
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import expect

from continuity.agencies import factors
from continuity.agencies.accounts import enrol_member, invite
from continuity.agencies.models import Member, Membership
from continuity.disclosures.models import LedgerEntry
from continuity.trail.models import Event
from tests import builders as b
from tests.builders import NOW
from tests.e2e.conftest import DESK, EVERY_LOOK, PHONE, Tab
from tests.e2e.county import County
from tests.e2e.test_pages_are_accepted import acceptance
from tests.factors import code_of, give_app

pytestmark = pytest.mark.e2e
ABOUT_SAM = {"last_name": "Testcase", "first_name": "Samuel", "date_of_birth": "4/3/1988"}
PASSWORD = "seven quiet herons"


def invited(county: County) -> str:
    """The address of an invitation for Officer Finch, who works for two agencies."""
    boss = b.member("boss", county.police, "agency_admin")
    finch = enrol_member(
        by=boss, username="finch", display_name="Officer R. Finch", work_email="finch@kestrel.example",
        roles=["officer"], trained_until=(NOW + timedelta(days=90)).date(), at=NOW,
    )  # fmt: skip
    Membership.objects.create(member=finch, agency=b.agency("juniper-sheriff", "sheriff"), roles=["officer"])
    return f"/invitation/{invite(by=boss, member_id=finch.pk, at=NOW)}/"


def virtual_key(tab: Tab) -> tuple[Any, str]:
    """Plug a key into this browser that says yes and knows its owner's PIN."""
    devtools = tab.page.context.new_cdp_session(tab.page)
    devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "usb", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True,
    }  # fmt: skip
    made = devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return devtools, made["authenticatorId"]


def choose_password(tab: Tab, address: str) -> None:
    tab.go(address)
    tab.page.get_by_label("Password", exact=True).fill(PASSWORD)
    tab.page.get_by_label("The password once more").fill(PASSWORD)
    tab.press("Go on")


def type_password(tab: Tab, username: str, password: str = "correct horse") -> None:
    tab.page.get_by_label("User name").fill(username)
    tab.page.get_by_label("Password").fill(password)
    tab.press("Sign in")


def kinds(username: str) -> list[str]:
    return list(Event.objects.filter(member__username=username).order_by("pk").values_list("kind", flat=True))


@EVERY_LOOK
def test_invited_officer_comes_in_with_an_app_and_looks_up(county: County, open_tab, size, scheme):
    tab = open_tab(size, scheme)
    accept = acceptance(tab, size, scheme)
    address = invited(county)
    tab.go(address)
    accept("invitation")
    tab.page.get_by_label("Password", exact=True).fill("kestrel")
    tab.press("Go on")
    accept("invitation-errors")
    choose_password(tab, address)
    accept("set-up")
    secret = tab.page.locator("#secret").inner_text().replace(" ", "")
    tab.page.get_by_label("Code that the app shows").fill("000000")
    tab.press("Use this app")
    accept("set-up-errors")
    tab.page.get_by_label("Code that the app shows").fill(code_of(secret))
    tab.press("Use this app")
    expect(tab.page.locator(".codes li")).to_have_count(10)
    accept("recovery-codes")
    tab.press("I have written them down")
    accept("banner")
    tab.press("I have read this and agree")
    tab.press("Kestrel City Police")
    tab.ask(incident_number="2026-0001", **ABOUT_SAM)
    tab.page.get_by_text("In care: yes").wait_for()
    assert LedgerEntry.objects.get().asker.member.username == "finch"
    assert {"invitation_used", "factor_added", "signed_in", "banner_acknowledged"} <= set(kinds("finch"))
    tab.go("/lookup/")
    tab.press("Your sign-in", "link")
    accept("account")


@pytest.mark.parametrize(
    "size", [pytest.param(PHONE, id="phone"), pytest.param(DESK, id="desk", marks=pytest.mark.drill)]
)
def test_key_opens_signs_in_and_unlocks_with_one_press(county: County, open_tab, size):
    tab = open_tab(size)
    devtools, key = virtual_key(tab)
    choose_password(tab, invited(county))
    tab.page.get_by_label("Its name").fill("Blue key")
    tab.press("Add this key")
    tab.press("I have written them down")
    tab.press("I have read this and agree")
    tab.press("Juniper Sheriff")
    tab.press("Sign out")
    type_password(tab, "finch", PASSWORD)
    tab.shoot(f"{size[0]}-light-second-factor-key")
    assert tab.axe() == []
    tab.press("Use your key or passkey")
    tab.press("Kestrel City Police")
    tab.page.get_by_label("Last name").fill("Testca")
    tab.page.get_by_role("button", name="Lock").click()
    tab.page.get_by_role("button", name="Unlock with your key").wait_for()
    tab.shoot(f"{size[0]}-light-locked-key")
    assert tab.axe() == []
    tab.page.get_by_role("button", name="Unlock with your key").click()
    expect(tab.page.get_by_label("Last name")).to_have_value("Testca")
    devtools.send("WebAuthn.setUserVerified", {"authenticatorId": key, "isUserVerified": False})
    tab.page.get_by_role("button", name="Lock").click()
    tab.page.get_by_role("button", name="Unlock with your key").click()
    expect(tab.page.get_by_text("The key did not answer.")).to_be_visible()
    assert Member.objects.get(username="finch").locked_at is None
    assert kinds("finch").count("screen_locked") == 2
    assert kinds("finch").count("reauthenticated") == 1


@EVERY_LOOK
def test_lost_device_is_replaced_with_a_recovery_code(county: County, open_tab, size, scheme):
    member = county.reyes.member
    give_app(member)
    factors.renew_recovery_codes(member)
    code = factors.recovery_codes(member)[3]
    factors.keep_recovery_codes(member)
    tab = open_tab(size, scheme)
    accept = acceptance(tab, size, scheme)
    tab.go("/sign-in/")
    type_password(tab, "reyes")
    accept("second-factor")
    tab.page.get_by_label("Code from your app").fill("000000")
    tab.press("Go on")
    accept("second-factor-errors")
    tab.page.get_by_label("Code from your app").fill(f"{code[:4]} {code[4:]}")
    tab.press("Go on")
    expect(tab.page.get_by_text("9 codes left")).to_be_visible()
    accept("account-after-recovery")
    tab.press("Add or replace", "link")
    secret = tab.page.locator("#secret").inner_text().replace(" ", "")
    tab.page.get_by_label("Code that the app shows").fill(code_of(secret))
    tab.press("Use this app")
    tab.press("Sign out")
    tab.go("/lookup/")
    tab.type_sign_in("reyes", "A" * 32)
    expect(tab.page.get_by_text("This is not the code")).to_be_visible()
    tab.page.get_by_label("Code from your app").fill(code_of(secret, periods_later=1))
    tab.press("Go on")
    expect(tab.page.get_by_label("Incident number")).to_be_visible()
    assert "recovery_code_used" in kinds("reyes")


@EVERY_LOOK
def test_idle_screen_covers_itself_and_gives_back_what_was_typed(county: County, open_tab, size, scheme):
    tab = open_tab(size, scheme)
    accept = acceptance(tab, size, scheme)
    tab.page.clock.install(time=NOW)
    tab.sign_in("reyes")
    tab.ask(incident_number="2026-0001", **ABOUT_SAM)
    tab.page.get_by_text("In care: yes").wait_for()
    tab.page.get_by_text("Change the question").click()
    tab.page.get_by_label("First name").fill("Samu")
    tab.page.clock.fast_forward("29:00")
    assert tab.page.get_by_text("In care: yes").is_visible()
    tab.page.clock.fast_forward("31:00")  # a late scroll of what was filled in counts as use
    expect(tab.page.get_by_role("heading", name="The screen is locked")).to_be_visible()
    assert not re.search("Testcase|Kestrel|2026-0001", tab.page.content())
    assert tab.page.title() == "Locked - Continuity"
    accept("locked")
    tab.page.get_by_label("Password").fill("wrong horse")
    tab.page.get_by_role("button", name="Unlock").click()
    expect(tab.page.get_by_text("This is not your password.")).to_be_visible()
    tab.page.get_by_label("Password").fill("correct horse")
    tab.page.get_by_role("button", name="Unlock").click()
    expect(tab.page.get_by_label("First name")).to_have_value("Samu")
    assert tab.page.get_by_text("In care: yes").is_visible()
    assert LedgerEntry.objects.count() == 1, "nothing was asked again"
    assert kinds("reyes")[-3:] == ["screen_locked", "reauthentication_failed", "reauthenticated"]


def test_other_tabs_lock_too_and_every_address_leads_to_the_lock(county: County, open_tab):
    tab = open_tab()
    tab.sign_in("reyes")
    other = tab.page.context.new_page()
    other.goto(f"{tab.site}/lookup/")
    tab.page.get_by_role("button", name="Lock").click()
    expect(other.get_by_role("heading", name="The screen is locked")).to_be_visible()
    expect(tab.page.get_by_role("heading", name="The screen is locked")).to_be_visible()
    other.goto(f"{tab.site}/account/")
    assert "/locked/" in other.url
    other.close()


def test_page_from_before_the_last_sign_in_locks_as_well(county: County, open_tab):
    """Another tab signed out and in: this page is not believed any more, and must not be uncovered for it."""
    tab = open_tab()
    tab.sign_in("reyes")
    tab.page.evaluate(
        "document.querySelector('[data-lock]').form.elements.csrfmiddlewaretoken.value = 'x'.repeat(64)"
    )
    tab.page.get_by_role("button", name="Lock").click()
    expect(tab.page.get_by_role("heading", name="The screen is locked")).to_be_visible()
    assert kinds("reyes") == ["screen_locked"]
    assert all("/lock/" in said or "403" in said for said in tab.complaints)
    tab.complaints.clear()  # the browser reports the first, refused one


def test_without_javascript_the_screen_locks_and_unlocks(county: County, open_tab):
    tab = open_tab(javascript=False)
    tab.sign_in("reyes")
    tab.press("Lock")
    assert "Kestrel" not in tab.page.content()
    tab.page.get_by_label("Password").fill("correct horse")
    tab.press("Unlock")
    expect(tab.page.get_by_label("Incident number")).to_be_visible()


def test_office_locks_in_place_as_well(county: County, open_tab):
    """Django's admin has a frame of its own; its lock looks like everybody's."""
    tab = open_tab(DESK)
    tab.sign_in("kim", to="/admin/people/")
    tab.page.get_by_role("button", name="Lock").click()
    expect(tab.page.get_by_role("heading", name="The screen is locked")).to_be_visible()
    assert tab.axe() == []
    tab.shoot("1280-light-locked-office")
    tab.page.get_by_label("Password").fill("correct horse")
    tab.page.get_by_role("button", name="Unlock").click()
    expect(tab.page.get_by_role("button", name="Lock")).to_be_visible()
