"""Oversight of use: last week's findings, and the ledger behind them (AU-6, P-4, P-19). The reading is ledgered."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from continuity.agencies.models import Membership
from continuity.agencies.roles import Duty
from continuity.backoffice.consent_pages import ADMIN, render_page
from continuity.backoffice.oversight_forms import LedgerForm, ReviewForm
from continuity.backoffice.words import PURPOSES
from continuity.disclosures.ledger_rows import read_ledger
from continuity.disclosures.models import UseFinding
from continuity.disclosures.own_records import readable_people
from continuity.disclosures.watch import findings_of, last_week, review_finding, weeks_found
from continuity.errors import DomainError, NotFound

# What the reviewer should know about each kind before judging a member by it.
SAYS = {
    "no_dispatch_match": "Nobody wrote down or handed on a call of this number within three days. A call that "
    "stands in the CAD alone cannot be seen from here.",
    "name_sweep": "Fifteen or more different people within an hour.",
    "zero_hits": "Fifteen or more questions in one go, none of them answered.",
    "self": "The name is the member's own. It may be a namesake.",
    "colleague": "The person works here, as an agreed restriction says.",
    "same_surname": "It may be a relative, or a common name.",
    "restricted_person": "The record is restricted, and something of it was seen.",
    "after_hours": "Three or more uses between 19:00 and 7:00, at hours that are not the member's own.",
    "emergency_use": "Each is reviewed on its own, too.",
}
_PURPOSES = PURPOSES | {
    "compliance_audit": "compliance",
    "patient_request": "request of the person",
    "legal_process": "legal process",
    "system_admin": "administration",
}


@dataclass(frozen=True)
class Row:
    """One finding, with the form to review it where this member may."""

    finding: UseFinding
    is_own: bool
    form: ReviewForm | None
    was_tried: bool


@dataclass(frozen=True)
class Group:
    """All of one kind, the most frequent first; `most` is the full length of the bars."""

    title: str
    says: str
    most: int
    rows: tuple[Row, ...]


def pages(desk: Callable[..., Any]) -> list[URLPattern]:
    """The addresses of oversight, each for its duties."""
    return [
        path("use/", desk(use, Duty.REVIEW_USE, Duty.READ_LEDGER), name="use"),
        path("use/<uuid:finding_id>/review/", desk(review, Duty.REVIEW_USE), name="review_use"),
        path("ledger/", desk(ledger, Duty.READ_LEDGER), name="ledger"),
    ]


@require_safe
def use(request: HttpRequest, duty: Membership) -> HttpResponse:
    """What stood out in one week, by kind and member; names nobody who was looked up."""
    return _show_use(request, duty, _week(request.GET.get("week", ""), duty))


@require_POST
def review(request: HttpRequest, duty: Membership, finding_id: UUID) -> HttpResponse:
    """Say what a finding was; a refusal comes back at its own form."""
    finding = findings_of(duty).filter(pk=finding_id).first()
    if finding is None:
        raise NotFound("not_found", "There is no such record.")
    form = ReviewForm(request.POST, auto_id=f"{finding_id}-%s")
    if not form.is_valid():
        return _show_use(request, duty, finding.week, tried=finding_id, filled=form, status=400)
    try:
        review_finding(by=duty, finding_id=finding_id, at=timezone.now(), **form.cleaned_data)
    except NotFound:
        raise
    except DomainError as refused:
        messages.error(request, refused.detail)
    else:
        messages.success(request, "Written down.")
    return redirect(f"{reverse('admin:use')}?week={finding.week}")


def _show_use(
    request: HttpRequest,
    duty: Membership,
    week: date,
    *,
    tried: UUID | None = None,
    filled: ReviewForm | None = None,
    status: int = 200,
) -> HttpResponse:
    findings = findings_of(duty).filter(week=week).order_by("kind", "-count", "pk")
    rows = [_row(one, duty, filled if one.pk == tried else None) for one in findings]
    context = {
        "title": "Use of the week",
        "week": week,
        "groups": [_group(tuple(some)) for _, some in groupby(rows, key=lambda one: one.finding.kind)],
        "weeks": weeks_found(duty),
        "waiting": sum(not row.finding.verdict for row in rows),
        "reads_ledger": duty.has_duty(Duty.READ_LEDGER),
    }
    return render_page(request, "backoffice/use.html", context, status=status)


def _row(finding: UseFinding, duty: Membership, filled: ReviewForm | None) -> Row:
    is_own = finding.asker.member_id == duty.member_id
    is_open = duty.has_duty(Duty.REVIEW_USE) and not is_own and not finding.verdict
    form = (filled or ReviewForm(auto_id=f"{finding.pk}-%s")) if is_open else None
    return Row(finding, is_own, form, was_tried=filled is not None)


def _group(rows: tuple[Row, ...]) -> Group:
    kind = UseFinding.Kind(rows[0].finding.kind)
    return Group(str(kind.label), SAYS[kind], rows[0].finding.count, rows)


def _week(text: str, duty: Membership) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return last_week(duty.agency, timezone.now())


@require_safe
def ledger(request: HttpRequest, duty: Membership) -> HttpResponse:
    """Who asked and what left, newest first; keyset paging, no totals, nothing to download."""
    at = timezone.now()
    form = LedgerForm(request.GET or {}, agency=duty.agency)
    context: dict[str, Any] = {"title": "Ledger", "form": form}
    if not form.is_valid():
        return render_page(request, "backoffice/ledger.html", context, status=400)
    search = form.search(at)
    page = read_ledger(
        by=duty, search=search, before=_id(request.GET.get("before", "")), channel=ADMIN, at=at
    )
    people = {line.person_id for line in page.lines if line.person_id}
    address = request.GET.copy()
    address["before"] = str(page.before or "")
    context |= {
        "lines": [replace(one, purpose=_PURPOSES.get(one.purpose, one.purpose)) for one in page.lines],
        "has_older": page.before is not None,
        "was_searched": True,
        "search": search,
        "older": address.urlencode(),
        "own_people": set(
            readable_people(duty, at).filter(person__in=people).values_list("person_id", flat=True)
        ),
    }
    return render_page(request, "backoffice/ledger.html", context)


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
