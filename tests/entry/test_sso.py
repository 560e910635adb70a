"""Single sign-on against a certified provider in a process of its own, by its own forms (S-1, S-4)."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.core.cache import cache
from django.test import Client

from continuity.agencies.models import Agency, IdentityProvider, Member, Membership
from continuity.trail.models import Event
from tests import builders as b
from tests.cast import signed_in
from tests.factors import code_of, give_app
from tests.oidc.provider import PASSWORD
from tests.oidc.running import ONE_FACTOR, entered, person, running
from tests.oidc.twists import DISCOVERY, PEOPLE

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("real_clock")]
WAY_IN = "/sign-in/with/kestrel-police/"


@pytest.fixture(scope="session")
def issuers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    people = {
        "reyes": person("reyes@kestrel.example", groups=["patrol"]),
        "plain": person("plain@kestrel.example", amr=ONE_FACTOR),
        "foreign": person("foreign@elsewhere.example"),
        **{twist: person(f"{twist}@kestrel.example") for twist in PEOPLE},
    }
    back = f"http://testserver{WAY_IN}back/"
    agencies = {name: {"people": people, "redirect_uris": [back]} for name in ("kestrel", *DISCOVERY)}
    with running(tmp_path_factory.mktemp("oidc"), agencies) as where:
        yield where


@pytest.fixture
def police() -> Agency:
    return b.agency("kestrel-police", "police")


@pytest.fixture
def provider(police: Agency, issuers: str) -> IdentityProvider:
    cache.clear()
    return IdentityProvider.objects.create(
        agency=police, slug="kestrel-police", **entered(f"{issuers}/kestrel")
    )


def enrolled(agency: Agency, name: str, **fields: Any) -> Membership:
    works = b.member(name, agency, "officer")
    Member.objects.filter(pk=works.member_id).update(work_email=f"{name}@kestrel.example", **fields)
    works.member.refresh_from_db()
    return works


class Browser:
    """One browser: this site's session in Django's client, the provider's in another."""

    def __init__(self, client: Client | None = None) -> None:
        self.site, self.there = client or Client(), requests.Session()

    def leave(self, **sent: Any) -> str:
        """Press the button and return where the page leads on to."""
        page = self.site.post(WAY_IN, sent)
        assert page.status_code == 200
        found = re.search(r'http-equiv="refresh" content="0;url=([^"]+)"', page.content.decode())
        assert found
        return unescape(found[1])

    def type_there(self, url: str, who: str) -> str:
        """Sign in at the provider, if it asks, and return where it sends the browser back to."""
        page = self.there.get(url, allow_redirects=False)
        if page.status_code == 200:
            token = re.search(r'name="token" value="([^"]+)"', page.text)
            action = re.search(r'action="([^"]+)"', page.text)
            assert token
            assert action
            typed = {"token": token[1], "username": who, "password": PASSWORD}
            where = f"{url.split('//')[0]}//{urlsplit(url).netloc}{action[1]}"
            page = self.there.post(where, typed, allow_redirects=False)
        assert page.status_code == 302
        return page.headers["Location"].removeprefix("http://testserver")

    def comes_as(self, who: str, **sent: Any) -> Any:
        return self.site.get(self.type_there(self.leave(**sent), who))


def reasons() -> list[str]:
    rows = Event.objects.filter(kind="provider_refused").order_by("pk")
    return [row.about.split()[1] for row in rows]


def sentence(page: Any) -> str:
    found = re.search(r'role="alert"><p><span[^>]*></span>([^<]+)<', page.content.decode())
    return unescape(found[1]) if found else ""


def test_member_is_in_with_the_providers_second_factor(provider: IdentityProvider, police: Agency):
    reyes = enrolled(police, "reyes")
    browser = Browser()
    answer = browser.comes_as("reyes", next="/lookup/")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/lookup/")
    session = browser.site.session
    assert (session["factor"], session["duty"]) == ("provider", str(reyes.pk))
    assert browser.site.get("/lookup/").status_code == 200
    events = Event.objects.filter(member=reyes.member).order_by("at", "pk").values_list("kind", "about")
    assert list(events) == [
        ("provider_linked", str(provider.pk)),
        ("signed_in", f"provider {provider.pk}"),
        ("duty_chosen", str(reyes.pk)),
    ]
    assert SocialAccount.objects.get().extra_data == {}


