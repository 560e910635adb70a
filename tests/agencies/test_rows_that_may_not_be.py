"""Rows of agencies, memberships and teams that the database refuses (domain 5.2)."""

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import IntegrityError

from continuity.agencies.models import Agency, Membership, Team
from continuity.agencies.services import create_team, referral_team
from tests import builders as b

pytestmark = pytest.mark.django_db


@pytest.fixture
def county() -> Agency:
    return b.agency("county", "county_behavioral_health")


@pytest.mark.parametrize(
    ("roles", "rule"),
    [
        (["consent_manager", "officer"], "a_consent_manager_is_no_officer"),
        (["officer", "supervisor", "consent_manager"], "a_consent_manager_is_no_officer"),
        (["auditor", "supervisor"], "an_auditor_holds_no_other_role"),
        (["officer", "auditor"], "an_auditor_holds_no_other_role"),
    ],
)
def test_duties_stay_separate(county: Agency, roles: list[str], rule: str):
    with pytest.raises(IntegrityError, match=rule):
        b.member("kim", county, *roles)


@pytest.mark.parametrize(
    "roles", [["auditor"], ["officer", "supervisor"], ["consent_manager", "privacy_officer"], []], ids=str
)
def test_other_roles_go_together(county: Agency, roles: list[str]):
    assert b.member("kim", county, *roles).roles == roles


def test_member_has_one_membership_in_an_agency(county: Agency):
    kim = b.member("kim", county, "consent_manager")
    with pytest.raises(IntegrityError, match="one_membership_of_a_member_in_an_agency"):
        Membership.objects.create(member=kim.member, agency=county, roles=["supervisor"])


def test_one_team_of_an_agency_takes_referrals(county: Agency):
    create_team(agency=county, name="Referrals", takes_referrals=True)
    with pytest.raises(IntegrityError, match="one_team_of_an_agency_takes_referrals"):
        create_team(agency=county, name="Intake", takes_referrals=True)


def test_team_names_are_unique_in_an_agency(county: Agency):
    create_team(agency=county, name="Night")
    with pytest.raises(IntegrityError, match="team_names_are_unique_in_an_agency"):
        Team.objects.create(agency=county, name="Night", group=Group.objects.create(name="other"))


def test_agency_without_a_named_team_takes_no_referrals(county: Agency):
    create_team(agency=county, name="Night")
    assert referral_team(county) is None


@pytest.mark.parametrize(("flag", "regimes"), [(True, ["hipaa_covered"]), (False, ["part2_program"])])
def test_part2_programme_and_its_law_go_together(flag: bool, regimes: list[str]):
    with pytest.raises(IntegrityError, match="agency_in_part2_regime_exactly_when_a_part2_program"):
        b.agency("a", "sud_program", is_part2_program=flag, legal_regimes=regimes)


def test_agreement_expires_after_it_takes_effect(county: Agency):
    with pytest.raises(IntegrityError, match="agreement_expires_after_it_takes_effect"):
        b.agreement(county, effective_at=b.NOW, expires_at=b.NOW)


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "../etc/passwd"])
def test_time_zone_has_to_exist(county: Agency, zone: str):
    county.timezone = zone
    with pytest.raises(ValidationError):
        county.full_clean()


@pytest.mark.parametrize("kind", Agency.Kind)
def test_police_and_sheriff_are_law_enforcement_and_nobody_else(kind: str):
    assert Agency(kind=kind).is_law_enforcement == (kind in ("police", "sheriff"))
