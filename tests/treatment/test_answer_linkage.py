"""Answering a linkage: the recipient's team, by legal moves, until it ends (5.9)."""

from datetime import timedelta

import pytest
from django.db import transaction

from continuity.agencies.models import Member, Membership
from continuity.errors import Conflict, Invalid, NotAllowed, NotFound, Stale
from continuity.ids import uuid7
from continuity.notices.models import Notice
from continuity.trail.models import AuditEntry
from continuity.treatment.linkages import answer_linkage
from continuity.treatment.models import TASK_TRANSITIONS, Linkage, LinkageGroupGrant, TaskStatus
from tests import builders as b
from tests.treatment.conftest import TO_ENGAGED, Care

pytestmark = pytest.mark.django_db
ENDS = ["declined_by_recipient", "cancelled_by_person", "unable"]
OPEN = ["sent", "received", "accepted", "waitlisted", "scheduled", "engaged"]


def is_taken(care: Care, linkage: Linkage, there: str) -> bool:
    """Whether the move is made; it is taken back at once."""
    with transaction.atomic():
        try:
            return care.answer(linkage, there).status == there
        except Conflict:
            return False
        finally:
            transaction.set_rollback(True)


@pytest.mark.parametrize("here", OPEN)
def test_exactly_the_legal_moves_are_made(care: Care, here: str):
    linkage = care.linkage()
    linkage.status = here
    linkage.save()
    taken = {there for there in TaskStatus.values if is_taken(care, linkage, there)}
    # That it was entered in error is for whoever entered it to say, not for the recipient.
    assert taken == TASK_TRANSITIONS[TaskStatus(here)] - {TaskStatus.ENTERED_IN_ERROR}
    assert taken


def test_move_to_no_state_at_all_is_illegal(care: Care):
    with pytest.raises(Conflict, match=r"^illegal_move$"):
        care.answer(care.linkage(), "nearly_done")


def test_moves_are_kept_with_reason_and_history(care: Care):
    linkage = care.answer(care.linkage(), "received", reason="Read by the intake desk.")
    linkage.refresh_from_db()
    assert (linkage.status, linkage.status_reason, linkage.closed_at) == (
        "received",
        "Read by the intake desk.",
        None,
    )
    row = AuditEntry.objects.filter(object_pk=str(linkage.pk)).latest("pk")
    assert row.changes["status"] == ["sent", "received"]
    assert "status_reason" in row.changes
    assert "intake desk" not in str(row.changes)


def test_move_carries_its_facts(care: Care):
    linkage = care.answer(care.linkage(), "received", "accepted")
    care.answer(linkage, "scheduled", appointment_at=b.NOW + timedelta(days=3), owner=care.adeyemi)
    linkage.refresh_from_db()
    assert (linkage.appointment_at, linkage.owner) == (b.NOW + timedelta(days=3), care.adeyemi)
    care.answer(linkage, "engaged", at=b.NOW + timedelta(days=4), first_attended_at=b.NOW + timedelta(days=3))
    assert Linkage.objects.get().first_attended_at == b.NOW + timedelta(days=3)


LACKING = {
    "declined without a reason": (("received",), "declined_by_recipient", {"reason": " "}, "reason"),
    "unable without a reason": ((), "unable", {"reason": ""}, "reason"),
    "waitlisted without a reason": (("received", "accepted"), "waitlisted", {"reason": ""}, "reason"),
    "scheduled for no day": (
        ("received", "accepted"),
        "scheduled",
        {"appointment_at": None},
        "appointment_at",
    ),
    "engaged without a visit": (TO_ENGAGED[:3], "engaged", {"first_attended_at": None}, "first_attended_at"),
    "visit that lies ahead": (
        TO_ENGAGED[:3],
        "engaged",
        {"first_attended_at": b.NOW + timedelta(seconds=1)},
        "first_attended_at",
    ),
    "visit on the day before the request": (
        TO_ENGAGED[:3],
        "engaged",
        # NOW is noon in the county.
        {"first_attended_at": b.NOW - timedelta(hours=12, seconds=1)},
        "first_attended_at",
    ),
    "reason longer than the row": ((), "received", {"reason": "x" * 201}, "reason"),
}


def test_answer_without_its_fact_is_refused_at_the_field(care: Care):
    """P-24: a linkage is connected by a visit, not by a word."""
    for case, (path, status, fields, field) in LACKING.items():
        with b.undone():
            linkage = care.answer(care.linkage(), *path)
            with pytest.raises(Invalid) as refused:
                care.answer(linkage, status, **fields)
            linkage.refresh_from_db()
            assert (refused.value.field, linkage.status != status) == (field, True), case


def test_visit_on_the_day_of_the_request_counts_though_it_is_known_by_the_day_alone(care: Care):
    midnight = b.NOW - timedelta(hours=12)
    care.answer(care.linkage(), *TO_ENGAGED, first_attended_at=midnight)
    assert Linkage.objects.get().first_attended_at == midnight


