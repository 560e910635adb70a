"""The pages of an agency's programs in a real browser: axe clean, console silent, at 390 and 1280 pixels."""

import json

import pytest

from continuity.agencies.models import MachineClient
from tests.api.machines import administrator, ask, claims_of, public, signed
from tests.e2e.conftest import DESK, PHONE
from tests.e2e.county import County
from tests.e2e.test_privacy_office import come_in, judge, open_move

pytestmark = pytest.mark.e2e
EVERY_LOOK = pytest.mark.parametrize(
    ("size", "scheme"),
    [
        pytest.param(DESK, "light", id="desk-light"),
        pytest.param(PHONE, "dark", id="phone-dark", marks=pytest.mark.drill),
        pytest.param(PHONE, "light", id="phone-light", marks=pytest.mark.drill),
    ],
)


@EVERY_LOOK
def test_administrator_registers_a_program_and_rotates_its_key(county: County, open_tab, size, scheme):
    tab, shot = open_tab(size, scheme), f"programs-{size[0]}-{scheme}"
    administrator(county.police)
    come_in(tab, "admin-of-kestrel-police")
    tab.press("Programs", "link")
    judge(tab, f"{shot}-none")
    tab.press("Register a program", "link")
    judge(tab, f"{shot}-register")
    tab.page.get_by_label("Name of the program").fill("Juniper CAD bridge")
    tab.press("Register")
    judge(tab, f"{shot}-refused")
    tab.page.get_by_label("Its public keys").fill(json.dumps({"keys": [public("cad-2026-11")]}, indent=1))
    tab.page.get_by_label("Look somebody up").check()
    tab.page.get_by_label("Hand calls on").check()
    tab.page.get_by_label("May say for which member").check()
    tab.press("Register")
    client = MachineClient.objects.get()
    judge(tab, f"{shot}-one")

    audience = tab.page.locator("dd.id", has_text="/api/v1/token/").inner_text()
    assert audience == f"{tab.site}/api/v1/token/"
    assert (
        ask(signed(claims_of(client, aud="http://testserver/api/v1/token/"), "cad-2026-11")).status_code
        == 200
    )
    open_move(tab, "Add the next key")
    tab.page.get_by_label("The next public key").fill(json.dumps(public("cad-2027-11")))
    tab.press("Add the next key")
    judge(tab, f"{shot}-two-keys")
    open_move(tab, "Take this key away")
    tab.press("Take this key away")
    open_move(tab, "Suspend")
    tab.press("Suspend")
    open_move(tab, "Change what it may do")
    judge(tab, f"{shot}-suspended")
    tab.press("All programs", "link")
    judge(tab, f"{shot}-list")
    client.refresh_from_db()
    assert ([key["kid"] for key in client.jwks["keys"]], client.suspended_at is None) == (
        ["cad-2027-11"],
        False,
    )
