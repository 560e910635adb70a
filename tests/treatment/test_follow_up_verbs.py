"""Proposing, assigning, trying safely, closing and giving back a follow-up (5.10, P-12, P-24)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from continuity.agencies.models import Membership
from continuity.agencies.services import create_team
from continuity.crisis.models import CrisisContact
from continuity.errors import Conflict, Invalid, NotAllowed, NotFound, Stale
from continuity.ids import uuid7
from continuity.treatment import follow_ups
from continuity.treatment.models import FollowUp, FollowUpAttempt
from tests import builders as b
from tests.treatment.conftest import Care

pytestmark = pytest.mark.django_db
WHY = {"reason": "So it is."}
UNSAFE: dict[str, tuple[bool | None, bool | None, str, str, str | None]] = {
    # safe to call, safe to leave a message, mode, outcome -> refused at this field, or not
    "nobody knows: a call": (None, None, "call", "no_answer", None),
    "nobody knows: a text": (None, None, "text", "no_answer", None),
    "nobody knows: a message": (None, None, "call", "left_safe_message", "outcome"),
    "a message is safe but a call is not known": (None, True, "call", "left_safe_message", "outcome"),
    "a call is safe but a message is not known": (True, None, "call", "left_safe_message", "outcome"),
    "a call is safe and a message is not": (True, False, "call", "left_safe_message", "outcome"),
    "both are safe": (True, True, "call", "left_safe_message", None),
    "a call is not safe": (False, None, "call", "reached_engaged", "mode"),
    "a text is not safe": (False, True, "text", "no_answer", "mode"),
    "a call is not safe, a visit is": (False, None, "visit", "reached_engaged", None),
    "a visit leaves no card": (False, None, "visit", "left_safe_message", "outcome"),
    "a visit leaves a card": (False, True, "visit", "left_safe_message", None),
}


def test_attempt_keeps_to_what_is_safe_for_the_person(care: Care):
    """P-12: not known to be safe means no message."""
    for case, (call, message, mode, outcome, field) in UNSAFE.items():
        with b.undone():
            care.say_what_is_safe(call=call, message=message)
            follow_up = care.promise()
            if field is None:
                care.attempt(follow_up, outcome, mode=mode)
            else:
                with pytest.raises(Invalid) as refused:
                    care.attempt(follow_up, outcome, mode=mode)
                assert refused.value.field == field, case
            assert FollowUpAttempt.objects.exists() == (field is None), case


def test_attempt_of_an_unknown_kind_is_refused_at_its_field(care: Care):
    for field in ("mode", "outcome", "result"):
        with pytest.raises(Invalid, match=r"^unknown_value$") as refused:
            care.attempt(care.promise(), **({"outcome": "reached_engaged"} | {field: "owl"}))
        assert refused.value.field == field


def test_reaching_the_person_is_no_result_of_not_reaching_them(care: Care):
    """P-24."""
    for result in ("lost_to_follow_up", "closed_max_attempts"):
        with pytest.raises(Invalid, match=r"^unknown_value$"):
            care.attempt(care.promise(), "reached_engaged", result=result)


def test_attempts_end_at_the_maximum(care: Care):
    follow_up = care.promise(imported_attempts=1)
    for _ in range(2):
        care.attempt(follow_up, "no_answer")
    with pytest.raises(Conflict, match=r"^attempts_used$"):
        care.attempt(follow_up, "reached_engaged", result="connected")
    assert FollowUp.objects.get().closed_at is None


def close(care: Care, follow_up: FollowUp, **fields: Any) -> FollowUp:
    usual = {"by": care.embedded, "follow_up_id": follow_up.pk, "result": "lost_to_follow_up", "at": b.NOW}
    return follow_ups.close_unreached(**(usual | WHY | fields))


def test_unreached_follow_up_is_closed_as_unable_with_its_result(care: Care):
    follow_up = care.promise()
    care.attempt(follow_up, "moved")
    closed = close(care, follow_up)
    assert (closed.status, closed.result, closed.closed_at) == ("unable", "lost_to_follow_up", b.NOW)
    assert closed.status_reason == WHY["reason"]


def test_closing_at_the_maximum_needs_every_attempt_and_losing_needs_one_and_a_reason(care: Care):
    follow_up = care.promise()
    with pytest.raises(Conflict, match=r"^never_tried$"):
        close(care, follow_up)
    care.attempt(follow_up, "no_answer")
    with pytest.raises(Invalid, match=r"^no_reason$"):
        close(care, follow_up, reason="")
    with pytest.raises(Conflict, match=r"^attempts_left$"):
        close(care, follow_up, result="closed_max_attempts")
    with pytest.raises(Invalid, match=r"^unknown_value$"):
        close(care, follow_up, result="connected")
    care.attempt(follow_up, "no_answer")
    care.attempt(follow_up, "no_answer")
    assert close(care, follow_up, result="closed_max_attempts", reason="").result == "closed_max_attempts"


@pytest.mark.parametrize("status", ["cancelled_by_person", "unable"])
def test_promise_is_given_back_with_a_reason_and_without_a_result(care: Care, status: str):
    about: dict[str, Any] = {"by": care.embedded, "follow_up_id": care.promise().pk, "at": b.NOW}
    with pytest.raises(Invalid, match=r"^no_reason$"):
        follow_ups.cancel_follow_up(**about, status=status, reason=" ")
    given = follow_ups.cancel_follow_up(**about, status=status, **WHY)
    assert (given.status, given.result, given.closed_at) == (status, "", b.NOW)


def test_error_is_marked_in_whatever_state_and_once(care: Care):
    """P-8."""
    follow_up = care.promise()
    care.attempt(follow_up, "reached_engaged", result="connected")
    about: dict[str, Any] = {
        "by": care.embedded,
        "follow_up_id": follow_up.pk,
        "at": b.NOW + timedelta(days=1),
    }
    marked = follow_ups.mark_follow_up_error(**about, **WHY)
    assert (marked.status, marked.closed_at) == ("entered_in_error", b.NOW)
    with pytest.raises(Conflict, match=r"^illegal_move$"):
        follow_ups.mark_follow_up_error(**about, **WHY)


# What a disposition proposes


def contact(care: Care, disposition: str = "safety_plan_completed", **fields: Any) -> CrisisContact:
    who = fields.pop("who", care.sam)
    return b.contact(care.embedded, who, at=b.NOW, disposition_primary=disposition, **fields)


def confirm(care: Care, about: CrisisContact, **fields: Any) -> list[FollowUp]:
    usual = {"by": care.embedded, "contact_id": about.pk, "at": b.NOW + timedelta(hours=1)}
    return follow_ups.promise_proposed(**(usual | fields))


def test_finishing_proposes_and_a_person_confirms_once(care: Care):
    about = contact(care, "transported_involuntary")
    assert not about.follow_ups.exists()
    later = b.NOW + timedelta(hours=1)
    assert len(follow_ups.propose_follow_ups(contact=about, at=later)) == 2
    assert not about.follow_ups.exists()
    made = confirm(care, about)
    assert {(one.due_window, one.due_at) for one in made} == {
        ("d7", b.NOW + timedelta(days=7)),
        ("d30", b.NOW + timedelta(days=30)),
    }
    assert confirm(care, about) == []
    assert follow_ups.propose_follow_ups(contact=about, at=later) == []
    assert about.follow_ups.count() == 2


def test_proposal_may_be_given_to_somebody_at_once(care: Care):
    team = create_team(agency=care.county, name="Navigation")
    (made,) = confirm(care, contact(care), assigned_to=care.embedded, team=team)
    assert (made.assigned_to, made.team, made.rule) == (care.embedded, team, "safety_plan_completed.h24")


def test_contact_of_nobody_of_others_or_unreadable_proposes_nothing(care: Care):
    anonymous = contact(care, who=None)
    assert follow_ups.propose_follow_ups(contact=anonymous, at=b.NOW) == []
    draft = contact(care)
    draft.record_status = "entered_in_error"
    draft.save()
    for fields in ({}, {"by": care.adeyemi}, {"contact_id": uuid7()}):
        for about in (anonymous, draft):
            with pytest.raises(NotFound, match=r"^not_found$"):
                confirm(care, about, **fields)


def test_custom_promise_lies_ahead_and_a_window_is_no_date_of_ones_own(care: Care):
    with pytest.raises(Invalid, match=r"^no_time_agreed$"):
        care.promise(due_window="custom", due_at=b.NOW)
    promised = care.promise(due_window="h24", due_at=b.NOW + timedelta(days=90))
    assert promised.due_at == b.NOW + timedelta(hours=24)


# Discharge


def waiting(care: Care) -> FollowUp:
    (made, _) = confirm(care, contact(care, "transported_involuntary"))
    assert made.waits_for_discharge
    return made


def test_discharge_begins_the_window_anew(care: Care):
    discharged, later = b.NOW + timedelta(days=2), b.NOW + timedelta(days=3)
    about = {"by": care.embedded, "follow_up_id": waiting(care).pk}
    noted = follow_ups.note_discharge(**about, discharged_at=discharged, at=later)
    assert (noted.due_at, noted.discharged_at) == (discharged + timedelta(days=7), discharged)
    assert not noted.waits_for_discharge
    with pytest.raises(Conflict, match=r"^no_discharge_awaited$"):
        follow_ups.note_discharge(**about, discharged_at=discharged, at=later)


def test_discharge_lies_between_the_contact_and_now(care: Care):
    follow_up, now = waiting(care), b.NOW + timedelta(days=1)
    for moment in (b.NOW - timedelta(microseconds=1), now + timedelta(microseconds=1)):
        with pytest.raises(Invalid, match=r"^no_such_discharge$"):
            follow_ups.note_discharge(
                by=care.embedded, follow_up_id=follow_up.pk, discharged_at=moment, at=now
            )


# Whose work it is


def assign(by: Membership, follow_up: FollowUp, **fields: Any) -> FollowUp:
    return follow_ups.assign_follow_up(by=by, follow_up_id=follow_up.pk, at=b.NOW, **fields)


def test_follow_up_is_given_to_a_member_a_team_or_everybody(care: Care):
    peer = b.member("peer", care.county, "peer_navigator")
    team = create_team(agency=care.county, name="Navigation")
    supervisor = b.member("super", care.county, "supervisor")
    follow_up = care.promise()
    for by, to in ((care.embedded, {"assigned_to": peer}), (supervisor, {"team": team}), (care.embedded, {})):
        given = assign(by, follow_up, **to)
        assert (given.assigned_to, given.team) == (to.get("assigned_to"), to.get("team"))


def test_follow_up_is_given_only_to_those_who_can_do_it(care: Care):
    gone = b.member("gone", care.county, "peer_navigator", ended_at=b.NOW)
    for other in (care.adeyemi, b.member("officer", care.county, "officer"), gone):
        with pytest.raises(Invalid, match=r"^cannot_follow_up$") as refused:
            assign(care.embedded, care.promise(), assigned_to=other)
        assert refused.value.field == "assigned_to"
        with pytest.raises(Invalid, match=r"^cannot_follow_up$"):
            care.promise(assigned_to=other)
    with pytest.raises(Invalid, match=r"^not_your_team$"):
        assign(care.embedded, care.promise(), team=care.team)


def test_peer_works_on_what_is_theirs_or_their_teams_and_on_nothing_else(care: Care):
    """A peer sees assigned persons only (6.3)."""
    peer, other = (b.member(name, care.county, "peer_navigator") for name in ("peer", "other"))
    team = create_team(agency=care.county, name="Navigation")
    peer.member.groups.add(team.group)
    for fields in ({"assigned_to": peer}, {"team": team}):
        with b.undone():
            follow_up = care.promise(**fields)
            care.attempt(follow_up, "no_answer", by=peer)
            assert care.promise(by=peer).custodian == care.county
            with pytest.raises(NotFound):
                care.attempt(follow_up, "no_answer", by=other)
            with pytest.raises(NotFound):
                care.promise(by=other)
    with pytest.raises(NotFound):
        care.attempt(care.promise(), "no_answer", by=peer)


def test_peer_takes_what_is_their_teams_and_gives_nothing_away(care: Care):
    peer = b.member("peer", care.county, "peer_navigator")
    team = create_team(agency=care.county, name="Navigation")
    peer.member.groups.add(team.group)
    follow_up = care.promise(team=team)
    with pytest.raises(Invalid, match=r"^not_yours_to_give$"):
        assign(peer, follow_up, assigned_to=care.embedded, team=team)
    assert assign(peer, follow_up, assigned_to=peer, team=team).assigned_to == peer


def test_peer_who_is_also_a_clinician_works_as_one(care: Care):
    both = b.member("both", care.county, "peer_navigator", "embedded_clinician")
    care.attempt(care.promise(), "no_answer", by=both)


VERBS: dict[str, Callable[..., Any]] = {
    "attempt": lambda **k: follow_ups.record_attempt(**k, mode="call", outcome="no_answer"),
    "assign": follow_ups.assign_follow_up,
    "close": lambda **k: follow_ups.close_unreached(**k, result="lost_to_follow_up", **WHY),
    "cancel": lambda **k: follow_ups.cancel_follow_up(**k, status="unable", **WHY),
    "discharge": lambda **k: follow_ups.note_discharge(**k, discharged_at=b.NOW),
    "error": lambda **k: follow_ups.mark_follow_up_error(**k, **WHY),
}


@pytest.mark.parametrize("verb", VERBS)
def test_follow_up_verb_asks_for_duty_agency_and_version(care: Care, verb: str):
    """P-3: a stranger's answer is that of a follow-up that is not there."""
    follow_up, officer = care.promise(), b.member("officer", care.county, "officer")
    with pytest.raises(NotAllowed, match=r"^duty_missing$"):
        VERBS[verb](by=officer, follow_up_id=follow_up.pk, at=b.NOW)
    for follow_up_id in (follow_up.pk, uuid7()):
        with pytest.raises(NotFound, match=r"^not_found$"):
            VERBS[verb](by=care.adeyemi, follow_up_id=follow_up_id, at=b.NOW, version=99)
    with pytest.raises(Stale):
        VERBS[verb](by=care.embedded, follow_up_id=follow_up.pk, at=b.NOW, version=99)
