"""Which moves are open now, and to which side: what the verbs admit, for pages and API alike. Pure (5.8 to 5.10).

A name that is a state of the linkage is said with `answer_linkage`, or with `answer_outside` where the provider stands
outside; every other name is the verb's own.
"""

from continuity.treatment.models import (
    CLOSED,
    FOLLOW_UP_TRANSITIONS,
    TASK_TRANSITIONS,
    FollowUp,
    Linkage,
    TaskStatus,
    TreatmentTeamLink,
)

_Task, _Link = TaskStatus, TreatmentTeamLink.Status
# A requester takes a linkage back only until the recipient has accepted it (5.9).
BEFORE_ACCEPTED = (_Task.DRAFT, _Task.SENT, _Task.RECEIVED)
# What a recipient never says: the sender sends, and whoever entered it says that it was an error.
NOT_FOR_RECIPIENT = frozenset({_Task.SENT, _Task.ENTERED_IN_ERROR})
# Moves of a team link that its provider makes; the verb of each, and where it leads.
_OF_PROVIDER = {
    "accept_team_link": (_Link.PROPOSED,),
    "decline_team_link": (_Link.PROPOSED,),
    "verify_team_link": (_Link.ACTIVE,),
    "suspend_team_link": (_Link.ACTIVE,),
    "resume_team_link": (_Link.SUSPENDED,),
    "end_team_link": (_Link.ACTIVE, _Link.SUSPENDED),
}


def linkage_moves(linkage: Linkage, *, is_recipient: bool, is_requester: bool) -> tuple[str, ...]:
    """What may be done with a linkage now by a member of the recipient's team, of the requester, or of both."""
    here = _Task(linkage.status)
    moves: list[str] = []
    is_outside = linkage.recipient_id is None
    if is_recipient or (is_outside and is_requester and here != _Task.DRAFT):
        moves += answers_from(here)
    if here == _Task.SCHEDULED and (is_recipient or (is_outside and is_requester)):
        moves += ["note_no_show"] if linkage.appointment_at else []
        moves += ["reschedule_linkage"]
    if is_requester:
        moves += _moves_of_requester(here)
    return tuple(moves)


def _moves_of_requester(here: TaskStatus) -> list[str]:
    moves = ["send_linkage"] if here == _Task.DRAFT else []
    if here in BEFORE_ACCEPTED:
        moves.append("cancel_linkage")
    if here in CLOSED and here != _Task.ENTERED_IN_ERROR:
        moves.append("reopen_linkage")
    return moves + (["mark_linkage_error"] if here != _Task.ENTERED_IN_ERROR else [])


def answers_from(here: TaskStatus) -> tuple[str, ...]:
    """The states into which a recipient may move a linkage from here, in the order of 4.3."""
    if here == _Task.DRAFT:
        return ()
    return tuple(one.value for one in _Task if one in TASK_TRANSITIONS[here] - NOT_FOR_RECIPIENT)


def follow_up_moves(follow_up: FollowUp, *, attempts: int | None = None) -> tuple[str, ...]:
    """What may be done with a follow-up now; `attempts` counts those recorded here, None leaves the count open."""
    if _Task.COMPLETED not in FOLLOW_UP_TRANSITIONS[_Task(follow_up.status)]:
        return ("mark_follow_up_error",) if follow_up.status != _Task.ENTERED_IN_ERROR else ()
    made = None if attempts is None else attempts + follow_up.imported_attempts
    moves = ["record_attempt"] if made is None or made < follow_up.max_attempts else []
    moves += ["assign_follow_up"]
    moves += ["close_unreached"] if made is None or made > 0 else []
    moves += ["note_discharge"] if follow_up.waits_for_discharge else []
    return (*moves, "cancel_follow_up", "mark_follow_up_error")


def link_moves(link: TreatmentTeamLink, *, is_provider: bool, is_custodian: bool) -> tuple[str, ...]:
    """What may be done with a team link now by its provider, by whoever recorded it, or by both in one."""
    here = _Link(link.status)
    moves = [verb for verb, states in _OF_PROVIDER.items() if is_provider and here in states]
    if is_custodian and here == _Link.PROPOSED:
        moves.append("end_team_link")
    if is_provider and here in (_Link.ACTIVE, _Link.SUSPENDED):
        moves.append("set_crisis_notice")
    if (is_provider or is_custodian) and here != _Link.ENTERED_IN_ERROR:
        moves.append("mark_link_error")
    return tuple(moves)
