"""Pairs of people who may be one: the queue, the two side by side, what is decided, and asking for a merge (P-5)."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from continuity.agencies.models import Membership
from continuity.backoffice.duplicate_forms import MergeForm, VerdictForm
from continuity.backoffice.duplicate_words import (
    GRADES,
    VERDICTS,
    choices_of,
    fields_in_words,
    sheet_of,
)
from continuity.backoffice.page import ADMIN, first_page, id_in, render_page
from continuity.disclosures.duplicate_reads import (
    SideBySide,
    live_merge_of,
    read_pair,
    read_pairs,
    readable_pairs,
)
from continuity.disclosures.merges import request_merge
from continuity.people.duplicates import decide_pair
from continuity.people.models import DuplicatePair

_V = DuplicatePair.Verdict


@require_safe
def duplicates(request: HttpRequest, duty: Membership) -> HttpResponse:
    """Pairs by verdict and by grade: what is to be decided from the oldest on, what was decided from the newest."""
    at = timezone.now()
    verdict = request.GET.get("verdict", _V.OPEN)
    verdict = verdict if verdict in _V.values else str(_V.OPEN)
    grade = request.GET.get("grade", "")
    is_open = verdict == _V.OPEN
    rows = readable_pairs(duty, at).filter(verdict=verdict).order_by("pk" if is_open else "-pk")
    if grade in GRADES:
        rows = rows.filter(grade=grade)
    if after := id_in(request.GET.get("after", "")):
        rows = rows.filter(pk__gt=after) if is_open else rows.filter(pk__lt=after)
    shown, following = first_page(rows.select_related("decided_by__member"))
    names = read_pairs(duty, shown, channel=ADMIN, at=at, searched=f"{verdict}|{grade}")
    context = {
        "title": "Possible duplicates",
        "lines": [_line(one, names) for one in shown],
        "next": following,
        "verdict": verdict,
        "verdicts": [(one.value, VERDICTS[one].text) for one in _V],
        "grade": grade if grade in GRADES else "",
        "grades": [(name, badge.text) for name, badge in GRADES.items()],
        "keeps_index": duty.agency.keeps_index,
        "is_open": is_open,
    }
    return render_page(request, "duplicates.html", context)


@require_safe
def duplicate(request: HttpRequest, duty: Membership, pair_id: UUID) -> HttpResponse:
    """Two people side by side, with what may be decided."""
    return _show(request, duty, pair_id)


@require_POST
def decide(request: HttpRequest, duty: Membership, pair_id: UUID) -> HttpResponse:
    """Keep a verdict; a refusal comes back at its form."""
    form = VerdictForm(request.POST, auto_id="verdict-%s")
    if form.refused(lambda said: decide_pair(by=duty, pair_id=pair_id, at=timezone.now(), **said)):
        return _show(request, duty, pair_id, form)
    if form.cleaned_data["verdict"] == _V.SAME:
        messages.success(request, "Kept. Now ask for a merge: a second person approves it.")
        return redirect("admin:duplicate", pair_id)
    messages.success(request, "Kept.")
    return redirect("admin:duplicates")


@require_POST
def ask(request: HttpRequest, duty: Membership, pair_id: UUID) -> HttpResponse:
    """Ask for a merge; nothing changes before a second member approves it."""
    at = timezone.now()
    pair, sides = read_pair(by=duty, pair_id=pair_id, channel=ADMIN, at=at)
    form = _merge_form(sides, request.POST)
    if form.refused(lambda said: request_merge(by=duty, pair_id=pair.pk, at=at, **said)):
        return _page(request, duty, pair, sides, merge=form)
    messages.success(request, "Asked for. Nothing changes before somebody else approves it.")
    return redirect("admin:merges")


def _show(
    request: HttpRequest, duty: Membership, pair_id: UUID, verdict: VerdictForm | None = None
) -> HttpResponse:
    pair, sides = read_pair(by=duty, pair_id=pair_id, channel=ADMIN, at=timezone.now())
    return _page(request, duty, pair, sides, verdict=verdict)


def _page(
    request: HttpRequest,
    duty: Membership,
    pair: DuplicatePair,
    sides: SideBySide,
    *,
    verdict: VerdictForm | None = None,
    merge: MergeForm | None = None,
) -> HttpResponse:
    asked_for = live_merge_of(pair)
    may_merge = pair.verdict == _V.SAME and asked_for is None
    context = {
        "title": "Two records side by side",
        "pair": pair.pk,
        "badge": VERDICTS[_V(pair.verdict)],
        "grade": GRADES.get(pair.grade),
        "found_by": pair.get_found_by_display(),
        "found_at": pair.found_at,
        "sides": sheet_of(sides),
        "keeps_index": duty.agency.keeps_index,
        "is_open": pair.verdict == _V.OPEN,
        "decided": {
            "by": pair.decided_by.member.display_name,
            "at": pair.decided_at,
            "reason": pair.reason,
        }
        if pair.decided_by
        else None,
        "merge": asked_for.pk if asked_for else None,
        "verdict_form": verdict or VerdictForm(initial={"version": pair.version}, auto_id="verdict-%s"),
        "merge_form": (merge or _merge_form(sides)) if may_merge else None,
        "merge_refused": merge if merge is not None and not may_merge else None,
    }
    refused = verdict or merge
    return render_page(request, "duplicate.html", context, refused.status if refused else 200)


def _merge_form(sides: SideBySide, typed: Any = None) -> MergeForm:
    left, right = sides.left, sides.right
    return MergeForm(
        typed,
        left=(left.person_id, left.label),
        right=(right.person_id, right.label),
        choices=choices_of(left, right),
        auto_id="merge-%s",
    )


def _line(pair: DuplicatePair, names: dict[UUID, str]) -> dict[str, Any]:
    """One pair in the queue."""
    return {
        "id": pair.pk,
        "badge": VERDICTS[_V(pair.verdict)],
        "grade": GRADES.get(pair.grade),
        "left": names.get(pair.first_id, "name not known here"),
        "right": names.get(pair.second_id, "name not known here"),
        "agreeing": fields_in_words(pair.agreeing),
        "conflicting": fields_in_words(pair.conflicting),
        "found_by": pair.get_found_by_display(),
        "found_at": pair.found_at,
        "decided_by": pair.decided_by.member.display_name if pair.decided_by else "",
        "decided_at": pair.decided_at,
        "reason": pair.reason,
    }
