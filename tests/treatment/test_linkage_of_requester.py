"""What the requester does with a linkage: draft, send, take back, answer for one outside, reopen, mark (5.9)."""

from datetime import timedelta

import pytest

from continuity.agencies import grants
from continuity.agencies.models import Membership
from continuity.errors import Conflict, DomainError, Invalid, NotAllowed, NotFound, Stale
from continuity.ids import uuid7
from continuity.notices.models import Notice
from continuity.treatment import linkages
from continuity.treatment.models import Linkage, LinkageGroupGrant
from tests import builders as b
from tests.treatment.conftest import TO_ENGAGED, Care

pytestmark = pytest.mark.django_db
WHY = {"reason": "Wants nothing more."}


def test_draft_is_nobodys_to_answer_and_its_recipient_does_not_know_of_it(care: Care):
    linkage = care.linkage(is_draft=True)
    assert (linkage.status, linkage.acknowledge_by) == ("draft", None)
    assert not LinkageGroupGrant.objects.exists()
    assert not Notice.objects.exists()
    assert not care.sam.person_agencies.filter(agency=care.clinic).exists()


def test_sending_a_draft_hands_it_over_and_begins_its_clock(care: Care):
    draft = care.linkage(is_draft=True, priority="urgent")
    later = b.NOW + timedelta(days=2)
    sent = linkages.send_linkage(by=care.embedded, linkage_id=draft.pk, at=later)
    assert (sent.status, sent.requested_at) == ("sent", later)
    assert sent.acknowledge_by == later + timedelta(hours=24)
    grants.require(care.adeyemi, "answer", sent)
    assert Notice.objects.get().subject_id == sent.pk


@pytest.mark.parametrize(("priority", "hours"), [("stat", 1), ("asap", 4), ("urgent", 24), ("routine", 72)])
def test_recipient_has_by_priority_to_say_that_it_has_it(care: Care, priority: str, hours: int):
    assert care.linkage(priority=priority).acknowledge_by == b.NOW + timedelta(hours=hours)


def test_provider_outside_has_no_clock(care: Care):
    assert care.linkage(recipient=None, external_provider="A shelter").acknowledge_by is None


def test_unknown_kind_or_priority_is_refused_at_its_field(care: Care):
    for field in ("kind", "priority"):
        with pytest.raises(Invalid, match=r"^unknown_value$") as refused:
            care.linkage(**{field: "somehow"})
        assert refused.value.field == field


def cancel(care: Care, linkage: Linkage, by: Membership | None = None, **fields: object) -> Linkage:
    usual = {
        "by": by or care.embedded,
        "linkage_id": linkage.pk,
        "status": "cancelled_by_person",
        "at": b.NOW,
    }
    return linkages.cancel_linkage(**(usual | WHY | fields))  # type: ignore[arg-type]


def test_team_loses_what_the_requester_takes_back(care: Care):
    for path in ((), ("received",)):
        for status in ("cancelled_by_person", "unable"):
            with b.undone():
                linkage = care.answer(care.linkage(), *path)
                ended = cancel(care, linkage, status=status)
                assert (ended.status, ended.status_reason, ended.closed_at) == (
                    status,
                    WHY["reason"],
                    b.NOW,
                )
                assert not LinkageGroupGrant.objects.exists()
                with pytest.raises(NotFound):
                    care.answer(linkage, "received")


def test_accepted_linkage_is_its_recipients_to_end(care: Care):
    linkage = care.answer(care.linkage(), "received", "accepted")
    with pytest.raises(Conflict, match=r"^accepted_already$"):
        cancel(care, linkage)
    assert LinkageGroupGrant.objects.count() == 1


def test_taking_back_asks_for_a_reason_and_an_end_that_is_the_requesters(care: Care):
    for fields, field in (({"reason": " "}, "reason"), ({"status": "completed"}, "status")):
        with pytest.raises(Invalid) as refused:
            cancel(care, care.linkage(), **fields)
        assert refused.value.field == field


def test_error_takes_the_linkage_from_its_team_in_whatever_state(care: Care):
    """P-8."""
    for path in ((), TO_ENGAGED, (*TO_ENGAGED, "completed")):
        with b.undone():
            linkage = care.answer(care.linkage(), *path)
            about = {"by": care.embedded, "linkage_id": linkage.pk, "at": b.NOW + timedelta(days=9)}
            marked = linkages.mark_linkage_error(**about, reason="Another Sam.")
            closed = b.NOW if "completed" in path else b.NOW + timedelta(days=9)
            assert (marked.status, marked.closed_at) == ("entered_in_error", closed)
            assert not LinkageGroupGrant.objects.exists()
            with pytest.raises(Conflict, match=r"^illegal_move$"):
                linkages.mark_linkage_error(**about, reason="Again.")


def test_privacy_officer_marks_an_error_but_refers_nobody(care: Care):
    officer = b.member("privacy", care.county, "privacy_officer")
    linkage = care.linkage()
    with pytest.raises(NotAllowed):
        cancel(care, linkage, by=officer)
    linkages.mark_linkage_error(by=officer, linkage_id=linkage.pk, reason="Another Sam.", at=b.NOW)


