"""Offers prove the opportunity without nagging: who may, when to ask again, what is kept of a no (P-9)."""

from datetime import timedelta
from typing import Any

import pytest

from continuity.agencies.models import Membership
from continuity.agencies.services import propose_pack, sign_off_pack
from continuity.consents.models import ConsentOffer
from continuity.consents.offers import record_offer
from continuity.errors import Invalid, NotAllowed, NotFound
from continuity.notices.models import Notice
from continuity.trail.models import AuditEntry
from tests import builders as b
from tests.consents.conftest import Desk
from tests.consents.steps import CLINICIANS, MANAGERS, draft

pytestmark = pytest.mark.django_db


def offer(desk: Desk, **changes: Any) -> ConsentOffer:
    usual = {"by": desk.kim, "person": desk.sam, "outcome": "declined", "context": "clinic", "at": b.NOW}
    return record_offer(**usual | changes)


@pytest.mark.parametrize(
    ("outcome", "days"), [("offered", 30), ("declined", 30), ("unable_now", 30), ("accepted", None)]
)
def test_offer_that_was_not_accepted_is_made_again(desk: Desk, outcome: str, days: int | None):
    made = offer(desk, outcome=outcome)
    assert made.offer_again_at == (b.NOW + timedelta(days=days) if days else None)


def test_pack_sets_how_long_nobody_asks(desk: Desk):
    made = propose_pack(
        code="ca", number=1, title="A pack", effective_at=b.NOW, rules={"reoffer_after_days": 90}
    )
    by = b.member("privacy", desk.county, "privacy_officer")
    sign_off_pack(by=by, pack_id=made.pk, counsel="A. Counsel", at=b.NOW)
    assert offer(desk).offer_again_at == b.NOW + timedelta(days=90)


def test_next_offer_ends_the_waiting_of_earlier_ones(desk: Desk):
    first = offer(desk)
    offer(desk, outcome="accepted", at=b.NOW + timedelta(days=1))
    first.refresh_from_db()
    assert (first.outcome, first.offer_again_at) == ("declined", None)
    assert not ConsentOffer.objects.filter(offer_again_at__isnull=False).exists()


def test_offers_of_another_agency_and_to_others_go_on_waiting(desk: Desk):
    elsewhere = offer(desk, by=b.member("clinic-kim", desk.clinic, "consent_manager"))
    to_ida = offer(desk, person=b.person(desk.county, first="Ida"))
    offer(desk, outcome="accepted")
    assert set(ConsentOffer.objects.filter(offer_again_at__isnull=False)) == {elsewhere, to_ida}


def test_offer_says_who_where_and_in_which_language(desk: Desk):
    made = offer(desk, context="home_visit", language="es", note="Wants to sleep on it.")
    assert (made.agency, made.offered_by, made.offered_at) == (desk.county, desk.kim.member, b.NOW)
    assert (made.context, made.language) == ("home_visit", "es")
    assert [known.agency for known in desk.sam.person_agencies.all()] == [desk.county]


def test_refusal_leaves_a_history_without_its_words_and_tells_nobody(desk: Desk):
    made = offer(desk, note="Said no to Kim.")
    row = AuditEntry.objects.get(object_pk=str(made.pk))
    assert "Said no" not in str(row.changes)
    assert not Notice.objects.exists()


def test_offer_may_name_the_consent_that_came_of_it(desk: Desk):
    consent = draft(desk)
    assert offer(desk, outcome="accepted", consent=consent).consent == consent


def test_consent_of_somebody_else_did_not_come_of_it(desk: Desk):
    others = draft(desk, person=b.person(desk.county, first="Ida"))
    with pytest.raises(NotFound, match=r"^not_found$"):
        offer(desk, consent=others)
    stranger = b.member("clinic-kim", desk.clinic, "consent_manager")
    with pytest.raises(NotFound, match=r"^not_found$"):
        offer(desk, by=stranger, consent=draft(desk))
    assert not ConsentOffer.objects.exists()


@pytest.mark.parametrize("changes", [{"outcome": "nagged"}, {"context": "jail"}, {"outcome": ""}], ids=str)
def test_offer_takes_no_word_that_is_none_of_its_choices(desk: Desk, changes: dict[str, str]):
    with pytest.raises(Invalid) as refused:
        offer(desk, **changes)
    assert refused.value.field in changes


@pytest.mark.parametrize(
    "role", ["officer", "dispatcher", "peer_navigator", "supervisor", "agency_admin", "auditor"]
)
def test_member_without_the_duty_offers_nothing(desk: Desk, role: str):
    with pytest.raises(NotAllowed, match=r"^duty_missing$"):
        offer(desk, by=b.member("other", desk.county, role))


@pytest.mark.parametrize("role", sorted(CLINICIANS | MANAGERS))
def test_those_who_collect_offer(desk: Desk, role: str):
    by: Membership = b.member("other", desk.county, role)
    assert offer(desk, by=by).offered_by == by.member
