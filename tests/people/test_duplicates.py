"""Pairs of people who may be one: raised without telling anybody, decided once, by those whom they concern (P-3, P-5)."""

import time
from datetime import date, timedelta

import pytest

from continuity.agencies.models import Agency, Membership
from continuity.errors import Conflict, Invalid, NotAllowed, NotFound, Stale
from continuity.people.comparisons import ask_to_compare
from continuity.people.duplicates import MOST_OPEN, compare_next, decide_pair, pairs_for, raise_pairs
from continuity.people.models import DuplicatePair, Person, PersonAgency, PersonToCompare
from continuity.people.services import Name, find_or_register, note_own_record, register_person
from continuity.people.tasks import look_for_duplicates
from tests import builders as b

pytestmark = pytest.mark.django_db
_V = DuplicatePair.Verdict


@pytest.fixture
def county() -> Agency:
    return b.agency("county", "county_behavioral_health", keeps_index=True)


@pytest.fixture
def clinic() -> Agency:
    return b.agency("clinic", "clinic_treatment")


@pytest.fixture
def keeper(county: Agency) -> Membership:
    return b.member("pia", county, "privacy_officer")


def robert(source: Agency, first: str = "Robert", last: str = "Quimby-Testcase", **fields) -> Person:
    return register_person(
        source=source,
        names=[Name(first, last)],
        birth_date=date(1979, 6, 14),
        phones=["661-555-0133"],
        **fields,
    )


def compare_all() -> None:
    while compare_next(b.NOW):
        pass


@pytest.fixture
def pair(county: Agency, clinic: Agency) -> DuplicatePair:
    """Robert, whom the county registered, and Bob, whom the clinic did."""
    robert(county)
    robert(clinic, "Bob")
    compare_all()
    return DuplicatePair.objects.get()


def test_somebody_like_another_is_raised_with_what_agrees(pair: DuplicatePair, county: Agency):
    assert pair.first_id < pair.second_id
    assert pair.grade in ("certain", "probable", "possible")
    assert {"surname", "birth_date", "phone"} <= set(pair.agreeing)
    assert (pair.found_by, pair.verdict, pair.conflicting) == ("create", "open", [])


def test_nobody_like_them_raises_nothing(county: Agency):
    robert(county)
    register_person(
        source=county, names=[Name("Wilhelmina", "Farnsworth-Example")], birth_date=date(1961, 3, 12)
    )
    assert look_for_duplicates() == 2
    assert not DuplicatePair.objects.exists()


def test_a_pair_is_raised_once_whatever_was_decided(pair: DuplicatePair, keeper: Membership):
    """ "Different" is for good (5.3)."""
    for verdict in (_V.OPEN, _V.NOT_ENOUGH, _V.DIFFERENT):
        if verdict != _V.OPEN:
            decide_pair(by=keeper, pair_id=pair.pk, verdict=verdict, reason="Twins.", at=b.NOW)
        for person in (pair.first, pair.second):
            assert raise_pairs(person, "import", b.NOW) == 0
    assert DuplicatePair.objects.get().verdict == _V.DIFFERENT


def test_different_holds_for_whoever_one_of_them_was_merged_into(
    pair: DuplicatePair, keeper: Membership, clinic: Agency
):
    decide_pair(by=keeper, pair_id=pair.pk, verdict=_V.DIFFERENT, reason="Twins.", at=b.NOW)
    third = robert(clinic, "Roberto")
    Person.objects.filter(pk=pair.second_id).update(replaced_by=third, replaced_at=b.NOW)
    compare_all()
    assert not DuplicatePair.objects.filter(first__in=[pair.first_id, third.pk]).filter(
        second__in=[pair.first_id, third.pk]
    )


def test_nobody_has_more_than_a_few_open_pairs(county: Agency):
    for first in ("Robert", "Bob", "Rob", "Bobby", "Roberto", "Robt"):
        robert(county, first)
    newest = robert(county, "Bert")
    assert raise_pairs(newest, "create", b.NOW) <= MOST_OPEN
    of_newest = DuplicatePair.objects.filter(first=newest) | DuplicatePair.objects.filter(second=newest)
    assert of_newest.count() == MOST_OPEN
    assert raise_pairs(newest, "create", b.NOW) == 0


def test_who_was_merged_meanwhile_is_compared_with_nobody(pair: DuplicatePair, keeper: Membership):
    Person.objects.filter(pk=pair.second_id).update(replaced_by=pair.first_id, replaced_at=b.NOW)
    assert raise_pairs(Person.objects.get(pk=pair.second_id), "create", b.NOW) == 0
    assert not pairs_for(keeper).exists()


