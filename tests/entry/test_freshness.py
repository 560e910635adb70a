"""The gravest verbs want a proof that is minutes old; what was typed waits for it (S-4)."""

import re
from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace
from uuid import uuid4

import pytest
import time_machine
from django.test import Client

from continuity.access.models import EmergencyAccess
from continuity.agencies.freshness import mark_fresh, require_fresh
from continuity.errors import NotAllowed
from continuity.trail.models import Event
from tests.backoffice.two_records import build_desk
from tests.builders import NOW
from tests.cast import Cast, signed_in

pytestmark = pytest.mark.django_db
OVERRIDE = {
    "incident_ref": "2026-0001",
    "last": "Testcase",
    "first": "Sam",
    "birth_date": "4/3/1988",
    "reason_code": "imminent_self_harm",
    "nature": "On the bridge railing",
    "reason": "Stands on the railing and will not talk to us.",
    "recipient_name": "Embedded",
    "recipient_facility": "County",
    "send": "1",
}
PROGRAM = "urn:continuity:problem:reauthenticate"


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as moved:
        yield moved


@pytest.fixture
def stale(cast: Cast, clock) -> Client:
    """The embedded clinician, who may break glass and proved who they are 16 minutes ago."""
    cast.embedded.may_break_glass = True
    cast.embedded.save()
    client = signed_in(cast.embedded)
    clock.shift(timedelta(minutes=16))
    return client


def hidden(page: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page))


def kinds() -> list[str]:
    return list(Event.objects.order_by("pk").values_list("kind", flat=True))


def test_override_waits_for_the_proof_and_is_then_sent_again(stale: Client):
    asked = stale.post("/emergencies/new/", OVERRIDE)
    assert asked.status_code == 403
    assert "Prove that it is you" in asked.content.decode()
    assert not EmergencyAccess.objects.exists()
    again = stale.post("/prove/", hidden(asked.content.decode()) | {"password": "correct horse"})
    fields = hidden(again.content.decode())
    assert {name: fields[name] for name in OVERRIDE} == OVERRIDE
    assert stale.post("/emergencies/new/", fields).status_code == 302
    assert EmergencyAccess.objects.get().kind == EmergencyAccess.Kind.OVERRIDE
    assert "reauthenticated" in kinds()


def test_wrong_proof_changes_nothing_and_is_an_event(stale: Client):
    fields = hidden(stale.post("/emergencies/new/", OVERRIDE).content.decode())
    wrong = stale.post("/prove/", fields | {"password": "wrong horse"})
    assert wrong.status_code == 400
    assert hidden(wrong.content.decode())["kept_last"] == "Testcase"
    assert stale.post("/emergencies/new/", OVERRIDE).status_code == 403
    assert "reauthentication_failed" in kinds()
    assert not EmergencyAccess.objects.exists()


def test_program_in_a_session_is_refused_and_a_request_of_a_responder_is_not(
    stale: Client, cast: Cast, clock
):
    said = {name: text for name, text in OVERRIDE.items() if name != "send"}
    said |= {"kind": EmergencyAccess.Kind.OVERRIDE.value, "birth_date": "1988-04-03"}
    answer = stale.post(
        "/api/v1/emergencies/",
        said,
        content_type="application/json",
        headers={"Idempotency-Key": str(uuid4())},
    )
    assert (answer.status_code, answer.json()["type"]) == (403, PROGRAM)
    assert not EmergencyAccess.objects.exists()
    officer = signed_in(cast.reyes)
    clock.shift(timedelta(minutes=16))
    assert "Prove that it is you" not in officer.post("/emergencies/new/", OVERRIDE).content.decode()


def test_consent_is_put_in_force_only_by_somebody_who_just_proved_it(cast: Cast, clock):
    consent = cast.consent()
    page, program = f"/admin/consents/{consent.pk}/activate/", f"/api/v1/consents/{consent.pk}/activate/"
    client = signed_in(cast.kim)
    fresh = client.post(page, {"version": consent.version})
    clock.shift(timedelta(minutes=16))
    waits = client.post(page, {"version": consent.version})
    assert ("Prove that it is you" in fresh.content.decode(), waits.status_code) == (False, 403)
    assert hidden(waits.content.decode())["kept_version"] == str(consent.version)
    refused = client.post(
        program,
        {},
        content_type="application/json",
        headers={"Idempotency-Key": str(uuid4()), "If-Match": f'"{consent.pk}.{consent.version}"'},
    )
    assert (refused.status_code, refused.json()["type"]) == (403, PROGRAM)


def test_merge_is_approved_only_by_somebody_who_just_proved_it(clock):
    desk = build_desk()
    desk.told_same()
    merge = desk.asked()
    client = signed_in(desk.paul)
    clock.shift(timedelta(minutes=16))
    waits = client.post(f"/admin/merges/{merge.pk}/approve/", {"version": merge.version})
    assert (waits.status_code, "Prove that it is you" in waits.content.decode()) == (403, True)
    merge.refresh_from_db()
    assert merge.state == merge.State.REQUESTED


def test_part_of_a_page_sends_the_whole_page_to_the_proof(stale: Client):
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/emergencies/new/"}
    answer = stale.post("/emergencies/new/", OVERRIDE, headers=headers)
    assert (answer.status_code, answer["HX-Redirect"]) == (204, "/prove/?next=%2Femergencies%2Fnew%2F")


def test_request_that_no_door_dated_is_never_fresh():
    """Deny by default: a door that forgets to read its clock lets nobody through, and marks nothing."""
    request = SimpleNamespace(session={"fresh_at": 2**40})
    with pytest.raises(NotAllowed, match="reauthenticate"):
        require_fresh(request)
    mark_fresh(request)
    request.asked_at = int(NOW.timestamp())
    with pytest.raises(NotAllowed, match="reauthenticate"):
        require_fresh(request)
