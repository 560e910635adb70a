"""The buttons of the page of a merge: what each asks for, when and for whom it stands there, which verb it runs."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from continuity.agencies.models import Membership
from continuity.backoffice.desk_forms import DeskForm
from continuity.backoffice.duplicate_forms import ReasonForm
from continuity.backoffice.merge_forms import ApproveForm, AskForm, SureForm, UnmergeForm
from continuity.disclosures import merges, unmerges
from continuity.disclosures.models import Merge

_S = Merge.State
Run = Callable[[Membership, UUID, datetime, dict[str, Any]], object]


@dataclass(frozen=True)
class Verb:
    """One button; `is_for` says whether it stands there for this member (the verb itself asks again)."""

    label: str
    says: str
    form: type[DeskForm]
    run: Run
    done: str
    state: Merge.State
    is_for: Callable[[Membership, Merge], bool]
    is_danger: bool = False
    is_grave: bool = False  # wants a fresh proof of who presses it (S-4)


def _decides(by: Membership, merge: Merge) -> bool:
    """Somebody else of whoever keeps the index."""
    asked = merge.requested_by if merge.state == _S.REQUESTED else merge.unmerge_requested_by
    return by.agency.keeps_index and asked is not None and asked.member_id != by.member_id


def _asked(by: Membership, merge: Merge) -> bool:
    """Of the agency that asked; whoever may decide refuses instead."""
    return merge.requested_by.agency_id == by.agency_id and not _decides(by, merge)


def _may_stop(by: Membership, merge: Merge) -> bool:
    asked = merge.unmerge_requested_by
    return by.agency.keeps_index or (asked is not None and asked.agency_id == by.agency_id)


VERBS = {
    "approve": Verb(
        "Approve the merge",
        "Record B then leads to record A. Consents and links from before open no more than they did, until each agency"
        " has looked at its own. It can be taken apart again.",
        ApproveForm,
        lambda by, merge, at, said: merges.approve_merge(by=by, merge_id=merge, at=at, **said),
        "The two are one. The agencies that know them look at their consents.",
        _S.REQUESTED,
        _decides,
        is_grave=True,
    ),
    "refuse": Verb(
        "Refuse it",
        "Nothing changes. Whoever asked reads why.",
        ReasonForm,
        lambda by, merge, at, said: merges.refuse_merge(by=by, merge_id=merge, at=at, **said),
        "Refused.",
        _S.REQUESTED,
        _decides,
        is_danger=True,
    ),
    "withdraw": Verb(
        "Withdraw the request",
        "Nothing changes. It may be asked for again.",
        SureForm,
        lambda by, merge, at, said: merges.withdraw_merge(by=by, merge_id=merge, at=at),
        "Withdrawn.",
        _S.REQUESTED,
        _asked,
    ),
    "unmerge": Verb(
        "Ask to take it apart",
        "From now on nothing about the person goes to other agencies, until a second person has decided.",
        AskForm,
        lambda by, merge, at, said: unmerges.request_unmerge(by=by, merge_id=merge, at=at, **said),
        "Asked for. Nothing goes to other agencies until it is decided.",
        _S.MERGED,
        lambda by, merge: True,
        is_danger=True,
    ),
    "take-apart": Verb(
        "Take it apart",
        "Each of the two gets back exactly what was theirs. Whoever was shown the other one's records is told.",
        UnmergeForm,
        lambda by, merge, at, said: unmerges.approve_unmerge(by=by, merge_id=merge, at=at, **said),
        "They are two again. Whoever was shown the wrong one's records is told.",
        _S.UNMERGE_REQUESTED,
        _decides,
        is_danger=True,
    ),
    "leave": Verb(
        "Leave them merged",
        "What is known goes to other agencies again as before.",
        SureForm,
        lambda by, merge, at, said: unmerges.withdraw_unmerge(by=by, merge_id=merge, at=at),
        "They stay one.",
        _S.UNMERGE_REQUESTED,
        _may_stop,
    ),
}
