"""Amending a final contact: the clock, the states, who decides, and what stays (5.6, L-22, P-8)."""

from datetime import timedelta
from typing import Any

import pytest

from continuity.agencies.models import Membership
from continuity.agencies.roles import Role
from continuity.crisis.models import ContactAmendment
from continuity.errors import Conflict, Invalid, NotAllowed, NotFound, Stale
from continuity.ids import uuid7
from continuity.trail.models import AuditEntry
from tests import builders as b
from tests.crisis.amending import DENIAL, MOVES, STARTS, VERBS, WAYS, Desk, build_desk, called
from tests.crisis.conftest import Crew, stands_as
from tests.replay import replayed

pytestmark = pytest.mark.django_db
every_verb = pytest.mark.parametrize("verb", VERBS)
RECORDERS = {"officer", "dispatcher", "embedded_clinician", "mobile_clinician", "treatment_clinician"}


@pytest.fixture
def desk(db: None) -> Desk:
    return replayed(build_desk)


@pytest.fixture
def crew(desk: Desk) -> Crew:
    return desk.crew


def test_every_move_of_the_table_is_made_and_no_other(desk: Desk):
    for here in ContactAmendment.Status:
        with b.undone():
            amendment = desk.brought(here)
            assert amendment.status == here
            for there, verb in MOVES.items():
                with b.undone():
                    is_made_or_refused(desk, amendment, there, verb)


def is_made_or_refused(desk: Desk, amendment: ContactAmendment, there: str, verb: str) -> None:
    here = ContactAmendment.Status(amendment.status)
    before = ContactAmendment.objects.values().get(pk=amendment.pk)
    if there in ContactAmendment.TRANSITIONS[here]:
        assert called(verb, desk.privacy, amendment.pk).status == there
        entry = AuditEntry.objects.filter(object_pk=str(amendment.pk)).latest("pk")
        assert entry.changes["status"] == [str(here), there]
        return
    code = (
        "disagreement_filed_already" if (here, verb) == ("disagreement_filed", "disagree") else "illegal_move"
    )
    with pytest.raises(Conflict, match=f"^{code}$") as refusal:
        called(verb, desk.privacy, amendment.pk)
    assert refusal.value.detail.endswith(".")
    assert ContactAmendment.objects.values().get(pk=amendment.pk) == before


def test_ways_of_these_tests_reach_every_state():
    assert set(WAYS) == set(ContactAmendment.Status)
    assert set(MOVES) == set(ContactAmendment.Status) - {"requested"}


@every_verb
def test_verb_is_for_the_privacy_officer_and_not_for_colleagues(desk: Desk, verb: str):
    amendment = desk.brought(STARTS[verb])
    for role in Role:
        with b.undone():
            member = b.member("somebody", desk.contact.custodian, role)
            if role == "privacy_officer":
                called(verb, member, amendment.pk)
                continue
            refusal = NotFound if role in RECORDERS else NotAllowed
            with pytest.raises(refusal, match=r"^(not_found|duty_missing)$"):
                called(verb, member, amendment.pk)


@pytest.mark.parametrize("verb", ["take up", "extend", "accept", "deny", "rebut", "close"])
@pytest.mark.parametrize("roles", [["embedded_clinician"], ["embedded_clinician", "privacy_officer"]])
def test_author_decides_nothing_that_the_person_asks_about_the_own_contact(
    desk: Desk, verb: str, roles: list[str]
):
    amendment = desk.brought(STARTS[verb])
    desk.author.roles = roles
    with pytest.raises(NotAllowed, match=r"^own_contact$") as refusal:
        called(verb, desk.author, amendment.pk)
    assert refusal.value.detail.startswith("Somebody else decides")


@pytest.mark.parametrize("verb", ["take up", "extend", "accept", "deny"])
def test_author_decides_what_the_agency_asks(desk: Desk, verb: str):
    amendment = desk.brought(STARTS[verb], kind="correction", requested_by="agency")
    assert called(verb, desk.author, amendment.pk).version == amendment.version + 1


@every_verb
def test_amendment_of_another_agency_and_none_at_all_are_one_answer(desk: Desk, crew: Crew, verb: str):
    """P-3."""
    amendment = desk.brought(STARTS[verb])
    stranger = b.member("stranger", crew.police, "privacy_officer")
    for amendment_id in (amendment.pk, uuid7()):
        with pytest.raises(NotFound, match=r"^not_found$"):
            called(verb, stranger, amendment_id)


@every_verb
def test_amendment_changed_meanwhile_is_not_touched(desk: Desk, verb: str):
    amendment = desk.brought(STARTS[verb])
    with pytest.raises(Stale):
        called(verb, desk.privacy, amendment.pk, version=amendment.version + 1)
    assert called(verb, desk.privacy, amendment.pk, version=amendment.version)


