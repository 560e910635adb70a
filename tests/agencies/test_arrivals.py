"""A session comes with the memberships of its member; whose it is, its signed data alone say (S-4, S-9)."""

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.test import Client

from continuity.agencies.models import Membership
from continuity.entry.sessions import SessionStore
from tests import builders as b
from tests.cast import Cast, signed_in

pytestmark = pytest.mark.django_db


def who_arrives(client: Client) -> str:
    """Whose page is shown; "" where somebody must sign in."""
    answer = client.get("/account/")
    return answer.context["user"].username if answer.status_code == 200 else ""


def session_of(client: Client) -> SessionStore:
    session = SessionStore(client.cookies["sessionid"].value)
    session.load()
    return session


def test_another_members_row_beside_a_session_opens_nothing_of_theirs(cast: Cast):
    client = signed_in(cast.reyes)
    UserSession.objects.update(user=cast.kim.member)
    assert session_of(client).take_memberships(cast.reyes.member_id) == []
    assert who_arrives(client) == "reyes"


def test_session_without_a_row_beside_it_is_its_members(cast: Cast):
    client = signed_in(cast.reyes)
    UserSession.objects.all().delete()
    assert who_arrives(client) == "reyes"


def test_row_beside_it_makes_no_session(cast: Cast):
    client = signed_in(cast.reyes)
    Session.objects.all().delete()
    assert UserSession.objects.filter(user=cast.reyes.member).exists()
    assert who_arrives(client) == ""


def test_it_comes_with_every_membership_and_gives_them_once(cast: Cast):
    also = Membership.objects.create(member=cast.reyes.member, agency=cast.clinic, roles=["clinician"])
    session = session_of(signed_in(cast.reyes))
    found = session.take_memberships(cast.reyes.member_id)
    assert {(one, one.agency.code, one.member.username) for one in found} == {
        (one, one.agency.code, "reyes") for one in (cast.reyes, also)
    }
    assert session.take_memberships(cast.reyes.member_id) == []


@pytest.mark.parametrize("status", ["suspended", "deactivated"])
def test_member_who_may_no_longer_sign_in_arrives_as_nobody(cast: Cast, status: str):
    client = signed_in(cast.reyes)
    cast.reyes.member.status = status
    cast.reyes.member.save()
    assert who_arrives(client) == ""


def test_membership_that_ended_meanwhile_is_no_duty(cast: Cast):
    client = signed_in(cast.reyes)
    assert client.get("/lookup/").status_code == 200
    Membership.objects.filter(pk=cast.reyes.pk).update(ended_at=b.NOW)
    assert client.get("/lookup/").headers["Location"] == "/duty/"
