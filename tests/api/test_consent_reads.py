"""Reading the own agency's consents: what is told, and that every reading is in the ledger first (S-6, P-3)."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from continuity.agencies.models import Membership
from continuity.consents.documents import attach_document
from continuity.consents.endings import revoke_consent, suspend_consent
from continuity.consents.models import SignedDocument
from continuity.disclosures.models import LedgerEntry
from continuity.people.models import Person
from tests import builders as b
from tests.api.programs import CONSENTS, Program, pointers, problem, row_of
from tests.cast import Cast

pytestmark = pytest.mark.django_db
LIST = f"{CONSENTS}?"


@pytest.fixture
def kim(cast: Cast) -> Program:
    return Program(cast.kim)


def many(cast: Cast, count: int, **fields: object) -> list[str]:
    """Ids of new consents, newest first; each at a moment of its own, so that ids are in order."""
    made = [cast.consent(**fields) for _ in range(count)]
    return sorted((str(one.pk) for one in made), reverse=True)


def ids(answer) -> list[str]:
    return [one["id"] for one in answer.json()["results"]]


def test_consent_is_told_without_names(cast: Cast, kim: Program):
    consent = cast.consent()
    said = kim.see(consent).json()
    assert (said["number"], said["version"], said["person"]) == (consent.number, 4, str(cast.sam.pk))
    assert said["expires_on"] == "2027-09-16"
    assert (said["standing"], said["lacking"], said["pack"]) == ("active", [], "")
    assert {"signer_name", "witness_name", "note", "shown_text"}.isdisjoint(said)
    row = row_of(cast.kim)
    assert (row.outcome, row.channel, row.person, row.consents) == ("read", "api", cast.sam, [consent.pk])
    assert row.records == [["consent", str(consent.pk), 4]]


def test_consent_that_was_seen_is_not_sent_again_and_still_noted(cast: Cast, kim: Program):
    consent = cast.consent()
    seen = kim.see(consent)
    again = kim.get(f"{CONSENTS}{consent.pk}/", if_none_match=seen["ETag"])
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", seen["ETag"])
    assert LedgerEntry.objects.filter(asker=cast.kim, outcome="read").count() == 2
    consent.save()
    assert kim.get(f"{CONSENTS}{consent.pk}/", if_none_match=seen["ETag"]).status_code == 200


def test_expired_consent_is_not_told_as_the_active_one_that_was_seen(cast: Cast, kim: Program):
    """P-18: the row still says active; a 304 would have the reader believe it."""
    consent = cast.consent(expires_at=b.NOW + timedelta(seconds=1))
    seen = kim.see(consent)
    kim.at = b.NOW + timedelta(seconds=1)
    later = kim.get(f"{CONSENTS}{consent.pk}/", if_none_match=seen["ETag"])
    assert (seen.json()["standing"], later.status_code, later.json()["standing"]) == (
        "expiring",
        200,
        "expired",
    )
    assert LedgerEntry.objects.filter(asker=cast.kim, outcome="read").count() == 2


def test_list_is_the_newest_first_in_pages(cast: Cast, kim: Program):
    consents = many(cast, 5)
    first = kim.get(f"{LIST}limit=3")
    assert ids(first) == consents[:3]
    rest = kim.get(f"{LIST}limit=3&after={first.json()['next']}")
    assert (ids(rest), rest.json()["next"]) == (consents[3:], None)
    assert set(first.json()) == {"results", "next"}, "no totals"


def test_page_that_ends_the_list_has_no_next(cast: Cast, kim: Program):
    many(cast, 2)
    assert kim.get(f"{LIST}limit=2").json()["next"] is None


def test_list_leaves_one_row_of_all_it_told(cast: Cast, kim: Program):
    consents = many(cast, 3)
    kim.get(f"{LIST}limit=2")
    row = row_of(cast.kim)
    assert (row.outcome, row.person, [str(one) for one in row.consents]) == ("read", None, consents[:2])
    assert sorted(record[1] for record in row.records) == sorted(consents[:2])


def test_list_of_one_person_is_a_reading_about_that_person(cast: Cast, kim: Program):
    cast.consent(who=cast.namesake)
    (mine,) = many(cast, 1)
    assert ids(kim.get(f"{LIST}person={cast.sam.pk}")) == [mine]
    assert row_of(cast.kim).person == cast.sam


def test_list_of_nobody_is_empty_and_noted(cast: Cast, kim: Program):
    nobody = kim.get(f"{LIST}person=00000000-0000-4000-8000-000000000000")
    assert (nobody.status_code, nobody.json()) == (200, {"results": [], "next": None})
    row = row_of(cast.kim)
    assert (row.outcome, row.person, bool(row.search_hmac)) == ("empty", None, True)


def test_list_holds_the_own_agencys_alone(cast: Cast):
    cast.consent()
    foreign = b.member("other-kim", cast.clinic, "consent_manager")
    assert Program(foreign).get(f"{LIST}person={cast.sam.pk}").json()["results"] == []
    assert row_of(foreign).outcome == "empty"


@pytest.mark.parametrize("role", ["officer", "agency_admin", "supervisor", "auditor"])
def test_list_is_empty_for_those_who_may_not_read_consents(cast: Cast, role: str):
    cast.consent()
    someone = b.member("someone", cast.county, role)
    assert Program(someone).get(LIST).json() == {"results": [], "next": None}
    assert row_of(someone).outcome == "empty"


def test_list_is_asked_by_standing(cast: Cast, kim: Program):
    active, soon = cast.consent(), cast.consent(expires_at=b.NOW + timedelta(days=2))
    over = cast.consent(expires_at=b.NOW + timedelta(seconds=1))
    stopped, ended = cast.consent(), cast.consent()
    suspend_consent(by=cast.kim, consent_id=stopped.pk, note="Sam rang.", at=b.NOW)
    revoke_consent(by=cast.kim, consent_id=ended.pk, note="Sam wrote.", at=b.NOW)
    kim.at = b.NOW + timedelta(seconds=1)
    wanted = {"active": active, "expiring": soon, "expired": over, "suspended": stopped, "revoked": ended}
    for standing, consent in wanted.items():
        answer = kim.get(f"{LIST}standing={standing}").json()["results"]
        assert [(one["id"], one["standing"]) for one in answer] == [(str(consent.pk), standing)]
    assert kim.get(f"{LIST}standing=draft").json()["results"] == []
    assert LedgerEntry.objects.filter(asker=cast.kim).count() == len(wanted) + 1


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("person=sam", "/person"),
        ("standing=fine", "/standing"),
        ("after=3", "/after"),
        ("limit=0", "/limit"),
        ("limit=101", "/limit"),
        ("limit=all", "/limit"),
        ("name=Testcase", "/name"),
    ],
)
def test_question_that_is_none_is_refused_at_its_field(kim: Program, query: str, pointer: str):
    assert list(pointers(kim.get(f"{LIST}{query}"))) == [pointer]


def statements(kim: Program, path: str) -> int:
    kim.get("/livez")
    with CaptureQueriesContext(connection) as captured:
        assert kim.get(path).status_code == 200
    noise = ("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT")
    return len([query for query in captured if not query["sql"].startswith(noise)])


def test_list_takes_the_same_statements_for_one_and_for_many(cast: Cast, kim: Program):
    kim.get(LIST)  # the first request of a session stamps it
    many(cast, 1)
    few = statements(kim, LIST)
    many(cast, 7, to=[cast.police, cast.clinic])
    # Sign-in; consents, disclosing agencies, recipients; the ledger's row.
    assert (few, statements(kim, LIST)) == (5, 5)
    assert sorted(len(row.records) for row in LedgerEntry.objects.filter(asker=cast.kim)) == [0, 1, 8]


def test_status_takes_the_same_statements_for_one_and_for_many(cast: Cast, kim: Program):
    kim.get(LIST)
    many(cast, 1)
    path = f"/api/v1/people/{cast.sam.pk}/consent-status/"
    few = statements(kim, path)
    many(cast, 7)
    assert (few, statements(kim, path)) == (4, 4)
    assert LedgerEntry.objects.filter(asker=cast.kim, person=cast.sam).count() == 2


def status(by: Program, person: Person):
    return by.get(f"/api/v1/people/{person.pk}/consent-status/")


def test_status_of_a_person_without_consents_is_none(cast: Cast, kim: Program):
    assert status(kim, cast.sam).json() == {
        "person": str(cast.sam.pk),
        "status": "none",
        "until": None,
        "consents": [],
    }
    assert (row_of(cast.kim).outcome, row_of(cast.kim).person) == ("empty", cast.sam)


def test_status_is_what_lasts_longest_of_what_opens_something(cast: Cast, kim: Program):
    ended = cast.consent()
    revoke_consent(by=cast.kim, consent_id=ended.pk, note="Sam wrote.", at=b.NOW)
    assert (status(kim, cast.sam).json()["status"], status(kim, cast.sam).json()["until"]) == (
        "revoked",
        None,
    )
    cast.consent(expires_at=b.NOW + timedelta(days=2))
    assert status(kim, cast.sam).json()["status"] == "expiring"
    cast.consent(expires_at=b.NOW + timedelta(days=100))
    longest = cast.consent(expires_at=b.NOW + timedelta(days=200))
    said = status(kim, cast.sam).json()
    assert (said["status"], said["until"]) == ("active", "2027-06-08")
    assert {one["id"]: (one["number"], one["standing"], one["until"]) for one in said["consents"]}[
        str(longest.pk)
    ] == (longest.number, "active", "2027-06-08")
    assert len(said["consents"]) == 4
    assert LedgerEntry.objects.filter(asker=cast.kim, person=cast.sam, outcome="read").count() == 4


def test_status_without_an_end_has_no_last_day(cast: Cast, kim: Program):
    cast.consent(
        instrument="part2_tpo",
        expires_at=None,
        expiry_event="none",
        to=[cast.clinic],
        purposes=["treatment"],
    )
    assert (status(kim, cast.sam).json()["status"], status(kim, cast.sam).json()["until"]) == ("active", None)
    assert LedgerEntry.objects.filter(asker=cast.kim, outcome="read").count() == 2


def test_status_is_of_the_own_agencys_consents_alone(cast: Cast):
    """The clinic knows Sam, too, and has no consent of its own."""
    cast.consent(to=[cast.clinic])
    other = b.member("other-kim", cast.clinic, "consent_manager")
    b.contact(cast.adeyemi, cast.sam)
    assert status(Program(other), cast.sam).json()["status"] == "none"
    assert (row_of(other).outcome, row_of(other).consents) == ("empty", [])


def those_without(cast: Cast) -> dict[str, Membership]:
    return {
        "foreign manager": b.member("other-kim", cast.clinic, "consent_manager"),
        "officer": cast.reyes,
        "officer of the agency": b.member("own-officer", cast.county, "officer"),
        "administrator": b.member("admin", cast.county, "agency_admin"),
        "auditor": b.member("audit", cast.county, "auditor"),
        "stranger": cast.novak,
    }


def test_unknown_foreign_and_forbidden_are_one_answer(cast: Cast, kim: Program):
    """P-3: the same status and bytes, and a ledger row for each."""
    consent = cast.consent()
    document = consent.documents.get()
    absent = problem(kim.get(f"{CONSENTS}{cast.sam.pk}/"), 404, "not_found")
    for name, someone in those_without(cast).items():
        asking = Program(someone)
        answers = [
            asking.see(consent),
            status(asking, cast.sam),
            asking.get(f"{CONSENTS}{consent.pk}/documents/{document.pk}/"),
        ]
        assert [problem(answer, 404) for answer in answers] == [absent] * 3, name
        rows = LedgerEntry.objects.filter(asker=someone)
        assert {(row.outcome, row.person, bool(row.search_hmac)) for row in rows} == {("refused", None, True)}
        assert len(rows) == 3


def test_person_who_is_restricted_is_absent_but_for_the_privacy_officer(cast: Cast, kim: Program):
    consent = cast.consent()
    cast.sam.confidentiality = "restricted"
    cast.sam.save()
    problem(kim.see(consent), 404)
    problem(status(kim, cast.sam), 404)
    officer = Program(b.member("privacy", cast.county, "privacy_officer"))
    assert (officer.see(consent).status_code, status(officer, cast.sam).status_code) == (200, 200)
    assert set(LedgerEntry.objects.filter(asker=cast.kim).values_list("outcome", flat=True)) == {"refused"}


PNG = b"\x89PNG\r\n\x1a\n rest"


@pytest.mark.parametrize(
    ("content", "ending"), [(b.SCAN, "pdf"), (PNG, "png"), (b"\xff\xd8\xff rest", "jpg")]
)
def test_document_leaves_as_a_file_named_by_its_id(cast: Cast, kim: Program, content: bytes, ending: str):
    consent = cast.consent()
    document = attach_document(
        by=cast.kim, consent_id=consent.pk, kind="authority", content=content, at=b.NOW
    )
    sent = kim.get(f"{CONSENTS}{consent.pk}/documents/{document.pk}/")
    assert (sent.content, sent["Content-Type"]) == (content, document.media_type)
    assert sent["Content-Disposition"] == f'attachment; filename="{document.pk}.{ending}"'
    assert (sent["X-Content-Type-Options"], sent["Cache-Control"]) == ("nosniff", "no-store")
    row = row_of(cast.kim)
    assert (row.outcome, row.person) == ("read", cast.sam)
    assert row.records == [["signeddocument", str(document.pk), 1]]


def test_document_is_found_below_its_own_consent_alone(cast: Cast, kim: Program):
    one, other = cast.consent(), cast.consent()
    document = SignedDocument.objects.get(consent=one)
    problem(kim.get(f"{CONSENTS}{other.pk}/documents/{document.pk}/"), 404, "not_found")
    assert row_of(cast.kim).outcome == "refused"
