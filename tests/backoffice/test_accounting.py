"""Accountings at the desk: asked for, looked at, printed, handed over; who may, and what the ledger says of it."""

import hashlib
import json
from datetime import timedelta

import pytest
from django.test import Client

from continuity.backoffice import pdf
from continuity.disclosures import accounting_requests as requests
from continuity.disclosures.models import AccountingRequest, AccountingSuspension, LedgerEntry
from tests import builders as b
from tests.cast import Cast, signed_in
from tests.disclosures.disclosed import opening, told

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_the_time_of_the_cast")]
DAY = timedelta(days=1)


@pytest.fixture
def desk(cast: Cast) -> Client:
    return signed_in(b.member("priya", cast.county, "privacy_officer"))


def asked(cast: Cast, kind: str = "accounting", *, prepared: bool = False, at=b.NOW) -> AccountingRequest:
    by = cast.county.memberships.get(member__username="priya")
    made = requests.receive_request(
        by=by, person_id=cast.sam.pk, kind=kind, asked_by="Sam Testcase, by letter", requested_at=at, at=at
    )
    if prepared:
        requests.prepare_request(by=by, request_id=made.pk, channel="admin", at=b.NOW)
        made.refresh_from_db()
    return made


def read(desk: Client, path: str) -> str:
    answer = desk.get(path)
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    return answer.content.decode()


def test_from_the_letter_to_the_hand(cast: Cast, desk: Client):
    told(cast.reyes, cast.sam, b.NOW - DAY, opening(cast.county, "D1", "ER"))
    of_person = f"/admin/people/{cast.sam.pk}/accountings/"
    said = {"kind": "accounting", "asked_by": "Sam Testcase, by letter", "requested_at": "2026-11-20T11:00"}
    assert desk.post(f"{of_person}request/", said)["Location"] == of_person
    made = AccountingRequest.objects.get()
    assert f"/admin/accountings/{made.pk}/" in read(desk, of_person)
    one = f"/admin/accountings/{made.pk}/"
    answer = desk.post(f"{one}prepare/", {})
    assert answer["Location"] == f"{one}copy/"
    text = read(desk, f"{one}copy/")
    assert "A clinician released it in an emergency (45 CFR 164.512(j))" in text
    assert "Kestrel Police" in text
    made.refresh_from_db()
    given = {"version": made.version, "delivered_to": "Sam Testcase, in person"}
    assert desk.post(f"{one}deliver/", given)["Location"] == one
    assert "Delivered" in read(desk, one)
    made.refresh_from_db()
    assert made.state == "delivered"
    assert (
        LedgerEntry.objects.get(outcome="released", agency=cast.county).recipient == "Sam Testcase, in person"
    )


def test_json_is_the_very_file_whose_fingerprint_the_page_tells(cast: Cast, desk: Client):
    made = asked(cast, "own_record", prepared=True)
    answer = desk.get(f"/admin/accountings/{made.pk}/copy.json")
    assert answer["Content-Type"] == "application/json"
    assert "no-store" in answer["Cache-Control"]
    assert json.loads(answer.content)["record"]["contacts"][0]["narrative"] == "Clinical words."
    assert hashlib.sha256(answer.content).hexdigest() in read(desk, f"/admin/accountings/{made.pk}/copy/")
    entry = LedgerEntry.objects.get(channel="export")
    assert (entry.outcome, entry.person_id) == ("read", cast.sam.pk)


@pytest.mark.parametrize("kind", ["accounting", "intermediary_list", "own_record", "access_log"])
def test_every_kind_has_its_page_and_its_pdf(cast: Cast, desk: Client, kind: str):
    cast.consent()
    told(cast.reyes, cast.sam, b.NOW - DAY, opening(cast.county, "D1", "C"))
    made = asked(cast, kind, prepared=True)
    text = read(desk, f"/admin/accountings/{made.pk}/copy/")
    assert 'class="paper-form paper-copy"' in text
    assert "Sam Testcase, born 3 Apr 1988" in text
    answer = desk.get(f"/admin/accountings/{made.pk}/copy.pdf")
    if pdf.is_installed() and kind == "own_record":
        assert answer.content.startswith(b"%PDF-")
        assert answer["Content-Disposition"].endswith('.pdf"')
        assert LedgerEntry.objects.filter(channel="export", outcome="read").count() == 1


