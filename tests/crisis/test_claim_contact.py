"""An anonymous contact gets its person later, once (D-2)."""

from typing import Any

import pytest

from continuity.agencies.models import Membership
from continuity.crisis.models import CrisisContact
from continuity.crisis.services import claim_contact
from continuity.errors import Conflict, NotAllowed, NotFound, Stale
from continuity.ids import uuid7
from tests import builders as b
from tests.crisis.conftest import Crew, stands_as

pytestmark = pytest.mark.django_db


def claimed(
    crew: Crew, contact: CrisisContact, by: Membership | None = None, **changes: Any
) -> CrisisContact:
    return claim_contact(
        **{"by": by or crew.embedded, "contact_id": contact.pk, "person": crew.sam, "at": b.NOW} | changes
    )


@pytest.mark.parametrize("status", ["draft", "final", "amended"])
def test_anonymous_contact_gets_its_person(crew: Crew, status: str):
    contact = claimed(crew, stands_as(crew.draft(person=None), status))
    contact.refresh_from_db()
    assert (contact.person, contact.claimed_at, contact.record_status) == (crew.sam, b.NOW, status)
    assert [known.agency for known in crew.sam.person_agencies.all()] == [crew.county]


def test_contact_is_claimed_once(crew: Crew):
    contact = claimed(crew, crew.draft(person=None))
    with pytest.raises(Conflict, match=r"^claimed_already$"):
        claimed(crew, contact, person=b.person(crew.county, first="Alex"))
    contact.refresh_from_db()
    assert contact.person == crew.sam


def test_contact_with_a_person_is_not_claimed(crew: Crew):
    with pytest.raises(Conflict, match=r"^claimed_already$"):
        claimed(crew, crew.draft())


@pytest.mark.parametrize("status", ["cancelled", "entered_in_error"])
def test_contact_that_is_none_is_not_claimed(crew: Crew, status: str):
    with pytest.raises(Conflict, match=r"^closed$"):
        claimed(crew, stands_as(crew.draft(person=None), status))


def test_final_contact_is_claimed_by_a_colleague_and_a_draft_is_not(crew: Crew):
    contact = crew.draft(person=None)
    with pytest.raises(NotFound, match=r"^not_found$"):
        claimed(crew, contact, by=crew.second)
    assert claimed(crew, stands_as(contact, "final"), by=crew.second).person == crew.sam


def test_foreign_contact_and_none_at_all_are_one_answer(crew: Crew):
    """P-3."""
    contact = stands_as(crew.draft(person=None), "final")
    for by, contact_id in ((crew.reyes, contact.pk), (crew.embedded, uuid7())):
        with pytest.raises(NotFound, match=r"^not_found$"):
            claimed(crew, contact, by=by, contact_id=contact_id)
    with pytest.raises(NotAllowed, match=r"^duty_missing$"):
        claimed(crew, contact, by=b.member("lee", crew.county, "supervisor"))
    assert not crew.sam.person_agencies.exists()


def test_contact_changed_meanwhile_is_not_claimed(crew: Crew):
    with pytest.raises(Stale):
        claimed(crew, crew.draft(person=None), version=2)
