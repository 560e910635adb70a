"""The link of an invitation by e-mail: to the work address alone, beside the page that shows it once (S-9)."""

import re

import pytest
from django.core import mail

from continuity.agencies import accounts
from continuity.agencies.models import Member, Membership
from tests.agencies.staff import Staff, hire
from tests.backoffice.test_accounts import page_of, press, read
from tests.builders import NOW
from tests.cast import signed_in

pytestmark = pytest.mark.django_db
SITE = "https://continuity.example.org"


@pytest.fixture
def staff(db: None) -> Staff:
    return hire()


@pytest.fixture
def quill(staff: Staff) -> Membership:
    member = accounts.enrol_member(
        by=staff.adam, username="quill", display_name="Quill", work_email="quill@kestrel.example",
        roles=["officer"], at=NOW,
    )  # fmt: skip
    return member.memberships.get()


def links(text: str) -> set[str]:
    return set(re.findall(r"https?://[\w.:]+/invitation/[\w-]+/", text))


def test_link_is_mailed_to_the_work_address_and_shown_once(staff: Staff, quill: Membership, settings):
    settings.SITE_URL = SITE
    desk = signed_in(staff.adam)
    page = press(desk, quill, "invite").content.decode()
    (sent,) = mail.outbox
    assert (sent.to, sent.cc, sent.bcc) == (["quill@kestrel.example"], [], [])
    assert links(sent.body) == links(page)
    assert len(links(page)) == 1
    assert links(page).pop().startswith(f"{SITE}/invitation/")
    assert "Mailed to quill@kestrel.example." in page
    assert links(read(desk, page_of(quill))) == set()
    assert "officer" not in sent.subject + sent.body


def test_reset_is_mailed_too_and_to_nobody_else(staff: Staff, settings):
    settings.SITE_URL = SITE
    Member.objects.filter(pk=staff.reyes.member_id).update(work_email="reyes@kestrel.example")
    press(signed_in(staff.adam), staff.reyes, "reset")
    assert [one.to for one in mail.outbox] == [["reyes@kestrel.example"]]


def test_mail_server_that_is_away_is_said_and_the_link_is_there_to_hand_over(
    staff: Staff, quill: Membership, settings
):
    settings.SITE_URL = SITE
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    answer = press(signed_in(staff.adam), quill, "invite")
    page = answer.content.decode()
    assert (answer.status_code, len(links(page))) == (200, 1)
    assert "It could not be mailed to quill@kestrel.example" in page
    assert "Hand this link over now" in page


@pytest.mark.parametrize(("site", "address"), [("", "quill@kestrel.example"), (SITE, "")])
def test_nothing_is_mailed_without_an_address_of_the_site_or_of_the_member(
    staff: Staff, quill: Membership, settings, site: str, address: str
):
    settings.SITE_URL = site
    Member.objects.filter(pk=quill.member_id).update(work_email=address)
    page = press(signed_in(staff.adam), quill, "invite").content.decode()
    assert mail.outbox == []
    assert "Hand this link over now" in page
    assert "could not be mailed" not in page


def test_refused_invitation_mails_nothing(staff: Staff, settings):
    settings.SITE_URL = SITE
    Member.objects.filter(pk=staff.reyes.member_id).update(work_email="reyes@kestrel.example")
    assert press(signed_in(staff.adam), staff.reyes, "invite").status_code == 409  # set up already
    assert mail.outbox == []
