"""Merges at the desk that matches people: what waits, one merge with its two people, and its buttons (P-5)."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from continuity.agencies.models import Membership
from continuity.backoffice.duplicate_forms import Choice
from continuity.backoffice.duplicate_words import label_of, sheet_of, value_in_words
from continuity.backoffice.merge_forms import UnmergeForm
from continuity.backoffice.merge_verbs import VERBS
from continuity.backoffice.moves import Move, lost, press, status_of, verb_of
from continuity.backoffice.page import ADMIN, PAGE, first_page, id_in, render_page
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


@require_safe
def merges(request: HttpRequest, duty: Membership) -> HttpResponse:
    """What waits for this member, what they wait for, and what was decided, newest first."""
    at = timezone.now()
    to_decide = list(_with_agencies(merges_to_decide(duty, at))[:PAGE])
    mine = readable_merges(duty).filter(state__in=_WAITING).exclude(pk__in=[one.pk for one in to_decide])
    waiting = list(_with_agencies(mine)[:PAGE])
    ended = readable_merges(duty).exclude(state__in=_WAITING)
    if after := id_in(request.GET.get("after", "")):
        ended = ended.filter(pk__lt=after)
    done, following = first_page(_with_agencies(ended))
    shown = [*to_decide, *waiting, *done]
    note_reading(by=duty, rows=shown, channel=ADMIN, at=at, category="D0")
    names = labels_of(duty, [who for one in shown for who in (one.survivor_id, one.retired_id)])
    context = {
        "title": "Merges",
        "to_decide": [_line(one, names) for one in to_decide],
        "waiting": [_line(one, names) for one in waiting],
        "done": [_line(one, names) for one in done],
        "next": following,
        "is_later": bool(after),
        "keeps_index": duty.agency.keeps_index,
    }
    return render_page(request, "merges.html", context)


@require_safe
def merge(request: HttpRequest, duty: Membership, merge_id: UUID) -> HttpResponse:
    """One merge: the two people, what was chosen, what is still to be done before it can be decided."""
    return _show(request, duty, merge_id)


@require_POST
def act(request: HttpRequest, duty: Membership, merge_id: UUID, verb: str) -> HttpResponse:
    """Run one verb; a refusal comes back on the page, at its own button."""
    at = timezone.now()
    found = _found(duty, merge_id, at)
    sides = read_merge(by=duty, merge=found, channel=ADMIN, at=at)
    if refused := press(request, _move(verb, found, sides, request.POST), duty, merge_id):
        return _show(request, duty, merge_id, refused)
    return redirect("admin:merge", merge_id)


def _show(
    request: HttpRequest, duty: Membership, merge_id: UUID, refused: Move | None = None
) -> HttpResponse:
    at = timezone.now()
    found = _found(duty, merge_id, at)
    sides = read_merge(by=duty, merge=found, channel=ADMIN, at=at)
    keeper = duty.agency.keeps_index
    names = [name for name, verb in VERBS.items() if verb.stands(duty, found)]
    moves = [_move(name, found, sides).or_refused(refused) for name in names]
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
        "refused": lost(refused, moves),
        "is_waiting": found.state in _WAITING,
        "is_own_request": found.state in _WAITING and not set(_SECOND) & set(names),
        "is_in_doubt": found.state == _S.UNMERGE_REQUESTED,
        "has_rows_to_sort": found.state == _S.UNMERGE_REQUESTED
        and found.choices.filter(is_of_retired=None).exists(),
        "told": told,
        "keeps_index": keeper,
    }
    return render_page(request, "merge.html", context, status_of(refused))


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


def _move(name: str, found: Merge, sides: SideBySide, typed: Any = None) -> Move:
    verb = verb_of(VERBS, name)
    more: dict[str, Any] = {"conflicts": _conflicts(found, sides)} if verb.form is UnmergeForm else {}
    form = verb.form(typed, initial={"version": found.version}, auto_id=f"{name}-%s", **more)
    return Move(verb, form, reverse("admin:act_on_merge", args=[found.pk, name]))


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
