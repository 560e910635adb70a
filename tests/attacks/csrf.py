"""Somebody else's page makes a signed-in browser send what it must not."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http import HTTPStatus

from django.http import HttpResponse

from continuity.agencies.models import Membership
from tests.attacks.ground import CSRF, Browser, Route, routes, text_of, watched
from tests.attacks.told import Told

# What takes no cookie at all: whoever calls proves who they are in the body.
NO_COOKIE = {"v1:token": "a signed assertion in the body"}
_REFUSED = ("This was not sent", "CSRF Failed", "csrf_failed")


@dataclass(frozen=True)
class Forgery:
    """One way to send without being asked to."""

    name: str
    token: str = ""
    cookie: str = CSRF
    headers: dict[str, str] = field(default_factory=dict)
    is_secure: bool = False


FORGERIES = (
    Forgery("no token, no cookie", cookie=""),
    Forgery("no token"),
    Forgery("wrong token", token=CSRF[::-1]),
    Forgery("a token of another length", token="x"),
    Forgery("right token, foreign Origin", token=CSRF, headers={"Origin": "https://evil.example"}),
    Forgery("right token, Origin null", token=CSRF, headers={"Origin": "null"}),
    Forgery("right token, Origin that begins like ours", token=CSRF, headers={"Origin": "http://testserver.evil.example"}),
    Forgery("https, right token, no Referer", token=CSRF, is_secure=True),
    Forgery("https, right token, foreign Referer", token=CSRF, headers={"Referer": "https://evil.example/testserver/"}, is_secure=True),
    Forgery("https, right token, Referer over http", token=CSRF, headers={"Referer": "http://testserver/"}, is_secure=True),
)  # fmt: skip
HONEST = Forgery("right token", token=CSRF)


def attack(by: Membership, ways: Callable[[int], tuple[Forgery, ...]]) -> Told:
    """Every address and method that writes, in the ways that `ways` gives for its number."""
    told, browser = Told("forged requests"), Browser(by, enforce_csrf_checks=True)
    for number, (route, method) in enumerate(_all()):
        for way in ways(number):
            with watched() as written:
                answer = _send(browser, route, method, way)
            where = f"{method} {route.pattern}"
            wrong = _wrong(answer, bool(written), way, where)
            told.note(
                f"{way.name}: {'API' if route.is_api else 'pages'}", answer.status_code, got_through=wrong
            )
    return told


def _all() -> Iterator[tuple[Route, str]]:
    return ((one, method) for one in routes() if one.name not in NO_COOKIE for method in one.writes)


def _send(browser: Browser, route: Route, method: str, way: Forgery) -> HttpResponse:
    browser.again()
    if way.cookie:
        browser.cookies["csrftoken"] = way.cookie
    headers = way.headers | ({"X-CSRFToken": way.token} if way.token else {})
    if route.takes_json or method != "post":
        kind, body = {"content_type": "application/json"}, "{}"
    else:
        kind, body = {}, {"csrfmiddlewaretoken": way.token} if way.token else {}
    return getattr(browser, method)(route.address(), body, headers=headers, secure=way.is_secure, **kind)


def _wrong(answer: HttpResponse, wrote: bool, way: Forgery, where: str) -> str:
    is_refused = answer.status_code == HTTPStatus.FORBIDDEN and any(
        one in text_of(answer) for one in _REFUSED
    )
    if way is HONEST:
        return f"{where} refused what was honest" if is_refused else ""
    if not is_refused:
        return f"{where} answered {answer.status_code}"
    return f"{where} wrote" if wrote else ""
