"""What the clock does to accounts, and who is told: idle, untrained, orphaned, locked, to be reviewed (S-3, S-9)."""

from datetime import date, timedelta
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command

from continuity.agencies import accounts, tasks
from continuity.agencies.models import Member, Membership
from continuity.disclosures.alerts import may_be_told
from continuity.errors import NotFound
from continuity.notices import tasks as telling
from continuity.notices.models import Notice
from tests import builders as b
from tests.agencies.staff import PASSWORD, Staff, again, browser_of, events, hire
from tests.builders import NOW, undone

pytestmark = pytest.mark.django_db
LONG_AGO = NOW - timedelta(days=400)


@pytest.fixture
def staff(db: None) -> Staff:
    with time_machine.travel(NOW, tick=False):
        made = hire()
        Member.objects.update(created_at=LONG_AGO, last_login=NOW - timedelta(days=2))
        yield made


def swept(staff: Staff) -> str:
    tasks.suspend_what_is_over()
    member = again(staff.reyes.member)
    return f"{member.status} {member.status_reason}".strip()


def test_table_of_what_suspends(staff: Staff):
    """90 days idle, training over for a week, nobody's member for a day: by rows alone, and never twice."""
    row = Member.objects.filter(pk=staff.reyes.member_id)
    works = Membership.objects.filter(pk=staff.reyes.pk)
    days = lambda number: NOW - timedelta(days=number)  # noqa: E731
    table = [
        ("signed in lately", lambda: None, "active"),
        ("90 days", lambda: row.update(last_login=days(90)), "active"),
        ("91 days", lambda: row.update(last_login=days(91)), "suspended idle"),
        ("never signed in, old", lambda: row.update(last_login=None), "suspended idle"),
        ("never signed in, new", lambda: row.update(last_login=None, created_at=days(3)), "active"),
        ("given back lately", lambda: row.update(last_login=days(91), activated_at=days(3)), "active"),
        ("invited and forgotten", lambda: row.update(status="invited", last_login=None), "suspended idle"),
        ("training over for 7 days", lambda: row.update(trained_until=date(2026, 11, 13)), "active"),
        ("for 8 days", lambda: row.update(trained_until=date(2026, 11, 12)), "suspended training"),
        ("no training on record", lambda: row.update(trained_until=None), "active"),
        ("left an hour ago", lambda: works.update(ended_at=NOW - timedelta(hours=1)), "active"),
        ("left two days ago", lambda: works.update(ended_at=days(2)), "suspended orphaned"),
        ("a program", lambda: row.update(is_service=True, last_login=None), "active"),
        ("suspended by somebody", lambda: row.update(status="suspended", status_reason="high_risk", last_login=None),
         "suspended high_risk"),
    ]  # fmt: skip
    for name, change, outcome in table:
        with undone():
            change()
            assert (name, swept(staff)) == (name, outcome)


def test_swept_member_is_signed_out_and_the_sweep_is_an_event(staff: Staff):
    with time_machine.travel(NOW, tick=False):
        browser = browser_of(staff.reyes)
    Member.objects.filter(pk=staff.reyes.member_id).update(last_login=NOW - timedelta(days=91))
    assert tasks.suspend_what_is_over() == 1
    assert tasks.suspend_what_is_over() == 0
    assert browser.get("/lookup/").status_code == 302
    assert sorted(events(staff.reyes.member)) == ["account_suspended", "session_ended"]


def test_administrators_are_told_once_and_nobody_else(staff: Staff):
    sue = b.member("sue", staff.police, "supervisor")
    Member.objects.filter(pk=staff.reyes.member_id).update(locked_at=NOW)
    Membership.objects.filter(pk=staff.adam.pk).update(created_at=LONG_AGO)
    Member.objects.filter(pk=sue.member_id).update(
        status="suspended", status_reason="idle", status_changed_at=NOW, created_at=LONG_AGO
    )
    for _ in range(2):
        telling.tell_of_locked_accounts()
        telling.tell_of_suspended_accounts()
        telling.tell_of_reviews_due()
    told = {notice.kind: notice for notice in Notice.objects.all()}
    assert Notice.objects.count() == 3
    assert {kind: notice.subject_id for kind, notice in told.items()} == {
        "account_locked": staff.reyes.pk,
        "account_suspended": sue.pk,
        "account_review_due": staff.adam.pk,
    }
    for notice in told.values():
        assert notice.agency == staff.police
        assert may_be_told(by=staff.adam, notice=notice, at=NOW)
        assert not may_be_told(by=staff.reyes, notice=notice, at=NOW)
        assert not may_be_told(by=staff.eve, notice=notice, at=NOW)


def test_orphaned_account_is_told_where_its_member_worked_last(staff: Staff):
    accounts.transfer(by=staff.adam, membership_id=staff.reyes.pk, at=NOW - timedelta(days=2))
    tasks.suspend_what_is_over()
    telling.tell_of_suspended_accounts()
    assert Notice.objects.get().agency == staff.police


def link_for(*args: str) -> str:
    out = StringIO()
    call_command("invite_administrator", *args, stdout=out)
    return out.getvalue().split("/invitation/")[1].split("/")[0]


def test_first_administrator_is_invited_by_whoever_runs_the_site(staff: Staff):
    sheriff = b.agency("kestrel-sheriff", "sheriff")
    token = link_for("kestrel-sheriff", "tess", "--name", "Tess", "--email", "tess@sheriff.example")
    member = accounts.accept_invitation(token=token, password=PASSWORD, at=NOW)
    works = member.memberships.get()
    assert (works.agency, works.roles, member.status) == (sheriff, ["agency_admin"], "active")


def test_command_gives_nobody_a_second_way_in(staff: Staff):
    for said in (("kestrel-police", "mallory"), ("no-such-agency", "mallory"), ("kestrel-police", "reyes")):
        with pytest.raises(CommandError):
            link_for(*said)
    assert not Member.objects.filter(username="mallory").exists()


def test_only_administrator_who_lost_everything_is_invited_anew(staff: Staff):
    Member.objects.filter(pk=staff.adam.member_id).update(locked_at=NOW)
    token = link_for("kestrel-police", "adam")
    member = again(staff.adam.member)
    assert (member.status, member.locked_at, member.has_usable_password()) == ("invited", None, False)
    accounts.accept_invitation(token=token, password=PASSWORD, at=NOW)
    assert again(member).is_active
    with pytest.raises(NotFound):
        accounts.accept_invitation(token=token, password=PASSWORD, at=NOW)
