"""Every button does its verb and leads on; what is not legal, or not this member's, has no button (5.5, 5.8-5.10)."""

import re
from dataclasses import dataclass, field
from datetime import timedelta

from django.utils import timezone

from continuity.caseload.follow_up_page import MOVES as FOLLOW_UP_MOVES
from continuity.caseload.linkage_page import MOVES as LINKAGE_MOVES
from continuity.caseload.plan_page import MOVES as PLAN_MOVES
from continuity.caseload.standing_pages import FLAG_MOVES, TIP_MOVES
from continuity.caseload.team_link_page import MOVES as TEAM_LINK_MOVES
from continuity.caseload.transfer_page import MOVES as TRANSFER_MOVES
from continuity.crisis import flags, plans, transfers
from continuity.disclosures.models import LedgerEntry
from continuity.treatment import follow_ups, linkages, links
from continuity.treatment.models import Linkage
from tests import builders as b
from tests.caseload.conftest import Day
from tests.caseload.test_who_opens_what import member
from tests.cast import signed_in

NOW = b.NOW
WHY = {"reason": "Said so by telephone."}


@dataclass
class Case:
    """A button that `who` presses on `page` after `before`, and what the row says then."""

    who: str
    move: str
    before: tuple = ()
    typed: dict = field(default_factory=dict)
    then: dict = field(default_factory=dict)


def at_clock(moment) -> str:
    """As the input for a moment sends it, on the agency's clock."""
    return timezone.localtime(moment).strftime("%Y-%m-%dT%H:%M")


def buttons(page: str) -> set[str]:
    return set(re.findall(r'name="move" value="(\w+)"', page))


def walk(day: Day, page: str, cases: list[Case], steps: dict) -> None:
    for case in cases:
        with b.undone():
            for step in case.before:
                steps[step](day)
            who = member(day, case.who)
            browser = signed_in(who)
            shown = browser.get(day.path(page)).content.decode()
            assert case.move in buttons(shown), (case.move, buttons(shown))
            version = re.search(r'name="version" value="(\d+)"', shown)[1]
            answer = browser.post(day.path(page), {"move": case.move, "version": version} | case.typed)
            assert answer.status_code == 302, (
                case.move,
                re.findall(r'class="error.*?</', answer.content.decode(), re.S),
            )
            row = getattr(day, page)
            row.refresh_from_db()
            assert {name: getattr(row, name) for name in case.then} == case.then, case.move
            assert LedgerEntry.objects.count() == 1
            after = browser.get(answer.headers["Location"])
            assert after.status_code == 200
            assert 'role="status"' in after.content.decode()


def answer(day: Day, status: str, **more) -> None:
    linkages.answer_linkage(by=day.cast.adeyemi, linkage_id=day.linkage.pk, status=status, at=NOW, **more)


LINKAGE_STEPS = {
    "received": lambda day: answer(day, "received"),
    "accepted": lambda day: answer(day, "accepted"),
    "scheduled": lambda day: answer(day, "scheduled", appointment_at=NOW - timedelta(hours=2)),
    "engaged": lambda day: answer(day, "engaged", first_attended_at=NOW - timedelta(hours=2)),
    "declined": lambda day: answer(day, "declined_by_recipient", reason="No place."),
    "drafted": lambda day: Linkage.objects.filter(pk=day.linkage.pk).update(status="draft"),
}
TO_SCHEDULED = ("received", "accepted", "scheduled")


def test_every_button_of_a_linkage(day: Day):
    visit = {"first_attended_at": at_clock(NOW - timedelta(hours=2))}
    later = {"appointment_at": at_clock(NOW + timedelta(days=3))}
    cases = [
        Case("adeyemi", "received", then={"status": "received"}),
        Case("adeyemi", "declined_by_recipient", typed=WHY, then={"status": "declined_by_recipient", "status_reason": WHY["reason"]}),
        Case("adeyemi", "accepted", ("received",), then={"status": "accepted"}),
        Case("adeyemi", "scheduled", ("received", "accepted"), later, {"appointment_at": NOW + timedelta(days=3)}),
        Case("adeyemi", "waitlisted", ("received", "accepted"), WHY, {"status": "waitlisted"}),
        Case("adeyemi", "engaged", TO_SCHEDULED, visit, {"status": "engaged", "first_attended_at": NOW - timedelta(hours=2)}),
        Case("adeyemi", "note_no_show", TO_SCHEDULED, WHY, {"status": "scheduled", "appointment_at": None}),
        Case("adeyemi", "reschedule_linkage", TO_SCHEDULED, later, {"appointment_at": NOW + timedelta(days=3)}),
        Case("adeyemi", "completed", (*TO_SCHEDULED, "engaged"), then={"status": "completed"}),
        Case("adeyemi", "cancelled_by_person", ("received",), WHY, {"status": "cancelled_by_person"}),
        Case("adeyemi", "unable", ("received",), WHY, {"status": "unable"}),
        Case("embedded", "cancel_linkage", (), WHY | {"status": "unable"}, {"status": "unable"}),
        Case("second", "reopen_linkage", ("received", "declined"), then={"status": "declined_by_recipient"}),
        Case("embedded", "send_linkage", ("drafted",), then={"status": "sent"}),
        Case("embedded", "mark_linkage_error", (), WHY, {"status": "entered_in_error"}),
        Case("privacy", "mark_linkage_error", (), WHY, {"status": "entered_in_error"}),
    ]  # fmt: skip
    walk(day, "linkage", cases, LINKAGE_STEPS)
    assert {case.move for case in cases} == set(LINKAGE_MOVES)