def test_site_without_the_extra_offers_no_pdf(cast: Cast, desk: Client, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pdf, "_library", lambda: None)
    made = asked(cast, prepared=True)
    assert "As PDF" not in read(desk, f"/admin/accountings/{made.pk}/copy/")
    assert desk.get(f"/admin/accountings/{made.pk}/copy.pdf").status_code == 404


def test_words_in_confidence_are_kept_back_from_the_page(cast: Cast, desk: Client):
    """P-13: the office reads the copy first, and prepares it again."""
    made = asked(cast, "own_record", prepared=True)
    one = f"/admin/accountings/{made.pk}/"
    text = read(desk, f"{one}copy/")
    assert "Clinical words." in text
    assert str(cast.sams_contact.pk) in text
    desk.post(f"{one}prepare-again/", {"withheld": [str(cast.sams_contact.pk)]})
    text = read(desk, f"{one}copy/")
    assert "Clinical words." not in text
    assert "kept back" in text.casefold()
    assert f'value="{cast.sams_contact.pk}" id="prepare-again-withheld_0" checked' in text
    assert "Prepare again" not in read(desk, one)


def test_what_is_held_back_is_told_beside_the_copy_and_not_on_it(cast: Cast, desk: Client):
    told(cast.reyes, cast.sam, b.NOW - DAY, opening(cast.county, "D1", "ER"))
    said = {
        "for_agency": cast.police.pk, "official_name": "Lt. Testrole", "official_title": "Detectives", "is_oral": "1",
        "starts_at": "2026-11-20T11:00", "ends_at": "2026-12-10T11:00",
    }  # fmt: skip
    of_person = f"/admin/people/{cast.sam.pk}/accountings/"
    assert desk.post(f"{of_person}suspend/", said)["Location"] == of_person
    made = asked(cast, prepared=True)
    staff, paper = read(desk, f"/admin/accountings/{made.pk}/copy/").split('class="paper-form')
    assert "Kestrel Police: 1 entry, suspended" in staff
    assert "Kestrel" not in paper
    assert b"Kestrel" not in desk.get(f"/admin/accountings/{made.pk}/copy.json").content
    suspension = AccountingSuspension.objects.get()
    assert "Lt. Testrole, Detectives" in read(desk, "/admin/accountings/suspensions/")
    desk.post(f"/admin/accountings/suspensions/{suspension.pk}/lift/")
    suspension.refresh_from_db()
    assert suspension.lifted_at == b.NOW
    answer = desk.post(
        f"/admin/accountings/{made.pk}/deliver/", {"version": made.version, "delivered_to": "Sam"}
    )
    assert answer.status_code == 409
    assert "Prepare it again." in answer.content.decode()


def test_spoken_statement_of_more_than_thirty_days_is_refused_at_its_field(cast: Cast, desk: Client):
    said = {
        "for_agency": cast.police.pk, "official_name": "Lt. Testrole", "is_oral": "1",
        "starts_at": "2026-11-20T11:00", "ends_at": "2026-12-20T11:01",
    }  # fmt: skip
    answer = desk.post(f"/admin/people/{cast.sam.pk}/accountings/suspend/", said)
    assert answer.status_code == 400
    assert "A spoken statement counts for 30 days at most" in answer.content.decode()
    assert not AccountingSuspension.objects.exists()


def test_a_disclosure_on_paper_is_written_down(cast: Cast, desk: Client):
    said = {
        "recipient": "District Court, Room 4", "address": "1 Nowhere Street", "ground": "legal_process",
        "categories": ["D2"], "description": "Copy of two contacts", "channel": "paper",
        "disclosed_at": "2026-11-19T11:00",
    }  # fmt: skip
    assert desk.post(f"/admin/people/{cast.sam.pk}/accountings/disclose/", said).status_code == 302
    text = read(desk, f"/admin/accountings/{asked(cast, prepared=True).pk}/copy/")
    assert "District Court, Room 4 and 1 Nowhere Street" in text
    assert "19 Nov 2026, 11:00" in text


def test_the_list_shows_what_is_owed_first_and_is_ledgered(cast: Cast, desk: Client):
    late = asked(cast, at=b.NOW - 61 * DAY)
    soon = asked(cast, "own_record", at=b.NOW - 25 * DAY)
    text = read(desk, "/admin/accountings/")
    assert text.index(str(late.pk)) < text.index(str(soon.pk))
    assert "Received, overdue" in text
    assert "Received, due in 5 days" in text
    entry = LedgerEntry.objects.get(outcome="read")
    assert {pk for _, pk, _ in entry.records} == {str(late.pk), str(soon.pk)}
    assert "Accountings owed" in read(desk, "/admin/")


