"""Sign-in, its failure and sign-out are events of the trail, and hold no clear user name (S-6, P-19)."""

from collections import Counter

import pytest
from django.test import Client

from continuity.agencies.models import Member
from continuity.trail.models import AuditEntry, Event
from tests import builders as b
from tests.factors import code_of, give_app, sign_in

pytestmark = pytest.mark.django_db
KINDS = Event.Kind


@pytest.fixture
def reyes() -> Member:
    return b.member("reyes", b.agency("kestrel-police", "police"), "officer").member


@pytest.fixture
def secret(reyes: Member) -> str:
    return give_app(reyes)


CIRCUMSTANCES = {"headers": {"X-Request-ID": "edge-0123456789", "X-Forwarded-For": "192.0.2.7"}}


def try_password(client: Client, username: str = "reyes", password: str = "correct horse") -> None:
    client.post("/sign-in/", {"username": username, "password": password}, **CIRCUMSTANCES)


def told(event: Event) -> str:
    return " ".join(str(value) for value in vars(event).values())


def test_sign_in_is_an_event_with_member_address_and_request(client: Client, reyes: Member, secret: str):
    try_password(client)
    assert not Event.objects.exists(), "half of a sign-in is none"
    client.post("/sign-in/second-factor/", {"code": code_of(secret)}, **CIRCUMSTANCES)
    event = Event.objects.get()
    assert (event.kind, event.member) == (KINDS.SIGNED_IN, reyes)
    assert (event.remote_addr, event.request_id) == ("192.0.2.7", "edge-0123456789")


def test_sign_out_is_an_event(client: Client, reyes: Member, secret: str):
    sign_in(client, "reyes", secret)
    client.post("/sign-out/")
    assert [event.kind for event in Event.objects.order_by("at")] == [KINDS.SIGNED_IN, KINDS.SIGNED_OUT]
    assert Event.objects.filter(member=reyes).count() == 2


@pytest.mark.parametrize(
    ("username", "password"),
    [("reyes", "wrong battery"), ("nobody-here", "wrong battery"), ("correct horse", "reyes")],
    ids=["wrong password", "unknown member", "password in the wrong field"],
)
def test_failed_sign_in_is_an_event_without_what_was_typed(
    client: Client, reyes: Member, username: str, password: str
):
    try_password(client, username, password)
    event = Event.objects.get()
    assert (event.kind, event.member) == (KINDS.SIGN_IN_FAILED, None)
    assert event.about
    assert username not in told(event)
    assert password not in told(event)


def test_failures_for_one_name_can_be_counted(client: Client, reyes: Member):
    for username in ("reyes", "reyes", "other"):
        try_password(client, username, "wrong battery")
    assert sorted(Counter(Event.objects.values_list("about", flat=True)).values()) == [1, 2]


def test_suspended_member_fails_to_sign_in(client: Client, reyes: Member):
    reyes.status = Member.Status.SUSPENDED
    reyes.save()
    try_password(client)
    assert Event.objects.get().kind == KINDS.SIGN_IN_FAILED


def test_history_of_the_sign_in_names_its_actor_and_never_the_password(
    client: Client, reyes: Member, secret: str
):
    sign_in(client, "reyes", secret)
    created, signed_in = AuditEntry.objects.filter(object_pk=str(reyes.pk)).order_by("pk")
    assert set(signed_in.changes) == {"last_login", "version"}
    assert signed_in.actor == reyes
    assert reyes.password not in str(created.changes)
