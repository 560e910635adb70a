"""The tables of moves: closed over their states, with an end (5.8, 5.9; domain 4.3). Pure."""

from typing import Any

import pytest

from continuity.treatment.models import IN_CARE_OF_RECIPIENT, TASK_TRANSITIONS, TaskStatus, TreatmentTeamLink

TABLES = {
    "tasks": (TaskStatus, TASK_TRANSITIONS, "draft"),
    "team links": (TreatmentTeamLink.Status, TreatmentTeamLink.TRANSITIONS, "proposed"),
}
every_table = pytest.mark.parametrize(("states", "moves", "first"), TABLES.values(), ids=TABLES)
ENDS = {"completed", "declined_by_recipient", "cancelled_by_person", "unable"}


@every_table
def test_every_state_has_its_moves_and_every_move_leads_to_a_state(states: Any, moves: Any, first: str):
    assert set(moves) == set(states)
    assert set().union(*moves.values()) <= set(states)


@every_table
def test_every_state_is_reached_from_the_first_one(states: Any, moves: Any, first: str):
    reached, ahead = set(), {states(first)}
    while ahead:
        reached |= ahead
        ahead = set().union(*(moves[state] for state in ahead)) - reached
    assert reached == set(states)


@every_table
def test_nothing_leads_out_of_error_and_everything_else_leads_there(states: Any, moves: Any, first: str):
    """P-8: a wrong entry is marked, not erased."""
    assert moves[states.ENTERED_IN_ERROR] == set()
    assert all(states.ENTERED_IN_ERROR in moves[state] for state in states if state != "entered_in_error")


@every_table
def test_no_state_moves_to_itself_nor_back_to_the_first(states: Any, moves: Any, first: str):
    assert all(state not in moves[state] and states(first) not in moves[state] for state in states)


@pytest.mark.parametrize("end", sorted(ENDS))
def test_ended_task_is_not_reopened(end: str):
    assert TASK_TRANSITIONS[TaskStatus(end)] == {"entered_in_error"}


def test_task_is_completed_only_after_the_person_engaged():
    """P-24: a referral that was made is no care that was begun."""
    assert {state for state, moves in TASK_TRANSITIONS.items() if "completed" in moves} == {"engaged"}
    assert {state for state, moves in TASK_TRANSITIONS.items() if "engaged" in moves} == {"scheduled"}


def test_recipient_declines_only_before_it_accepts():
    assert {state for state, moves in TASK_TRANSITIONS.items() if "declined_by_recipient" in moves} == {
        "sent",
        "received",
    }


def test_recipient_treats_from_acceptance_to_the_end():
    """Overlay of the matrix (6.4)."""
    assert set(IN_CARE_OF_RECIPIENT) == {"accepted", "scheduled", "waitlisted", "engaged"}
