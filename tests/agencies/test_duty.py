"""A session is on duty for exactly one agency, never by a guess (domain 5.2)."""

from typing import Any

import pytest
from django.http import HttpRequest
from django.test import RequestFactory

from continuity.agencies.models import Agency, Member, Membership
from continuity.agencies.roles import Duty
from continuity.agencies.services import MembershipBackend, choose_duty, duty_of, memberships_of, on_duty
from continuity.errors import NotAllowed
from continuity.trail.models import Event
from tests import builders as b

pytestmark = pytest.mark.django_db


@pytest.fixture
def county() -> Agency:
    return b.agency("county", "county_behavioral_health")


@pytest.fixture
def kim(county: Agency) -> Membership:
    return b.member("kim", county, "consent_manager")


@pytest.fixture
def second(kim: Membership) -> Membership:
    """Kim's other job."""
    clinic = b.agency("clinic", "clinic_treatment")
    return Membership.objects.create(member=kim.member, agency=clinic, roles=["privacy_officer"])


def request_of(membership: Membership, session: dict[str, Any] | None = None) -> HttpRequest:
    """A request as sign-in leaves it: the member is read anew."""
    request = RequestFactory().get("/")
    request.user = MembershipBackend().get_user(membership.member_id)
    request.session = {"factor": "totp"} if session is None else session
    return request


def test_one_membership_is_the_duty(kim: Membership):
    assert duty_of(request_of(kim)) == on_duty(request_of(kim)) == kim


def test_two_memberships_need_a_choice(kim: Membership, second: Membership):
    assert duty_of(request_of(kim)) is None
    with pytest.raises(NotAllowed, match=r"^no_duty$"):
        on_duty(request_of(kim))


def test_choice_stays_with_the_session(kim: Membership, second: Membership):
    request = request_of(kim)
    assert choose_duty(request, str(second.pk)) == second
    assert duty_of(request_of(kim, request.session)) == second
    assert duty_of(request_of(kim)) is None, "another session has not chosen"


def test_choice_is_an_event_of_the_trail(kim: Membership, second: Membership):
    choose_duty(request_of(kim), str(second.pk))
    event = Event.objects.get()
    assert (event.kind, event.member, event.about) == ("duty_chosen", kim.member, str(second.pk))


def test_membership_of_somebody_else_is_refused(kim: Membership, county: Agency):
    novak = b.member("novak", county, "treatment_clinician")
    request = request_of(kim)
    with pytest.raises(NotAllowed, match=r"^no_such_duty$"):
        choose_duty(request, str(novak.pk))
    assert request.session == {"factor": "totp"}
    assert not Event.objects.exists()


def test_session_that_names_somebody_elses_membership_has_no_duty(kim: Membership, county: Agency):
    novak = b.member("novak", county, "treatment_clinician")
    assert duty_of(request_of(kim, {"duty": str(novak.pk)})) is None


ENDINGS = {
    "membership ended": ("membership", {"ended_at": b.NOW}),
    "agency suspended": ("agency", {"status": Agency.Status.SUSPENDED}),
    "agency closed": ("agency", {"status": Agency.Status.CLOSED}),
    "agency not yet active": ("agency", {"status": Agency.Status.ONBOARDING}),
}


def end(membership: Membership, what: str, change: dict[str, Any]) -> None:
    row = membership if what == "membership" else getattr(membership, what)
    for name, value in change.items():
        setattr(row, name, value)
    row.save()


@pytest.mark.parametrize(("what", "change"), ENDINGS.values(), ids=ENDINGS)
def test_ended_work_is_no_duty(kim: Membership, what: str, change: dict[str, Any]):
    end(kim, what, change)
    request = request_of(kim)
    assert duty_of(request) is None
    with pytest.raises(NotAllowed, match=r"^no_such_duty$"):
        choose_duty(request, str(kim.pk))


@pytest.mark.parametrize(("what", "change"), ENDINGS.values(), ids=ENDINGS)
def test_chosen_work_that_ended_does_not_fall_back_to_the_other(
    kim: Membership, second: Membership, what: str, change: dict[str, Any]
):
    request = request_of(kim)
    choose_duty(request, str(second.pk))
    end(second, what, change)
    assert duty_of(request_of(kim, request.session)) is None


def test_ended_membership_leaves_the_other_as_the_only_one(kim: Membership, second: Membership):
    end(second, *ENDINGS["membership ended"])
    assert duty_of(request_of(kim)) == kim


@pytest.mark.parametrize("status", ["invited", "suspended", "deactivated"])
def test_member_who_is_not_active_cannot_sign_in(kim: Membership, status: str):
    kim.member.status = status
    kim.member.save()
    assert MembershipBackend().get_user(kim.member_id) is None


def test_ended_membership_keeps_no_duty_of_its_roles(kim: Membership):
    assert kim.has_duty(Duty.MANAGE_CONSENT)
    kim.ended_at = b.NOW
    assert not kim.has_duty(Duty.MANAGE_CONSENT)


def test_sign_in_loads_member_and_memberships_in_one_query(
    kim: Membership, second: Membership, django_assert_num_queries: Any
):
    with django_assert_num_queries(1):
        member = MembershipBackend().get_user(kim.member_id)
        assert [(one.agency.code, one.member.username) for one in memberships_of(member)] == [
            ("clinic", "kim"),
            ("county", "kim"),
        ]


def test_member_without_work_signs_in_and_has_no_duty(kim: Membership):
    nobody = Member.objects.create_user("nobody", "correct horse", display_name="Nobody")
    assert MembershipBackend().get_user(nobody.pk) == nobody
    assert memberships_of(nobody) == []


def test_unknown_member_is_nobody(kim: Membership):
    assert MembershipBackend().get_user(kim.pk) is None
