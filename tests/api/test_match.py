"""`people/match`: the own agency's people with HL7's grades; `not-this-person`: once, and nothing of whom (P-4, P-5)."""

from datetime import date

import pytest

from continuity.disclosures.models import IdentityReport, LedgerEntry
from continuity.disclosures.throttles import LookUpThrottle
from continuity.notices.models import Notice
from continuity.people.models import Person
from continuity.people.services import Name, note_own_record, register_person
from tests import builders as b
from tests.api.programs import Program
from tests.api.served_schema import served_schema
from tests.cast import ABOUT_SAM, Cast

pytestmark = pytest.mark.django_db
MATCH = "/api/v1/people/match/"
BOB = {"last": "Quimby-Testcase", "first": "Robert", "birth_date": "1979-06-14"}


@pytest.fixture
def robert(cast: Cast) -> Person:
    made = register_person(
        source=cast.county, names=[Name("Robert", "Quimby-Testcase")], birth_date=date(1979, 6, 14)
    )
    note_own_record(made.pk, cast.county)
    return made


def test_a_candidate_has_a_grade_a_band_and_the_fields_that_speak(cast: Cast, robert: Person):
    (one,) = Program(cast.embedded).post(MATCH, BOB).json()["results"]
    assert (one["person"], one["name"], one["grade"]) == (str(robert.pk), "Robert Quimby-Testcase", "certain")
    assert one["score"] == {"at_least": 0.99, "below": 1.0}
    assert set(one["agreeing"]) == {"given_name", "surname", "birth_date"}
    assert (one["birth_date"], one["birth_date_precision"], one["conflicting"]) == ("1979-06-14", "ymd", [])
    row = LedgerEntry.objects.get()
    assert (row.outcome, row.channel, row.asker) == ("read", "api", cast.embedded)
    assert row.records == [["person", str(robert.pk), robert.version]]


def test_nobody_found_is_an_empty_list_and_a_row(cast: Cast, robert: Person):
    assert Program(cast.adeyemi).post(MATCH, BOB).json() == {"results": []}
    assert LedgerEntry.objects.get().outcome == "empty"


def test_an_officer_is_refused_whoever_is_meant(cast: Cast, robert: Person):
    note_own_record(robert.pk, cast.police)
    answers = {Program(cast.reyes).post(MATCH, body).content for body in (BOB, BOB | {"last": "Nobody"})}
    assert len(answers) == 1
    assert b"duty_missing" in answers.pop()


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"first": "Robert"}, "/last"),
        ({"last": "Quimby-Testcase"}, "/first"),
        (BOB | {"ssn": "1"}, "/ssn"),
        (BOB | {"birth_date": "14 June"}, "/birth_date"),
    ],
)
def test_a_name_alone_is_not_searched_for(cast: Cast, body, pointer):
    answer = Program(cast.embedded).post(MATCH, body)
    assert answer.status_code == 400
    assert [one["pointer"] for one in answer.json()["errors"]] == [pointer]
    assert not LedgerEntry.objects.exists()


def test_dispatch_names_its_call_and_takes_whom_it_was_shown(cast: Cast, robert: Person):
    dee = Program(b.member("dee", cast.county, "dispatcher"))
    refused = dee.post(MATCH, BOB)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, "/incident_ref")
    (one,) = dee.post(MATCH, BOB | {"incident_ref": "2026-0001"}).json()["results"]
    assert LedgerEntry.objects.get().incident_ref == "2026-0001"
    made = dee.post("/api/v1/contacts/", {"person": one["person"], "occurred_at": b.NOW.isoformat()})
    assert made.status_code == 201, made.content


def test_a_search_counts_among_the_questions_of_a_minute(cast: Cast, robert: Person, monkeypatch):
    monkeypatch.setattr(LookUpThrottle, "rate", "1/min", raising=False)
    program = Program(cast.embedded)
    assert [program.post(MATCH, BOB).status_code for _ in range(2)] == [200, 429]


def test_the_grades_are_those_of_hl7():
    shape = served_schema()["components"]["schemas"]
    named = shape["CandidateShape"]["properties"]["grade"]
    grades = (
        named.get("enum")
        or shape[named["allOf" if "allOf" in named else "oneOf"][0]["$ref"].rpartition("/")[2]]["enum"]
    )
    assert grades == ["certain", "probable", "possible", "certainly-not"]


# -- not this person ------------------------------------------------------------------------------------------


def shown(cast: Cast) -> str:
    """The id of the answer that shows Sam to Reyes."""
    cast.consent()
    return Program(cast.reyes).post("/api/v1/lookups/", ABOUT_SAM).json()["record"]["ledger_id"]


def address(ledger_id: str) -> str:
    return f"/api/v1/answers/{ledger_id}/not-this-person/"


def test_a_report_is_made_once_and_tells_nothing_of_the_person(cast: Cast):
    here, reyes = address(shown(cast)), Program(cast.reyes)
    first = reyes.post(here, {"said": "Too young."}, idempotency_key="k-1")
    again = reyes.post(here, {"said": "Too young."}, idempotency_key="k-1")
    other = reyes.post(here, {})
    assert first.status_code == 201
    assert first.content == again.content == other.content
    assert set(first.json()) == {"report", "reported_at", "advice"}
    report = IdentityReport.objects.get()
    assert (str(report.pk), report.said) == (first.json()["report"], "Too young.")
    assert LedgerEntry.objects.get(pk=report.ledger_id).outcome == "released"


def test_what_was_not_told_to_this_member_is_absent_in_the_same_words(cast: Cast):
    there = address(shown(cast))
    nowhere = address("00000000-0000-7000-8000-000000000001")
    answers = {Program(cast.deputy).post(where, {}).content for where in (there, nowhere)}
    assert len(answers) == 1
    assert b"urn:continuity:problem:not_found" in answers.pop()
    assert LedgerEntry.objects.filter(asker=cast.deputy, outcome="refused").count() == 2
    assert not Notice.objects.exists()