# Who asks, of which kind, and who may write it down.
ASKED = {
    ("author", "correction"): {"author"},
    ("author", "retraction"): {"author"},
    ("patient", "patient_requested"): {"author", "privacy"},
    ("representative", "patient_requested"): {"author", "privacy"},
    ("agency", "correction"): {"author", "privacy"},
    ("agency", "retraction"): {"author", "privacy"},
}


@pytest.mark.parametrize("requested_by", ContactAmendment.Requester.values)
@pytest.mark.parametrize("kind", ["correction", "patient_requested", "retraction"])
def test_request_is_written_down_by_the_author_or_who_corrects_records(
    desk: Desk, requested_by: str, kind: str
):
    fields = {"field": "record_status", "new_value": None} if kind == "retraction" else {}
    for who in ("author", "privacy", "colleague"):
        asked = {"kind": kind, "requested_by": requested_by} | fields
        with b.undone():
            member: Membership = getattr(desk, who)
            if who in ASKED.get((requested_by, kind), ()):
                assert desk.request(member, **asked).recorded_by == member
            else:
                with pytest.raises((NotAllowed, Invalid), match=r"^(not_the_author|another_kind)$"):
                    desk.request(member, **asked)


def test_request_is_not_for_other_roles_nor_other_agencies(desk: Desk, crew: Crew):
    with pytest.raises(NotAllowed, match=r"^duty_missing$"):
        desk.request(b.member("desk", crew.county, "consent_manager"))
    with pytest.raises(NotFound, match=r"^not_found$"):
        desk.request(b.member("theirs", crew.police, "privacy_officer"))


def test_request_keeps_what_is_said_now_and_changes_nothing_yet(desk: Desk):
    amendment = desk.request()
    assert amendment.old_value == '"Spoke quietly; agreed to be called tomorrow."'
    assert amendment.new_value == '"Spoke quietly and went home."'
    assert desk.fresh().version == desk.contact.version


def test_request_lies_in_the_past(desk: Desk):
    with pytest.raises(Invalid, match=r"^in_the_future$") as refusal:
        desk.request(requested_at=b.NOW + timedelta(seconds=1))
    assert refusal.value.field == "requested_at"


@pytest.mark.parametrize("status", ["draft", "cancelled", "entered_in_error"])
def test_only_a_final_contact_is_amended(desk: Desk, status: str):
    stands_as(desk.contact, status)
    with pytest.raises(Conflict, match=r"^not_final$"):
        desk.correct()
    with pytest.raises(NotFound, match=r"^not_found$"):
        desk.request()
    assert not ContactAmendment.objects.exists()


def test_contact_changed_meanwhile_is_not_amended(desk: Desk):
    with pytest.raises(Stale):
        desk.correct(version=desk.contact.version + 1)
    with pytest.raises(Stale):
        desk.request(version=desk.contact.version + 1)


def test_what_was_marked_in_error_meanwhile_is_neither_accepted_nor_applied(desk: Desk):
    waiting, accepted = desk.brought("under_review"), desk.brought("accepted")
    stands_as(desk.contact, "entered_in_error")
    for verb, amendment in (("accept", waiting), ("apply", accepted)):
        with pytest.raises(Conflict, match=r"^not_final$"):
            called(verb, desk.privacy, amendment.pk)


def test_60_days_are_extended_by_30_once_at_the_exact_edge(desk: Desk):
    amendment = desk.brought("under_review")
    assert amendment.due_at == b.NOW + timedelta(days=60)
    with pytest.raises(Conflict, match=r"^too_late$"):
        called("extend", desk.privacy, amendment.pk, at=amendment.due_at + timedelta(microseconds=1))
    with pytest.raises(Invalid, match=r"^missing$"):
        called("extend", desk.privacy, amendment.pk, reason=" ")
    extended = called("extend", desk.privacy, amendment.pk, at=amendment.due_at)
    assert (extended.due_at, extended.extended_at) == (b.NOW + timedelta(days=90), amendment.due_at)
    with pytest.raises(Conflict, match=r"^extended_already$"):
        called("extend", desk.privacy, amendment.pk)


def test_only_what_is_under_review_is_extended(desk: Desk):
    for state in set(WAYS) - {"under_review"}:
        with b.undone():
            amendment = desk.brought(state)
            with pytest.raises(Conflict, match=r"^illegal_move$"):
                called("extend", desk.privacy, amendment.pk)


def test_decision_after_the_time_is_late_and_taken(desk: Desk):
    amendment = desk.brought("under_review")
    assert called("deny", desk.privacy, amendment.pk, at=b.NOW + timedelta(days=61)).status == "denied"


