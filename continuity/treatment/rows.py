"""How the verbs of this floor take hold of a row: locked, as the caller last saw it, by a side that may move it."""

from collections.abc import Iterable, Mapping, Set
from enum import Enum
from typing import TypeVar
from uuid import UUID

from django.db.models import Q

from continuity.agencies import grants
from continuity.agencies.models import Membership
from continuity.agencies.roles import Duty, Role, duties_of, require
from continuity.errors import Conflict, Invalid, NotFound, Stale
from continuity.trail.models import Recorded
from continuity.treatment.models import FollowUp, Linkage, TreatmentTeamLink

R = TypeVar("R", bound=Recorded)
S = TypeVar("S", bound=Enum)
_LONGEST_REASON = 200


def require_either(roles: Iterable[str], duty: Duty, other: Duty) -> None:
    """Refuse a verb to roles that have neither duty. Raises NotAllowed `duty_missing`."""
    if other not in duties_of(roles):
        require(roles, duty)


def locked_link(by: Membership, link_id: UUID, version: int | None, *, side: Q) -> TreatmentTeamLink:
    """The link, locked, if the agency is on this `side` of it. Raises NotFound (P-3), Stale."""
    links = TreatmentTeamLink.objects.select_for_update(of=("self",)).select_related("provider", "custodian")
    return _current(links.filter(side, pk=link_id).first(), version)


def own_linkage(by: Membership, linkage_id: UUID, version: int | None) -> Linkage:
    """The linkage that the own agency asked for, locked. Raises NotFound (P-3), Stale."""
    linkages = Linkage.objects.select_for_update(of=("self",)).select_related(
        "person", "recipient", "custodian"
    )
    return _current(linkages.filter(pk=linkage_id, custodian=by.agency).first(), version)


def granted_linkage(by: Membership, linkage_id: UUID, version: int | None) -> Linkage:
    """The linkage that a team of one's own was given to answer, locked. Raises NotFound (P-3), Stale."""
    linkages = Linkage.objects.select_for_update(of=("self",)).select_related(
        "custodian", "requested_by__member"
    )
    linkage = _current(linkages.filter(pk=linkage_id).first(), None)
    grants.require(by, "answer", linkage)
    return _current(linkage, version)


def own_follow_up(by: Membership, follow_up_id: UUID, version: int | None = None) -> FollowUp:
    """The follow-up that the own agency owes, locked; for a peer, one of theirs. Raises NotFound (P-3), Stale."""
    owed = FollowUp.objects.select_for_update(of=("self",)).select_related("person", "custodian")
    owed = owed.filter(pk=follow_up_id, custodian=by.agency)
    if is_peer_only(by):
        owed = owed.filter(assigned_to_or_team_of(by))
    return _current(owed.first(), version)


def is_peer_only(by: Membership) -> bool:
    """Whether nothing but being a peer lets the member follow up: then only what is theirs (6.3)."""
    others = [role for role in by.roles if role != Role.PEER_NAVIGATOR]
    return not duties_of(others) & {Duty.FOLLOW_UP, Duty.SUPERVISE, Duty.CORRECT_RECORD}


def assigned_to_or_team_of(by: Membership) -> Q:
    """The follow-ups that are this member's, or a team's that the member works in."""
    teams = by.agency.teams.filter(group__user=by.member_id)
    return Q(assigned_to=by) | Q(team__in=teams)


def refuse_unless_legal(table: Mapping[S, Set[S]], here: S, there: str, noun: str) -> None:
    """Refuse a move that the table does not have. Raises Conflict `illegal_move`."""
    if there not in {one.value for one in table[here]}:
        raise illegal_move(noun, here.value, there)


def illegal_move(noun: str, here: str, there: str) -> Conflict:
    """The refusal of a move, as a sentence."""
    words = [one.replace("_", " ") for one in (here, there)]
    return Conflict("illegal_move", f"A {noun} cannot go from {words[0]} to {words[1]}.")


def reasoned(reason: str) -> str:
    """The reason, stripped. Raises Invalid without one, or when it is longer than the row holds."""
    if not reason.strip():
        raise Invalid("no_reason", "Say why.", field="reason")
    return shortened(reason)


def shortened(reason: str) -> str:
    """The reason, stripped, which may be empty. Raises Invalid when it is longer than the row holds."""
    if len(reason.strip()) > _LONGEST_REASON:
        raise Invalid("too_long", f"At most {_LONGEST_REASON} characters.", field="reason")
    return reason.strip()


def chosen(value: str, among: Iterable[str], field: str) -> str:
    """A coded value that the field knows. Raises Invalid `unknown_value` at the field."""
    if value not in among:
        raise Invalid("unknown_value", "Choose one of the listed values.", field=field)
    return value


def _current(row: R | None, version: int | None) -> R:
    if row is None:
        raise NotFound("not_found", "There is no such record.")
    if version is not None and version != row.version:
        raise Stale()
    return row
