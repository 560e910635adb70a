"""E-mail: that there is a notice, not more; gathered, within a member's wishes, and never late for a crisis."""

from datetime import UTC, datetime, time, timedelta
from uuid import uuid4

import pytest
from django.core import mail
from django.utils import timezone

from continuity.delivery import rounds
from continuity.delivery.fan_out import GATHERED_FOR
from continuity.delivery.mail import end_of_quiet
from continuity.notices.models import Delivery, Notice, NoticePreference
from continuity.notices.services import set_preference
from tests import builders as b
from tests.delivery.conftest import Outbox, ways

SOON = GATHERED_FOR + timedelta(seconds=1)


@pytest.fixture
def adeyemi(outbox: Outbox):
    member = b.member("adeyemi", outbox.clinic, "treatment_clinician")
    set_preference(by=member, email="adeyemi@clinic.example.org")
    return member


def mailed(outbox: Outbox, at: datetime | None = None) -> list[str]:
    """Whom this slice wrote to."""
    before = len(mail.outbox)
    outbox.turn(at)
    return [address for one in mail.outbox[before:] for address in one.to]


def test_e_mail_says_neither_who_nor_what(outbox: Outbox, adeyemi, settings):
    settings.SITE_URL = "https://continuity.example.org/"
    notice = outbox.put()
    assert mailed(outbox) == [], "what is not urgent is gathered first"
    assert mailed(outbox, timezone.now() + SOON) == ["adeyemi@clinic.example.org"]
    (one,) = mail.outbox
    assert one.subject == "You have a notice in Continuity"
    assert one.body.split() == [
        "You",
        "have",
        "a",
        "notice",
        "in",
        "Continuity.",
        "Read",
        "it",
        "here:",
        "https://continuity.example.org/notices/",
        "This",
        "address",
        "does",
        "not",
        "read",
        "answers.",
    ]
    assert ways(notice) == [("email", "sent", "")]


def test_busy_hour_is_one_e_mail(outbox: Outbox, adeyemi):
    for _ in range(40):
        outbox.put()
    outbox.turn()
    assert mailed(outbox, timezone.now() + SOON) == ["adeyemi@clinic.example.org"]
    assert Delivery.objects.filter(state="sent").count() == 40


@pytest.fixture
def crisis(cast) -> tuple[Outbox, Notice]:
    """The clinician whose team treats Sam is to be told of Sam's contact."""
    box = Outbox(cast.county, cast.embedded, cast.embedded)
    cast.sam.team_links.update(notify_on_crisis=True)
    return box, box.put(Notice.Kind.CRISIS_CONTACT, subject_id=cast.sams_contact.pk)


def all_day_quiet(member, **fields):
    """Quiet from a minute ago until a minute before that: it is always quiet."""
    local = member.agency.local(timezone.now())
    begin, end = (local - timedelta(minutes=1)).time(), (local - timedelta(minutes=2)).time()
    return set_preference(by=member, email="m@clinic.example.org", quiet_from=begin, quiet_to=end)


def test_crisis_alert_goes_at_once_and_through_quiet_hours(crisis, cast):
    box, notice = crisis
    all_day_quiet(cast.embedded)
    assert mailed(box) == ["m@clinic.example.org"]
    assert ways(notice) == [("email", "sent", "")]
    assert "crisis" not in mail.outbox[0].subject + mail.outbox[0].body


def test_what_is_not_urgent_waits_for_the_end_of_quiet_hours(outbox: Outbox, adeyemi):
    all_day_quiet(adeyemi)
    outbox.put()
    outbox.turn()
    assert mailed(outbox, timezone.now() + SOON) == []
    waiting = Delivery.objects.get()
    assert (waiting.state, waiting.attempts) == ("pending", 0)
    assert waiting.due_at > timezone.now() + timedelta(hours=23)
    NoticePreference.objects.update(quiet_from=None, quiet_to=None)
    assert mailed(outbox, waiting.due_at) == ["m@clinic.example.org"]


