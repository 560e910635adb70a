"""Today: what waits, counted and ordered by harm; who is in crisis above all; measures for supervisors."""

import re
from datetime import timedelta

from continuity.crisis import plans
from continuity.crisis.services import start_draft
from continuity.disclosures.models import LedgerEntry
from continuity.notices.models import Notice
from continuity.notices.services import put
from continuity.treatment import follow_ups, linkages, links
from continuity.treatment.models import FollowUp, TreatmentTeamLink
from tests import builders as b
from tests.caseload.conftest import Day
from tests.cast import signed_in

NOW = b.NOW


def today(who, **query: str) -> str:
    answer = signed_in(who).get("/caseload/", query)
    assert answer.status_code == 200
    return answer.content.decode()


def counts(page: str) -> dict[str, int]:
    return {name: int(number) for number, name in re.findall(r"<b>(\d+)</b> <span>([^<]*)</span>", page)}


def states(page: str) -> list[str]:
    return re.findall(
        r'<span class="state \w+"><span class="mark \w+" aria-hidden="true"></span>([^<]*)</span>', page
    )


def promise(day: Day, due_in: timedelta, **fields) -> FollowUp:
    return follow_ups.promise_follow_up(
        by=day.cast.embedded, contact=day.cast.sams_contact, kind="caring_contact", due_window="custom",
        due_at=NOW + due_in, at=NOW - timedelta(days=3), **fields,
    )  # fmt: skip


def test_counts_are_links_to_their_part_of_the_list(day: Day):
    promise(day, timedelta(hours=-2))
    promise(day, timedelta(hours=2))
    page = today(day.cast.embedded)
    assert counts(page) == {"Overdue": 2, "Due today": 1, "Waiting for an answer": 1, "Drafts": 0}
    for bucket, wanted in (("overdue", 2), ("due", 1), ("waiting", 1), ("drafts", 0), ("later", 1)):
        assert f'href="?show={bucket}"' in page
        assert len(states(today(day.cast.embedded, show=bucket))) == wanted
    assert LedgerEntry.objects.count() == 6


def test_the_list_is_ordered_by_harm(day: Day):
    """A broken promise, an unanswered referral, today's promises, what waits, then drafts; oldest first."""
    start_draft(by=day.second, at=NOW)
    promise(day, timedelta(hours=-1))
    promise(day, timedelta(hours=-5))
    promise(day, timedelta(hours=3))
    plans.return_plan(by=day.second, plan_id=day.plan.pk, reason="Say more.", at=NOW)
    page = today(day.second)
    assert states(page) == [
        "Overdue", "Overdue", "No answer in time", "Due today", "To confirm", "To approve", "Draft",
    ]  # fmt: skip
    assert page.index("was due 5 hours ago") < page.index("was due 1 hour ago")
    row = LedgerEntry.objects.get()
    assert (row.outcome, row.person_id) == ("read", None)
    assert {kind for kind, *_ in row.records} == {
        "followup", "linkage", "treatmentteamlink", "safetyflag", "crisiscontact", "transfer",
    }  # fmt: skip


def test_each_row_says_who_what_how_late_who_holds_it_and_what_next(day: Day):
    promise(day, timedelta(hours=-30), assigned_to=day.peer)
    page = today(day.cast.embedded, show="overdue")
    row = re.search(r'<li class="task danger">.*?</li>', page, re.S)[0]
    for said in (
        "Sam Testcase",
        "Follow-up: caring contact",
        "was due 1 day ago (19 Nov 2026, 06:00)",
        "Held by Pat",
        "Record what you tried",
    ):
        assert said in row
    assert LedgerEntry.objects.count() == 1


def test_the_same_referral_waits_on_both_sides(day: Day):
    ours = today(day.cast.embedded)
    theirs = today(day.cast.adeyemi)
    assert "Linkage to Orchard Clinic" in ours
    assert "Held by Orchard Clinic" in ours
    assert "Linkage from County Health" in theirs
    assert "Held by your referral team" in theirs
    assert counts(theirs)["Overdue"] == 1
    assert LedgerEntry.objects.count() == 2


def test_an_answered_linkage_comes_back_when_its_appointment_has_passed(day: Day):
    answer = {"by": day.cast.adeyemi, "linkage_id": day.linkage.pk, "at": NOW}
    linkages.answer_linkage(**answer, status="received")
    assert "Accept or decline" in today(day.cast.adeyemi, show="waiting")
    linkages.answer_linkage(**answer, status="accepted")
    linkages.answer_linkage(**answer, status="scheduled", appointment_at=NOW + timedelta(days=2))
    assert counts(today(day.cast.adeyemi)) == dict.fromkeys(counts(today(day.cast.adeyemi)), 0)
    linkages.reschedule_linkage(
        by=day.cast.adeyemi, linkage_id=day.linkage.pk, appointment_at=NOW - timedelta(hours=1), at=NOW
    )
    assert "Say whether they came" in today(day.cast.adeyemi, show="waiting")
    assert LedgerEntry.objects.count() == 4


