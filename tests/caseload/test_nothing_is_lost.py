"""What was typed outlives a wrong answer, a change meanwhile and an ended session; a second press does nothing twice."""

import re
from datetime import timedelta

from django.test import Client

from continuity.disclosures.models import LedgerEntry
from continuity.treatment import linkages
from continuity.treatment.models import FollowUpAttempt, Linkage
from tests import builders as b
from tests.caseload.conftest import Day
from tests.cast import signed_in
from tests.factors import code_of, give_app

NOW = b.NOW
TRIED = {"move": "record_attempt", "mode": "call", "outcome": "no_answer", "note": "Rang twice, no one."}


def hidden(page: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page))


def test_an_error_stands_at_its_field_and_keeps_what_was_typed(day: Day):
    answer = signed_in(day.cast.embedded).post(day.path("follow_up"), TRIED | {"outcome": "", "once": "k1"})
    page = answer.content.decode()
    assert answer.status_code == 400
    assert re.search(
        r'<ul class="errorlist" id="record_attempt-outcome_error"><li>Say what came of it.</li></ul>', page
    )
    assert 'aria-describedby="record_attempt-outcome_error"' in page
    assert "Rang twice, no one." in page
    assert '<details class="move" open>' in page
    assert "Nothing was changed." in page
    assert not FollowUpAttempt.objects.exists()
    assert LedgerEntry.objects.count() == 1


def test_what_the_rules_refuse_stands_at_its_field_too(day: Day):
    """P-12: nobody has said that a message is safe."""
    answer = signed_in(day.cast.embedded).post(
        day.path("follow_up"), TRIED | {"outcome": "left_safe_message"}
    )
    page = answer.content.decode()
    assert answer.status_code == 400
    assert re.search(r'id="record_attempt-outcome_error"><li>Nobody has said that a message is safe', page)
    assert "Rang twice, no one." in page
    assert not FollowUpAttempt.objects.exists()
    assert LedgerEntry.objects.count() == 1


def test_somebody_was_quicker_and_what_was_typed_is_kept(day: Day):
    browser = signed_in(day.cast.adeyemi)
    seen = hidden(browser.get(day.path("linkage")).content.decode())
    linkages.answer_linkage(by=day.cast.adeyemi, linkage_id=day.linkage.pk, status="received", at=NOW)
    answer = browser.post(
        day.path("linkage"),
        {"move": "declined_by_recipient", "reason": "No place until June.", "version": seen["version"]},
    )
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Somebody changed this since you opened it." in page
    assert 'value="No place until June."' in page
    assert LedgerEntry.objects.count() == 2


def test_a_move_that_is_not_legal_any_more_keeps_its_button_and_its_words(day: Day):
    browser = signed_in(day.cast.embedded)
    taken_back = {"move": "cancel_linkage", "status": "unable", "reason": "Wrong clinic."}
    linkages.answer_linkage(by=day.cast.adeyemi, linkage_id=day.linkage.pk, status="received", at=NOW)
    linkages.answer_linkage(by=day.cast.adeyemi, linkage_id=day.linkage.pk, status="accepted", at=NOW)
    answer = browser.post(day.path("linkage"), taken_back)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "The recipient has accepted it, and the recipient ends it." in page
    assert 'value="Wrong clinic."' in page
    assert LedgerEntry.objects.count() == 1


def test_a_second_press_does_nothing_twice(day: Day):
    browser = signed_in(day.cast.embedded)
    seen = hidden(browser.get(day.path("follow_up")).content.decode())
    pressed = TRIED | {"once": seen["once"], "version": seen["version"]}
    answers = [browser.post(day.path("follow_up"), pressed) for _ in range(3)]
    assert {one.status_code for one in answers} == {302}
    assert {one.headers["Location"] for one in answers} == {day.path("follow_up")}
    assert FollowUpAttempt.objects.count() == 1
    assert LedgerEntry.objects.count() == 1


def test_a_second_press_makes_no_second_linkage(day: Day):
    browser = signed_in(day.cast.embedded)
    path = f"/caseload/contacts/{day.cast.sams_contact.pk}/linkages/new/"
    seen = hidden(browser.get(path).content.decode())
    typed = {
        "move": "begin",
        "once": seen["once"],
        "kind": "benefits",
        "external_provider": "Benefits office",
        "priority": "routine",
    }
    first, second = (browser.post(path, typed) for _ in range(2))
    assert first.headers["Location"] == second.headers["Location"]
    assert Linkage.objects.filter(kind="benefits").count() == 1
    assert LedgerEntry.objects.count() == 1


