"""A consent is relied on exactly while it is in force: the SQL and the Python say the same (L-10, L-12, P-18)."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from continuity.agencies.models import Agency
from continuity.consents.models import Consent
from continuity.people.models import Person
from tests import builders as b
from tests.consents.conftest import Desk

AT = b.NOW
INSTANT = timedelta(microseconds=1)
# Around the moment of asking and exactly on it; mostly such that the consent holds, so that both answers are common.
before = st.sampled_from([-timedelta(days=10)] * 3 + [-INSTANT, timedelta(0), INSTANT]).map(
    lambda away: AT + away
)
after = st.sampled_from([timedelta(days=10)] * 3 + [-INSTANT, timedelta(0), INSTANT]).map(
    lambda away: AT + away
)
elements = st.fixed_dictionaries(
    {
        "status": st.sampled_from(["active"] * 12 + Consent.Status.values),
        "suspended_at": st.sampled_from([None] * 5 + [AT]),
        "starts_at": before,
        "signed_at": st.one_of(before, before, before, st.none()),
        "expires_at": st.one_of(after, after, st.none()),
        "expiry_event": st.sampled_from(["", "end of treatment", "none"]),
    }
)
GOOD: dict[str, Any] = {
    "status": "active",
    "suspended_at": None,
    "starts_at": AT - timedelta(days=10),
    "signed_at": AT - timedelta(days=10),
    "expires_at": AT + timedelta(days=10),
    "expiry_event": "",
}


def write(custodian: Agency, person: Person, **drawn: Any) -> Consent:
    ended = drawn["status"] == "inactive"
    return Consent.objects.create(
        person=person,
        custodian=custodian,
        instrument="part2_tpo" if drawn["expiry_event"] == "none" else "hipaa_authorization",
        categories=["D1"],
        purposes=["treatment"],
        inactive_reason="revoked" if ended else "",
        ended_at=AT if ended else None,
        **drawn,
    )


def is_allowed(drawn: dict[str, Any]) -> bool:
    """Whether the database takes such a row at all; `test_rows_that_may_not_be` shows that it takes no other."""
    active, expires = drawn["status"] == "active", drawn["expires_at"]
    return not (
        (expires and expires <= drawn["starts_at"])
        or (active and not drawn["signed_at"])
        or (active and not expires and not drawn["expiry_event"])
    )


def by_sql(consent: Consent, at: datetime) -> bool:
    return Consent.objects.filter(pk=consent.pk).in_force(at).exists()


class EveryConsent(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        cls.county, cls.sam = b.agency("county", "county_behavioral_health"), Person.objects.create()

    @settings(max_examples=250, deadline=None)
    @given(drawn=elements)
    def test_sql_and_python_agree_at_every_instant(self, drawn: dict[str, Any]):
        assume(is_allowed(drawn))
        consent = write(self.county, self.sam, **drawn)
        consent.refresh_from_db()
        for at in (AT - INSTANT, AT, AT + INSTANT):
            assert by_sql(consent, at) == consent.is_in_force(at)
        event(f"in force: {consent.is_in_force(AT)}")


IN_FORCE = {
    "signed and not expired": {},
    "from the very instant it starts": {"starts_at": AT},
    "from the very instant it is signed": {"signed_at": AT},
    "until just before it expires": {"expires_at": AT + INSTANT},
    "by an event that ends it": {"expires_at": None, "expiry_event": "end of treatment"},
    "TPO without an end": {"expires_at": None, "expiry_event": "none"},
}
NOT_IN_FORCE = {
    "at the very instant it expires": {"expires_at": AT},
    "after it expired": {"expires_at": AT - INSTANT},
    "after it expired, whatever event was named": {"expires_at": AT, "expiry_event": "end of treatment"},
    "before it starts": {"starts_at": AT + INSTANT},
    "before it is signed": {"signed_at": AT + INSTANT},
    "suspended": {"suspended_at": AT},
    **{status: {"status": status} for status in Consent.Status.values if status != "active"},
}


@pytest.mark.parametrize("changes", IN_FORCE.values(), ids=IN_FORCE)
def test_consent_is_in_force(desk: Desk, changes: dict[str, Any]):
    consent = write(desk.county, desk.sam, **GOOD | changes)
    assert (consent.is_in_force(AT), by_sql(consent, AT)) == (True, True)


@pytest.mark.parametrize("changes", NOT_IN_FORCE.values(), ids=NOT_IN_FORCE)
def test_consent_is_not_in_force(desk: Desk, changes: dict[str, Any]):
    consent = write(desk.county, desk.sam, **GOOD | changes)
    assert (consent.is_in_force(AT), by_sql(consent, AT)) == (False, False)
