"""The match index says what is on record, whatever was changed and in whatever order (P-4, P-5)."""

from datetime import date
from typing import Any

import pytest
from django.core.management import call_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from continuity.agencies.models import Agency
from continuity.people.index import query_of_person, rekey, rekey_all, search
from continuity.people.matching import Grade, Scored, query_of
from continuity.people.models import MatchKey, MatchProfile, Person, PersonAgency, PersonName, TermCount
from continuity.people.rebuilding import fold_counts, is_complete, rebuild, recount
from continuity.people.services import (
    Identifier,
    Name,
    identify,
    note_own_record,
    register_person,
    standing_for,
)
from tests import builders as b

pytestmark = pytest.mark.django_db
BORN = date(1988, 4, 3)


def kept() -> tuple[Any, ...]:
    """All that the index holds: keys, profiles, and how many bear each name."""
    return (
        set(MatchKey.objects.values_list("key", "person_id")),
        {
            one.pk: (one.profile, one.identifiers, sorted(one.keys), sorted(one.terms), one.made_with)
            for one in MatchProfile.objects.all()
        },
        counted(),
    )


def counted() -> dict[int, int]:
    counts: dict[int, int] = {}
    for term, people in TermCount.objects.values_list("term", "people"):
        counts[term] = counts.get(term, 0) + people
    return {term: people for term, people in counts.items() if people}


def made_anew() -> tuple[Any, ...]:
    """What the index holds after it was lost and built from what is on record."""
    for model in (MatchKey, MatchProfile, TermCount):
        model.objects.all().delete()
    assert sum(rebuild()) == Person.objects.filter(replaced_by=None).count()
    return kept()


def found(**described: Any) -> list[Scored]:
    return search(query_of(**described))


@pytest.fixture
def county() -> Agency:
    return b.agency("county", "county_behavioral_health")


@pytest.fixture
def sam(county: Agency) -> Person:
    return register_person(
        source=county,
        names=[Name("Samuel", "Núñez-Ortega", suffix="Jr"), Name("Sam", "Vane", use="alias")],
        birth_date=BORN,
        sex="male",
        phones=["661-555-0142"],
        addresses=[{"line": "12 Nowhere Lane", "city": "Fairmont", "postal_code": "00001"}],
        identifiers=[Identifier("D 123-456", "CA", "DL", verified_at=b.NOW), Identifier("20-1")],
    )


SEARCHED = {
    "a nickname": {"first": "Sammy", "last": "Nunez", "birth_date": BORN},
    "an exchanged day": {"first": "Samuel", "last": "Nunez Ortega", "birth_date": date(1988, 3, 4)},
    "a telephone": {"first": "Sam", "phone": "(661) 555-0142"},
    "an address": {"first": "Sam", "last": "Ortega", "address": "12 Nowhere Ln"},
    "an identifier": {"last": "Vane", "identifier": "20 1"},
    "a mistyped identifier": {"last": "Vane", "first": "Sam", "identifier": "D123457"},
    "an age": {"first": "Sam", "last": "Vane", "age": 38, "as_of": date(2026, 11, 20)},
}


def test_person_is_searched_by_all_that_is_on_record(sam: Person):
    best = {name: [one.person for one in found(**described)][:1] for name, described in SEARCHED.items()}
    assert best == {name: [sam.pk] for name in SEARCHED}


def test_nobody_is_like_somebody_else(sam: Person):
    assert found(first="Una", last="Harrow", birth_date=date(1951, 7, 9), phone="661-555-0177") == []
    assert found() == []


def test_search_within_an_agency_finds_its_own_people_only(sam: Person, county: Agency):
    """P-2: that the county has a record of somebody is not the clinic's to learn."""
    clinic = b.agency("clinic", "clinic_treatment")
    asked = query_of(first="Sam", last="Vane", birth_date=BORN)
    assert search(asked, within=county.pk) == []
    note_own_record(sam.pk, county)
    assert [one.person for one in search(asked, within=county.pk)] == [sam.pk]
    assert search(asked, within=clinic.pk) == []


