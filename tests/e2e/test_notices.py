"""Notices in a real browser: read, acknowledged and opened, with and without JavaScript, at both sizes."""

import base64
from datetime import timedelta
from uuid import uuid4

import pytest

from continuity.agencies.models import Membership
from continuity.notices.models import Delivery, Notice
from continuity.notices.services import add_endpoint, put, set_preference
from tests import builders as b
from tests.builders import NOW
from tests.e2e.conftest import DESK, EVERY_LOOK, PHONE
from tests.e2e.county import County
from tests.e2e.test_pages_are_accepted import _SMALL

pytestmark = pytest.mark.e2e
# A box is pressed by its label, which is measured.
_TOO_SMALL = _SMALL.replace(":not([type=radio])", ":not([type=radio]):not([type=checkbox])")
SIZES = pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])


@pytest.fixture
def rivera(county: County) -> Membership:
    """Rivera, who also administers the agency here, with notices of each look."""
    rivera = county.rivera
    rivera.roles = [*rivera.roles, "agency_admin"]
    rivera.save()
    team = b.referral_team(county.health, rivera)
    for kind, fields in [
        (Notice.Kind.RECORD_CHANGED, {"member": rivera.member}),
        (Notice.Kind.LINKAGE_CHANGED, {"member": rivera.member}),
        (Notice.Kind.FOLLOW_UP_DUE, {"team": team}),
        (Notice.Kind.TRANSFER_OFFERED, {}),
    ]:
        put(kind, subject_id=uuid4(), agency=county.health, **fields)
    return rivera


@SIZES
def test_notices_are_read_and_acknowledged_without_javascript(rivera: Membership, open_tab, size):
    tab = open_tab(size, javascript=False)
    tab.sign_in("rivera")
    tab.go("/notices/")
    assert tab.page.get_by_role("heading", level=2).all_inner_texts() == [
        "A call is handed to you",
        "A follow-up is due",
        "A linkage you asked for moved",
        "A record you were shown was changed",
    ]
    tab.press("Acknowledge")
    assert tab.page.get_by_role("heading", level=2).count() == 3
    assert Notice.objects.get(kind="transfer_offered").read_by == rivera


@EVERY_LOOK
def test_pages_of_notices_are_accepted(rivera: Membership, county: County, open_tab, size, scheme):
    system = b.member("ehr", county.health, "system_client")
    tab = open_tab(size, scheme)

    def accept(name: str) -> None:
        tab.shoot(f"{size[0]}-{scheme}-notices-{name}")
        assert (name, tab.axe()) == (name, [])
        assert (name, tab.page.evaluate(_TOO_SMALL)) == (name, [])
        assert (name, tab.too_wide(320)) == (name, [])

    tab.sign_in("rivera")
    tab.go("/notices/")
    accept("waiting")
    tab.press("Acknowledge")
    accept("acknowledged")
    tab.go("/notices/?show=all")
    accept("all")
    tab.go("/notices/preferences/")
    accept("preferences")
    tab.page.get_by_label("Quiet from").fill("ten")
    tab.press("Keep")
    accept("preferences-errors")
    tab.go("/notices/systems/")
    accept("no-system")
    tab.page.get_by_label("Address").fill("https://ehr.example.org/continuity/notices")
    tab.page.get_by_label("Ehr").check()
    tab.press("Add the system")
    accept("system-added")
    tab.press("I have put it there", "link")
    accept("systems")
    endpoint = add_endpoint(by=rivera, url="https://ehr.example.org/" + "deep/" * 20, acts_as=system)
    notice = Notice.objects.filter(agency=county.health).first()
    Delivery.objects.create(
        notice=notice, channel="webhook", endpoint=endpoint, state="dead", attempts=12,
        due_at=NOW + timedelta(days=1), last_problem="status_503",
    )  # fmt: skip
    tab.press("Not delivered", "link")
    assert tab.page.get_by_text("12 tries, the last one: status_503").is_visible()
    accept("dead-letters")
    assert base64.b64encode(bytes(endpoint.secret)).decode() not in tab.page.content()


def test_whole_inbox_is_worked_by_keyboard(rivera: Membership, open_tab):
    set_preference(by=rivera, email="rivera@juniper.example.org")
    tab = open_tab(DESK)
    tab.sign_in("rivera")
    tab.go("/notices/")
    for _ in range(40):
        tab.page.keyboard.press("Tab")
        if tab.page.evaluate("document.activeElement.textContent.trim()") == "Acknowledge":
            break
    with tab.page.expect_navigation():
        tab.page.keyboard.press("Enter")
    assert tab.page.get_by_role("status").inner_text() == "Acknowledged."
