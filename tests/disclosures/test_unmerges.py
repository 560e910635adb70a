"""One person is told apart into two: what each gets back, what is sorted by whom, and who is told (5.3, P-5)."""

from typing import Any

import pytest
from django.utils import timezone

from continuity.access.restrictions import set_confidentiality
from continuity.agencies.models import Agency
from continuity.crisis.models import CrisisContact
from continuity.disclosures import unmerges
from continuity.disclosures.merge_lists import (
    field_conflicts,
    merges_to_decide,
    merges_to_sort,
    records_to_sort,
    rows_to_sort,
    told_wrongly,
)
from continuity.disclosures.models import Merge, UnmergeChoice
from continuity.errors import DomainError, Invalid, NotAllowed, NotFound
from continuity.lookup.services import Question, look_up
from continuity.notices.models import Notice
from continuity.people.identity import verify_identity
from continuity.people.models import DuplicatePair, Person, PersonAgency, PersonIdentifier
from continuity.people.services import identify, note_safe_ways
from continuity.treatment.deaths import record_death
from continuity.treatment.follow_ups import promise_follow_up
from tests import builders as b
from tests.disclosures.merging import Two, build_two, person
from tests.disclosures.test_merges import code
from tests.replay import replayed


@pytest.fixture
def two(db: None) -> Two:
    return replayed(build_two)


@pytest.fixture
def merge(two: Two) -> Merge:
    return two.merge()


def sides(two: Two) -> tuple[Person, Person]:
    return Person.objects.get(pk=two.sam.pk), Person.objects.get(pk=two.samuel.pk)


def whose(contact: CrisisContact) -> Any:
    contact = CrisisContact.objects.get(pk=contact.pk)
    return contact.person_id, contact.recorded_for_id


def test_each_stands_alone_again(two: Two, merge: Merge):
    two.unmerge(merge)
    sam, samuel = sides(two)
    assert samuel.replaced_by_id is samuel.replaced_at is sam.identity_doubted_at is None
    assert whose(two.samuels_contact) == (samuel.pk, None)
    for first, one in (("Sam", sam), ("Samuel", samuel)):
        assert identify(last="Testcase", first=first, identifier=f"{first}-17").person_id == one.pk
    assert not PersonAgency.objects.filter(person=sam, agency=two.clinic).exists()


def test_nothing_goes_out_while_it_is_in_doubt(two: Two, merge: Merge):
    two.ask_back(merge)
    assert sides(two)[0].identity_doubted_at is not None
    unmerges.withdraw_unmerge(by=two.asks, merge_id=merge.pk, at=timezone.now())
    assert sides(two)[0].identity_doubted_at is None
    assert Merge.objects.get(pk=merge.pk).state == "merged"


def test_who_may_ask_for_an_unmerge(two: Two, merge: Merge):
    """Who keeps the index, or knew both before; not who knows of the other through the merge (P-2)."""
    for by, refused in (
        (two.county_privacy, NotFound),
        (two.clinic_privacy, NotFound),
        (two.police_privacy, NotFound),
        (two.kim, NotAllowed),
    ):
        with pytest.raises(refused):
            two.ask_back(merge, by=by)


def test_agency_that_knew_both_asks_back_and_does_not_decide(two: Two):
    PersonAgency.objects.create(person=two.samuel, agency=two.county)
    merge = two.ask_back(two.merge(), by=two.county_privacy)
    second = b.member("second", two.county, "privacy_officer")
    assert code(two.take_apart, merge=merge, by=second) == "not_found"
    assert two.take_apart(merge).state == "unmerged"


def test_nobody_takes_apart_what_they_asked_back(two: Two, merge: Merge):
    two.ask_back(merge)
    assert code(two.take_apart, merge=merge, by=two.asks) == "second_person"
    assert code(two.take_apart, merge=merge, by=two.county_privacy) == "not_found"
    assert list(merges_to_decide(two.decides, timezone.now())) == [merge]
    assert not merges_to_decide(two.asks, timezone.now()).exists()


