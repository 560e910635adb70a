"""Whatever verbs are said in whatever order, a row never tells two stories (4.3, P-24). Drawn by Hypothesis."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from continuity.errors import DomainError
from continuity.treatment import follow_ups, linkages
from continuity.treatment.models import (
    CLOSED,
    FollowUp,
    FollowUpAttempt,
    Linkage,
    LinkageGroupGrant,
    TaskStatus,
)
from tests import builders as b
from tests.treatment.conftest import Care

pytestmark = pytest.mark.django_db
# The world is built once and each example is taken back.
drawn = settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])

reasons = st.sampled_from(["", "So it is."])
attempts = st.builds(
    lambda outcome, result, mode: ("attempt", {"outcome": outcome, "result": result, "mode": mode}),
    st.sampled_from(FollowUpAttempt.Outcome.values),
    st.sampled_from(["", "", *FollowUp.Result.values]),
    st.sampled_from(FollowUpAttempt.Mode.values),
)
other_follow_up_moves = st.one_of(
    st.builds(
        lambda result, reason: ("close", {"result": result, "reason": reason}),
        st.sampled_from(FollowUp.Result.values),
        reasons,
    ),
    st.builds(
        lambda status, reason: ("cancel", {"status": status, "reason": reason}),
        st.sampled_from(TaskStatus.values),
        reasons,
    ),
    st.just(("discharge", {"discharged_at": b.NOW})),
    st.just(("assign", {})),
    st.builds(lambda reason: ("error", {"reason": reason}), reasons),
)
FOLLOW_UP_VERBS: dict[str, Callable[..., Any]] = {
    "attempt": follow_ups.record_attempt,
    "close": follow_ups.close_unreached,
    "cancel": follow_ups.cancel_follow_up,
    "discharge": follow_ups.note_discharge,
    "assign": follow_ups.assign_follow_up,
    "error": follow_ups.mark_follow_up_error,
}


@drawn
@given(
    said=st.lists(st.one_of(attempts, attempts, other_follow_up_moves), max_size=8),
    safe=st.tuples(st.sampled_from([None, True, False]), st.sampled_from([None, True, False])),
    most=st.integers(1, 4),
    waits=st.booleans(),
)
def test_follow_up_never_tells_two_stories(
    care: Care, said: list[Any], safe: tuple[Any, Any], most: int, waits: bool
):
    with b.undone():
        care.say_what_is_safe(call=safe[0], message=safe[1])
        follow_up = care.promise(max_attempts=most, waits_for_discharge=waits)
        for step, (verb, fields) in enumerate(said):
            at = b.NOW + timedelta(hours=step)
            with suppress(DomainError):
                FOLLOW_UP_VERBS[verb](by=care.embedded, follow_up_id=follow_up.pk, at=at, **fields)
            follow_up.refresh_from_db()
            tries = list(follow_up.attempts.all())
            assert (follow_up.closed_at is not None) == (follow_up.status in CLOSED)
            assert len(tries) <= most
            if follow_up.status == "completed":
                assert follow_up.result
                assert any(one.outcome in FollowUpAttempt.REACHED for one in tries)
            if safe[1] is not True:
                assert all(one.outcome != "left_safe_message" for one in tries)
            if safe[0] is False:
                assert all(one.mode not in ("call", "text") for one in tries)


answers = st.builds(
    lambda status, reason, appointment_at, first_attended_at: (
        "answer",
        {
            "status": status,
            "reason": reason,
            "appointment_at": appointment_at,
            "first_attended_at": first_attended_at,
        },
    ),
    # The way to a first visit is long: drawn more often, so that it is walked at all.
    st.sampled_from([*TaskStatus.values, "received", "accepted", "scheduled", "engaged", "completed"]),
    reasons,
    st.sampled_from([None, b.NOW, b.NOW]),
    st.sampled_from([None, b.NOW, b.NOW, b.NOW + timedelta(days=90)]),
)
other_linkage_moves = st.one_of(
    st.builds(
        lambda status, reason: ("cancel", {"status": status, "reason": reason}),
        st.sampled_from(TaskStatus.values),
        reasons,
    ),
    st.just(("send", {})),
    st.just(("no_show", {"reason": "Did not come."})),
    st.just(("reschedule", {"appointment_at": b.NOW})),
    st.just(("reopen", {})),
    st.builds(lambda reason: ("error", {"reason": reason}), reasons),
)
LINKAGE_VERBS: dict[str, Callable[..., Any]] = {
    "answer": linkages.answer_linkage,
    "no_show": linkages.note_no_show,
    "reschedule": linkages.reschedule_linkage,
    "cancel": linkages.cancel_linkage,
    "send": linkages.send_linkage,
    "reopen": linkages.reopen_linkage,
    "error": linkages.mark_linkage_error,
}
OF_RECIPIENT = ("answer", "no_show", "reschedule")


@drawn
@given(
    said=st.lists(st.one_of(answers, answers, answers, other_linkage_moves), max_size=12), draft=st.booleans()
)
def test_team_holds_its_grant_exactly_while_the_linkage_is_open(care: Care, said: list[Any], draft: bool):
    with b.undone():
        first = care.linkage(is_draft=draft)
        for step, (verb, fields) in enumerate(said):
            by = care.adeyemi if verb in OF_RECIPIENT else care.embedded
            at = b.NOW + timedelta(hours=step)
            with suppress(DomainError):
                LINKAGE_VERBS[verb](by=by, linkage_id=first.pk, at=at, **fields)
            for linkage in Linkage.objects.all():
                is_open = linkage.status not in {*CLOSED, TaskStatus.DRAFT}
                held = LinkageGroupGrant.objects.filter(content_object=linkage).count()
                assert held == is_open
                assert (linkage.closed_at is not None) == (linkage.status in CLOSED)
                if linkage.status in ("engaged", "completed"):
                    assert linkage.first_attended_at is not None
                    assert linkage.first_attended_at <= at
