"""A radio link that retries, and two hands at one call: on real connections at the same moment, one row comes of it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connections

from continuity.crisis.models import CrisisContact, Episode, Transfer
from continuity.crisis.services import cancel_contact, finalise_contact
from continuity.crisis.transfers import answer_transfer, offer_transfer
from continuity.errors import Conflict, DomainError
from continuity.notices.models import Notice
from tests import builders as b
from tests.crisis.conftest import Crew

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """What each call returned or was told, all of them begun at the same moment."""
    gate = Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        try:
            connections["default"].ensure_connection()
            gate.wait(timeout=20)
            return call()
        except DomainError as told:
            return told
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as threads:
        return [one.result(timeout=20) for one in [threads.submit(run, call) for call in calls]]


def test_hand_off_sent_five_times_arrives_once(crew: Crew):
    dana = b.member("dana", b.agency("kestrel-911", "psap"), "dispatcher")

    def send() -> tuple[Transfer, bool]:
        return offer_transfer(
            by=dana, to_kind="clinician", at=b.NOW, to_agency=crew.county, sender_ref="CAD-1"
        )

    answers = at_once(*[send] * 5)
    assert {transfer.pk for transfer, _ in answers} == {Transfer.objects.get().pk}
    assert sorted(is_new for _, is_new in answers) == [False] * 4 + [True]
    assert (Episode.objects.count(), Notice.objects.count()) == (1, 1)


def test_call_taken_by_two_is_the_draft_of_one(crew: Crew):
    transfer, _ = offer_transfer(by=crew.reyes, to_kind="clinician", at=b.NOW, to_agency=crew.county)
    answers = at_once(
        *[
            lambda by=by: answer_transfer(by=by, transfer_id=transfer.pk, outcome="accepted", at=b.NOW)
            for by in (crew.embedded, crew.second)
        ]
    )
    assert {type(answer) for answer in answers} == {Transfer, Conflict}
    assert CrisisContact.objects.get().episode_id == transfer.episode_id


def test_contact_finalised_and_cancelled_at_once_is_one_of_both(crew: Crew):
    draft = crew.draft()
    answers = at_once(
        lambda: finalise_contact(by=crew.embedded, contact_id=draft.pk, at=b.NOW),
        lambda: cancel_contact(by=crew.embedded, contact_id=draft.pk, reason="A test call.", at=b.NOW),
    )
    assert {type(answer) for answer in answers} == {CrisisContact, Conflict}
    draft.refresh_from_db()
    assert (draft.record_status, draft.version) in {("final", 2), ("cancelled", 2)}
