"""Who somebody is: not known, as said, or verified by somebody who made sure of it (5.3)."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from continuity.agencies.models import Membership
from continuity.agencies.roles import Duty, Role, duties_of
from continuity.errors import Conflict, Invalid, NotAllowed
from continuity.people.models import IdentityCheck, Person
from continuity.people.services import own_person

_How, _Status = IdentityCheck.How, Person.IdentityStatus
_CLINICIANS = frozenset({Role.EMBEDDED_CLINICIAN, Role.MOBILE_CLINICIAN, Role.TREATMENT_CLINICIAN})


@transaction.atomic
def verify_identity(*, by: Membership, person_id: UUID, how: str, at: datetime) -> IdentityCheck:
    """Write down how the identity of one of the own agency's people was made sure of; from then on it is verified.

    What was checked before stays: each agency, and each time, is a check of its own. Raises NotAllowed without the
    duty, NotFound for somebody the own agency does not know, Invalid for a way that is none or not this member's,
    Conflict for somebody of whom no name is known.
    """
    if not {Duty.RECORD_CONTACT, Duty.MATCH_PEOPLE} & duties_of(by.roles):
        raise NotAllowed("duty_missing", "Your role does not include this work.")
    if how not in ways_of(by):
        raise Invalid("no_such_way", "Say how the identity was made sure of.", field="how")
    person = own_person(by, person_id)
    if person.identity_status == _Status.UNKNOWN:
        raise Conflict(
            "nobody_named",
            "Nobody has said who this is, so there is no identity to verify. Once it is known, "
            "the privacy office merges the two.",
        )
    check = IdentityCheck.objects.create(
        person=person, source=by.agency, how=how, checked_by=by, checked_at=at
    )
    if person.identity_status != _Status.VERIFIED:
        person.identity_status = _Status.VERIFIED
        person.save()
    return check


def ways_of(by: Membership) -> tuple[str, ...]:
    """How this member may make sure of an identity: knowing somebody is for clinicians, bookings for police."""
    ways = [_How.DOCUMENT.value]
    if by.agency.is_law_enforcement:
        ways.append(_How.FINGERPRINT.value)
    if _CLINICIANS & set(by.roles):
        ways.append(_How.KNOWN.value)
    return tuple(ways)


def latest_check(person_id: UUID, agency_id: UUID) -> IdentityCheck | None:
    """How the own agency last made sure of it; how others did is theirs."""
    checks = IdentityCheck.objects.filter(person=person_id, source=agency_id)
    return checks.order_by("-checked_at", "-pk").first()
