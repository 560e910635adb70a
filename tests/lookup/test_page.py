"""The look-up page without a browser: its sentences, its one frame, and the ledger row behind every answer."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from continuity.agencies.models import Agreement
from continuity.consents.endings import revoke_consent
from continuity.disclosures.models import LedgerEntry
from continuity.people.models import MatchKey
from tests import builders as b
from tests.builders import NOW
from tests.cast import ABOUT_SAM, Cast, signed_in
from tests.factors import code_of, give_app

pytestmark = pytest.mark.django_db
URL = "/lookup/"
NOTHING = "No information can be shared."
_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="\w+"')


@pytest.fixture(autouse=True)
def now():
    with time_machine.travel(NOW, tick=False):
        yield


def ask(membership, client: Client | None = None, **changes):
    return (client or signed_in(membership)).post(URL, ABOUT_SAM | changes)


def page_of(response) -> str:
    return _TOKEN.sub("", response.content.decode())


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"incident_ref": " "}, "incident_ref", "Type the incident number of this call."),
        ({"last": ""}, "last", "Type the last name."),
        ({"first": ""}, "first", "Type the first name."),
        ({"birth_date": "31/2/1988"}, "birth_date", "There is no such day."),
        ({"birth_date": "soon"}, "birth_date", "Type the day, month and year of birth"),
        ({"birth_date": ""}, "birth_date", "Add the date of birth, or an ID number"),
    ],
)
def test_an_error_stands_at_its_field_and_asks_nothing(cast: Cast, changes, field, sentence):
    response = ask(cast.reyes, **changes)
    page = page_of(response)
    assert response.status_code == 400
    assert f'<a href="#{field}">{sentence}' in page
    assert re.search(rf'id="{field}-error">.*{sentence}', page)
    assert re.search(rf'<input id="{field}"[^>]*aria-invalid="true" aria-describedby="{field}-error', page)
    assert 'value="2026-0001"' in page or field == "incident_ref"
    assert not LedgerEntry.objects.exists()


def test_the_incident_number_is_carried_over(cast: Cast):
    client = signed_in(cast.reyes)
    ask(cast.reyes, client)
    form = client.get(URL).content.decode()
    assert re.search(r'<input id="incident_ref"[^>]*value="2026-0001"', form)
    assert "Incident 2026-0001" in form
    assert LedgerEntry.objects.get().incident_ref == "2026-0001"


def test_what_was_understood_of_a_birth_date_is_read_back_at_the_field(cast: Cast):
    page = page_of(ask(cast.reyes))
    assert 'id="birth_date-read-back">Understood as 3 April 1988, 38 years</p>' in page
    assert re.search(r'<input id="birth_date"[^>]*aria-describedby="[^"]*birth_date-read-back"', page)
    assert LedgerEntry.objects.count() == 1


def test_the_page_shows_what_the_api_answers(cast: Cast):
    cast.consent()
    page = page_of(ask(cast.reyes))
    record = (
        signed_in(cast.reyes)
        .post("/api/v1/lookups/", ABOUT_SAM, content_type="application/json")
        .json()["record"]
    )
    assert record["name_to_use"] in page
    for line in [link["duty_line"] for link in record["team_links"]]:
        assert f'href="tel:{line.replace("-", "")}"' in page
    for standing in record["tips"] + record["flags"]:
        assert standing["text"] in page
    assert "Observed by an embedded clinician, 12 days ago (8 Nov 2026), expires 6 Feb 2027" in page
    assert f"in care: {'yes' if record['team_links'] else 'not known'}" in page.lower()
    first, second = LedgerEntry.objects.order_by("channel")
    assert (first.outcome, second.outcome) == ("released", "released")
    assert first.records_sha256 == second.records_sha256
    assert (first.channel, second.channel) == ("api", "page")


def test_every_negative_answer_is_the_same_page_to_the_byte(cast: Cast):
    """No consent, no agreement, revoked, expired, nobody and two people: only the ledger tells them apart."""
    client = signed_in(cast.reyes)
    ask(cast.reyes, client)  # the top bar names the incident from now on

    pages = {}

    def keep(case: str) -> None:
        response = ask(cast.reyes, client)
        pages[case] = (response.status_code, sorted(response.headers.items()), page_of(response))

    keep("no consent")
    consent = cast.consent()
    revoke_consent(by=cast.kim, consent_id=consent.pk, note="", at=NOW)
    keep("revoked")
    cast.consent(expires_at=NOW - timedelta(days=1))
    keep("expired")
    cast.consent()
    Agreement.objects.update(expires_at=NOW - timedelta(days=1))
    keep("no agreement")
    b.person(cast.county)
    keep("ambiguous")
    MatchKey.objects.all().delete()
    keep("nobody")

    assert NOTHING in pages["nobody"][2]
    assert "This does not mean that there is no history or no risk." in pages["nobody"][2]
    assert len({page for _, _, page in pages.values()}) == 1
    assert {status for status, _, _ in pages.values()} == {200}
    assert len({tuple(name for name, _ in headers) for _, headers, _ in pages.values()}) == 1
    rows = LedgerEntry.objects.all()
    assert len(rows) == len(pages) + 1
    assert {row.refusal for row in rows} == {"no_basis", "no_agreement", "ambiguous", "no_match"}


def test_found_and_nothing_share_one_frame(cast: Cast):
    """The same heading, clinician's line and buttons, whatever the answer."""
    client = signed_in(cast.reyes)
    nothing = page_of(ask(cast.reyes, client))
    cast.consent()
    found = page_of(ask(cast.reyes, client))
    assert NOTHING in nothing
    assert NOTHING not in found
    for part in (
        r"<h1>.*?</h1>",
        r'<span class="source">Seen by Reyes, 20 Nov 2026, 12:00</span>',
        r'<section class="card" aria-labelledby="clinician">.*?</section>',
        r'<div class="actions always">.*?</div>',
        r"<title>.*?</title>",
    ):
        assert re.findall(part, found, re.S)[:1] == re.findall(part, nothing, re.S)[:1] != []
    assert 'href="tel:6615550100">Call clinician' in nothing
    assert sorted(row.outcome for row in LedgerEntry.objects.all()) == ["refused", "released"]


