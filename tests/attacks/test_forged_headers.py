"""Headers that anybody can send do not say whence a request comes, to which host, or under which id (S-6, S-7)."""

import re
from uuid import uuid4

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from continuity.disclosures.models import LedgerEntry
from continuity.entry.proxies import ClientAddress
from continuity.trail.models import AuditEntry, Event
from tests.attacks.ground import Browser
from tests.attacks.guessing import anew
from tests.cast import ABOUT_SAM, Cast

pytestmark = pytest.mark.django_db
HERE, FORGED, EVIL = "203.0.113.9", "198.51.100.66", "evil.example"
FORGERIES = {
    "X-Forwarded-For": f"{FORGED}, 127.0.0.1",
    "X-Real-IP": FORGED,
    "X-Client-IP": FORGED,
    "True-Client-IP": FORGED,
    "CF-Connecting-IP": FORGED,
    "X-Cluster-Client-IP": FORGED,
    "Forwarded": f"for={FORGED};host={EVIL};proto=https",
    "X-Forwarded-Host": EVIL,
    "X-Forwarded-Port": "6661366613",
    "X-Forwarded-Proto": "https",
    "X-Request-ID": "forged-0123456789",
    "X-Original-URL": "/admin/",
    "X-Rewrite-URL": "/admin/",
    "X-HTTP-Method-Override": "DELETE",
    "X-Forwarded-User": "somebody-else",
    "Remote-User": "somebody-else",
}
# (who is trusted, who is connected, what the header says, whose request it is)
PROXIES = [
    ([], HERE, FORGED, HERE),
    ([], "127.0.0.1", FORGED, "127.0.0.1"),
    (["10.0.0.4"], HERE, FORGED, HERE),
    (["10.0.0.4"], "10.0.0.5", FORGED, "10.0.0.5"),
    (["10.0.0.4"], "10.0.0.4", "", "10.0.0.4"),
    (["10.0.0.4"], "10.0.0.4", HERE, HERE),
    (["10.0.0.4"], "10.0.0.4", f"{FORGED}, {HERE}", HERE),
    (["10.0.0.4"], "10.0.0.4", f"10.0.0.4, {FORGED}, {HERE}", HERE),
    (["10.0.0.4"], "10.0.0.4", f"{FORGED}, {HERE}, 10.0.0.4", HERE),
    (["10.0.0.0/8"], "10.0.0.4", f"{FORGED}, {HERE}, 10.0.0.9", HERE),
    (["10.0.0.0/8"], "10.0.0.4", "10.7.7.7, 10.8.8.8", "10.7.7.7"),
    (["10.0.0.4"], "10.0.0.4", "nonsense", "10.0.0.4"),
    (["10.0.0.4"], "10.0.0.4", f"{HERE}, nonsense", "10.0.0.4"),
    (["10.0.0.4"], "10.0.0.4", f"nonsense, {HERE}", HERE),
    (["10.0.0.4"], "10.0.0.4", f"{HERE}:51234", HERE),
    (["10.0.0.4"], "10.0.0.4", f"{HERE}, ", "10.0.0.4"),
    (["10.0.0.4"], "10.0.0.4", f"{FORGED}\x00, {HERE}", HERE),
    (["10.0.0.4"], "10.0.0.4", f"{HERE}\r\nX: y", "10.0.0.4"),
    (["10.0.0.4"], "10.0.0.4", "1, " * 5000 + HERE, HERE),
    (["10.0.0.4"], "::ffff:10.0.0.4", HERE, HERE),
    (["fd00::/8"], "fd00::1", "2001:db8::7", "2001:db8::7"),
    (["fd00::/8"], "fd00::1", f"{FORGED}, [2001:db8::7]:443", "2001:db8::7"),
    (["10.0.0.4"], "", FORGED, ""),
]


@pytest.mark.parametrize(("trusted", "connected", "header", "client"), PROXIES)
def test_of_what_a_client_writes_nothing_is_believed(settings, trusted, connected, header, client):
    settings.TRUSTED_PROXIES = trusted
    request = RequestFactory().get("/", REMOTE_ADDR=connected, HTTP_X_FORWARDED_FOR=header)
    ClientAddress(lambda request: HttpResponse())(request)
    assert request.META["REMOTE_ADDR"] == client
    assert "X-Forwarded-For" not in request.headers


def test_a_network_that_is_none_stops_the_site_at_its_start(settings):
    settings.TRUSTED_PROXIES = ["10.0.0.4/8"]
    with pytest.raises(ValueError, match="host bits"):
        ClientAddress(lambda request: HttpResponse())


@pytest.mark.parametrize("name", FORGERIES)
def test_ledger_trail_and_history_hold_nothing_that_was_forged(cast: Cast, name):
    here = anew()  # many names that fail at one place would be slowed there
    browser = Browser(cast.reyes, REMOTE_ADDR=here)
    headers = {name: FORGERIES[name]}
    answer = browser.post("/api/v1/lookups/", ABOUT_SAM, "application/json", headers=headers)
    Browser(REMOTE_ADDR=here).post(
        "/sign-in/", {"username": f"forged-{uuid4()}", "password": "wrong"}, headers=headers
    )
    row = LedgerEntry.objects.get(asker=cast.reyes)
    event = Event.objects.get(kind=Event.Kind.SIGN_IN_FAILED)
    assert (answer.status_code, row.remote_addr, event.remote_addr) == (200, here, here)
    written = " ".join(str(vars(one)) for one in (row, event, *AuditEntry.objects.all()))
    assert FORGERIES[name] not in written
    assert FORGED not in written
    assert answer["X-Request-ID"] == row.request_id != FORGERIES["X-Request-ID"]


@pytest.mark.parametrize(
    "sent",
    ["x" * 4000, "short", "a b c d e f g h", "line\r\nSet-Cookie: x=y", "nul\x00nul\x00nul", "‮abcdefgh", "abcdefgh;x", ""],
)  # fmt: skip
def test_malformed_request_id_of_the_proxy_is_replaced_too(cast: Cast, sent):
    answer = Browser(cast.reyes).post(
        "/api/v1/lookups/", ABOUT_SAM, "application/json", headers={"X-Request-ID": sent}
    )
    row = LedgerEntry.objects.get(asker=cast.reyes)
    assert re.fullmatch("[0-9a-f]{32}", answer["X-Request-ID"])
    assert answer["X-Request-ID"] == row.request_id


def test_a_throttle_counts_the_same_member_under_ever_new_addresses(cast: Cast, settings):
    browser, statuses = Browser(cast.reyes, REMOTE_ADDR=HERE), []
    settings.LOOKUP_SHIFT_RATE = "3/shift"
    for number in range(6):
        headers = {"X-Forwarded-For": f"198.51.100.{number}", "X-Real-IP": f"198.51.100.{number}"}
        answer = browser.post("/api/v1/lookups/", ABOUT_SAM, "application/json", headers=headers)
        statuses.append(answer.status_code)
    assert statuses == [200, 200, 200, 429, 429, 429]
