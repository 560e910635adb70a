"""What becomes of a flag or a tip: approved, renewed, removed, refuted, marked; by whom and from which state (5.5)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from continuity.agencies.models import Membership
from continuity.agencies.roles import Role
from continuity.crisis import flags
from continuity.crisis.models import DeescalationTip, SafetyFlag
from continuity.errors import Conflict, Invalid, NotAllowed, NotFound, Stale
from continuity.ids import uuid7
from continuity.trail.models import AuditEntry
from tests import builders as b
from tests.crisis.conftest import Crew
from tests.crisis.test_flags_and_tips import SEEN, proposed, tip

pytestmark = pytest.mark.django_db
CLINICIANS = {"embedded_clinician", "mobile_clinician", "treatment_clinician"}
LATER = b.NOW - timedelta(days=2)
RENEWED = {"observed_at": LATER, "basis": "observed"}
WHY = {"reason": "Told us so."}
# By verb: who may, beside the proposer of a flag; and what it asks.
FLAG_VERBS: dict[str, tuple[Callable[..., SafetyFlag], set[str], dict[str, Any]]] = {
    "approve": (flags.approve_flag, {*CLINICIANS, "supervisor"}, {}),
    "renew": (flags.renew_flag, {*CLINICIANS, "officer"}, RENEWED),
    "remove": (flags.remove_flag, {*CLINICIANS, "supervisor"}, WHY),
    "refute": (flags.refute_flag, {*CLINICIANS, "supervisor", "privacy_officer"}, WHY),
    "mark error": (flags.mark_flag_error, {*CLINICIANS, "supervisor", "privacy_officer"}, WHY),
}
TIP_VERBS: dict[str, tuple[Callable[..., DeescalationTip], set[str], dict[str, Any]]] = {
    "renew tip": (flags.renew_tip, {*CLINICIANS, "officer"}, RENEWED),
    "remove tip": (flags.remove_tip, {*CLINICIANS, "officer"}, WHY),
    "mark tip error": (flags.mark_tip_error, {*CLINICIANS, "officer", "privacy_officer"}, WHY),
}
FLAG_MOVES = {"active": "approve", "removed": "remove", "refuted": "refute", "entered_in_error": "mark error"}
TIP_MOVES = {"removed": "remove tip", "entered_in_error": "mark tip error"}
every_verb = pytest.mark.parametrize("verb", [*FLAG_VERBS, *TIP_VERBS])


def active(crew: Crew, **fields: Any) -> SafetyFlag:
    return flags.approve_flag(by=crew.second, flag_id=proposed(crew, **fields).pk, at=b.NOW)


def called(verb: str, by: Membership, row_id: object, **changes: Any) -> Any:
    call, _, asks = (FLAG_VERBS | TIP_VERBS)[verb]  # type: ignore[operator]
    name = "tip_id" if "tip" in verb else "flag_id"
    return call(**{"by": by, name: row_id, "at": b.NOW} | asks | changes)


def ready_for(verb: str, crew: Crew) -> Any:
    """A row on which the verb can be called."""
    return tip(crew) if "tip" in verb else proposed(crew) if verb == "approve" else active(crew)


def in_state(row: Any, status: str, crew: Crew) -> Any:
    approver = {"approved_by": crew.second} if isinstance(row, SafetyFlag) and status == "active" else {}
    type(row).objects.filter(pk=row.pk).update(status=status, **approver)
    row.refresh_from_db()
    return row


@pytest.mark.parametrize("noun", ["flag", "tip"])
def test_every_move_of_the_table_is_made_and_no_other(crew: Crew, noun: str):
    fresh, moves = (proposed, FLAG_MOVES) if noun == "flag" else (tip, TIP_MOVES)
    row = fresh(crew)
    for here in type(row).Status:
        for there, verb in moves.items():
            with b.undone():
                is_made_or_refused(in_state(row, here, crew), there, verb, crew)


def is_made_or_refused(row: Any, there: str, verb: str, crew: Crew) -> None:
    table, here = type(row).TRANSITIONS, type(row).Status(row.status)
    if there in table[here]:
        called(verb, crew.second, row.pk)
        row.refresh_from_db()
        assert row.status == there
        entry = AuditEntry.objects.filter(object_pk=str(row.pk)).latest("pk")
        assert entry.changes["status"] == [str(here), there]
        return
    before = type(row).objects.values().get(pk=row.pk)
    with pytest.raises(Conflict, match=r"^illegal_move$") as refusal:
        called(verb, crew.second, row.pk)
    assert refusal.value.detail.endswith(".")
    assert type(row).objects.values().get(pk=row.pk) == before


@every_verb
def test_verb_is_for_those_with_its_duty_alone(crew: Crew, verb: str):
    row, may = ready_for(verb, crew), (FLAG_VERBS | TIP_VERBS)[verb][1]  # type: ignore[operator]
    for role in Role:
        with b.undone():
            member = b.member("somebody", crew.county, role)
            if role in may:
                called(verb, member, row.pk)
            else:
                with pytest.raises(NotAllowed, match=r"^duty_missing$"):
                    called(verb, member, row.pk)


@every_verb
def test_row_of_another_agency_and_none_at_all_are_one_answer(crew: Crew, verb: str):
    """P-3."""
    row = ready_for(verb, crew)
    stranger = b.member("stranger", crew.police, "supervisor" if verb == "approve" else "embedded_clinician")
    for row_id in (row.pk, uuid7()):
        with pytest.raises(NotFound, match=r"^not_found$"):
            called(verb, stranger, row_id)


@every_verb
def test_row_changed_meanwhile_is_not_touched(crew: Crew, verb: str):
    row = ready_for(verb, crew)
    with pytest.raises(Stale):
        called(verb, crew.second, row.pk, version=row.version + 1)
    assert called(verb, crew.second, row.pk, version=row.version)


@pytest.mark.parametrize("verb", ["remove", "refute", "mark error", "remove tip", "mark tip error"])
def test_end_says_why_and_when(crew: Crew, verb: str):
    row = ready_for(verb, crew)
    for reason, code in ((" ", "missing"), (201 * "a", "too_long")):
        with pytest.raises(Invalid, match=f"^{code}$") as refusal:
            called(verb, crew.second, row.pk, reason=reason)
        assert refusal.value.field == "reason"
    ended = called(verb, crew.second, row.pk, reason=" A plain coat helps. ")
    assert (ended.status_reason, ended.ended_at) == ("A plain coat helps.", b.NOW)


def test_proposer_does_not_approve_the_own_flag(crew: Crew):
    flag = proposed(crew)
    with pytest.raises(Conflict, match=r"^not_approvable$"):
        flags.approve_flag(by=crew.embedded, flag_id=flag.pk, at=b.NOW)
    assert SafetyFlag.objects.get().status == "proposed"


def test_approval_names_who(crew: Crew):
    assert active(crew).approved_by == crew.second


def test_flag_that_expired_while_it_waited_is_not_shown(crew: Crew):
    flag = proposed(crew)
    with pytest.raises(Conflict, match=r"^expired_already$"):
        flags.approve_flag(by=crew.second, flag_id=flag.pk, at=flag.expires_at)
    just_before = flag.expires_at - timedelta(microseconds=1)
    assert flags.approve_flag(by=crew.second, flag_id=flag.pk, at=just_before).status == "active"


def test_officer_takes_back_the_own_proposal_and_no_other(crew: Crew):
    colleague = b.member("colleague", crew.police, "officer")
    for verb, status in (("remove", "removed"), ("mark error", "entered_in_error")):
        flag = proposed(crew, crew.reyes)
        with pytest.raises(NotAllowed, match=r"^duty_missing$"):
            called(verb, colleague, flag.pk)
        assert called(verb, crew.reyes, flag.pk).status == status


def test_officer_does_not_remove_the_own_flag_once_it_is_approved(crew: Crew):
    flag = proposed(crew, crew.reyes)
    called("approve", b.member("sergeant", crew.police, "supervisor"), flag.pk)
    with pytest.raises(NotAllowed, match=r"^duty_missing$"):
        called("remove", crew.reyes, flag.pk)


def test_renewal_cites_a_new_observation_and_waits_for_approval(crew: Crew):
    former = active(crew, severity="high")
    renewal = called("renew", crew.embedded, former.pk, text="Backs away from uniforms.", basis="reported")
    former.refresh_from_db()
    assert (former.status, renewal.status, renewal.renews) == ("active", "proposed", former)
    assert (renewal.first_observed_at, renewal.last_confirmed_at) == (SEEN, LATER)
    assert renewal.expires_at == LATER + timedelta(days=90)
    assert (renewal.kind, renewal.severity, renewal.basis) == (former.kind, "high", "reported")
    assert renewal.text == "Backs away from uniforms."


def test_approved_renewal_takes_the_place_of_the_former(crew: Crew):
    former = active(crew)
    renewal = called("renew", crew.embedded, former.pk)
    called("approve", crew.second, renewal.pk)
    former.refresh_from_db()
    assert (former.status, former.status_reason, former.ended_at) == ("removed", "Renewed.", b.NOW)
    assert SafetyFlag.objects.get(status="active").text == former.text


def test_flag_expired_by_the_clock_can_be_renewed(crew: Crew):
    former = active(crew)
    after = former.expires_at + timedelta(days=1)
    renewal = called("renew", crew.embedded, former.pk, observed_at=after, at=after)
    assert renewal.expires_at == after + timedelta(days=90)


@pytest.mark.parametrize("verb", ["renew", "renew tip"])
@pytest.mark.parametrize(
    ("observed_at", "code"),
    [(SEEN, "no_new_observation"), (b.NOW + timedelta(seconds=1), "in_the_future")],
)
def test_renewal_without_a_new_observation_is_refused(crew: Crew, verb: str, observed_at: Any, code: str):
    row = ready_for(verb, crew)
    with pytest.raises(Invalid, match=f"^{code}$") as refusal:
        called(verb, crew.second, row.pk, observed_at=observed_at)
    assert refusal.value.field == "observed_at"
    row.refresh_from_db()
    assert row.status == "active"


@pytest.mark.parametrize("verb", ["renew", "renew tip"])
def test_only_what_is_active_is_renewed(crew: Crew, verb: str):
    row = ready_for(verb, crew)
    for status in set(SafetyFlag.Status) - {"active"}:
        with b.undone(), pytest.raises(Conflict, match=r"^not_active$"):
            called(verb, crew.second, in_state(row, status, crew).pk)


def test_one_renewal_waits_at_a_time(crew: Crew):
    former = active(crew)
    waiting = called("renew", crew.embedded, former.pk)
    with pytest.raises(Conflict, match=r"^renewal_waits$"):
        called("renew", crew.second, former.pk)
    called("remove", crew.embedded, waiting.pk)
    assert called("renew", crew.second, former.pk).status == "proposed"


def test_renewal_stays_part_2_data(crew: Crew):
    """P-14: other words do not make the knowledge another."""
    former = active(crew, text="Smells of alcohol at night.")
    assert called("renew", crew.embedded, former.pk, text="Unsteady at night.").is_part2
    assert not called("renew", crew.embedded, active(crew).pk).is_part2


def test_renewed_tip_takes_the_place_of_the_former_at_once(crew: Crew):
    former = tip(crew)
    renewed = called("renew tip", crew.second, former.pk, text="Speak softly, sit down.")
    former.refresh_from_db()
    assert (former.status, renewed.status, renewed.renews) == ("removed", "active", former)
    assert (renewed.recorded_by, renewed.first_observed_at) == (crew.second, SEEN)
    assert renewed.text == "Speak softly, sit down."
