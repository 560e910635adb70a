"""Every verb in every state: what the table of the model does not have is refused (5.11)."""

from collections.abc import Callable
from typing import Any

import pytest

from continuity.access import emergencies as verbs
from continuity.access.emergency_lists import run_out, timed_out
from continuity.access.models import EmergencyAccess
from continuity.access.tasks import _move_one
from continuity.errors import Conflict, DomainError
from tests import builders as b
from tests.access.emergency_world import Emergency, build_emergency, later
from tests.replay import replayed

pytestmark = pytest.mark.django_db
S, R = EmergencyAccess.State, EmergencyAccess.Review
MOMENT = later(5)


def both_deny(world: Emergency) -> EmergencyAccess:
    asked = world.ask()
    for by in (world.releaser, world.clinician):
        verbs.deny_emergency(by=by, emergency_id=asked.pk, note="No danger known.", at=later(1))
    return asked


def ended(world: Emergency) -> EmergencyAccess:
    return verbs.end_emergency(by=world.reyes, emergency_id=world.released().pk, at=later(3))


def reviewed(world: Emergency, outcome: str) -> EmergencyAccess:
    return verbs.review_emergency(
        by=world.privacy, emergency_id=ended(world).pk, outcome=outcome, note="Read it.", referred_to="The office",
        at=later(4),
    )  # fmt: skip


def cleared(world: Emergency) -> EmergencyAccess:
    found = reviewed(world, "unjustified")
    return verbs.clear_emergency(by=world.privacy, emergency_id=found.pk, note="Trained.", at=later(4))


STATES: dict[str, Callable[[Emergency], EmergencyAccess]] = {
    "requested": lambda world: world.ask(),
    "timed out by the clock": lambda world: world.ask(at=later(-15)),
    "denied": both_deny,
    "cancelled": lambda world: verbs.cancel_emergency(
        by=world.reyes, emergency_id=world.ask().pk, at=later(1)
    ),
    "released": lambda world: world.released(),
    "ended by the clock": lambda world: world.released(at=later(-30)),
    "ended": ended,
    "justified": lambda world: reviewed(world, "justified"),
    "unjustified": lambda world: reviewed(world, "unjustified"),
    "cleared": cleared,
}
VERBS: dict[str, Callable[[Emergency, Any], EmergencyAccess]] = {
    "release": lambda world, pk: verbs.release_emergency(by=world.second, emergency_id=pk, at=MOMENT),
    "deny": lambda world, pk: verbs.deny_emergency(by=world.second, emergency_id=pk, note="No.", at=MOMENT),
    "cancel": lambda world, pk: verbs.cancel_emergency(by=world.reyes, emergency_id=pk, at=MOMENT),
    "end": lambda world, pk: verbs.end_emergency(by=world.reyes, emergency_id=pk, at=MOMENT),
    "review": lambda world, pk: verbs.review_emergency(
        by=world.privacy, emergency_id=pk, outcome="justified", note="Read it.", at=MOMENT
    ),
    "clear": lambda world, pk: verbs.clear_emergency(
        by=world.privacy, emergency_id=pk, note="Trained.", at=MOMENT
    ),
    "person-told": lambda world, pk: verbs.note_person_told(
        by=world.supervisor, emergency_id=pk, how="At the next contact.", at=MOMENT
    ),
}
TARGETS = {"release": S.RELEASED, "deny": S.DENIED, "cancel": S.CANCELLED, "end": S.ENDED}
OVER = ("ended by the clock", "ended", "justified", "unjustified", "cleared")
LEGAL = {
    ("requested", "release"): S.RELEASED,
    ("requested", "deny"): S.REQUESTED,  # the clinic has not answered
    ("requested", "cancel"): S.CANCELLED,
    ("released", "end"): S.ENDED,
    ("ended by the clock", "review"): S.ENDED,
    ("ended", "review"): S.ENDED,
    ("unjustified", "clear"): S.ENDED,
    **{(state, "person-told"): S.ENDED for state in OVER},
}


def test_each_verb_moves_as_the_table_says_and_is_refused_otherwise(db: None):
    world = replayed(build_emergency)
    got, versions, stands = {}, {}, {}
    for state, make in STATES.items():
        with b.undone():
            made = make(world)
            row = EmergencyAccess.objects.get(pk=made.pk)
            stands[state], before = row.state_at(MOMENT), row.version
            for name, verb in VERBS.items():
                with b.undone():
                    try:
                        got[state, name] = verb(world, made.pk).state
                    except Conflict:
                        versions[state, name] = EmergencyAccess.objects.get(pk=made.pk).version == before
                    except DomainError as other:
                        versions[state, name] = other.code == "not_found"
    assert got == LEGAL
    assert {one for one in got if one[1] in TARGETS} == {
        (state, name)
        for state in STATES
        for name, there in TARGETS.items()
        if there in EmergencyAccess.TRANSITIONS.get(stands[state], ())
    }
    assert all(versions.values()), "what is refused changes nothing"
    assert len(got) + len(versions) == len(STATES) * len(VERBS)


def test_the_sweeps_move_what_the_clock_has_ended_and_nothing_else(db: None):
    world = replayed(build_emergency)
    moved = {}
    for state, make in STATES.items():
        with b.undone():
            made = make(world)
            for rows in (timed_out(MOMENT), run_out(MOMENT)):
                if _move_one(rows.filter(pk=made.pk), MOMENT):
                    moved[state] = EmergencyAccess.objects.get(pk=made.pk).state
    assert moved == {"timed out by the clock": S.TIMED_OUT, "ended by the clock": S.ENDED}


def test_a_verb_on_another_version_than_was_seen_is_refused(db: None):
    world = replayed(build_emergency)
    asked = world.ask()
    calls = {
        "release": lambda: verbs.release_emergency(
            by=world.second, emergency_id=asked.pk, at=MOMENT, version=asked.version + 1
        ),
        "deny": lambda: verbs.deny_emergency(
            by=world.second, emergency_id=asked.pk, note="No.", at=MOMENT, version=asked.version + 1
        ),
        "cancel": lambda: verbs.cancel_emergency(
            by=world.reyes, emergency_id=asked.pk, at=MOMENT, version=asked.version + 1
        ),
    }
    for name, call in calls.items():
        with pytest.raises(Conflict) as told:
            call()
        assert told.value.code == "changed_meanwhile", name