def test_request_carries_pkce_state_nonce_and_the_age_of_the_proof(provider: IdentityProvider):
    provider.strong_contexts = ["urn:example:loa:2", "urn:example:loa:3"]
    provider.save()
    asked = {name: said[0] for name, said in parse_qs(urlsplit(Browser().leave()).query).items()}
    assert asked["response_type"] == "code"
    assert asked["code_challenge_method"] == "S256"
    assert len(asked["nonce"]) >= 32
    assert len(asked["state"]) >= 16
    assert (asked["max_age"], asked["acr_values"]) == ("1800", "urn:example:loa:2 urn:example:loa:3")
    assert set(asked["scope"].split()) == {"openid", "profile", "email"}
    assert "prompt" not in asked


def test_provider_without_a_second_factor_leaves_it_to_this_site(provider: IdentityProvider, police: Agency):
    plain = enrolled(police, "plain")
    browser = Browser()
    assert browser.comes_as("plain").status_code == 403
    assert reasons() == ["no_factor_here"]  # one factor does not make the other
    secret = give_app(plain.member)
    answer = browser.comes_as("plain")
    assert answer.headers["Location"] == "/sign-in/second-factor/"
    assert "_auth_user_id" not in browser.site.session
    assert browser.site.get("/lookup/").headers["Location"].startswith("/sign-in/")
    assert not Event.objects.filter(kind="signed_in", member=plain.member).exists()
    assert browser.site.post("/sign-in/second-factor/", {"code": code_of(secret)}).status_code == 302
    assert Event.objects.get(kind="signed_in", member=plain.member).about == f"totp {provider.pk}"


def test_address_of_another_domain_is_refused(provider: IdentityProvider, police: Agency):
    enrolled(
        police,
        "foreign",
    )
    page = Browser().comes_as("foreign")
    assert (page.status_code, reasons()) == (403, ["domain"])
    assert sentence(page) == "Your agency's sign-in did not let you in here. Ask your agency's administrator."
    assert not SocialAccount.objects.exists()


def test_provider_that_breaks_the_protocol_lets_nobody_in(provider: IdentityProvider, police: Agency):
    said = {"old-proof": "old_proof", "no-proof": "no_auth_time"}
    for twist in PEOPLE:
        enrolled(police, twist)
        browser = Browser()
        page = browser.comes_as(twist)
        if twist == "old-proof":  # it is asked once more, with the order to ask
            again = unescape(re.search(r"0;url=([^\"]+)\"", page.content.decode())[1])
            assert "prompt=login" in again
            page = browser.site.get(browser.type_there(again, twist))
        assert (twist, page.status_code, reasons()[-1]) == (twist, 403, said.get(twist, "protocol"))
        assert "_auth_user_id" not in browser.site.session
    assert not SocialAccount.objects.exists()


@pytest.mark.parametrize("name", DISCOVERY)
def test_provider_that_names_others_is_not_asked(provider: IdentityProvider, issuers: str, name):
    IdentityProvider.objects.update(issuer=f"{issuers}/{name}")
    cache.clear()
    page = Browser().site.post(WAY_IN)
    assert (page.status_code, reasons()) == (403, ["protocol"])


def test_provider_that_does_not_answer_is_one_sentence(provider: IdentityProvider):
    IdentityProvider.objects.update(issuer="http://127.0.0.1:9/kestrel")
    cache.clear()
    page = Browser().site.post(WAY_IN)
    assert (page.status_code, reasons()) == (403, ["protocol"])
    assert "did not answer as it should" in sentence(page)


def test_provider_that_does_not_answer_is_let_alone_for_a_moment(provider: IdentityProvider):
    """Its button is everybody's, and each press of it would keep a worker waiting."""
    asked: list[str] = []

    class Down(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(503)

        def log_message(self, *said: Any) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Down) as server, ThreadPoolExecutor(1) as threads:
        threads.submit(server.serve_forever, 0.01)
        IdentityProvider.objects.update(issuer=f"http://127.0.0.1:{server.server_port}/kestrel")
        try:
            assert [Browser().site.post(WAY_IN).status_code for _ in range(3)] == [403] * 3
        finally:
            server.shutdown()
    assert asked == ["/kestrel/.well-known/openid-configuration"]