def test_a_provider_outside_is_spoken_for_by_who_asked(day: Day):
    day.linkage = linkages.record_linkage(
        by=day.cast.embedded, contact_id=day.cast.sams_contact.pk, kind="housing_shelter",
        external_provider="Shelter on Main Street", at=NOW,
    )  # fmt: skip
    walk(day, "linkage", [Case("embedded", "received", then={"status": "received"})], {})


def test_every_button_of_a_follow_up(day: Day):
    def try_once(day: Day) -> None:
        follow_ups.record_attempt(
            by=day.second, follow_up_id=day.follow_up.pk, mode="call", outcome="no_answer", at=NOW
        )

    def wait(day: Day) -> None:
        type(day.follow_up).objects.filter(pk=day.follow_up.pk).update(waits_for_discharge=True)

    cases = [
        Case("embedded", "take", then={"assigned_to": day.cast.embedded}),
        Case("second", "record_attempt", (), {"mode": "call", "outcome": "no_answer", "note": "Rang twice."}, {"status": "sent"}),
        Case("second", "record_attempt", (), {"mode": "visit", "outcome": "reached_engaged", "result": "connected"}, {"status": "completed", "result": "connected"}),
        Case("boss", "assign_follow_up", (), {"team": str(day.team.pk), "assigned_to": str(day.peer.pk)}, {"team": day.team, "assigned_to": day.peer}),
        Case("second", "note_discharge", ("wait",), {"discharged_at": at_clock(NOW - timedelta(hours=1))}, {"waits_for_discharge": False}),
        Case("second", "close_unreached", ("try",), {"result": "lost_to_follow_up"} | WHY, {"status": "unable", "result": "lost_to_follow_up"}),
        Case("second", "cancel_follow_up", (), {"status": "cancelled_by_person"} | WHY, {"status": "cancelled_by_person"}),
        Case("privacy", "mark_follow_up_error", (), WHY, {"status": "entered_in_error"}),
    ]  # fmt: skip
    walk(day, "follow_up", cases, {"try": try_once, "wait": wait})
    assert {case.move for case in cases} == set(FOLLOW_UP_MOVES)


def test_every_button_of_a_team_link(day: Day):
    def accept(day: Day) -> None:
        links.accept_team_link(by=day.cast.embedded, link_id=day.team_link.pk, at=NOW)

    def suspend(day: Day) -> None:
        links.suspend_team_link(by=day.cast.embedded, link_id=day.team_link.pk, reason="On leave.", at=NOW)

    cases = [
        Case("second", "accept_team_link", (), {"duty_line": "661-555-0199"}, {"status": "active", "duty_line": "661-555-0199"}),
        Case("second", "decline_team_link", (), WHY, {"status": "inactive"}),
        Case("second", "verify_team_link", ("accept",), then={"verified_by": day.second}),
        Case("second", "set_crisis_notice", ("accept",), {"notify": "yes"}, {"notify_on_crisis": True}),
        Case("second", "suspend_team_link", ("accept",), WHY, {"status": "suspended"}),
        Case("second", "resume_team_link", ("accept", "suspend"), then={"status": "active"}),
        Case("second", "end_team_link", ("accept",), WHY, {"status": "inactive"}),
        Case("adeyemi", "end_team_link", (), WHY, {"status": "inactive"}),
        Case("privacy", "mark_link_error", (), WHY, {"status": "entered_in_error"}),
    ]  # fmt: skip
    walk(day, "team_link", cases, {"accept": accept, "suspend": suspend})
    assert {case.move for case in cases} == set(TEAM_LINK_MOVES)


def test_every_button_of_a_caution(day: Day):
    def approve(day: Day) -> None:
        flags.approve_flag(by=day.second, flag_id=day.flag.pk, at=NOW)

    again = {"observed_at": at_clock(NOW - timedelta(hours=1)), "basis": "observed"}
    cases = [
        Case("second", "approve", then={"status": "active", "approved_by": day.second}),
        Case("embedded", "renew", ("approve",), again, {"status": "active"}),
        Case("embedded", "remove", (), WHY, {"status": "removed"}),
        Case("boss", "refute", ("approve",), WHY, {"status": "refuted"}),
        Case("privacy", "mark_error", (), WHY, {"status": "entered_in_error"}),
    ]
    walk(day, "flag", cases, {"approve": approve})
    assert {case.move for case in cases} == set(FLAG_MOVES)


