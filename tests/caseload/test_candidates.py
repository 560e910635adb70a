"""Who is it? Up to five of the own agency's people with why, and "none of these"; nobody is chosen by the site (P-4)."""

import re
from datetime import date

import pytest
import time_machine

from continuity.agencies.grants import name_member
from continuity.agencies.models import Membership
from continuity.crisis.models import CrisisContact
from continuity.disclosures.candidates import find_candidates
from continuity.disclosures.identity_reports import own_reports
from continuity.disclosures.models import LedgerEntry
from continuity.errors import Invalid, NotAllowed
from continuity.people.matching import query_of
from continuity.people.models import Person, PersonAgency, PersonName, PersonPhone
from continuity.people.services import Name, note_own_record, register_person, rekey
from tests import builders as b
from tests.cast import Cast, signed_in

pytestmark = pytest.mark.django_db
URL = "/caseload/contacts/new/"
ROBERT = {"find_last": "Quimby-Testcase", "find_first": "Bob", "find_birth_date": "14 June 1979"}


@pytest.fixture(autouse=True)
def now():
    with time_machine.travel(b.NOW, tick=False):
        yield


@pytest.fixture
def robert(cast: Cast) -> Person:
    """The county's own; Bob to his friends."""
    return known(cast, first="Robert")


def known(cast: Cast, first: str, born: date | None = date(1979, 6, 14), **fields) -> Person:
    person = register_person(
        source=cast.county, names=[Name(first, "Quimby-Testcase")], birth_date=born, **fields
    )
    note_own_record(person.pk, cast.county)
    return person


def search(by: Membership, **said):
    query = {"last": "Quimby-Testcase", "first": "Bob", "birth_date": date(1979, 6, 14)} | said
    return find_candidates(
        by=by, query=query_of(**query), searched=str(said), channel="page", at=b.NOW, incident_ref="2026-1"
    )


def found(by: Membership, **said) -> list:
    return [one.person_id for one in search(by, **said).found]


def asked(by: Membership, act: str = "find", **typed) -> str:
    answer = signed_in(by).post(URL, ROBERT | typed | {"act": act})
    assert answer.status_code == 200, answer.content.decode()
    return answer.content.decode()


def test_a_candidate_stands_there_with_why_and_in_words(cast: Cast, robert: Person):
    page = asked(cast.embedded, find_birth_date="2 November 1979")
    assert "Is it one of these?" in page
    assert "Robert Quimby-Testcase" in page
    assert "Agrees: last name." in page
    assert "Nearly: first name." in page
    assert "Does not agree: date of birth." in page
    assert f'value="known:{robert.pk}"' in page
    assert "None of these" in page
    assert "%" not in re.search(r"<fieldset.*Is it one.*?</fieldset>", page, re.DOTALL)[0]
    row = LedgerEntry.objects.get(outcome="read")
    assert (row.asker, row.person_id, row.channel) == (cast.embedded, None, "page")
    assert row.records == [["person", str(robert.pk), robert.version]]


def test_a_search_that_shows_nobody_is_a_row_too(cast: Cast):
    page = asked(cast.embedded, find_last="Nobodyatall", find_first="Xiomara")
    assert "Nobody whom your own agency knows is like this." in page
    rows = LedgerEntry.objects.filter(asker=cast.embedded).order_by("id")
    assert [(row.outcome, row.records) for row in rows] == [("empty", []), ("empty", [])]


def test_half_a_description_is_searched_and_starts_nothing(cast: Cast, robert: Person):
    page = asked(cast.embedded, find_birth_date="")
    assert "Robert Quimby-Testcase" in page
    answer = signed_in(cast.embedded).post(URL, ROBERT | {"find_birth_date": "", "act": "none"})
    assert answer.status_code == 400
    assert not CrisisContact.objects.filter(record_status="draft").exists()
    assert LedgerEntry.objects.filter(outcome="read").count() == 1


def test_officers_are_shown_no_candidates(cast: Cast, robert: Person):
    PersonAgency.objects.create(person=robert, agency=cast.police)
    both = b.member("both", cast.police, "officer", "dispatcher")
    for by in (cast.reyes, both):
        with pytest.raises(NotAllowed):
            search(by)
        page = asked(by)
        assert "one of these" not in page
        assert "Robert" not in page
        assert "own agency" not in page
    assert not LedgerEntry.objects.filter(outcome="read").exists()


def test_dispatch_is_shown_them_for_a_call_alone(cast: Cast, robert: Person):
    dee = b.member("dee", cast.county, "dispatcher")
    assert found(dee) == [robert.pk]
    assert LedgerEntry.objects.latest("id").incident_ref == "2026-1"
    with pytest.raises(Invalid, match="no_incident"):
        find_candidates(by=dee, query=query_of(last="Quimby"), searched="q", channel="page", at=b.NOW)
    assert "With an incident number" in asked(dee)


def test_the_others_are_nobody(cast: Cast, robert: Person):
    """Not the own agency's, merged into somebody else, or closed to whoever is not named."""
    elsewhere = register_person(
        source=cast.clinic, names=[Name("Robert", "Quimby-Testcase")], birth_date=date(1979, 6, 15)
    )
    note_own_record(elsewhere.pk, cast.clinic)
    restricted = known(cast, "Robert", confidentiality="restricted")
    retired = known(cast, "Rob", date(1979, 6, 17))
    Person.objects.filter(pk=retired.pk).update(replaced_by=robert, replaced_at=b.NOW)
    assert found(cast.embedded) == [robert.pk]
    name_member(cast.embedded.member, "see", restricted, named_by=cast.county)
    assert set(found(cast.embedded)) == {robert.pk, restricted.pk}
    assert LedgerEntry.objects.count() == 2


