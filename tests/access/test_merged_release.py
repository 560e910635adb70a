"""A merged person through the door, with the ledger's row: never wider before a review, as one after it (P-5, ADR 0016)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from continuity.access import emergencies
from continuity.access.models import EmergencyAccess
from continuity.agencies.models import Membership
from continuity.crisis.models import CrisisContact
from continuity.disclosures import emergencies as emergency_doors
from continuity.disclosures import services
from continuity.disclosures.alerts import crisis_alerts, may_be_told
from continuity.disclosures.models import Merge
from continuity.disclosures.own_records import preview
from continuity.disclosures.own_work import person_record, readable_contacts
from continuity.disclosures.record import Nothing, PersonRecord
from continuity.notices.models import Notice
from continuity.people.models import Person
from continuity.treatment.models import FollowUp, TreatmentTeamLink
from tests import builders as b
from tests.access.emergency_world import WHY
from tests.access.merged_people import Offices, Seen, ask, last_row, moment, offices, review, seen
from tests.cast import Cast, build_cast
from tests.replay import replayed

pytestmark = pytest.mark.django_db


@dataclass
class Two:
    """Sam, and Samuel who is the same man; the county knows both, the police one of each."""

    cast: Cast
    samuel: Person
    samuels_contact: CrisisContact
    offices: Offices

    def merge(self) -> Merge:
        return self.offices.merge(self.cast.sam, self.samuel)

    def consent(self, who: Person, **fields: Any) -> Any:
        return self.cast.consent(who=who, **fields)

    def contacts(self, by: Membership | None = None, whom: Person | None = None, **asked: Any) -> set[Any]:
        """Whose contacts are shown, and the ledger names no others."""
        answer = ask(by or self.cast.reyes, whom or self.cast.sam, **asked)
        row = last_row()
        named = {pk for noun, pk, _ in row.records if noun == "contact"}
        shown = len(answer.contacts) if isinstance(answer, PersonRecord) else 0
        assert (shown, row.outcome == "released") == (len(named), isinstance(answer, PersonRecord))
        whose = {str(self.cast.sams_contact.pk): "Sam", str(self.samuels_contact.pk): "Samuel"}
        return {whose[pk] for pk in named}


def build_two() -> Two:
    cast = build_cast()
    samuel = b.person(cast.county, "Samuel", "Testman")
    contact = b.contact(cast.embedded, samuel, narrative="Other words.")
    return Two(cast, samuel, contact, offices())


@pytest.fixture
def two(db: None) -> Two:
    return replayed(build_two)


def test_a_consent_about_one_opens_that_ones_records_until_its_custodian_looks(two: Two):
    two.consent(two.cast.sam)
    assert two.contacts() == {"Sam"}
    merge = two.merge()
    assert two.contacts() == {"Sam"}
    assert {opening["origin"] for opening in last_row().bases} == {str(two.cast.sam.pk)}
    review(merge, two.cast.county)
    assert two.contacts() == {"Sam", "Samuel"}
    assert {opening.get("origin") for opening in last_row().bases} == {None}


def test_a_consent_about_the_retired_one_goes_on_under_the_survivors_name(two: Two):
    two.consent(two.samuel)
    assert two.contacts() == set()
    two.merge()
    assert two.contacts() == {"Samuel"}
    answer = ask(two.cast.reyes, two.cast.sam)
    assert (answer.name_to_use, last_row().person_id) == ("Samuel Testman", two.cast.sam.pk)


def test_a_consent_since_the_merge_opens_both(two: Two):
    two.merge()
    two.consent(two.cast.sam)
    assert two.contacts() == {"Sam", "Samuel"}
    assert ask(two.cast.reyes, two.cast.sam).name_to_use == "Sam Testcase"
    assert last_row().outcome == "released"


def test_the_stranger_sees_nothing_of_either(two: Two):
    two.merge()
    assert two.contacts(two.cast.novak) == set()
    assert last_row().refusal == "no_agreement"


def test_own_records_stay_own(two: Two):
    two.merge()
    assert two.contacts(two.cast.embedded) == {"Sam", "Samuel"}
    assert set(readable_contacts(two.cast.embedded, b.NOW)) == {two.cast.sams_contact, two.samuels_contact}


def test_a_record_of_one_tells_the_name_of_one(two: Two):
    """A peer is told of no agency that it has a record: of Samuel, of whom there is nothing to see, not even the name."""
    peer = b.member("lindqvist", two.cast.county, "peer_navigator")
    for contact in (two.cast.sams_contact, two.samuels_contact):
        owed = {"kind": "safety_check", "due_window": "h48", "due_at": b.NOW, "assigned_to": peer}
        FollowUp.objects.create(contact=contact, person=contact.person, custodian=peer.agency, **owed)
    before = seen(peer, two.cast.sam, two.samuel)
    assert (bool(before.records), before.names) == (True, {"Sam Testcase"})
    two.offices.merge(two.samuel, two.cast.sam)
    assert seen(peer, two.samuel) == before


def test_an_old_id_asked_about_since_is_answered_as_the_survivor(two: Two):
    """A merge may come between the description and the judgement: one order or the other."""
    two.consent(two.samuel)
    two.merge()
    assert two.contacts(whom=two.samuel) == {"Samuel"}
    assert last_row().person_id == two.cast.sam.pk


def test_a_merge_between_judgement_and_reading_adds_nothing(two: Two, monkeypatch: pytest.MonkeyPatch):
    two.consent(two.cast.sam)
    judge = services.authorise

    def judge_and_merge(*asked: Any) -> Any:
        decision = judge(*asked)
        two.merge()
        return decision

    monkeypatch.setattr(services, "authorise", judge_and_merge)
    assert two.contacts() == {"Sam"}


def test_nothing_leaves_while_a_merge_is_in_doubt_and_own_work_goes_on(two: Two):
    two.consent(two.cast.sam)
    merge = two.merge()
    review(merge, two.cast.county)
    two.offices.doubt(merge)
    assert isinstance(ask(two.cast.reyes, two.cast.sam), Nothing)
    assert (last_row().outcome, last_row().refusal) == ("refused", "identity_in_doubt")
    assert two.contacts(two.cast.embedded) == {"Sam", "Samuel"}


def everybody(two: Two) -> list[list[Seen]]:
    cast = two.cast
    return [
        [seen(by, who) for by in (cast.reyes, cast.adeyemi, cast.embedded)] for who in (cast.sam, two.samuel)
    ]


def test_an_unmerge_gives_back_the_answers_of_before(two: Two):
    two.consent(two.cast.sam)
    two.consent(two.samuel, to=[two.cast.clinic])
    before = everybody(two)
    merge = two.merge()
    review(merge, two.cast.county)
    two.offices.unmerge(merge)
    assert everybody(two) == before


# -- who somebody is (5.3) ----------------------------------------------------------------------------------


def page(by: Membership, person: Person) -> set[str]:
    """From which custodians a person's page shows contacts."""
    told = person_record(by=by, person_id=person.pk, channel="page", at=moment())
    assert last_row().outcome == "released"
    return {one.source.custodian for one in told.items if one.source.noun == "contact"}


