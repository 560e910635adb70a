"""The shape of a question on the API: problem+json that names each field."""

import pytest

from continuity.disclosures.models import LedgerEntry
from tests.cast import Cast, signed_in
from tests.lookup.asking import URL, ask

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("changes", "pointer", "sentence"),
    [
        ({"incident_ref": ""}, "/incident_ref", "Type the incident number of this call."),
        ({"purpose": "curiosity"}, "/purpose", "Choose one of the purposes."),
        ({"last": ""}, "/last", "Type the last name."),
        ({"first": ""}, "/first", "Type the first name."),
        ({"birth_date": ""}, "/birth_date", "Add the date of birth, or an ID number"),
        ({"birth_date": "2/30/1988"}, "/birth_date", "There is no such day."),
    ],
)
def test_a_missing_or_bad_field_is_named_with_a_sentence(cast: Cast, changes, pointer, sentence):
    response = ask(cast.reyes, **changes)
    assert (response.status_code, response["Content-Type"]) == (400, "application/problem+json")
    (error,) = response.json()["errors"]
    assert error["pointer"] == pointer
    assert error["detail"].startswith(sentence)
    assert not LedgerEntry.objects.exists()  # no question was asked yet


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'"x"', b"\xff\xfe", b"null", b'{"last": {"a": 1}}'])
def test_bytes_that_are_no_question_get_a_problem(cast: Cast, body):
    response = signed_in(cast.reyes).post(URL, body, content_type="application/json")
    assert (response.status_code, response["Content-Type"]) == (400, "application/problem+json")


def test_a_name_with_a_nul_character_is_refused(cast: Cast):
    assert ask(cast.reyes, last="Test\x00case").status_code == 400


def test_a_verified_identifier_stands_in_for_the_birth_date(cast: Cast):
    from continuity.people.services import Identifier
    from tests import builders as b

    person = b.person(
        cast.county, "Ida", "Idcase", born=None, identifiers=[Identifier("DL-77", verified_at=b.NOW)]
    )
    b.contact(cast.reyes, person)
    asked = ask(cast.reyes, last="Idcase", first="", birth_date="", identifier="dl 77")
    assert asked.json()["record"]["official_name"] == "Ida Idcase"
    assert LedgerEntry.objects.get().outcome == "released"


def test_too_many_questions_are_told_to_wait(cast: Cast, monkeypatch):
    from continuity.disclosures.throttles import LookUpThrottle

    monkeypatch.setattr(LookUpThrottle, "rate", "2/min", raising=False)
    assert [ask(cast.reyes).status_code for _ in range(3)] == [200, 200, 429]


def test_questions_are_answered_while_the_throttles_store_is_down(cast: Cast, settings, caplog):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert ask(cast.reyes).status_code == 200
    assert "not counting" in caplog.text
