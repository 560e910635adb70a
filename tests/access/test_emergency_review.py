"""The review of an emergency access: by whom, with what in view, and what follows (5.11)."""

from typing import Any

import pytest

from continuity.access import emergencies as verbs
from continuity.access.models import EmergencyAccess
from continuity.agencies.models import Membership
from continuity.agencies.services import propose_pack, sign_off_pack
from continuity.disclosures.emergencies import review_file
from continuity.disclosures.models import LedgerEntry
from continuity.errors import Conflict, Invalid, NotAllowed, NotFound
from tests.access.emergency_world import NOBODY, SAM, Emergency, build_emergency, later
from tests.replay import replayed

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(db: None, settings: Any) -> Emergency:
    settings.NEGATIVE_FLOOR = 0
    return replayed(build_emergency)


def ended(world: Emergency) -> EmergencyAccess:
    return verbs.end_emergency(by=world.reyes, emergency_id=world.released().pk, at=later(3))


def review(
    by: Membership, emergency: EmergencyAccess, outcome: str = "justified", **more: Any
) -> EmergencyAccess:
    said = {
        "by": by,
        "emergency_id": emergency.pk,
        "outcome": outcome,
        "note": "Read it.",
        "at": later(5),
    } | more
    return verbs.review_emergency(**said)


def test_the_releasing_agency_reviews_a_request_and_the_own_one_an_override(world: Emergency):
    request, override = ended(world), world.break_glass()
    verbs.end_emergency(by=world.clinician, emergency_id=override.pk, at=later(3))
    queues = {
        by.member.username: set(verbs.to_review(by, later(4)).values_list("pk", flat=True))
        for by in (world.privacy, world.supervisor, world.clinic_privacy, world.reyes, world.cast.novak)
    }
    assert queues == {
        "pat": {request.pk}, "sue": {request.pk}, "clinic-pat": {override.pk}, "reyes": set(), "novak": set(),
    }  # fmt: skip
    assert review(world.supervisor, request).review == "justified"
    with pytest.raises(NotFound):
        review(world.privacy, override)


def test_nobody_reviews_what_they_asked_for_or_answered(world: Emergency):
    """5.11: neither requester nor releaser, on whatever duty."""
    request, override = ended(world), world.break_glass()
    verbs.end_emergency(by=world.clinician, emergency_id=override.pk, at=later(3))
    Membership.objects.filter(pk__in=[world.releaser.pk, world.clinician.pk]).update(roles=["supervisor"])
    for by, emergency in ((world.releaser, request), (world.clinician, override)):
        by = Membership.objects.get(pk=by.pk)
        assert not verbs.to_review(by, later(4)).filter(pk=emergency.pk).exists()
        with pytest.raises(NotAllowed) as told:
            review(by, emergency)
        assert told.value.code == "own_part"
        with pytest.raises(NotFound):
            review_file(by=by, emergency_id=emergency.pk, channel="page", at=later(4))


def test_what_the_clock_has_ended_waits_for_review_without_a_worker(world: Emergency):
    opened = world.released()
    assert not verbs.to_review(world.privacy, later(29)).exists()
    assert verbs.to_review(world.privacy, later(30)).get() == opened
    assert review(world.privacy, opened, at=later(31)).ended_at == later(30)


def test_a_review_needs_words_and_an_unjustified_one_a_referral(world: Emergency):
    emergency = ended(world)
    for outcome, more, field in (
        ("justified", {"note": " "}, "note"),
        ("unjustified", {}, "referred_to"),
        ("review_pending", {}, "outcome"),
        ("unjustified", {"referred_to": "x" * 121}, "referred_to"),
    ):
        with pytest.raises(Invalid) as told:
            review(world.privacy, emergency, outcome, **more)
        assert told.value.field == field
    assert EmergencyAccess.objects.get(pk=emergency.pk).review == "review_pending"


