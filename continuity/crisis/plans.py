"""Response plans: how to meet this person in a crisis, written by a clinician and approved by another member (5.5)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from continuity.agencies.models import Membership
from continuity.agencies.roles import Duty, require
from continuity.crisis.contact_fields import is_clinician
from continuity.crisis.models import LONGEST_FLAG_LIFETIME, ResponsePlan
from continuity.crisis.moves import locked, move, refuse_labels, require_either, stated
from continuity.crisis.rows import not_found
from continuity.crisis.wording import tells_of_substance_use
from continuity.errors import Conflict, Incomplete, Invalid, NotAllowed
from continuity.people.models import Person, PersonAgency
from continuity.people.services import note_own_record, refuse_dead

_Status = ResponsePlan.Status
_LONGEST_REASON = 200
_MOST_LINES = 20
_LONGEST_LINES = {"triggers": 120, "strategies": 160, "support_contacts": 120}
_LONGEST_TEXTS = {"baseline": 200, "elevated": 200}


@transaction.atomic
def draft_plan(*, by: Membership, person: Person, at: datetime, **content: Any) -> ResponsePlan:
    """Begin a plan, best together with the person; only its author sees a draft.

    `content` is of triggers, strategies, support_contacts (lists), baseline, elevated, drafted_with_person.
    Raises NotAllowed unless a clinician; Incomplete naming each field with unknown, too long, diagnosing or labelling
    content.
    """
    _require_clinician(by)
    refuse_dead(person, by.agency)
    note_own_record(person.pk, by.agency)
    return ResponsePlan.objects.create(
        person=person,
        custodian=by.agency,
        author=by,
        expires_at=at + LONGEST_FLAG_LIFETIME,
        **_with_part2(_checked(content)),
    )


@transaction.atomic
def redraft_plan(
    *, by: Membership, plan_id: UUID, at: datetime, version: int | None = None, **content: Any
) -> ResponsePlan:
    """Change the named parts of the own draft.

    Raises as `draft_plan`; NotFound, Stale, Conflict when it is no draft.
    """
    _require_clinician(by)
    plan = _own(by, plan_id, version)
    if plan.status != _Status.DRAFT:
        raise Conflict("not_a_draft", "This plan is not a draft.")
    for name, value in _checked(content).items():
        setattr(plan, name, value)
    told = {name: getattr(plan, name) for name in (*_LONGEST_LINES, *_LONGEST_TEXTS)}
    plan.is_part2 = _with_part2(told)["is_part2"]
    plan.save()
    return plan


@transaction.atomic
def submit_plan(*, by: Membership, plan_id: UUID, at: datetime, version: int | None = None) -> ResponsePlan:
    """Hand the own draft to whoever approves it. Raises as `redraft_plan`; Incomplete without a strategy."""
    _require_clinician(by)
    plan = _own(by, plan_id, version)
    move(plan, _Status.SUBMITTED)
    if not plan.strategies:
        raise Incomplete([Invalid("missing", "Say at least one thing to try.", field="strategies")])
    plan.submitted_at, plan.status_reason = at, ""
    plan.save()
    return plan


@transaction.atomic
def return_plan(
    *, by: Membership, plan_id: UUID, reason: str, at: datetime, version: int | None = None
) -> ResponsePlan:
    """Give a submitted plan back to its author with a reason.

    Raises NotAllowed, NotFound, Stale, Conflict in another state, Invalid without a reason.
    """
    require(by.roles, Duty.APPROVE_FLAG)
    plan = _visible(by, plan_id, version)
    move(plan, _Status.DRAFT)
    plan.status_reason = stated(reason, _LONGEST_REASON)
    plan.save()
    return plan


@transaction.atomic
def approve_plan(*, by: Membership, plan_id: UUID, at: datetime, version: int | None = None) -> ResponsePlan:
    """Put a submitted plan in force for 180 days, superseding the agency's former one.

    Raises NotAllowed, NotFound, Stale; Conflict for the own plan or another state.
    """
    require(by.roles, Duty.APPROVE_FLAG)
    plan = _visible(by, plan_id, version)
    if plan.status == _Status.SUBMITTED and plan.author_id == by.pk:
        raise Conflict("approver_is_author", "Somebody else must approve the plan.")
    move(plan, _Status.ACTIVE)
    _supersede(plan.person_id, by, at)
    plan.approved_by, plan.approved_at, plan.expires_at = by, at, at + LONGEST_FLAG_LIFETIME
    plan.save()
    return plan


@transaction.atomic
def withdraw_plan(
    *, by: Membership, plan_id: UUID, reason: str, at: datetime, version: int | None = None
) -> ResponsePlan:
    """Take a plan back: the author, or who may approve, whom the person may tell that it no longer fits.

    Raises NotAllowed, NotFound, Stale, Conflict in another state, Invalid without a reason.
    """
    require_either(by, Duty.APPROVE_FLAG, Duty.PROPOSE_FLAG)
    plan = _visible(by, plan_id, version)
    if plan.author_id != by.pk:
        require(by.roles, Duty.APPROVE_FLAG)
    move(plan, _Status.WITHDRAWN)
    plan.status_reason, plan.ended_at = stated(reason, _LONGEST_REASON), at
    plan.save()
    return plan


@transaction.atomic
def record_approved_plan(
    *, by: Membership, author: Membership, person: Person, at: datetime, **content: Any
) -> ResponsePlan:
    """Put a plan in force that two members agreed on elsewhere, superseding the former one.

    Raises NotAllowed without the duty, Invalid when the author approves it (5.5), Incomplete as `draft_plan`.
    """
    require(by.roles, Duty.APPROVE_FLAG)
    if by.pk == author.pk:
        raise Invalid("approver_is_author", "Somebody else must approve the plan.")
    refuse_dead(person, by.agency)
    checked = _with_part2(_checked(content))
    note_own_record(person.pk, by.agency)
    _supersede(person.pk, by, at)
    return ResponsePlan.objects.create(
        person=person,
        custodian=by.agency,
        author=author,
        approved_by=by,
        approved_at=at,
        expires_at=at + LONGEST_FLAG_LIFETIME,
        status=_Status.ACTIVE,
        **checked,
    )


def _require_clinician(by: Membership) -> None:
    require(by.roles, Duty.PROPOSE_FLAG)
    if not is_clinician(by):
        raise NotAllowed("clinicians_only", "Only clinicians write response plans.")


def _visible(by: Membership, plan_id: UUID, version: int | None) -> ResponsePlan:
    plan = locked(ResponsePlan, by, plan_id, version)
    if plan.status == _Status.DRAFT and plan.author_id != by.pk:
        raise not_found()
    return plan


def _own(by: Membership, plan_id: UUID, version: int | None) -> ResponsePlan:
    plan = locked(ResponsePlan, by, plan_id, version)
    if plan.author_id != by.pk:
        raise not_found()
    return plan


def _supersede(person_id: UUID, by: Membership, at: datetime) -> None:
    # Two plans for one person may be approved at once: the second waits here and supersedes the first.
    PersonAgency.objects.select_for_update().filter(person_id=person_id, agency=by.agency).first()
    for former in ResponsePlan.objects.select_for_update().filter(
        person_id=person_id, custodian=by.agency, status=_Status.ACTIVE
    ):
        move(former, _Status.SUPERSEDED)
        former.ended_at = at
        former.save()


def _checked(content: Mapping[str, Any]) -> dict[str, Any]:
    """The named parts as they are kept, without empty lines. Raises Incomplete naming every part at fault."""
    kept, errors = {}, []
    for name, value in content.items():
        try:
            kept[name] = _part(name, value)
        except Invalid as error:
            errors.append(error)
    if errors:
        raise Incomplete(errors)
    return kept


def _part(name: str, value: Any) -> Any:
    if name == "drafted_with_person" and isinstance(value, bool):
        return value
    if name in _LONGEST_TEXTS and isinstance(value, str):
        refuse_labels(value, field=name)
        return stated(value, _LONGEST_TEXTS[name], field=name) if value.strip() else ""
    if (
        name in _LONGEST_LINES
        and isinstance(value, list | tuple)
        and all(isinstance(one, str) for one in value)
    ):
        lines = [stated(one, _LONGEST_LINES[name], field=name) for one in value if one.strip()]
        if len(lines) > _MOST_LINES:
            raise Invalid("too_many", f"At most {_MOST_LINES} lines.", field=name)
        refuse_labels(*lines, field=name)
        return lines
    known = name in ("drafted_with_person", *_LONGEST_TEXTS, *_LONGEST_LINES)
    code, sentence = (
        ("wrong_kind", "This is of the wrong kind.")
        if known
        else ("unknown_field", "A plan has no such part.")
    )
    raise Invalid(code, sentence, field=name)


def _with_part2(checked: dict[str, Any]) -> dict[str, Any]:
    """Words of substance use make a plan Part 2 data (P-14)."""
    lines = [line for name in _LONGEST_LINES for line in checked.get(name, ())]
    texts = [checked.get(name, "") for name in _LONGEST_TEXTS]
    return checked | {"is_part2": any(map(tells_of_substance_use, (*lines, *texts)))}