def test_denial_keeps_ground_basis_who_and_when(desk: Desk):
    amendment = desk.brought("denied")
    assert (amendment.decision, amendment.decided_by, amendment.decided_at) == ("denied", desk.privacy, b.NOW)
    assert (amendment.denial_ground, amendment.denial_basis) == (DENIAL["ground"], DENIAL["basis"])
    assert desk.fresh().record_status == "final"


@pytest.mark.parametrize(
    ("changes", "code", "at_field"),
    [({"ground": "too_busy"}, "unknown_value", "ground"), ({"basis": " "}, "missing", "basis")],
)
@pytest.mark.parametrize("verb", ["deny", "accept in part"])
def test_denial_needs_one_of_four_grounds_and_a_basis(
    desk: Desk, verb: str, changes: dict[str, str], code: str, at_field: str
):
    amendment = desk.brought("under_review")
    part = {"decision": "partly", "new_value": "Spoke quietly."} if verb != "deny" else {}
    with pytest.raises(Invalid, match=f"^{code}$") as refusal:
        called(verb.split()[0], desk.privacy, amendment.pk, **part | DENIAL | changes)
    assert refusal.value.field == at_field


def test_statement_of_disagreement_is_kept_through_the_end(desk: Desk):
    amendment = desk.brought("disagreement_filed")
    assert (amendment.disagreement, amendment.disagreed_at) == ("I never said that.", b.NOW)
    called("rebut", desk.privacy, amendment.pk)
    with pytest.raises(Conflict, match=r"^rebutted_already$"):
        called("rebut", desk.privacy, amendment.pk)
    closed = called("close", desk.privacy, amendment.pk)
    assert (closed.disagreement, closed.rebuttal) == ("I never said that.", "Two people heard it.")


def test_there_is_nothing_to_rebut_without_a_disagreement(desk: Desk):
    for state in set(WAYS) - {"disagreement_filed"}:
        with b.undone():
            amendment = desk.brought(state)
            with pytest.raises(Conflict, match=r"^no_disagreement$"):
                called("rebut", desk.privacy, amendment.pk)


@pytest.mark.parametrize("verb", ["disagree", "rebut"])
def test_empty_words_are_not_kept(desk: Desk, verb: str):
    amendment = desk.brought(STARTS[verb])
    with pytest.raises(Invalid, match=r"^missing$"):
        called(verb, desk.privacy, amendment.pk, **dict.fromkeys(VERBS[verb][1], " "))


def test_only_the_person_disagrees(desk: Desk):
    amendment = desk.brought("denied", kind="correction", requested_by="agency")
    with pytest.raises(Conflict, match=r"^not_the_persons_request$"):
        called("disagree", desk.privacy, amendment.pk)


def test_accepted_in_part_keeps_the_request_and_lets_the_person_disagree(desk: Desk):
    """45 CFR 164.526(d)(1): a denial in part is a denial."""
    amendment = desk.brought("under_review")
    called("accept", desk.privacy, amendment.pk, decision="partly", new_value="Spoke quietly.", **DENIAL)
    called("apply", desk.privacy, amendment.pk)
    amendment = called("disagree", desk.privacy, amendment.pk)
    assert desk.fresh().operational_summary == "Spoke quietly."
    assert (amendment.new_value, amendment.accepted_value) == (
        '"Spoke quietly and went home."',
        '"Spoke quietly."',
    )
    assert (amendment.status, amendment.disagreement) == ("applied", "I never said that.")
    with pytest.raises(Conflict, match=r"^disagreement_filed_already$"):
        called("disagree", desk.privacy, amendment.pk)
    assert called("rebut", desk.privacy, amendment.pk).rebuttal == "Two people heard it."


@pytest.mark.parametrize(
    ("changes", "at_field"),
    [
        ({"decision": "accepted", "new_value": "Spoke."}, "decision"),
        ({"decision": "denied"}, "decision"),
        ({"decision": "partly", "new_value": "Spoke quietly and went home."}, "new_value"),
        ({"decision": "partly", "new_value": "Spoke quietly; agreed to be called tomorrow."}, "new_value"),
        ({"decision": "partly"}, "new_value"),
    ],
)
def test_a_part_is_neither_all_nor_nothing(desk: Desk, changes: dict[str, Any], at_field: str):
    amendment = desk.brought("under_review")
    with pytest.raises(Invalid) as refusal:
        called("accept", desk.privacy, amendment.pk, **DENIAL | changes)
    assert refusal.value.field == at_field


def test_words_stay_out_of_the_history(desk: Desk):
    desk.brought("disagreement_filed")
    told = str(list(AuditEntry.objects.values_list("changes", flat=True)))
    for words in ("went home", "never said", "Sam says", "two people"):
        assert words not in told