def test_who_proposed_a_caution_has_no_button_to_approve_it(day: Day):
    shown = buttons(signed_in(day.cast.embedded).get(day.path("flag")).content.decode())
    assert "approve" not in shown
    assert "remove" in shown
    assert LedgerEntry.objects.get().categories == ["D1"]


def test_every_button_of_what_helps(day: Day):
    again = {
        "observed_at": at_clock(NOW - timedelta(hours=1)),
        "basis": "reported",
        "text": "Speak very softly.",
    }
    cases = [
        Case("second", "renew", (), again, {"status": "removed"}),
        Case("second", "remove", (), WHY, {"status": "removed"}),
        Case("privacy", "mark_error", (), WHY, {"status": "entered_in_error"}),
    ]
    walk(day, "tip", cases, {})
    assert {case.move for case in cases} == set(TIP_MOVES)


def test_every_button_of_a_plan(day: Day):
    def give_back(day: Day) -> None:
        plans.return_plan(by=day.second, plan_id=day.plan.pk, reason="Say more.", at=NOW)

    typed = {"strategies": "Sit down.\n\n Offer water. ", "support_contacts": "", "triggers": "Sirens"}
    then = {"strategies": ["Sit down.", "Offer water."], "triggers": ["Sirens"]}
    cases = [
        Case("embedded", "redraft", ("back",), typed, then | {"status": "draft"}),
        Case("embedded", "submit", ("back",), typed, then | {"status": "submitted"}),
        Case("second", "approve", then={"status": "active", "approved_by": day.second}),
        Case("second", "return", (), WHY, {"status": "draft"}),
        Case("embedded", "withdraw", (), WHY, {"status": "withdrawn"}),
    ]
    # Whoever gives a plan back does not see it any more: a draft is its author's alone (5.5).
    walk(day, "plan", [case for case in cases if case.move != "return"], {"back": give_back})
    browser = signed_in(day.second)
    assert browser.post(day.path("plan"), {"move": "return"} | WHY).status_code == 302
    day.plan.refresh_from_db()
    assert (day.plan.status, day.plan.status_reason) == ("draft", WHY["reason"])
    assert browser.get(day.path("plan")).status_code == 404
    assert {case.move for case in cases} == set(PLAN_MOVES)


def test_every_button_of_a_call_handed_on(day: Day):
    cases = [
        Case("embedded", "accept", then={"outcome": "accepted", "answered_by": day.cast.embedded}),
        Case("embedded", "refuse", (), WHY, {"outcome": "refused"}),
        Case("embedded", "drop", (), {}, {"outcome": "dropped"}),
        Case("embedded", "reactivate", (), WHY, {"outcome": "reactivated_911"}),
        Case("reyes", "note_dropped", (), {}, {"outcome": "dropped"}),
        Case("reyes", "note_reactivated", (), WHY, {"outcome": "reactivated_911"}),
    ]
    walk(day, "transfer", [case for case in cases if case.move != "accept"], {})
    answer = signed_in(day.cast.embedded).post(day.path("transfer"), {"move": "accept"})
    day.transfer.refresh_from_db()
    assert answer.headers["Location"] == f"/caseload/contacts/{day.transfer.to_contact_id}/draft/"
    day.transfer, _ = transfers.offer_transfer(by=day.cast.embedded, to_kind="line_988", at=NOW)
    outside = [
        Case("embedded", "note_accepted", then={"outcome": "accepted"}),
        Case("embedded", "note_refused", (), WHY, {"outcome": "refused"}),
    ]
    walk(day, "transfer", outside, {})
    assert {case.move for case in [*cases, *outside]} == set(TRANSFER_MOVES)


def test_only_who_answers_reads_what_the_sender_said(day: Day):
    said = "Sits on the bridge, calm."
    assert said in signed_in(day.cast.embedded).get(day.path("transfer")).content.decode()
    assert said not in signed_in(day.boss).get(day.path("transfer")).content.decode()
    assert said not in signed_in(day.cast.reyes).get(day.path("transfer")).content.decode()
    assert LedgerEntry.objects.count() == 3


def test_a_foreign_button_changes_nothing_and_says_nothing(day: Day):
    browser = signed_in(day.cast.novak)
    for page, move in (
        ("linkage", "received"),
        ("follow_up", "take"),
        ("flag", "approve"),
        ("plan", "approve"),
        ("team_link", "verify_team_link"),
        ("transfer", "accept"),
    ):
        row = getattr(day, page)
        row.refresh_from_db()
        before = row.version
        assert browser.post(day.path(page), {"move": move}).status_code == 404, page
        row.refresh_from_db()
        assert row.version == before
    assert browser.post(day.path("linkage"), {"move": "no_such_button"}).status_code == 404


def test_a_button_without_its_duty_is_refused_plainly(day: Day):
    answer = signed_in(day.boss).post(
        day.path("follow_up"), {"move": "cancel_follow_up", "status": "unable"} | WHY
    )
    assert answer.status_code == 403
    assert "Your role does not include this work." in answer.content.decode()
