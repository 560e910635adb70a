"""Single sign-on in a browser, against a certified provider in a process of its own (S-1, S-4)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache

from continuity.agencies import factors
from continuity.agencies.models import Agency, IdentityProvider, Member
from continuity.trail.models import Event
from tests import builders as b
from tests.e2e.conftest import EVERY_LOOK, PHONE, Tab
from tests.e2e.county import County
from tests.e2e.test_pages_are_accepted import acceptance
from tests.e2e.test_privacy_office import AT_THE_DESK, come_in, judge, open_move
from tests.oidc.provider import PASSWORD
from tests.oidc.running import ONE_FACTOR, entered, person, running

pytestmark = pytest.mark.e2e
SLUGS = {"kestrel": "kestrel-police", "orchard": "orchard-clinic"}


@pytest.fixture
def issuers(tmp_path: Path, live_server: Any) -> Iterator[str]:
    """Two agencies' providers: Kestrel's asks for two factors, Orchard's for a password alone."""
    people = {
        "kestrel": {
            "reyes": person("reyes@kestrel.example"),
            "guest": person("guest@elsewhere.example"),
        },
        "orchard": {"adeyemi": person("adeyemi@orchard.example", amr=ONE_FACTOR)},
    }
    agencies = {
        name: {
            "people": people[name],
            "redirect_uris": [f"{live_server.url}/sign-in/with/{slug}/back/"],
        }
        for name, slug in SLUGS.items()
    }
    with running(tmp_path, agencies) as where:
        yield where


@pytest.fixture
def agencies(real_clock: None, transactional_db: None, issuers: str) -> dict[str, Agency]:
    cache.clear()
    made = {
        "kestrel": b.agency("kestrel-police", "police"),
        "orchard": b.agency("orchard-clinic", "clinic_treatment"),
    }
    for name, agency in made.items():
        said = entered(f"{issuers}/{name}", domains=[f"{name}.example"])
        IdentityProvider.objects.create(agency=agency, slug=agency.code, **said)
    for who, name, role in (("reyes", "kestrel", "officer"), ("adeyemi", "orchard", "treatment_clinician")):
        works = b.member(who, made[name], role)
        Member.objects.filter(pk=works.member_id).update(work_email=f"{who}@{name}.example")
    return made


def choose(tab: Tab, agency: str) -> None:
    """Press the agency's button and wait for its own page, which this site's page leads to by itself."""
    tab.page.get_by_role("button", name=f"with {agency} Agency").click()
    tab.page.get_by_role("heading", name=f"Sign-in of {agency.lower()}").wait_for()


def type_there(tab: Tab, who: str) -> None:
    tab.page.get_by_label("Account").fill(who)
    tab.page.get_by_label("Secret").fill(PASSWORD)
    with tab.page.expect_navigation(url=f"{tab.site}/**"):
        tab.page.get_by_role("button", name="Enter").click()


@EVERY_LOOK
def test_officer_comes_in_by_the_agencys_sign_in_and_unlocks_by_it(agencies, open_tab, size, scheme):
    tab = open_tab(size, scheme)
    accept = acceptance(tab, size, scheme)
    tab.go("/lookup/")
    accept("sso-sign-in")
    choose(tab, "Kestrel")
    type_there(tab, "reyes")
    assert tab.page.url == f"{tab.site}/lookup/"
    assert tab.page.get_by_text("Kestrel Police").first.is_visible()
    tab.page.get_by_label("Last name").fill("Testcase")
    tab.go("/locked/")
    tab.page.evaluate(
        "fetch('/lock/', {method: 'POST', headers: {'X-CSRFToken': document.querySelector('[name=csrfmiddlewaretoken]').value}})"
    )
    tab.page.wait_for_timeout(200)
    tab.go("/lookup/")
    accept("sso-locked")
    choose(tab, "Kestrel")
    type_there(tab, "reyes")
    assert tab.page.get_by_label("Last name").is_visible()
    kinds = list(Event.objects.order_by("pk").values_list("kind", flat=True))
    assert [kind for kind in kinds if kind in ("signed_in", "screen_locked", "reauthenticated")] == [
        "signed_in",
        "screen_locked",
        "reauthenticated",
    ]


