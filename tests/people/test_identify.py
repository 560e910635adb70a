"""Whom a description means: one person for certain, or nobody (P-3, P-4, P-5)."""

from datetime import date
from typing import Any

import pytest
from django.conf import settings
from django.db import IntegrityError

from continuity.agencies.models import Agency
from continuity.people.index_rows import EVERYBODY
from continuity.people.matching import Grade
from continuity.people.matching.keys import term
from continuity.people.models import Person, PersonName, TermCount
from continuity.people.services import (
    Identified,
    Identifier,
    Name,
    identify,
    note_own_record,
    register_person,
    rekey,
)
from tests import builders as b

pytestmark = pytest.mark.django_db
BORN = date(1988, 4, 3)
NOBODY = Identified(None, Grade.CERTAINLY_NOT, "no_match")
AMBIGUOUS = Identified(None, Grade.CERTAINLY_NOT, "ambiguous")
VERIFIED = Identifier("D 123-456", "CA", "DL", verified_at=b.NOW)
ASSERTED = Identifier("D 123-456", "CA", "DL")


@pytest.fixture
def county() -> Agency:
    return b.agency("county", "county_behavioral_health")


@pytest.fixture
def sam(county: Agency) -> Person:
    return register_person(
        source=county,
        names=[
            Name("Samuel", "Núñez-Ortega"),
            Name("Sam", "Vane", use=PersonName.Use.ALIAS),
            Name("Samuel", "Quill", use=PersonName.Use.FORMER),
        ],
        birth_date=BORN,
        identifiers=[VERIFIED],
    )


def certain(person: Person) -> Identified:
    return Identified(person.pk, Grade.CERTAIN)


FOUND = {
    "name and birth date": {"last": "Núñez-Ortega", "first": "Samuel", "birth_date": BORN},
    "another spelling": {"last": "NUNEZ ORTEGA", "first": "samuel", "birth_date": BORN},
    "alias": {"last": "Vane", "first": "Sam", "birth_date": BORN},
    "former name": {"last": "Quill", "first": "Samuel", "birth_date": BORN},
    "last name and identifier": {"last": "Núñez-Ortega", "identifier": "d123456"},
    "alias and identifier": {"last": "Vane", "identifier": "D-123-456"},
    "everything": {"last": "Vane", "first": "Sam", "birth_date": BORN, "identifier": "D123456"},
}
ALIKE = {
    "nickname nobody gave": {"last": "Vane", "first": "Sammy", "birth_date": BORN},
    "nickname of one name, last of another": {"last": "Quill", "first": "Sam", "birth_date": BORN},
    "day and month exchanged": {"last": "Vane", "first": "Sam", "birth_date": date(1988, 3, 4)},
    "first and last name exchanged": {"last": "Sam", "first": "Vane", "birth_date": BORN},
    "half a surname": {"last": "Ortega", "first": "Samuel", "birth_date": BORN},
    "misspelt": {"last": "Nunes Ortega", "first": "Samual", "birth_date": BORN},
    "misspelt, with the identifier": {"last": "Nunes Ortega", "first": "Samuel", "identifier": "D123456"},
}
NOT_FOUND = {
    "name alone": {"last": "Vane", "first": "Sam"},
    "last name and birth date": {"last": "Vane", "birth_date": BORN},
    "another birth date": {"last": "Vane", "first": "Sam", "birth_date": date(1979, 8, 21)},
    "placeholder": {"last": "Vane", "first": "Sam", "birth_date": date(1988, 1, 1)},
    "twin": {"last": "Vane", "first": "Tom", "birth_date": BORN},
    "identifier with a wrong last name": {"last": "Vale", "identifier": "D123456"},
    "identifier alone": {"last": "", "identifier": "D123456"},
    "part of the identifier": {"last": "Vane", "identifier": "D12345"},
    "nothing": {"last": ""},
}


@pytest.mark.parametrize("asked", FOUND.values(), ids=FOUND)
def test_person_is_found_for_certain_by(sam: Person, asked: dict[str, Any]):
    assert identify(**asked) == certain(sam)


@pytest.mark.parametrize("asked", NOT_FOUND.values(), ids=NOT_FOUND)
def test_person_is_not_found_by(sam: Person, asked: dict[str, Any]):
    assert identify(**asked) == NOBODY


def test_person_is_found_for_certain_by_what_is_like_it(sam: Person):
    TermCount.objects.create(term=EVERYBODY, people=200_000)  # where hardly anybody else has these names
    assert {name: identify(**asked) for name, asked in ALIKE.items()} == dict.fromkeys(ALIKE, certain(sam))


def test_one_statement_finds_who_is_described_as_on_record(sam: Person, django_assert_num_queries: Any):
    for asked in FOUND.values():
        with django_assert_num_queries(1):
            identify(**asked)


def test_every_negative_answer_takes_the_same_statements(
    sam: Person, county: Agency, django_assert_num_queries: Any
):
    """P-3: work that differs would tell."""
    b.person(county, first="Sam", last="Vane", born=BORN)
    ambiguous = {"last": "Vane", "first": "Sam", "birth_date": BORN}
    for asked in [ambiguous, *NOT_FOUND.values()]:
        with django_assert_num_queries(2):
            assert identify(**asked).person_id is None


