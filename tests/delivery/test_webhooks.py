"""Signed messages: what they say, where they may go, and what becomes of the ones that are not taken (X: P-2, P-27)."""

import json
import time
from datetime import timedelta

import pytest
from django.utils import timezone

from continuity.delivery import webhooks
from continuity.delivery.claims import LONGEST_PAUSE, MOST_TRIES, pause_after
from continuity.delivery.rounds import Rests
from continuity.disclosures.models import LedgerEntry
from continuity.notices.models import Delivery, Notice
from continuity.notices.services import remove_endpoint, resend
from tests import builders as b
from tests.delivery.conftest import Outbox, ways
from tests.delivery.receiver import SECRET, Receiver, listening

SENT, WAITS = ("webhook", "sent", ""), "pending"


def test_message_says_kind_and_ids_and_nothing_else(outbox: Outbox, receiver: Receiver):
    outbox.endpoint(receiver)
    notice = outbox.put()
    outbox.turn()
    (got,) = receiver.taken
    assert json.loads(got.body) == {
        "type": "record_changed",
        "timestamp": notice.put_at.isoformat(),
        "data": {"id": str(notice.pk), "kind": "record_changed", "subject": str(notice.subject_id)},
    }
    assert got.id == str(notice.pk)
    assert set(got.headers) == {
        "host", "accept-encoding", "content-length", "content-type", "user-agent",
        "webhook-id", "webhook-timestamp", "webhook-signature",
    }  # fmt: skip
    assert ways(notice) == [SENT]
    notice.refresh_from_db()
    assert notice.state == Notice.State.SENT


def test_what_is_tried_again_is_the_same_message_under_the_same_id(outbox: Outbox, receiver: Receiver):
    outbox.endpoint(receiver)
    notice = outbox.put()
    receiver.mood = "500"
    outbox.turn()
    assert ways(notice) == [("webhook", WAITS, "status_500")]
    receiver.mood = "ok"
    outbox.turn()
    assert receiver.ids == set(), "it waits for its time"
    outbox.turn(outbox.later(seconds=12))
    assert receiver.tried == {str(notice.pk): 2}
    assert ways(notice) == [SENT]


@pytest.mark.parametrize(
    ("mood", "problem"),
    [("404", "status_404"), ("close", "no_connection"), ("redirect", "redirect")],
)
def test_whatever_is_no_success_is_tried_again(outbox: Outbox, receiver: Receiver, mood: str, problem: str):
    receiver.mood = mood
    outbox.endpoint(receiver)
    notice = outbox.put()
    outbox.turn()
    assert ways(notice) == [("webhook", WAITS, problem)]
    assert sum(receiver.tried.values()) == 1, "a redirect is not followed"