def test_nothing_on_record_is_never_called_safe(cast: Cast):
    cast.consent(categories=["D2"])
    page = page_of(ask(cast.reyes))
    assert "No caution on record. This does not mean that there is no risk." in page
    assert "In care: not known" in page
    assert LedgerEntry.objects.get().outcome == "released"


def test_nothing_personal_stands_in_title_address_or_headers(cast: Cast):
    cast.consent()
    response = ask(cast.reyes)
    page = page_of(response)
    assert "<title>Look-up - Continuity</title>" in page
    assert not re.search(r'(?:href|action|src)="[^"]*(?:testcase|sam)', page, re.I)
    assert "testcase" not in str(response.headers).lower()
    assert response["Cache-Control"] == "no-store"
    assert LedgerEntry.objects.get().outcome == "released"


def test_a_clinician_reads_narratives_and_is_asked_for_a_purpose(cast: Cast):
    assert page_of(ask(cast.embedded, purpose="")).count("Choose one of the purposes.") == 2
    page = page_of(ask(cast.embedded, purpose="treatment"))
    assert "Clinical words." in page
    assert "own record" in page
    assert LedgerEntry.objects.get().outcome == "released"


def test_an_officer_is_asked_for_no_purpose_and_no_reason(cast: Cast):
    form = page_of(signed_in(cast.reyes).get(URL))
    assert 'name="purpose"' not in form
    assert 'name="reason"' not in form


def test_a_privacy_officer_may_give_a_reason(cast: Cast):
    form = page_of(signed_in(b.member("po", cast.county, "privacy_officer")).get(URL))
    assert 'name="reason"' in form
    assert form.count('name="purpose"') == 3


def test_a_role_without_look_ups_is_told_so(cast: Cast):
    auditor = b.member("auditor", cast.county, "auditor")
    assert "does not include looking people up" in page_of(signed_in(auditor).get(URL))
    answer = page_of(ask(auditor, purpose="compliance_audit"))
    assert "No information can be shared." in answer
    assert LedgerEntry.objects.get().refusal == "duty_missing"


def test_too_many_questions_keep_what_was_typed(cast: Cast, monkeypatch):
    monkeypatch.setattr("continuity.lookup.views.LookUpThrottle.allow_request", lambda *_: False)
    response = ask(cast.reyes)
    assert response.status_code == 429
    assert "Too many questions in one minute." in page_of(response)
    assert 'value="Testcase"' in page_of(response)
    assert not LedgerEntry.objects.exists()


def test_a_question_after_the_session_ended_is_kept_through_sign_in(cast: Cast):
    """Typed values travel in the pages alone: no address and no anonymous session holds them."""
    cast.consent()
    client = Client()
    sign_in = client.post(URL, ABOUT_SAM)
    assert sign_in.status_code == 403
    assert "Your session ended before this was sent." in page_of(sign_in)
    assert not client.session.keys()
    fields = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page_of(sign_in))
    wrong = client.post("/sign-in/", dict(fields) | {"username": "reyes", "password": "wrong"})
    assert re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page_of(wrong)) == fields
    secret = give_app(cast.reyes.member)
    step = client.post("/sign-in/", dict(fields) | {"username": "reyes", "password": "correct horse"})
    carried = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page_of(step)))
    assert dict(fields).items() <= carried.items()
    again = client.post("/sign-in/second-factor/", dict(fields) | {"code": code_of(secret)})
    assert "Testcase" not in str(dict(client.session))
    kept = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page_of(again)))
    assert kept == ABOUT_SAM
    assert not LedgerEntry.objects.exists()
    assert "Sam Testcase" in page_of(client.post(URL, kept))
    assert LedgerEntry.objects.get().outcome == "released"


def test_a_member_of_two_agencies_keeps_the_question_while_choosing(cast: Cast):
    other = b.agency("second-police", "police")
    b.Membership.objects.create(member=cast.reyes.member, agency=other, roles=["officer"])
    client = signed_in(cast.reyes)
    choice = ask(cast.reyes, client)
    assert choice.status_code == 403
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page_of(choice)))
    again = client.post("/duty/", fields | {"membership": str(cast.reyes.pk)})
    kept = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page_of(again)))
    assert NOTHING in page_of(client.post(URL, kept))
    assert LedgerEntry.objects.get().agency == cast.police


def test_signed_out_reading_leads_to_sign_in(client: Client):
    assert client.get(URL).headers["Location"] == "/sign-in/?next=/lookup/"