def test_what_was_written_in_between_waits_for_its_custodian(two: Two, merge: Merge):
    """Nobody guesses: each custodian says of its own, sees its own alone, and the unmerge waits for all (P-2)."""
    ours, theirs = b.contact(two.embedded, two.sam), b.contact(two.adeyemi, two.sam)
    named = b.contact(two.adeyemi, two.samuel)  # by the id of the retired one: nobody has to say whose it is
    two.ask_back(merge)
    now = timezone.now()
    assert {one.row for one in rows_to_sort(two.county_privacy, now)} == {ours.pk}
    assert {one.row for one in rows_to_sort(two.clinic_privacy, now)} == {theirs.pk}
    assert not rows_to_sort(two.kim, now).exists()
    assert not rows_to_sort(two.decides, now).exists()
    told = Notice.objects.filter(kind="unmerge_to_sort", subject_id=merge.pk)
    assert {notice.member_id for notice in told} == {
        two.county_privacy.member_id,
        two.clinic_privacy.member_id,
    }
    assert list(merges_to_sort(two.county_privacy, now)) == [merge]
    assert code(two.take_apart, merge=merge) == "rows_to_sort"
    two.sort(merge, two.county_privacy, ours.pk, is_of_retired=True)
    assert code(two.take_apart, merge=merge) == "rows_to_sort"
    two.sort(merge, two.clinic_privacy, theirs.pk, is_of_retired=False)
    two.take_apart(merge)
    assert whose(ours) == (two.samuel.pk, None)
    assert whose(theirs) == (two.sam.pk, None)
    assert whose(named) == (two.samuel.pk, None)
    known = set(PersonAgency.objects.values_list("person", "agency", "origin"))
    assert known == {
        (two.sam.pk, two.county.pk, None),
        (two.sam.pk, two.clinic.pk, None),
        (two.samuel.pk, two.clinic.pk, None),
        (two.samuel.pk, two.county.pk, None),
    }


def test_what_is_about_a_contact_goes_with_it_unasked(two: Two, merge: Merge):
    """A follow-up of Samuel's contact, promised while he was Sam, is Samuel's: nobody has to say so."""
    contact = CrisisContact.objects.get(pk=two.samuels_contact.pk)
    promised = promise_follow_up(
        by=two.adeyemi, contact=contact, kind="safety_check", due_window="h48", at=timezone.now()
    )
    assert promised.person_id == two.sam.pk
    two.unmerge(merge)
    promised.refresh_from_db()
    assert (promised.person_id, promised.origin_id) == (two.samuel.pk, None)


def test_choice_says_what_kind_of_record_it_is(two: Two, merge: Merge):
    contact = b.contact(two.embedded, two.sam)
    two.ask_back(merge)
    choice = UnmergeChoice.objects.get(row=contact.pk)
    said = records_to_sort([choice])[choice.pk]
    assert (said.kind, said.written_at) == ("crisis contact", contact.created_at)


def test_custodian_sorts_its_own_alone(two: Two, merge: Merge):
    contact = b.contact(two.embedded, two.sam)
    two.ask_back(merge)
    for by, refused in (
        (two.clinic_privacy, "not_found"),
        (two.asks, "not_found"),
        (two.kim, "duty_missing"),
    ):
        with pytest.raises(DomainError) as told:
            two.sort(merge, by, contact.pk, is_of_retired=True)
        assert told.value.code == refused
    two.sort(merge, two.county_privacy, contact.pk, is_of_retired=True)
    two.sort(merge, two.county_privacy, contact.pk, is_of_retired=False)
    two.take_apart(merge)
    with pytest.raises(DomainError) as late:
        two.sort(merge, two.county_privacy, contact.pk, is_of_retired=True)
    assert late.value.code == "not_asked"
    assert whose(contact) == (two.sam.pk, None)


