"""What every verb of an account asks first: whose it is, who keeps it, which roles go together (S-9, S-10)."""

from collections.abc import Sequence
from uuid import UUID

from django.db.models import QuerySet

from continuity.agencies.models import Agency, Member, Membership
from continuity.agencies.roles import Duty, Role
from continuity.errors import Conflict, Invalid, NotAllowed, NotFound
from continuity.trail.models import Event
from continuity.trail.services import record_event

_ALONE = {
    Role.AUDITOR: "An auditor holds no other role.",
    # AC-6(2): whoever has privileges does ordinary work from an account without them.
    Role.AGENCY_ADMIN: "An administrator's account does no other work: give a second account for that.",
}


def not_found() -> NotFound:
    """Absent and another agency's are the same words."""
    return NotFound("not_found", "There is no such record.")


def administered(by: Membership) -> QuerySet[Membership]:
    """The memberships whose accounts `by` looks after: all of the own agency, or none without the duty."""
    rows = Membership.objects.filter(agency=by.agency).select_related("member", "agency")
    return rows if by.has_duty(Duty.ADMINISTER_AGENCY) else rows.none()


def hold_account(by: Membership, member_id: UUID) -> tuple[Membership, Member]:
    """The current membership in the own agency and its member, locked; never one's own account.

    Raises NotFound for anybody of another agency, NotAllowed for oneself.
    """
    works = Membership.objects.filter(agency=by.agency, member=member_id, ended_at=None)
    return _held(by, works)


def hold_membership(by: Membership, membership_id: UUID) -> tuple[Membership, Member]:
    """The same, by the id of the membership."""
    return _held(by, Membership.objects.filter(agency=by.agency, pk=membership_id, ended_at=None))


def _held(by: Membership, works: QuerySet[Membership]) -> tuple[Membership, Member]:
    found = works.select_for_update(of=("self",)).select_related("agency").first()
    if found is None:
        raise not_found()
    if found.member_id == by.member_id:
        raise NotAllowed("own_account", "Your own account is another administrator's to look after.")
    found.member = Member.objects.select_for_update(of=("self",)).get(pk=found.member_id)
    return found, found.member


def keeper_of(member: Member) -> Agency | None:
    """The agency that gives and gives back this member's way in: of those they work for, the one they joined first.

    Else a second agency's administrator could invite anew and come in as somebody of the first.
    """
    first = (
        member.memberships.filter(ended_at=None).select_related("agency").order_by("created_at", "pk").first()
    )
    return first.agency if first else None


def refuse_other_keeper(by: Membership, member: Member) -> None:
    """Raises NotAllowed where another agency keeps this account."""
    keeper = keeper_of(member)
    if keeper is not None and keeper.pk != by.agency_id:
        raise NotAllowed("other_keeper", f"{keeper.name} keeps this account: its administrators do that.")


def refuse_forbidden_roles(roles: Sequence[str]) -> None:
    """Raises Invalid for roles that do not go together or are not a person's (separation of duties, domain 5.2)."""
    if unknown := set(roles) - {role.value for role in Role}:
        raise Invalid("unknown_role", f"There is no role {sorted(unknown)[0]}.", field="roles")
    if Role.SYSTEM_CLIENT in roles:
        raise Invalid(
            "role_of_programs", "This role is for programs: they are registered as such.", field="roles"
        )
    for alone, sentence in _ALONE.items():
        if alone in roles and len(set(roles)) > 1:
            raise Invalid("roles_exclude_each_other", sentence, field="roles")
    if {Role.CONSENT_MANAGER, Role.OFFICER} <= set(roles):
        sentence = "An officer does not look after consents."
        raise Invalid("roles_exclude_each_other", sentence, field="roles")


def keep_an_administrator(works: Membership) -> None:
    """Refuse to end the last active administrator of an agency, also under two at once. Raises Conflict."""
    if Role.AGENCY_ADMIN not in works.roles:
        return
    Agency.objects.select_for_update(no_key=True).get(pk=works.agency_id)
    others = Membership.objects.filter(
        agency=works.agency_id,
        ended_at=None,
        roles__contains=[Role.AGENCY_ADMIN],
        member__status=Member.Status.ACTIVE,
        member__locked_at=None,
    ).exclude(pk=works.pk)
    if not others.exists():
        raise Conflict("last_administrator", "An agency keeps at least one administrator.")


def keep_administrators(member: Member) -> None:
    """The same of every agency that the member works for, where the whole account closes. Raises Conflict."""
    for works in member.memberships.filter(ended_at=None).order_by("agency_id"):
        keep_an_administrator(works)


def note_refused(by: Membership, about: str) -> None:
    """Write that a privilege was asked for and refused; outside of the transaction that the refusal undoes."""
    record_event(Event.Kind.PRIVILEGE_REFUSED, member=by.member, about=about)