STATUS = {"unknown": {"Orchard Clinic"}, "asserted": {"Orchard Clinic", "County Health"}, "verified": {"Orchard Clinic", "County Health"}}  # fmt: skip


@pytest.mark.parametrize(("status", "custodians"), STATUS.items(), ids=STATUS)
def test_the_page_of_somebody_unknown_shows_own_records_alone(cast: Cast, status: str, custodians: set[str]):
    clinician = b.member("ada", cast.clinic, "embedded_clinician")
    b.contact(clinician, cast.sam)
    cast.consent(to=[cast.clinic])
    Person.objects.filter(pk=cast.sam.pk).update(identity_status=status)
    assert page(clinician, cast.sam) == custodians


def test_two_identifiers_open_what_the_page_of_somebody_unknown_does_not(cast: Cast):
    cast.consent()
    Person.objects.filter(pk=cast.sam.pk).update(identity_status="unknown")
    assert isinstance(ask(cast.reyes, cast.sam), PersonRecord)
    assert last_row().outcome == "released"


# -- the desk, alerts, emergencies ---------------------------------------------------------------------------


def told(two: Two) -> list[str]:
    return [line.reason for line in preview(
        by=two.cast.kim, person_id=two.cast.sam.pk, agency=two.cast.police, role="officer",
        purpose="le_crisis_response", moment=b.NOW, channel="page", at=moment(),
    ).lines if line.category == "D2"]  # fmt: skip


