"""An account is suspended, active again, at its end; roles are given by others; the year's review (S-9, S-10)."""

from datetime import date, timedelta

import pytest

from continuity.agencies import account_lists, accounts
from continuity.agencies.models import AccountReview, Member, Membership
from continuity.agencies.services import create_team
from continuity.errors import Conflict, DomainError, Invalid, NotAllowed, NotFound, Stale
from continuity.trail.models import Event
from tests import builders as b
from tests.agencies.staff import Staff, again, browser_of, events, hire, open_sessions
from tests.builders import NOW, undone

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(db: None) -> Staff:
    return hire()


def refusal(verb, **said) -> str:
    with pytest.raises(DomainError) as refused, undone():
        verb(**said)
    return refused.value.code


OF_A_MEMBER = (
    accounts.suspend,
    accounts.disable_now,
    accounts.activate,
    accounts.deactivate,
    accounts.release_lock,
)


@pytest.mark.parametrize("verb", [*OF_A_MEMBER, accounts.sign_out_elsewhere], ids=lambda one: one.__name__)
def test_verb_is_for_administrators_of_the_own_agency_and_for_others(staff: Staff, verb):
    """The stranger finds nobody, whoever has no duty is refused first, and nobody looks after their own account."""
    assert refusal(verb, by=staff.eve, member_id=staff.reyes.member_id, at=NOW) == "not_found"
    assert refusal(verb, by=staff.reyes, member_id=staff.adam.member_id, at=NOW) == "duty_missing"
    assert refusal(verb, by=staff.adam, member_id=staff.adam.member_id, at=NOW) == "own_account"
    assert refusal(verb, by=staff.adam, member_id=staff.police.pk, at=NOW) == "not_found"


@pytest.mark.parametrize(
    "verb", [accounts.transfer, accounts.change_roles, accounts.review], ids=lambda one: one.__name__
)
def test_the_same_of_verbs_about_a_membership(staff: Staff, verb):
    said = {"change_roles": {"roles": ["supervisor"]}, "review": {"outcome": "kept"}}.get(verb.__name__, {})
    for by, works, code in (
        (staff.eve, staff.reyes, "not_found"),
        (staff.reyes, staff.adam, "duty_missing"),
        (staff.adam, staff.adam, "own_account"),
    ):
        assert refusal(verb, by=by, membership_id=works.pk, at=NOW, **said) == code


def test_suspended_member_is_out_at_once_and_back_by_an_administrator(staff: Staff):
    browser = browser_of(staff.reyes)
    assert browser.get("/lookup/").status_code == 200
    member = accounts.suspend(by=staff.adam, member_id=staff.reyes.member_id, reason="violation", at=NOW)
    assert (member.status, member.status_reason, member.status_changed_at) == ("suspended", "violation", NOW)
    assert browser.get("/lookup/").status_code == 302
    assert refusal(accounts.suspend, by=staff.adam, member_id=member.pk, at=NOW) == "not_active"
    back = accounts.activate(by=staff.adam, member_id=member.pk, at=NOW + timedelta(days=2))
    assert (back.status, back.status_reason, back.activated_at) == ("active", "", NOW + timedelta(days=2))
    assert events(member) == ["account_suspended", "session_ended", "account_activated"]
    assert set(Event.objects.filter(member=member).values_list("about", flat=True)) == {
        str(staff.adam.pk), f"{staff.adam.pk} violation",
    }  # fmt: skip


def test_high_risk_ends_sessions_and_invitations_in_the_same_breath(staff: Staff):
    browsers = [browser_of(staff.reyes, address) for address in ("192.0.2.7", "192.0.2.8")]
    token = accounts.invite(by=staff.adam, member_id=staff.reyes.member_id, kind="reset", at=NOW)
    accounts.disable_now(by=staff.adam, member_id=staff.reyes.member_id, at=NOW)
    assert again(staff.reyes.member).status_reason == "high_risk"
    assert open_sessions(staff.reyes.member) == 0
    assert [one.get("/lookup/").status_code for one in browsers] == [302, 302]
    assert accounts.invitation_for(token, NOW) is None


