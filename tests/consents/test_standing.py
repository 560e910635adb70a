"""The badge of a consent: one word, judged from row and clock, and never brighter than what a read would do. Pure."""

from dataclasses import fields
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from continuity.consents.models import Consent
from continuity.consents.standing import SOON, Life, Standing, standing
from tests.builders import NOW

DAY, INSTANT = timedelta(days=1), timedelta(microseconds=1)
USUAL: dict[str, Any] = {
    "status": "active",
    "inactive_reason": "",
    "suspended_at": None,
    "starts_at": NOW - DAY,
    "signed_at": NOW - DAY,
    "expires_at": NOW + 200 * DAY,
    "expiry_event": "",
}
BADGES: dict[str, tuple[dict[str, Any], str]] = {
    "in force": ({}, "active"),
    "ending in thirty days": ({"expires_at": NOW + SOON}, "expiring"),
    "ending a moment later": ({"expires_at": NOW + SOON + INSTANT}, "active"),
    "over this instant": ({"expires_at": NOW}, "expired"),
    "over, and suspended before": ({"expires_at": NOW, "suspended_at": NOW - DAY}, "expired"),
    "suspended": ({"suspended_at": NOW - DAY}, "suspended"),
    "starting tomorrow": ({"starts_at": NOW + DAY}, "not_yet"),
    "signed tomorrow": ({"signed_at": NOW + DAY}, "not_yet"),
    "until an event": ({"expires_at": None, "expiry_event": "discharge"}, "active"),
    "without any end": ({"expires_at": None}, "expired"),
    **{
        status: ({"status": status}, status)
        for status in ("draft", "proposed", "rejected", "entered_in_error")
    },
    **{why: ({"status": "inactive", "inactive_reason": why}, why) for why in Consent.InactiveReason.values},
}


@pytest.mark.parametrize(("changes", "badge"), BADGES.values(), ids=BADGES)
def test_badge_says(changes: dict[str, Any], badge: str):
    assert standing(Life(**USUAL | changes), NOW) == badge


def test_every_badge_is_shown():
    assert {badge for _, badge in BADGES.values()} == set(Standing)


moments = st.sampled_from([-DAY, -INSTANT, timedelta(0), INSTANT, DAY, 40 * DAY]).map(lambda away: NOW + away)
lives = st.builds(
    Life,
    status=st.sampled_from(["active", "active", "draft", "proposed", "rejected", "entered_in_error"]),
    inactive_reason=st.just(""),
    suspended_at=st.none() | moments,
    starts_at=moments,
    signed_at=st.none() | moments,
    expires_at=st.none() | moments,
    expiry_event=st.sampled_from(["", "discharge", "none"]),
)


@given(lives)
def test_badge_is_bright_exactly_when_a_read_would_rely_on_it(life: Life):
    consent = Consent(**{field.name: getattr(life, field.name) for field in fields(life)})
    bright = standing(life, NOW) in (Standing.ACTIVE, Standing.EXPIRING)
    assert bright == consent.is_in_force(NOW)
