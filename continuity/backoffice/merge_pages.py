"""Merges at the desk that matches people: what waits, one merge with its two people, and its buttons (P-5)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from continuity.agencies.freshness import require_fresh
from continuity.agencies.models import Membership
from continuity.agencies.roles import Duty
from continuity.backoffice.consent_pages import ADMIN, PAGE, render_page
from continuity.backoffice.desk_forms import DeskForm
from continuity.backoffice.duplicate_forms import Choice, ReasonForm
from continuity.backoffice.duplicate_words import label_of, sheet_of, value_in_words
from continuity.backoffice.merge_forms import ApproveForm, UnmergeForm
from continuity.backoffice.merge_verbs import VERBS, Verb
from continuity.backoffice.sheet import Badge
from continuity.backoffice.words import listed
from continuity.disclosures.duplicate_reads import SideBySide, labels_of, read_merge
from continuity.disclosures.merge_lists import (
    CHOOSABLE,
    field_conflicts,
    merges_to_decide,
    readable_merges,
    told_wrongly,
)
from continuity.disclosures.models import Merge
from continuity.disclosures.readings import note_reading, refuse_reading

_S = Merge.State
_WAITING = (_S.REQUESTED, _S.UNMERGE_REQUESTED)
_MOST_TOLD = 200
BADGES = {
    _S.REQUESTED: Badge("attention", "Waits for a second person"),
    _S.REFUSED: Badge("neutral", "Refused"),
    _S.WITHDRAWN: Badge("neutral", "Withdrawn"),
    _S.MERGED: Badge("good", "Merged"),
    _S.UNMERGE_REQUESTED: Badge("danger", "To be taken apart"),
    _S.UNMERGED: Badge("neutral", "Taken apart"),
}


_SAYS = {
    _S.REQUESTED: "Record A, {a}, would stay; record B, {b}, would lead to it.",
    _S.REFUSED: "Record A, {a}, and record B, {b}, stay two.",
    _S.WITHDRAWN: "Record A, {a}, and record B, {b}, stay two.",
    _S.MERGED: "Record B, {b}, leads to record A, {a}: they are one person.",
    _S.UNMERGE_REQUESTED: "Record B, {b}, leads to record A, {a}; somebody says that they are two people.",
    _S.UNMERGED: "Record A, {a}, and record B, {b}, were one for a time and are two people again.",
}


def pages(desk: Any) -> list[URLPattern]:
    """The addresses of these pages, for those who match people."""
    match = Duty.MATCH_PEOPLE
    return [
        path("merges/", desk(merges, match), name="merges"),
        path("merges/<uuid:merge_id>/", desk(merge, match), name="merge"),
        path("merges/<uuid:merge_id>/<slug:verb>/", desk(act, match), name="act_on_merge"),
    ]


@dataclass(frozen=True)
class Move:
    """A button with its form."""

    name: str
    verb: Verb
    form: DeskForm
    is_open: bool = False


@require_safe
def merges(request: HttpRequest, duty: Membership) -> HttpResponse:
    """What waits for this member, what they wait for, and what was decided, newest first."""
    at = timezone.now()
    to_decide = list(_with_agencies(merges_to_decide(duty, at))[:PAGE])
    mine = readable_merges(duty).filter(state__in=_WAITING).exclude(pk__in=[one.pk for one in to_decide])
    waiting = list(_with_agencies(mine)[:PAGE])
    ended = readable_merges(duty).exclude(state__in=_WAITING)
    if after := _uuid(request.GET.get("after", "")):
        ended = ended.filter(pk__lt=after)
    found = list(_with_agencies(ended)[: PAGE + 1])
    done = found[:PAGE]
    shown = [*to_decide, *waiting, *done]
    note_reading(by=duty, rows=shown, channel=ADMIN, at=at, category="D0")
    names = labels_of(duty, [who for one in shown for who in (one.survivor_id, one.retired_id)])
    context = {
        "title": "Merges",
        "to_decide": [_line(one, names) for one in to_decide],
        "waiting": [_line(one, names) for one in waiting],
        "done": [_line(one, names) for one in done],
        "next": done[-1].pk if len(found) > PAGE else "",
        "is_later": bool(after),
        "keeps_index": duty.agency.keeps_index,
    }
    return render_page(request, "backoffice/merges.html", context)


@require_safe
def merge(request: HttpRequest, duty: Membership, merge_id: UUID) -> HttpResponse:
    """One merge: the two people, what was chosen, what is still to be done before it can be decided."""
    return _show(request, duty, merge_id, timezone.now())


@require_POST
def act(request: HttpRequest, duty: Membership, merge_id: UUID, verb: str) -> HttpResponse:
    """Run one verb; a refusal comes back on the page, at its own button."""
    chosen = VERBS.get(verb)
    if chosen is None:
        raise Http404
    if chosen.is_grave:
        require_fresh(request)
    at = timezone.now()
    found = _found(duty, merge_id, at)
    sides = read_merge(by=duty, merge=found, channel=ADMIN, at=at)
    form = _form(verb, chosen, found, sides, request.POST)
    if status := form.refused(lambda said: chosen.run(duty, merge_id, at, said)):
        return _show(request, duty, merge_id, at, status, refused=Move(verb, chosen, form, is_open=True))
    messages.success(request, chosen.done)
    return redirect("admin:merge", merge_id)


def _show(
    request: HttpRequest,
    duty: Membership,
    merge_id: UUID,
    at: datetime,
    status: int = 200,
    refused: Move | None = None,
) -> HttpResponse:
    found = _found(duty, merge_id, at)
    sides = read_merge(by=duty, merge=found, channel=ADMIN, at=at)
    keeper = duty.agency.keeps_index
    moves = [
        refused
        if refused is not None and refused.name == name
        else Move(name, verb, _form(name, verb, found, sides))
        for name, verb in VERBS.items()
        if found.state == verb.state and verb.is_for(duty, found)
    ]
    told = _told(found) if keeper and found.state in (_S.UNMERGE_REQUESTED, _S.UNMERGED) else None
    context = {
        "title": "Merge of two records",
        "merge": found.pk,
        "badge": BADGES[_S(found.state)],
        "sides": sheet_of(sides),
        "says": _SAYS[_S(found.state)].format(a=sides.left.label, b=sides.right.label),
        "steps": list(_steps(found)),
        "chosen": listed(_chosen(found), ""),
        "moves": moves,
        "refused": refused
        if refused is not None and refused.name not in {one.name for one in moves}
        else None,
        "is_waiting": found.state in _WAITING,
        "is_own_request": found.state in _WAITING and not any(one.name in _SECOND for one in moves),
        "is_in_doubt": found.state == _S.UNMERGE_REQUESTED,
        "has_rows_to_sort": found.state == _S.UNMERGE_REQUESTED
        and found.choices.filter(is_of_retired=None).exists(),
        "told": told,
        "keeps_index": keeper,
    }
    return render_page(request, "backoffice/merge.html", context, status=status)


_SECOND = ("approve", "take-apart")


def _found(duty: Membership, merge_id: UUID, at: datetime) -> Merge:
    rows = readable_merges(duty).select_related(
        "survivor", "retired", "pair", "requested_by__agency", "unmerge_requested_by__agency",
        "requested_by__member", "decided_by__member", "unmerge_requested_by__member", "unmerged_by__member",
    )  # fmt: skip
    found = rows.filter(pk=merge_id).first()
    if found is None:
        raise refuse_reading(by=duty, channel=ADMIN, at=at, searched=str(merge_id), category="D0")
    return found


def _form(name: str, verb: Verb, found: Merge, sides: SideBySide, typed: Any = None) -> DeskForm:
    more: dict[str, Any] = {"auto_id": f"{name}-%s"}
    if verb.form is UnmergeForm:
        more["conflicts"] = _conflicts(found, sides)
    if verb.form in (ApproveForm, ReasonForm):
        more["initial"] = {"version": found.version}
    return verb.form(typed, **more)


def _conflicts(found: Merge, sides: SideBySide) -> Sequence[Choice]:
    """What each would go back to, where a field was edited since; what may not be shown is not."""
    may_see = sides.left.is_told and sides.right.is_told
    return [
        Choice(
            one.field,
            label_of(one.field),
            value_in_words(one.field, one.before) if may_see else "what it was",
            value_in_words(one.field, one.retired) if may_see else "what it was",
        )
        for one in field_conflicts(found)
    ]


def _chosen(found: Merge) -> list[str]:
    """What the survivor takes of the other record; the values stand side by side."""
    return [
        label_of(name)
        for name in CHOOSABLE
        if name in found.chosen and found.chosen[name] != found.before.get(name)
    ]


def _told(found: Merge) -> dict[str, Any]:
    """What left under a merge that was wrong: ids, times and agencies, and nothing of what it said."""
    told = told_wrongly(found)
    return {
        "rows": [{"id": one.ledger_id, "at": one.at, "agency": one.agency.name} for one in told[:_MOST_TOLD]],
        "more": max(0, len(told) - _MOST_TOLD),
    }


def _steps(found: Merge) -> Iterator[dict[str, Any]]:
    decided = {_S.REFUSED: "Refused", _S.WITHDRAWN: "Withdrawn"}.get(_S(found.state), "Approved")
    for at, what, who, why in (
        (found.requested_at, "Merge asked for", found.requested_by, found.reason),
        (found.decided_at, decided, found.decided_by, found.decision_reason),
        (
            found.unmerge_requested_at,
            "Asked to take it apart",
            found.unmerge_requested_by,
            found.unmerge_reason,
        ),
        (found.unmerged_at, "Taken apart", found.unmerged_by, ""),
    ):
        if at and who:
            yield {"at": at, "what": what, "by": who.member.display_name, "why": why}


def _line(one: Merge, names: dict[UUID, str]) -> dict[str, Any]:
    unmerge = one.state in (_S.UNMERGE_REQUESTED, _S.UNMERGED)
    asked = one.unmerge_requested_by if unmerge and one.unmerge_requested_by else one.requested_by
    return {
        "id": one.pk,
        "badge": BADGES[_S(one.state)],
        "stays": names.get(one.survivor_id, "name not known here"),
        "goes": names.get(one.retired_id, "name not known here"),
        "asked_by": asked.member.display_name,
        "agency": asked.agency.short_name or asked.agency.name,
        "at": one.unmerge_requested_at if unmerge else one.requested_at,
        "decided_at": one.unmerged_at or one.decided_at,
    }


def _with_agencies(rows: Any) -> Any:
    return rows.select_related(
        "requested_by__member",
        "requested_by__agency",
        "unmerge_requested_by__member",
        "unmerge_requested_by__agency",
    )


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
