"""Two at the same emergency access on two real connections: one answers, the other is told, nothing is done twice."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections, transaction

from continuity.access import emergencies as verbs
from continuity.access.models import EmergencyAccess
from continuity.errors import DomainError
from continuity.notices.models import Notice
from continuity.people.services import note_own_record
from tests.access.emergency_world import Emergency, build_emergency, later
from tests.consents.test_two_at_once import until, waiting
from tests.replay import replayed

Act = Callable[[Emergency, EmergencyAccess], Any]


def release(by: str) -> Act:
    return lambda world, one: verbs.release_emergency(by=getattr(world, by), emergency_id=one.pk, at=later(2))


def deny(by: str) -> Act:
    return lambda world, one: verbs.deny_emergency(
        by=getattr(world, by), emergency_id=one.pk, note="No danger known.", at=later(2)
    )


def cancel(world: Emergency, one: EmergencyAccess) -> Any:
    return verbs.cancel_emergency(by=world.reyes, emergency_id=one.pk, at=later(2))


# two verbs, then how it may stand afterwards: state, answers, what the loser is told, notices to whoever asked
RACES = {
    "two releasers of one agency": (
        release("releaser"), release("second"), {("released", 1, "answered_already", 1)},
    ),
    "a release and a denial of one agency": (
        release("releaser"), deny("second"),
        {("released", 1, "answered_already", 1), ("requested", 1, "answered_already", 0)},
    ),
    "releasers of two agencies": (release("releaser"), release("clinician"), {("released", 2, "", 2)}),
    "denials of two agencies": (deny("releaser"), deny("clinician"), {("denied", 2, "", 1)}),
    "a release and a cancellation": (
        release("releaser"), cancel, {("released", 1, "illegal_move", 1), ("cancelled", 0, "illegal_move", 0)},
    ),
}  # fmt: skip


def call(act: Act, world: Emergency, one: EmergencyAccess) -> str:
    """The code of what it was told; "" when it was done."""
    try:
        act(world, one)
    except DomainError as told:
        return told.code
    finally:
        connections.close_all()
    return ""


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_each_is_done_once():
    world = replayed(build_emergency)
    note_own_record(world.cast.sam.pk, world.cast.clinic)
    for name, (first, second, outcomes) in RACES.items():
        asked = world.ask()
        with ThreadPoolExecutor(2) as threads:
            with transaction.atomic():
                EmergencyAccess.objects.select_for_update().get(pk=asked.pk)
                calls = [threads.submit(call, act, world, asked) for act in (first, second)]
                until(waiting(2), calls)
            told = [one.result(timeout=20) for one in calls]
        after = EmergencyAccess.objects.get(pk=asked.pk)
        notices = Notice.objects.filter(subject_id=asked.pk, kind=Notice.Kind.EMERGENCY_ANSWERED)
        assert (after.state, after.answers.count(), "".join(told), notices.count()) in outcomes, name
        assert after.ends_at in (None, later(32)), name