def test_an_unjustified_use_blocks_until_the_office_clears_it(world: Emergency):
    emergency = ended(world)
    review(world.privacy, emergency, "unjustified", referred_to="Professional standards")
    with pytest.raises(Conflict) as told:
        world.ask(at=later(6))
    assert told.value.code == "review_overdue"
    verbs.clear_emergency(by=world.privacy, emergency_id=emergency.pk, note="Trained anew.", at=later(7))
    assert world.ask(at=later(8)).state == "requested"


def test_a_justified_use_blocks_nothing(world: Emergency):
    emergency = review(world.privacy, ended(world))
    assert world.ask(at=emergency.review_due_at).state == "requested"


def test_the_file_shows_case_answers_and_what_was_read_and_is_itself_ledgered(world: Emergency):
    """L-13: recipient, facility, discloser, date, time, nature."""
    opened = world.released(note="Known to us.")
    world.card(opened, later(1))
    world.card(opened, later(2))
    verbs.end_emergency(by=world.reyes, emergency_id=opened.pk, at=later(3))
    file = review_file(by=world.privacy, emergency_id=opened.pk, channel="admin", at=later(4))
    assert file.described["last"] == "Testcase"
    assert file.emergency.nature == "Person on a bridge"
    assert [(one.answered_by, one.categories, one.note) for one in file.answers] == [
        (world.releaser, ["D0", "D1"], "Known to us.")
    ]
    assert [(one.at, one.channel, one.categories, one.records) for one in file.uses] == [
        (later(minute), "page", ("D0", "D1"), 3) for minute in (1, 2)
    ]
    row = LedgerEntry.objects.latest("id")
    assert (row.asker, row.outcome, row.channel, row.records) == (
        world.privacy, "read", "admin", [["emergencyaccess", str(opened.pk), file.emergency.version]],
    )  # fmt: skip


def test_a_file_is_closed_to_everybody_else_and_before_the_end(world: Emergency):
    opened = world.released()
    for by, at in (
        (world.privacy, later(1)),
        (world.clinic_privacy, later(31)),
        (world.reyes, later(31)),
        (world.cast.kim, later(31)),
    ):
        with pytest.raises(NotFound):
            review_file(by=by, emergency_id=opened.pk, channel="admin", at=at)
        assert LedgerEntry.objects.get(asker=by).outcome == "refused"


def test_that_a_person_is_to_be_told_is_listed_alike_for_nobody(world: Emergency):
    """5.11, P-3: the list does not say whether anybody was meant."""
    opened = {world.break_glass(whom, by=world.medic).pk for whom in (SAM, NOBODY)}
    assert set(verbs.to_tell(world.clinic_privacy, later(61)).values_list("pk", flat=True)) == opened
    assert not verbs.to_tell(world.clinic_privacy, later(59)).exists()
    for pk in opened:
        verbs.note_person_told(
            by=world.clinic_privacy, emergency_id=pk, how="At the next visit.", at=later(61)
        )
    assert not verbs.to_tell(world.clinic_privacy, later(62)).exists()


def test_where_the_pack_tells_nobody_the_list_is_empty(world: Emergency):
    opened = world.break_glass()
    pack = propose_pack(
        code="ca",
        number=7,
        title="Tells nobody",
        effective_at=later(-9),
        rules={"tell_person_of_emergency": False},
    )
    assert verbs.to_tell(world.clinic_privacy, later(61)).get() == opened
    sign_off_pack(by=world.privacy, pack_id=pack.pk, counsel="Counsel of the county", at=later(-8))
    assert not verbs.to_tell(world.clinic_privacy, later(61)).exists()


def test_only_the_reviewing_agency_notes_that_the_person_was_told(world: Emergency):
    emergency = ended(world)
    for by, error in (
        (world.clinic_privacy, NotFound),
        (world.reyes, NotAllowed),
        (world.cast.kim, NotAllowed),
    ):
        with pytest.raises(error):
            verbs.note_person_told(by=by, emergency_id=emergency.pk, how="By letter.", at=later(4))
    with pytest.raises(Invalid):
        verbs.note_person_told(by=world.privacy, emergency_id=emergency.pk, how=" ", at=later(4))
