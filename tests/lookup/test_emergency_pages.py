"""The pages of an emergency: one offer on every answer, and nothing that tells whether a person is known (L-5, P-3)."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from continuity.access.models import EmergencyAccess
from continuity.disclosures.models import LedgerEntry
from continuity.notices.models import Notice
from tests import builders as b
from tests.builders import NOW
from tests.cast import ABOUT_SAM, Cast, signed_in
from tests.lookup.emergency_asking import (
    DESCRIBED,
    NEW,
    NOTHING,
    UNKNOWN,
    WHY,
    asked,
    clinicians_answer,  # noqa: F401  # autouse where it is imported
    page_of,
    release,
    rows,
    send,
    started,
)

pytestmark = pytest.mark.django_db


def test_every_answer_of_a_look_up_offers_the_same_request(cast: Cast):
    client, offers = signed_in(cast.reyes), set()
    for consent, changes in ((False, {}), (False, UNKNOWN), (True, {})):
        if consent:
            cast.consent()
        page = page_of(client.post("/lookup/", ABOUT_SAM | changes))
        offer = re.search(r'<section class="card" aria-labelledby="clinician">.*?</section>', page, re.S)[0]
        offers.add(offer)
    assert len(offers) == 1
    assert "Ask for safety information</button>" in offers.pop()
    assert sorted(row.outcome for row in LedgerEntry.objects.all()) == ["empty", "refused", "released"]


def test_offer_follows_the_role_and_never_the_person(cast: Cast):
    about = ABOUT_SAM | {"purpose": "treatment"}
    assert "Emergency access</button>" in page_of(signed_in(cast.embedded).post("/lookup/", about))
    assert NEW not in page_of(signed_in(cast.adeyemi).post("/lookup/", about))
    assert signed_in(cast.adeyemi).get(NEW).status_code == 403
    assert signed_in(cast.kim).get("/emergencies/").status_code == 403
    assert rows(cast.adeyemi) == [("refused", "treatment")]


def test_what_was_typed_at_the_look_up_goes_along_and_stands_in_no_address(cast: Cast):
    client = signed_in(cast.reyes)
    page = page_of(client.post("/lookup/", ABOUT_SAM))
    assert f'<button class="button second" form="question" formaction="{NEW}">' in page
    question = page.split('id="question">')[1].split("</form>")[0]
    typed = dict(re.findall(r'name="(\w+)" type="\w+" value="([^"]*)"', question))
    assert typed == {name: ABOUT_SAM.get(name, "") for name in DESCRIBED}
    form = client.post(NEW, typed)
    page = page_of(form)
    assert form.status_code == 200
    assert "About Testcase, Sam, born 4/3/1988" in page
    assert 'value="2026-0001"' in page
    assert "Used by Reyes, Kestrel Police" in page
    assert not re.search(r'(?:href|action)="[^"]*testcase', page, re.I)
    assert not EmergencyAccess.objects.exists()


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"reason": "Too short."}, "reason", "Say in at least 20 characters"),
        ({"reason_code": ""}, "reason_code", "Choose what the emergency is."),
        ({"nature": " "}, "nature", "Say in a few words"),
        ({"incident_ref": ""}, "incident_ref", "Type the incident number"),
        ({"recipient_name": ""}, "recipient_name", "Type who will use"),
        ({"birth_date": "31/2/1988"}, "birth_date", "There is no such day."),
    ],
)
def test_what_is_missing_is_said_at_its_field_and_nothing_is_sent(cast: Cast, changes, field, sentence):
    response = send(signed_in(cast.reyes), **changes)
    page = page_of(response)
    assert response.status_code == 400
    assert f'<a href="#{field}">{sentence}' in page
    assert f'id="{field}-error"' in page
    assert not EmergencyAccess.objects.exists()


def test_a_second_press_asks_nothing_twice(cast: Cast):
    client = signed_in(cast.reyes)
    first = started(client, once="a1b2")
    assert started(client, once="a1b2") == first
    assert EmergencyAccess.objects.count() == 1
    assert Notice.objects.filter(kind="emergency_asked").count() == 2


def test_requester_reads_the_same_bytes_for_somebody_known_and_nobody(cast: Cast):
    """Waiting, denied, timed out, cancelled: alike, page and headers; an override of nobody is open and empty (P-3)."""
    known, unknown = signed_in(cast.reyes), signed_in(cast.reyes)
    seen: dict[str, list[str]] = {}

    def compare(case: str, paths: list[str]) -> None:
        pages = [client.get(path) for client, path in zip((known, unknown), paths, strict=True)]
        seen[case] = [page_of(page).replace("Nobodyknown", "Testcase") for page in pages]
        assert seen[case][0] == seen[case][1], case
        assert pages[0].status_code == pages[1].status_code == 200

    def both() -> list[str]:
        return [started(known), started(unknown, **UNKNOWN)]

    paths = both()
    assert [asked(path).person_id for path in paths] == [cast.sam.pk, None]
    compare("Waiting for a clinician", paths)
    for path in paths:
        release(cast, path, "deny", note="No ground.")
    compare("Nothing is released", paths)
    paths = both()
    for client, path in zip((known, unknown), paths, strict=True):
        client.post(path, {"move": "cancel"})
    compare("You took the request back", paths)
    paths = both()
    with time_machine.travel(NOW + timedelta(minutes=16), tick=False):
        compare("Nobody answered in time", paths)
    assert all(case in pages[0] for case, pages in seen.items())
    assert not LedgerEntry.objects.filter(asker=cast.reyes).exclude(outcome="refused").exists()


def test_released_card_shows_safety_data_alone_and_each_viewing_is_ledgered(cast: Cast):
    client = signed_in(cast.reyes)
    path = started(client)
    said = page_of(release(cast, path))
    assert "Released. Whoever asked reads it now" in said
    page = page_of(client.get(path))
    assert "<b>30 minutes left</b> to read it, until 12:30" in page
    assert "Speak softly." in page
    assert "Afraid of uniforms." in page
    assert "released by a clinician in an emergency" in page
    for kept in ("Clinical words", "Substance words", "Spoke quietly", "661-555-0110"):
        assert kept not in page
    client.get(path)
    assert rows(cast.reyes) == [("released", "le_crisis_response")] * 2
    assert set(LedgerEntry.objects.filter(asker=cast.reyes).values_list("emergency", flat=True)) == {
        asked(path).pk
    }


def test_card_is_gone_with_its_time(cast: Cast):
    client = signed_in(cast.reyes)
    path = started(client)
    release(cast, path)
    left = re.search(r'hx-get="([^"]+)"', client.get(path).content.decode())[1]
    assert "30 minutes" in page_of(client.get(left))
    before = LedgerEntry.objects.count()
    EmergencyAccess.objects.update(ends_at=NOW + timedelta(seconds=30))
    with time_machine.travel(NOW + timedelta(seconds=30), tick=False):
        assert client.get(left)["HX-Refresh"] == "true"
        page = page_of(client.get(path))
    assert "The time is over" in page
    assert "Speak softly." not in page
    assert "Testcase" not in page
    assert LedgerEntry.objects.count() == before


def test_requester_ends_it_by_hand(cast: Cast):
    client = signed_in(cast.reyes)
    path = started(client)
    release(cast, path)
    assert "The time is over" in page_of(client.post(path, {"move": "end"}, follow=True))
    assert asked(path).review == "review_pending"
    assert "cannot go from" in page_of(client.post(path, {"move": "end"}))


def test_watching_the_time_reads_no_record_and_keeps_no_session_alive(cast: Cast):
    client = signed_in(cast.reyes)
    path = started(client)
    left = re.search(r'hx-get="([^"]+)"', client.get(path).content.decode())[1]
    before = LedgerEntry.objects.count()
    with time_machine.travel(NOW + timedelta(minutes=14), tick=False):
        answer = client.get(left, headers={"X-Unattended": "1", "HX-Request": "true"})
        assert "Less than a minute" in page_of(answer) or "1 minute left" in page_of(answer)
    assert LedgerEntry.objects.count() == before
    with time_machine.travel(NOW + timedelta(minutes=31), tick=False):
        assert client.get(left, headers={"HX-Request": "true"})["HX-Trigger"] == "continuity-lock"
        assert client.get(path)["Location"].startswith("/locked/?next=")


def test_clinician_opens_an_override_at_once_and_it_is_ledgered(cast: Cast):
    clinician = b.member("night", cast.clinic, "treatment_clinician", may_break_glass=True)
    client = signed_in(clinician)
    form = page_of(client.post(NEW, ABOUT_SAM))
    assert "Open the records now" in form
    assert "reviewed within three days" in form
    path = started(client, recipient_name="Night")
    page = page_of(client.get(path))
    assert "Emergency access is open" in page
    assert "60 minutes left" in page
    assert "Clinical words." in page
    assert "Substance words." not in page
    assert rows(clinician) == [("released", "emergency_treatment")]
    nobody = page_of(client.get(started(client, **UNKNOWN)))
    assert NOTHING in nobody
    assert "Emergency access is open" in nobody
    assert rows(clinician) == [("empty", "emergency_treatment"), ("released", "emergency_treatment")]


def test_next_use_is_refused_in_words_while_a_review_is_overdue(cast: Cast):
    client = signed_in(cast.embedded)
    path = started(client)
    client.post(path, {"move": "end"})
    with time_machine.travel(NOW + timedelta(hours=73), tick=False):
        again = send(signed_in(cast.embedded), reason="Somebody else stands on the same railing.")
    assert again.status_code == 409
    assert "waits for its review" in page_of(again)
    assert "Somebody else stands on the same railing." in page_of(again)


def test_list_holds_no_name_and_the_look_up_leads_back_to_what_runs(cast: Cast):
    client = signed_in(cast.reyes)
    assert "You have asked for nothing." in page_of(client.get("/emergencies/"))
    path = started(client)
    page = page_of(client.get("/emergencies/"))
    assert "Waiting for a clinician" in page
    assert "Testcase" not in page
    assert f'href="{path}"' in client.get("/lookup/").content.decode()
    client.post(path, {"move": "cancel"})
    assert f'href="{path}"' not in client.get("/lookup/").content.decode()
    assert "Taken back" in page_of(client.get("/emergencies/"))


def test_releasers_are_alerted_on_today_and_by_a_notice_without_a_name(cast: Cast):
    client = signed_in(cast.embedded)
    none = re.search(r'hx-get="(/emergencies/waiting/[^"]+)"', client.get("/caseload/").content.decode())[1]
    assert client.get(none).status_code == 204
    path = started(signed_in(cast.reyes))
    for page in (client.get(none), client.get("/caseload/"), client.get("/emergencies/")):
        text = page.content.decode()
        assert "A responder asks for safety information now" in text
        assert f'href="{path}answer/"' in text
    shown = re.search(r'hx-get="(/emergencies/waiting/[^"]+)"', client.get(none).content.decode())[1]
    assert client.get(shown).status_code == 204
    assert "Testcase" not in client.get(none).content.decode()
    notice = Notice.objects.filter(kind="emergency_asked", member=cast.embedded.member).get()
    assert client.post(f"/notices/{notice.pk}/open/")["Location"] == f"{path}answer/"
    release(cast, path)
    told = Notice.objects.get(kind="emergency_answered")
    assert signed_in(cast.reyes).post(f"/notices/{told.pk}/open/")["Location"] == path
    assert "asks for safety information now" not in page_of(client.get("/caseload/"))


def test_form_sent_after_the_session_ended_is_kept_through_sign_in(cast: Cast):
    client = Client()
    sign_in = client.post(NEW, WHY)
    assert sign_in.status_code == 403
    kept = dict(re.findall(r'<input type="hidden" name="kept_(\w+)" value="([^"]*)">', page_of(sign_in)))
    assert kept == WHY
    assert not EmergencyAccess.objects.exists()


def test_nothing_personal_stands_in_title_or_address(cast: Cast):
    client = signed_in(cast.reyes)
    path = started(client)
    release(cast, path)
    for page in (
        client.get(path),
        signed_in(cast.embedded).get(f"{path}answer/"),
        client.post(NEW, ABOUT_SAM),
    ):
        text = page_of(page)
        assert not re.search(r"<title>[^<]*(testcase|sam\b)", text, re.I)
        assert not re.search(r'(?:href|action|src|hx-get)="[^"]*testcase', text, re.I)
        assert page["Cache-Control"] == "no-store"
        assert len(page.content) < 30_000
    assert [outcome for outcome, _ in rows(cast.reyes)] == ["released"]


def statements(client: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code in (200, 204)
    noise = ("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT")
    return len([one for one in captured if not one["sql"].startswith(noise)])


def test_pages_take_as_many_statements_whoever_is_meant(cast: Cast):
    asker, releaser = signed_in(cast.reyes), signed_in(cast.embedded)
    paths = started(asker), started(asker, **UNKNOWN)
    releaser.get("/emergencies/")
    left = [path + "left/requested/" for path in paths]
    pinned = {
        "page": [statements(asker, path) for path in paths],
        "left": [statements(asker, path) for path in left],
        "list": [statements(asker, "/emergencies/")],
        "alerts": [statements(releaser, "/emergencies/waiting/none/")],
    }
    assert pinned == {"page": [3, 3], "left": [2, 2], "list": [2], "alerts": [2]}
    release(cast, paths[0])
    assert statements(asker, paths[0]) == 6