def test_owner_works_for_the_recipient(care: Care):
    with pytest.raises(Invalid, match=r"^not_of_the_agency$"):
        care.answer(care.linkage(), "received", owner=care.embedded)


def test_first_answer_acknowledges_and_later_ones_do_not_move_it(care: Care):
    linkage = care.answer(care.linkage(), "received")
    care.answer(linkage, "accepted", at=b.NOW + timedelta(hours=2))
    assert Linkage.objects.get().received_at == b.NOW


def test_answer_to_a_linkage_changed_meanwhile_is_stale(care: Care):
    linkage = care.linkage()
    care.answer(linkage, "received", version=1)
    with pytest.raises(Stale):
        care.answer(linkage, "accepted", version=1)


TOLD = {
    "declined": ("declined_by_recipient",),
    "waitlisted": ("received", "accepted", "waitlisted"),
    "attended": TO_ENGAGED,
    "could not": ("unable",),
    "did not want": ("cancelled_by_person",),
}


def test_requester_is_told_once_of_what_matters_and_of_nothing_else(care: Care):
    for case, path in (TOLD | {"on its way": TO_ENGAGED[:3]}).items():
        with b.undone():
            linkage = care.answer(care.linkage(), *path)
            told = Notice.objects.filter(kind="linkage_changed")
            found = [(one.subject_id, one.agency, one.member, one.team) for one in told]
            wanted = [(linkage.pk, care.county, care.embedded.member, None)] if case in TOLD else []
            assert found == wanted, case


def test_requester_who_has_left_leaves_the_news_to_the_agency(care: Care):
    linkage = care.linkage()
    care.embedded.ended_at = b.NOW
    care.embedded.save()
    care.answer(linkage, "declined_by_recipient")
    told = Notice.objects.get(kind="linkage_changed")
    assert (told.agency, told.member) == (care.county, None)


@pytest.mark.parametrize("end", ENDS)
def test_team_loses_the_linkage_when_it_ends(care: Care, end: str):
    linkage = care.answer(care.linkage(), end)
    assert Linkage.objects.get().closed_at == b.NOW
    assert not LinkageGroupGrant.objects.exists()
    with pytest.raises(NotFound, match=r"^not_found$"):
        care.answer(linkage, "entered_in_error")


def test_team_loses_the_linkage_when_it_is_completed(care: Care):
    linkage = care.answer(care.linkage(), *TO_ENGAGED)
    assert LinkageGroupGrant.objects.count() == 1
    care.answer(linkage, "completed")
    assert not LinkageGroupGrant.objects.exists()


def test_end_of_one_linkage_leaves_the_other_with_the_team(care: Care):
    first, other = care.linkage(), care.linkage()
    care.answer(first, "unable")
    assert care.answer(other, "received").status == "received"


def strangers(care: Care) -> dict[str, Membership]:
    elsewhere = b.agency("elsewhere", "clinic_treatment")
    root = Member.objects.create_superuser("root", "correct horse", display_name="Root")
    return {
        "stranger": b.member("novak", elsewhere, "treatment_clinician"),
        "colleague outside the team": b.member("colleague", care.clinic, "treatment_clinician"),
        "the one who sent it": care.embedded,
        "team member under another hat": Membership.objects.create(
            member=care.adeyemi.member, agency=elsewhere, roles=["treatment_clinician"]
        ),
        "superuser": Membership.objects.create(
            member=root, agency=care.clinic, roles=["treatment_clinician"]
        ),
    }


@pytest.mark.parametrize(
    "who",
    [
        "stranger",
        "colleague outside the team",
        "the one who sent it",
        "team member under another hat",
        "superuser",
    ],
)
def test_linkage_is_not_found_by(care: Care, who: str):
    """P-3: as if there were none."""
    with pytest.raises(NotFound, match=r"^not_found$"):
        care.answer(care.linkage(), "received", by=strangers(care)[who])
    assert Linkage.objects.get().status == "sent"


def test_illegal_move_of_a_stranger_tells_no_more_than_a_legal_one(care: Care):
    linkage, novak = care.linkage(), strangers(care)["stranger"]
    with pytest.raises(NotFound, match=r"^not_found$"):
        care.answer(linkage, "completed", by=novak)


def test_linkage_that_is_not_there_is_not_found(care: Care):
    with pytest.raises(NotFound, match=r"^not_found$"):
        answer_linkage(by=care.adeyemi, linkage_id=uuid7(), status="received", at=b.NOW)


def test_team_member_without_the_duty_answers_nothing(care: Care):
    navigator = b.member("navigator", care.clinic, "peer_navigator")
    navigator.member.groups.add(care.team.group)
    with pytest.raises(NotAllowed, match=r"^duty_missing$"):
        care.answer(care.linkage(), "received", by=navigator)