def test_common_name_whose_birth_date_chance_explains_needs_an_identifier(sam: Person, county: Agency):
    """P-5: of six million people many are called Sam and many Vane."""
    for word, people in (("", 6_000_000), ("first sam", 180_000), ("last vane", 60_000)):
        TermCount.objects.create(term=named(word), people=people)
    assert identify(last="Vane", first="Sam", birth_date=BORN) == AMBIGUOUS
    assert identify(last="Vane", first="Sam", birth_date=BORN, identifier="D123456") == certain(sam)
    assert identify(last="Quill", first="Samuel", birth_date=BORN) == certain(sam)


def named(word: str) -> int:
    """The term under which the bearers of a name are counted; of no name, everybody."""
    kind, _, name = word.partition(" ")
    return term(kind, name, secret=settings.MATCH_KEY.encode()) if word else EVERYBODY


def test_of_namesakes_with_one_birth_date_it_is_the_one_whose_number_is_said(sam: Person, county: Agency):
    """P-5: a further identifier tells them apart; somebody else's, or one that nobody has, does not."""
    b.person(county, first="Sam", last="Vane", born=BORN)
    asked: dict[str, Any] = {"last": "Vane", "first": "Sam", "birth_date": BORN}
    assert identify(**asked, identifier="D123456") == certain(sam)
    b.person(county, first="Una", last="Vale", identifiers=[Identifier("X-9", "CA", "DL", verified_at=b.NOW)])
    assert identify(**asked, identifier="X-9") == AMBIGUOUS
    assert identify(**asked, identifier="Y-9") == AMBIGUOUS


def test_namesake_with_the_same_birth_date_makes_both_nobody(sam: Person, county: Agency):
    b.person(county, first="Sam", last="Vane", born=BORN)
    assert identify(last="Vane", first="Sam", birth_date=BORN) == AMBIGUOUS
    assert identify(last="Quill", first="Samuel", birth_date=BORN) == certain(sam)


def test_name_of_one_with_the_identifier_of_a_namesake_is_nobody(sam: Person, county: Agency):
    b.person(county, first="Una", last="Vane", born=BORN)
    assert identify(last="Vane", first="Una", birth_date=BORN, identifier="D123456") == AMBIGUOUS


def test_name_of_one_with_the_identifier_of_a_stranger_is_nobody(sam: Person, county: Agency):
    """P-5: the two contradict each other; whichever is right, the other would be told about the wrong person."""
    b.person(county, first="Una", last="Vale", born=BORN)
    assert identify(last="Vale", first="Una", birth_date=BORN, identifier="D123456") == AMBIGUOUS


def test_identifier_that_nobody_verified_identifies_nobody(county: Agency):
    b.person(county, last="Vane", identifiers=[ASSERTED])
    assert identify(last="Vane", identifier="D123456") == NOBODY


@pytest.mark.parametrize(
    "uncertain",
    [{"birth_date_precision": "ym"}, {"birth_date_precision": "y"}, {"birth_date_estimated": True}],
    ids=str,
)
def test_uncertain_birth_date_identifies_nobody(county: Agency, uncertain: dict[str, Any]):
    b.person(county, first="Sam", last="Vane", born=BORN, **uncertain)
    assert identify(last="Vane", first="Sam", birth_date=BORN) == NOBODY


def test_person_without_birth_date_is_found_by_a_verified_identifier(county: Agency):
    sam = b.person(county, last="Vane", born=None, identifiers=[VERIFIED])
    assert identify(last="Vane", identifier="D123456") == certain(sam)


def test_changed_name_is_found_and_the_wrong_one_no_longer(sam: Person):
    name = sam.personname_set.get(last="Vane")
    name.last = "Harrow"
    name.save()
    rekey(sam)
    assert identify(last="Harrow", first="Sam", birth_date=BORN) == certain(sam)
    assert identify(last="Vane", first="Sam", birth_date=BORN) == NOBODY


def test_corrected_birth_date_is_the_one_that_counts(sam: Person):
    sam.birth_date = date(1979, 8, 21)
    sam.save()
    rekey(sam)
    assert identify(last="Vane", first="Sam", birth_date=BORN) == NOBODY
    assert identify(last="Vane", first="Sam", birth_date=date(1979, 8, 21)) == certain(sam)


def test_verified_identifier_counts_from_its_verification_on(county: Agency):
    sam = b.person(county, last="Vane", identifiers=[ASSERTED])
    sam.personidentifier_set.update(verified_at=b.NOW)
    rekey(sam)
    assert identify(last="Vane", identifier="D123456") == certain(sam)


def test_registration_is_not_yet_a_record_of_the_agencys_own(sam: Person, county: Agency):
    assert not sam.person_agencies.exists()
    note_own_record(sam.pk, county)
    note_own_record(sam.pk, county)
    assert [known.agency for known in sam.person_agencies.all()] == [county]


def test_person_has_an_identifier_once(sam: Person, county: Agency):
    with pytest.raises(IntegrityError, match="a_person_has_an_identifier_once"):
        sam.personidentifier_set.create(source=county, **vars(VERIFIED))


def test_person_is_not_replaced_by_itself(sam: Person):
    sam.replaced_by = sam
    with pytest.raises(IntegrityError, match="person_is_not_replaced_by_itself"):
        sam.save()
