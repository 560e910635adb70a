"""An agency's first administrator, and another where none can get in any more: only whoever runs the site gives it."""

from datetime import datetime

from django.db import transaction

from continuity.agencies.account_moves import withdraw_open_invitations
from continuity.agencies.accounts import make_invitation, take_credentials
from continuity.agencies.models import Agency, Member, Membership
from continuity.agencies.roles import Role
from continuity.errors import Conflict, NotFound
from continuity.trail.models import Event
from continuity.trail.services import record_event

_BY = "operator"


@transaction.atomic
def invite_administrator(
    *, agency_code: str, username: str, display_name: str = "", work_email: str = "", at: datetime
) -> str:
    """Invite the administrator of an agency that has no other one, anew if need be; return the clear token.

    Raises NotFound for the agency, Conflict where another administrator can do it, or the name is somebody else's.
    """
    agency = Agency.objects.select_for_update(no_key=True).filter(code=agency_code).first()
    if agency is None:
        raise NotFound("not_found", "There is no such agency.")
    admins = Membership.objects.filter(agency=agency, ended_at=None, roles__contains=[Role.AGENCY_ADMIN])
    able = admins.filter(member__status=Member.Status.ACTIVE, member__locked_at=None)
    if able.exclude(member__username=username).exists():
        raise Conflict("has_administrator", "The agency has an administrator, who invites others.")
    member = Member.objects.select_for_update(of=("self",)).filter(username=username).first()
    if member is None:
        member = _enrol(agency, username, display_name, work_email, at)
    elif not admins.filter(member=member).exists() or member.status == Member.Status.DEACTIVATED:
        raise Conflict("user_name_taken", "This user name is or was somebody else's.")
    else:
        withdraw_open_invitations(member, at)
        take_credentials(member, about=_BY, at=at)
        member.status, member.status_reason, member.status_changed_at = Member.Status.INVITED, "", at
        if member.locked_at is not None:
            member.locked_at = None
            record_event(Event.Kind.ACCOUNT_RELEASED, member=member, about=_BY)
        member.save()
    return make_invitation(member, kind="first", by=None, at=at)


def _enrol(agency: Agency, username: str, display_name: str, work_email: str, at: datetime) -> Member:
    member = Member(
        username=username,
        display_name=display_name or username,
        work_email=work_email.lower(),
        status=Member.Status.INVITED,
        status_changed_at=at,
    )
    member.set_unusable_password()
    member.full_clean()
    member.save()
    Membership.objects.create(member=member, agency=agency, roles=[Role.AGENCY_ADMIN])
    record_event(Event.Kind.MEMBERSHIP_BEGUN, member=member, about=_BY)
    return member
