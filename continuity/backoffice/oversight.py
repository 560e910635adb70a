"""Oversight of use: last week's findings, and the ledger behind them (AU-6, P-4, P-19). The reading is ledgered."""

from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from continuity.agencies.models import Membership
from continuity.agencies.roles import Duty
from continuity.backoffice.moves import Move, Verb, lost, press, runs, status_of
from continuity.backoffice.oversight_forms import LedgerForm, ReviewForm
from continuity.backoffice.page import ADMIN, id_in, render_page
from continuity.backoffice.words import PURPOSES
from continuity.disclosures.ledger_rows import read_ledger
from continuity.disclosures.models import UseFinding
from continuity.disclosures.own_records import readable_people
from continuity.disclosures.watch import findings_of, last_week, review_finding, weeks_found

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
    """One finding, with the move to review it where this member may."""

    finding: UseFinding
    is_own: bool
    move: Move | None


@dataclass(frozen=True)
class Group:
    """All of one kind, the most frequent first; `most` is the full length of the bars."""

    title: str
    says: str
    most: int
    rows: tuple[Row, ...]


REVIEW = Verb("Review", "", runs(review_finding, "finding_id"), "Written down.", ReviewForm, button="Keep")


@require_safe
def use(request: HttpRequest, duty: Membership) -> HttpResponse:
    """What stood out in one week, by kind and member; names nobody who was looked up."""
    return _show_use(request, duty, _week(request.GET.get("week", ""), duty))


@require_POST
def review(request: HttpRequest, duty: Membership, finding_id: UUID) -> HttpResponse:
    """Say what a finding was; a refusal comes back at its own form."""
    finding = get_object_or_404(findings_of(duty), pk=finding_id)
    if refused := press(request, _review(finding, request.POST), duty, finding_id):
        return _show_use(request, duty, finding.week, refused)
    return redirect(f"{reverse('admin:use')}?week={finding.week}")


def _review(finding: UseFinding, typed: Any = None) -> Move:
    form = ReviewForm(typed, auto_id=f"{finding.pk}-%s")
    return Move(REVIEW, form, reverse("admin:review_use", args=[finding.pk]))


def _show_use(
    request: HttpRequest, duty: Membership, week: date, refused: Move | None = None
) -> HttpResponse:
    findings = findings_of(duty).filter(week=week).order_by("kind", "-count", "pk")
    rows = [_row(one, duty, refused) for one in findings]
    moves = [row.move for row in rows if row.move]
    context = {
        "title": "Use of the week",
        "refused": lost(refused, moves),
        "week": week,
        "groups": [_group(tuple(some)) for _, some in groupby(rows, key=lambda one: one.finding.kind)],
        "weeks": weeks_found(duty),
        "waiting": sum(not row.finding.verdict for row in rows),
        "reads_ledger": duty.has_duty(Duty.READ_LEDGER),
    }
    return render_page(request, "use.html", context, status_of(refused))


def _row(finding: UseFinding, duty: Membership, refused: Move | None) -> Row:
    is_own = finding.asker.member_id == duty.member_id
    is_open = duty.has_duty(Duty.REVIEW_USE) and not is_own and not finding.verdict
    return Row(finding, is_own, _review(finding).or_refused(refused) if is_open else None)


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
        return render_page(request, "ledger.html", context, 400)
    search = form.search(at)
    page = read_ledger(
        by=duty, search=search, before=id_in(request.GET.get("before", "")), channel=ADMIN, at=at
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
    return render_page(request, "ledger.html", context)
