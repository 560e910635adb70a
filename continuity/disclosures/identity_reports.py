"""Not this person: whoever was shown a record says that it is another's; the keeper of the index looks (P-5)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from continuity.agencies.models import Agency, Membership
from continuity.agencies.roles import Duty, Role, require
from continuity.disclosures.models import IdentityReport, LedgerEntry
from continuity.disclosures.readings import note_reading, refuse_reading
from continuity.errors import Conflict, Invalid, NotAllowed, NotFound, Stale
from continuity.notices.models import Notice
from continuity.notices.services import put
from continuity.people.comparisons import ask_to_compare
from continuity.people.models import DuplicatePair

_O = IdentityReport.Outcome
_LONGEST = 300  # characters


@transaction.atomic
def report_wrong_person(*, by: Membership, ledger_id: UUID, at: datetime, said: str = "") -> IdentityReport:
    """Say that an answer which this member was given is about somebody else; the keepers of the index are told.

    One report of one answer: saying it again is the same report. Raises NotAllowed without the duty, NotFound for
    whatever was not released to this member, Invalid for too long a text.
    """
    require(by.roles, Duty.LOOK_UP)
    told = LedgerEntry.objects.filter(
        pk=ledger_id, asker=by, outcome=LedgerEntry.Outcome.RELEASED, person__isnull=False, recipient=""
    )
    person_id = told.values_list("person_id", flat=True).first()
    if person_id is None:
        raise _not_found()
    report, is_new = IdentityReport.objects.get_or_create(
        ledger_id=ledger_id,
        defaults={
            "person_id": person_id,
            "reported_by": by,
            "reported_at": at,
            "said": _stated(said, "said", may_be_empty=True),
        },
    )
    if is_new:
        _tell_keepers(report)
        ask_to_compare([person_id], DuplicatePair.FoundBy.REPORT)
    return report


def own_reports(by: Membership) -> QuerySet[IdentityReport]:
    """What this member reported."""
    return IdentityReport.objects.filter(reported_by=by)


def readable_reports(by: Membership) -> QuerySet[IdentityReport]:
    """The reports that this member may look at: all, for a privacy officer of an agency that keeps the index."""
    if not (by.is_current and by.has_duty(Duty.MATCH_PEOPLE) and by.agency.keeps_index):
        return IdentityReport.objects.none()
    return IdentityReport.objects.select_related("reported_by__member", "reported_by__agency")


def reports_to_close(by: Membership) -> QuerySet[IdentityReport]:
    """Those that wait for this member, oldest first; nobody looks into what they reported themselves."""
    own = {"reported_by__member": by.member_id}
    return readable_reports(by).filter(outcome=_O.OPEN).exclude(**own).order_by("reported_at", "pk")


@dataclass(frozen=True)
class ReportFile:
    """A report, and of what was shown the circumstances alone: when, where, for which incident and purpose.

    Never the categories: who keeps the index sees identities and no records, nor that there are any of a kind.
    """

    report: IdentityReport
    shown_at: datetime
    channel: str
    purpose: str
    incident_ref: str
    match_grade: str


def report_file(*, by: Membership, report_id: UUID, channel: str, at: datetime) -> ReportFile:
    """One report with the circumstances of the answer, ledgered as a reading. Raises NotFound for anybody else."""
    report = readable_reports(by).select_related("closed_by__member").filter(pk=report_id).first()
    if report is None:
        raise refuse_reading(by=by, channel=channel, at=at, searched=str(report_id), category="D0")
    note_reading(by=by, rows=[report], channel=channel, at=at, category="D0", person_id=report.person_id)
    shown = LedgerEntry.objects.get(pk=report.ledger_id)
    return ReportFile(
        report=report,
        shown_at=shown.at,
        channel=shown.channel,
        purpose=shown.purpose,
        incident_ref=shown.incident_ref,
        match_grade=shown.match_grade,
    )


@transaction.atomic
def close_report(
    *,
    by: Membership,
    report_id: UUID,
    outcome: str,
    note: str,
    at: datetime,
    version: int | None = None,
) -> IdentityReport:
    """Write down whose record it was, as far as can be told, and why.

    Raises NotAllowed without the duty and to whoever reported it, NotFound elsewhere than at a keeper, Invalid for an
    outcome that is none or without a note, Stale, Conflict when it is closed.
    """
    require(by.roles, Duty.MATCH_PEOPLE)
    report = readable_reports(by).select_for_update(of=("self",)).filter(pk=report_id).first()
    if report is None:
        raise _not_found()
    if report.reported_by.member_id == by.member_id:
        raise NotAllowed("own_report", "You reported this yourself: somebody else looks into it.")
    if version is not None and version != report.version:
        raise Stale
    if report.outcome != _O.OPEN:
        raise Conflict("closed_already", "This report was closed already; somebody may have been quicker.")
    if outcome not in {_O.WRONG_PERSON, _O.RIGHT_PERSON, _O.UNCLEAR}:
        raise Invalid("unknown_outcome", "Say whose record it was, as far as can be told.", field="outcome")
    report.outcome, report.note = outcome, _stated(note, "note")
    report.closed_by, report.closed_at = by, at
    report.save()
    return report


def _tell_keepers(report: IdentityReport) -> None:
    """The privacy officers of whoever keeps the index; the notice holds the report's id alone."""
    officers = Membership.objects.filter(
        agency__keeps_index=True,
        agency__status=Agency.Status.ACTIVE,
        roles__contains=[Role.PRIVACY_OFFICER],
        ended_at=None,
    ).exclude(member=report.reported_by.member_id)
    for officer in officers.select_related("agency", "member"):
        put(
            Notice.Kind.IDENTITY_REPORTED,
            subject_id=report.pk,
            agency=officer.agency,
            member=officer.member,
        )


def _stated(text: str, field: str, *, may_be_empty: bool = False) -> str:
    text = text.strip()
    if not text and not may_be_empty:
        raise Invalid("no_note", "Write down how you know it.", field=field)
    if len(text) > _LONGEST:
        raise Invalid("too_long", f"Write at most {_LONGEST} characters.", field=field)
    return text


def _not_found() -> NotFound:
    return NotFound("not_found", "There is no such record.")
