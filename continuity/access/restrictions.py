"""What keeps somebody's records back: agreed restrictions, confidentiality and its named staff (164.522, 6.4, P-28).

All of it only narrows, and the gate reads it live: the next look-up knows. Every verb is the privacy office's, about
the own agency's people.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from continuity.access.models import ConfidentialityDecision, Restriction
from continuity.agencies import grants
from continuity.agencies.models import Agency, Category, Member, Membership
from continuity.agencies.roles import Duty, require
from continuity.errors import Conflict, Invalid, NotFound, Stale
from continuity.people.models import Person, PersonAgency
from continuity.people.services import own_person
from continuity.trail.wall import background

SEE = "see"
_Kind, _State, _Said = Restriction.Kind, Restriction.State, ConfidentialityDecision.Kind
_STRICTER = list(Person.Confidentiality.values)  # from normal to very restricted
_LONGEST = 300


@transaction.atomic
def request_restriction(
    *,
    by: Membership,
    person_id: UUID,
    kind: str,
    categories: Sequence[str] = (),
    towards: Agency | None = None,
    reason: str = "",
    requested_at: datetime,
    at: datetime,
) -> Restriction:
    """Write down what the person asked to be kept back: nothing is kept back before it is agreed (L-20).

    `towards` None is everybody else; `categories` () is all of them. Raises NotAllowed, NotFound outside the own
    people; Invalid for what no restriction may say; Conflict when the same one waits or stands already.
    """
    require(by.roles, Duty.RESTRICT)
    person = own_person(by, person_id)
    chosen = _checked(by, kind, categories, towards)
    if requested_at > at:
        raise Invalid("in_the_future", "It was not asked for after now.", field="requested_at")
    same = Restriction.objects.filter(
        person=person, agency=by.agency, kind=kind, categories=chosen, towards=towards
    )
    if same.filter(state__in=(_State.REQUESTED, _State.AGREED)).exists():
        raise Conflict("restricted_already", "The same restriction waits or stands already.")
    return Restriction.objects.create(
        person=person,
        agency=by.agency,
        kind=kind,
        categories=chosen,
        towards=towards,
        reason=_shortened(reason),
        requested_at=requested_at,
        recorded_by=by,
    )


@transaction.atomic
def decide_restriction(
    *,
    by: Membership,
    restriction_id: UUID,
    outcome: str,
    reason: str = "",
    at: datetime,
    version: int | None = None,
) -> Restriction:
    """Agree to a restriction, which binds from the next look-up on, or decline it with a reason (164.522(a)(1)).

    Raises NotAllowed, NotFound for another agency's, Stale, Conflict when it is decided, Invalid.
    """
    require(by.roles, Duty.RESTRICT)
    restriction = _locked(by, restriction_id, version)
    if outcome not in (_State.AGREED, _State.DECLINED):
        raise Invalid("unknown_value", "Agree or decline.", field="outcome")
    _move(restriction, _State(outcome))
    restriction.decided_reason = _stated(reason) if outcome == _State.DECLINED else _shortened(reason)
    restriction.decided_at, restriction.decided_by = at, by
    restriction.save()
    return restriction


@transaction.atomic
def end_restriction(
    *, by: Membership, restriction_id: UUID, reason: str, at: datetime, version: int | None = None
) -> Restriction:
    """End an agreed restriction, with the reason: who asked for the end, or how the person was told (164.522(a)(2)).

    Raises NotAllowed, NotFound for another agency's, Stale, Conflict unless it stands, Invalid without a reason.
    """
    require(by.roles, Duty.RESTRICT)
    restriction = _locked(by, restriction_id, version)
    _move(restriction, _State.ENDED)
    restriction.ended_at, restriction.ended_reason = at, _stated(reason)
    restriction.save()
    return restriction


@transaction.atomic
def set_confidentiality(*, by: Membership, person_id: UUID, level: str, reason: str, at: datetime) -> Person:
    """State the own agency's wish how confidential a person is; the strictest wish of all agencies is the level.

    Raises NotAllowed, NotFound outside the own people, Invalid; Conflict when the own wish is this one already.
    """
    require(by.roles, Duty.RESTRICT)
    person = own_person(by, person_id)
    if level not in Person.Confidentiality.values:
        raise Invalid("unknown_value", "Choose one of the listed levels.", field="level")
    wishes = wishes_about(person)
    # A level that nobody decided came with the person: whoever decides first decides about it.
    own = wishes.get(by.agency_id, person.confidentiality if not wishes else Person.Confidentiality.NORMAL)
    if own == level:
        raise Conflict("unchanged", "This is your office's wish already.")
    _decide(by, person, _Said.LEVEL, reason, at, level=level)
    wished = (wishes | {by.agency_id: level}).values()
    person.confidentiality = max([*wished, *_undecided(person)], key=_STRICTER.index)
    person.save()
    return person


@transaction.atomic
def name_staff(
    *, by: Membership, person_id: UUID, member_id: UUID, reason: str, at: datetime
) -> ConfidentialityDecision:
    """Name a member who goes on seeing the own agency's records of a person that others no longer see (6.4).

    Raises NotAllowed, NotFound outside the own people, Invalid for somebody who works nowhere now or without a reason,
    Conflict when the member is named already.
    """
    require(by.roles, Duty.RESTRICT)
    person = own_person(by, person_id)
    member = Member.objects.filter(pk=member_id).first()
    if member is None or not any(one.is_current for one in member.all_memberships):
        raise Invalid("works_nowhere", "Name somebody who works for an agency now.", field="member")
    if not grants.name_member(member, SEE, person, named_by=by.agency):
        raise Conflict("named_already", "This member is named already.")
    return _decide(by, person, _Said.NAMED, reason, at, member=member)


@transaction.atomic
def remove_staff(
    *, by: Membership, person_id: UUID, member_id: UUID, reason: str, at: datetime
) -> ConfidentialityDecision:
    """Take back what `name_staff` gave; nothing is seen from the next look-up on.

    Raises NotAllowed, NotFound outside the own people and for a member whom the own office has not named, Invalid.
    """
    require(by.roles, Duty.RESTRICT)
    person = own_person(by, person_id)
    member = Member.objects.filter(pk=member_id).first()
    if member is None or not grants.unname_member(member, SEE, person, named_by=by.agency):
        raise NotFound("not_found", "There is no such record.")
    return _decide(by, person, _Said.REMOVED, reason, at, member=member)


@background("the strictest wish of all agencies holds")
def wishes_about(person: Person) -> dict[UUID, str]:
    """The newest decided level of each agency, by its id."""
    said = ConfidentialityDecision.objects.filter(person=person, kind=_Said.LEVEL).order_by("pk")
    return dict(said.values_list("agency", "level"))


@background("nor is a level lowered that came with somebody")
def _undecided(person: Person) -> list[str]:
    """The levels of those who became this one person that no agency of theirs has decided about."""
    merged = list(person.replaces.all())
    if not merged:
        return []
    said = ConfidentialityDecision.objects.filter(person=person, kind=_Said.LEVEL)
    knows = PersonAgency.objects.values("agency")
    levels = []
    for other in merged:
        since = said.filter(origin=None, created_at__gte=other.replaced_at)
        own = since.filter(agency__in=knows.filter(person=other))
        if not own.exists() and not said.filter(origin=other).exists():
            levels.append(other.confidentiality)
    if not said.filter(origin=None, agency__in=knows.filter(person=person, origin=None)).exists():
        levels.append(person.confidentiality)
    return levels


def restrictions_of(by: Membership, person_id: UUID) -> QuerySet[Restriction]:
    """The own agency's restrictions about a person, newest first."""
    own = Restriction.objects.filter(person=person_id, agency=by.agency)
    return own.select_related("towards", "decided_by__member").order_by("-pk")


