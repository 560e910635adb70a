"""Suspended, lifted, over by an event, invalid, entered in error: who loses something is told, nobody else (L-12, P-18)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from continuity.agencies.models import Agency, Membership
from continuity.consents import endings
from continuity.consents.models import Consent
from continuity.errors import Conflict, Invalid
from continuity.notices.models import Notice
from tests import builders as b
from tests.consents.conftest import Desk
from tests.consents.steps import STATES, active, by_event, draft, ended, suspended

pytestmark = pytest.mark.django_db


def told() -> list[Agency]:
    return [notice.agency for notice in Notice.objects.order_by("pk")]


def given(by: Membership, consent: Consent, note: str = "Sam rang.") -> dict[str, Any]:
    return {"by": by, "consent_id": consent.pk, "note": note, "at": b.NOW}


@pytest.fixture
def privacy(desk: Desk) -> Membership:
    return b.member("privacy", desk.county, "privacy_officer")


def test_spoken_revocation_stops_the_next_read(desk: Desk):
    consent = endings.suspend_consent(**given(desk.kim, active(desk)))
    assert (consent.status, consent.suspended_at, consent.suspended_by) == ("active", b.NOW, desk.kim.member)
    assert not Consent.objects.in_force(b.NOW).exists()
    assert set(told()) == {desk.police, desk.clinic}


def test_paper_that_follows_a_spoken_word_tells_nobody_again(desk: Desk):
    consent = suspended(desk)
    assert len(told()) == 2
    endings.revoke_consent(**given(desk.kim, consent))
    assert len(told()) == 2


def test_recipient_revoked_while_suspended_loses_nothing_and_is_not_told(desk: Desk):
    consent = suspended(desk)
    recipient = consent.recipients.get(agency=desk.police)
    endings.revoke_recipient(**given(desk.kim, consent), recipient_id=recipient.pk)
    assert len(told()) == 2


def test_lifted_suspension_opens_again(desk: Desk):
    consent = endings.lift_suspension(**given(desk.verifier, suspended(desk)))
    assert (consent.suspended_at, consent.suspended_by) == (None, None)
    assert list(Consent.objects.in_force(b.NOW)) == [consent]


def test_whoever_heard_the_stop_does_not_lift_it(desk: Desk):
    with pytest.raises(Invalid, match=r"^same_member$"):
        endings.lift_suspension(**given(desk.kim, suspended(desk)))


NEEDS_NOTE = {
    "lift": (endings.lift_suspension, "suspended"),
    "invalidate": (endings.invalidate_consent, "active"),
    "mark as an error": (endings.mark_entered_in_error, "active"),
}


@pytest.mark.parametrize("note", ["", "   "])
@pytest.mark.parametrize(("verb", "state"), NEEDS_NOTE.values(), ids=NEEDS_NOTE)
def test_verb_wants_a_reason(
    desk: Desk, privacy: Membership, verb: Callable[..., Consent], state: str, note: str
):
    consent = STATES[state](desk)
    with pytest.raises(Invalid, match=r"^no_note$"):
        verb(**given(privacy, consent, note))
    assert Consent.objects.get().version == consent.version


def answer(by: Membership, consent: Consent, *, happened: bool) -> Consent:
    return endings.answer_about_event(by=by, consent_id=consent.pk, happened=happened, at=b.NOW)


def test_event_that_happened_ends_the_consent(desk: Desk):
    consent = answer(desk.kim, by_event(desk), happened=True)
    assert (consent.status, consent.inactive_reason, consent.ended_at) == ("inactive", "expired", b.NOW)
    assert len(told()) == 2


def test_event_that_did_not_happen_is_asked_about_later(desk: Desk):
    consent = answer(desk.kim, by_event(desk), happened=False)
    assert (consent.status, consent.event_asked_at) == ("active", b.NOW)
    assert Consent.objects.in_force(b.NOW).exists()
    assert told() == []


def endless(desk: Desk) -> Consent:
    """A TPO consent without an end, to the clinic."""
    return desk.consent(
        instrument="part2_tpo", purposes=["treatment"], to=[desk.clinic], expires_at=None, expiry_event="none"
    )


@pytest.mark.parametrize("make", [active, endless])
def test_consent_that_no_event_ends_is_not_asked_about(desk: Desk, make: Callable[[Desk], Consent]):
    with pytest.raises(Conflict, match=r"^no_event$"):
        answer(desk.kim, make(desk), happened=True)


def test_invalid_consent_ends_and_says_why(desk: Desk):
    consent = endings.invalidate_consent(
        **given(desk.kim, active(desk), "The signature is another person's.")
    )
    assert (consent.status, consent.inactive_reason) == ("inactive", "invalidated")
    assert set(told()) == {desk.police, desk.clinic}


@pytest.mark.parametrize(
    ("state", "lost"), [("draft", 0), ("signed", 0), ("active", 2), ("suspended", 0), ("ended", 0)]
)
def test_error_may_be_marked_in_any_state_and_tells_whoever_loses(
    desk: Desk, privacy: Membership, state: str, lost: int
):
    """P-8: marked, never erased."""
    consent = STATES[state](desk)
    before = len(told())
    marked = endings.mark_entered_in_error(**given(privacy, consent))
    marked.refresh_from_db()
    assert (marked.status, marked.inactive_reason, marked.ended_at) == ("entered_in_error", "", None)
    assert (marked.ended_by, marked.ended_note) == (privacy.member, "Sam rang.")
    assert len(told()) - before == lost
    assert not Consent.objects.in_force(b.NOW).exists()


def test_error_is_marked_once(desk: Desk, privacy: Membership):
    consent = endings.mark_entered_in_error(**given(privacy, draft(desk)))
    with pytest.raises(Conflict, match=r"^marked_already$"):
        endings.mark_entered_in_error(**given(privacy, consent))


def test_source_may_end_a_consent_and_never_revive_one(desk: Desk):
    consent, over = active(desk), ended(desk)
    for one in (consent, over):
        endings.end_as_its_source_says(
            consent_id=one.pk, reason="superseded", ended_at=b.NOW - timedelta(hours=1)
        )
    consent.refresh_from_db()
    over.refresh_from_db()
    assert (consent.inactive_reason, consent.ended_at) == ("superseded", b.NOW - timedelta(hours=1))
    assert over.inactive_reason == "revoked"
