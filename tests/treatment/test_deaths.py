"""A death ends what was promised, and nothing else (6.4, L-29)."""

from datetime import datetime, timedelta

import pytest

from continuity.agencies.models import Membership
from continuity.consents.models import Consent
from continuity.crisis import plans
from continuity.crisis import services as crisis
from continuity.crisis.models import CrisisContact
from continuity.errors import Conflict, Invalid, NotAllowed, NotFound
from continuity.notices.models import Notice
from continuity.people.services import find_or_register
from continuity.treatment import tasks
from continuity.treatment.deaths import record_death, take_back_death
from continuity.treatment.follow_ups import mark_follow_up_error
from continuity.treatment.linkages import mark_linkage_error, send_linkage
from continuity.treatment.models import FollowUp, LinkageGroupGrant
from tests import builders as b
from tests.treatment.conftest import NEEDED, Care
from tests.treatment.test_reminders import DUE, swept, told

DAY = b.NOW.date()
LATER = b.NOW + timedelta(days=2)


@pytest.fixture
def pia(care: Care) -> Membership:
    return b.member("pia", care.county, "privacy_officer")


def die(care: Care, pia: Membership) -> None:
    care.sam = record_death(by=pia, person_id=care.sam.pk, died_on=DAY, at=b.NOW)


def test_death_closes_what_is_open_and_nothing_else(care: Care, pia: Membership):
    promised, linkage, draft = care.promise(), care.linkage(), care.linkage(is_draft=True)
    kept = care.promise(kind="caring_contact")
    care.attempt(kept, "reached_engaged", result="connected")
    die(care, pia)
    for one in (promised, linkage, draft):
        one.refresh_from_db()
        assert (one.status, one.closed_at) == ("unable", b.NOW)
        assert one.status_reason == "The person has died."
    kept.refresh_from_db()
    assert kept.status == "completed"
    assert not LinkageGroupGrant.objects.exists()
    told = Notice.objects.filter(kind=Notice.Kind.LINKAGE_CHANGED)
    assert [one.subject_id for one in told] == [linkage.pk]
    assert CrisisContact.objects.get().record_status == "final"


def test_death_ends_no_consent(cast, db):
    """P2 s2.15, HIPAA: what was agreed stays; the gate asks it live."""
    consent, pia = cast.consent(), b.member("pia", cast.county, "privacy_officer")
    record_death(by=pia, person_id=cast.sam.pk, died_on=DAY, at=b.NOW)
    assert Consent.objects.get(pk=consent.pk).status == "active"


def test_death_is_the_privacy_office_s_to_write_about_its_own_people(care: Care, pia: Membership):
    stranger = b.member("otto", b.agency("far", "clinic_treatment"), "privacy_officer")
    for by, refusal in ((care.embedded, NotAllowed), (stranger, NotFound)):
        with pytest.raises(refusal):
            record_death(by=by, person_id=care.sam.pk, died_on=DAY, at=b.NOW)
        with pytest.raises(refusal):
            take_back_death(by=by, person_id=care.sam.pk, at=b.NOW)


@pytest.mark.parametrize(
    ("died_on", "code"), [(DAY + timedelta(days=1), "in_the_future"), (b.date(1980, 1, 1), "before_birth")]
)
def test_day_of_death_lies_in_the_life(care: Care, pia: Membership, died_on, code):
    with pytest.raises(Invalid, match=f"^{code}$"):
        record_death(by=pia, person_id=care.sam.pk, died_on=died_on, at=b.NOW)


def test_death_is_written_once_and_can_be_taken_back(care: Care, pia: Membership):
    with pytest.raises(Conflict, match=r"^not_deceased$"):
        take_back_death(by=pia, person_id=care.sam.pk, at=b.NOW)
    die(care, pia)
    with pytest.raises(Conflict, match=r"^deceased_already$"):
        die(care, pia)
    care.sam = take_back_death(by=pia, person_id=care.sam.pk, at=b.NOW)
    assert care.sam.deceased_date is None
    assert care.promise().closed_at is None


def live(care: Care, pia: Membership, at: datetime = LATER) -> None:
    care.sam = take_back_death(by=pia, person_id=care.sam.pk, at=at)


@pytest.mark.parametrize("moves", [(), ("received", "accepted", "waitlisted"), ("received", "accepted")])
def test_linkage_of_somebody_who_lives_after_all_goes_on_where_it_stood(
    care: Care, pia: Membership, moves: tuple[str, ...]
):
    """A death that was written down by mistake loses nobody (6.4): who asked and who answers are told."""
    linkage = care.answer(care.linkage(), *moves)
    as_it_was = (linkage.status, linkage.status_reason, None, "", "")
    die(care, pia)
    Notice.objects.all().delete()
    live(care, pia)
    linkage.refresh_from_db()
    kept = (linkage.status_before_death, linkage.reason_before_death)
    assert (linkage.status, linkage.status_reason, linkage.closed_at, *kept) == as_it_was
    assert linkage.version == len(moves) + 3
    assert told("linkage_changed") == [(linkage.pk, care.county, None, care.embedded.member)]
    assert told("linkage_sent") == [(linkage.pk, care.clinic, care.team, None)]
    follows = {"sent": "received", "waitlisted": "scheduled", "accepted": "scheduled"}[linkage.status]
    assert care.answer(linkage, follows).status == follows


