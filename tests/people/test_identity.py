"""Who somebody is: as said, or made sure of and how; contacts without a name get their person by a decision (5.3, D-2)."""

from datetime import date
from uuid import uuid4

import pytest

from continuity.crisis.services import claim_contact
from continuity.disclosures.models import LedgerEntry
from continuity.disclosures.own_work import person_record
from continuity.errors import Conflict, Invalid, NotAllowed, NotFound
from continuity.people.identity import latest_check, verify_identity, ways_of
from continuity.people.models import IdentityCheck, Person, PersonAgency
from continuity.people.services import find_or_register, register_person
from tests import builders as b
from tests.cast import Cast

pytestmark = pytest.mark.django_db


def status(person: Person) -> str:
    return Person.objects.values_list("identity_status", flat=True).get(pk=person.pk)


def verify(by, person, how: str = "document") -> IdentityCheck:
    return verify_identity(by=by, person_id=person.pk, how=how, at=b.NOW)


def test_somebody_described_is_asserted_until_an_identity_was_made_sure_of(cast: Cast):
    assert status(cast.sam) == "asserted"
    check = verify(cast.embedded, cast.sam, "known")
    assert (check.source, check.checked_by, check.checked_at) == (cast.county, cast.embedded, b.NOW)
    assert status(cast.sam) == "verified"
    assert latest_check(cast.sam.pk, cast.county.pk) == check


def test_each_check_is_kept_and_an_agency_reads_its_own(cast: Cast):
    PersonAgency.objects.create(person=cast.sam, agency=cast.clinic)
    ours, theirs = verify(cast.embedded, cast.sam), verify(cast.adeyemi, cast.sam, "known")
    assert status(cast.sam) == "verified"
    assert latest_check(cast.sam.pk, cast.county.pk) == ours
    assert latest_check(cast.sam.pk, cast.clinic.pk) == theirs


@pytest.mark.parametrize(
    ("who", "ways"),
    [
        ("reyes", ("document", "fingerprint")),
        ("embedded", ("document", "known")),
        ("kim", ("document",)),
    ],
)
def test_knowing_somebody_is_for_clinicians_and_bookings_are_for_police(cast: Cast, who: str, ways):
    assert ways_of(getattr(cast, who)) == ways


def test_whoever_may_not_and_whom_the_agency_does_not_know_are_refused(cast: Cast):
    refusals = (
        (cast.kim, cast.sam, "document", NotAllowed, "duty_missing"),
        (cast.novak, cast.sam, "document", NotFound, "not_found"),
        (cast.reyes, cast.sam, "fingerprint", NotFound, "not_found"),
        (cast.embedded, Person(pk=uuid4()), "document", NotFound, "not_found"),
        (cast.embedded, cast.sam, "fingerprint", Invalid, "no_such_way"),
        (cast.embedded, cast.sam, "hearsay", Invalid, "no_such_way"),
    )
    for by, person, how, kind, code in refusals:
        with pytest.raises(kind, match=code):
            verify(by, person, how)
    assert not IdentityCheck.objects.exists()
    assert status(cast.sam) == "asserted"


def test_nobody_is_verified_of_whom_no_name_was_said(cast: Cast):
    nobody = register_person(source=cast.county, names=[], identity_status="unknown")
    PersonAgency.objects.create(person=nobody, agency=cast.county)
    with pytest.raises(Conflict, match="nobody_named"):
        verify(cast.embedded, nobody)
    assert status(nobody) == "unknown"


def test_a_privacy_officer_may_write_down_how_it_was_made_sure_of(cast: Cast):
    pia = b.member("pia", cast.county, "privacy_officer")
    assert verify(pia, cast.sam).how == "document"


def test_several_anonymous_contacts_get_their_person_one_by_one(cast: Cast):
    """Nothing is guessed: a contact that nobody claimed stays without a person, whoever was identified meanwhile."""
    first, second, third = (b.contact(cast.embedded, None) for _ in range(3))
    ann = find_or_register(source=cast.county, first="Ann", last="Laterknown", birth_date=date(1970, 5, 6))
    for contact in (first, second):
        claim_contact(by=cast.embedded, contact_id=contact.pk, person=ann, at=b.NOW)
    third.refresh_from_db()
    assert third.person is None
    file = person_record(by=cast.embedded, person_id=ann.pk, channel="page", at=b.NOW)
    assert {item.source.id for item in file.of("contact")} == {first.pk, second.pk}
    assert LedgerEntry.objects.latest("id").person_id == ann.pk
    with pytest.raises(Conflict, match="claimed_already"):
        claim_contact(by=cast.embedded, contact_id=first.pk, person=cast.sam, at=b.NOW)


def test_who_was_made_for_an_unknown_person_is_not_found_by_any_name(cast: Cast):
    """Such contacts come to the person by a merge, which two people decide; a name leads to somebody new."""
    nobody = register_person(source=cast.county, names=[], identity_status="unknown")
    b.contact(cast.embedded, nobody)
    later = find_or_register(source=cast.county, first="Ann", last="Laterknown")
    assert later.pk != nobody.pk
    assert status(nobody) == "unknown"
