"""Two people become one: who may ask, who decides, what is refused, and what moves (5.3, P-2, P-5)."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from continuity.agencies import grants
from continuity.agencies.models import Membership
from continuity.crisis.models import CrisisContact
from continuity.crisis.services import save_draft, start_draft
from continuity.disclosures import merges, unmerges
from continuity.disclosures.merge_lists import (
    merges_to_decide,
    merges_to_review,
    readable_merges,
    reviewable_merges,
)
from continuity.disclosures.models import LedgerEntry, Merge
from continuity.disclosures.own_work import names_of
from continuity.errors import Conflict, DomainError, Invalid, NotAllowed, NotFound, Stale
from continuity.notices.models import Notice
from continuity.people.duplicates import decide_pair
from continuity.people.models import DuplicatePair, Person, PersonAgency, PersonName
from continuity.people.services import find_or_register, identify, own_person, standing_for
from continuity.trail.models import AuditEntry
from continuity.treatment.follow_ups import promise_follow_up
from continuity.treatment.models import FollowUp
from tests import builders as b
from tests.disclosures.merging import Two, build_two, person
from tests.replay import replayed


@pytest.fixture
def two(db: None) -> Two:
    return replayed(build_two)


def code(verb: Callable[..., Any], **said: Any) -> str:
    with pytest.raises(DomainError) as refused:
        verb(**said)
    return refused.value.code


def pair_of(two: Two, verdict: str = "open") -> DuplicatePair:
    first, second = sorted((two.sam.pk, two.samuel.pk))
    decided = {} if verdict == "open" else {"decided_by": two.asks, "decided_at": b.NOW}
    return DuplicatePair.objects.create(
        first_id=first,
        second_id=second,
        grade="probable",
        found_by="search",
        found_at=b.NOW,
        verdict=verdict,
        **decided,
    )


def test_merged_person_stands_for_both(two: Two):
    merge = two.merge(chosen={"language": "retired"})
    sam, samuel = Person.objects.get(pk=two.sam.pk), Person.objects.get(pk=two.samuel.pk)
    assert (samuel.replaced_by_id, samuel.replaced_at) == (sam.pk, merge.decided_at)
    assert (sam.language, sam.sex, samuel.language) == ("es", "male", "es")
    assert standing_for(samuel.pk) == standing_for(sam.pk) == sam.pk
    contact = CrisisContact.objects.get(pk=two.samuels_contact.pk)
    assert (contact.person_id, contact.recorded_for_id) == (sam.pk, samuel.pk)
    assert (contact.version, contact.updated_at) == (
        two.samuels_contact.version,
        two.samuels_contact.updated_at,
    )
    assert CrisisContact.objects.get(pk=two.sams_contact.pk).recorded_for_id is None


@pytest.mark.parametrize("described", [("Sam", "555-0101"), ("Samuel", "555-0102")])
def test_either_name_finds_the_survivor(two: Two, described: tuple[str, str]):
    two.merge()
    first, _ = described
    found = identify(last="Testcase", first=first, identifier=f"{first}-17")
    assert found.person_id == two.sam.pk


def test_agency_that_knew_only_the_retired_knows_the_survivor(two: Two):
    two.merge()
    known = PersonAgency.objects.get(person=two.sam, agency=two.clinic)
    assert known.origin_id == two.samuel.pk
    assert own_person(two.adeyemi, two.samuel.pk).pk == two.sam.pk
    with pytest.raises(NotFound):
        own_person(two.reyes, two.samuel.pk)


def test_who_writes_about_the_survivor_knows_them_by_themself(two: Two):
    two.merge()
    b.contact(two.adeyemi, two.sam)
    assert PersonAgency.objects.get(person=two.sam, agency=two.clinic).origin_id is None


def test_every_verb_is_in_the_history(two: Two):
    merge = two.merge()
    two.unmerge(merge)
    assert AuditEntry.objects.filter(object_pk=str(merge.pk)).count() == 4
    assert (
        AuditEntry.objects.filter(object_pk=str(two.samuel.pk), action=AuditEntry.Action.UPDATE).count() >= 2
    )


def test_ledger_is_not_touched(two: Two):
    before = list(LedgerEntry.objects.order_by("pk").values())
    two.merge()
    assert list(LedgerEntry.objects.order_by("pk").values()) == before


WHO: dict[str, tuple[str, type[DomainError] | None]] = {
    "a keeper's privacy officer": ("asks", None),
    "another agency's, that knows one": ("county_privacy", NotFound),
    "another agency's, that knows none": ("police_privacy", NotFound),
    "a consent manager": ("kim", NotAllowed),
    "an officer": ("reyes", NotAllowed),
}


@pytest.mark.parametrize(("who", "refused"), WHO.values(), ids=WHO)
def test_who_may_ask_for_a_merge(two: Two, who: str, refused: type[DomainError] | None):
    by: Membership = getattr(two, who)
    if refused is None:
        assert two.request(by=by).state == "requested"
        return
    with pytest.raises(refused):
        two.request(by=by)


def test_agency_that_knows_both_asks_and_does_not_decide(two: Two):
    PersonAgency.objects.create(person=two.samuel, agency=two.county)
    merge = two.request(by=two.county_privacy)
    second = b.member("second", two.county, "privacy_officer")
    assert code(two.approve, merge=merge, by=second) == "not_found"
    assert two.approve(merge).state == "merged"


def test_nobody_decides_what_they_asked_for(two: Two):
    merge = two.request()
    assert code(two.approve, merge=merge, by=two.asks) == "second_person"
    # Nor on another duty.
    other = Membership.objects.create(
        member=two.asks.member,
        agency=b.agency("second-index", "psap", keeps_index=True),
        roles=["privacy_officer"],
    )
    assert code(two.approve, merge=merge, by=other) == "second_person"
    refuse = {"merge_id": merge.pk, "reason": "No.", "at": timezone.now()}
    assert code(merges.refuse_merge, by=other, **refuse) == "second_person"


VERBS: dict[str, Callable[[Two, Merge], Any]] = {
    "approve": lambda two, merge: two.approve(merge),
    "refuse": lambda two, merge: merges.refuse_merge(
        by=two.decides, merge_id=merge.pk, reason="Two.", at=timezone.now()
    ),
    "withdraw": lambda two, merge: merges.withdraw_merge(by=two.asks, merge_id=merge.pk, at=timezone.now()),
    "ask back": lambda two, merge: two.ask_back(merge),
    "take apart": lambda two, merge: two.take_apart(merge),
    "leave": lambda two, merge: leave(two, merge),
}
REACH: dict[str, tuple[str, ...]] = {
    "requested": (),
    "refused": ("refuse",),
    "withdrawn": ("withdraw",),
    "merged": ("approve",),
    "unmerge_requested": ("approve", "ask back"),
    "unmerged": ("approve", "ask back", "take apart"),
}
LEGAL = {
    ("requested", "approve"): "merged",
    ("requested", "refuse"): "refused",
    ("requested", "withdraw"): "withdrawn",
    ("merged", "ask back"): "unmerge_requested",
    ("unmerge_requested", "take apart"): "unmerged",
    ("unmerge_requested", "leave"): "merged",
}


def leave(two: Two, merge: Merge) -> Merge:
    return unmerges.withdraw_unmerge(by=two.asks, merge_id=merge.pk, at=timezone.now())


def test_state_table(two: Two):
    """Every verb in every state: it moves as the table says, or is refused and changes nothing."""
    for state, way in REACH.items():
        with b.undone():
            merge = two.request()
            for step in way:
                VERBS[step](two, merge)
            for name, verb in VERBS.items():
                with b.undone():
                    _tried(two, merge, state, name, verb)


def _tried(two: Two, merge: Merge, state: str, name: str, verb: Callable[[Two, Merge], Any]) -> None:
    there = LEGAL.get((state, name))
    if there is None:
        with pytest.raises(Conflict):
            verb(two, merge)
    else:
        verb(two, merge)
    assert Merge.objects.get(pk=merge.pk).state == (there or state), (state, name)


def test_refused_merge_moves_nothing(two: Two):
    VERBS["refuse"](two, two.request())
    assert Person.objects.get(pk=two.samuel.pk).replaced_by_id is None
    assert CrisisContact.objects.get(pk=two.samuels_contact.pk).person_id == two.samuel.pk


def test_only_the_own_office_withdraws(two: Two):
    merge = two.request()
    stranger = {"by": two.county_privacy, "merge_id": merge.pk, "at": timezone.now()}
    assert code(merges.withdraw_merge, **stranger) == "not_found"


def test_told_apart_is_not_merged(two: Two):
    merge = two.request()
    pair = pair_of(two)
    decide_pair(by=two.decides, pair_id=pair.pk, verdict="different", reason="Twins.", at=timezone.now())
    assert code(two.approve, merge=merge) == "told_apart"
    VERBS["withdraw"](two, merge)
    assert code(two.request) == "told_apart"


def test_told_apart_holds_for_who_was_merged_before(two: Two):
    pair_of(two, "different")
    third = person(two.county, "Samson", "555-0103")
    two.merge(survivor_id=third.pk, retired_id=two.samuel.pk)
    assert code(two.request, survivor_id=two.sam.pk, retired_id=third.pk) == "told_apart"


def test_approved_merge_answers_the_pair(two: Two):
    pair = pair_of(two)
    two.merge(pair_id=pair.pk)
    pair.refresh_from_db()
    assert (pair.verdict, pair.decided_by_id) == ("same", two.decides.pk)


def test_what_changed_since_it_was_asked_for_is_looked_at_again(two: Two):
    merge = two.request(chosen={"language": "retired"})
    Person.objects.filter(pk=two.samuel.pk).update(language="fr")
    assert code(two.approve, merge=merge) == "changed_since_asked"


def test_stale_page_approves_nothing(two: Two):
    merge = two.request()
    with pytest.raises(Stale):
        two.approve(merge, version=merge.version + 1)


def test_merged_or_doubted_people_are_not_merged(two: Two):
    third = person(two.county, "Samson", "555-0103")
    waiting = two.request(survivor_id=two.samuel.pk, retired_id=third.pk)
    assert code(two.request, retired_id=third.pk) == "asked_already"
    merge = two.merge()
    assert code(two.approve, merge=waiting) == "merged_already"
    assert code(two.request) == "merged_already"
    two.ask_back(merge)
    fourth = person(two.county, "Samira", "555-0104")
    assert code(two.request, retired_id=fourth.pk) == "identity_in_doubt"


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"chosen": {"confidentiality": "retired"}}, "chosen"),
        ({"chosen": {"language": "both"}}, "chosen"),
        ({"reason": " "}, "reason"),
    ],
)
def test_what_nobody_may_say(two: Two, said: dict[str, Any], field: str):
    with pytest.raises(Invalid) as refused:
        two.request(**said)
    assert refused.value.field == field


def test_what_keeps_back_holds_for_both(two: Two):
    """The stricter confidentiality, the more careful way of calling, a death: whoever said it (6.4, P-12)."""
    Person.objects.filter(pk=two.samuel.pk).update(
        confidentiality="restricted", safe_to_call=False, deceased_date="2026-10-01"
    )
    Person.objects.filter(pk=two.sam.pk).update(safe_to_call=True, safe_to_leave_message=True)
    two.merge()
    sam = Person.objects.get(pk=two.sam.pk)
    assert (sam.confidentiality, sam.safe_to_call, sam.safe_to_leave_message) == ("restricted", False, None)
    assert str(sam.deceased_date) == "2026-10-01"


def test_death_that_a_merge_brings_ends_what_was_promised(two: Two):
    """Nobody is sent to call on somebody who is dead (L-29)."""
    promised = promise_follow_up(
        by=two.embedded, contact=two.sams_contact, kind="safety_check", due_window="h48", at=b.NOW
    )
    Person.objects.filter(pk=two.samuel.pk).update(deceased_date="2026-10-01")
    two.merge()
    assert FollowUp.objects.get(pk=promised.pk).closed_at is not None


def test_named_staff_are_named_anew(two: Two):
    grants.name_member(two.adeyemi.member, "see", two.samuel, named_by=two.clinic)
    two.merge()
    named = grants.named_members("see", two.sam, named_by=two.clinic)
    assert not named.exists()


def test_what_is_written_for_the_retired_is_the_survivors(two: Two):
    two.merge()
    contact = b.contact(two.adeyemi, two.samuel)
    contact.refresh_from_db()
    assert (contact.person_id, contact.recorded_for_id) == (two.sam.pk, two.samuel.pk)
    found = find_or_register(source=two.police, first="Samuel", last="Testcase", identifier="Samuel-17")
    assert found.pk == two.sam.pk
    assert PersonAgency.objects.filter(person=two.sam, agency=two.police, origin=None).exists()


def test_circle_is_refused_and_not_followed_for_ever(two: Two):
    """No verb makes one; whoever repairs rows by hand may."""
    two.merge()
    Person.objects.filter(pk=two.sam.pk).update(replaced_by=two.samuel.pk, replaced_at=timezone.now())
    with pytest.raises(DatabaseError, match="is merged in a circle"), transaction.atomic():
        two.sam.personname_set.create(source=two.county, first="Sam", last="Vane")
    assert not PersonName.objects.filter(last="Vane").exists()


def test_draft_that_gets_another_person_forgets_whom_it_was_written_for(two: Two):
    draft = start_draft(by=two.adeyemi, person=two.samuel, at=timezone.now())
    two.merge()
    other = person(two.clinic, "Robin", "555-0105")
    save_draft(by=two.adeyemi, contact_id=draft.pk, person=other, at=timezone.now())
    draft = CrisisContact.objects.get(pk=draft.pk)
    assert (draft.person_id, draft.recorded_for_id) == (other.pk, None)


def test_decision_waits_for_the_keepers_only(two: Two):
    merge = two.request()
    told = Notice.objects.filter(kind="merge_to_decide", subject_id=merge.pk)
    assert [notice.member_id for notice in told] == [two.decides.member_id]
    assert list(merges_to_decide(two.decides, timezone.now())) == [merge]
    for other in (two.asks, two.county_privacy, two.kim, two.reyes):
        assert not merges_to_decide(other, timezone.now()).exists()
    assert not readable_merges(two.county_privacy).exists()


def test_review_waits_for_who_had_a_record(two: Two):
    """A custodian is told that its own person was merged; who has none is told nothing (P-2)."""
    merge = two.merge()
    told = Notice.objects.filter(kind="merge_to_review", subject_id=merge.pk)
    assert {notice.agency_id for notice in told} == {two.county.pk, two.clinic.pk}
    assert not told.filter(member=two.embedded.member).exists()
    now = timezone.now()
    assert [list(merges_to_review(by, now)) for by in (two.kim, two.clinic_privacy)] == [[merge], [merge]]
    review = merges.review_merge(by=two.kim, merge_id=merge.pk, at=now)
    assert review.agency_id == two.county.pk
    assert not merges_to_review(two.kim, now).exists()
    assert merges_to_review(two.clinic_privacy, now).exists()
    again = {"merge_id": merge.pk, "at": now}
    assert code(merges.review_merge, by=two.kim, **again) == "reviewed_already"
    assert code(merges.review_merge, by=two.police_privacy, **again) == "not_found"
    assert code(merges.review_merge, by=two.embedded, **again) == "duty_missing"


def test_agency_that_came_later_has_nothing_to_review(two: Two):
    two.merge()
    b.contact(b.member("late", two.police, "embedded_clinician"), two.sam)
    assert not reviewable_merges(two.police_privacy).exists()


def test_name_of_the_other_is_not_shown_before_it_is_known(two: Two):
    """Nobody is shown the name of somebody of whom they had no record (never wider)."""
    referred = b.agency("sud-home", "sud_program")
    seer = b.member("seer", referred, "treatment_clinician")
    PersonAgency.objects.create(person=two.sam, agency=referred)
    PersonName.objects.filter(person=two.samuel).update(use="preferred")
    before = names_of(seer, [two.sam.pk])
    two.merge()
    assert names_of(seer, [two.sam.pk]) == before == {two.sam.pk: "Sam Testcase"}
    assert names_of(two.adeyemi, [two.sam.pk]) == {two.sam.pk: "Samuel Testcase"}
