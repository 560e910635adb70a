"""Too large, too many, too deep, too slow: each is refused, and somebody else is served all the while (AC-6, SC-5)."""

import pytest

from tests import builders as b
from tests.attacks import flooding, lines

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("real_clock")]


def headers():
    return flooding.headers_of(b.member("reyes", b.agency("kestrel-police", "police"), "officer"))


def test_a_flood_kills_no_worker_and_keeps_nobody_out():
    with flooding.served() as site:
        told, odd = flooding.flood(site, headers(), megabytes=8, seconds=1), lines.attack(site.address)
    told.end(at_least=200)
    odd.end(at_least=14)
