"""The pages of an agency's programs: who opens them, and what their buttons do (S-9, S-10)."""

import json
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from continuity.agencies import machines as m
from continuity.agencies.models import MachineClient
from tests import builders as b
from tests.api.machines import administrator, ask, claims_of, program, public, signed
from tests.cast import Cast, signed_in

pytestmark = pytest.mark.django_db
LIST, REGISTER = "/admin/programs/", "/admin/programs/register/"


def page(client: MachineClient, verb: str = "") -> str:
    return f"{LIST}{client.pk}/{f'{verb}/' if verb else ''}"


def registering(**changes: Any) -> dict[str, Any]:
    keys = json.dumps({"keys": [public("first")]})
    return {"name": "CAD bridge", "jwks": keys, "scopes": ["contacts.read", "hand_offs.write"]} | changes


def no_longer_fresh(browser: Client) -> Client:
    session = browser.session
    session["fresh_at"] = session["fresh_at"] - settings.REAUTHENTICATION_AGE - 60
    session.save()
    return browser


def test_administrator_registers_a_program_and_hands_on_what_its_maker_needs(cast: Cast):
    browser = signed_in(administrator(cast.police))
    answer = browser.post(REGISTER, registering())
    client = MachineClient.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, page(client))
    shown = browser.get(page(client)).content.decode()
    assert client.application.client_id in shown
    assert "http://testserver/api/v1/token/" in shown
    assert "asks as itself alone, for Kestrel Police. Last asked: never." in shown
    assert ask(signed(claims_of(client))).status_code == 200
    assert "Got a token" in browser.get(page(client)).content.decode()


WRONG = {
    "no JSON": ({"jwks": "-----BEGIN PUBLIC KEY-----"}, "This is no JSON"),
    "deep JSON": ({"jwks": "[" * 7000}, "This is no JSON"),
    "a private key": ({"jwks": json.dumps(public("first") | {"d": "AA"})}, "This is a private key."),
    "nothing ticked": ({"scopes": []}, "Choose at least one thing"),
    "no name": ({"name": ""}, "Give the program a name."),
    "no key": ({"jwks": ""}, "Paste the public key."),
    "a scope that there is not": (
        {"scopes": ["everything"]},
        "everything is not one of the available choices",
    ),
}


@pytest.mark.parametrize(("changes", "says"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_said_and_what_was_typed_stays(cast: Cast, changes: dict[str, Any], says: str):
    answer = signed_in(administrator(cast.police)).post(REGISTER, registering(**changes))
    assert answer.status_code == 400
    assert says in answer.content.decode()
    assert changes.get("name", "CAD bridge") in answer.content.decode()
    assert not MachineClient.objects.exists()


def test_one_key_alone_is_taken_as_a_set_of_one(cast: Cast):
    signed_in(administrator(cast.police)).post(REGISTER, registering(jwks=json.dumps(public("first"))))
    assert [key["kid"] for key in MachineClient.objects.get().jwks["keys"]] == ["first"]


def test_keys_are_rotated_on_the_page(cast: Cast):
    browser, client = signed_in(administrator(cast.police)), program(cast.police)
    assert "Take this key away" not in browser.get(page(client)).content.decode()
    added = browser.post(page(client, "add-key"), {"jwks": json.dumps(public("next")), "version": 1})
    assert added.status_code == 302
    shown = browser.get(page(client)).content.decode()
    assert shown.count("Take this key away") == 4  # of each key the summary and the button
    assert "Add the next key" not in shown
    assert browser.post(page(client, "remove-key"), {"kid": "first", "version": 2}).status_code == 302
    client.refresh_from_db()
    assert [key["kid"] for key in client.jwks["keys"]] == ["next"]
    assert browser.post(page(client, "remove-key"), {"kid": "next", "version": 3}).status_code == 400


def test_scopes_are_changed_and_the_program_suspended_and_resumed(cast: Cast):
    browser, client = signed_in(administrator(cast.police)), program(cast.police)
    changed = browser.post(
        page(client, "scopes"), {"scopes": ["tips.read"], "may_act_for_members": "on", "version": 1}
    )
    client.refresh_from_db()
    assert (changed.status_code, client.scopes, client.may_act_for_members) == (302, ["tips.read"], True)
    assert browser.post(page(client, "suspend"), {"version": 2}).status_code == 302
    assert "Suspended" in browser.get(LIST).content.decode()
    assert browser.post(page(client, "suspend"), {"version": 3}).status_code == 409
    assert browser.post(page(client, "resume"), {"version": 3}).status_code == 302
    client.refresh_from_db()
    assert client.suspended_at is None


def test_page_that_was_opened_before_somebody_else_changed_it_says_so(cast: Cast):
    browser, client = signed_in(administrator(cast.police)), program(cast.police)
    answer = browser.post(page(client, "suspend"), {"version": 7})
    assert answer.status_code == 409
    assert "Somebody changed this" in answer.content.decode()
    client.refresh_from_db()
    assert client.suspended_at is None


def test_what_gives_a_program_more_wants_a_fresh_proof_and_what_stops_it_does_not(cast: Cast):
    """S-4, elevation: suspending must not wait for a security key."""
    by = administrator(cast.police)
    browser, client = no_longer_fresh(signed_in(by)), program(cast.police)
    for path, said in (
        (REGISTER, registering(name="Second")),
        (page(client, "scopes"), {"scopes": ["tips.read"], "version": 1}),
        (page(client, "add-key"), {"jwks": json.dumps(public("next")), "version": 1}),
    ):
        assert browser.post(path, said).status_code != 200
    client.refresh_from_db()
    assert (MachineClient.objects.count(), client.scopes, len(client.jwks["keys"])) == (
        1,
        ["contacts.read"],
        1,
    )
    assert browser.post(page(client, "suspend"), {"version": 1}).status_code == 302
    browser.post(page(client, "resume"), {"version": 2})
    client.refresh_from_db()
    assert client.suspended_at is not None


def test_programs_are_their_own_agency_s_administrators_alone(cast: Cast):
    client = program(cast.police)
    for who, status in ((cast.reyes, 403), (cast.kim, 403), (administrator(cast.clinic), 404)):
        browser = signed_in(who)
        assert browser.get(page(client)).status_code == status
        for verb in ("scopes", "add-key", "remove-key", "suspend", "resume"):
            assert browser.post(page(client, verb), {"version": 1}).status_code == status
    assert "CAD bridge" not in signed_in(administrator(cast.clinic)).get(LIST).content.decode()
    client.refresh_from_db()
    assert client.version == 1


def test_unknown_verb_is_no_page(cast: Cast):
    browser, client = signed_in(administrator(cast.police)), program(cast.police)
    assert browser.post(page(client, "delete"), {"version": 1}).status_code == 404


def test_why_a_token_was_refused_stands_on_the_page_and_nowhere_in_the_answer(cast: Cast):
    browser, client = signed_in(administrator(cast.police)), program(cast.police)
    answer = ask(signed(claims_of(client), "stranger", kid="first"))
    assert b"signature" not in answer.content
    assert "Was given no token: signature" in browser.get(page(client)).content.decode()
    m.suspend_client(by=administrator(cast.police), client_id=client.pk, at=b.NOW)
    shown = browser.get(page(client)).content.decode()
    assert "Changed: suspended" in shown
    assert "by Admin-Of-Kestrel-Police" in shown
