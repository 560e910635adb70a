"""A real browser against a real server: Debian's chromium, driven by Playwright."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest
import time_machine
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from playwright.sync_api import Browser, BrowserContext, CDPSession, ConsoleMessage, Page

from continuity.agencies.models import Membership
from tests.builders import NOW
from tests.cast import signed_in
from tests.e2e.county import County, build_county
from tests.factors import code_of
from tests.replay import replayed

# The shell draws the same pages without a browser's own windows, for less of the processor.
CHROMIUM = shutil.which("chromium-headless-shell") or shutil.which("chromium")
MISSING = "chromium not found: browser tests did not run"
REQUIRED = os.environ.get("CONTINUITY_REQUIRE_BROWSER") == "1"
PHONE, DESK = (390, 844), (1280, 900)
_AXE = Axe().axe_script
# What did not fail stays in the browser: there is much of it to hand over.
_VIOLATIONS = "axe.run({resultTypes: ['violations']}).then(({violations}) => violations)"
# On a phone by day in each run; the other three looks with `make e2e` and `make drills`.
EVERY_LOOK = pytest.mark.parametrize(
    ("size", "scheme"),
    [
        pytest.param(PHONE, "light", id="phone-light"),
        pytest.param(DESK, "dark", id="desk-dark", marks=pytest.mark.drill),
        pytest.param(PHONE, "dark", id="phone-dark", marks=pytest.mark.drill),
        pytest.param(DESK, "light", id="desk-light", marks=pytest.mark.drill),
    ],
)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip the browser tests without a browser, and say so loudly, once."""
    mine = [item for item in items if Path(__file__).parent in item.path.parents]
    if CHROMIUM or REQUIRED or not mine:
        return
    for item in mine:
        item.add_marker(pytest.mark.skip(reason=MISSING))
    if os.environ.get("PYTEST_XDIST_WORKER", "gw0") == "gw0":
        capture = config.pluginmanager.getplugin("capturemanager")
        with capture.global_and_fixture_disabled():
            print(f"\n!!! {MISSING} ({len(mine)} tests)", file=sys.stderr)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    if not CHROMIUM:
        pytest.fail(MISSING + ", and CONTINUITY_REQUIRE_BROWSER=1 forbids that")
    # Playwright keeps an event loop in this thread, which Django would take for an async view's.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": ["--no-sandbox"]}


@pytest.fixture
def now() -> Iterator[None]:
    """The clock of the site stands near the cast's; it ticks, as a browser's timeouts need it to."""
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def county(now: None, transactional_db: None) -> County:
    return replayed(build_county)


@dataclass
class Tab:
    """A page with everything its console complained of."""

    page: Page
    site: str
    complaints: list[str] = field(default_factory=list)
    _devtools: CDPSession | None = None

    def go(self, path: str) -> None:
        self.page.goto(self.site + path)

    def sign_in(self, username: str, to: str = "/lookup/") -> None:
        """As somebody who has just signed in: the ways in have tests of their own."""
        works = Membership.objects.filter(member__username=username).order_by("pk")[0]
        key = signed_in(works).cookies[settings.SESSION_COOKIE_NAME].value
        self.page.context.add_cookies(
            [{"name": settings.SESSION_COOKIE_NAME, "value": key, "url": self.site, "httpOnly": True}]
        )
        self.go(to)

    def type_sign_in(self, username: str, secret: str) -> None:
        """Password and code, as people do, on the page of the sign-in."""
        self.page.get_by_label("User name").fill(username)
        self.page.get_by_label("Password").fill("correct horse")
        self.press("Sign in")
        self.page.get_by_label("Code from your app").fill(code_of(secret))
        self.press("Go on")

    def press(self, name: str, role: Literal["button", "link"] = "button") -> None:
        """Press what leads to another page, and wait until that page is whole, its style too."""
        with self.page.expect_navigation():
            self.page.get_by_role(role, name=name).first.click()

    def ask(self, **typed: str) -> None:
        """Fill the fields by their labels and press the big button."""
        for label, text in typed.items():
            self.page.get_by_label(label.replace("_", " ").capitalize(), exact=True).fill(text)
        self.press("Look up")

    def axe(self) -> list[str]:
        self.page.wait_for_load_state()
        before = len(self.complaints)
        self._script(_AXE)
        violations = self.page.evaluate(_VIOLATIONS)
        del self.complaints[before:]  # axe itself tries inline styles on forms; the page has said all it will
        return [
            f"{found['id']}: {node['target']} {node.get('failureSummary', '')}"
            for found in violations
            for node in found["nodes"]
        ]

    def _script(self, text: str) -> None:
        """Run a long script in the page, past Playwright's own wrapping of it, which takes twice as long."""
        self._devtools = self._devtools or self.page.context.new_cdp_session(self.page)
        told = self._devtools.send("Runtime.evaluate", {"expression": text, "returnByValue": False})
        assert "exceptionDetails" not in told, told

    def overflow(self) -> int:
        """Pixels by which the page is wider than the window."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))

    def too_wide(self, *widths: int) -> list[tuple[int, int]]:
        """At which width, of the window and of `widths`, the page is wider, and by how many pixels."""
        size = self.page.viewport_size
        assert size
        found = [(size["width"], self.overflow())]
        for width in widths:
            self.page.set_viewport_size({"width": width, "height": size["height"]})
            found.append((width, self.overflow()))
        self.page.set_viewport_size(size)
        return [(width, over) for width, over in found if over > 0]

    def shoot(self, name: str, *, full: bool = True) -> None:
        """Keep a picture when CONTINUITY_SHOTS names a folder for them."""
        if folder := os.environ.get("CONTINUITY_SHOTS"):
            self.page.screenshot(path=Path(folder) / f"{name}.png", full_page=full)


@pytest.fixture
def open_tab(browser: Browser, live_server: Any) -> Iterator[Callable[..., Tab]]:
    """Open a tab at a size, in light or dark, with or without JavaScript; its console must stay silent."""
    contexts: list[BrowserContext] = []
    tabs: list[Tab] = []

    def opened(size: tuple[int, int] = PHONE, scheme: str = "light", *, javascript: bool = True) -> Tab:
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme=scheme,
            java_script_enabled=javascript,
        )
        contexts.append(context)
        tab = Tab(context.new_page(), live_server.url)

        def hear(message: ConsoleMessage) -> None:
            # Chromium reports the status of a page with field errors (400) as if it were a fault.
            expected = (
                message.text.startswith("Failed to load resource") and message.location["url"] == tab.page.url
            )
            if message.type in ("error", "warning") and not expected:
                tab.complaints.append(message.text)

        tab.page.on("console", hear)
        tab.page.on("pageerror", lambda error: tab.complaints.append(str(error)))
        tabs.append(tab)
        return tab

    yield opened
    for context in contexts:
        context.close()
    assert [complaint for tab in tabs for complaint in tab.complaints] == []
