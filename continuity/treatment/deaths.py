"""A death ends what was promised to the person, and nothing else: what is on record stays as confidential (L-29).

Where it turns out to be nobody's, or another's, what it ended is owed again: a lost follow-up harms a person.
"""

from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from continuity.agencies.models import Membership
from continuity.agencies.roles import Duty, require
from continuity.errors import Conflict, Invalid
from continuity.people.models import Person, PersonAgency
from continuity.people.services import own_person
from continuity.trail.wall import background
from continuity.treatment.answers import end_linkage, resume_linkage, tell_requester
from continuity.treatment.due import tell_anew
from continuity.treatment.models import FollowUp, Linkage, TaskStatus

REASON = "The person has died."
_OPEN = Q(closed_at=None)
_CLOSED_BY_DEATH = Q(status=TaskStatus.UNABLE) & ~Q(status_before_death="")


@transaction.atomic
def record_death(*, by: Membership, person_id: UUID, died_on: date, at: datetime) -> Person:
    """Write down the day on which a person died, and close every open follow-up and linkage about them (6.4).

    By the privacy office, because it ends other agencies' work, too; every agency that knows the person by now may
    know it. Raises NotAllowed, NotFound outside the own agency's people, Invalid for a day ahead or before the birth,
    Conflict when a death is written down already.
    """
    require(by.roles, Duty.CORRECT_RECORD)
    person = own_person(by, person_id)
    if person.deceased_date is not None:
        raise Conflict(
            "deceased_already", "A death is written down already. Take it back first if it is wrong."
        )
    if died_on > by.agency.local(at).date():
        raise Invalid("in_the_future", "The day of death is not ahead.", field="died_on")
    if person.exact_birth_date is not None and died_on < person.exact_birth_date:
        raise Invalid("before_birth", "The day of death is not before the birth.", field="died_on")
    person.deceased_date = died_on
    person.save()
    _note_who_knows(person, is_dead=True)
    close_what_is_open(person, at)
    return person


@transaction.atomic
def take_back_death(*, by: Membership, person_id: UUID, at: datetime) -> Person:
    """Say that the person lives after all, and open again what the death closed.

    Raises NotAllowed, NotFound outside the own agency's people, Conflict when no death is written down.
    """
    require(by.roles, Duty.CORRECT_RECORD)
    person = own_person(by, person_id)
    if person.deceased_date is None:
        raise Conflict("not_deceased", "No death is written down.")
    person.deceased_date = None
    person.save()
    _note_who_knows(person, is_dead=False)
    open_what_death_closed(person, at)
    return person


def settle_promises(person: Person, at: datetime) -> None:
    """Close what is promised to somebody who is dead, or open what a death closed of somebody who is not."""
    settle = close_what_is_open if person.deceased_date is not None else open_what_death_closed
    settle(person, at)


@background("every agency that knows the person may know it")
def _note_who_knows(person: Person, *, is_dead: bool) -> None:
    PersonAgency.objects.filter(person=person).update(was_told_of_death=is_dead)


@background("a death ends what every agency owes the person")
def close_what_is_open(person: Person, at: datetime) -> None:
    """End what is promised to somebody who is dead, and tell who asked for it."""
    for follow_up in _follow_ups_of(person).filter(_OPEN):
        _keep_as_before(follow_up)
        follow_up.status, follow_up.status_reason = TaskStatus.UNABLE, REASON
        follow_up.closed_at = at
        follow_up.save()
    for linkage in _linkages_of(person).filter(_OPEN):
        was_sent = linkage.status != TaskStatus.DRAFT
        _keep_as_before(linkage)
        end_linkage(linkage, TaskStatus.UNABLE, REASON, at)
        if was_sent and linkage.recipient_id is not None:
            tell_requester(linkage)


@background("whoever lives is owed what every agency promised them")
def open_what_death_closed(person: Person, at: datetime) -> None:
    """Let what a death closed stand as it did, and tell whoever owes, asked for and answers it.

    Not what was marked as an error since, nor a linkage that was asked again since: its successor stands for it.
    """
    for follow_up in _follow_ups_of(person).filter(_CLOSED_BY_DEATH):
        _put_back(follow_up)
        follow_up.save()
        tell_anew(follow_up, at)
    for linkage in _linkages_of(person).filter(_CLOSED_BY_DEATH, reopened_as=None):
        _put_back(linkage)
        resume_linkage(linkage)


def _keep_as_before(promise: FollowUp | Linkage) -> None:
    promise.status_before_death, promise.reason_before_death = promise.status, promise.status_reason


def _put_back(promise: FollowUp | Linkage) -> None:
    promise.status, promise.status_reason = promise.status_before_death, promise.reason_before_death
    promise.status_before_death = promise.reason_before_death = ""
    promise.closed_at = None


def _follow_ups_of(person: Person) -> QuerySet[FollowUp]:
    rows = FollowUp.objects.select_for_update(of=("self",)).filter(person=person)
    return rows.select_related("custodian", "assigned_to__member", "team").order_by("pk")


def _linkages_of(person: Person) -> QuerySet[Linkage]:
    rows = Linkage.objects.select_for_update(of=("self",)).filter(person=person)
    return rows.select_related("custodian", "recipient", "requested_by__member").order_by("pk")
