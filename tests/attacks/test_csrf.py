"""A request that this site's own page did not send is refused at every address, and writes nothing (OWASP ASVS 4.2.2)."""

import pytest

from tests import builders as b
from tests.attacks import csrf

pytestmark = pytest.mark.django_db


@pytest.fixture
def kim():
    return b.member("kim", b.agency("county-health", "county_behavioral_health"), "consent_manager")


def test_forged_requests_are_refused_everywhere_and_write_nothing(kim):
    ways = csrf.FORGERIES
    told = csrf.attack(kim, lambda number: (ways[number % len(ways)],))
    told.end(at_least=200)


def test_what_the_own_page_sends_is_not_refused_as_forged(kim):
    told = csrf.attack(kim, lambda number: (csrf.HONEST,) if number % 8 == 0 else ())
    told.end(at_least=20)


def test_only_what_takes_no_cookie_is_left_out():
    assert set(csrf.NO_COOKIE) == {"v1:token"}
