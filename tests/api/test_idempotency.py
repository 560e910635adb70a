"""A request that is sent twice is done once, also at the same moment, and by nobody else's key."""

import threading
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection

from continuity.consents.models import Consent, ConsentOffer, SignedDocument
from continuity.crisis.models import CrisisContact, Transfer
from continuity.people.models import Person
from continuity.trail.models import AnsweredRequest
from continuity.trail.tasks import KEPT_FOR, forget_answered_requests
from continuity.treatment.models import FollowUp, FollowUpAttempt, Linkage
from tests import builders as b
from tests.api.programs import CONSENTS, Program, content, problem
from tests.api.states import WHOLE
from tests.cast import Cast

pytestmark = pytest.mark.django_db
KEY = {"idempotency_key": "3f0c-again"}


@pytest.fixture
def kim(cast: Cast) -> Program:
    return Program(cast.kim)


def draft(cast: Cast, by: Program, **more: Any):
    return by.post(CONSENTS, {"person": str(cast.sam.pk)} | content(cast) | more, **KEY)


def same(first: Any, second: Any) -> bool:
    kept = ("ETag", "Location", "Content-Type")
    return (first.status_code, first.content, [first.get(name) for name in kept]) == (
        second.status_code,
        second.content,
        [second.get(name) for name in kept],
    )


def test_draft_sent_twice_is_one_draft(cast: Cast, kim: Program):
    first = draft(cast, kim)
    kim.at += timedelta(minutes=10)
    assert (first.status_code, same(first, draft(cast, kim))) == (201, True)
    assert Consent.objects.count() == 1


def test_two_keys_are_two_drafts(cast: Cast, kim: Program):
    draft(cast, kim)
    kim.post(CONSENTS, {"person": str(cast.sam.pk)} | content(cast), idempotency_key="another")
    assert Consent.objects.count() == 2


def test_verb_sent_twice_is_not_stale_the_second_time(cast: Cast, kim: Program):
    """The tag of the repetition is the old one, because the first answer was lost."""
    seen = kim.see(cast.consent())
    first = kim.act(seen, "revoke", {"note": "Sam wrote."}, **KEY)
    again = kim.act(seen, "revoke", {"note": "Sam wrote."}, **KEY)
    assert (first.status_code, same(first, again)) == (200, True)
    assert Consent.objects.get().version == seen.json()["version"] + 1


def test_offer_and_document_are_written_once(cast: Cast, kim: Program):
    consent = cast.consent()
    offer = {"person": str(cast.sam.pk), "outcome": "declined", "context": "clinic"}

    def attach():
        scan = {"kind": "revocation", "file": SimpleUploadedFile("form.pdf", b.SCAN)}
        path = f"{CONSENTS}{consent.pk}/documents/"
        return kim.post(path, scan, form=True, idempotency_key="a document")

    assert same(
        kim.post("/api/v1/consent-offers/", offer, **KEY), kim.post("/api/v1/consent-offers/", offer, **KEY)
    )
    assert same(attach(), attach())
    assert (ConsentOffer.objects.count(), SignedDocument.objects.filter(kind="revocation").count()) == (1, 1)


def test_key_of_another_request_is_refused(cast: Cast, kim: Program):
    seen = draft(cast, kim)
    problem(draft(cast, kim, purpose_text="Something else."), 422, "idempotency_key_reused")
    problem(kim.act(seen, "propose", **KEY), 422, "idempotency_key_reused")
    assert (Consent.objects.get().status, Consent.objects.count()) == ("draft", 1)


def test_order_and_blanks_of_a_body_are_no_difference(cast: Cast, kim: Program):
    first = draft(cast, kim)
    body = {"person": str(cast.sam.pk)} | content(cast)
    backwards = kim.post(CONSENTS, dict(reversed(body.items())), **KEY)
    assert same(first, backwards)


def test_key_is_the_members_own_and_of_one_duty(cast: Cast, kim: Program):
    draft(cast, kim)
    draft(cast, Program(cast.verifier))
    assert Consent.objects.count() == 2


def test_refused_request_may_be_sent_again_with_its_key(cast: Cast, kim: Program):
    drafted = kim.draft(cast, recipients=[])
    assert problem(kim.act(drafted, "propose", **KEY), 400, "incomplete")
    assert not AnsweredRequest.objects.exists()
    filled = kim.act(drafted, "redraft", content(cast))
    assert kim.act(filled, "propose", **KEY).status_code == 200


def test_kept_answer_is_not_given_to_who_may_not_read_it_any_more(cast: Cast, kim: Program):
    draft(cast, kim)
    cast.sam.confidentiality = "restricted"
    cast.sam.save()
    problem(draft(cast, kim), 404, "not_found")


