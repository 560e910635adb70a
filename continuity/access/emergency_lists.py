"""Which emergency accesses are whose to see or to work on, by the clock: no list waits for a worker (5.11)."""

from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from continuity.access.models import EmergencyAccess, EmergencyAnswer
from continuity.access.predicates import Paths, own
from continuity.access.services import asker_of
from continuity.agencies.models import Agency, Membership
from continuity.agencies.roles import Duty, Purpose
from continuity.agencies.services import rules_for
from continuity.people.models import PersonAgency

_Kind, _Review, _State = EmergencyAccess.Kind, EmergencyAccess.Review, EmergencyAccess.State
_NOT_REVIEWED = (_Review.NONE, _Review.PENDING)
_PEOPLE = Paths(custodian="agency")


def own_emergencies(by: Membership) -> QuerySet[EmergencyAccess]:
    """Those that this member asked for on this duty, newest first."""
    if not (by.has_duty(Duty.ASK_EMERGENCY) or by.has_duty(Duty.BREAK_GLASS)):
        return EmergencyAccess.objects.none()
    return _rows().filter(requester=by).order_by("-id")


def asked_of_agency(by: Membership) -> QuerySet[EmergencyAccess]:
    """Every request that the own agency was asked, for a member named to answer; nobody answers their own (L-5)."""
    if not (by.may_release_emergency and by.has_duty(Duty.RELEASE_EMERGENCY)):
        return EmergencyAccess.objects.none()
    asked = _rows().filter(kind=_Kind.REQUEST, asked_agencies=by.agency_id)
    return asked.exclude(requester__member=by.member_id).order_by("-id")


def asked_of(by: Membership, at: datetime) -> QuerySet[EmergencyAccess]:
    """Requests that wait for the own agency's answer now; another agency may have released already."""
    waiting = Q(state=_State.REQUESTED, answer_by__gt=at) | Q(state=_State.RELEASED, ends_at__gt=at)
    answered = EmergencyAnswer.objects.filter(emergency=OuterRef("pk"), agency=by.agency_id)
    return asked_of_agency(by).filter(waiting, ~Exists(answered))


def over_here(by: Membership, at: datetime) -> QuerySet[EmergencyAccess]:
    """Those that the own agency reviews and that are over, for a member with that duty."""
    if not by.has_duty(Duty.REVIEW_EMERGENCY):
        return EmergencyAccess.objects.none()
    return _rows().filter(_over(at), reviewing_agency=by.agency_id).order_by("-id")


def reviewed_here(by: Membership, at: datetime) -> QuerySet[EmergencyAccess]:
    """Of these, all but the member's own and what they answered themself: nobody reviews that (5.11)."""
    answered = EmergencyAnswer.objects.filter(emergency=OuterRef("pk"), answered_by__member=by.member_id)
    return over_here(by, at).exclude(requester__member=by.member_id).exclude(Exists(answered))


def to_review(by: Membership, at: datetime) -> QuerySet[EmergencyAccess]:
    """Those that wait for a review, the longest due first."""
    return reviewed_here(by, at).filter(review__in=_NOT_REVIEWED).order_by("review_due_at", "id")


def to_tell(by: Membership, at: datetime) -> QuerySet[EmergencyAccess]:
    """Those of which the person is still to be told, where the agency's pack wants it."""
    if not rules_for(by.agency, at).tell_person_of_emergency:
        return EmergencyAccess.objects.none()
    return over_here(by, at).filter(person_told_at=None).order_by("ends_at", "id")


def overdue(at: datetime) -> QuerySet[EmergencyAccess]:
    """Those whose review should be done by now."""
    return _rows().filter(_over(at), review__in=_NOT_REVIEWED, review_due_at__lte=at)


def blocking(by: Membership, at: datetime) -> QuerySet[EmergencyAccess]:
    """Those that keep this member, on whatever duty, from the next one: overdue, or unjustified and not cleared."""
    unjustified = _rows().filter(review=_Review.UNJUSTIFIED, cleared_at=None)
    return (overdue(at) | unjustified).filter(requester__member=by.member_id)


def timed_out(at: datetime) -> QuerySet[EmergencyAccess]:
    """Requests that nobody answered in time and that are not yet written down as such."""
    return EmergencyAccess.objects.filter(state=_State.REQUESTED, answer_by__lte=at)


def run_out(at: datetime) -> QuerySet[EmergencyAccess]:
    """Time boxes that are over by the clock and not yet written down as such."""
    return EmergencyAccess.objects.filter(state=_State.RELEASED, ends_at__lte=at)


def is_known_here(by: Membership, emergency: EmergencyAccess, at: datetime) -> bool:
    """Whether the own agency has a record of the person that this member may know of; all that a releaser learns."""
    if emergency.person_id is None:
        return False
    asker = asker_of(by, purpose=Purpose.CARE_COORDINATION, incident_ref="own work")
    rows = PersonAgency.objects.filter(agency=by.agency_id, person=emergency.person_id)
    return own(rows, asker, "D0", at, _PEOPLE).exists()


def agencies_to_ask(by: Membership, at: datetime) -> dict[Agency, list[Membership]]:
    """Whose clinicians may answer a request of this member, and who they are; whoever the person is (P-3).

    Active agencies whose agreement in force lists safety data and whose pack has the way (L-5). A Part 2 programme is
    not asked: it may release nothing to law enforcement (42 CFR 2.51 is for medical personnel).
    """
    agreed = by.agency.agreements.filter(categories__contains=["D1"], effective_at__lte=at, expires_at__gt=at)
    shares = Agency.objects.filter(
        agreements__in=agreed, status=Agency.Status.ACTIVE, is_part2_program=False
    ).exclude(pk=by.agency_id)
    named = Membership.objects.filter(agency__in=shares, may_release_emergency=True)
    found: dict[Agency, list[Membership]] = {}
    for one in named.exclude(member=by.member_id).select_related("agency", "member").order_by("id"):
        if one.has_duty(Duty.RELEASE_EMERGENCY):
            found.setdefault(one.agency, []).append(one)
    return {
        agency: releasers
        for agency, releasers in found.items()
        if rules_for(agency, at).le_emergency != "off"
    }


def _rows() -> QuerySet[EmergencyAccess]:
    return EmergencyAccess.objects.select_related("agency", "requester__member", "reviewing_agency")


def _over(at: datetime) -> Q:
    """Over by the clock, or by hand, after it was open."""
    return Q(state=_State.ENDED) | Q(state=_State.RELEASED, ends_at__lte=at)