def test_the_consent_desk_is_told_that_less_opens_until_it_reviews(two: Two):
    two.consent(two.cast.sam)
    merge = two.merge()
    (reason,) = told(two)
    assert reason.endswith("until your office reviews the merge")
    assert last_row().outcome == "previewed"
    review(merge, two.cast.county)
    (reason,) = told(two)
    assert "merge" not in reason
    two.offices.doubt(merge)
    (reason,) = told(two)
    assert reason.startswith("A merge is to be taken apart")


def alert(two: Two, contact: CrisisContact) -> Notice:
    return Notice.objects.create(
        kind=Notice.Kind.CRISIS_CONTACT, subject_id=contact.pk, agency=two.cast.clinic, is_urgent=True
    )


def test_a_team_linked_with_one_is_told_of_that_one_until_the_custodian_looks(two: Two):
    """P-27: the right is asked at send, contact by contact."""
    TreatmentTeamLink.objects.create(
        person=two.samuel, custodian=two.cast.clinic, provider=two.cast.clinic, program_kind="outpatient_mh",
        duty_line="661-555-0111", notify_on_crisis=True, status="active", established_at=b.NOW, last_verified_at=b.NOW,
    )  # fmt: skip
    two.samuel.person_agencies.get_or_create(agency=two.cast.clinic)
    merge = two.merge()
    about_sam, about_samuel = alert(two, two.cast.sams_contact), alert(two, two.samuels_contact)
    by = two.cast.adeyemi
    assert may_be_told(by=by, notice=about_samuel, at=moment())
    assert last_row().outcome == "released"
    assert not may_be_told(by=by, notice=about_sam, at=moment())
    assert (last_row().outcome, last_row().records) == ("refused", [])
    review(merge, two.cast.county)
    assert may_be_told(by=by, notice=about_sam, at=moment())
    assert {one.contact_id for one in crisis_alerts(by, [about_sam, about_samuel], "page", moment())} == {
        two.cast.sams_contact.pk, two.samuels_contact.pk,
    }  # fmt: skip


def test_a_release_asked_before_the_merge_opens_whom_it_was_asked_about(two: Two):
    """L-5: what the clinician is shown before is what the card then shows."""
    releaser = b.member("releaser", two.cast.county, "embedded_clinician", may_release_emergency=True)
    asked = emergencies.request_emergency(
        by=two.cast.reyes, person_id=two.samuel.pk, described={}, at=moment(), **WHY
    )
    two.merge()
    shown = emergency_doors.asked_request(by=releaser, emergency_id=asked.pk, channel="page", at=moment())
    assert len(shown.operational) == 1
    assert (shown.safety.tips, shown.safety.flags) == ((), ())
    emergencies.release_emergency(by=releaser, emergency_id=asked.pk, with_operational=True, at=moment())
    card = emergency_doors.emergency_card(
        by=two.cast.reyes, emergency_id=asked.pk, channel="page", at=moment()
    )
    assert isinstance(card.answer, PersonRecord)
    assert last_row().records == [["contact", str(two.samuels_contact.pk), two.samuels_contact.version]]
    assert EmergencyAccess.objects.get().person_id == two.cast.sam.pk


# -- the work is the same ------------------------------------------------------------------------------------


def statements(act: Callable[[], object]) -> int:
    noise = ("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT")
    with CaptureQueriesContext(connection) as captured:
        act()
    return len([one for one in captured if not one["sql"].startswith(noise)])


def test_a_merged_person_costs_the_statements_of_anybody(two: Two):
    """P-3: like work; facts and ledgered read, whether something is told or nothing."""

    def asked(whom: Person) -> tuple[int, str]:
        at = moment()
        count = statements(lambda: ask(two.cast.reyes, whom, at=at))
        return count, last_row().refusal or "released"

    assert asked(two.cast.sam) == (2, "no_basis")
    merge = two.merge()
    assert asked(two.cast.sam) == (2, "no_basis")
    two.consent(two.cast.sam)
    assert asked(two.cast.sam) == (2, "released")
    two.offices.doubt(merge)
    assert asked(two.cast.sam) == (2, "identity_in_doubt")
