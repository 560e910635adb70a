"""A call handed on: offered once, answered by whom it goes to, and every move of its table and no other (D-3)."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from django.db import connection

from continuity.agencies.models import Agency, Membership
from continuity.crisis.models import CrisisContact, Episode, Transfer
from continuity.crisis.services import start_draft
from continuity.crisis.transfers import answer_transfer, note_outcome, offer_transfer, said_of
from continuity.errors import Conflict, Incomplete, Invalid, NotAllowed, NotFound, Stale
from continuity.ids import uuid7
from continuity.notices.models import Notice
from continuity.trail.models import AuditEntry
from tests import builders as b
from tests.crisis.conftest import Crew, stands_as

pytestmark = pytest.mark.django_db
Outcome = Transfer.Outcome
SAID = {"name": "Sam Testcase", "telephone": "555-0100", "language": "es", "note": "Is on the roof garden."}


@pytest.fixture
def psap(crew: Crew) -> Agency:
    return b.agency("kestrel-911", "psap")


@pytest.fixture
def floor(psap: Agency) -> Membership:
    """A call-taker of the 911 centre."""
    return b.member("dana", psap, "dispatcher")


def offered(crew: Crew, floor: Membership, **changes: Any) -> Transfer:
    return offer_transfer(
        **{"by": floor, "to_kind": "clinician", "at": b.NOW, "to_agency": crew.county, "said": SAID} | changes
    )[0]


def told(kind: Notice.Kind) -> list[tuple[Any, Agency]]:
    return [(row.subject_id, row.agency) for row in Notice.objects.filter(kind=kind)]


# Offering


def test_call_is_offered_and_its_recipient_told(crew: Crew, floor: Membership):
    transfer, is_new = offer_transfer(
        by=floor,
        to_kind="clinician",
        at=b.NOW,
        to_agency=crew.county,
        sender_ref="CAD-1",
        incident_ref="2026-0001",
        origin="call_911",
        call_type="suicide_threat",
        said=SAID,
    )
    transfer.refresh_from_db()
    assert (is_new, transfer.outcome, transfer.custodian) == (True, "pending", floor.agency)
    assert (transfer.occurred_at, transfer.offered_at, transfer.offered_by) == (b.NOW, b.NOW, floor)
    assert said_of(transfer) == SAID
    assert told(Notice.Kind.TRANSFER_OFFERED) == [(transfer.pk, crew.county)]
    assert Notice.objects.get().is_urgent


def test_what_was_said_lies_sealed_and_outside_the_history(crew: Crew, floor: Membership):
    offered(crew, floor, incident_ref="2026-0001")
    with connection.cursor() as cursor:
        cursor.execute("SELECT said FROM crisis_transfer")
        assert b"Sam" not in bytes(cursor.fetchone()[0])
    history = "".join(str(row.changes) for row in AuditEntry.objects.all())
    assert "roof garden" not in history
    assert "2026-0001" not in history


def test_call_outside_is_told_to_nobody(crew: Crew, floor: Membership):
    assert offered(crew, floor, to_kind="line_988", to_agency=None).to_agency is None
    assert not Notice.objects.exists()


def test_same_reference_is_the_same_hand_off(crew: Crew, floor: Membership):
    first, again = (
        offer_transfer(
            by=floor,
            to_kind="clinician",
            at=b.NOW,
            to_agency=crew.county,
            sender_ref="CAD-1",
            said={"note": note},
        )
        for note in ("One.", "Two.")
    )
    assert (first[0].pk, first[1], again[1]) == (again[0].pk, True, False)
    assert said_of(again[0]) == {"note": "One."}
    assert (Transfer.objects.count(), Episode.objects.count(), Notice.objects.count()) == (1, 1, 1)


def test_reference_is_each_senders_own(crew: Crew, floor: Membership):
    assert offered(crew, floor, sender_ref="1") != offered(crew, floor, by=crew.reyes, sender_ref="1")
    assert offered(crew, floor, sender_ref="") != offered(crew, floor, sender_ref="")


def test_contact_that_is_handed_on_lends_its_words_and_its_episode(crew: Crew):
    contact = start_draft(
        by=crew.embedded, at=b.NOW, origin="call_911", call_type="trespass", incident_ref="2026-0001",
        occurred_at=b.NOW - timedelta(hours=1),
    )  # fmt: skip
    transfer = offered(crew, crew.embedded, contact_id=contact.pk, to_kind="mobile_crisis")
    assert (transfer.origin, transfer.call_type, transfer.incident_ref) == (
        "call_911",
        "trespass",
        "2026-0001",
    )
    assert (transfer.episode, transfer.occurred_at) == (contact.episode, contact.occurred_at)


def test_nobody_hands_on_what_is_not_the_own_to_see(crew: Crew, floor: Membership):
    """P-3."""
    draft = crew.draft()
    for by, contact_id in ((crew.second, draft.pk), (floor, draft.pk), (crew.embedded, uuid7())):
        with pytest.raises(NotFound, match=r"^not_found$"):
            offered(crew, by, contact_id=contact_id)


@pytest.mark.parametrize("role", ["supervisor", "privacy_officer", "peer_navigator", "agency_admin"])
def test_whoever_has_no_such_duty_hands_nothing_on(crew: Crew, role: str):
    with pytest.raises(NotAllowed, match=r"^duty_missing$"):
        offered(crew, b.member("other", crew.county, role))


WRONG: dict[str, tuple[dict[str, Any], set[str]]] = {
    "to nobody known": ({"to_kind": "taxi"}, {"to_kind"}),
    "from nowhere known": ({"origin": "dream", "call_type": "dream"}, {"origin", "call_type"}),
    "in the future": ({"occurred_at": b.NOW + timedelta(microseconds=1)}, {"occurred_at"}),
    "a long reference": ({"sender_ref": "a" * 81, "incident_ref": "a" * 41}, {"sender_ref", "incident_ref"}),
    "a word nobody asked": ({"said": {"diagnosis": "x"}}, {"said"}),
    "a long word": ({"said": {"note": "a" * 1001}}, {"said"}),
    "a number for a word": ({"said": {"name": 5}}, {"said"}),
}


def test_hand_off_may_not_be(crew: Crew, floor: Membership):
    for case, (changes, fields) in WRONG.items():
        with pytest.raises(Invalid) as refused:
            offered(crew, floor, **changes)
        errors = refused.value.errors if isinstance(refused.value, Incomplete) else (refused.value,)
        assert {error.field for error in errors} == fields, case
    assert not Transfer.objects.exists()
    assert not Episode.objects.exists()


def test_agency_that_is_closed_takes_no_call(crew: Crew, floor: Membership):
    crew.county.status = Agency.Status.SUSPENDED
    with pytest.raises(Incomplete, match=r"^not_active$"):
        offered(crew, floor)


# The table


def answer(crew: Crew, floor: Membership, transfer: Transfer, outcome: str) -> Transfer:
    return answer_transfer(
        by=crew.embedded, transfer_id=transfer.pk, outcome=outcome, at=b.NOW, reason="It was so."
    )


def note(crew: Crew, floor: Membership, transfer: Transfer, outcome: str) -> Transfer:
    return note_outcome(by=floor, transfer_id=transfer.pk, outcome=outcome, at=b.NOW, reason="It was so.")


Verb = Callable[[Crew, Membership, Transfer, str], Transfer]
SAYS: dict[str, tuple[Verb, bool, set[str]]] = {
    # who says it: the verb, whether an agency was asked, and what is theirs to say
    "recipient": (answer, True, {"accepted", "refused", "dropped", "reactivated_911"}),
    "sender to an agency": (note, True, {"dropped", "reactivated_911"}),
    "sender to a line outside": (note, False, {"accepted", "refused", "dropped", "reactivated_911"}),
}


def cases() -> Iterator[tuple[Verb, bool, set[str], str, str]]:
    for (verb, is_agency, theirs), start, target in product(SAYS.values(), Outcome.values, Outcome.values):
        yield verb, is_agency, theirs, start, target


def test_every_move_of_the_table_is_made_and_no_other(crew: Crew, floor: Membership):
    transfers = {True: offered(crew, floor), False: offered(crew, floor, to_kind="line_988", to_agency=None)}
    walked = set()
    for verb, is_agency, theirs, start, target in cases():
        with b.undone():
            transfer = transfers[is_agency]
            transfer.refresh_from_db()
            transfer.outcome, transfer.answered_at = start, None if start == "pending" else b.NOW
            transfer.save()
            if target in theirs and target in Transfer.TRANSITIONS[Outcome(start)]:
                assert verb(crew, floor, transfer, target).outcome == target
                row = AuditEntry.objects.filter(object_pk=str(transfer.pk)).latest("pk")
                assert row.changes["outcome"] == [start, target]
                walked.add((start, target))
                continue
            code = "illegal_move" if target in theirs else "unknown_value"
            with pytest.raises((Conflict, Invalid), match=f"^{code}$") as refused:
                verb(crew, floor, transfer, target)
            assert refused.value.detail.endswith("."), (start, target)
            transfer.refresh_from_db()
            assert transfer.outcome == start
    assert walked == {
        (start, target) for start, targets in Transfer.TRANSITIONS.items() for target in targets
    }


@pytest.mark.parametrize("outcome", ["refused", "reactivated_911"])
def test_a_person_left_without_anybody_needs_a_reason(crew: Crew, floor: Membership, outcome: str):
    transfer = offered(crew, floor)
    with pytest.raises(Invalid, match=r"^missing$") as refused:
        answer_transfer(by=crew.embedded, transfer_id=transfer.pk, outcome=outcome, at=b.NOW, reason=" ")
    assert refused.value.field == "reason"


# Accepting


def accepted(crew: Crew, transfer: Transfer, **changes: Any) -> Transfer:
    return answer_transfer(
        **{"by": crew.embedded, "transfer_id": transfer.pk, "outcome": "accepted", "at": b.NOW} | changes
    )


def test_accepted_call_is_a_draft_in_the_senders_episode(crew: Crew, floor: Membership):
    began = b.NOW - timedelta(minutes=5)
    transfer = accepted(
        crew,
        offered(
            crew,
            floor,
            origin="call_911",
            call_type="suicide_threat",
            incident_ref="2026-0001",
            occurred_at=began,
        ),
    )
    draft = transfer.to_contact
    assert draft
    assert (draft.record_status, draft.author, draft.custodian) == ("draft", crew.embedded, crew.county)
    assert (draft.episode, draft.person, draft.occurred_at) == (transfer.episode, None, began)
    assert (draft.origin, draft.call_type, draft.incident_ref) == ("call_911", "suicide_threat", "2026-0001")
    assert (draft.modality, draft.response_type, draft.language) == (
        "phone",
        ["call_diversion_clinician"],
        "es",
    )
    assert (transfer.answered_by, transfer.answered_at) == (crew.embedded, b.NOW)
    assert told(Notice.Kind.TRANSFER_ANSWERED) == [(transfer.pk, floor.agency)]


@pytest.mark.parametrize(
    ("to_kind", "modality", "response"),
    [
        ("mobile_crisis", "", ["mobile_crisis_team"]),
        ("co_response", "", ["co_response"]),
        ("police", "", []),
        ("treatment_team", "", []),
    ],
)
def test_draft_says_no_more_than_the_hand_off_did(
    crew: Crew, floor: Membership, to_kind: str, modality: str, response: list[str]
):
    draft = accepted(crew, offered(crew, floor, to_kind=to_kind, said={})).to_contact
    assert draft
    assert (draft.modality, draft.response_type, draft.language, draft.origin) == (modality, response, "", "")


def test_911_then_clinician_then_mobile_team_then_988_is_one_episode(crew: Crew, floor: Membership):
    """The way of a call through four hands."""
    first = accepted(crew, offered(crew, floor)).to_contact
    assert first
    mobile = b.member("morgan", b.agency("night-team", "crisis_provider"), "mobile_clinician")
    second = accepted(
        crew,
        offered(crew, crew.embedded, contact_id=first.pk, to_kind="mobile_crisis", to_agency=mobile.agency),
        by=mobile,
    ).to_contact
    assert second
    line = offered(crew, mobile, contact_id=second.pk, to_kind="line_988", to_agency=None)
    note_outcome(by=mobile, transfer_id=line.pk, outcome="accepted", at=b.NOW)
    assert Episode.objects.count() == 1
    assert CrisisContact.objects.filter(episode=line.episode).count() == 2


def test_refused_call_is_nobodys_draft(crew: Crew, floor: Membership):
    transfer = accepted(crew, offered(crew, floor), outcome="refused", reason="Nobody is free.")
    assert (transfer.to_contact, transfer.outcome_reason) == (None, "Nobody is free.")
    assert not CrisisContact.objects.exists()
    assert told(Notice.Kind.TRANSFER_ANSWERED) == [(transfer.pk, floor.agency)]


def test_second_answer_starts_no_second_draft(crew: Crew, floor: Membership):
    transfer = accepted(crew, offered(crew, floor))
    with pytest.raises(Conflict, match=r"^illegal_move$"):
        accepted(crew, transfer, by=crew.second)
    assert CrisisContact.objects.count() == 1


def test_line_that_drops_afterwards_keeps_the_draft_and_the_answer(crew: Crew, floor: Membership):
    transfer = accepted(crew, offered(crew, floor))
    later = b.NOW + timedelta(minutes=9)
    note_outcome(by=floor, transfer_id=transfer.pk, outcome="dropped", at=later)
    transfer.refresh_from_db()
    assert (transfer.outcome, transfer.answered_by, transfer.answered_at) == ("dropped", crew.embedded, b.NOW)
    assert transfer.to_contact


def test_only_the_agency_asked_answers_and_only_the_sender_notes(crew: Crew, floor: Membership):
    """P-3: the sender, a stranger, and no such transfer are one answer."""
    transfer = offered(crew, floor)
    for by, transfer_id in ((floor, transfer.pk), (crew.reyes, transfer.pk), (crew.embedded, uuid7())):
        with pytest.raises(NotFound, match=r"^not_found$"):
            answer_transfer(by=by, transfer_id=transfer_id, outcome="accepted", at=b.NOW)
    for by, transfer_id in ((crew.embedded, transfer.pk), (crew.reyes, transfer.pk), (floor, uuid7())):
        with pytest.raises(NotFound, match=r"^not_found$"):
            note_outcome(by=by, transfer_id=transfer_id, outcome="dropped", at=b.NOW)


def test_system_client_hands_on_and_answers_nothing(crew: Crew, floor: Membership):
    client = b.member("cad", crew.county, "system_client")
    transfer = offered(crew, client, sender_ref="CAD-9")
    with pytest.raises(NotAllowed, match=r"^duty_missing$"):
        accepted(crew, transfer, by=client)


def test_transfer_changed_meanwhile_is_not_answered(crew: Crew, floor: Membership):
    with pytest.raises(Stale):
        accepted(crew, offered(crew, floor), version=2)


def test_transfer_of_a_file_without_an_episode_finds_its_contacts(crew: Crew):
    contact = stands_as(crew.draft(), "final")
    contact.episode = None
    contact.save()
    transfer = offered(crew, crew.second, contact_id=contact.pk, to_kind="line_988", to_agency=None)
    contact.refresh_from_db()
    assert contact.episode == transfer.episode