def test_who_is_closed_changes_nobodys_grade(cast: Cast, robert: Person):
    """More than a person of another agency does, who only counts among those of this name."""
    namesake = known(cast, "Robert", confidentiality="restricted")
    closed = search(cast.embedded).found
    PersonAgency.objects.filter(person=namesake).update(agency=cast.clinic)
    assert search(cast.embedded).found == closed
    assert [one.person_id for one in closed] == [robert.pk]


def test_what_another_agency_wrote_down_makes_nobody_a_candidate_or_surer(cast: Cast, robert: Person):
    before = search(cast.embedded, phone="661-555-0133").found
    PersonPhone.objects.create(person=robert, source=cast.clinic, number="661-555-0133")
    PersonName.objects.create(person=robert, source=cast.clinic, first="Zebedee", last="Otherwise")
    rekey(robert)
    assert search(cast.embedded, phone="661-555-0133").found == before
    assert found(cast.embedded, last="Otherwise", first="Zebedee", birth_date=None) == []


def test_five_are_shown_at_most_and_the_score_is_a_band(cast: Cast):
    people = {known(cast, "Robert", date(1979, 6, day)).pk for day in range(10, 18)}
    shown = search(cast.embedded, birth_date=None, birth_year=1979).found
    assert len(shown) == 5
    assert {one.person_id for one in shown} < people
    assert all(one.at_least < one.below for one in shown)


def draft_of(answer) -> CrisisContact:
    assert answer.status_code == 302
    return CrisisContact.objects.get(pk=answer["Location"].split("/")[3])


def test_this_one_starts_the_contact_with_that_person(cast: Cast, robert: Person):
    answer = signed_in(cast.embedded).post(URL, ROBERT | {"act": f"known:{robert.pk}"})
    assert draft_of(answer).person == robert


def test_nobody_is_chosen_who_could_not_be_offered(cast: Cast, robert: Person):
    stranger = register_person(source=cast.clinic, names=[Name("Robert", "Quimby-Testcase")])
    for by, person in ((cast.embedded, stranger), (cast.reyes, robert), (cast.novak, robert)):
        answer = signed_in(by).post(URL, ROBERT | {"act": f"known:{person.pk}"})
        assert answer.status_code == 404
    assert not CrisisContact.objects.filter(record_status="draft").exists()


def test_none_of_these_is_somebody_new_even_where_one_seemed_certain(cast: Cast, robert: Person):
    said = ROBERT | {"find_first": "Robert"}
    same = draft_of(
        signed_in(cast.embedded).post(URL, said | {"act": "person", "find_shown": str(robert.pk)})
    )
    other = draft_of(signed_in(cast.embedded).post(URL, said | {"act": "none", "find_shown": str(robert.pk)}))
    assert same.person == robert
    assert other.person not in (None, robert)


def test_a_draft_without_a_person_gets_one_from_the_list(cast: Cast, robert: Person):
    client = signed_in(cast.embedded)
    draft = draft_of(client.post(URL, {"act": "anonymous"}))
    here = f"/caseload/contacts/{draft.pk}/draft/"
    page = client.post(here, ROBERT | {"act": "find", "version": "1"}).content.decode()
    assert f'value="known:{robert.pk}"' in page
    assert client.post(here, ROBERT | {"act": f"known:{robert.pk}"}).status_code == 302
    draft.refresh_from_db()
    assert draft.person == robert
    assert LedgerEntry.objects.filter(records__contains=[["person", str(robert.pk)]]).exists()


def test_the_card_of_somebody_else_is_reported_and_leaves_the_draft(cast: Cast):
    client = signed_in(cast.embedded)
    sam = {"find_last": "Testcase", "find_first": "Sam", "find_birth_date": "3 April 1988"}
    draft = draft_of(client.post(URL, sam | {"act": "person"}))
    here = f"/caseload/contacts/{draft.pk}/draft/"
    button = re.search(r'name="act" value="(not-them:[0-9a-f-]+)"', client.get(here).content.decode())[1]
    said = client.post(here, {"act": button, "operational_summary": "Calm."}, follow=True).content.decode()
    assert "Treat as unknown." in said
    assert "Speak softly." not in said
    draft.refresh_from_db()
    assert (draft.person, draft.operational_summary) == (None, "Calm.")
    assert own_reports(cast.embedded).get().person == cast.sam
    assert LedgerEntry.objects.filter(outcome="released", person=cast.sam).exists()


def test_the_identity_is_made_sure_of_from_the_draft(cast: Cast):
    client = signed_in(cast.embedded)
    sam = {"find_last": "Testcase", "find_first": "Sam", "find_birth_date": "3 April 1988"}
    here = f"/caseload/contacts/{draft_of(client.post(URL, sam | {'act': 'person'})).pk}/draft/"
    assert "Identity: as said" in client.get(here).content.decode()
    page = client.post(here, {"act": "verify:known"}, follow=True).content.decode()
    assert "the clinician knows the person" in page
    assert Person.objects.get(pk=cast.sam.pk).identity_status == "verified"