def test_any_agency_may_close_but_only_the_keeper_opens(staff: Staff):
    Membership.objects.create(member=staff.reyes.member, agency=staff.clinic, roles=["peer_navigator"])
    accounts.disable_now(by=staff.eve, member_id=staff.reyes.member_id, at=NOW)
    assert refusal(accounts.activate, by=staff.eve, member_id=staff.reyes.member_id, at=NOW) == "other_keeper"
    assert (
        refusal(accounts.deactivate, by=staff.eve, member_id=staff.reyes.member_id, at=NOW) == "other_keeper"
    )
    assert (
        refusal(accounts.deactivate, by=staff.adam, member_id=staff.reyes.member_id, at=NOW)
        == "works_elsewhere"
    )
    accounts.activate(by=staff.adam, member_id=staff.reyes.member_id, at=NOW)
    assert again(staff.reyes.member).is_active


def test_deactivated_is_the_end(staff: Staff):
    member = staff.reyes.member
    browser = browser_of(staff.reyes)
    accounts.deactivate(by=staff.adam, member_id=member.pk, at=NOW)
    member = again(member)
    assert (member.status, member.has_usable_password()) == ("deactivated", False)
    assert member.memberships.get().ended_at == NOW
    assert browser.get("/lookup/").status_code == 302
    assert refusal(accounts.activate, by=staff.adam, member_id=member.pk, at=NOW) == "not_found"
    taken = {"username": "reyes", "display_name": "R", "work_email": "r@kestrel.example", "roles": []}
    assert refusal(accounts.enrol_member, by=staff.adam, at=NOW, **taken) == "user_name_taken"
    assert refusal(accounts.take_on, by=staff.eve, username="reyes", roles=[], at=NOW) == "no_such_member"


def test_transfer_ends_the_work_here_and_another_agency_takes_on(staff: Staff):
    team = create_team(agency=staff.police, name="Night")
    staff.reyes.member.groups.add(team.group)
    browser = browser_of(staff.reyes)
    accounts.transfer(by=staff.adam, membership_id=staff.reyes.pk, at=NOW)
    assert browser.get("/lookup/").status_code == 302
    assert not staff.reyes.member.groups.exists()
    works = accounts.take_on(by=staff.eve, username="reyes", roles=["peer_navigator"], at=NOW)
    assert (works.agency, works.is_current) == (staff.clinic, True)
    assert refusal(accounts.take_on, by=staff.eve, username="reyes", roles=[], at=NOW) == "works_here"
    assert events(staff.reyes.member) == ["membership_ended", "session_ended", "membership_begun"]


def test_whoever_comes_back_has_none_of_the_old_privileges(staff: Staff):
    Membership.objects.filter(pk=staff.reyes.pk).update(may_release_emergency=True)
    accounts.transfer(by=staff.adam, membership_id=staff.reyes.pk, at=NOW)
    works = accounts.take_on(by=staff.adam, username="reyes", roles=["officer"], at=NOW)
    assert (works.pk, works.ended_at, works.may_release_emergency) == (staff.reyes.pk, None, False)


def test_roles_and_privileges_are_given_and_every_refusal_is_an_event(staff: Staff):
    works = accounts.change_roles(
        by=staff.adam,
        membership_id=staff.reyes.pk,
        roles=["officer", "supervisor"],
        may_release_emergency=True,
        at=NOW,
    )
    assert (works.roles, works.may_release_emergency) == (["officer", "supervisor"], True)
    assert events(staff.reyes.member) == ["roles_changed"]
    for by, membership, roles, code in (
        (staff.adam, staff.reyes, ["officer", "consent_manager"], "roles_exclude_each_other"),
        (staff.adam, staff.reyes, ["officer", "agency_admin"], "roles_exclude_each_other"),
        (staff.adam, staff.adam, ["agency_admin", "privacy_officer"], "own_account"),
        (staff.reyes, staff.reyes, ["agency_admin"], "duty_missing"),
    ):
        with pytest.raises((Invalid, NotAllowed)) as refused:
            accounts.change_roles(by=by, membership_id=membership.pk, roles=roles, at=NOW)
        row = Event.objects.filter(kind="privilege_refused").latest("pk")
        assert (refused.value.code, row.member, row.about) == (code, by.member, f"{membership.pk} {code}")
    assert Membership.objects.get(pk=staff.reyes.pk).roles == ["officer", "supervisor"]


