"""What waits for somebody on this floor, swept by the clock: drafts, flags, plans, amendments (5.4 to 5.6).

Each moment is told once. Rows go in chunks, each in a transaction of its own, so that a sweep which is interrupted
goes on where it was.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from continuity.agencies.models import Agency, Member, Membership
from continuity.agencies.roles import DUTIES, Duty
from continuity.agencies.services import rules_for
from continuity.crisis.models import ContactAmendment, CrisisContact, ResponsePlan, SafetyFlag
from continuity.crisis.services import cancel_old_draft, finalise_overdue_draft
from continuity.errors import Incomplete
from continuity.notices.models import Notice
from continuity.notices.services import Reminder, remind_many

_CHUNK = 200  # rows
_DRAFT_LIVES = timedelta(days=30)
_AHEAD = timedelta(days=14)
_PROPOSAL_WAITS = timedelta(hours=24)


def remind_authors(at: datetime) -> int:
    """Remind authors of drafts that are old enough for it and not yet overdue; say how many reminders."""
    return sum(_tell(Notice.Kind.DRAFT_UNFINISHED, _unfinished(agency, at)) for agency in _agencies())


def finish_overdue_drafts(at: datetime) -> int:
    """The 72 hour rule: complete drafts become final, of the others the supervisors are told; say how many ended."""
    ended = 0
    for agency in _agencies():
        latest = at - timedelta(hours=rules_for(agency, at).draft_final_hours)
        drafts = _drafts().filter(custodian=agency, recorded_at__lte=latest)
        stuck = []
        for contact_id, begun_at in list(drafts.values_list("pk", "recorded_at")):
            try:
                ended += finalise_overdue_draft(contact_id=contact_id, at=at)
            except Incomplete:
                stuck.append((contact_id, begun_at))
        told = _members_with(Duty.SUPERVISE, agency) if stuck else []
        _tell(
            Notice.Kind.DRAFT_OVERDUE,
            (Reminder(contact_id, begun, agency, member) for contact_id, begun in stuck for member in told),
        )
    return ended


def cancel_old_drafts(at: datetime) -> int:
    """Cancel drafts that nobody finished within 30 days (5.13); say how many."""
    before = at - _DRAFT_LIVES
    old = list(_drafts().filter(recorded_at__lte=before).values_list("pk", flat=True))
    return sum(cancel_old_draft(contact_id=contact_id, before=before) for contact_id in old)


def tell_of_expiring_flags(at: datetime) -> int:
    """Tell proposers of flags that expire within 14 days and nobody has renewed; the agency, when they have left."""
    ends_soon = SafetyFlag.objects.filter(
        status=SafetyFlag.Status.ACTIVE, expires_at__gt=at, expires_at__lte=at + _AHEAD
    )
    renewals = SafetyFlag.objects.filter(
        renews=OuterRef("pk"), status__in=(SafetyFlag.Status.PROPOSED, SafetyFlag.Status.ACTIVE)
    )
    rows = ends_soon.filter(~Exists(renewals)).select_related(
        "custodian", "proposed_by__member", "proposed_by__agency"
    )
    return _tell(
        Notice.Kind.FLAG_EXPIRING,
        (
            Reminder(flag.pk, flag.expires_at, flag.custodian, _still_there(flag.proposed_by))
            for flag in rows.iterator(_CHUNK)
        ),
    )


def tell_of_waiting_proposals(at: datetime) -> int:
    """Tell the agency of flags and plans that have waited a day for somebody else's approval."""
    before = at - _PROPOSAL_WAITS
    flags = SafetyFlag.objects.filter(
        status=SafetyFlag.Status.PROPOSED, created_at__lte=before, expires_at__gt=at
    ).select_related("custodian")
    plans = ResponsePlan.objects.filter(
        status=ResponsePlan.Status.SUBMITTED, submitted_at__lte=before
    ).select_related("custodian")
    told = _tell(
        Notice.Kind.FLAG_PROPOSED,
        (Reminder(flag.pk, flag.created_at, flag.custodian) for flag in flags.iterator(_CHUNK)),
    )
    return told + _tell(
        Notice.Kind.PLAN_SUBMITTED,
        (
            Reminder(plan.pk, plan.submitted_at, plan.custodian)
            for plan in plans.iterator(_CHUNK)
            if plan.submitted_at  # the type checker wants to see it
        ),
    )


def tell_of_amendments_due(at: datetime) -> int:
    """Tell whoever corrects records of requests to be answered within 14 days, again for an extended one (L-22)."""
    waiting = ContactAmendment.objects.filter(
        status__in=ContactAmendment.OPEN, due_at__lte=at + _AHEAD
    ).select_related("custodian")
    return _tell(Notice.Kind.AMENDMENT_DUE, _amendments(waiting))


def _amendments(waiting: QuerySet[ContactAmendment]) -> Iterator[Reminder]:
    known: dict[UUID, list[Member]] = {}
    for amendment in waiting.iterator(_CHUNK):
        agency = amendment.custodian
        if agency.pk not in known:
            known[agency.pk] = _members_with(Duty.CORRECT_RECORD, agency)
        for member in known[agency.pk]:
            yield Reminder(amendment.pk, amendment.due_at, agency, member)


def _drafts() -> QuerySet[CrisisContact]:
    return CrisisContact.objects.filter(record_status=CrisisContact.RecordStatus.DRAFT)


def _agencies() -> Iterable[Agency]:
    return Agency.objects.filter(Exists(_drafts().filter(custodian=OuterRef("pk")))).order_by("code")


def _unfinished(agency: Agency, at: datetime) -> Iterator[Reminder]:
    rules = rules_for(agency, at)
    drafts = _drafts().filter(
        custodian=agency,
        recorded_at__lte=at - timedelta(hours=rules.draft_reminder_hours),
        recorded_at__gt=at - timedelta(hours=rules.draft_final_hours),
    )
    for draft in drafts.select_related("author__member").iterator(_CHUNK):
        yield Reminder(draft.pk, draft.recorded_at, agency, draft.author.member)


def _members_with(duty: Duty, agency: Agency) -> list[Member]:
    roles = [role.value for role, duties in DUTIES.items() if duty in duties]
    rows = Membership.objects.filter(roles__overlap=roles, agency=agency, ended_at=None)
    return [row.member for row in rows.select_related("member", "agency").order_by("pk") if row.is_current]


def _still_there(by: Membership) -> Member | None:
    return by.member if by.is_current else None


def _tell(kind: Notice.Kind, reminders: Iterable[Reminder]) -> int:
    waiting, told = iter(reminders), 0
    while some := list(islice(waiting, _CHUNK)):
        told += remind_many(kind, some)
    return told
