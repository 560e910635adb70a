"""A host that is not ours gets a 400 at every address, and nothing in an answer is made of what a client called us."""

import pytest

from tests import builders as b
from tests.attacks.ground import Browser, routes, text_of, watched
from tests.attacks.told import Told

HOSTS = (
    "evil.example",
    "testserver.evil.example",
    "evil.example:80",
    "testserver@evil.example",
    "testserver:80@evil.example",
    "testserver/evil.example",
    "testserver evil.example",
    "testserver:evil",
    "[::1].evil.example",
    "127.0.0.1.evil.example",
    "localhost.evil.example",
    "testserver\x00.evil.example",
    "xn--tstserver-i1a.evil.example",
    "",
    "*",
    "0.0.0.0",
    "169.254.169.254",
    "." * 300,
)


@pytest.mark.django_db
def test_a_foreign_host_is_refused_at_every_address_and_nothing_is_written():
    told = Told("foreign hosts at every address")
    browser = Browser(
        b.member("kim", b.agency("county-health", "county_behavioral_health"), "consent_manager")
    )
    for number, route in enumerate(routes()):
        host = HOSTS[number % len(HOSTS)]
        method = "post" if number % 3 == 0 and "post" in route.writes else "get"
        with watched() as written:
            answer = getattr(browser.again(), method)(route.address(), HTTP_HOST=host)
        wrong = (
            ""
            if answer.status_code == 400 and not written
            else f"{route.pattern} answered {answer.status_code}"
        )
        if "evil" in text_of(answer):
            wrong = f"{route.pattern} says it again"
        told.note(f"Host: {host[:40]!r}", answer.status_code, got_through=wrong)
    told.end(at_least=200)


@pytest.mark.django_db
@pytest.mark.parametrize("host", HOSTS)
def test_nobody_signs_in_through_a_foreign_host(host):
    b.member("reyes", b.agency("kestrel-police", "police"), "officer")
    answer = Browser().post("/sign-in/", {"username": "reyes", "password": "correct horse"}, HTTP_HOST=host)
    assert (answer.status_code, dict(answer.cookies)) == (400, {})


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["//evil.example/", "//evil.example", "/\\evil.example/", "///evil.example/lookup", "/%2f%2fevil.example/", "/@evil.example"])  # fmt: skip
def test_an_odd_path_leads_to_no_other_site(path):
    answer = Browser().get("/", PATH_INFO=path)
    leads = answer.headers.get("Location", "/")
    assert leads.startswith("/")
    assert not leads.startswith(("//", "/\\"))


@pytest.mark.django_db
@pytest.mark.parametrize("wanted", ["https://evil.example/", "//evil.example/", "/\\evil.example", "http:evil.example", "javascript:alert(1)", "\x00//evil.example", "https:///evil.example"])  # fmt: skip
def test_where_to_go_next_is_on_this_site(wanted):
    """Every address of the site that is told where to go on to."""
    browser = Browser(
        b.member("kim", b.agency("county-health", "county_behavioral_health"), "consent_manager")
    )
    for path, body in (
        ("/sign-in/", {}), ("/sign-in/", {"username": "kim", "password": "correct horse"}), ("/banner/", {"version": "1"}),
        ("/shade/", {"shade": "dark"}), ("/sign-out/", {}), ("/admin/login/", {}), ("/admin/logout/", {}),
    ):  # fmt: skip
        for answer in (
            browser.again().post(path, body | {"next": wanted}),
            browser.again().get(path, {"next": wanted}),
        ):
            leads = answer.headers.get("Location", "/")
            assert leads.startswith("/"), (path, leads)
            assert not leads.startswith(("//", "/\\")), (path, leads)
            assert f'href="{wanted}"' not in answer.content.decode()
