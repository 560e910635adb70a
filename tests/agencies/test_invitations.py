"""An account begins by an invitation: one use, 72 hours, only through the agency that keeps it (S-2, S-9)."""

from datetime import timedelta

import pytest

from continuity.agencies import accounts
from continuity.agencies.models import FormerPassword, Invitation, Member, Membership
from continuity.errors import Conflict, Incomplete, Invalid, NotAllowed, NotFound
from continuity.trail.models import AuditEntry
from tests.agencies.staff import PASSWORD, Staff, again, browser_of, events, give_factor, hire, open_sessions
from tests.builders import NOW, undone

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def staff(db: None) -> Staff:
    return hire()


def enrol(staff: Staff, **said: object) -> Member:
    told = {
        "username": "quill",
        "display_name": "Quill",
        "work_email": "Quill@kestrel.example",
        "roles": ["officer"],
    }
    return accounts.enrol_member(by=staff.adam, at=NOW, **(told | said))  # type: ignore[arg-type]


def test_enrolled_member_is_invited_and_can_do_nothing_yet(staff: Staff):
    member = enrol(staff)
    works = member.memberships.get()
    assert (member.status, member.work_email, member.has_usable_password()) == (
        "invited",
        "quill@kestrel.example",
        False,
    )
    assert (works.agency, works.roles, works.is_current) == (staff.police, ["officer"], False)
    assert events(member) == ["membership_begun"]


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"username": "reyes"}, "user_name_taken"),
        ({"username": "REYES"}, "user_name_taken"),
        ({"username": "two words"}, "wrong_user_name"),
        ({"display_name": " "}, "no_name"),
        ({"work_email": "nowhere"}, "no_address"),
        ({"roles": ["officer", "consent_manager"]}, "roles_exclude_each_other"),
        ({"roles": ["auditor", "supervisor"]}, "roles_exclude_each_other"),
        ({"roles": ["agency_admin", "officer"]}, "roles_exclude_each_other"),
        ({"roles": ["system_client"]}, "role_of_programs"),
        ({"roles": ["sheriff of nottingham"]}, "unknown_role"),
    ],
)
def test_nobody_is_enrolled_as_what_may_not_be(staff: Staff, said: dict[str, object], code: str):
    with pytest.raises((Invalid, Conflict)) as refused:
        enrol(staff, **said)
    assert refused.value.code == code
    assert not Member.objects.filter(display_name="Quill").exists()


def test_address_is_one_member_s_of_an_agency(staff: Staff):
    enrol(staff)
    with pytest.raises(Conflict) as refused:
        enrol(staff, username="quill2", work_email="QUILL@kestrel.example")
    assert refused.value.code == "address_taken"


def test_invitation_is_accepted_once_and_makes_the_account_active(staff: Staff):
    member = enrol(staff)
    token = accounts.invite(by=staff.adam, member_id=member.pk, at=NOW)
    invited = accounts.invitation_for(token, LATER)
    assert invited is not None
    assert invited.member == member
    accepted = accounts.accept_invitation(token=token, password=PASSWORD, at=LATER)
    assert (accepted.status, accepted.activated_at, accepted.password_changed_at) == ("active", LATER, LATER)
    assert again(member).check_password(PASSWORD)
    assert accounts.invitation_for(token, LATER) is None
    with pytest.raises(NotFound):
        accounts.accept_invitation(token=token, password=PASSWORD, at=LATER)
    assert events(member) == [
        "membership_begun", "invited", "password_changed", "account_activated", "invitation_used",
    ]  # fmt: skip
    assert "invitation_refused" in events()


def test_token_is_not_in_the_database(staff: Staff):
    token = accounts.invite(by=staff.adam, member_id=enrol(staff).pk, at=NOW)
    (row,) = Invitation.objects.values()
    assert token not in str(row)
    assert not AuditEntry.objects.filter(changes__icontains=row["token_hmac"]).exists()


def test_token_that_opens_nothing_is_one_answer(staff: Staff):
    """Unknown, spent, over, withdrawn, replaced, of a suspended account: nobody learns which."""
    member = enrol(staff)
    token = accounts.invite(by=staff.adam, member_id=member.pk, at=NOW)
    cases = {
        "over": lambda: None,
        "withdrawn": lambda: accounts.withdraw_invitation(
            by=staff.adam, invitation_id=Invitation.objects.get().pk, at=LATER
        ),
        "replaced": lambda: accounts.invite(by=staff.adam, member_id=member.pk, at=LATER),
        "suspended": lambda: accounts.suspend(by=staff.adam, member_id=member.pk, at=LATER),
    }
    for name, first in cases.items():
        with undone():
            first()
            at = NOW + timedelta(hours=72) if name == "over" else LATER
            with pytest.raises(NotFound) as refused:
                accounts.accept_invitation(token=token, password=PASSWORD, at=at)
            assert (name, refused.value.code, again(member).has_usable_password()) == (
                name,
                "not_found",
                False,
            )
    assert accounts.invitation_for("no-such-token", NOW) is None


