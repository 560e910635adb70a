"""A site under bodies of 100 MB and slow senders, for as long as its own time limits take to end them."""

import pytest

from tests.attacks import flooding
from tests.attacks.test_flooding import headers

pytestmark = [
    pytest.mark.drill,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("real_clock"),
]


def test_a_flood_kills_no_worker_and_keeps_nobody_out():
    with flooding.served(workers=2) as site:
        told = flooding.flood(site, headers(), megabytes=100, seconds=33, sockets=200)
    told.end(at_least=800)