def test_roles_are_not_changed_on_an_old_page(staff: Staff):
    with pytest.raises(Stale):
        accounts.change_roles(by=staff.adam, membership_id=staff.reyes.pk, roles=[], version=99, at=NOW)


def test_agency_keeps_an_administrator(staff: Staff):
    """Also where the one who does it was just deposed by somebody else and does not know yet."""
    ann = b.member("ann", staff.police, "agency_admin")
    Membership.objects.filter(pk=staff.adam.pk).update(ended_at=NOW)
    for verb, said in (
        (accounts.change_roles, {"membership_id": ann.pk, "roles": ["officer"]}),
        (accounts.transfer, {"membership_id": ann.pk}),
        (accounts.review, {"membership_id": ann.pk, "outcome": "ended"}),
        (accounts.suspend, {"member_id": ann.member_id}),
        (accounts.deactivate, {"member_id": ann.member_id}),
    ):
        assert refusal(verb, by=staff.adam, at=NOW, **said) == "last_administrator"


def test_yearly_review_finds_what_nobody_looked_at_and_ends_what_is_not_needed(staff: Staff):
    a_year_on = NOW + timedelta(days=400)
    waiting = account_lists.to_review(staff.adam, a_year_on)
    assert list(waiting) == [staff.reyes]
    assert not account_lists.to_review(staff.adam, NOW + timedelta(days=300)).exists()
    assert not account_lists.to_review(staff.reyes, a_year_on).exists()
    found = accounts.review(by=staff.adam, membership_id=staff.reyes.pk, outcome="kept", at=a_year_on)
    assert (found.roles, found.reviewed_by) == (["officer"], staff.adam)
    assert not account_lists.to_review(staff.adam, a_year_on).exists()
    accounts.review(by=staff.adam, membership_id=staff.reyes.pk, outcome="ended", at=a_year_on)
    assert Membership.objects.get(pk=staff.reyes.pk).ended_at == a_year_on
    assert AccountReview.objects.count() == 2
    assert events(staff.reyes.member) == ["account_reviewed", "account_reviewed", "membership_ended"]


def test_account_suspended_for_its_training_needs_a_new_one_first(staff: Staff):
    member = staff.reyes.member
    Member.objects.filter(pk=member.pk).update(trained_until=date(2026, 11, 1))
    accounts.sweep(member_id=member.pk, reason=Member.Reason.TRAINING, at=NOW)
    assert refusal(accounts.activate, by=staff.adam, member_id=member.pk, at=NOW) == "training_over"
    Member.objects.filter(pk=member.pk).update(trained_until=date(2026, 12, 1))
    assert accounts.activate(by=staff.adam, member_id=member.pk, at=NOW).is_active


def test_one_session_or_all_are_ended_from_elsewhere(staff: Staff):
    one, other = browser_of(staff.reyes, "192.0.2.7"), browser_of(staff.reyes, "192.0.2.8")
    of_eve = browser_of(staff.eve)
    first = accounts.sessions_of(staff.reyes.member, NOW)[-1]
    assert first.remote_addr == "192.0.2.7"
    accounts.sign_out_elsewhere(by=staff.adam, member_id=staff.reyes.member_id, session_id=first.id, at=NOW)
    assert (one.get("/lookup/").status_code, other.get("/lookup/").status_code) == (302, 200)
    foreign = accounts.sessions_of(staff.eve.member, NOW)[0].id
    with pytest.raises(NotFound):
        accounts.sign_out_elsewhere(
            by=staff.adam, member_id=staff.reyes.member_id, session_id=foreign, at=NOW
        )
    assert accounts.sign_out_elsewhere(by=staff.adam, member_id=staff.reyes.member_id, at=NOW) == 1
    assert other.get("/lookup/").status_code == 302
    assert of_eve.get("/admin/").status_code == 200
    assert events(staff.reyes.member) == ["session_ended", "session_ended"]


def test_conflict_of_two_states(staff: Staff):
    with pytest.raises(Conflict):
        accounts.activate(by=staff.adam, member_id=staff.reyes.member_id, at=NOW)
    assert (
        refusal(accounts.suspend, by=staff.adam, member_id=staff.reyes.member_id, reason="idle", at=NOW)
        == "unknown_reason"
    )
