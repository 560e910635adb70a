"""Who may work on an object: a team's grant, asked of the duty agency; superusers have none of their own."""

from dataclasses import dataclass
from typing import Any

import pytest

from continuity.agencies import grants
from continuity.agencies.models import Member, Membership, Team
from continuity.agencies.services import create_team
from continuity.errors import NotFound
from continuity.treatment.models import Linkage, LinkageGroupGrant
from tests import builders as b

pytestmark = pytest.mark.django_db


@dataclass
class Work:
    linkage: Linkage
    other: Linkage
    team: Team
    adeyemi: Membership
    colleague: Membership

    def may(self, by: Membership) -> bool:
        """What `require` says, which must be what `workable` lists."""
        listed = set(grants.workable(by, "answer", Linkage.objects.all()))
        if listed:
            grants.require(by, "answer", self.linkage)
        else:
            with pytest.raises(NotFound, match=r"^not_found$"):
                grants.require(by, "answer", self.linkage)
        return listed == {self.linkage}


@pytest.fixture
def work() -> Work:
    """Two linkages to a clinic; the clinic's team may answer the first."""
    county, clinic = b.agency("county", "county_behavioral_health"), b.agency("clinic", "clinic_treatment")
    made = b.contact(b.member("embedded", county, "embedded_clinician"), b.person(county))
    first, other = (
        Linkage.objects.create(
            contact=made,
            person=made.person,
            custodian=county,
            recipient=clinic,
            kind="primary_care",
            status="sent",
            requested_at=b.NOW,
        )
        for _ in range(2)
    )
    adeyemi = b.member("adeyemi", clinic, "treatment_clinician")
    team = b.referral_team(clinic, adeyemi)
    grants.give(team, "answer", first)
    return Work(first, other, team, adeyemi, b.member("colleague", clinic, "treatment_clinician"))


def test_member_of_the_team_may_work_on_the_object_and_on_no_other(work: Work):
    assert work.may(work.adeyemi)
    with pytest.raises(NotFound):
        grants.require(work.adeyemi, "answer", work.other)


def test_colleague_outside_the_team_may_not(work: Work):
    assert not work.may(work.colleague)


def test_another_team_of_the_agency_may_not(work: Work):
    team = create_team(agency=work.team.agency, name="Night")
    work.colleague.member.groups.add(team.group)
    assert not work.may(work.colleague)


def test_grant_reaches_who_joins_the_team_later_and_leaves_with_the_team(work: Work):
    work.colleague.member.groups.add(work.team.group)
    assert work.may(work.colleague)
    work.colleague.member.groups.remove(work.team.group)
    assert not work.may(work.colleague)


def test_superuser_has_nothing_without_a_grant(work: Work):
    root = Member.objects.create_superuser("root", "correct horse", display_name="Root")
    assert not work.may(
        Membership.objects.create(member=root, agency=work.team.agency, roles=["agency_admin"])
    )


def test_team_member_on_duty_for_another_agency_may_not(work: Work):
    """Basis depends on the duty agency (5.2): the same person, another hat."""
    elsewhere = b.agency("elsewhere", "clinic_treatment")
    other_hat = Membership.objects.create(
        member=work.adeyemi.member, agency=elsewhere, roles=["treatment_clinician"]
    )
    assert not work.may(other_hat)


def test_giving_twice_is_giving_once(work: Work):
    grants.give(work.team, "answer", work.linkage)
    assert LinkageGroupGrant.objects.count() == 1


def test_taking_ends_every_grant_of_the_object_and_no_other(work: Work):
    grants.give(work.team, "answer", work.other)
    grants.take("answer", work.linkage)
    assert [grant.content_object for grant in LinkageGroupGrant.objects.all()] == [work.other]


def test_taking_what_was_never_given_is_nothing(work: Work):
    grants.take("answer", work.other)
    assert work.may(work.adeyemi)


def test_list_of_workable_objects_is_one_query(work: Work, django_assert_num_queries: Any):
    with django_assert_num_queries(1):
        assert list(grants.workable(work.adeyemi, "answer", Linkage.objects.all())) == [work.linkage]


def test_grant_on_another_action_is_not_this_one(work: Work):
    with pytest.raises(NotFound):
        grants.require(work.adeyemi, "view", work.linkage)
