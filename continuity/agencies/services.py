"""Agencies, teams, and the one agency a session is on duty for."""

from itertools import islice
from uuid import UUID

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Group
from django.db import connection, transaction
from django.http import HttpRequest

from continuity.agencies.models import Agency, Member, Membership, Team
from continuity.errors import NotAllowed
from continuity.trail.models import Event
from continuity.trail.services import record_event

_SESSION_KEY = "duty"


_MODELS: tuple[type[Membership], type[Member], type[Agency]] = (Membership, Member, Agency)
_FIELDS = [[field.attname for field in model._meta.concrete_fields] for model in _MODELS]
_COLUMNS = ", ".join(
    f"{model._meta.db_table}.{field.column}" for model in _MODELS for field in model._meta.concrete_fields
)
# By hand: every request asks this, and the ORM takes longer to write it than PostgreSQL to answer it.
_MEMBERSHIPS = f"""SELECT {_COLUMNS} FROM agencies_membership
JOIN agencies_member ON agencies_member.id = agencies_membership.member_id
JOIN agencies_agency ON agencies_agency.id = agencies_membership.agency_id
WHERE agencies_membership.member_id = %s ORDER BY agencies_agency.name
"""


def _memberships_by_member(user_id: UUID) -> list[Membership]:
    """Every membership with its member and agency, in one statement."""
    found = []
    with connection.cursor() as cursor:
        cursor.execute(_MEMBERSHIPS, [user_id])
        for row in cursor.fetchall():
            values = iter(row)
            parts = [list(islice(values, len(names))) for names in _FIELDS]
            membership = Membership.from_db(connection.alias, _FIELDS[0], parts[0])
            membership.member = Member.from_db(connection.alias, _FIELDS[1], parts[1])
            membership.agency = Agency.from_db(connection.alias, _FIELDS[2], parts[2])
            found.append(membership)
    return found


class MembershipBackend(ModelBackend):
    """Django's password sign-in; loads the member together with all memberships in one query."""

    def get_user(self, user_id: UUID) -> Member | None:
        rows = _memberships_by_member(user_id)
        member = rows[0].member if rows else Member.objects.filter(pk=user_id).first()
        if member is None or not self.user_can_authenticate(member):
            return None
        if rows:
            member.all_memberships = rows
        return member


def memberships_of(member: Member) -> list[Membership]:
    """The current memberships, from what sign-in already loaded."""
    return [membership for membership in member.all_memberships if membership.is_current]


def duty_of(request: HttpRequest) -> Membership | None:
    """The membership this session is on duty for: the chosen one, or the only one; never a guess among two."""
    member = request.user
    if not isinstance(member, Member) or not member.is_active:
        return None
    current = memberships_of(member)
    session = getattr(request, "session", None)
    chosen = session.get(_SESSION_KEY) if session is not None else None
    if chosen is None:
        return current[0] if len(current) == 1 else None
    return next((membership for membership in current if str(membership.pk) == chosen), None)


def on_duty(request: HttpRequest) -> Membership:
    """The membership this session is on duty for. Raises NotAllowed `no_duty`."""
    duty = duty_of(request)
    if duty is None:
        raise NotAllowed("no_duty", "Choose the agency you are on duty for.")
    return duty


def choose_duty(request: HttpRequest, membership_id: str) -> Membership:
    """Put the session on duty for one of the member's agencies. Raises NotAllowed `no_such_duty`."""
    member = request.user
    for membership in memberships_of(member) if isinstance(member, Member) else []:
        if str(membership.pk) == membership_id:
            request.session[_SESSION_KEY] = membership_id
            record_event(Event.Kind.DUTY_CHOSEN, member=member, about=membership_id)
            return membership
    raise NotAllowed("no_such_duty", "You do not work for that agency.")


@transaction.atomic
def create_team(*, agency: Agency, name: str, takes_referrals: bool = False) -> Team:
    """Create a team together with the group that carries its grants."""
    group = Group.objects.create(name=f"{agency.code}/{name}")
    return Team.objects.create(agency=agency, name=name, group=group, takes_referrals=takes_referrals)


def referral_team(agency: Agency) -> Team | None:
    """The team to which linkages of this agency arrive, if it has named one."""
    return Team.objects.filter(agency=agency, takes_referrals=True).first()


def clinician_line() -> str:
    """The county's duty clinician, the same on every answer; "" when the county has named no line."""
    county = Agency.objects.filter(
        kind=Agency.Kind.COUNTY_BEHAVIORAL_HEALTH, status=Agency.Status.ACTIVE
    ).exclude(duty_line="")
    return county.order_by("code").values_list("duty_line", flat=True).first() or ""