def test_weak_password_is_refused_and_the_invitation_stays_open(staff: Staff):
    member = enrol(staff)
    token = accounts.invite(by=staff.adam, member_id=member.pk, at=NOW)
    with pytest.raises(Incomplete) as refused:
        accounts.accept_invitation(token=token, password="kestrel", at=LATER)
    assert {one.field for one in refused.value.errors} == {"password"}
    assert len(refused.value.errors) == 2
    assert accounts.invitation_for(token, LATER) is not None


def test_reset_takes_password_factors_and_sessions_away_at_once(staff: Staff):
    member = staff.reyes.member
    browser = browser_of(staff.reyes)
    give_factor(member)
    token = accounts.invite(by=staff.adam, member_id=member.pk, kind="reset", at=NOW)
    assert not again(member).has_usable_password()
    assert (member.authenticator_set.count(), open_sessions(member)) == (0, 0)
    assert browser.get("/lookup/").status_code == 302
    assert events(member)[-3:] == ["factor_removed", "session_ended", "invited"]
    with pytest.raises(Incomplete):
        accounts.accept_invitation(token=token, password="correct horse", at=LATER)
    accounts.accept_invitation(token=token, password=PASSWORD, at=LATER)
    assert again(member).status == "active"


@pytest.mark.parametrize(
    ("which", "kind", "code"),
    [
        ("reyes", "first", "set_up_already"),
        ("eve", "reset", "not_found"),
        ("adam", "reset", "own_account"),
    ],
)
def test_invitation_is_for_others_of_the_own_agency_in_the_right_state(staff: Staff, which, kind, code):
    with pytest.raises((Conflict, NotFound, NotAllowed)) as refused:
        accounts.invite(by=staff.adam, member_id=getattr(staff, which).member_id, kind=kind, at=NOW)
    assert refused.value.code == code


def test_second_agency_cannot_invite_anew_whom_the_first_one_keeps(staff: Staff):
    """Else its administrator could come in as somebody of the first agency."""
    Membership.objects.create(member=staff.reyes.member, agency=staff.clinic, roles=["peer_navigator"])
    with pytest.raises(NotAllowed) as refused:
        accounts.invite(by=staff.eve, member_id=staff.reyes.member_id, kind="reset", at=NOW)
    assert refused.value.code == "other_keeper"
    assert again(staff.reyes.member).check_password("correct horse")
    with pytest.raises(NotFound):
        accounts.withdraw_invitation(by=staff.eve, invitation_id=staff.reyes.pk, at=NOW)


def test_duty_is_asked_first(staff: Staff):
    for verb, said in (
        (accounts.invite, {"member_id": staff.reyes.member_id}),
        (accounts.withdraw_invitation, {"invitation_id": staff.reyes.pk}),
    ):
        with pytest.raises(NotAllowed) as refused:
            verb(by=staff.reyes, at=NOW, **said)  # type: ignore[operator]
        assert refused.value.code == "duty_missing"


def test_own_password_is_changed_and_the_last_five_are_not_taken_again(staff: Staff):
    member, old = staff.reyes.member, "correct horse"
    for number in range(7):
        accounts.change_password(member=member, old=old, new=(new := f"seven quiet herons {number}"), at=NOW)
        old = new
    assert FormerPassword.objects.filter(member=member).count() == 5
    for number, may in ((6, False), (5, False), (1, False), (0, True)):
        with undone():
            try:
                accounts.change_password(member=member, old=old, new=f"seven quiet herons {number}", at=NOW)
                was_taken = True
            except Incomplete:
                was_taken = False
        assert (number, was_taken) == (number, may)
    with pytest.raises(Invalid) as refused:
        accounts.change_password(member=member, old="guess", new="eleven loud geese", at=NOW)
    assert refused.value.field == "old"
    assert events(member).count("password_changed") == 7


def test_password_is_due_after_a_year_or_when_its_age_is_unknown(staff: Staff):
    member = staff.reyes.member
    for changed_at, due in (
        (None, True),
        (NOW - timedelta(days=365), True),
        (NOW - timedelta(days=364), False),
    ):
        member.password_changed_at = changed_at
        assert accounts.password_is_due(member, NOW) is due
    member.password_changed_at = None
    member.set_unusable_password()
    assert not accounts.password_is_due(member, NOW)