@pytest.mark.parametrize("key", ["", "x" * 101, "Käse", "tab\tbed"])
def test_key_that_is_none_is_refused(cast: Cast, kim: Program, key: str):
    refused = kim.post(CONSENTS, {"person": str(cast.sam.pk)} | content(cast), idempotency_key=key)
    problem(refused, 400, "not_a_key")
    assert not Consent.objects.exists()


def test_row_holds_neither_key_nor_words_in_clear(cast: Cast, kim: Program):
    key = "sam-testcase-1988"
    body = {"person": str(cast.sam.pk)} | content(cast, expiry_event="Sam leaves the clinic")
    assert kim.post(CONSENTS, body, idempotency_key=key).status_code == 201
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(t)::text, body FROM trail_answeredrequest t")
        ((row, sealed),) = cursor.fetchall()
    assert key not in row
    assert bytes(sealed).startswith(b"e1:")
    assert b"clinic" not in bytes(sealed)


def test_day_old_answers_are_forgotten(cast: Cast, kim: Program):
    draft(cast, kim)
    with time_machine.travel(b.NOW + KEPT_FOR, tick=False):
        assert forget_answered_requests() == 0
    with time_machine.travel(b.NOW + KEPT_FOR + timedelta(seconds=1), tick=False):
        assert (forget_answered_requests(), forget_answered_requests()) == (1, 0)


def at_once(act: Any, *, times: int = 2) -> list[Any]:
    """What so many threads, each with a connection of its own, get for the same thing begun together."""
    together, answers = threading.Barrier(times), []

    def run() -> None:
        try:
            together.wait(10)
            answers.append(act())
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(times)]
    with time_machine.travel(b.NOW, tick=False):
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
    return answers


@pytest.mark.django_db(transaction=True)
def test_two_at_the_same_moment_are_one_and_get_one_answer(cast: Cast, kim: Program):
    other = Program(cast.kim)
    programs = iter((kim, other))
    body = {"person": str(cast.sam.pk)} | content(cast)

    def send():
        return next(programs).client.post(
            CONSENTS, body, content_type="application/json", headers={"Idempotency-Key": "at once"}
        )

    first, second = at_once(send)
    assert (first.status_code, same(first, second)) == (201, True)
    assert Consent.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_revocations_of_one_version_one_wins_and_the_other_is_told(cast: Cast, kim: Program):
    seen = kim.see(cast.consent())
    programs = iter((kim, Program(cast.verifier)))
    path = f"{CONSENTS}{seen.json()['id']}/revoke/"

    def revoke():
        headers = {"If-Match": seen["ETag"]}
        return next(programs).client.post(
            path, {"note": "x"}, content_type="application/json", headers=headers
        )

    answers = at_once(revoke)
    assert sorted(answer.status_code for answer in answers) == [200, 412]
    assert Consent.objects.get().version == seen.json()["version"] + 1


@pytest.mark.django_db(transaction=True)
def test_request_that_a_radio_sends_five_times_at_once_is_done_once(cast: Cast):
    """Contact, linkage, follow-up and attempt with one key each; a hand-off with its sender's id alone."""
    contact, sam = str(cast.sams_contact.pk), {"last": "Nobody", "first": "Sam"}
    radios = [Program(cast.embedded).client for _ in range(5)]
    follow_up = FollowUp.objects.get()
    sent = {
        "contacts/": ({"person": sam} | WHOLE | {"finalise": True}, CrisisContact, KEY),
        "linkages/": (
            {"contact": contact, "kind": "benefits", "external_provider": "Food bank"}, Linkage, {"idempotency_key": "l"}
        ),
        "follow-ups/": (
            {"contact": contact, "kind": "care_navigation", "due_window": "h24"}, FollowUp, {"idempotency_key": "f"}
        ),
        f"follow-ups/{follow_up.pk}/attempts/": (
            {"mode": "visit", "outcome": "no_answer"}, FollowUpAttempt, {"idempotency_key": "a"}
        ),
        "hand-offs/": ({"to_kind": "line_988", "sender_ref": "CAD-1"}, Transfer, {}),
    }  # fmt: skip
    for path, (body, model, headers) in sent.items():
        before, free = model.objects.count(), iter(radios)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        answers = at_once(
            lambda: next(free).post(f"/api/v1/{path}", body, content_type="application/json", headers=named),  # noqa: B023
            times=5,
        )
        assert len({answer.content for answer in answers}) == 1, path
        assert {answer.status_code for answer in answers} <= ({201} if headers else {200, 201}), path
        assert model.objects.count() == before + 1, path
    assert Person.objects.filter(personname_set__last="Nobody").distinct().count() == 1
