"""A response plan is written by a clinician, approved by another member, and one of an agency holds at a time (5.5)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError

from continuity.agencies.models import Membership
from continuity.agencies.roles import Role
from continuity.crisis import plans
from continuity.crisis.models import ResponsePlan
from continuity.errors import Conflict, Incomplete, Invalid, NotAllowed, NotFound, Stale
from continuity.ids import uuid7
from continuity.trail.models import AuditEntry
from tests import builders as b
from tests.crisis.conftest import Crew

pytestmark = pytest.mark.django_db
CLINICIANS = {"embedded_clinician", "mobile_clinician", "treatment_clinician"}
CONTENT: dict[str, Any] = {
    "strategies": ["Sit down", "Ask about the dog"],
    "triggers": ["Sirens"],
    "support_contacts": ["A sister, evenings."],
    "baseline": "Quiet.",
    "elevated": "Paces.",
    "drafted_with_person": True,
}
WHY = {"reason": "No longer fits."}
# By verb: whether the author calls it or the approver, which roles may, and what it asks.
VERBS: dict[str, tuple[Callable[..., ResponsePlan], bool, set[str], dict[str, Any]]] = {
    "redraft": (plans.redraft_plan, True, CLINICIANS, {"baseline": "Quiet in the mornings."}),
    "submit": (plans.submit_plan, True, CLINICIANS, {}),
    "return": (plans.return_plan, False, {*CLINICIANS, "supervisor"}, WHY),
    "approve": (plans.approve_plan, False, {*CLINICIANS, "supervisor"}, {}),
    "withdraw": (plans.withdraw_plan, False, {*CLINICIANS, "supervisor"}, WHY),
}
FIRST = {
    "redraft": "draft",
    "submit": "draft",
    "return": "submitted",
    "approve": "submitted",
    "withdraw": "active",
}
MOVES = {"submitted": "submit", "draft": "return", "active": "approve", "withdrawn": "withdraw"}
every_verb = pytest.mark.parametrize("verb", VERBS)


def drafted(crew: Crew, **changes: Any) -> ResponsePlan:
    return plans.draft_plan(**{"by": crew.embedded, "person": crew.sam, "at": b.NOW} | CONTENT | changes)


def in_state(plan: ResponsePlan, status: str, crew: Crew) -> ResponsePlan:
    approval = (
        {"approved_by": crew.second, "approved_at": b.NOW} if status in ("active", "superseded") else {}
    )
    ResponsePlan.objects.filter(pk=plan.pk).update(status=status, **approval)
    plan.refresh_from_db()
    return plan


def called(verb: str, by: Membership, plan_id: object, **changes: Any) -> ResponsePlan:
    call, _, _, asks = VERBS[verb]
    return call(**{"by": by, "plan_id": plan_id, "at": b.NOW} | asks | changes)


def caller(verb: str, crew: Crew) -> Membership:
    return crew.embedded if VERBS[verb][1] else crew.second


def recorded(crew: Crew, **changes: Any) -> ResponsePlan:
    return plans.record_approved_plan(
        **{
            "by": crew.second,
            "author": crew.embedded,
            "person": crew.sam,
            "at": b.NOW,
            "strategies": ["Sit down", "Ask about the dog"],
        }
        | changes
    )


def test_plan_goes_from_draft_to_in_force(crew: Crew):
    plan = drafted(crew)
    assert (plan.status, plan.author, plan.custodian) == ("draft", crew.embedded, crew.county)
    assert {name: getattr(plan, name) for name in CONTENT} == CONTENT
    assert called("submit", crew.embedded, plan.pk).submitted_at == b.NOW
    later = b.NOW + timedelta(days=3)
    plan = called("approve", crew.second, plan.pk, at=later)
    assert (plan.status, plan.approved_by, plan.approved_at) == ("active", crew.second, later)
    assert plan.expires_at == later + timedelta(days=180)
    moves = [
        row.changes["status"]
        for row in AuditEntry.objects.filter(object_pk=str(plan.pk)).order_by("pk")
        if "status" in row.changes
    ]
    assert moves[1:] == [["draft", "submitted"], ["submitted", "active"]]


def test_every_move_of_the_table_is_made_and_no_other(crew: Crew):
    """A colleague's draft is not there for the approver; that is another test's."""
    plan = drafted(crew)
    for here in ResponsePlan.Status:
        for there, verb in MOVES.items():
            if here == "draft" and not VERBS[verb][1] and verb != "withdraw":
                continue
            with b.undone():
                is_made_or_refused(in_state(plan, here, crew), there, verb, crew)


def is_made_or_refused(plan: ResponsePlan, there: str, verb: str, crew: Crew) -> None:
    here = ResponsePlan.Status(plan.status)
    by = crew.embedded if here == "draft" else caller(verb, crew)
    if there in ResponsePlan.TRANSITIONS[here]:
        assert called(verb, by, plan.pk).status == there
        entry = AuditEntry.objects.filter(object_pk=str(plan.pk)).latest("pk")
        assert entry.changes["status"] == [str(here), there]
        return
    before = ResponsePlan.objects.values().get(pk=plan.pk)
    with pytest.raises(Conflict, match=r"^illegal_move$") as refusal:
        called(verb, by, plan.pk)
    assert refusal.value.detail.endswith(".")
    assert ResponsePlan.objects.values().get(pk=plan.pk) == before


@every_verb
def test_verb_is_for_those_with_its_duty_alone(crew: Crew, verb: str):
    for role in Role:
        with b.undone():
            member = b.member("somebody", crew.county, role)
            by_author, may = VERBS[verb][1:3]
            plan = drafted(crew, by=crew.embedded)
            if by_author:
                ResponsePlan.objects.filter(pk=plan.pk).update(author=member)
            in_state(plan, FIRST[verb], crew)
            if role in may:
                called(verb, member, plan.pk)
            else:
                with pytest.raises(NotAllowed, match=r"^(duty_missing|clinicians_only)$"):
                    called(verb, member, plan.pk)


def test_only_clinicians_begin_a_plan(crew: Crew):
    for role in Role:
        with b.undone():
            member = b.member("somebody", crew.county, role)
            if role in CLINICIANS:
                assert drafted(crew, by=member).author == member
            else:
                with pytest.raises(NotAllowed, match=r"^(duty_missing|clinicians_only)$"):
                    drafted(crew, by=member)


@every_verb
def test_plan_of_another_agency_and_none_at_all_are_one_answer(crew: Crew, verb: str):
    """P-3."""
    plan = in_state(drafted(crew), FIRST[verb], crew)
    stranger = b.member("stranger", crew.police, "embedded_clinician")
    for plan_id in (plan.pk, uuid7()):
        with pytest.raises(NotFound, match=r"^not_found$"):
            called(verb, stranger, plan_id)


@every_verb
def test_draft_of_a_colleague_is_not_there(crew: Crew, verb: str):
    plan = drafted(crew)
    with pytest.raises(NotFound, match=r"^not_found$"):
        called(verb, crew.second, plan.pk)


@every_verb
def test_plan_changed_meanwhile_is_not_touched(crew: Crew, verb: str):
    plan = in_state(drafted(crew), FIRST[verb], crew)
    with pytest.raises(Stale):
        called(verb, caller(verb, crew), plan.pk, version=plan.version + 1)
    assert called(verb, caller(verb, crew), plan.pk, version=plan.version).version == plan.version + 1


def test_author_does_not_approve_the_own_plan(crew: Crew):
    plan = in_state(drafted(crew), "submitted", crew)
    with pytest.raises(Conflict, match=r"^approver_is_author$"):
        called("approve", crew.embedded, plan.pk)
    with pytest.raises(Invalid, match=r"^approver_is_author$"):
        recorded(crew, by=crew.embedded)
    assert not ResponsePlan.objects.filter(status="active").exists()


def test_returned_plan_says_why_and_is_submitted_again(crew: Crew):
    plan = in_state(drafted(crew), "submitted", crew)
    assert called("return", crew.second, plan.pk, reason=" Too long. ").status_reason == "Too long."
    called("redraft", crew.embedded, plan.pk, strategies=["Sit down"])
    plan = called("submit", crew.embedded, plan.pk)
    assert (plan.status, plan.status_reason, plan.strategies) == ("submitted", "", ["Sit down"])


@pytest.mark.parametrize("verb", ["return", "withdraw"])
@pytest.mark.parametrize(("reason", "code"), [(" ", "missing"), (201 * "a", "too_long")])
def test_reason_is_asked(crew: Crew, verb: str, reason: str, code: str):
    plan = in_state(drafted(crew), "submitted", crew)
    with pytest.raises(Invalid, match=f"^{code}$") as refusal:
        called(verb, crew.second, plan.pk, reason=reason)
    assert refusal.value.field == "reason"


def test_plan_without_a_strategy_is_not_submitted(crew: Crew):
    plan = drafted(crew, strategies=[])
    with pytest.raises(Incomplete, match=r"^missing$") as refusal:
        called("submit", crew.embedded, plan.pk)
    assert [error.field for error in refusal.value.errors] == ["strategies"]


def test_redrafting_leaves_what_is_not_named(crew: Crew):
    plan = called("redraft", crew.embedded, drafted(crew).pk, baseline="")
    assert (plan.baseline, plan.elevated, plan.strategies) == ("", "Paces.", CONTENT["strategies"])


def test_only_a_draft_is_redrafted(crew: Crew):
    plan = drafted(crew)
    for status in set(ResponsePlan.Status) - {"draft"}:
        with b.undone(), pytest.raises(Conflict, match=r"^not_a_draft$"):
            called("redraft", crew.embedded, in_state(plan, status, crew).pk)


REFUSED: dict[str, tuple[str, Any, str]] = {
    "unknown part": ("diagnosis", "None", "unknown_field"),
    "no list": ("strategies", "Sit down", "wrong_kind"),
    "no text": ("baseline", ["Quiet"], "wrong_kind"),
    "no yes or no": ("drafted_with_person", "yes", "wrong_kind"),
    "a line too long": ("triggers", [121 * "a"], "too_long"),
    "a text too long": ("elevated", 201 * "a", "too_long"),
    "too many lines": ("strategies", [f"Step {n}" for n in range(21)], "too_many"),
    "a diagnosis": ("baseline", "Has schizophrenia.", "diagnosis_words"),
    "a label": ("strategies", ["Sit down", "He is a frequent flyer"], "stigma_words"),
}


@pytest.mark.parametrize(("part", "value", "code"), REFUSED.values(), ids=REFUSED)
def test_content_is_refused_at_its_part(crew: Crew, part: str, value: Any, code: str):
    plan = drafted(crew)
    for attempt in (
        lambda: drafted(crew, **{part: value}),
        lambda: called("redraft", crew.embedded, plan.pk, **{part: value}),
        lambda: recorded(crew, **{part: value}),
    ):
        with pytest.raises(Incomplete, match=f"^{code}$") as refusal:
            attempt()
        assert [error.field for error in refusal.value.errors] == [part]
    assert ResponsePlan.objects.values_list("version", flat=True).get() == 1


def test_all_parts_at_fault_are_named_at_once(crew: Crew):
    with pytest.raises(Incomplete) as refusal:
        drafted(crew, baseline="psychotic", elevated=7)
    assert {error.field for error in refusal.value.errors} == {"baseline", "elevated"}


def test_words_of_substance_use_make_a_plan_part_2_data(crew: Crew):
    """P-14."""
    plan = drafted(crew, triggers=["Smell of alcohol"])
    assert plan.is_part2
    assert called("redraft", crew.embedded, plan.pk, baseline="Calm.").is_part2
    assert not called("redraft", crew.embedded, plan.pk, triggers=["Sirens"]).is_part2


@pytest.mark.parametrize("how", ["recorded", "approved"])
def test_new_plan_supersedes_the_former_one(crew: Crew, how: str):
    former, later = recorded(crew), b.NOW + timedelta(days=1)
    if how == "recorded":
        plan = recorded(crew, at=later)
    else:
        plan = called("approve", crew.second, in_state(drafted(crew), "submitted", crew).pk, at=later)
    former.refresh_from_db()
    assert (former.status, former.ended_at, plan.status) == ("superseded", later, "active")
    history = AuditEntry.objects.filter(object_pk=str(former.pk)).latest("pk")
    assert history.changes["status"] == ["active", "superseded"]


def test_recorded_plan_holds_for_180_days(crew: Crew):
    plan = recorded(crew)
    assert (plan.status, plan.author, plan.approved_by) == ("active", crew.embedded, crew.second)
    assert (plan.approved_at, plan.expires_at) == (b.NOW, b.NOW + timedelta(days=180))


def test_plans_of_another_agency_and_of_another_person_stay(crew: Crew):
    clinic = b.agency("clinic", "clinic_treatment")
    theirs = [b.member(name, clinic, "treatment_clinician") for name in ("adeyemi", "colleague")]
    recorded(crew, by=theirs[0], author=theirs[1])
    recorded(crew, person=b.person(crew.county, first="Una"))
    recorded(crew)
    assert ResponsePlan.objects.filter(status="active").count() == 3


@pytest.mark.parametrize("role", ["officer", "dispatcher", "consent_manager", "peer_navigator"])
def test_member_without_the_duty_records_no_plan(crew: Crew, role: str):
    with pytest.raises(NotAllowed, match=r"^duty_missing$"):
        recorded(crew, by=b.member("other", crew.county, role))


def test_withdrawn_plan_says_why_and_when(crew: Crew):
    plan = called("withdraw", crew.embedded, drafted(crew).pk, reason="Sam changed his mind.")
    assert (plan.status, plan.status_reason, plan.ended_at) == ("withdrawn", "Sam changed his mind.", b.NOW)


@pytest.mark.parametrize("missing", ["approved_by", "approved_at", "another approver"])
def test_plan_in_force_was_approved_by_somebody_else(crew: Crew, missing: str):
    plan = recorded(crew)
    if missing == "another approver":
        plan.approved_by = crew.embedded
    else:
        setattr(plan, missing, None)
    with pytest.raises(IntegrityError, match="an_approved_plan_was_approved_by_somebody_else"):
        plan.save()


def test_plan_in_force_ends_within_180_days(crew: Crew):
    plan = recorded(crew)
    plan.expires_at += timedelta(microseconds=1)
    with pytest.raises(IntegrityError, match="an_approved_plan_expires_within_180_days"):
        plan.save()


def test_one_plan_of_an_agency_is_in_force_for_a_person(crew: Crew):
    plan = recorded(crew)
    plan.pk, plan._state.adding = plan._meta.pk.get_default(), True
    with pytest.raises(IntegrityError, match="one_approved_plan_of_an_agency_for_a_person"):
        plan.save()
