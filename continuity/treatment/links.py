"""Team links: who treats the person, which duty line reaches them, and whether that was verified lately (5.8).

Anybody in care proposes, the provider alone says that it is so. What a Part 2 programme answers to a proposal is its
own record from then on: an answer that the proposer could read would say who is in SUD treatment (s2.13, P-2).
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from continuity.agencies.models import Agency, Membership
from continuity.agencies.roles import Duty, require
from continuity.errors import Conflict, Invalid
from continuity.notices.models import Notice
from continuity.notices.services import put
from continuity.people.models import Person
from continuity.people.services import note_own_record
from continuity.treatment.models import ProgramKind, TreatmentTeamLink
from continuity.treatment.rows import (
    chosen,
    illegal_move,
    locked_link,
    reasoned,
    refuse_unless_legal,
    require_either,
    shortened,
)

_Status = TreatmentTeamLink.Status


@transaction.atomic
def confirm_team_link(
    *, by: Membership, person: Person, program_kind: str, duty_line: str, at: datetime, **fields: Any
) -> TreatmentTeamLink:
    """State, as the provider, that one's team treats the person and which duty line reaches it (5.8)."""
    require(by.roles, Duty.MANAGE_TEAM_LINK)
    chosen(program_kind, ProgramKind.values, "program_kind")
    note_own_record(person.pk, by.agency)
    return TreatmentTeamLink.objects.create(
        person=person,
        custodian=by.agency,
        provider=by.agency,
        is_part2=by.agency.is_part2_program,
        program_kind=program_kind,
        duty_line=_line(duty_line),
        status=_Status.ACTIVE,
        established_at=at,
        last_verified_at=at,
        verified_by=by,
        **fields,
    )


@transaction.atomic
def propose_team_link(
    *,
    by: Membership,
    person: Person,
    provider: Agency,
    program_kind: str,
    at: datetime,
    team_name: str = "",
    duty_line: str = "",
    hours: str = "",
    **fields: Any,
) -> TreatmentTeamLink:
    """Say that a provider seems to treat the person, and ask the provider; nobody relies on it before it answers.

    Raises NotAllowed, Invalid for one's own agency, Conflict when one's agency waits for the same answer already. It
    never looks at what others recorded: that there is a link is confidential by itself (5.8, P-3).
    """
    require(by.roles, Duty.MANAGE_TEAM_LINK)
    chosen(program_kind, ProgramKind.values, "program_kind")
    if provider == by.agency:
        raise Invalid("own_team", "Your own agency confirms its team; it proposes others.", field="provider")
    same = {"person": person, "custodian": by.agency, "provider": provider, "program_kind": program_kind}
    if TreatmentTeamLink.objects.filter(**same, status=_Status.PROPOSED).exists():
        raise Conflict("proposed_already", "Your agency has proposed this link and waits for the provider.")
    note_own_record(person.pk, by.agency)
    link = TreatmentTeamLink.objects.create(
        **same,
        # Before the provider has answered, a SUD programme's care is taken for Part 2 (P-14).
        is_part2=provider.is_part2_program or program_kind == ProgramKind.SUD_OUTPATIENT,
        team_name=team_name,
        duty_line=duty_line,
        hours=hours,
        proposed_by=by,
        established_at=at,
        **fields,
    )
    put(Notice.Kind.LINK_PROPOSED, subject_id=link.pk, agency=provider)
    return link


@transaction.atomic
def accept_team_link(
    *,
    by: Membership,
    link_id: UUID,
    at: datetime,
    version: int | None = None,
    duty_line: str | None = None,
    hours: str | None = None,
) -> TreatmentTeamLink:
    """Confirm, as the provider, what another agency proposed.

    Raises NotAllowed, NotFound for everybody but the provider, Stale, Conflict `illegal_move`; Invalid without a line.
    """
    require(by.roles, Duty.MANAGE_TEAM_LINK)
    link = _of_provider(by, link_id, version, _Status.PROPOSED, _Status.ACTIVE)
    _state(link, duty_line, hours)
    _answered_by(link, by)
    note_own_record(link.person_id, by.agency)
    return _verified(link, by, at)


@transaction.atomic
def decline_team_link(
    *, by: Membership, link_id: UUID, reason: str, at: datetime, version: int | None = None
) -> TreatmentTeamLink:
    """Say, as the provider, that one's team does not treat the person. Raises as `accept_team_link`."""
    require(by.roles, Duty.MANAGE_TEAM_LINK)
    link = _of_provider(by, link_id, version, _Status.PROPOSED, _Status.INACTIVE)
    _answered_by(link, by)
    return _ended(link, reason, at)


@transaction.atomic
def verify_team_link(
    *,
    by: Membership,
    link_id: UUID,
    at: datetime,
    version: int | None = None,
    duty_line: str | None = None,
    hours: str | None = None,
) -> TreatmentTeamLink:
    """Confirm, as the provider, that an active link still holds; it is fresh from now on. Raises as accepting does."""
    require(by.roles, Duty.MANAGE_TEAM_LINK)
    link = locked_link(by, link_id, version, side=Q(provider=by.agency))
    if link.status != _Status.ACTIVE:
        raise Conflict("not_active", "Only an active team link is verified.")
    _state(link, duty_line, hours)
    return _verified(link, by, at)