def test_a_refused_press_leaves_the_key_free(day: Day):
    browser = signed_in(day.cast.embedded)
    wrong = TRIED | {"once": "k2", "outcome": "left_safe_message"}
    assert browser.post(day.path("follow_up"), wrong).status_code == 400
    assert browser.post(day.path("follow_up"), TRIED | {"once": "k2"}).status_code == 302
    assert FollowUpAttempt.objects.count() == 1


def test_a_press_after_the_session_ended_is_kept_through_sign_in(day: Day):
    """Typed values travel in the pages alone: no address and no anonymous session holds them."""
    browser = Client()
    asked = browser.post(day.path("follow_up"), TRIED | {"once": "k3"})
    assert asked.status_code == 403
    kept = hidden(asked.content.decode())
    assert kept["kept_note"] == "Rang twice, no one."
    assert not browser.session.keys()
    secret = give_app(day.cast.embedded.member)
    step = browser.post("/sign-in/", kept | {"username": "embedded", "password": "correct horse"})
    again = browser.post("/sign-in/second-factor/", hidden(step.content.decode()) | {"code": code_of(secret)})
    form = hidden(again.content.decode())
    assert f'action="{day.path("follow_up")}"' in again.content.decode()
    assert not FollowUpAttempt.objects.exists()
    del form["csrfmiddlewaretoken"]
    assert form == TRIED | {"once": "k3"}
    assert browser.post(day.path("follow_up"), form).status_code == 302
    assert FollowUpAttempt.objects.get().note == "Rang twice, no one."


def test_a_reader_signed_out_comes_back_to_the_page(day: Day):
    assert Client().get(day.path("linkage")).headers["Location"] == f"/sign-in/?next={day.path('linkage')}"
    assert Client().get("/caseload/?show=due").headers["Location"] == "/sign-in/?next=/caseload/%3Fshow%3Ddue"


def test_a_member_of_two_agencies_keeps_the_words_while_choosing(day: Day):
    b.Membership.objects.create(
        member=day.cast.embedded.member, agency=day.cast.elsewhere, roles=["treatment_clinician"]
    )
    choice = signed_in(day.cast.embedded).post(day.path("follow_up"), TRIED)
    assert choice.status_code == 403
    assert hidden(choice.content.decode())["kept_note"] == "Rang twice, no one."
    assert not FollowUpAttempt.objects.exists()


def test_a_plan_that_is_refused_keeps_every_line(day: Day):
    path = f"/caseload/people/{day.cast.sam.pk}/plans/new/"
    typed = {"move": "begin", "strategies": "Sit down.\nHe is a schizophrenic.", "baseline": "Reads much."}
    answer = signed_in(day.cast.embedded).post(path, typed)
    page = answer.content.decode()
    assert answer.status_code == 400
    assert "He is a schizophrenic." in page
    assert 'value="Reads much."' in page
    assert re.search(r'class="errorlist" id="begin-strategies_error"', page)
    assert LedgerEntry.objects.count() == 1


def test_a_time_is_read_on_the_agencys_clock(day: Day):
    day.cast.clinic.timezone = "America/New_York"
    day.cast.clinic.save()
    for status in ("received", "accepted"):
        linkages.answer_linkage(by=day.cast.adeyemi, linkage_id=day.linkage.pk, status=status, at=NOW)
    browser = signed_in(day.cast.adeyemi)
    browser.post(day.path("linkage"), {"move": "scheduled", "appointment_at": "2026-11-24T15:30"})
    day.linkage.refresh_from_db()
    assert day.linkage.appointment_at == NOW.replace(day=24, hour=20, minute=30)
    assert "24 Nov 2026, 15:30" in browser.get(day.path("linkage")).content.decode()
    assert "24 Nov 2026, 12:30" in signed_in(day.cast.embedded).get(day.path("linkage")).content.decode()
    assert timedelta(0) == day.linkage.appointment_at.utcoffset()