def test_draft_and_referral_to_an_outside_provider_are_the_requester_s_again(care: Care, pia: Membership):
    draft, outside = care.linkage(is_draft=True), care.linkage(recipient=None, external_provider="A shelter")
    die(care, pia)
    live(care, pia)
    for one, status in ((draft, "draft"), (outside, "sent")):
        one.refresh_from_db()
        assert (one.status, one.status_reason, one.closed_at) == (status, "", None)
    assert told("linkage_changed") == [(outside.pk, care.county, None, care.embedded.member)]
    assert not told("linkage_sent")
    assert not LinkageGroupGrant.objects.exists()
    assert send_linkage(by=care.embedded, linkage_id=draft.pk, at=LATER).status == "sent"


def test_only_what_the_death_closed_is_open_again(care: Care, pia: Membership):
    """What had ended before stays ended, and what was marked as an error since is one."""
    kept, wrong, ended, mistaken = care.promise(), care.promise(), care.linkage(), care.linkage()
    care.attempt(kept, "reached_engaged", result="connected")
    care.answer(ended, "received", "unable")
    die(care, pia)
    mark_follow_up_error(by=pia, follow_up_id=wrong.pk, reason="Not theirs.", at=b.NOW)
    mark_linkage_error(by=pia, linkage_id=mistaken.pk, reason="Not theirs.", at=b.NOW)
    live(care, pia)
    for one, status in (
        (kept, "completed"),
        (wrong, "entered_in_error"),
        (ended, "unable"),
        (mistaken, "entered_in_error"),
    ):
        one.refresh_from_db()
        assert (one.status, one.closed_at) == (status, b.NOW)
    assert ended.status_reason == NEEDED["unable"]["reason"]


def test_second_death_is_taken_back_like_the_first(care: Care, pia: Membership):
    promised = care.promise()
    for _ in range(2):
        die(care, pia)
        assert FollowUp.objects.get(pk=promised.pk).closed_at == b.NOW
        live(care, pia)
        assert FollowUp.objects.get(pk=promised.pk).closed_at is None


def test_follow_up_that_is_not_due_yet_is_open_again_and_told_when_it_is(care: Care, pia: Membership):
    care.promise(assigned_to=care.embedded)
    die(care, pia)
    live(care, pia, at=b.NOW)
    assert not told("follow_up_due")
    assert swept(tasks.tell_of_due_follow_ups, DUE) == 1
    assert swept(tasks.tell_supervisors_of_overdue, DUE + timedelta(hours=1)) == 1


@pytest.mark.parametrize("days", [1, 100])
@pytest.mark.parametrize("was_told", [True, False])
def test_follow_up_that_fell_due_meanwhile_is_told_to_who_owes_it_and_who_supervises(
    care: Care, pia: Membership, was_told: bool, days: int
):
    """Also where both were told before the death, and where its time is too long ago for the sweep."""
    anna, follow_up = b.member("anna", care.county, "supervisor"), care.promise(assigned_to=care.embedded)
    if was_told:
        swept(tasks.tell_of_due_follow_ups, DUE)
        swept(tasks.tell_supervisors_of_overdue, DUE + timedelta(minutes=1))
        Notice.objects.update(read_at=DUE)
    die(care, pia)
    live(care, pia, at=DUE + timedelta(days=days))
    for task in (tasks.tell_of_due_follow_ups, tasks.tell_supervisors_of_overdue):
        assert swept(task, DUE + timedelta(days=days)) == 0
    unread = Notice.objects.filter(read_at=None).order_by("kind").values_list("kind", "subject_id", "member")
    assert list(unread) == [
        ("follow_up_due", follow_up.pk, care.embedded.member_id),
        ("follow_up_overdue", follow_up.pk, anna.member_id),
    ]


def test_nothing_new_is_begun_about_the_dead(care: Care, pia: Membership):
    waiting = care.linkage(is_draft=True)
    die(care, pia)
    begin = [
        care.promise,
        care.linkage,
        lambda: send_linkage(by=care.embedded, linkage_id=waiting.pk, at=b.NOW),
        lambda: crisis.start_draft(by=care.embedded, at=LATER, person=care.sam),
        lambda: plans.draft_plan(by=care.embedded, person=care.sam, at=b.NOW),
    ]
    care.contact.refresh_from_db()
    for verb in begin:
        with pytest.raises(Conflict, match=r"^(deceased|illegal_move)$"):
            verb()
    assert CrisisContact.objects.count() == 1


def test_contact_from_before_the_death_is_still_written_down(care: Care, pia: Membership):
    die(care, pia)
    late = crisis.start_draft(by=care.embedded, at=LATER, person=care.sam, occurred_at=b.NOW)
    with pytest.raises(Conflict, match=r"^deceased$"):
        crisis.save_draft(by=care.embedded, contact_id=late.pk, at=LATER, occurred_at=LATER, person=care.sam)
    anonymous = crisis.start_draft(by=care.embedded, at=LATER)
    with pytest.raises(Conflict, match=r"^deceased$"):
        crisis.claim_contact(by=care.embedded, contact_id=anonymous.pk, person=care.sam, at=LATER)


def test_agency_that_never_knew_the_person_learns_nothing_from_a_refusal(care: Care, pia: Membership):
    """P-2, P-3: a refusal on creation would tell that somebody else has a record of them."""
    die(care, pia)
    novak = b.member("novak", b.agency("far", "clinic_treatment"), "treatment_clinician")
    named = {"first": "Sam", "last": "Testcase", "birth_date": b.date(1988, 4, 3)}
    same = find_or_register(source=novak.agency, **named)
    assert same == care.sam
    assert crisis.start_draft(by=novak, at=LATER, person=same).person == care.sam