@pytest.mark.parametrize("is_known", [False, True], ids=["new", "known"])
def test_registering_costs_the_same_and_compares_later_whether_somebody_is_new_or_not(
    county: Agency, clinic: Agency, is_known: bool
):
    """Creation never says that there is one like them: no pair is made while the agency waits (P-3)."""
    whom = {"first": "Robert", "last": "Quimby-Testcase", "birth_date": date(1979, 6, 14)}
    if is_known:
        robert(county)
    register_person(
        source=county,
        names=[Name("Bob", "Quimby-Testcase")],
        phones=["661-555-0133"],
    )
    compare_all()
    raised = DuplicatePair.objects.count()
    find_or_register(source=clinic, phone="661-555-0133", **whom)
    assert Person.objects.count() == 2
    assert PersonToCompare.objects.count() == 1
    assert DuplicatePair.objects.count() == raised
    assert look_for_duplicates() == 1
    assert not PersonToCompare.objects.exists()
    assert DuplicatePair.objects.count() == 1


def test_asking_again_while_somebody_waits_is_done_and_raises_nothing_twice(county: Agency):
    person = robert(county)
    robert(county, "Bob")
    ask_to_compare([person.pk, person.pk], DuplicatePair.FoundBy.REPORT)
    assert look_for_duplicates() == 4
    assert DuplicatePair.objects.get().found_by == "create"


def test_a_run_ends_soon_and_the_next_goes_on(county: Agency, monkeypatch: pytest.MonkeyPatch):
    robert(county)
    robert(county, "Bob")
    clock = iter([0.0, 1.0, 99.0, 0.0, 1.0, 2.0])
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    assert look_for_duplicates() == 1
    assert look_for_duplicates() == 1


# -- whom a pair concerns -------------------------------------------------------------------------------------


def test_keeper_sees_every_pair_and_others_those_of_people_whom_they_know(
    pair: DuplicatePair, keeper: Membership, clinic: Agency
):
    office = b.member("pat", clinic, "privacy_officer")
    assert list(pairs_for(keeper)) == [pair]
    assert not pairs_for(office).exists()
    note_own_record(pair.first_id, clinic)
    assert not pairs_for(office).exists()
    note_own_record(pair.second_id, clinic)
    assert list(pairs_for(office)) == [pair]
    PersonAgency.objects.all().delete()


@pytest.mark.parametrize(
    "role", ["consent_manager", "embedded_clinician", "supervisor", "agency_admin", "auditor"]
)
def test_other_roles_of_the_keeper_see_and_decide_nothing(pair: DuplicatePair, county: Agency, role: str):
    other = b.member("other", county, role)
    assert not pairs_for(other).exists()
    with pytest.raises(NotAllowed):
        decide_pair(by=other, pair_id=pair.pk, verdict=_V.SAME, reason="Looks so.", at=b.NOW)


# -- the verdict ----------------------------------------------------------------------------------------------


def test_verdict_keeps_who_when_and_why(pair: DuplicatePair, keeper: Membership):
    decide_pair(
        by=keeper, pair_id=pair.pk, verdict=_V.SAME, reason=" Both say Biscuit. ", at=b.NOW, version=1
    )
    pair.refresh_from_db()
    assert (pair.verdict, pair.reason, pair.decided_by, pair.decided_at, pair.version) == (
        "same",
        "Both say Biscuit.",
        keeper,
        b.NOW,
        2,
    )


def test_verdict_may_be_revised_by_hand(pair: DuplicatePair, keeper: Membership):
    for verdict in (_V.NOT_ENOUGH, _V.DIFFERENT, _V.SAME, _V.DIFFERENT):
        decided = decide_pair(by=keeper, pair_id=pair.pk, verdict=verdict, reason="New facts.", at=b.NOW)
        assert decided.verdict == verdict


@pytest.mark.parametrize(
    ("said", "refusal", "code"),
    [
        ({"reason": " "}, Invalid, "no_reason"),
        ({"reason": "x" * 301}, Invalid, "too_long"),
        ({"verdict": "open"}, Invalid, "unknown_value"),
        ({"verdict": "perhaps"}, Invalid, "unknown_value"),
        ({"verdict": "not_enough"}, Conflict, "decided_already"),
        ({"version": 1}, Stale, "changed_meanwhile"),
    ],
)
def test_verdict_is_refused(pair: DuplicatePair, keeper: Membership, said, refusal, code):
    decide_pair(by=keeper, pair_id=pair.pk, verdict=_V.NOT_ENOUGH, reason="No photograph.", at=b.NOW)
    with pytest.raises(refusal) as refused:
        decide_pair(
            **{"by": keeper, "pair_id": pair.pk, "verdict": _V.SAME, "reason": "Same.", "at": b.NOW} | said
        )
    assert refused.value.code == code


def test_stranger_and_absent_are_one_answer(pair: DuplicatePair, keeper: Membership, clinic: Agency):
    stranger = b.member("sven", clinic, "privacy_officer")
    said = {"verdict": _V.SAME, "reason": "Same.", "at": b.NOW + timedelta(days=1)}
    answers = []
    for by, pair_id in ((stranger, pair.pk), (keeper, pair.first_id)):
        with pytest.raises(NotFound) as refused:
            decide_pair(by=by, pair_id=pair_id, **said)
        answers.append((refused.value.code, refused.value.detail))
    assert answers[0] == answers[1]