def test_keeper_sorts_for_an_agency_that_is_closed(two: Two, merge: Merge):
    contact = b.contact(two.embedded, two.sam)
    Agency.objects.filter(pk=two.county.pk).update(status="closed")
    two.ask_back(merge)
    two.sort(merge, two.decides, contact.pk, is_of_retired=False)
    assert two.take_apart(merge).state == "unmerged"


def test_what_is_written_after_the_request_is_sorted_too(two: Two, merge: Merge):
    two.ask_back(merge)
    contact = b.contact(two.embedded, two.sam)
    assert code(two.take_apart, merge=merge) == "rows_to_sort"
    two.sort(merge, two.county_privacy, contact.pk, is_of_retired=True)
    two.take_apart(merge)
    assert whose(contact) == (two.samuel.pk, None)


@pytest.mark.parametrize(
    ("about", "sams", "samuels"),
    [("survivor", False, None), ("retired", None, False), ("both", False, False)],
)
def test_edited_field_is_told_apart_by_hand(two: Two, merge: Merge, about: str, sams: Any, samuels: Any):
    note_safe_ways(by=two.embedded, person_id=two.sam.pk, safe_to_call=False, safe_to_leave_message=False)
    two.ask_back(merge)
    shown = {one.field: (one.before, one.now) for one in field_conflicts(merge)}
    assert shown == {"safe_to_call": (None, False), "safe_to_leave_message": (None, False)}
    assert code(two.take_apart, merge=merge) == "fields_to_decide"
    two.take_apart(merge, keep=dict.fromkeys(shown, about))
    sam, samuel = sides(two)
    assert (sam.safe_to_call, samuel.safe_to_call) == (sams, samuels)


@pytest.mark.parametrize("keep", [{"language": "survivor"}, {"safe_to_call": "nobody"}])
def test_only_what_is_asked_is_answered(two: Two, merge: Merge, keep: dict[str, str]):
    two.ask_back(merge)
    with pytest.raises(Invalid):
        two.take_apart(merge, keep=keep)


def test_chosen_fields_go_back(two: Two):
    merge = two.merge(chosen={"language": "retired", "sex": "retired"})
    two.unmerge(merge)
    sam, samuel = sides(two)
    assert (sam.language, sam.sex, samuel.language, samuel.sex) == ("en", "male", "es", "unknown")


def test_death_in_between_is_one_of_the_two(two: Two, merge: Merge):
    record_death(by=two.county_privacy, person_id=two.samuel.pk, died_on=b.NOW.date(), at=timezone.now())
    two.ask_back(merge)
    two.take_apart(merge, keep={"deceased_date": "retired"})
    sam, samuel = sides(two)
    assert (sam.deceased_date, samuel.deceased_date) == (None, b.NOW.date())
    told = PersonAgency.objects.filter(was_told_of_death=True)
    assert list(told.values_list("person", "agency")) == [(two.samuel.pk, two.clinic.pk)]


def test_confidentiality_decided_in_between_stays_with_whom_it_is_about(two: Two, merge: Merge):
    wish = {"person_id": two.sam.pk, "level": "restricted", "reason": "Asked.", "at": timezone.now()}
    set_confidentiality(by=two.clinic_privacy, **wish)
    two.ask_back(merge)
    (choice,) = rows_to_sort(two.clinic_privacy, timezone.now())
    two.sort(merge, two.clinic_privacy, choice.row, is_of_retired=True)
    two.take_apart(merge)
    sam, samuel = sides(two)
    assert (sam.confidentiality, samuel.confidentiality) == ("normal", "restricted")


def test_level_that_nobody_decided_outlives_another_office_s_wish(two: Two):
    """Samuel came in as very restricted: only an office that knows Samuel may say otherwise (6.4)."""
    Person.objects.filter(pk=two.samuel.pk).update(confidentiality="very_restricted")
    two.merge()
    wish = {"person_id": two.sam.pk, "level": "restricted", "reason": "Asked.", "at": timezone.now()}
    set_confidentiality(by=two.county_privacy, **wish)
    assert sides(two)[0].confidentiality == "very_restricted"
    set_confidentiality(by=two.clinic_privacy, **wish)
    assert sides(two)[0].confidentiality == "restricted"