@EVERY_LOOK
def test_address_of_another_domain_is_refused_in_one_sentence(agencies, open_tab, size, scheme):
    tab = open_tab(size, scheme)
    accept = acceptance(tab, size, scheme)
    tab.page.route("**/authorization?**", lambda route: route.fulfill(status=204))
    tab.go("/sign-in/")
    tab.press("Sign in with Kestrel Agency")
    tab.page.wait_for_timeout(300)
    accept("sso-leave")
    tab.page.unroute("**/authorization?**")
    with tab.page.expect_navigation(url="**/authorization?**"):
        tab.page.get_by_role("link", name="Go on to Kestrel Agency").click()
    type_there(tab, "guest")
    said = tab.page.get_by_role("alert").inner_text()
    assert said.strip() == "Your agency's sign-in did not let you in here. Ask your agency's administrator."
    accept("sso-refused")
    tab.go("/lookup/")
    assert "/sign-in/" in tab.page.url
    assert Event.objects.get(kind="provider_refused").about.endswith(" domain")
    assert not Event.objects.filter(kind="signed_in").exists()


def test_covered_page_is_there_again_after_a_proof_in_another_tab(agencies, open_tab):
    tab = open_tab(PHONE)
    tab.go("/lookup/")
    choose(tab, "Kestrel")
    type_there(tab, "reyes")
    tab.page.get_by_label("Last name").fill("Testcase")
    tab.page.get_by_role("button", name="Lock").click()
    with tab.page.context.expect_page() as opened:
        tab.page.get_by_role("button", name="Unlock with Kestrel Agency").click()
    other = Tab(opened.value, tab.site)
    other.page.get_by_role("heading", name="Sign-in of kestrel").wait_for()
    type_there(other, "reyes")
    tab.page.get_by_label("Last name").wait_for()
    assert tab.page.get_by_label("Last name").input_value() == "Testcase"


def test_provider_without_a_second_factor_leaves_it_to_this_site(agencies, open_tab):
    member = Member.objects.get(username="adeyemi")
    factors.give_demo_app(member)
    tab = open_tab(PHONE)
    accept = acceptance(tab, PHONE, "light")
    tab.go("/lookup/")
    choose(tab, "Orchard")
    type_there(tab, "adeyemi")
    assert tab.page.url == f"{tab.site}/sign-in/second-factor/"
    accept("sso-second-factor")
    tab.go("/lookup/")
    assert "/sign-in/" in tab.page.url
    tab.go("/sign-in/second-factor/")
    tab.page.get_by_label("Code").fill(factors.current_code(member))
    with tab.page.expect_navigation():
        tab.page.get_by_role("button", name="Go on").last.click()
    tab.go("/lookup/")
    assert tab.page.get_by_label("Last name").is_visible()
    kinds = list(Event.objects.order_by("pk").values_list("kind", flat=True))
    assert kinds[0] == "provider_linked"
    assert "signed_in" in kinds


@AT_THE_DESK
def test_administrator_enters_the_agencys_sign_in(county: County, open_tab, size, scheme):
    b.member("warden", county.police, "agency_admin")
    tab, shot = open_tab(size, scheme), f"provider-{size[0]}-{scheme}"
    come_in(tab, "warden")
    tab.press("Single sign-on", "link")
    judge(tab, f"{shot}-none")
    tab.press("Enter a provider", "link")
    tab.press("Enter it")
    judge(tab, f"{shot}-refused")
    for label, text in (
        ("Name on the button", "Kestrel Police"),
        ("Issuer", "https://login.kestrel.example/realms/police"),
        ("Client id", "continuity"),
        ("Client secret", "whispered"),
        ("E-mail domains", "kestrel.example, kestrel-police.example"),
        ("Methods that prove a second factor (amr)", "mfa, hwk"),
        ("Which group gives which roles", "/patrol = officer\n/desk = supervisor"),
    ):
        tab.page.get_by_label(label, exact=True).fill(text)
    tab.press("Enter it")
    assert tab.page.get_by_text(f"{tab.site}/sign-in/with/kestrel-police/back/").is_visible()
    judge(tab, f"{shot}-one")
    open_move(tab, "Close it")
    tab.press("Close it")
    open_move(tab, "Forget a link")
    tab.press("Forget a link")
    judge(tab, f"{shot}-closed")
    tab.press("All providers", "link")
    judge(tab, f"{shot}-list")
    assert not IdentityProvider.objects.get().is_active