def test_search_like_a_person_leaves_the_person_out(sam: Person, county: Agency):
    other = b.person(county, first="Samuel", last="Nunez Ortega", born=BORN)
    assert [one.person for one in search(query_of_person(sam), exclude=sam.pk)] == [other.pk]


def test_no_more_are_found_than_asked_for(county: Agency):
    for _ in range(4):
        b.person(county)
    asked = query_of(first="Sam", last="Testcase", birth_date=BORN)
    assert [len(search(asked, most=most)) for most in (1, 3, 5)] == [1, 3, 4]


def test_namesakes_with_one_birth_date_are_none_of_them_certain(county: Agency):
    for _ in range(2):
        b.person(county)
    assert Grade.CERTAIN not in {one.grade for one in found(first="Sam", last="Testcase", birth_date=BORN)}


def test_merged_person_is_found_no_longer_and_again_when_taken_apart(sam: Person, county: Agency):
    survivor = b.person(county, first="Una", last="Harrow", born=None)
    before = kept()
    sam.replaced_by, sam.replaced_at = survivor, b.NOW
    sam.save()
    rekey(sam)
    assert found(first="Sam", last="Vane", birth_date=BORN) == []
    assert identify(last="Vane", first="Sam", birth_date=BORN).reason == "no_match"
    assert not MatchKey.objects.filter(person=sam).exists()
    assert kept() == made_anew()
    sam.replaced_by = sam.replaced_at = None
    sam.save()
    rekey(sam)
    assert kept() == before


def test_keying_again_writes_nothing(sam: Person, django_assert_num_queries: Any):
    before = kept(), TermCount.objects.count()
    with django_assert_num_queries(
        2 + 2
    ):  # the lock and what is on record, between a savepoint and its release
        rekey(sam)
    assert (kept(), TermCount.objects.count()) == before


def test_what_is_taken_back_leaves_no_count(sam: Person, county: Agency):
    before = kept()
    with b.undone():
        b.person(county, first="Sam", last="Vane")
        assert kept() != before
    assert kept() == before


def test_folded_counts_are_the_same_in_fewer_rows(county: Agency):
    for _ in range(5):
        sam = b.person(county)
    PersonName.objects.filter(person=sam).update(last="Harrow")
    rekey(sam)
    before = counted()
    assert fold_counts() > 0
    assert counted() == before
    assert TermCount.objects.count() == len(before)
    assert fold_counts() == 0


def test_wrong_counts_are_put_right(sam: Person):
    before = counted()
    TermCount.objects.create(term=min(before), people=7)
    TermCount.objects.create(term=12345, people=1)
    assert recount() == 2
    assert counted() == before
    assert recount() == 0


def test_index_made_with_another_secret_is_made_anew_and_goes_on_where_it_was_stopped(
    county: Agency, settings: Any, capsys: pytest.CaptureFixture[str]
):
    people = [b.person(county, last=f"Testcase {letter}") for letter in "abcde"]
    before = kept()
    settings.MATCH_KEY = "another secret"
    assert not is_complete()
    rekey(people[0])
    call_command("rebuild_match_keys", jobs=1)
    assert "4 people keyed, 0 counts put right." in capsys.readouterr().out
    assert is_complete()
    assert identify(last="Testcase b", first="Sam", birth_date=BORN).person_id == people[1].pk
    assert kept() == made_anew() != before
    assert set(before[0]).isdisjoint(kept()[0])


def test_rebuilding_everybody_repairs_what_was_lost(sam: Person, capsys: pytest.CaptureFixture[str]):
    before = kept()
    MatchKey.objects.filter(key__gt=0).delete()
    TermCount.objects.filter(term__gt=0).delete()
    call_command("rebuild_match_keys", all=True, jobs=1)
    assert "1 people keyed" in capsys.readouterr().out
    assert kept() == before