def test_closed_linkage_is_asked_again_as_a_new_one_that_names_it(care: Care):
    former = care.answer(care.linkage(kind="psychiatry_medication", priority="asap"), "declined_by_recipient")
    later = b.NOW + timedelta(days=1)
    again = linkages.reopen_linkage(by=care.embedded, linkage_id=former.pk, at=later)
    assert (again.prior, again.status, again.kind, again.priority) == (
        former,
        "sent",
        "psychiatry_medication",
        "asap",
    )
    assert again.requested_at == later
    grants.require(care.adeyemi, "answer", again)
    former.refresh_from_db()
    assert former.status == "declined_by_recipient"
    with pytest.raises(Conflict, match=r"^reopened_already$"):
        linkages.reopen_linkage(by=care.embedded, linkage_id=former.pk, at=later)


def test_outside_provider_is_answered_for_by_the_requester(care: Care):
    linkage = care.linkage(recipient=None, external_provider="A shelter")
    for status, fields in (
        ("received", {}),
        ("accepted", {}),
        ("scheduled", {"appointment_at": b.NOW}),
        ("engaged", {"first_attended_at": b.NOW}),
        ("completed", {}),
    ):
        linkage = linkages.answer_outside(
            by=care.embedded, linkage_id=linkage.pk, status=status, at=b.NOW, **fields
        )
    assert (linkage.status, linkage.first_attended_at, linkage.closed_at) == ("completed", b.NOW, b.NOW)
    assert not Notice.objects.exists()


def test_requester_does_not_answer_for_a_recipient_that_answers_itself(care: Care):
    with pytest.raises(Conflict, match=r"^recipients_word$"):
        linkages.answer_outside(by=care.embedded, linkage_id=care.linkage().pk, status="received", at=b.NOW)


def scheduled(care: Care) -> Linkage:
    return care.answer(care.linkage(), *TO_ENGAGED[:3], appointment_at=b.NOW + timedelta(days=1))


def test_missed_appointment_leaves_the_linkage_waiting_and_tells_the_requester(care: Care):
    linkage, later = scheduled(care), b.NOW + timedelta(days=1)
    noted = linkages.note_no_show(by=care.adeyemi, linkage_id=linkage.pk, at=later, reason="Did not come.")
    assert (noted.status, noted.appointment_at, noted.closed_at) == ("scheduled", None, None)
    told = Notice.objects.get(kind="linkage_changed")
    assert (told.subject_id, told.member) == (linkage.pk, care.embedded.member)
    again = linkages.reschedule_linkage(
        by=care.adeyemi, linkage_id=linkage.pk, appointment_at=later + timedelta(days=7), at=later
    )
    assert again.appointment_at == later + timedelta(days=7)


def test_appointment_that_has_not_come_yet_is_not_missed(care: Care):
    linkage, just_before = scheduled(care), b.NOW + timedelta(days=1, microseconds=-1)
    with pytest.raises(Conflict, match=r"^no_appointment_passed$"):
        linkages.note_no_show(by=care.adeyemi, linkage_id=linkage.pk, at=just_before)


VERBS = {
    "send": lambda **k: linkages.send_linkage(**k),
    "cancel": lambda **k: linkages.cancel_linkage(**k, status="unable", **WHY),
    "reopen": lambda **k: linkages.reopen_linkage(**k),
    "error": lambda **k: linkages.mark_linkage_error(**k, **WHY),
    "outside": lambda **k: linkages.answer_outside(**k, status="received"),
    "no show": lambda **k: linkages.note_no_show(**k),
    "reschedule": lambda **k: linkages.reschedule_linkage(**k, appointment_at=b.NOW),
}


@pytest.mark.parametrize("verb", VERBS)
def test_linkage_of_others_and_none_at_all_are_the_same_answer(care: Care, verb: str):
    """P-3, whatever state it is in and whatever version is said."""
    novak = b.member("novak", b.agency("faraway", "clinic_treatment"), "treatment_clinician")
    for linkage_id in (scheduled(care).pk, uuid7()):
        with pytest.raises(NotFound, match=r"^not_found$"):
            VERBS[verb](by=novak, linkage_id=linkage_id, at=b.NOW, version=99)


@pytest.mark.parametrize("verb", VERBS)
def test_requesters_verb_asks_for_the_duty_and_for_the_version(care: Care, verb: str):
    officer, linkage = b.member("other", care.county, "officer"), care.linkage()
    with pytest.raises(NotAllowed, match=r"^duty_missing$"):
        VERBS[verb](by=officer, linkage_id=linkage.pk, at=b.NOW)
    by = care.adeyemi if verb in ("no show", "reschedule") else care.embedded
    with pytest.raises(Stale) as refused:
        VERBS[verb](by=by, linkage_id=linkage.pk, at=b.NOW, version=99)
    assert isinstance(refused.value, DomainError)
