"""Every answer of the site says that it is nobody else's to embed, to run or to keep (P-17, S-12)."""

import pytest
from django.http import HttpResponse
from django.test import Client, override_settings
from django.urls import path

from tests.attacks.ground import name_of, routes
from tests.cast import ABOUT_SAM, Cast, signed_in

pytestmark = pytest.mark.django_db
SAID = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


def missing(answer: HttpResponse, *, is_kept: bool = False) -> list[str]:
    """What this answer does not say of what every answer says."""
    found = [name for name, text in SAID.items() if answer.headers.get(name) != text]
    policy = answer.headers.get("Content-Security-Policy", "")
    if "default-src 'self'" not in policy or "frame-ancestors 'none'" not in policy or "unsafe" in policy:
        found.append(f"Content-Security-Policy {policy!r}")
    if answer.headers.get("X-Frame-Options") != "DENY" and not is_kept:
        found.append("X-Frame-Options")
    if "camera=()" not in answer.headers.get("Permissions-Policy", ""):
        found.append("Permissions-Policy")
    if "no-store" not in answer.headers.get("Cache-Control", "") and not is_kept:
        found.append("Cache-Control")
    return found


def test_every_kind_of_address_answers_so_to_who_is_signed_in_and_to_who_is_not(cast: Cast):
    """One of each part of the site and of each noun of the API, found by itself."""
    kinds = {(name_of(route), route.reads): route for route in routes() if route.name != "docs"}
    asked = {}
    for who in (Client(), signed_in(cast.kim)):
        for kind, route in kinds.items():
            answer = who.get(route.address())
            asked[kind, answer.status_code] = missing(answer)
    assert len(asked) > 50
    assert {200, 302, 403, 404, 405} <= {status for _, status in asked}
    assert {key: found for key, found in asked.items() if found} == {}


def test_refused_form_and_refused_program_answer_so(cast: Cast):
    browser = signed_in(cast.reyes, Client(enforce_csrf_checks=True))
    refused = browser.post("/lookup/", ABOUT_SAM)
    problem = browser.post("/api/v1/lookups/", ABOUT_SAM, content_type="application/json")
    wrong = signed_in(cast.reyes).post("/api/v1/lookups/", "{", content_type="application/json")
    told = [(one.status_code, missing(one)) for one in (refused, problem, wrong)]
    assert told == [(403, []), (403, []), (400, [])]


def _break(request: object) -> HttpResponse:
    raise RuntimeError("as something of ours would")


urlpatterns = [path("broken/", _break)]
handler404 = "continuity.api.problems.page_not_found"


@override_settings(ROOT_URLCONF="tests.house.test_edges")
def test_error_of_ours_answers_so():
    answer = Client(raise_request_exception=False).get("/broken/")
    assert (answer.status_code, missing(answer)) == (500, [])


def test_files_of_the_site_may_be_kept_but_not_embedded():
    answer = Client().get("/static/entry/continuity.css")
    assert (answer.status_code, missing(answer, is_kept=True)) == (200, [])
    assert "no-store" not in answer["Cache-Control"]
    answer.close()