@transaction.atomic
def suspend_team_link(
    *, by: Membership, link_id: UUID, reason: str, at: datetime, version: int | None = None
) -> TreatmentTeamLink:
    """Pause an active link, as the provider: nobody is sent to the team meanwhile. Raises as accepting does."""
    require(by.roles, Duty.MANAGE_TEAM_LINK)
    link = _of_provider(by, link_id, version, _Status.ACTIVE, _Status.SUSPENDED)
    link.status_reason = reasoned(reason)
    link.save()
    return link


@transaction.atomic
def resume_team_link(
    *, by: Membership, link_id: UUID, at: datetime, version: int | None = None, reason: str = ""
) -> TreatmentTeamLink:
    """Take up a suspended link again, as the provider, which verifies it. Raises as accepting does."""
    require(by.roles, Duty.MANAGE_TEAM_LINK)
    link = locked_link(by, link_id, version, side=Q(provider=by.agency))
    if link.status != _Status.SUSPENDED:
        # A proposal, too, may become active, but by accepting it.
        raise illegal_move("team link", link.status, _Status.ACTIVE)
    link.status, link.status_reason = _Status.ACTIVE, shortened(reason)
    return _verified(link, by, at)


@transaction.atomic
def end_team_link(
    *, by: Membership, link_id: UUID, reason: str, at: datetime, version: int | None = None
) -> TreatmentTeamLink:
    """End a link: the provider one that stands, whoever proposed one their proposal. Raises as accepting does."""
    require(by.roles, Duty.MANAGE_TEAM_LINK)
    link = locked_link(by, link_id, version, side=Q(provider=by.agency) | Q(custodian=by.agency))
    refuse_unless_legal(link.TRANSITIONS, _Status(link.status), _Status.INACTIVE, "team link")
    is_waiting = link.status == _Status.PROPOSED
    if by.agency_id != (link.custodian_id if is_waiting else link.provider_id):
        sentence = (
            "The provider declines a proposal." if is_waiting else "The provider ends what it has confirmed."
        )
        raise Conflict("not_yours_to_end", sentence)
    link.status = _Status.INACTIVE
    return _ended(link, reason, at)


@transaction.atomic
def mark_link_error(
    *, by: Membership, link_id: UUID, reason: str, at: datetime, version: int | None = None
) -> TreatmentTeamLink:
    """Mark a link that should never have been written; whoever recorded it, or the provider (P-8).

    Raises NotAllowed, NotFound, Stale, Conflict when it is marked already, Invalid without a reason.
    """
    require_either(by.roles, Duty.MANAGE_TEAM_LINK, Duty.CORRECT_RECORD)
    link = locked_link(by, link_id, version, side=Q(provider=by.agency) | Q(custodian=by.agency))
    refuse_unless_legal(link.TRANSITIONS, _Status(link.status), _Status.ENTERED_IN_ERROR, "team link")
    link.status = _Status.ENTERED_IN_ERROR
    return _ended(link, reason, link.ended_at or at)


@transaction.atomic
def set_crisis_notice(
    *, by: Membership, link_id: UUID, notify: bool, at: datetime, version: int | None = None
) -> TreatmentTeamLink:
    """Say, as the provider, whether one's team wants to be told of a crisis; each notice asks for the right (P-27).

    Raises NotAllowed, NotFound, Stale, Conflict for a link that does not stand.
    """
    require(by.roles, Duty.MANAGE_TEAM_LINK)
    link = locked_link(by, link_id, version, side=Q(provider=by.agency))
    if link.status not in (_Status.ACTIVE, _Status.SUSPENDED):
        raise Conflict("not_active", "Only the team of a link that stands is told of a crisis.")
    link.notify_on_crisis = notify
    link.save()
    return link


def _of_provider(
    by: Membership,
    link_id: UUID,
    version: int | None,
    here: TreatmentTeamLink.Status,
    there: TreatmentTeamLink.Status,
) -> TreatmentTeamLink:
    """A link of the own team, moved from `here` to `there` and not yet saved."""
    link = locked_link(by, link_id, version, side=Q(provider=by.agency))
    if link.status != here:
        raise illegal_move("team link", link.status, there)
    link.status = there
    return link


def _state(link: TreatmentTeamLink, duty_line: str | None, hours: str | None) -> None:
    link.duty_line = _line(link.duty_line if duty_line is None else duty_line)
    link.hours = link.hours if hours is None else hours


def _line(duty_line: str) -> str:
    if not duty_line.strip():
        raise Invalid("no_duty_line", "State the duty line that reaches your team.", field="duty_line")
    return duty_line.strip()


def _answered_by(link: TreatmentTeamLink, by: Membership) -> None:
    if by.agency.is_part2_program:
        link.custodian = by.agency


def _verified(link: TreatmentTeamLink, by: Membership, at: datetime) -> TreatmentTeamLink:
    link.last_verified_at, link.verified_by = at, by
    link.save()
    return link


def _ended(link: TreatmentTeamLink, reason: str, at: datetime) -> TreatmentTeamLink:
    link.status_reason, link.ended_at = reasoned(reason), at
    link.save()
    return link