def test_number_that_was_said_twice_is_theirs_once(two: Two, merge: Merge):
    """While they were one Sam was given the number that Samuel has: sorted to Samuel it is his one number still."""
    added = PersonIdentifier.objects.create(
        person=two.sam, source=two.clinic, value="Samuel-17", verified_at=b.NOW
    )
    two.ask_back(merge)
    two.sort(merge, two.clinic_privacy, added.pk, is_of_retired=True)
    two.take_apart(merge)
    numbers = PersonIdentifier.objects.values_list("person", "value")
    assert sorted(numbers) == sorted([(two.sam.pk, "Sam-17"), (two.samuel.pk, "Samuel-17")])


def test_identity_checked_in_between_is_of_whom_it_was(two: Two):
    Person.objects.filter(pk__in=(two.sam.pk, two.samuel.pk)).update(identity_status="asserted")
    merge = two.merge()
    check = verify_identity(by=two.adeyemi, person_id=two.sam.pk, how="document", at=timezone.now())
    two.ask_back(merge)
    two.sort(merge, two.clinic_privacy, check.pk, is_of_retired=True)
    two.take_apart(merge)
    sam, samuel = sides(two)
    assert (sam.identity_status, samuel.identity_status) == ("asserted", "verified")


def test_taken_apart_is_told_apart(two: Two, merge: Merge):
    two.unmerge(merge)
    pair = DuplicatePair.objects.get()
    assert (pair.verdict, pair.reason) == ("different", "Two scars.")
    assert code(two.request) == "told_apart"


def test_one_unmerge_of_a_person_at_a_time(two: Two, merge: Merge):
    third = person(two.clinic, "Samson", "555-0103")
    other = two.merge(retired_id=third.pk)
    two.ask_back(merge)
    assert code(two.ask_back, merge=other) == "doubted_already"


def asked(two: Two, first: str) -> Any:
    question = Question(
        purpose="le_crisis_response",
        incident_ref="2026-0001",
        last="Testcase",
        first=first,
        identifier=f"{first}-17",
    )
    return look_up(by=two.reyes, question=question, channel="page")


def test_whoever_was_shown_the_wrong_one_is_told_by_an_id(two: Two, merge: Merge):
    """Every answer that showed a record of the one who was not meant, to another agency (P-5)."""
    before = told_wrongly(merge)
    meant_sam, meant_samuel = asked(two, "Sam"), asked(two, "Samuel")
    assert len(meant_sam.contacts) == len(meant_samuel.contacts) == 2
    two.unmerge(merge)
    listed = told_wrongly(Merge.objects.get(pk=merge.pk))
    assert before == []
    assert [one.agency for one in listed] == [two.police, two.police]
    notices = Notice.objects.filter(kind="wrong_person").order_by("pk")
    assert sorted(one.subject_id for one in notices) == sorted(one.ledger_id for one in listed)
    assert {one.member_id for one in notices} == {two.reyes.member_id}


def test_answer_that_showed_the_right_one_alone_is_not_listed(two: Two, merge: Merge):
    CrisisContact.objects.filter(pk=two.samuels_contact.pk).update(record_status="entered_in_error")
    two.samuels_consent.recipients.update(categories=["D2"])
    asked(two, "Sam")
    assert told_wrongly(merge) == []


def test_answer_to_a_question_that_named_the_retired_is_listed(two: Two, merge: Merge):
    """Only the survivor's record was shown, and the question had the retired one's name."""
    CrisisContact.objects.filter(pk=two.samuels_contact.pk).update(record_status="entered_in_error")
    two.samuels_consent.recipients.update(categories=["D2"])
    asked(two, "Samuel")
    assert [one.agency for one in told_wrongly(merge)] == [two.police]
