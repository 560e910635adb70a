"""Finalising a contact: the author alone, once (5.4)."""

from collections.abc import Iterator
from typing import Any

import pytest

from continuity.crisis.models import CrisisContact
from continuity.crisis.services import finalise_contact
from continuity.crisis.signals import contact_finalised
from continuity.errors import Conflict, NotAllowed, NotFound
from continuity.ids import uuid7
from continuity.trail.models import AuditEntry
from tests import builders as b
from tests.crisis.conftest import Crew

pytestmark = pytest.mark.django_db


def test_draft_becomes_final_with_its_time(crew: Crew):
    contact = finalise_contact(by=crew.embedded, contact_id=crew.draft().pk, at=b.NOW)
    contact.refresh_from_db()
    assert (contact.record_status, contact.finalised_at, contact.version) == ("final", b.NOW, 2)
    row = AuditEntry.objects.filter(object_pk=str(contact.pk)).latest("pk")
    assert row.changes["record_status"] == ["draft", "final"]


@pytest.mark.parametrize("status", set(CrisisContact.RecordStatus.values) - {"draft"})
def test_what_is_no_draft_is_a_conflict(crew: Crew, status: str):
    contact = crew.draft(record_status=status, finalised_at=b.NOW)
    with pytest.raises(Conflict, match=r"^not_a_draft$"):
        finalise_contact(by=crew.embedded, contact_id=contact.pk, at=b.NOW)


def test_finalising_twice_is_a_conflict(crew: Crew):
    contact_id = finalise_contact(by=crew.embedded, contact_id=crew.draft().pk, at=b.NOW).pk
    with pytest.raises(Conflict, match=r"^not_a_draft$"):
        finalise_contact(by=crew.embedded, contact_id=contact_id, at=b.NOW)


def test_draft_of_a_colleague_is_not_found(crew: Crew):
    with pytest.raises(NotFound, match=r"^not_found$"):
        finalise_contact(by=crew.second, contact_id=crew.draft().pk, at=b.NOW)
    assert CrisisContact.objects.get().record_status == "draft"


def test_draft_of_another_agency_and_no_draft_at_all_are_the_same_answer(crew: Crew):
    """P-3."""
    for contact_id in (crew.draft().pk, uuid7()):
        with pytest.raises(NotFound, match=r"^not_found$"):
            finalise_contact(by=crew.reyes, contact_id=contact_id, at=b.NOW)


def test_author_who_lost_the_duty_finalises_nothing(crew: Crew):
    contact = crew.draft()
    crew.embedded.roles = ["agency_admin"]
    with pytest.raises(NotAllowed, match=r"^duty_missing$"):
        finalise_contact(by=crew.embedded, contact_id=contact.pk, at=b.NOW)


@pytest.fixture
def failing_receiver() -> Iterator[None]:
    def fail(**_: Any) -> None:
        raise ZeroDivisionError

    contact_finalised.connect(fail, weak=False)
    yield
    contact_finalised.disconnect(fail)


@pytest.mark.usefixtures("failing_receiver")
def test_what_follows_from_a_final_contact_is_in_its_transaction(crew: Crew):
    contact = crew.draft()
    with pytest.raises(ZeroDivisionError):
        finalise_contact(by=crew.embedded, contact_id=contact.pk, at=b.NOW)
    assert CrisisContact.objects.get().record_status == "draft"