@pytest.mark.parametrize(
    ("local", "quiet_from", "quiet_to", "until"),
    [
        # Los Angeles is 8 hours behind UTC in winter, 7 in summer; the clocks go back on 2026-11-01 at 02:00.
        (datetime(2026, 1, 10, 6, 0, tzinfo=UTC), time(22), time(6), datetime(2026, 1, 10, 14, tzinfo=UTC)),
        (datetime(2026, 1, 10, 10, 0, tzinfo=UTC), time(22), time(6), datetime(2026, 1, 10, 14, tzinfo=UTC)),
        (datetime(2026, 1, 10, 14, 0, tzinfo=UTC), time(22), time(6), None),
        (datetime(2026, 1, 10, 13, 59, tzinfo=UTC), time(22), time(6), datetime(2026, 1, 10, 14, tzinfo=UTC)),
        (datetime(2026, 1, 10, 5, 59, tzinfo=UTC), time(22), time(6), None),
        (datetime(2026, 11, 1, 6, 0, tzinfo=UTC), time(22), time(6), datetime(2026, 11, 1, 14, tzinfo=UTC)),
        (
            datetime(2026, 1, 10, 20, 30, tzinfo=UTC),
            time(12),
            time(13),
            datetime(2026, 1, 10, 21, tzinfo=UTC),
        ),
        (datetime(2026, 1, 10, 21, 0, tzinfo=UTC), time(12), time(13), None),
    ],
)
def test_quiet_hours_end_on_the_agencys_clock(local, quiet_from, quiet_to, until, outbox: Outbox):
    wish = NoticePreference(quiet_from=quiet_from, quiet_to=quiet_to)
    assert end_of_quiet(wish, outbox.clinic.local(local)) == until


def test_who_is_not_meant_or_does_not_want_it_gets_no_e_mail(outbox: Outbox, adeyemi):
    others = [
        b.member(name, outbox.clinic, "treatment_clinician") for name in ("teamed", "off", "gone", "silent")
    ]
    teamed, off, gone, _ = others
    for member in others[:3]:
        set_preference(by=member, email=f"{member.member.username}@clinic.example.org")
    set_preference(by=off, email="off@clinic.example.org", kinds_off=["record_changed"])
    gone.ended_at = timezone.now()
    gone.save()
    team = b.referral_team(outbox.clinic, teamed, off)
    for fields in ({"team": team}, {"member": adeyemi.member}):
        outbox.put(**fields)
    outbox.turn()
    assert sorted(mailed(outbox, timezone.now() + SOON)) == [
        "adeyemi@clinic.example.org",
        "teamed@clinic.example.org",
    ]


def test_wish_that_was_taken_back_counts_at_the_moment_of_sending(outbox: Outbox, adeyemi):
    notice = outbox.put()
    outbox.turn()
    set_preference(by=adeyemi, email="")
    assert mailed(outbox, timezone.now() + SOON) == []
    assert ways(notice) == [("email", "withheld", "not_wanted")]


def test_right_that_was_lost_counts_at_the_moment_of_sending(crisis, cast):
    """Sam took back that the team is told of a crisis (P-27)."""
    box, notice = crisis
    set_preference(by=cast.embedded, email="m@clinic.example.org")
    cast.sam.team_links.update(notify_on_crisis=False)
    assert mailed(box) == []
    assert ways(notice) == [("email", "withheld", "no_right")]


def test_mail_server_that_is_away_is_tried_again(outbox: Outbox, adeyemi, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    notice = outbox.put()
    outbox.turn()
    outbox.turn(timezone.now() + SOON)
    assert ways(notice) == [("email", "pending", "no_connection")]


def test_notice_to_a_member_who_left_or_an_agency_that_closed_is_withheld(outbox: Outbox, adeyemi):
    to_member = outbox.put(member=adeyemi.member)
    adeyemi.ended_at = timezone.now()
    adeyemi.save()
    closed = b.agency("closed-clinic", "clinic_treatment", status="closed")
    to_agency = outbox.put(agency=closed)
    outbox.turn()
    assert {one.state for one in Notice.objects.filter(pk__in=[to_member.pk, to_agency.pk])} == {"withheld"}
    assert not Delivery.objects.exists()


def test_one_that_cannot_be_started_does_not_stand_in_the_way(outbox: Outbox, receiver, monkeypatch, caplog):
    outbox.endpoint(receiver)
    bad, good = outbox.put(), outbox.put()
    asked = rounds.may_be_told

    def fail_for_one(*, notice, **fields):
        if notice.pk == bad.pk:
            raise ValueError(str(uuid4()))
        return asked(notice=notice, **fields)

    monkeypatch.setattr(rounds, "may_be_told", fail_for_one)
    outbox.turn()
    assert receiver.ids == {str(good.pk)}
    assert ways(bad) == [("webhook", "pending", "fault")]
    assert f"delivery {bad.deliveries.get().pk} was not started" in caplog.text