def test_filters_keep_the_own_and_a_teams_work(day: Day):
    promise(day, timedelta(hours=-1), assigned_to=day.second)
    promise(day, timedelta(hours=-2), team=day.team)
    assert counts(today(day.cast.embedded))["Overdue"] == 3
    assert counts(today(day.second, whose="mine"))["Overdue"] == 1
    assert counts(today(day.cast.embedded, whose=str(day.team.pk)))["Overdue"] == 1
    assert f'href="?show=overdue&amp;whose={day.team.pk}"' in today(day.cast.embedded, whose=str(day.team.pk))
    assert counts(today(day.cast.embedded, whose="nonsense"))["Overdue"] == 3
    assert LedgerEntry.objects.count() == 5


def test_a_peer_sees_what_is_assigned_to_them(day: Day):
    promise(day, timedelta(hours=-1))
    assert counts(today(day.peer))["Overdue"] == 0
    promise(day, timedelta(hours=-1), assigned_to=day.peer)
    assert counts(today(day.peer))["Overdue"] == 1
    assert LedgerEntry.objects.count() == 2


def test_drafts_are_their_authors_and_the_supervisors(day: Day):
    start_draft(by=day.cast.embedded, at=NOW)
    assert [counts(today(who))["Drafts"] for who in (day.cast.embedded, day.boss, day.second)] == [1, 1, 0]
    assert "Anonymous" in today(day.boss, show="drafts")
    assert LedgerEntry.objects.count() == 4


def test_one_of_yours_is_in_crisis_stands_above_all(day: Day):
    link = TreatmentTeamLink.objects.get(custodian=day.cast.county)
    links.set_crisis_notice(by=day.cast.embedded, link_id=link.pk, notify=True, at=NOW)
    notice = put(Notice.Kind.CRISIS_CONTACT, subject_id=day.cast.sams_contact.pk, agency=day.cast.county)
    page = today(day.cast.embedded)
    assert (
        page.index("One of yours is in crisis")
        < page.index("hands you a call")
        < page.index('class="counts"')
    )
    assert f'action="/notices/{notice.pk}/open/"' in page
    told = LedgerEntry.objects.filter(person=day.cast.sam, categories=["D0"])
    assert (told.count(), LedgerEntry.objects.count()) == (1, 2)  # who was told of whom, and the list
    Notice.objects.filter(pk=notice.pk).update(read_at=NOW)
    assert "One of yours is in crisis" not in today(day.cast.embedded)


def test_a_call_handed_to_us_is_offered_to_us_alone(day: Day):
    assert "Kestrel Police hands you a call" in today(day.cast.embedded)
    assert "hands you a call" not in today(day.cast.adeyemi)
    # What the sender said stands on the page of who answers, not here.
    assert "Sits on the bridge" not in today(day.cast.embedded)
    assert LedgerEntry.objects.count() == 3


def test_a_supervisor_reads_measures_and_no_cell_under_eleven(day: Day):
    page = today(day.boss)
    for name in ("Diverted", "Followed up in time", "Connected", "Days to the first visit", "Eligible calls"):
        assert f"<dt>{name}</dt>" in page
    assert "of fewer than 11 linkages asked for" in page
    assert "too few to show" in page
    assert "<dt>Diverted</dt>" not in today(day.cast.embedded)
    assert LedgerEntry.objects.count() == 2


def test_measures_show_what_is_large_enough(day: Day):
    for _ in range(24):
        kept = promise(day, timedelta(hours=-1))
    for kept in list(FollowUp.objects.filter(kind="caring_contact")[:12]):
        follow_ups.record_attempt(
            by=day.second,
            follow_up_id=kept.pk,
            mode="call",
            outcome="reached_engaged",
            result="connected",
            at=NOW - timedelta(hours=2),
        )
    figure = re.search(r"<dt>Followed up in time</dt>.*?</div>", today(day.boss), re.S)[0]
    assert "<dd>50 %</dd>" in figure
    assert "of 24 follow-ups that fell due" in figure
    assert LedgerEntry.objects.count() == 1


def test_an_empty_day_says_so(day: Day):
    page = today(day.cast.novak)
    assert "Nothing waits here." in page
    assert set(counts(page).values()) == {0}
    assert LedgerEntry.objects.get().outcome == "empty"


def test_fifty_stand_on_a_page_and_the_rest_behind_more(day: Day):
    FollowUp.objects.bulk_create(
        [
            FollowUp(
                contact=day.cast.sams_contact, person=day.cast.sam, custodian=day.cast.county, kind="safety_check",
                due_window="custom", due_at=NOW - timedelta(minutes=number),
            )
            for number in range(1, 75)
        ]
    )  # fmt: skip
    first = today(day.cast.embedded, show="overdue")
    assert len(states(first)) == 50
    assert 'href="?show=overdue&amp;start=50"' in first
    assert len(first.encode()) < 30_000
    second = today(day.cast.embedded, show="overdue", start="50")
    assert len(states(second)) == 25
    assert "Show more" not in second
    assert LedgerEntry.objects.count() == 2
