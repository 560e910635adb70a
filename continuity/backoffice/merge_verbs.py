"""The buttons of the page of a merge: what each asks for, when and for whom it stands there, which verb it runs."""

from collections.abc import Callable

from continuity.agencies.models import Membership
from continuity.backoffice.duplicate_forms import ReasonForm
from continuity.backoffice.merge_forms import ApproveForm, AskForm, UnmergeForm
from continuity.backoffice.moves import Verb, runs
from continuity.disclosures import merges, unmerges
from continuity.disclosures.models import Merge

_S = Merge.State
_IsFor = Callable[[Membership, Merge], bool]


def _while(state: Merge.State, is_for: _IsFor = lambda by, merge: True) -> _IsFor:
    return lambda by, merge: merge.state == state and is_for(by, merge)


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
        runs(merges.approve_merge, "merge_id"),
        "The two are one. The agencies that know them look at their consents.",
        ApproveForm, _while(_S.REQUESTED, _decides), is_grave=True,
    ),
    "refuse": Verb(
        "Refuse it", "Nothing changes. Whoever asked reads why.", runs(merges.refuse_merge, "merge_id"), "Refused.",
        ReasonForm, _while(_S.REQUESTED, _decides), is_danger=True,
    ),
    "withdraw": Verb(
        "Withdraw the request", "Nothing changes. It may be asked for again.",
        runs(merges.withdraw_merge, "merge_id"), "Withdrawn.", stands=_while(_S.REQUESTED, _asked),
    ),
    "unmerge": Verb(
        "Ask to take it apart",
        "From now on nothing about the person goes to other agencies, until a second person has decided.",
        runs(unmerges.request_unmerge, "merge_id"), "Asked for. Nothing goes to other agencies until it is decided.",
        AskForm, _while(_S.MERGED), is_danger=True,
    ),
    "take-apart": Verb(
        "Take it apart",
        "Each of the two gets back exactly what was theirs. Whoever was shown the other one's records is told.",
        runs(unmerges.approve_unmerge, "merge_id"),
        "They are two again. Whoever was shown the wrong one's records is told.",
        UnmergeForm, _while(_S.UNMERGE_REQUESTED, _decides), is_danger=True,
    ),
    "leave": Verb(
        "Leave them merged", "What is known goes to other agencies again as before.",
        runs(unmerges.withdraw_unmerge, "merge_id"), "They stay one.", stands=_while(_S.UNMERGE_REQUESTED, _may_stop),
    ),
}  # fmt: skip
