""" "Not this person": answers of which somebody said that they are another's, to be looked into (P-5)."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from continuity.agencies.models import Membership
from continuity.backoffice.desk_forms import typed
from continuity.backoffice.duplicate_forms import CloseForm
from continuity.backoffice.page import ADMIN, PAGE, render_page
from continuity.backoffice.sheet import Badge
from continuity.backoffice.words import PURPOSES
from continuity.disclosures.duplicate_reads import labels_of, leads_of, read_identity
from continuity.disclosures.identity_reports import (
    close_report,
    readable_reports,
    report_file,
    reports_to_close,
)
from continuity.disclosures.models import IdentityReport
from continuity.disclosures.readings import note_reading

_O = IdentityReport.Outcome
_CHANNELS = {"page": "on the page", "api": "by a program", "notice": "in a notice"}
BADGES = {
    _O.OPEN: Badge("attention", "To be looked at"),
    _O.WRONG_PERSON: Badge("danger", "Another person's record"),
    _O.RIGHT_PERSON: Badge("good", "The right person's record"),
    _O.UNCLEAR: Badge("neutral", "Cannot be told"),
}


@require_safe
def reports(request: HttpRequest, duty: Membership) -> HttpResponse:
    """What waits, oldest first; below, what was looked into lately."""
    at = timezone.now()
    waiting = list(reports_to_close(duty)[:PAGE])
    closed = list(readable_reports(duty).exclude(outcome=_O.OPEN).order_by("-closed_at", "-pk")[:PAGE])
    note_reading(by=duty, rows=[*waiting, *closed], channel=ADMIN, at=at, category="D0")
    names = labels_of(duty, [one.person_id for one in [*waiting, *closed]])
    context = {
        "title": "Reported as another person's",
        "waiting": [_line(one, names) for one in waiting],
        "closed": [_line(one, names) for one in closed],
        "keeps_index": duty.agency.keeps_index,
    }
    return render_page(request, "identity_reports.html", context)


@require_http_methods(["GET", "POST"])
def report(request: HttpRequest, duty: Membership, report_id: UUID) -> HttpResponse:
    """One report: when and where the answer was shown, who the person is, and what came of it."""
    form = CloseForm(typed(request))
    if form.is_bound and not form.refused(
        lambda said: close_report(by=duty, report_id=report_id, at=timezone.now(), **said)
    ):
        messages.success(request, "Kept.")
        return redirect("admin:identity_reports")
    at = timezone.now()
    file = report_file(by=duty, report_id=report_id, channel=ADMIN, at=at)
    found = file.report
    who = read_identity(by=duty, person_id=found.person_id, about=found, channel=ADMIN, at=at)
    pairs, merges = leads_of(duty, found.person_id)
    context = {
        "title": "Reported as another person's",
        "badge": BADGES[_O(found.outcome)],
        "report": found.pk,
        "facts": [
            ("Reported by", f"{found.reported_by.member.display_name}, {found.reported_by.agency.name}"),
            ("Reported", found.reported_at),
            ("What they said", found.said or "nothing more"),
            ("Answer shown", file.shown_at),
            ("Where", _CHANNELS.get(file.channel, file.channel)),
            ("Incident", file.incident_ref or "none given"),
            ("What for", PURPOSES.get(file.purpose, file.purpose.replace("_", " "))),
        ],
        "who": [
            ("Names", who.names),
            ("Born", who.born),
            ("Sex as recorded", who.sex),
            ("Telephone", who.phones),
            ("Address", who.addresses),
            ("Numbers", who.identifiers),
        ],
        "pairs": pairs,
        "merges": merges,
        "is_open": found.outcome == _O.OPEN,
        "is_own": found.reported_by.member_id == duty.member_id,
        "closed": {"by": found.closed_by.member.display_name, "at": found.closed_at, "note": found.note}
        if found.closed_by
        else None,
        "form": form if form.is_bound else CloseForm(initial={"version": found.version}),
    }
    return render_page(request, "identity_report.html", context, form.status)


def _line(one: IdentityReport, names: dict[UUID, str]) -> dict[str, Any]:
    return {
        "id": one.pk,
        "badge": BADGES[_O(one.outcome)],
        "person": names.get(one.person_id, "name not known here"),
        "by": one.reported_by.member.display_name,
        "agency": one.reported_by.agency.short_name or one.reported_by.agency.name,
        "at": one.reported_at,
        "closed_at": one.closed_at,
    }
