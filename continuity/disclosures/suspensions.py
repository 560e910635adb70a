"""For a time an agency's entries stay out of the person's accounting, because it stated that they would impede it.

45 CFR 164.528(a)(2): a health oversight agency or law enforcement; in writing with a span, or by word for 30 days at
most, documented with the official's identity. The entries stay in the ledger and come back by the clock.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from continuity.agencies.models import Agency, Membership
from continuity.agencies.roles import Duty, require
from continuity.disclosures.models import AccountingSuspension
from continuity.disclosures.own_records import readable_people
from continuity.errors import Conflict, Invalid, NotFound
from continuity.people.services import standing_for

MAY_STATE = frozenset({*Agency.LAW_ENFORCEMENT, Agency.Kind.OVERSIGHT})


def standing_at(at: datetime) -> Q:
    """Suspensions that hold at `at`: half-open, and over when they are lifted."""
    return Q(starts_at__lte=at, ends_at__gt=at) & (Q(lifted_at=None) | Q(lifted_at__gt=at))


def suspended(person_id: UUID, agency: Agency, at: datetime) -> dict[UUID, str]:
    """Whose entries stay out of this custodian's accountings of a person at `at`: ids with names."""
    rows = AccountingSuspension.objects.filter(standing_at(at), person=person_id, agency=agency)
    return dict(rows.values_list("for_agency", "for_agency__name"))


def readable_suspensions(by: Membership) -> QuerySet[AccountingSuspension]:
    """What the own agency was told, for those who account; nothing for anybody else."""
    rows = AccountingSuspension.objects.filter(agency=by.agency)
    return rows if by.has_duty(Duty.ACCOUNT_FOR) else rows.none()


@transaction.atomic
def suspend_accounting(
    *,
    by: Membership,
    person_id: UUID,
    for_agency: Agency,
    official_name: str,
    is_oral: bool,
    starts_at: datetime,
    ends_at: datetime,
    at: datetime,
    official_title: str = "",
    document_ref: str = "",
) -> AccountingSuspension:
    """Leave an agency's entries out of a person's accountings from `starts_at` until just before `ends_at`.

    Raises NotAllowed, NotFound for somebody else's person, Invalid naming the field, Conflict when the same agency
    already stated it by word once: the next statement must be in writing.
    """
    require(by.roles, Duty.ACCOUNT_FOR)
    # One after the other for one person: two spoken ones at once would be two times thirty days.
    person_id = standing_for(person_id)
    if not readable_people(by, at).filter(person=person_id).select_for_update(of=("self",)):
        raise NotFound("not_found", "There is no such record.")
    said = {"official_name": official_name.strip(), "document_ref": document_ref.strip()}
    _refuse_what_counts_for_nothing(
        for_agency, is_oral=is_oral, starts_at=starts_at, ends_at=ends_at, at=at, **said
    )
    earlier = AccountingSuspension.objects.filter(
        person=person_id, agency=by.agency, for_agency=for_agency, is_oral=True
    )
    if is_oral and earlier.exists():
        raise Conflict(
            "oral_only_once",
            "This agency has already said so once by word. A further statement must be in writing.",
        )
    return AccountingSuspension.objects.create(
        person_id=person_id,
        agency=by.agency,
        for_agency=for_agency,
        official_title=official_title.strip(),
        is_oral=is_oral,
        starts_at=starts_at,
        ends_at=ends_at,
        recorded_by=by,
        **said,
    )


@transaction.atomic
def lift_suspension(*, by: Membership, suspension_id: UUID, at: datetime) -> AccountingSuspension:
    """Let an agency's entries come back before the end. Raises NotAllowed, NotFound, Conflict `not_suspended`."""
    require(by.roles, Duty.ACCOUNT_FOR)
    own = readable_suspensions(by).select_for_update(of=("self",))
    suspension = own.filter(pk=suspension_id).first()
    if suspension is None:
        raise NotFound("not_found", "There is no such record.")
    if suspension.lifted_at is not None or suspension.ends_at <= at:
        raise Conflict("not_suspended", "This suspension is over already.")
    suspension.lifted_at = at
    suspension.save()
    return suspension


def _refuse_what_counts_for_nothing(
    for_agency: Agency, *, is_oral: bool, starts_at: datetime, ends_at: datetime, at: datetime, **said: Any
) -> None:
    if for_agency.kind not in MAY_STATE:
        raise Invalid(
            "no_such_power",
            "Only law enforcement or an oversight agency can state this (45 CFR 164.528(a)(2)).",
            field="for_agency",
        )
    if not said["official_name"]:
        raise Invalid("no_official", "Name the official who stated it.", field="official_name")
    if not is_oral and not said["document_ref"]:
        raise Invalid("no_paper", "Say where the written statement lies.", field="document_ref")
    if ends_at <= max(starts_at, at):
        raise Invalid("ends_too_early", "The end must lie after the beginning, and ahead.", field="ends_at")
    if is_oral and starts_at > at:
        raise Invalid("not_said_yet", "A spoken statement begins when it was made.", field="starts_at")
    if is_oral and ends_at > starts_at + AccountingSuspension.ORAL_AT_MOST:
        raise Invalid(
            "oral_at_most_30_days",
            "A spoken statement counts for 30 days at most (45 CFR 164.528(a)(2)(ii)).",
            field="ends_at",
        )
