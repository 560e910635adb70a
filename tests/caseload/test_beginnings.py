"""What begins from a contact or about a person: asked for on one page, made once, led to its own page."""

from datetime import timedelta

from django.utils import timezone

from continuity.caseload.beginnings import BEGINNINGS
from continuity.crisis.models import DeescalationTip, ResponsePlan, SafetyFlag, Transfer
from continuity.crisis.services import start_draft
from continuity.crisis.transfers import said_of
from continuity.disclosures.models import LedgerEntry
from continuity.treatment.models import FollowUp, Linkage, TreatmentTeamLink
from tests import builders as b
from tests.caseload.conftest import Day
from tests.cast import signed_in

NOW = b.NOW
SEEN = timezone.localtime(NOW - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M")


def path(day: Day, name: str) -> str:
    about = {"linkage_new": "linkages", "follow_up_new": "follow-ups", "transfer_new": "transfers"}
    if name in about:
        return f"/caseload/contacts/{day.cast.sams_contact.pk}/{about[name]}/new/"
    if name in ("safe_ways", "identity"):
        return f"/caseload/people/{day.cast.sam.pk}/{name.replace('_', '-')}/"
    folder = {"flag_new": "flags", "tip_new": "tips", "plan_new": "plans", "team_link_new": "team-links"}[
        name
    ]
    return f"/caseload/people/{day.cast.sam.pk}/{folder}/new/"


def begin(day: Day, who, name: str, **typed: str):
    return signed_in(who).post(path(day, name), typed | {"move": "begin"})


def test_every_beginning_asks_and_writes_one_row_of_the_ledger(day: Day):
    for name in BEGINNINGS:
        with b.undone():
            page = signed_in(day.cast.embedded).get(path(day, name))
            assert page.status_code == 200, name
            assert "About <b>Sam Testcase</b>" in page.content.decode()
            row = LedgerEntry.objects.get()
            assert (row.outcome, row.person_id) == ("read", day.cast.sam.pk)
        with b.undone():
            assert signed_in(day.cast.novak).get(path(day, name)).status_code == 404
            assert LedgerEntry.objects.get().outcome == "refused"
        with b.undone():
            assert signed_in(day.cast.kim).get(path(day, name)).status_code == 403
            assert not LedgerEntry.objects.exists()


def test_a_linkage_is_sent(day: Day):
    answer = begin(
        day, day.cast.embedded, "linkage_new", kind="psychiatry_medication", recipient=str(day.cast.clinic.pk),
        priority="asap", notes="Prefers mornings.",
    )  # fmt: skip
    made = Linkage.objects.get(kind="psychiatry_medication")
    assert answer.headers["Location"] == f"/caseload/linkages/{made.pk}/"
    assert (made.recipient, made.status, made.priority) == (day.cast.clinic, "sent", "asap")
    # The note is the requester's: the recipient's page does not hold it.
    assert (
        "Prefers mornings." in signed_in(day.cast.embedded).get(answer.headers["Location"]).content.decode()
    )
    assert (
        "Prefers mornings."
        not in signed_in(day.cast.adeyemi).get(answer.headers["Location"]).content.decode()
    )
    assert LedgerEntry.objects.count() == 2


def test_a_linkage_to_nobody_is_refused_at_its_field(day: Day):
    answer = begin(day, day.cast.embedded, "linkage_new", kind="benefits", priority="routine")
    assert answer.status_code == 400
    assert (
        'id="begin-recipient_error"><li>Name the agency or the outside provider.' in answer.content.decode()
    )
    assert LedgerEntry.objects.count() == 1


def test_a_follow_up_is_promised_to_a_team(day: Day):
    answer = begin(
        day,
        day.cast.embedded,
        "follow_up_new",
        kind="caring_contact",
        due_window="h24",
        team=str(day.team.pk),
    )
    made = FollowUp.objects.get(kind="caring_contact")
    assert answer.headers["Location"] == f"/caseload/follow-ups/{made.pk}/"
    assert (made.due_at, made.team, made.assigned_to) == (NOW + timedelta(hours=24), day.team, None)


def test_a_follow_up_at_no_time_is_refused_at_its_field(day: Day):
    answer = begin(day, day.cast.embedded, "follow_up_new", kind="caring_contact", due_window="custom")
    assert answer.status_code == 400
    assert 'id="begin-due_at_error"' in answer.content.decode()
    assert LedgerEntry.objects.count() == 1


def test_a_caution_is_proposed_and_never_a_label(day: Day):
    observed = {"kind": "barricade", "severity": "high", "basis": "observed", "observed_at": SEEN}
    label = begin(day, day.cast.embedded, "flag_new", **observed, text="He is a frequent flyer.")
    assert label.status_code == 400
    assert 'id="begin-text_error"' in label.content.decode()
    answer = begin(day, day.cast.embedded, "flag_new", **observed, text="Pushed a wardrobe before the door.")
    made = SafetyFlag.objects.get(kind="barricade")
    assert answer.headers["Location"] == f"/caseload/flags/{made.pk}/"
    assert (made.status, made.severity, made.last_confirmed_at) == (
        "proposed",
        "high",
        NOW - timedelta(hours=1),
    )


def test_what_helps_is_kept_and_a_plan_begun(day: Day):
    begin(
        day, day.second, "tip_new", kind="topic_to_use", basis="reported", observed_at=SEEN, text="His dog."
    )
    assert DeescalationTip.objects.get(kind="topic_to_use").status == "active"
    begin(day, day.second, "plan_new", strategies="Sit down.\nOffer water.", drafted_with_person="on")
    made = ResponsePlan.objects.get(author=day.second)
    assert (made.status, made.strategies, made.drafted_with_person) == (
        "draft",
        ["Sit down.", "Offer water."],
        True,
    )


def test_the_own_team_is_believed_and_another_one_is_asked(day: Day):
    typed = {"program_kind": "psychiatry", "duty_line": "661-555-0133"}
    begin(day, day.cast.embedded, "team_link_new", provider=str(day.cast.county.pk), **typed)
    begin(day, day.cast.embedded, "team_link_new", provider=str(day.cast.clinic.pk), **typed)
    made = TreatmentTeamLink.objects.filter(program_kind="psychiatry", custodian=day.cast.county)
    assert {(one.provider_id, one.status) for one in made} == {
        (day.cast.county.pk, "active"),
        (day.cast.clinic.pk, "proposed"),
    }


def test_a_call_is_handed_on_from_a_draft_and_from_no_contact(day: Day):
    draft = start_draft(by=day.cast.embedded, at=NOW)
    browser = signed_in(day.cast.embedded)
    here = f"/caseload/contacts/{draft.pk}/transfers/new/"
    answer = browser.post(here, {"move": "begin", "to_kind": "line_988", "is_warm": "on"})
    made = Transfer.objects.get(from_contact=draft)
    assert answer.headers["Location"] == f"/caseload/transfers/{made.pk}/"
    assert signed_in(day.second).get(here).status_code == 404  # somebody else's draft
    dispatcher = b.member("dora", b.agency("county-911", "psap"), "dispatcher")
    typed = {
        "to_kind": "clinician",
        "recipient": str(day.cast.county.pk),
        "name": "Sam T.",
        "note": "On the bridge.",
    }
    signed_in(dispatcher).post("/caseload/transfers/new/", typed | {"move": "begin"})
    handed = Transfer.objects.get(custodian=dispatcher.agency)
    assert (handed.to_agency, handed.is_warm) == (day.cast.county, False)
    assert said_of(handed) == {"name": "Sam T.", "note": "On the bridge."}
    assert (
        'href="/caseload/transfers/new/">Hand a call on</a>'
        in signed_in(dispatcher).get("/lookup/").content.decode()
    )


def test_how_to_reach_the_person_is_kept_and_shown(day: Day):
    """P-12: nothing is known until the person says it, and nothing is guessed."""
    answer = begin(day, day.cast.embedded, "safe_ways", safe_to_call="yes", safe_to_leave_message="no")
    assert answer.headers["Location"] == f"/caseload/people/{day.cast.sam.pk}/"
    day.cast.sam.refresh_from_db()
    assert (day.cast.sam.safe_to_call, day.cast.sam.safe_to_leave_message) == (True, False)
    begin(day, day.cast.embedded, "safe_ways", safe_to_call="", safe_to_leave_message="")
    day.cast.sam.refresh_from_db()
    assert (day.cast.sam.safe_to_call, day.cast.sam.safe_to_leave_message) == (None, None)


def test_a_message_where_calling_is_not_safe_is_refused_at_its_field(day: Day):
    answer = begin(day, day.cast.embedded, "safe_ways", safe_to_call="no", safe_to_leave_message="yes")
    assert answer.status_code == 400
    assert "no message is safe either" in answer.content.decode()
    day.cast.sam.refresh_from_db()
    assert day.cast.sam.safe_to_call is None