def test_answer_is_good_once_and_for_its_own_browser(provider: IdentityProvider, police: Agency):
    enrolled(police, "reyes")
    browser, thief = Browser(), Browser()
    back = browser.type_there(browser.leave(), "reyes")
    assert thief.site.get(back).status_code == 403
    assert reasons() == []  # nothing began there, so nothing is written: anybody can ask
    assert browser.site.get(back).status_code == 302
    assert Client().get(back).status_code == 403
    assert browser.site.get(back).status_code == 403


def test_cancelled_sign_in_is_said_and_written(provider: IdentityProvider):
    browser = Browser()
    state = parse_qs(urlsplit(browser.leave()).query)["state"][0]
    page = browser.site.get(f"{WAY_IN}back/", {"error": "access_denied", "state": state})
    assert sentence(page) == "You stopped the sign-in at your agency."
    assert reasons() == ["cancelled"]


def test_another_issuers_answer_is_refused(provider: IdentityProvider, police: Agency):
    enrolled(police, "reyes")
    browser = Browser()
    back = browser.type_there(browser.leave(), "reyes")
    assert browser.site.get(re.sub(r"iss=[^&]+", "iss=https://evil.example", back)).status_code == 403
    assert reasons() == ["protocol"]


def test_closed_provider_and_a_mere_look_lead_nowhere(provider: IdentityProvider):
    assert Client().get(WAY_IN).status_code == 405
    assert Client(enforce_csrf_checks=True).post(WAY_IN).status_code == 403
    IdentityProvider.objects.update(is_active=False)
    assert Client().post(WAY_IN).status_code == 404
    assert Client().get(f"{WAY_IN}back/").status_code == 404
    assert "Kestrel Agency" not in Client().get("/sign-in/").content.decode()


def test_sign_in_page_has_a_button_for_each_open_provider(provider: IdentityProvider):
    page = Client().get("/sign-in/").content.decode()
    assert "Sign in with Kestrel Agency" in page
    assert f'action="{WAY_IN}"' in page


def test_what_was_typed_comes_back_and_lies_sealed_meanwhile(provider: IdentityProvider, police: Agency):
    enrolled(police, "reyes")
    browser = Browser()
    away = browser.leave(next="/lookup/", kept_last="Testcase", kept_purpose="le_crisis_response")
    assert "Testcase" not in str(dict(browser.site.session))
    page = browser.site.get(browser.type_there(away, "reyes")).content.decode()
    assert '<input type="hidden" name="last" value="Testcase">' in page
    assert '<form method="post" action="/lookup/">' in page
    assert Browser().site.post(WAY_IN, {"kept_last": "x" * 100_001}).status_code == 413


def test_what_was_typed_goes_on_through_the_second_factor(provider: IdentityProvider, police: Agency):
    give_app(enrolled(police, "plain").member)
    page = Browser().comes_as("plain", next="/lookup/", kept_last="Testcase").content.decode()
    assert "Code from your app" in page
    assert '<input type="hidden" name="kept_last" value="Testcase">' in page


def test_no_way_on_leads_off_the_site(provider: IdentityProvider, police: Agency):
    enrolled(police, "reyes")
    answer = Browser().comes_as("reyes", next="https://elsewhere.example/")
    assert answer.headers["Location"] == "/"


def test_session_is_good_for_the_providers_agency_alone(provider: IdentityProvider, police: Agency):
    reyes = enrolled(police, "reyes")
    elsewhere = b.agency("kestrel-sheriff", "sheriff")
    second = Membership.objects.create(member=reyes.member, agency=elsewhere, roles=["officer"])
    browser = Browser()
    browser.comes_as("reyes")
    refused = browser.site.post("/duty/", {"membership": str(second.pk)})
    assert refused.status_code == 403
    assert "Sign in anew for it." in refused.content.decode()
    assert browser.site.session["duty"] == str(reyes.pk)


def test_password_that_is_due_is_not_asked_of_whoever_did_not_use_it(
    provider: IdentityProvider, police: Agency
):
    enrolled(police, "reyes", password_changed_at=None)
    browser = Browser()
    browser.comes_as("reyes")
    assert "password_due" not in browser.site.session


# -- proving once more --------------------------------------------------------------------------------------


