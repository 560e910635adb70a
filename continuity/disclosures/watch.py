"""The weekly review of use (AU-6, P-4): findings are written once, and marked by privacy staff, never by their own."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Count, Q, QuerySet

from continuity.agencies.models import Agency, Member, Membership
from continuity.agencies.roles import DUTIES, Duty, require
from continuity.disclosures.models import UseFinding
from continuity.disclosures.watching import DEFAULTS, Found, Thresholds, Week, look_for
from continuity.errors import Conflict, Invalid, NotAllowed, NotFound
from continuity.notices.models import Notice
from continuity.notices.services import Reminder, remind_many

WEEK = timedelta(days=7)


def monday_of(day: date) -> date:
    """The Monday of the week that `day` lies in."""
    return day - timedelta(days=day.weekday())


def last_week(agency: Agency, at: datetime) -> date:
    """The Monday of the last whole week on the agency's clock."""
    return monday_of(at.astimezone(ZoneInfo(agency.timezone)).date()) - WEEK


def review_week(*, week: date, at: datetime, limits: Thresholds = DEFAULTS) -> int:
    """Write the findings of the week that begins on Monday `week`, where it is over, and say how many were new.

    Again changes nothing: what was written stands, with its review. Privacy officers are told of new ones.
    """
    added, told = 0, set[UUID]()
    for one in _weeks_of_zones(week, at):
        for found in look_for(one, limits):
            if _write(found, week):
                added += 1
                told.add(found.agency_id)
    since = datetime.combine(week, time(), tzinfo=ZoneInfo("UTC"))
    remind_many(
        Notice.Kind.USE_TO_REVIEW,
        [
            Reminder(subject_id=works.agency_id, since=since, agency=works.agency, member=works.member)
            for works in holders_of(Duty.REVIEW_USE).filter(agency__in=told)
        ],
    )
    return added


def holders_of(*duties: Duty) -> QuerySet[Membership]:
    """Everybody who has one of these duties now, at an active agency."""
    roles = [role.value for role, has in DUTIES.items() if has & set(duties)]
    return Membership.objects.filter(
        roles__overlap=roles,
        ended_at=None,
        member__status=Member.Status.ACTIVE,
        agency__status=Agency.Status.ACTIVE,
    ).select_related("agency", "member")


def _weeks_of_zones(week: date, at: datetime) -> Iterator[Week]:
    """The week on the clocks of each time zone that agencies are in, where it is over at `at`."""
    zones: dict[str, list[UUID]] = {}
    for agency_id, zone in Agency.objects.order_by("pk").values_list("pk", "timezone"):
        zones.setdefault(zone, []).append(agency_id)
    for zone, agencies in zones.items():
        from_at, until_at = (
            datetime.combine(day, time(), tzinfo=ZoneInfo(zone)) for day in (week, week + WEEK)
        )
        if until_at <= at:
            yield Week(from_at, until_at, zone, tuple(agencies))


def _write(found: Found, week: date) -> bool:
    _, is_new = UseFinding.objects.get_or_create(
        asker_id=found.asker_id,
        kind=found.kind,
        week=week,
        defaults={"agency_id": found.agency_id, "count": found.count, "entries": list(found.entries)},
    )
    return is_new


def findings_of(by: Membership) -> QuerySet[UseFinding]:
    """The findings about the own agency's members. Raises NotAllowed without a duty to look at them."""
    if not by.has_duty(Duty.READ_LEDGER):
        require(by.roles, Duty.REVIEW_USE)
    return UseFinding.objects.filter(agency=by.agency).select_related("asker__member", "reviewed_by__member")


def agencies_reviewed(by: Membership, at: datetime) -> QuerySet[Agency]:
    """The own agency, for those who review its use."""
    reviews = by.has_duty(Duty.REVIEW_USE)
    return Agency.objects.filter(pk=by.agency_id) if reviews else Agency.objects.none()


def weeks_found(by: Membership, most: int = 8) -> list[tuple[date, int]]:
    """The latest weeks that have findings, newest first, each with how many of them wait for review."""
    waiting = Count("pk", filter=Q(verdict=UseFinding.Verdict.OPEN))
    weeks = findings_of(by).values("week").annotate(waiting=waiting).order_by("-week")
    return [(one["week"], one["waiting"]) for one in weeks[:most]]


@transaction.atomic
def review_finding(*, by: Membership, finding_id: UUID, verdict: str, note: str, at: datetime) -> UseFinding:
    """Say once what a finding was: explained, or referred to whoever deals with misuse.

    Raises NotAllowed without the duty and for one's own use, NotFound for another agency's, Invalid without a verdict
    or a note, Conflict when it was reviewed already.
    """
    require(by.roles, Duty.REVIEW_USE)
    own = UseFinding.objects.select_for_update(of=("self",)).select_related("asker")
    finding = own.filter(pk=finding_id, agency=by.agency).first()
    if finding is None:
        raise NotFound("not_found", "There is no such record.")
    if finding.asker.member_id == by.member_id:
        raise NotAllowed("own_use", "This is your own use: somebody else has to review it.")
    if finding.verdict != UseFinding.Verdict.OPEN:
        raise Conflict("reviewed_already", "This was reviewed already.")
    if verdict not in (UseFinding.Verdict.EXPLAINED, UseFinding.Verdict.REFERRED):
        raise Invalid("no_verdict", "Choose whether it is explained or referred.", field="verdict")
    if not note.strip():
        raise Invalid("no_note", "Say in one sentence what you found.", field="note")
    finding.verdict, finding.note = verdict, note.strip()
    finding.reviewed_by, finding.reviewed_at = by, at
    finding.save()
    return finding
