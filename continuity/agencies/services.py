"""Agencies, teams, and the one agency a session is on duty for."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Group
from django.db import transaction
from django.http import HttpRequest

from continuity.agencies.account_rules import keeper_of
from continuity.agencies.arrivals import ArrivingSession, memberships_by_member
from continuity.agencies.credentials import Credential
from continuity.agencies.freshness import has_factor, require_factor
from continuity.agencies.models import Agency, Member, Membership, PolicyPack, Team
from continuity.agencies.packs import Rules, read_rules
from continuity.agencies.roles import Duty, require
from continuity.agencies.stations import idle_seconds
from continuity.errors import Conflict, Invalid, NotAllowed, NotFound
from continuity.trail import wall
from continuity.trail.context import current
from continuity.trail.models import Event
from continuity.trail.services import record_event

_SESSION_KEY, _IDLE_KEY, _PLACE_KEY = "duty", "idle", "place"
BY_PROVIDER = "by_provider"  # in the session: which identity provider began it, and for which one membership


class MembershipBackend(ModelBackend):
    """Django's password sign-in; loads the member together with all memberships in one query."""

    def get_user(self, user_id: UUID) -> Member | None:
        session = getattr(current().request, "session", None)
        rows = session.take_memberships(user_id) if isinstance(session, ArrivingSession) else []
        rows = rows or memberships_by_member(user_id)
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
    """The membership this session is on duty for: the chosen one, or the only one; never a guess among two.

    Of a program it is the one that its token, and whom it says it asks for, put it on duty as. From here on the second
    wall lets the session see what is its agency's own.
    """
    duty = _membership_on_duty(request)
    if duty is not None:
        wall.work_for(duty.agency_id)
    return duty


def _membership_on_duty(request: HttpRequest) -> Membership | None:
    credential = getattr(request, "auth", None)
    if isinstance(credential, Credential):
        return credential.duty if credential.duty.is_current else None
    member = request.user
    if not isinstance(member, Member) or not member.is_active or not has_factor(request):
        return None
    current = memberships_of(member)
    chosen = request.session.get(_SESSION_KEY)
    if chosen is None:
        return current[0] if len(current) == 1 else None
    return next((membership for membership in current if str(membership.pk) == chosen), None)


def on_duty(request: HttpRequest) -> Membership:
    """The membership this session is on duty for. Raises NotAllowed `second_factor_missing`, `no_duty`."""
    duty = duty_of(request)
    if duty is None:
        require_factor(request)
        raise NotAllowed("no_duty", "Choose the agency you are on duty for.")
    return duty


def choose_duty(request: HttpRequest, membership_id: str) -> Membership:
    """Put the session on duty for one of the member's agencies.

    Raises NotAllowed `no_such_duty`, `another_provider` where the agency of the sign-in cannot speak for it.
    """
    member = request.user
    for membership in memberships_of(member) if isinstance(member, Member) else []:
        if str(membership.pk) == membership_id:
            if vouched_for(request).get("membership", membership_id) != membership_id:
                raise NotAllowed(
                    "another_provider",
                    "Your agency's sign-in is not good for this agency. Sign in anew for it.",
                )
            request.session[_SESSION_KEY] = membership_id
            note_idle_limit(request, membership.agency)
            record_event(Event.Kind.DUTY_CHOSEN, member=member, about=membership_id)
            return membership
    raise NotAllowed("no_such_duty", "You do not work for that agency.")


def vouched_for(request: HttpRequest) -> Mapping[str, str]:
    """`provider` and `membership` of a session that rests on the word of an identity provider; else nothing."""
    found: Mapping[str, str] = request.session.get(BY_PROVIDER) or {}
    return found


def may_change_factors(request: HttpRequest, member: Member) -> bool:
    """Whether this session may change what opens the whole account.

    Not on the word of an agency that does not keep it: its provider could else make itself a way into the others.
    """
    works = vouched_for(request).get("membership")
    if works is None:
        return True
    keeper = keeper_of(member)
    return keeper is not None and any(
        str(one.pk) == works and one.agency_id == keeper.pk for one in memberships_of(member)
    )


def note_idle_limit(request: HttpRequest, agency: Agency) -> None:
    """Keep after how many idle seconds this session locks: as this agency says of where it is (S-4)."""
    place = current().remote_addr
    request.session[_IDLE_KEY], request.session[_PLACE_KEY] = idle_seconds(agency, place), place


def follow_device(request: HttpRequest) -> None:
    """Ask for the idle limit anew where the device has moved: what a vehicle may is not for the kitchen table."""
    here = current().remote_addr
    if request.session.get(_PLACE_KEY, here) == here:
        return
    duty = _membership_on_duty(request)
    if duty is not None:
        note_idle_limit(request, duty.agency)


@transaction.atomic
def acknowledge_banner(member: Member, version: int) -> None:
    """Keep that a member read this version of the banner and agreed to it (S-5)."""
    member.banner_version = max(member.banner_version, version)
    member.save(update_fields=["banner_version"])
    record_event(Event.Kind.BANNER_ACKNOWLEDGED, member=member, about=str(version))


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


def propose_pack(
    *, code: str, number: int, title: str, effective_at: datetime, rules: Mapping[str, Any]
) -> PolicyPack:
    """Add one version of a policy pack; it binds nobody yet. The same version again changes nothing.

    Raises Invalid for rules that no pack may have, Conflict when this version exists with other rules.
    """
    read_rules(rules)
    pack, is_new = PolicyPack.objects.get_or_create(
        code=code,
        number=number,
        defaults={"title": title, "effective_at": effective_at, "rules": dict(rules)},
    )
    if not is_new and (pack.rules, pack.effective_at) != (dict(rules), effective_at):
        raise Conflict(
            "version_exists", "This version of the pack exists with other rules: give it a new number."
        )
    return pack


@transaction.atomic
def sign_off_pack(*, by: Membership, pack_id: UUID, counsel: str, at: datetime) -> PolicyPack:
    """Put a version in force from its day on, in the name of the counsel who read the law for it.

    Raises NotAllowed without the duty, Invalid without a counsel, NotFound, Conflict when it was signed off already.
    """
    require(by.roles, Duty.SIGN_OFF_PACK)
    if not counsel.strip():
        raise Invalid("no_counsel", "Name the counsel who read the law for this version.", field="counsel")
    pack = PolicyPack.objects.select_for_update().filter(pk=pack_id).first()
    if pack is None:
        raise NotFound("not_found", "There is no such record.")
    if pack.signed_off_at is not None:
        raise Conflict("signed_off_already", "This version was signed off already.")
    read_rules(pack.rules)
    pack.counsel, pack.signed_off_by, pack.signed_off_at = counsel.strip(), by.member, at
    pack.save()
    return pack


def pack_in_force(agency: Agency, at: datetime) -> PolicyPack | None:
    """The newest signed-off version of the agency's pack that has taken effect."""
    packs = PolicyPack.objects.filter(code=agency.pack_code, signed_off_at__lte=at, effective_at__lte=at)
    return packs.order_by("-effective_at", "-number").first()


def rules_for(agency: Agency, at: datetime) -> Rules:
    """The rules on consents that bind this custodian at `at`; the defaults where no pack is signed off."""
    pack = pack_in_force(agency, at)
    return read_rules(pack.rules) if pack else Rules()
