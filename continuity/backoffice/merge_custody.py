"""What a custodian does about a merge: look at its own consents, and say about whom its later records are (P-5)."""

from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from continuity.agencies.models import Membership
from continuity.agencies.roles import Duty
from continuity.backoffice.desk_forms import DeskForm
from continuity.backoffice.merge_forms import AskForm, SortForm
from continuity.backoffice.moves import Move, Verb, press, runs, status_of
from continuity.backoffice.page import ADMIN, PAGE, render_page
from continuity.backoffice.sheet import lines
from continuity.disclosures.duplicate_reads import labels_of
from continuity.disclosures.merge_lists import merges_to_review
from continuity.disclosures.merged_records import OwnSide, ToSort, own_sides, read_rows_to_sort
from continuity.disclosures.merges import review_merge
from continuity.disclosures.models import Merge
from continuity.disclosures.readings import note_reading
from continuity.disclosures.unmerges import request_unmerge, sort_row

_UNKNOWN = "another record of the person"


ASK_APART = Verb(
    "Ask to take the merge apart",
    "From now on nothing about the person goes to other agencies, until a second person has decided.",
    runs(request_unmerge, "merge_id"),
    "Asked for. Nothing goes to other agencies until a second person has decided.",
    AskForm,
    is_danger=True,
)


@require_safe
def reviews(request: HttpRequest, duty: Membership) -> HttpResponse:
    """Merges of own people whose consents the own agency has not looked at yet."""
    at = timezone.now()
    waiting = list(merges_to_review(duty, at)[:PAGE])
    note_reading(by=duty, rows=waiting, channel=ADMIN, at=at)
    names = labels_of(duty, [who for one in waiting for who in (one.survivor_id, one.retired_id)])
    found = [{"id": one.pk, "people": _own_names(one, names), "merged_at": one.decided_at} for one in waiting]
    return render_page(request, "merge_reviews.html", {"title": "Consents of merged people", "lines": found})


@require_safe
def review(request: HttpRequest, duty: Membership, merge_id: UUID) -> HttpResponse:
    """The own consents and links of either of the two, and the one button."""
    return _show_review(request, duty, merge_id)


@require_POST
def apply_to_whole(request: HttpRequest, duty: Membership, merge_id: UUID) -> HttpResponse:
    """Let them reach the whole person."""
    form = DeskForm(request.POST)
    if form.refused(lambda said: review_merge(by=duty, merge_id=merge_id, at=timezone.now())):
        return _show_review(request, duty, merge_id, form)
    messages.success(request, "Kept. Your agency's consents and links now apply to the whole person.")
    return redirect("admin:merge_reviews")


@require_POST
def ask_apart(request: HttpRequest, duty: Membership, merge_id: UUID) -> HttpResponse:
    """Say that the two are not one person: the merge is to be taken apart."""
    if refused := press(request, _apart(merge_id, request.POST), duty, merge_id):
        return _show_review(request, duty, merge_id, apart=refused)
    return redirect("admin:merge", merge_id)


def _apart(merge_id: UUID, typed: Any = None) -> Move:
    form = AskForm(typed, auto_id="apart-%s")
    return Move(ASK_APART, form, reverse("admin:ask_to_take_apart", args=[merge_id]))


@require_safe
def rows(request: HttpRequest, duty: Membership) -> HttpResponse:
    """Records that were written while two people were one, each to be said about whom it is."""
    return _show_rows(request, duty)


@require_POST
def sort(request: HttpRequest, duty: Membership, choice_id: UUID) -> HttpResponse:
    """Keep about whom one record is."""
    form = SortForm(request.POST)
    if form.refused(lambda said: sort_row(by=duty, choice_id=choice_id, at=timezone.now(), **said)):
        return _show_rows(request, duty, form)
    messages.success(request, "Kept.")
    return redirect("admin:rows_to_sort")


def _show_review(
    request: HttpRequest,
    duty: Membership,
    merge_id: UUID,
    whole: DeskForm | None = None,
    *,
    apart: Move | None = None,
) -> HttpResponse:
    at = timezone.now()
    merge, sides = own_sides(by=duty, merge_id=merge_id, channel=ADMIN, at=at)
    names = labels_of(duty, [one.person_id for one in sides])
    context = {
        "title": "Consents of a merged person",
        "merge": merge.pk,
        "people": _own_names(merge, names),
        "merged_at": merge.decided_at,
        "is_in_doubt": merge.state != Merge.State.MERGED,
        "sides": [_side(one, names, at) for one in sides if one.consents or one.links or one.linkages],
        "whole": whole,
        "apart": (apart or _apart(merge.pk)) if duty.has_duty(Duty.MATCH_PEOPLE) else None,
    }
    return render_page(request, "merge_review.html", context, whole.status if whole else status_of(apart))


def _side(one: OwnSide, names: dict[UUID, str], at: datetime) -> dict[str, Any]:
    return {
        "name": names.get(one.person_id, _UNKNOWN),
        "lines": lines(one.consents, at),
        "links": [
            {
                "what": link.get_program_kind_display(),
                "where": link.provider.name,
                "status": link.get_status_display(),
                "since": link.established_at,
            }
            for link in one.links
        ],
        "linkages": [
            {
                "what": linkage.get_kind_display(),
                "where": linkage.recipient.name if linkage.recipient else "elsewhere",
                "status": linkage.get_status_display(),
                "since": linkage.requested_at,
            }
            for linkage in one.linkages
        ],
    }


def _own_names(merge: Merge, names: dict[UUID, str]) -> list[str]:
    """What the own agency calls the two; of one whom it did not know it says nothing."""
    return [names[one] for one in (merge.survivor_id, merge.retired_id) if one in names] or [_UNKNOWN]


def _show_rows(request: HttpRequest, duty: Membership, refused: SortForm | None = None) -> HttpResponse:
    found = read_rows_to_sort(duty, most=PAGE, channel=ADMIN, at=timezone.now())
    merges = {one.choice.merge_id: one.choice.merge for one in found}
    names = labels_of(duty, [who for one in merges.values() for who in (one.survivor_id, one.retired_id)])
    by_merge = [(key, list(rows)) for key, rows in groupby(found, key=lambda one: one.choice.merge_id)]
    groups = [
        {
            "left": names.get(merges[merge_id].survivor_id, "the other record"),
            "right": names.get(merges[merge_id].retired_id, "the other record"),
            "asked_at": merges[merge_id].unmerge_requested_at,
            "rows": [_row(one, duty) for one in group],
            "is_sorted": len(found) < PAGE and all(one.choice.is_of_retired is not None for one in group),
        }
        for merge_id, group in by_merge
    ]
    context = {"title": "Records to sort", "groups": groups, "sorting": refused}
    return render_page(request, "merge_rows.html", context, refused.status if refused else 200)


def _row(one: ToSort, duty: Membership) -> dict[str, Any]:
    choice = one.choice
    about = {None: "", False: "a", True: "b"}[choice.is_of_retired]
    return {
        "id": choice.pk,
        "kind": one.kind,
        "written_at": one.written_at,
        "known_by": one.known_by,
        "about": about,
        "agency": "" if choice.agency_id == duty.agency_id else choice.agency.name,
    }