def test_locked_screen_opens_by_a_new_proof_at_the_provider(provider: IdentityProvider, police: Agency):
    reyes = enrolled(police, "reyes", password="!")  # came by the provider alone
    browser = Browser()
    browser.comes_as("reyes")
    browser.site.post("/lock/")
    locked = browser.site.get("/locked/").content.decode()
    assert "Unlock with Kestrel Agency" in locked
    assert "Code from your app" not in locked
    before = browser.site.session.session_key
    away = browser.leave(prove="1", next="/lookup/", kept_last="Testcase")
    assert {"prompt=login", "max_age=0"} <= set(urlsplit(away).query.split("&"))
    page = browser.site.get(browser.type_there(away, "reyes"))
    assert '<input type="hidden" name="last" value="Testcase">' in page.content.decode()
    assert browser.site.get("/lookup/").status_code == 200
    assert Event.objects.filter(kind="reauthenticated", member=reyes.member).count() == 1
    assert browser.site.session.session_key != before
    assert UserSession.objects.get(user=reyes.member).session_key == browser.site.session.session_key


def test_proof_of_somebody_else_or_by_one_factor_changes_nothing(provider: IdentityProvider, police: Agency):
    reyes, plain = enrolled(police, "reyes"), enrolled(police, "plain")
    for works, who, reason in ((reyes, "plain", "somebody_else"), (plain, "plain", "one_factor")):
        browser = Browser(signed_in(works))
        browser.site.post("/lock/")
        page = browser.comes_as(who, prove="1")
        assert (page.status_code, reasons()[-1]) == (403, reason)
        assert browser.site.session["locked"]
        assert browser.site.session["_auth_user_id"] == str(works.member_id)


def test_one_agencys_provider_unlocks_no_session_that_it_did_not_begin(
    provider: IdentityProvider, police: Agency
):
    """A second agency's word is not good for the first one's screen, nor for its gravest verbs (S-4)."""
    reyes = Membership.objects.create(
        member=enrolled(b.agency("orchard-clinic", "clinic_treatment"), "reyes").member,
        agency=police,
        roles=["officer"],
    )
    browser = Browser(signed_in(reyes))
    browser.site.post("/lock/")
    page = browser.comes_as("reyes", prove="1")
    assert (page.status_code, reasons()) == (403, ["another_way_in"])
    assert "Prove it the way you came in." in sentence(page)
    assert browser.site.session["locked"]
    assert not Event.objects.filter(kind="reauthenticated").exists()


def test_one_agencys_provider_changes_nothing_that_opens_the_whole_account(
    provider: IdentityProvider, police: Agency
):
    """Whoever runs a second agency's provider would else make a way of their own into the first one (S-9)."""
    works = enrolled(b.agency("orchard-clinic", "clinic_treatment"), "reyes")
    Membership.objects.create(member=works.member, agency=police, roles=["officer"])
    give_app(works.member)
    browser = Browser()
    assert browser.comes_as("reyes", next="/account/").headers["Location"] == "/account/"
    page = browser.site.get("/account/").content.decode()
    assert "does not keep your account" in page
    assert not re.search("Add or replace|Make new codes|Remove", page)
    assert browser.site.get("/account/set-up/").status_code == 403
    for path, said in (
        ("/account/set-up/", {"code": "000000"}),
        ("/account/app/remove/", {}),
        ("/account/recovery-codes/", {"act": "renew"}),
    ):
        assert (path, browser.site.post(path, said).status_code) == (path, 403)
    assert [row.type for row in Authenticator.objects.filter(user=works.member)] == ["totp"]


def test_keepers_provider_lets_its_members_change_their_factors(provider: IdentityProvider, police: Agency):
    enrolled(police, "reyes")
    browser = Browser()
    browser.comes_as("reyes")
    assert "Add or replace" in browser.site.get("/account/").content.decode()
    assert browser.site.get("/account/set-up/").status_code == 200


def test_whoever_comes_after_a_sign_out_is_asked(provider: IdentityProvider, police: Agency):
    enrolled(police, "reyes")
    browser = Browser()
    browser.comes_as("reyes")
    assert "prompt" not in browser.leave()
    browser.site.post("/sign-out/")
    assert "prompt=login" in browser.leave()
    browser.comes_as("reyes")
    assert "prompt" not in browser.leave()


def test_sign_in_by_somebody_else_ends_the_session_before(provider: IdentityProvider, police: Agency):
    reyes, other = enrolled(police, "reyes"), enrolled(police, "other")
    browser = Browser(signed_in(other))
    browser.comes_as("reyes")
    assert browser.site.session["_auth_user_id"] == str(reyes.member_id)
    assert Event.objects.filter(kind="signed_out", member=other.member).exists()
