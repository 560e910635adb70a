"""Two at one account on two real connections: whoever closes it wins, and an invitation is spent once (S-9)."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections, transaction

from continuity.agencies import accounts
from continuity.agencies.account_moves import withdraw_open_invitations
from continuity.agencies.models import FormerPassword, Member
from continuity.errors import DomainError
from tests.agencies.staff import PASSWORD, Staff, again, events, hire
from tests.builders import NOW
from tests.consents.test_two_at_once import until, waiting

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def staff(transactional_db: None) -> Staff:
    return hire()


def accept(token: str, password: str = PASSWORD) -> str:
    """The code of what whoever holds the link is told; "" when they are in."""
    try:
        accounts.accept_invitation(token=token, password=password, at=NOW)
    except DomainError as told:
        return told.code
    finally:
        connections.close_all()
    return ""


def test_link_that_is_used_while_the_account_is_closed_opens_nothing_and_stops_nobody(staff: Staff):
    """Whoever closes holds the member and comes to the link next: whoever uses the link must not hold that already."""
    member = staff.reyes.member
    token = accounts.invite(by=staff.adam, member_id=member.pk, kind="reset", at=NOW)
    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            held = Member.objects.select_for_update().get(pk=member.pk)
            told = threads.submit(accept, token)
            until(waiting(1), [told])
            withdraw_open_invitations(held, NOW)
        assert told.result(timeout=20) == "not_found"
    assert not again(member).has_usable_password()


def test_link_is_spent_once_by_two_at_the_same_moment(staff: Staff):
    member = staff.reyes.member
    token = accounts.invite(by=staff.adam, member_id=member.pk, kind="reset", at=NOW)
    with ThreadPoolExecutor(2) as threads:
        with transaction.atomic():
            Member.objects.select_for_update().get(pk=member.pk)
            told = [threads.submit(accept, token, f"{PASSWORD} {number}") for number in range(2)]
            until(waiting(2), told)
        assert sorted(one.result(timeout=20) for one in told) == ["", "not_found"]
    assert events(member).count("invitation_used") == 1
    assert FormerPassword.objects.filter(member=member).count() == 1
