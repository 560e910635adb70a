"""Ending a consent: whole, toward one recipient, by the clock (L-10, L-12); and who is told (5.7)."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine
from django.db import transaction

from continuity.agencies.models import Agency, Membership
from continuity.consents.endings import expire_consent, revoke_consent, revoke_recipient
from continuity.consents.models import Consent, ConsentRecipient
from continuity.consents.services import Recipient
from continuity.consents.signals import consent_ended
from continuity.consents.tasks import expire_consents
from continuity.errors import Conflict, NotAllowed, NotFound
from continuity.ids import uuid7
from continuity.notices.models import Notice
from continuity.trail.models import AuditEntry
from tests import builders as b
from tests.consents.conftest import Desk

pytestmark = pytest.mark.django_db


@pytest.fixture
def consent(desk: Desk) -> Consent:
    """Sam lets the county tell the police and the clinic."""
    return desk.consent(to=[desk.police, desk.clinic])


def to(consent: Consent, agency: Agency) -> ConsentRecipient:
    return consent.recipients.get(agency=agency)


def revoke(by: Membership, consent: Consent, at: Any = b.NOW) -> Consent:
    return revoke_consent(by=by, consent_id=consent.pk, note="Sam rang.", at=at)


def revoke_toward(by: Membership, consent: Consent, recipient_id: UUID) -> ConsentRecipient:
    return revoke_recipient(
        by=by, consent_id=consent.pk, recipient_id=recipient_id, note="Sam rang.", at=b.NOW
    )


def told() -> list[Agency]:
    notices = Notice.objects.filter(kind=Notice.Kind.AUTHORISATION_ENDED)
    return [notice.agency for notice in notices.order_by("agency__code")]


def test_revocation_says_who_why_and_when(desk: Desk, consent: Consent):
    ended = revoke(desk.kim, consent)
    ended.refresh_from_db()
    assert (ended.status, ended.inactive_reason) == ("inactive", "revoked")
    assert (ended.ended_at, ended.ended_by, ended.ended_note) == (b.NOW, desk.kim.member, "Sam rang.")
    assert not Consent.objects.in_force(b.NOW).exists()


def test_revocation_leaves_a_history_without_its_words(desk: Desk, consent: Consent):
    revoke(desk.kim, consent)
    row = AuditEntry.objects.filter(object_pk=str(consent.pk)).latest("pk")
    assert row.changes["status"] == ["active", "inactive"]
    assert row.changes["version"] == [consent.version, consent.version + 1]
    assert "rang" not in str(row.changes)


def test_revocation_tells_every_recipient_without_detail(desk: Desk, consent: Consent):
    revoke(desk.kim, consent)
    assert told() == [desk.police, desk.clinic]
    assert {(notice.subject_id, notice.team, notice.state) for notice in Notice.objects.all()} == {
        (consent.pk, None, "pending")
    }


def test_recipient_that_was_revoked_before_is_not_told_again(desk: Desk, consent: Consent):
    revoke_toward(desk.kim, consent, to(consent, desk.police).pk)
    assert told() == [desk.police]
    revoke(desk.kim, consent)
    assert told() == [desk.police, desk.clinic]


def test_recipients_that_are_no_agency_get_no_notice(desk: Desk):
    recipients = [Recipient(["D1"]), Recipient(["D1"], third_party="Aunt Ida")]
    revoke(desk.kim, desk.consent(recipients=recipients))
    assert told() == []


def test_revocation_toward_one_leaves_the_rest_standing(desk: Desk, consent: Consent):
    """L-12."""
    ended = revoke_toward(desk.kim, consent, to(consent, desk.police).pk)
    assert (ended.revoked_at, ended.revoked_by, ended.revoked_note) == (b.NOW, desk.kim.member, "Sam rang.")
    assert to(consent, desk.clinic).revoked_at is None
    assert Consent.objects.in_force(b.NOW).get() == consent


def test_partial_revocation_leaves_a_history_without_its_words(desk: Desk, consent: Consent):
    ended = revoke_toward(desk.kim, consent, to(consent, desk.police).pk)
    row = AuditEntry.objects.filter(object_pk=str(ended.pk)).latest("pk")
    assert {"revoked_at", "revoked_by", "revoked_note"} <= set(row.changes)
    assert "rang" not in str(row.changes)


def test_another_verifier_of_the_agency_may_revoke(desk: Desk, consent: Consent):
    assert revoke(desk.verifier, consent).ended_by == desk.verifier.member


def whole(desk: Desk, consent: Consent, by: Membership) -> None:
    revoke(by, consent)


def toward_the_police(desk: Desk, consent: Consent, by: Membership) -> None:
    revoke_toward(by, consent, to(consent, desk.police).pk)


WITHOUT_THE_DUTY = ["officer", "embedded_clinician", "supervisor", "agency_admin", "auditor"]
Verb = Callable[[Desk, Consent, Membership], None]
both_verbs = pytest.mark.parametrize("verb", [whole, toward_the_police])


@both_verbs
def test_revoking_twice_is_a_conflict(desk: Desk, consent: Consent, verb: Verb):
    verb(desk, consent, desk.kim)
    with pytest.raises(Conflict, match=r"^not_active$"):
        verb(desk, consent, desk.kim)
    assert told().count(desk.police) == 1


@both_verbs
def test_revoked_consent_has_nothing_left_to_revoke(desk: Desk, consent: Consent, verb: Verb):
    revoke(desk.kim, consent)
    with pytest.raises(Conflict, match=r"^not_active$"):
        verb(desk, consent, desk.kim)


@both_verbs
@pytest.mark.parametrize("role", WITHOUT_THE_DUTY)
def test_member_without_the_duty_may_not_revoke(desk: Desk, consent: Consent, verb: Verb, role: str):
    with pytest.raises(NotAllowed, match=r"^duty_missing$"):
        verb(desk, consent, b.member("other", desk.county, role))


@both_verbs
@pytest.mark.parametrize("recipient", [True, False], ids=["recipient", "stranger"])
def test_manager_of_another_agency_finds_nothing(desk: Desk, consent: Consent, verb: Verb, recipient: bool):
    """P-3: also where that agency is the recipient."""
    agency = desk.clinic if recipient else b.agency("faraway-clinic", "clinic_treatment")
    with pytest.raises(NotFound, match=r"^not_found$"):
        verb(desk, consent, b.member("other-kim", agency, "consent_manager"))
    assert Consent.objects.in_force(b.NOW).exists()


def test_consent_that_is_not_there_is_not_found(desk: Desk, consent: Consent):
    with pytest.raises(NotFound, match=r"^not_found$"):
        revoke_consent(by=desk.kim, consent_id=uuid7(), note="", at=b.NOW)


def test_recipient_of_another_consent_is_not_found(desk: Desk, consent: Consent):
    other = desk.consent()
    with pytest.raises(NotFound, match=r"^not_found$"):
        revoke_toward(desk.kim, consent, to(other, desk.police).pk)


def test_revocation_that_is_rolled_back_told_nobody(desk: Desk, consent: Consent):
    with transaction.atomic():
        revoke(desk.kim, consent)
        assert told() == [desk.police, desk.clinic]
        transaction.set_rollback(True)
    assert told() == []
    assert Consent.objects.in_force(b.NOW).get() == consent


@pytest.fixture
def failing_receiver() -> Iterator[None]:
    def fail(**_: Any) -> None:
        raise ZeroDivisionError

    consent_ended.connect(fail, weak=False)
    yield
    consent_ended.disconnect(fail)


@both_verbs
@pytest.mark.usefixtures("failing_receiver")
def test_revocation_and_notices_are_one_transaction(desk: Desk, consent: Consent, verb: Verb):
    """Told and not revoked, or revoked and not told: neither happens."""
    with pytest.raises(ZeroDivisionError):
        verb(desk, consent, desk.kim)
    assert told() == []
    assert Consent.objects.in_force(b.NOW).get().recipients.filter(revoked_at=None).count() == 2


def test_expiry_is_marked_at_the_time_it_happened(desk: Desk, consent: Consent):
    assert expire_consent(consent_id=consent.pk, at=consent.expires_at + timedelta(days=3))
    ended = Consent.objects.get()
    assert (ended.status, ended.inactive_reason, ended.ended_by) == ("inactive", "expired", None)
    assert ended.ended_at == ended.expires_at == consent.expires_at
    assert told() == [desk.police, desk.clinic]


@pytest.mark.parametrize(
    ("elements", "at"),
    [
        ({}, b.NOW),
        (
            {"expires_at": None, "expiry_event": "none", "instrument": "part2_tpo", "purposes": ["treatment"]}
            | {"recipients": [Recipient(["D1"])]},
            b.NOW + timedelta(days=999),
        ),
        ({"expires_at": b.NOW + timedelta(microseconds=1)}, b.NOW),
    ],
    ids=["not yet", "no end", "an instant early"],
)
def test_consent_whose_time_is_not_over_stays(desk: Desk, elements: dict[str, Any], at: Any):
    consent = desk.consent(**elements)
    assert not expire_consent(consent_id=consent.pk, at=at)
    assert Consent.objects.get().status == "active"


@pytest.mark.django_db(transaction=True)
def test_sweep_marks_what_is_due_once(desk: Desk):
    due, later = desk.consent(expires_at=b.NOW), desk.consent()
    with time_machine.travel(b.NOW, tick=False):
        assert [expire_consents(), expire_consents()] == [1, 0]
    due.refresh_from_db()
    later.refresh_from_db()
    assert (due.status, due.ended_at, later.status) == ("inactive", b.NOW, "active")
    assert told() == [desk.police]


def test_sweep_leaves_a_revoked_consent_as_it_was_revoked(desk: Desk):
    revoke(desk.kim, desk.consent(expires_at=b.NOW), at=b.NOW - timedelta(days=1))
    with time_machine.travel(b.NOW, tick=False):
        assert expire_consents() == 0
    assert Consent.objects.get().inactive_reason == "revoked"
