"""A final contact's page: read with its ledger row, amended and never edited, claimed once, gone when it was an error."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from continuity.crisis.amendments import correct_contact, request_amendment
from continuity.crisis.models import ContactAmendment, CrisisContact
from continuity.crisis.services import start_draft
from continuity.crisis.transfers import offer_transfer
from continuity.disclosures.models import LedgerEntry
from tests import builders as b
from tests.builders import NOW, undone
from tests.cast import Cast, signed_in


@pytest.fixture
def at_desk(cast: Cast, time_machine) -> Client:
    time_machine.move_to(NOW, tick=False)
    return signed_in(cast.embedded)


def here(contact: CrisisContact) -> str:
    return reverse("contact", args=[contact.pk])


def test_a_contact_is_read_with_its_ledger_row_and_its_gravest_category(cast: Cast, at_desk: Client):
    text = at_desk.get(here(cast.sams_contact)).content.decode()
    assert "Clinical words." in text
    assert "Substance words." not in text  # the agency is no Part 2 programme (6.3)
    row = LedgerEntry.objects.get()
    assert (row.outcome, row.categories, row.person_id) == ("read", ["D3"], cast.sam.pk)
    assert ["crisiscontact", str(cast.sams_contact.pk), cast.sams_contact.version] in row.records


def test_who_may_not_read_it_finds_nothing_and_a_supervisor_reads_it_all(cast: Cast, time_machine):
    time_machine.move_to(NOW, tick=False)
    supervisor = b.member("chief", cast.county, "supervisor")
    for who, status, outcome in (
        (cast.novak, 404, "refused"),
        (cast.reyes, 404, "refused"),
        (cast.kim, 403, None),
        (supervisor, 200, "read"),
    ):
        with undone():
            answer = signed_in(who).get(here(cast.sams_contact))
            assert (who.member.username, answer.status_code) == (who.member.username, status)
            rows = list(LedgerEntry.objects.values_list("outcome", flat=True))
            assert rows == ([outcome] if outcome else [])


def test_the_author_corrects_and_adds_and_both_are_shown_beside_what_stood_there(cast: Cast, at_desk: Client):
    page = here(cast.sams_contact)
    for move, fields, words in (
        ("correct", {"kind": "correction", "field": "risk_level", "new_value": "Low"}, "Low"),
        (
            "correct",
            {"kind": "correction", "field": "presenting_issues", "new_value": "agitation, Mania"},
            "Mania",
        ),
        (
            "add",
            {"field": "operational_summary", "new_value": "He rang again at nine."},
            "He rang again at nine.",
        ),
    ):
        with undone():
            answer = at_desk.post(page, fields | {"move": move, "reason": "Misheard.", "once": "k"})
            assert answer.status_code == 302
            contact = CrisisContact.objects.get(pk=cast.sams_contact.pk)
            assert contact.record_status == "amended"
            text = at_desk.get(page).content.decode()
            assert words in text
            assert "Misheard." in text


def test_a_value_that_cannot_be_is_told_at_its_field_and_kept(cast: Cast, at_desk: Client):
    typed = {"kind": "correction", "field": "risk_level", "new_value": "enormous", "reason": "Misheard."}
    answer = at_desk.post(here(cast.sams_contact), typed | {"move": "correct", "once": "k"})
    assert answer.status_code == 400
    assert "enormous" in answer.content.decode()
    assert not ContactAmendment.objects.exists()


def test_a_request_of_the_person_runs_its_clock_and_the_disagreement_travels(cast: Cast, at_desk: Client):
    """L-22: 60 days; a denial leaves the right to a statement that is shown with the content."""
    typed = {
        "requested_by": "patient",
        "requested_at": timezone.localtime(NOW - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M"),
        "field": "operational_summary",
        "new_value": "I was calm.",
        "reason": "It was not so.",
    }
    assert at_desk.post(here(cast.sams_contact), typed | {"move": "request", "once": "k"}).status_code == 302
    asked = ContactAmendment.objects.get()
    assert asked.due_at == NOW + timedelta(days=59)
    page, client = (
        reverse("amendment", args=[asked.pk]),
        signed_in(b.member("priv", cast.county, "privacy_officer")),
    )
    for number, (move, said) in enumerate(
        (
            ("take_up", {}),
            ("deny", {"ground": "accurate_and_complete", "basis": "Two colleagues saw it."}),
            ("disagree", {"statement": "I disagree: I was calm."}),
        )
    ):
        answer = client.post(page, said | {"move": move, "once": f"a{number}"})
        assert (move, answer.status_code) == (move, 302)
    text = at_desk.get(here(cast.sams_contact)).content.decode()
    for words in ("Two colleagues saw it.", "The person disagrees", "I disagree: I was calm."):
        assert words in text


def test_what_was_entered_in_error_is_gone_from_the_page(cast: Cast, at_desk: Client):
    answer = at_desk.post(
        here(cast.sams_contact), {"move": "mark_error", "reason": "Wrong person.", "once": "k"}
    )
    assert (answer.status_code, answer.headers["Location"]) == (302, reverse("today"))
    assert at_desk.get(here(cast.sams_contact)).status_code == 404


def test_another_colleague_is_offered_none_of_the_authors_verbs(cast: Cast, time_machine):
    time_machine.move_to(NOW, tick=False)
    second = b.member("third", cast.county, "embedded_clinician")
    client = signed_in(second)
    text = client.get(here(cast.sams_contact)).content.decode()
    assert 'value="correct"' not in text
    typed = {"kind": "correction", "field": "risk_level", "new_value": "low", "reason": "Misheard."}
    answer = client.post(here(cast.sams_contact), typed | {"move": "correct", "once": "k"})
    assert answer.status_code == 404
    assert not ContactAmendment.objects.exists()


def test_a_supervisor_finishes_or_cancels_an_overdue_draft_without_reading_it(cast: Cast, time_machine):
    """5.4: after 72 hours somebody must look at it."""
    time_machine.move_to(NOW, tick=False)
    client = signed_in(b.member("chief", cast.county, "supervisor"))
    for begun, status, state in (
        (timedelta(hours=73), 302, "cancelled"),
        (timedelta(hours=71), 409, "draft"),
    ):
        with undone():
            made = start_draft(by=cast.embedded, at=NOW - begun, operational_summary="Private words.")
            page = reverse("contact_draft", args=[made.pk])
            assert "Private words." not in client.get(page).content.decode()
            answer = client.post(page, {"act": "cancel", "reason": "Left by its author."})
            made.refresh_from_db()
            assert (answer.status_code, made.record_status) == (status, state)


def test_an_accepted_request_is_written_in_by_the_privacy_office(cast: Cast, at_desk: Client):
    asked = request_amendment(
        by=cast.embedded, contact_id=cast.sams_contact.pk, kind="patient_requested", field="operational_summary",
        new_value="I was calm.", reason="It was not so.", requested_by="patient", requested_at=NOW, at=NOW,
    )  # fmt: skip
    client = signed_in(b.member("priv", cast.county, "privacy_officer"))
    page = reverse("amendment", args=[asked.pk])
    for number, move in enumerate(("take_up", "accept")):
        assert client.post(page, {"move": move, "once": f"a{number}"}).status_code == 302
    contact = CrisisContact.objects.get(pk=cast.sams_contact.pk)
    assert (contact.operational_summary, contact.record_status) == ("I was calm.", "amended")
    assert client.get(page).status_code == 200
    assert LedgerEntry.objects.order_by("-id").first().outcome == "read"
    assert signed_in(cast.novak).get(page).status_code == 404


def test_the_number_of_queries_does_not_grow_with_the_record(cast: Cast, at_desk: Client):
    made = start_draft(by=cast.embedded, at=NOW - timedelta(minutes=5), person=cast.sam)
    pages = (reverse("contact_draft", args=[made.pk]), here(cast.sams_contact))
    at_desk.get(pages[0])  # the session is touched once a minute

    def asked() -> list[int]:
        counts = []
        for page in pages:
            with CaptureQueriesContext(connection) as queries:
                assert at_desk.get(page).status_code == 200
            counts.append(len(queries))
        return counts

    few = asked()
    for days in range(1, 8):
        b.contact(cast.embedded, cast.sam, at=NOW - timedelta(days=days))
        offer_transfer(by=cast.embedded, to_kind="line_988", contact_id=made.pk, at=NOW)
        correct_contact(
            by=cast.embedded, contact_id=cast.sams_contact.pk, kind="addendum", field="operational_summary",
            new_value="More.", reason="Forgotten.", at=NOW,
        )  # fmt: skip
    assert asked() == few
    assert LedgerEntry.objects.filter(outcome="released").count() >= 3