def test_time_is_extended_once_from_the_page(cast: Cast, desk: Client):
    made = asked(cast)
    one = f"/admin/accountings/{made.pk}/"
    assert "Take more time" in read(desk, one)
    desk.post(f"{one}extend/", {"version": made.version, "reason": "Paper is in the archive."})
    text = read(desk, one)
    assert "Paper is in the archive." in text
    assert "Take more time" not in text


def test_what_somebody_changed_meanwhile_is_not_overwritten(cast: Cast, desk: Client):
    made = asked(cast, prepared=True)
    answer = desk.post(f"/admin/accountings/{made.pk}/withdraw/", {"version": made.version - 1})
    assert answer.status_code == 409
    made.refresh_from_db()
    assert made.state == "prepared"


PAGES = (
    ("get", "/admin/accountings/"),
    ("get", "/admin/accountings/suspensions/"),
    ("post", "/admin/accountings/suspensions/{suspension}/lift/"),
    ("get", "/admin/accountings/{asked}/"),
    ("get", "/admin/accountings/{asked}/copy/"),
    ("get", "/admin/accountings/{asked}/copy.json"),
    ("get", "/admin/accountings/{asked}/copy.pdf"),
    ("post", "/admin/accountings/{asked}/withdraw/"),
    ("post", "/admin/accountings/{asked}/prepare-again/"),
    ("get", "/admin/people/{person}/accountings/"),
    ("post", "/admin/people/{person}/accountings/disclose/"),
)


@pytest.mark.parametrize(("method", "path"), PAGES, ids=lambda one: one)
def test_nobody_but_the_own_privacy_office_opens_it(cast: Cast, desk: Client, method: str, path: str):
    made = asked(cast, prepared=True)
    suspension = AccountingSuspension.objects.create(
        person=cast.sam, agency=cast.county, for_agency=cast.police, official_name="Lt. Testrole", is_oral=True,
        starts_at=b.NOW, ends_at=b.NOW + DAY, recorded_by=cast.kim,
    )  # fmt: skip
    path = path.format(asked=made.pk, person=cast.sam.pk, suspension=suspension.pk)
    others = [cast.kim, cast.embedded, cast.reyes, b.member("alma", cast.county, "auditor")]
    stranger = b.member("stranger", cast.elsewhere, "privacy_officer")
    before = LedgerEntry.objects.filter(outcome__in=["read", "released"]).count()
    for works in others:
        answer = getattr(signed_in(works), method)(path, {"version": made.version})
        assert answer.status_code == 403
        assert b"Testcase" not in answer.content
    answer = getattr(signed_in(stranger), method)(path, {"version": made.version})
    assert answer.status_code == (
        200 if path in ("/admin/accountings/", "/admin/accountings/suspensions/") else 404
    )
    assert b"Testcase" not in answer.content
    made.refresh_from_db()
    suspension.refresh_from_db()
    assert (made.state, suspension.lifted_at) == ("prepared", None)
    assert LedgerEntry.objects.filter(outcome__in=["read", "released"]).count() == before


@pytest.mark.parametrize(
    ("path", "statements"),
    [
        ("/admin/accountings/", 9),
        ("/admin/accountings/{asked}/", 8),
        ("/admin/accountings/{asked}/copy/", 7),
        ("/admin/people/{person}/accountings/", 12),
        ("/admin/accountings/suspensions/", 8),
    ],
)
def test_statements_are_constant(
    cast: Cast, desk: Client, path: str, statements: int, django_assert_num_queries
):
    for turn in range(3):
        made = asked(cast, "own_record", prepared=True)
        AccountingSuspension.objects.create(
            person=cast.sam, agency=cast.county, for_agency=cast.police, official_name="Lt. Testrole",
            is_oral=turn == 0, document_ref="File 12", starts_at=b.NOW, ends_at=b.NOW + DAY, recorded_by=cast.kim,
        )  # fmt: skip
        at = path.format(asked=made.pk, person=cast.sam.pk)
        desk.get(at)  # warms what a process keeps
        with django_assert_num_queries(statements):
            desk.get(at)
