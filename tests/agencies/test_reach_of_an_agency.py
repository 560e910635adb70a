"""What an agency's administrator cannot do to somebody by taking them on: come in as them, or leave others without (S-9, S-10)."""

import pytest
from django.contrib.auth.models import Permission

from continuity.agencies import accounts
from continuity.agencies.models import Member, Membership
from continuity.errors import Conflict, DomainError
from tests.agencies.staff import Staff, again, browser_of, hire
from tests.builders import NOW, undone

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(db: None) -> Staff:
    return hire()


@pytest.fixture(params=["superuser", "permission", "locked"])
def root(request: pytest.FixtureRequest, staff: Staff) -> Member:
    """Who administers the whole site; guesses of anybody may have locked the account."""
    made = Member.objects.create_user("root", "correct horse", display_name="Root")
    if request.param == "permission":
        made.user_permissions.add(Permission.objects.get(codename="change_agency"))
    else:
        Member.objects.filter(pk=made.pk).update(
            is_superuser=True, locked_at=NOW if request.param == "locked" else None
        )
    return again(made)


def refusal(verb, **said) -> str:
    with pytest.raises(DomainError) as refused, undone():
        verb(at=NOW, **said)
    return refused.value.code


def test_no_agency_takes_on_whoever_administers_the_whole_site(staff: Staff, root: Member):
    assert refusal(accounts.take_on, by=staff.eve, username="root", roles=[]) == "no_such_member"


def test_no_agency_invites_anew_whoever_administers_the_whole_site(staff: Staff, root: Member):
    """Its administrator would hold the link, and be everybody's."""
    Membership.objects.create(member=root, agency=staff.clinic, roles=[])
    for kind in ("first", "reset"):
        said = {"by": staff.eve, "member_id": root.pk, "kind": kind}
        assert refusal(accounts.invite, **said) == "site_administrator"
    assert again(root).check_password("correct horse")


def test_no_agency_leaves_another_one_without_an_administrator(staff: Staff):
    accounts.take_on(by=staff.eve, username="adam", roles=["peer_navigator"], at=NOW)
    for verb in (accounts.suspend, accounts.disable_now):
        assert refusal(verb, by=staff.eve, member_id=staff.adam.member_id) == "last_administrator"
    assert again(staff.adam.member).is_active


def test_what_a_member_does_for_another_agency_is_not_shown(staff: Staff):
    """Where they are signed in and what happened there is their first agency's to see."""
    browser_of(staff.reyes, "192.0.2.77")
    works = accounts.take_on(by=staff.eve, username="reyes", roles=["peer_navigator"], at=NOW)
    page = browser_of(staff.eve).get(f"/admin/accounts/{works.pk}/").content.decode()
    assert "keeps this account" in page
    assert "192.0.2.77" not in page
    assert "Chrome" not in page
    own = browser_of(staff.adam).get(f"/admin/accounts/{staff.reyes.pk}/").content.decode()
    assert "192.0.2.77" in own


def test_link_ends_with_the_work_that_it_was_for(staff: Staff):
    member = accounts.enrol_member(
        by=staff.adam, username="quill", display_name="Quill", work_email="quill@kestrel.example",
        roles=["officer"], at=NOW,
    )  # fmt: skip
    token = accounts.invite(by=staff.adam, member_id=member.pk, at=NOW)
    accounts.transfer(by=staff.adam, membership_id=member.memberships.get().pk, at=NOW)
    assert accounts.invitation_for(token, NOW) is None


def test_link_stays_while_there_is_other_work(staff: Staff):
    Membership.objects.create(member=staff.reyes.member, agency=staff.clinic, roles=["peer_navigator"])
    token = accounts.invite(by=staff.adam, member_id=staff.reyes.member_id, kind="reset", at=NOW)
    second = Membership.objects.get(member=staff.reyes.member, agency=staff.clinic)
    accounts.transfer(by=staff.eve, membership_id=second.pk, at=NOW)
    assert accounts.invitation_for(token, NOW) is not None
    with pytest.raises(Conflict):
        accounts.activate(by=staff.adam, member_id=staff.reyes.member_id, at=NOW)