# Whatever is done to people, in whatever order.
WORDS = st.sampled_from(
    ["Sam", "Sammy", "Bob", "Robert", "Vane", "Núñez-Ortega", "de la Cruz", "O'Hara Jr", ""]
)
DATES = st.sampled_from([None, BORN, date(1988, 3, 4), date(1990, 1, 1)])
WHO = st.integers(0, 2)
STEPS = st.one_of(
    st.tuples(st.just("name"), WHO, WORDS, WORDS),
    st.tuples(st.just("unname"), WHO),
    st.tuples(st.just("born"), WHO, DATES, st.sampled_from(["ymd", "ym", "y"])),
    st.tuples(st.just("phone"), WHO, st.sampled_from(["661-555-0142", "555-0142", "911"])),
    st.tuples(st.just("address"), WHO, st.sampled_from(["12 Nowhere Lane", "NFA", "Nowhere"])),
    st.tuples(st.just("number"), WHO, st.sampled_from(["D 123", "X9"]), st.booleans()),
    st.tuples(st.just("merge"), WHO, WHO),
    st.tuples(st.just("unmerge"), WHO),
    st.tuples(st.just("all")),
    st.tuples(st.just("fold")),
)


def merge(retired: Person, survivor: Person) -> None:
    """As a merge does: of two who stand for themselves, with whoever was merged into them before."""
    if retired.replaced_by_id or survivor.replaced_by_id:
        return
    for one in (retired, *retired.replaces.all()):
        one.replaced_by, one.replaced_at = survivor, b.NOW
        one.save()


def take(step: tuple[Any, ...], people: list[Person], county: Agency) -> None:
    what, *said = step
    if what == "all":
        rekey_all(one.pk for one in people)
        return
    if what == "fold":
        fold_counts()
        return
    person = Person.objects.get(pk=people[said[0]].pk)
    match what, *said[1:]:
        case "name", first, last:
            person.personname_set.create(source=county, first=first, last=last)
        case ("unname",):
            person.personname_set.filter(pk__in=person.personname_set.values("pk")[:1]).delete()
        case "born", born, precision:
            person.birth_date, person.birth_date_precision = born, precision
            person.save()
        case "phone", number:
            person.personphone_set.create(source=county, number=number)
        case "address", line:
            person.personaddress_set.create(source=county, line=line)
        case "number", value, is_verified:
            if value not in person.personidentifier_set.values_list("value", flat=True):
                checked = b.NOW if is_verified else None
                person.personidentifier_set.create(source=county, value=value, verified_at=checked)
        case "merge", other if other != said[0]:
            merge(person, Person.objects.get(pk=people[other].pk))
        case ("unmerge",):
            person.replaced_by = person.replaced_at = None
            person.save()
    # What is written for somebody who was merged is on record of whoever stands for them.
    for one in {person.pk, standing_for(person.pk)}:
        rekey(Person.objects.get(pk=one))


class WhateverIsChanged(TestCase):
    @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
    @given(steps=st.lists(STEPS, max_size=8))
    def test_index_kept_step_by_step_is_the_index_built_at_once(self, steps: list[tuple[Any, ...]]):
        county = b.agency("county", "county_behavioral_health")
        people = [b.person(county, first=first, last="Vane") for first in ("Sam", "Bob", "Una")]
        for step in steps:
            take(step, people, county)
        assert kept() == made_anew()

    @settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
    @given(first=WORDS, last=WORDS.filter(bool), born=DATES)
    def test_search_does_not_hear_case_accents_spacing_nor_the_order_of_aliases(
        self, first: str, last: str, born: date | None
    ):
        county = b.agency("county", "county_behavioral_health")
        names = [Name(first, last), Name("Robert", "Nunez Ortega"), Name("Sam", "Vane")]
        person = register_person(source=county, names=names, birth_date=born)
        heard = found(first=first, last=last, birth_date=born)
        assert [one.person for one in heard][:1] in ([person.pk], [])
        assert heard == found(first=f" {first.upper()}", last=last.lower().replace("ú", "u"), birth_date=born)
        person.personname_set.all().delete()
        for name in reversed(names):
            person.personname_set.create(source=county, **vars(name))
        rekey(person)
        assert heard == found(first=first, last=last, birth_date=born)


def test_people_without_names_are_nobody(county: Agency):
    nobody = register_person(source=county, names=[])
    assert kept() == made_anew()
    assert nobody.pk not in {one.person for one in found(first="Sam", last="Vane", birth_date=BORN)}
    assert not PersonAgency.objects.exists()
