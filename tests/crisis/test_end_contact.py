"""How a contact ends: cancelled, or marked as an error; every move of its table, and no other (5.4)."""

from collections.abc import Callable
from itertools import product

import pytest

from continuity.crisis.models import CrisisContact
from continuity.crisis.services import (
    cancel_contact,
    finalise_contact,
    mark_contact_error,
    record_contact,
    save_draft,
)
from continuity.errors import Conflict, DomainError, Invalid, NotAllowed, NotFound, Stale
from continuity.ids import uuid7
from continuity.trail.models import AuditEntry
from tests import builders as b
from tests.crisis.conftest import Crew, stands_as

pytestmark = pytest.mark.django_db
Status = CrisisContact.RecordStatus
# Which verb of this module makes which move; amending has a module and a test of its own.
VERBS: dict[str, tuple[str, Callable[[Crew, CrisisContact], CrisisContact]]] = {
    Status.FINAL: (
        "not_a_draft",
        lambda crew, contact: finalise_contact(by=crew.embedded, contact_id=contact.pk, at=b.NOW),
    ),
    Status.CANCELLED: (
        "not_a_draft",
        lambda crew, contact: cancel_contact(by=crew.embedded, contact_id=contact.pk, reason="A test call.", at=b.NOW),
    ),
    Status.ENTERED_IN_ERROR: (
        "not_final",
        lambda crew, contact: mark_contact_error(
            by=crew.embedded, contact_id=contact.pk, reason="Another person.", at=b.NOW
        ),
    ),
}  # fmt: skip


def test_every_move_of_the_table_is_made_and_no_other(crew: Crew):
    contact, made = crew.draft(), 0
    for start, target in product(Status, VERBS):
        code, verb = VERBS[target]
        with b.undone():
            stands_as(contact, start)
            if target in CrisisContact.TRANSITIONS[start]:
                assert verb(crew, contact).record_status == target, (start, target)
                contact.refresh_from_db()
                assert contact.record_status == target
                row = AuditEntry.objects.filter(object_pk=str(contact.pk)).latest("pk")
                assert row.changes["record_status"] == [start, target]
                made += 1
            else:
                with pytest.raises(Conflict) as refused:
                    verb(crew, contact)
                assert (refused.value.code, refused.value.detail[-1]) == (code, "."), (start, target)
                contact.refresh_from_db()
                assert contact.record_status == start
    assert made == sum(len(targets - {Status.AMENDED}) for targets in CrisisContact.TRANSITIONS.values())


def test_no_other_door_moves_a_contact(crew: Crew):
    """The state is no field that anybody may write."""
    draft = crew.draft()
    with pytest.raises(Invalid, match=r"^unknown_field$"):
        save_draft(by=crew.embedded, contact_id=draft.pk, at=b.NOW, record_status="final")
    with pytest.raises(Invalid, match=r"^unknown_field$"):
        record_contact(by=crew.embedded, occurred_at=b.NOW, at=b.NOW, record_status="final")


@pytest.mark.parametrize("verb", [cancel_contact, mark_contact_error])
@pytest.mark.parametrize(
    ("reason", "code"), [("", "missing"), (" ", "missing"), ("a\x00b", "missing"), ("a" * 201, "too_long")]
)
def test_end_has_a_reason(crew: Crew, verb: Callable[..., CrisisContact], reason: str, code: str):
    contact = stands_as(crew.draft(), "draft" if verb is cancel_contact else "final")
    with pytest.raises(Invalid, match=f"^{code}$") as refused:
        verb(by=crew.embedded, contact_id=contact.pk, reason=reason, at=b.NOW)
    assert refused.value.field == "reason"


def test_reason_is_kept_and_not_in_the_history(crew: Crew):
    contact = cancel_contact(by=crew.embedded, contact_id=crew.draft().pk, reason=" Test call. ", at=b.NOW)
    contact.refresh_from_db()
    assert contact.status_reason == "Test call."
    assert "Test call" not in "".join(str(row.changes) for row in AuditEntry.objects.all())


def test_error_is_marked_by_the_author_or_by_who_corrects_records(crew: Crew):
    contact = stands_as(crew.draft(), "amended")
    allowed = {crew.embedded: None, b.member("gale", crew.county, "privacy_officer"): None}
    refused: dict[object, type[DomainError]] = {
        crew.second: NotFound,
        crew.reyes: NotFound,
        b.member("gil", crew.police, "privacy_officer"): NotFound,
        b.member("lee", crew.county, "supervisor"): NotAllowed,
    }
    for by, error in (allowed | refused).items():
        with b.undone():
            if error is None:
                assert mark_contact_error(by=by, contact_id=contact.pk, reason="Wrong.", at=b.NOW)
            else:
                with pytest.raises(error):
                    mark_contact_error(by=by, contact_id=contact.pk, reason="Wrong.", at=b.NOW)


def test_contact_in_error_keeps_its_content(crew: Crew):
    contact = stands_as(crew.draft(narrative="Clinical words."), "final")
    mark_contact_error(by=crew.embedded, contact_id=contact.pk, reason="Another person.", at=b.NOW)
    contact.refresh_from_db()
    assert (contact.operational_summary, contact.narrative.text) == ("Spoke quietly.", "Clinical words.")


@pytest.mark.parametrize("verb", [cancel_contact, mark_contact_error])
def test_foreign_contact_and_none_at_all_are_one_answer(crew: Crew, verb: Callable[..., CrisisContact]):
    """P-3."""
    contact = stands_as(crew.draft(), "draft" if verb is cancel_contact else "final")
    for by, contact_id in ((crew.second, contact.pk), (crew.reyes, contact.pk), (crew.embedded, uuid7())):
        with pytest.raises(NotFound, match=r"^not_found$"):
            verb(by=by, contact_id=contact_id, reason="Wrong.", at=b.NOW)


@pytest.mark.parametrize("verb", [cancel_contact, mark_contact_error])
def test_contact_changed_meanwhile_does_not_end(crew: Crew, verb: Callable[..., CrisisContact]):
    contact = stands_as(crew.draft(), "draft" if verb is cancel_contact else "final")
    with pytest.raises(Stale):
        verb(by=crew.embedded, contact_id=contact.pk, reason="Wrong.", at=b.NOW, version=contact.version - 1)
