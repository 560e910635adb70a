"""A death ends what was promised to the person, and nothing else: what is on record stays as confidential (L-29)."""

from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from continuity.agencies.models import Membership
from continuity.agencies.roles import Duty, require
from continuity.errors import Conflict, Invalid
from continuity.people.models import Person, PersonAgency
from continuity.people.services import own_person
from continuity.trail.wall import background
from continuity.treatment.answers import end_linkage, tell_requester
from continuity.treatment.models import FollowUp, Linkage, TaskStatus

REASON = "The person has died."


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
    """Say that the person lives after all. What the death closed stays closed: it is promised anew.

    Raises NotAllowed, NotFound outside the own agency's people, Conflict when no death is written down.
    """
    require(by.roles, Duty.CORRECT_RECORD)
    person = own_person(by, person_id)
    if person.deceased_date is None:
        raise Conflict("not_deceased", "No death is written down.")
    person.deceased_date = None
    person.save()
    _note_who_knows(person, is_dead=False)
    return person


@background("every agency that knows the person may know it")
def _note_who_knows(person: Person, *, is_dead: bool) -> None:
    PersonAgency.objects.filter(person=person).update(was_told_of_death=is_dead)


@background("a death ends what every agency owes the person")
def close_what_is_open(person: Person, at: datetime) -> None:
    """End what is promised to somebody who is dead, and tell who asked for it."""
    open_ones = {"person": person, "closed_at": None}
    for follow_up in FollowUp.objects.select_for_update(of=("self",)).filter(**open_ones).order_by("pk"):
        follow_up.status, follow_up.status_reason = TaskStatus.UNABLE, REASON
        follow_up.closed_at = at
        follow_up.save()
    linkages = Linkage.objects.select_for_update(of=("self",)).select_related(
        "custodian", "requested_by__member"
    )
    for linkage in linkages.filter(**open_ones).order_by("pk"):
        was_sent = linkage.status != TaskStatus.DRAFT
        end_linkage(linkage, TaskStatus.UNABLE, REASON, at)
        if was_sent and linkage.recipient_id is not None:
            tell_requester(linkage)
