"""How the pages of an emergency are asked: what is typed, and what the pages say without what moves."""

import re
from collections.abc import Iterator

import pytest
import time_machine
from django.test import Client

from continuity.access.models import EmergencyAccess
from continuity.agencies.models import Membership
from continuity.disclosures.models import LedgerEntry
from tests.builders import NOW
from tests.cast import Cast, signed_in

NEW = "/emergencies/new/"
NOTHING = "No information can be shared."
WHY = {
    "incident_ref": "2026-0001",
    "last": "Testcase",
    "first": "Sam",
    "birth_date": "4/3/1988",
    "reason_code": "imminent_self_harm",
    "nature": "On the bridge railing",
    "reason": "Stands on the railing and will not talk to us.",
    "recipient_name": "Reyes",
    "recipient_facility": "Kestrel Police",
    "send": "1",
}
DESCRIBED = ("incident_ref", "last", "first", "birth_date", "identifier")
UNKNOWN = {"last": "Nobodyknown"}
_MOVING = (
    (re.compile(r'name="csrfmiddlewaretoken" value="\w+"'), "token"),
    (re.compile(r'name="once" value="\w+"'), "once"),
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "id"),
)


@pytest.fixture(autouse=True)
def clinicians_answer(cast: Cast) -> Iterator[None]:
    """The clock stands; the county's clinician answers, and may break glass."""
    with time_machine.travel(NOW, tick=False):
        for name in ("embedded", "second"):
            one = Membership.objects.get(member__username=name)
            one.may_release_emergency = one.may_break_glass = True
            one.save()
        cast.embedded.refresh_from_db()
        yield


def page_of(response) -> str:
    text = response.content.decode()
    for pattern, word in _MOVING:
        text = pattern.sub(word, text)
    return text


def send(client: Client, **changes: str):
    return client.post(NEW, WHY | changes)


def started(client: Client, **changes: str) -> str:
    """The address of a new emergency."""
    response = send(client, **changes)
    assert response.status_code == 302, page_of(response)
    return str(response["Location"])


def asked(path: str) -> EmergencyAccess:
    return EmergencyAccess.objects.get(pk=path.split("/")[2])


def rows(by: Membership) -> list[tuple[str, str]]:
    """Outcome and purpose of what a member was answered; the clock stands, so they have no order."""
    return sorted(LedgerEntry.objects.filter(asker=by).values_list("outcome", "purpose"))


def release(cast: Cast, path: str, move: str = "release", **fields: str):
    return signed_in(cast.embedded).post(f"{path}answer/", {"move": move, **fields}, follow=True)
