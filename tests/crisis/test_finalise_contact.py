"""Finalising a contact: complete, by its author, once; an overdue one by a supervisor too (5.4)."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from continuity.agencies.models import Membership
from continuity.crisis.models import CrisisContact
from continuity.crisis.services import cancel_contact, finalise_contact, start_draft
from continuity.crisis.signals import contact_finalised
from continuity.errors import Conflict, Incomplete, NotAllowed, NotFound, Stale
from continuity.ids import uuid7
from continuity.trail.models import AuditEntry
from tests import builders as b
from tests.crisis.conftest import Crew, stands_as

pytestmark = pytest.mark.django_db


def test_draft_becomes_final_with_its_time(crew: Crew):
    contact = finalise_contact(by=crew.embedded, contact_id=crew.draft().pk, at=b.NOW)
    contact.refresh_from_db()
    assert (contact.record_status, contact.finalised_at, contact.version) == ("final", b.NOW, 2)
    row = AuditEntry.objects.filter(object_pk=str(contact.pk)).latest("pk")
    assert row.changes["record_status"] == ["draft", "final"]


@pytest.mark.parametrize("status", set(CrisisContact.RecordStatus.values) - {"draft"})
def test_what_is_no_draft_is_a_conflict(crew: Crew, status: str):
    contact = stands_as(crew.draft(), status)
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


# What a final contact answers


def test_every_gap_is_named_at_once_in_the_order_of_the_form(crew: Crew):
    draft = start_draft(by=crew.embedded, at=b.NOW)
    with pytest.raises(Incomplete) as refused:
        finalise_contact(by=crew.embedded, contact_id=draft.pk, at=b.NOW)
    assert [error.field for error in refused.value.errors] == list(CrisisContact.REQUIRED)
    assert {error.code for error in refused.value.errors} == {"missing"}


@pytest.mark.parametrize("field", CrisisContact.REQUIRED)
def test_no_final_contact_leaves_it_open(crew: Crew, field: str):
    """Domain 3.2: every required field by itself."""
    draft = crew.draft(**{field: [] if isinstance(getattr(CrisisContact(), field), list) else ""})
    with pytest.raises(Incomplete) as refused:
        finalise_contact(by=crew.embedded, contact_id=draft.pk, at=b.NOW)
    assert [error.field for error in refused.value.errors] == [field]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("diverted_from", ["arrest", "none"]),
        ("diverted_from", ["undetermined", "arrest"]),
        ("safety_observations", ["none_observed", "animals"]),
    ],
)
def test_none_beside_something_is_refused(crew: Crew, field: str, value: list[str]):
    """P-24: a figure would count it twice."""
    draft = crew.draft(**{field: value})
    with pytest.raises(Incomplete) as refused:
        finalise_contact(by=crew.embedded, contact_id=draft.pk, at=b.NOW)
    assert [(error.code, error.field) for error in refused.value.errors] == [("contradiction", field)]


@pytest.mark.parametrize(
    ("summary", "is_part2"),
    [
        ("Spoke quietly.", False),
        ("Said that he takes methadone.", True),
        ("Had been drinking.", True),
        ("A known addict.", True),
    ],
)
def test_summary_that_still_names_a_substance_is_sud_data(crew: Crew, summary: str, is_part2: bool):
    """P-14: unresolved is treated as Part 2."""
    draft = crew.draft(operational_summary=summary)
    assert finalise_contact(by=crew.embedded, contact_id=draft.pk, at=b.NOW).is_part2 is is_part2


def test_what_its_author_marked_as_part_2_stays_so(crew: Crew):
    draft = crew.draft(is_part2=True)
    assert finalise_contact(by=crew.embedded, contact_id=draft.pk, at=b.NOW).is_part2


def test_draft_changed_meanwhile_is_not_finalised(crew: Crew):
    draft = crew.draft()
    with pytest.raises(Stale):
        finalise_contact(by=crew.embedded, contact_id=draft.pk, at=b.NOW, version=draft.version + 1)


# A supervisor, once it is overdue


@pytest.fixture
def lee(crew: Crew) -> Membership:
    return b.member("lee", crew.county, "supervisor")


HOURS = timedelta(hours=72)


@pytest.mark.parametrize("verb", ["finalise", "cancel"])
def test_supervisor_ends_a_draft_from_the_72nd_hour_on(crew: Crew, lee: Membership, verb: str):
    draft = crew.draft()

    def end(at: Any) -> CrisisContact:
        if verb == "finalise":
            return finalise_contact(by=lee, contact_id=draft.pk, at=at)
        return cancel_contact(by=lee, contact_id=draft.pk, reason="Left open.", at=at)

    with pytest.raises(Conflict, match=r"^not_overdue$"):
        end(b.NOW + HOURS - timedelta(microseconds=1))
    assert end(b.NOW + HOURS).record_status == ("final" if verb == "finalise" else "cancelled")


def test_supervisor_of_another_agency_finds_no_draft(crew: Crew):
    draft, stranger = crew.draft(), b.member("lou", crew.police, "supervisor")
    with pytest.raises(NotFound, match=r"^not_found$"):
        finalise_contact(by=stranger, contact_id=draft.pk, at=b.NOW + HOURS)