@pytest.mark.parametrize("mood", ["hang", "drip"])
def test_receiver_that_keeps_us_waiting_is_left(
    mood: str, receiver: Receiver, settings: object, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(webhooks, "READ", 0.4)
    monkeypatch.setattr(webhooks, "ALTOGETHER", 0.8)
    receiver.mood = mood
    message = webhooks.Message(webhooks.UUID(int=1), receiver.url, SECRET, "{}")
    started = time.monotonic()
    assert webhooks.send(message, at=timezone.now()) in {"timeout", "no_connection"}
    assert time.monotonic() - started < 2


def test_nobody_who_listens_is_a_problem_with_a_name(receiver: Receiver):
    message = webhooks.Message(webhooks.UUID(int=1), "http://127.0.0.1:9/", SECRET, "{}")
    assert webhooks.send(message, at=timezone.now()) == "no_connection"


PRIVATE = ["10.0.0.8", "127.0.0.1", "169.254.169.254", "192.168.1.1", "[::1]", "[fd00::1]", "[::ffff:10.0.0.8]",
           "[64:ff9b::a00:8]", "0.0.0.0", "224.0.0.1", "100.64.0.1"]  # fmt: skip


@pytest.mark.parametrize("host", PRIVATE)
def test_no_message_leaves_for_a_private_address(host: str, settings):
    settings.INSECURE_COOKIES = False
    message = webhooks.Message(webhooks.UUID(int=1), f"https://{host}/", SECRET, "{}")
    assert webhooks.send(message, at=timezone.now()) == "private_address"


@pytest.mark.parametrize(("insecure", "host"), [(True, "192.0.2.1"), (False, "localhost")])
def test_no_message_goes_in_the_clear_but_to_this_machine_in_a_demo(insecure: bool, host: str, settings):
    settings.INSECURE_COOKIES = insecure
    message = webhooks.Message(webhooks.UUID(int=1), f"http://{host}:9/", SECRET, "{}")
    assert webhooks.send(message, at=timezone.now()) == "no_https"


def test_name_that_leads_inside_is_refused_after_it_was_resolved(settings):
    settings.INSECURE_COOKIES = False
    message = webhooks.Message(webhooks.UUID(int=1), "https://localhost/", SECRET, "{}")
    assert webhooks.send(message, at=timezone.now()) == "private_address"


def test_proxy_of_the_environment_is_not_used(outbox: Outbox, receiver: Receiver, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/")
    outbox.endpoint(receiver)
    outbox.put()
    outbox.turn()
    assert len(receiver.taken) == 1


def test_pauses_grow_from_ten_seconds_to_six_hours():
    pauses = [pause_after(tries).total_seconds() for tries in range(1, MOST_TRIES + 1)]
    assert pauses[0] == pytest.approx(10, rel=0.11)
    assert pauses[3] == pytest.approx(270, rel=0.11)
    assert max(pauses) <= LONGEST_PAUSE.total_seconds() * 1.1
    assert pauses[-1] == pytest.approx(LONGEST_PAUSE.total_seconds(), rel=0.11)
    assert timedelta(hours=20) < timedelta(seconds=sum(pauses)) < timedelta(hours=40)


def test_last_try_is_followed_by_a_dead_letter_that_can_be_sent_again(outbox: Outbox, receiver: Receiver):
    outbox.endpoint(receiver)
    receiver.mood = "503"
    notice = outbox.put()
    outbox.turn()
    Delivery.objects.filter(notice=notice).update(attempts=MOST_TRIES - 1)
    outbox.turn(outbox.later(hours=7))
    assert ways(notice) == [("webhook", "dead", "status_503")]
    notice.refresh_from_db()
    assert notice.state == Notice.State.FAILED
    receiver.mood = "ok"
    outbox.turn(outbox.later(days=9))
    assert receiver.taken == []
    resend(by=outbox.admin, delivery_id=notice.deliveries.get().pk, at=timezone.now())
    outbox.turn()
    assert ways(notice) == [SENT]
    assert receiver.ids == {str(notice.pk)}
    notice.refresh_from_db()
    assert notice.state == Notice.State.SENT


def test_endpoint_gets_the_kinds_it_asked_for(outbox: Outbox, receiver: Receiver):
    outbox.endpoint(receiver, kinds=["authorisation_ended"])
    wanted, other = outbox.put(Notice.Kind.AUTHORISATION_ENDED), outbox.put()
    outbox.turn()
    assert receiver.ids == {str(wanted.pk)}
    assert ways(other) == []


def test_removed_endpoint_gets_nothing_more(outbox: Outbox, receiver: Receiver):
    endpoint = outbox.endpoint(receiver)
    receiver.mood = "500"
    notice = outbox.put()
    outbox.turn()
    receiver.mood = "ok"
    remove_endpoint(by=outbox.admin, endpoint_id=endpoint.pk)
    outbox.turn(outbox.later(seconds=20))
    assert ways(notice) == [("webhook", "withheld", "endpoint_removed")]
    assert receiver.taken == []


def test_right_is_asked_again_at_every_send(outbox: Outbox, receiver: Receiver):
    """The system's account is suspended between two tries (S-11)."""
    outbox.endpoint(receiver)
    receiver.mood = "500"
    notice = outbox.put()
    outbox.turn()
    receiver.mood = "ok"
    outbox.system.ended_at = timezone.now()
    outbox.system.save()
    outbox.turn(outbox.later(seconds=20))
    assert ways(notice) == [("webhook", "withheld", "no_right")]
    assert receiver.taken == []


def test_crisis_alert_to_a_system_is_in_the_ledger_before_it_leaves(cast, receiver: Receiver):
    """P-27: that the police met somebody is a disclosure to the clinic that treats them."""
    admin = b.member("clinic-admin", cast.county, "agency_admin")
    system = b.member("clinic-system", cast.county, "system_client")
    box = Outbox(cast.county, admin, system)
    cast.sams_contact.person.team_links.update(notify_on_crisis=True)
    box.endpoint(receiver)
    notice = box.put(Notice.Kind.CRISIS_CONTACT, subject_id=cast.sams_contact.pk)
    box.turn()
    row = LedgerEntry.objects.get(asker=system)
    told = len(receiver.taken)
    assert (row.channel, row.person_id) == ("notice", cast.sam.pk)
    assert row.outcome == ("read" if told else "refused")
    assert ways(notice) == [SENT if told else ("webhook", "withheld", "no_right")]


def test_stranger_of_a_crisis_is_told_nothing(cast, receiver: Receiver):
    """Dr Novak's clinic treats nobody here; a row that no verb would write reaches nobody."""
    admin = b.member("far-admin", cast.elsewhere, "agency_admin")
    box = Outbox(cast.elsewhere, admin, b.member("far-system", cast.elsewhere, "system_client"))
    box.endpoint(receiver)
    notice = box.put(Notice.Kind.CRISIS_CONTACT, subject_id=cast.sams_contact.pk)
    box.turn()
    assert receiver.taken == []
    assert ways(notice) == [("webhook", "withheld", "no_right")]
    assert LedgerEntry.objects.get(asker=box.system).outcome == "refused"


def test_endpoint_that_fails_is_given_a_rest_and_the_others_are_not(outbox: Outbox, receiver: Receiver):
    with listening("500") as broken:
        outbox.endpoint(broken)
        outbox.endpoint(receiver)
        for _ in range(30):
            outbox.put()
        rests = Rests()
        outbox.turn(rests=rests)
        assert len(receiver.ids) == 30
        assert 0 < sum(broken.tried.values()) < 15, "the rest of them were not even tried"
    assert Delivery.objects.filter(state=WAITS, attempts=0).exists()
