"""The inbox and its neighbours: for whom, in which order, how many statements, and the right at the moment of opening."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from standardwebhooks import Webhook

from config.celery import app
from continuity.delivery.opening import _DESKS, _PAGES, WITHOUT_PAGE
from continuity.delivery.tasks import forget_old_notices
from continuity.disclosures.models import LedgerEntry
from continuity.notices.models import Delivery, Notice, NoticePreference, WebhookEndpoint
from continuity.notices.services import put
from tests import builders as b
from tests.cast import signed_in
from tests.delivery.conftest import Outbox

INBOX = "/notices/"


@pytest.fixture
def adeyemi(outbox: Outbox):
    return b.member("adeyemi", outbox.clinic, "treatment_clinician")


def text_of(response) -> str:
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))
    return re.sub(r"\d+ min left , until \d\d:\d\d", "", text)  # the one thing that moves


def test_inbox_says_what_when_and_for_whom_and_no_name(outbox: Outbox, adeyemi):
    team = b.referral_team(outbox.clinic, adeyemi)
    kinds = {
        "LINKAGE_SENT": {"team": team},
        "DRAFT_UNFINISHED": {"member": adeyemi.member},
        "CRISIS_CONTACT": {},
    }
    for minutes, (kind, fields) in enumerate(kinds.items()):
        with time_machine.travel(b.NOW + timedelta(minutes=minutes), tick=False):
            outbox.put(Notice.Kind[kind], **fields)
    said = text_of(signed_in(adeyemi).get(INBOX))
    order = ["One of yours is in crisis", "A contact is still a draft", "A linkage was sent to you"]
    assert [said.index(what) for what in order] == sorted(said.index(what) for what in order)
    assert all(whom in said for whom in ("for team Referrals", "for you", "for your agency"))


def test_stranger_finds_an_empty_inbox_and_no_notice_by_its_id(outbox: Outbox, cast):
    notice = outbox.put()
    stranger = signed_in(cast.novak)
    assert "Nothing waits for you." in text_of(stranger.get(INBOX))
    for name in ("open_notice", "acknowledge_notice"):
        answers = {text_of(stranger.post(reverse(name, args=[one]))) for one in (notice.pk, uuid4())}
        assert len(answers) == 1
    notice.refresh_from_db()
    assert notice.read_at is None


def test_acknowledging_empties_the_inbox_and_the_list_of_all_says_who_did(outbox: Outbox, adeyemi):
    notice = outbox.put()
    client = signed_in(adeyemi)
    response = client.post(reverse("acknowledge_notice", args=[notice.pk]), follow=True)
    assert "Acknowledged." in text_of(response)
    assert "Nothing waits for you." in text_of(response)
    assert "Acknowledged by Adeyemi" in text_of(client.get(INBOX, {"show": "all"}))


def test_nobody_signed_out_reads_or_acknowledges(outbox: Outbox):
    notice = outbox.put()
    for path in (INBOX, reverse("notice_preferences"), reverse("notice_systems"), reverse("dead_letters")):
        assert Client().get(path).status_code == 302
    assert Client().post(reverse("open_notice", args=[notice.pk])).status_code == 302
    notice.refresh_from_db()
    assert notice.read_at is None


def test_opening_by_a_link_does_not_acknowledge(outbox: Outbox, adeyemi):
    notice = outbox.put()
    assert signed_in(adeyemi).get(reverse("open_notice", args=[notice.pk])).status_code == 405


@pytest.mark.parametrize("kind", sorted(_PAGES))
def test_notice_leads_to_the_page_of_what_it_is_about(outbox: Outbox, adeyemi, kind: str):
    notice = outbox.put(Notice.Kind(kind))
    response = signed_in(adeyemi).post(reverse("open_notice", args=[notice.pk]))
    assert response.status_code == 302
    assert response["Location"] == reverse(_PAGES[kind], args=[notice.subject_id])
    notice.refresh_from_db()
    assert notice.read_by == adeyemi


def test_every_kind_has_a_place_or_is_said_to_have_none():
    special = {Notice.Kind.CRISIS_CONTACT, Notice.Kind.AMENDMENT_DUE}
    assert set(_PAGES) | set(_DESKS) | special | WITHOUT_PAGE == set(Notice.Kind)
    assert all(reverse(desk) for desk in _DESKS.values())


def test_crisis_alert_leads_to_the_person_and_the_telling_is_ledgered(cast):
    cast.sam.team_links.update(notify_on_crisis=True)
    notice = put(Notice.Kind.CRISIS_CONTACT, subject_id=cast.sams_contact.pk, agency=cast.county)
    response = signed_in(cast.embedded).post(reverse("open_notice", args=[notice.pk]))
    assert response["Location"] == reverse("person", args=[cast.sam.pk])
    row = LedgerEntry.objects.order_by("id").last()
    assert (row.outcome, row.channel, row.person_id) == ("read", "page", cast.sam.pk)


def test_crisis_alert_whose_right_is_gone_opens_nothing(cast):
    """P-27: the right is asked again at open."""
    cast.sam.team_links.update(notify_on_crisis=False)
    notice = put(Notice.Kind.CRISIS_CONTACT, subject_id=cast.sams_contact.pk, agency=cast.county)
    response = signed_in(cast.embedded).post(reverse("open_notice", args=[notice.pk]))
    assert response.status_code == 404
    assert "There is nothing to open any more" in text_of(response)
    assert not LedgerEntry.objects.filter(outcome__in=("read", "released"), asker=cast.embedded).exists()


def test_inbox_is_turned_page_by_page_without_a_gap(outbox: Outbox, adeyemi):
    ids = [str(outbox.put().pk) for _ in range(60)]
    client, path, seen = signed_in(adeyemi), INBOX, []
    while path:
        html = client.get(path).content.decode()
        seen += re.findall(r"notices/([0-9a-f-]{36})/acknowledge", html)
        later = re.search(r'href="(/notices/\?before=[^"]+)"', html)
        path = later[1] if later else ""
    assert seen == sorted(ids, reverse=True)
    assert client.get(INBOX, {"before": "yesterday"}).status_code == 200


def test_inbox_takes_as_many_statements_for_two_hundred_as_for_one(
    outbox: Outbox, adeyemi, django_assert_num_queries
):
    team = b.referral_team(outbox.clinic, adeyemi)
    client = signed_in(adeyemi)
    client.get(INBOX)
    counts = {}
    for many in (1, 200):
        for _ in range(many):
            notice = outbox.put(team=team)
        client.post(reverse("acknowledge_notice", args=[notice.pk]))
        client.get(INBOX)
        for show in ("", "all"):
            with django_assert_num_queries(2):  # the session with its member, the list
                client.get(INBOX, {"show": show})
        counts[many] = Notice.objects.count()
    assert counts == {1: 1, 200: 201}


# How one is told


def test_wishes_are_kept_and_shown_again(outbox: Outbox, adeyemi):
    client = signed_in(adeyemi)
    typed = {
        "email": "a@clinic.example.org",
        "kinds": ["linkage_sent"],
        "quiet_from": "22:00",
        "quiet_to": "06:30",
    }
    response = client.post(reverse("notice_preferences"), typed, follow=True)
    assert "Your wishes are kept." in text_of(response)
    wish = NoticePreference.objects.get(membership=adeyemi)
    assert (wish.email, f"{wish.quiet_from:%H:%M}", f"{wish.quiet_to:%H:%M}") == (
        typed["email"],
        "22:00",
        "06:30",
    )
    assert set(wish.kinds_off) == set(Notice.Kind) - {"linkage_sent", *Notice.URGENT}
    html = response.content.decode()
    assert 'value="22:00"' in html
    assert html.count(" checked") == 1


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"email": "nobody"}, "This is no e-mail address."),
        ({"quiet_from": "ten", "quiet_to": "06:00"}, "Write the time as 22:00."),
        ({"quiet_from": "25:00", "quiet_to": "06:00"}, "Write the time as 22:00."),
        ({"quiet_from": "22:00"}, "Give both ends of the quiet hours, or neither."),
    ],
)
def test_wrong_wish_is_said_at_its_field_and_what_was_typed_stays(outbox: Outbox, adeyemi, typed, sentence):
    response = signed_in(adeyemi).post(reverse("notice_preferences"), typed)
    assert response.status_code == 400
    assert sentence in text_of(response)
    assert all(f'value="{text}"' in response.content.decode() for text in typed.values())
    assert not NoticePreference.objects.exists()


# Systems and dead letters


def test_system_is_added_with_a_secret_that_is_shown_once(outbox: Outbox, receiver):
    client = signed_in(outbox.admin)
    response = client.post(reverse("notice_systems"), {"url": receiver.url, "acts_as": str(outbox.system.pk)})
    (secret,) = re.findall(r"whsec_[\w+/=]+", response.content.decode())
    endpoint = WebhookEndpoint.objects.get()
    assert Webhook(secret)._whsecret == bytes(endpoint.secret)
    again = client.get(reverse("notice_systems"))
    assert receiver.url.encode() in again.content
    assert b"whsec_" not in again.content
    client.post(reverse("remove_system", args=[endpoint.pk]))
    assert "No system of your agency is told" in text_of(client.get(reverse("notice_systems")))


def test_wrong_system_is_said_at_its_field(outbox: Outbox):
    client = signed_in(outbox.admin)
    for typed, sentence in [
        ({"url": "https://ehr.example.org/"}, "Choose the account that the system acts as."),
        ({"url": "nowhere", "acts_as": str(outbox.system.pk)}, "Give an https address"),
    ]:
        response = client.post(reverse("notice_systems"), typed)
        assert response.status_code == 400
        assert sentence in text_of(response)


@pytest.fixture
def dead(outbox: Outbox, receiver) -> Delivery:
    endpoint = outbox.endpoint(receiver)
    return Delivery.objects.create(
        notice=outbox.put(), channel="webhook", endpoint=endpoint, state="dead", attempts=12,
        last_problem="status_500", due_at=timezone.now(),
    )  # fmt: skip


def test_dead_letter_is_looked_at_and_sent_again(outbox: Outbox, dead: Delivery, receiver):
    client = signed_in(outbox.admin)
    assert "12 tries, the last one: status_500" in text_of(client.get(reverse("dead_letters")))
    again = reverse("resend_dead_letter", args=[dead.pk])
    assert "It is sent again now." in text_of(client.post(again, follow=True))
    assert "is not given up" in text_of(client.post(again, follow=True))
    outbox.turn()
    assert receiver.ids == {str(dead.notice_id)}


def test_systems_and_dead_letters_are_the_administrators_and_the_agencys_own(
    outbox: Outbox, dead: Delivery, adeyemi
):
    far = b.member("far-admin", b.agency("faraway-clinic", "clinic_treatment"), "agency_admin")
    again, stop = (
        reverse("resend_dead_letter", args=[dead.pk]),
        reverse("remove_system", args=[dead.endpoint_id]),
    )
    for path in (reverse("notice_systems"), reverse("dead_letters")):
        assert signed_in(adeyemi).get(path).status_code == 403
        assert b"127.0.0.1" not in signed_in(far).get(path).content
    for path in (again, stop):
        assert signed_in(adeyemi).post(path).status_code == 403
        assert signed_in(far).post(path).status_code == 404
    dead.refresh_from_db()
    assert (dead.state, dead.endpoint.is_active) == ("dead", True)


def test_administrators_pages_take_as_many_statements_for_thirty_as_for_one(
    outbox: Outbox, dead: Delivery, django_assert_num_queries
):
    client = signed_in(outbox.admin)
    client.get(INBOX)
    for _ in range(2):
        with django_assert_num_queries(2):
            client.get(reverse("dead_letters"))
        with django_assert_num_queries(3):
            client.get(reverse("notice_systems"))
        for _ in range(29):
            Delivery.objects.create(
                notice=outbox.put(),
                channel="webhook",
                endpoint=dead.endpoint,
                state="dead",
                due_at=timezone.now(),
            )


def test_notices_are_forgotten_after_ninety_days_with_their_deliveries(outbox: Outbox, dead: Delivery):
    outbox.put()
    at = timezone.now() + timedelta(days=90)
    with time_machine.travel(at - timedelta(minutes=1), tick=False):
        assert forget_old_notices() == 0
    with time_machine.travel(at + timedelta(minutes=1), tick=False):
        newer = outbox.put()
        assert forget_old_notices() == 2
    assert list(Notice.objects.all()) == [newer]
    assert not Delivery.objects.exists()


def test_schedule_names_tasks_that_exist():
    app.autodiscover_tasks(force=True)  # the loader would set up logging anew, without the watch on its lines
    assert {entry["task"] for entry in app.conf.beat_schedule.values()} <= set(app.tasks)