def decisions_of(by: Membership, person_id: UUID) -> QuerySet[ConfidentialityDecision]:
    """What the own privacy office said of who may see a person at all, newest first."""
    own = ConfidentialityDecision.objects.filter(person=person_id, agency=by.agency)
    return own.select_related("member", "decided_by__member").order_by("-pk")


def named_staff(by: Membership, person: Person) -> QuerySet[Member]:
    """Whom the own privacy office named for a person, by name."""
    return grants.named_members(SEE, person, named_by=by.agency).order_by("display_name")


def _checked(by: Membership, kind: str, categories: Sequence[str], towards: Agency | None) -> list[str]:
    """The categories in their order. Raises Invalid for what the kind does not take."""
    if kind not in _Kind.values:
        raise Invalid("unknown_value", "Choose one of the listed kinds.", field="kind")
    if set(categories) - set(Category.values):
        raise Invalid("unknown_value", "Choose from the listed categories.", field="categories")
    if kind == _Kind.EMPLOYEE and towards is None:
        raise Invalid("no_employer", "Say for which agency the person works.", field="towards")
    if kind == _Kind.EMPLOYEE and categories:
        raise Invalid("all_or_nothing", "An employer sees nothing: choose no category.", field="categories")
    if kind == _Kind.DISCLOSURE and towards == by.agency:
        sentence = "A restriction keeps records from others. Set the confidentiality to limit your own staff."
        raise Invalid("towards_yourself", sentence, field="towards")
    return sorted(set(categories))


def _locked(by: Membership, restriction_id: UUID, version: int | None) -> Restriction:
    own = Restriction.objects.select_for_update(of=("self",)).filter(pk=restriction_id, agency=by.agency)
    restriction = own.first()
    if restriction is None:
        raise NotFound("not_found", "There is no such record.")
    if version is not None and version != restriction.version:
        raise Stale()
    return restriction


def _move(restriction: Restriction, there: Restriction.State) -> None:
    here = _State(restriction.state)
    if there not in restriction.TRANSITIONS.get(here, ()):
        raise Conflict("illegal_move", f"A restriction cannot go from {here.label} to {there.label}.")
    restriction.state = there


def _decide(
    by: Membership,
    person: Person,
    kind: ConfidentialityDecision.Kind,
    reason: str,
    at: datetime,
    *,
    level: str = "",
    member: Member | None = None,
) -> ConfidentialityDecision:
    return ConfidentialityDecision.objects.create(
        person=person,
        agency=by.agency,
        kind=kind,
        level=level,
        member=member,
        reason=_stated(reason),
        decided_at=at,
        decided_by=by,
    )


def _stated(reason: str) -> str:
    if not reason.strip():
        raise Invalid("no_reason", "Say why.", field="reason")
    return _shortened(reason)


def _shortened(reason: str) -> str:
    if len(reason.strip()) > _LONGEST:
        raise Invalid("too_long", f"At most {_LONGEST} characters.", field="reason")
    return reason.strip()
