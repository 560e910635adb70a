"""What a clinician's release shows a responder, and an override a clinician: through the gate, by the clock (5.11)."""

from dataclasses import fields
from typing import Any

import pytest

from continuity.access import emergencies as verbs
from continuity.access.models import EmergencyAccess, Restriction
from continuity.agencies.models import Agency, Agreement
from continuity.consents.endings import revoke_consent
from continuity.crisis.models import CrisisContact
from continuity.disclosures.emergencies import asked_request
from continuity.disclosures.models import LedgerEntry
from continuity.disclosures.record import Nothing, PersonRecord
from continuity.disclosures.services import release
from continuity.errors import Conflict, Invalid, NotAllowed, NotFound
from continuity.notices.models import Notice
from continuity.people.matching import Grade
from continuity.people.models import Person
from continuity.people.services import Identified
from tests import builders as b
from tests.access.emergency_world import NOBODY, Emergency, build_emergency, later
from tests.replay import replayed

pytestmark = pytest.mark.django_db
PARTS = (
    "team_links", "plans", "tips", "flags", "follow_ups", "linkages", "contacts", "narratives", "sud_segments",
    "consents",
)  # fmt: skip


@pytest.fixture
def world(db: None, settings: Any) -> Emergency:
    settings.NEGATIVE_FLOOR = 0
    return replayed(build_emergency)


def shown(record: PersonRecord) -> set[str]:
    return {part for part in PARTS if getattr(record, part)}


def ledger_of(emergency: EmergencyAccess) -> list[Any]:
    rows = LedgerEntry.objects.filter(emergency=emergency.pk).order_by("id")
    return list(rows.values_list("asker__member__username", "outcome", "purpose", "channel", "categories"))


def test_a_release_shows_safety_data_alone_and_each_viewing_has_its_row(world: Emergency):
    """L-5: D1 by default; never narrative, never SUD."""
    opened = world.released()
    assert (opened.state, opened.starts_at, opened.ends_at) == ("released", b.NOW, later(30))
    for _ in range(2):
        card = world.card(opened)
        assert shown(card) == {"plans", "tips", "flags"}
        assert card.tips[0].text == "Speak softly."
    row = ("reyes", "released", "le_crisis_response", "page", ["D0", "D1"])
    assert ledger_of(opened) == [row, row]


def test_the_releaser_may_add_the_lines_of_earlier_contacts(world: Emergency):
    """5.11: up to D2, as a status line."""
    card = world.card(world.released(with_operational=True))
    assert shown(card) == {"plans", "tips", "flags", "contacts"}
    assert (card.contacts[0].operational_summary, card.contacts[0].presenting_issues) == ("", ())


def test_a_release_is_of_the_own_agencys_records_alone(world: Emergency):
    """L-5, 164.512(j): each agency answers for its own."""
    b.contact(world.clinician, world.cast.sam)
    asked = world.ask()
    verbs.release_emergency(by=world.clinician, emergency_id=asked.pk, with_operational=True, at=later(1))
    card = world.card(asked, later(2))
    assert [one.custodian for one in card.contacts] == ["Orchard Clinic"]
    assert not card.tips
    verbs.release_emergency(by=world.releaser, emergency_id=asked.pk, at=later(3))
    both = world.card(asked, later(4))
    assert both.tips
    assert [one.custodian for one in both.contacts] == ["Orchard Clinic"], "the county gave no contacts"
    assert EmergencyAccess.objects.get(pk=asked.pk).ends_at == later(31), (
        "the first release began the time box"
    )


def test_an_override_opens_what_its_categories_and_the_agreement_say(world: Emergency):
    opened = world.break_glass()
    card = world.card(opened)
    assert shown(card) == {"plans", "tips", "flags", "contacts", "narratives"}
    assert ledger_of(opened) == [
        ("adeyemi", "released", "emergency_treatment", "page", ["D0", "D1", "D2", "D3"])
    ]


def test_a_mobile_clinician_also_sees_care_team_and_follow_ups(world: Emergency):
    """6.3: D5 and D6 on EM for the crisis clinicians."""
    crew = b.agency("night-crew", "crisis_provider")
    b.agreement(crew, world.cast.county)
    mobile = b.member("mobile", crew, "mobile_clinician", may_break_glass=True)
    card = world.card(world.break_glass(by=mobile))
    assert shown(card) == {"plans", "tips", "flags", "contacts", "follow_ups", "team_links"}, (
        "no D3 was agreed"
    )


def test_sud_records_come_to_a_medic_in_a_medical_emergency_when_the_agreement_lists_them(world: Emergency):
    """L-13, 42 CFR 2.51."""
    Agreement.objects.update(categories=["D0", "D1", "D2", "D3", "D4", "D5", "D6"])
    cases = {
        "medic": world.break_glass(by=world.medic, reason_code="medical_emergency"),
        "medic otherwise": world.break_glass(by=world.medic),
        "clinician": world.break_glass(reason_code="medical_emergency"),
    }
    got = {}
    for name, opened in cases.items():
        got[name] = bool(world.card(opened).sud_segments)
        verbs.end_emergency(by=opened.requester, emergency_id=opened.pk, at=later(1))
    assert got == {"medic": True, "medic otherwise": False, "clinician": False}


def test_the_time_box_ends_by_the_clock_without_a_worker(world: Emergency):
    for opened in (world.released(), world.break_glass()):
        end = opened.ends_at
        assert isinstance(world.card(opened, end - (end - b.NOW) / 1000), PersonRecord)
        assert world.card(opened, end) is None
        assert EmergencyAccess.objects.get(pk=opened.pk).state == "released", "nobody has written it down"
        person = Identified(opened.person_id, Grade.CERTAIN)
        asked = {
            "by": opened.requester,
            "identified": person,
            "incident_ref": "1",
            "searched": "",
            "channel": "api",
        }
        purpose = "le_crisis_response" if opened.answer_by else "emergency_treatment"
        assert isinstance(release(**asked, purpose=purpose, at=end), Nothing)


NARROWS = {
    "restricted": lambda w: Person.objects.filter(pk=w.cast.sam.pk).update(confidentiality="restricted"),
    "very restricted": lambda w: Person.objects.filter(pk=w.cast.sam.pk).update(
        confidentiality="very_restricted"
    ),
    "a restriction was agreed": lambda w: restrict(w, w.cast.county),
    "works for the asker": lambda w: shield(w),
    "dead": lambda w: Person.objects.filter(pk=w.cast.sam.pk).update(deceased_date=b.NOW.date()),
    "the agreement is over": lambda w: Agreement.objects.update(expires_at=later(1)),
    "the custodian is suspended": lambda w: Agency.objects.filter(pk=w.cast.county.pk).update(
        status="suspended"
    ),
}


def restrict(world: Emergency, custodian: Agency) -> Restriction:
    return Restriction.objects.create(
        person=world.cast.sam,
        agency=custodian,
        kind="disclosure",
        state="agreed",
        requested_at=b.NOW,
        recorded_by=world.privacy,
    )


def shield(world: Emergency) -> None:
    for employer in (world.cast.police, world.cast.clinic):
        Restriction.objects.create(
            person=world.cast.sam,
            agency=world.cast.county,
            kind="employee",
            state="agreed",
            towards=employer,
            requested_at=b.NOW,
            recorded_by=world.privacy,
        )


def test_what_narrows_closes_an_open_box_at_the_next_reading(world: Emergency):
    opened = (world.released(with_operational=True), world.break_glass())
    got = {}
    for name, change in NARROWS.items():
        for one in opened:
            with b.undone():
                assert isinstance(world.card(one, later(1)), PersonRecord)
                change(world)
                got[name, one.kind] = type(world.card(one, later(2)))
    assert set(got.values()) == {Nothing}, got
    assert len(got) == 2 * len(NARROWS)


def test_a_revoked_consent_changes_nothing_of_an_emergency(world: Emergency):
    """EM and ER rest on the emergency, not on a consent."""
    consent = world.cast.consent()
    opened = (world.released(), world.break_glass())
    revoke_consent(by=world.cast.kim, consent_id=consent.pk, note="Wrote so.", at=later(1))
    assert [shown(world.card(one, later(2))) >= {"tips", "flags"} for one in opened] == [True, True]


def test_an_unknown_person_opens_a_box_with_nothing_in_it(world: Emergency):
    opened = world.break_glass(NOBODY)
    assert isinstance(world.card(opened), Nothing)
    row = LedgerEntry.objects.latest("id")
    assert (row.outcome, row.refusal, row.person_id) == ("empty", "no_match", None)


def test_a_card_is_its_requesters_alone_and_the_attempt_is_in_the_ledger(world: Emergency):
    opened = world.released()
    for by in (world.cast.deputy, world.releaser, world.privacy, world.cast.novak):
        with pytest.raises(NotFound):
            world.card(opened, by=by)
        row = LedgerEntry.objects.get(asker=by)
        assert (row.outcome, row.person_id) == ("refused", None)


def test_before_an_answer_and_after_a_denial_there_is_no_card(world: Emergency):
    asked = world.ask()
    assert world.card(asked) is None
    for by in (world.releaser, world.clinician):
        verbs.deny_emergency(by=by, emergency_id=asked.pk, note="No danger known.", at=later(1))
    assert world.card(asked, later(2)) is None
    assert not LedgerEntry.objects.filter(outcome="released").exists()


def test_a_request_is_denied_when_every_asked_agency_has_said_so(world: Emergency):
    asked = world.ask()
    states = [
        verbs.deny_emergency(by=by, emergency_id=asked.pk, note="No danger known.", at=later(1)).state
        for by in (world.releaser, world.clinician)
    ]
    assert states == ["requested", "denied"]
    answered = Notice.objects.filter(kind=Notice.Kind.EMERGENCY_ANSWERED)
    assert [one.member for one in answered] == [world.reyes.member]


def test_an_agency_answers_once(world: Emergency):
    asked = world.released()
    for verb, more in ((verbs.release_emergency, {}), (verbs.deny_emergency, {"note": "No."})):
        with pytest.raises(Conflict) as told:
            verb(by=world.second, emergency_id=asked.pk, at=later(1), **more)
        assert told.value.code == "answered_already"
    verbs.deny_emergency(by=world.clinician, emergency_id=asked.pk, note="No.", at=later(1))
    assert isinstance(world.card(asked, later(2)), PersonRecord), "another agency's denial closes nothing"


def test_what_an_agency_does_not_know_it_cannot_release_whoever_else_knows(world: Emergency):
    """P-3: the clinic learns nothing of what the county knows."""
    refusals = []
    for whom in ({"first": "Samuel"}, NOBODY):
        asked = world.ask(**({"whom": NOBODY} if whom is NOBODY else whom))
        with pytest.raises(Conflict) as told:
            verbs.release_emergency(by=world.clinician, emergency_id=asked.pk, at=later(1))
        refusals.append((told.value.code, told.value.detail))
        seen = asked_request(by=world.clinician, emergency_id=asked.pk, channel="page", at=later(1))
        refusals.append([getattr(seen, one.name) for one in fields(seen)[1:] if one.name != "described"])
    assert refusals[:2] == refusals[2:]
    assert refusals[0][0] == "not_known_here"


def test_only_who_is_named_by_an_asked_agency_answers(world: Emergency):
    asked = world.ask()
    told = {}
    for by in (world.reyes, world.privacy, world.medic, world.cast.novak):
        with pytest.raises((NotAllowed, NotFound)) as error:
            verbs.release_emergency(by=by, emergency_id=asked.pk, at=later(1))
        told[by.member.username] = error.value.code
    assert told == {
        "reyes": "duty_missing",
        "pat": "duty_missing",
        "medic": "not_named",
        "novak": "not_named",
    }
    world.cast.novak.may_release_emergency = True
    world.cast.novak.save()
    with pytest.raises(NotFound):
        verbs.release_emergency(by=world.cast.novak, emergency_id=asked.pk, at=later(1))


def test_a_denial_says_why(world: Emergency):
    with pytest.raises(Invalid):
        verbs.deny_emergency(by=world.releaser, emergency_id=world.ask().pk, note=" ", at=later(1))


def test_the_releaser_sees_what_a_release_would_show_and_the_reading_is_ledgered(world: Emergency):
    asked = world.ask()
    seen = asked_request(by=world.releaser, emergency_id=asked.pk, channel="page", at=later(1))
    row = LedgerEntry.objects.latest("id")
    assert (row.asker, row.outcome, row.person, row.agency) == (
        world.releaser, "read", world.cast.sam, world.cast.county,
    )  # fmt: skip
    verbs.release_emergency(by=world.releaser, emergency_id=asked.pk, with_operational=True, at=later(1))
    card = world.card(asked, later(2))
    assert (seen.safety.plans, seen.safety.tips, seen.safety.flags) == (card.plans, card.tips, card.flags)
    assert seen.operational == card.contacts
    assert seen.described["last"] == "Testcase"


def test_what_a_release_would_not_show_is_not_shown_to_the_releaser(world: Emergency):
    asked = world.ask()
    for change in (lambda: restrict(world, world.cast.county), lambda: shield(world)):
        with b.undone():
            change()
            seen = asked_request(by=world.releaser, emergency_id=asked.pk, channel="page", at=later(1))
            assert (seen.safety.tips, seen.safety.flags, seen.operational) == ((), (), ())
    CrisisContact.objects.update(is_part2=True)
    seen = asked_request(by=world.releaser, emergency_id=asked.pk, channel="page", at=later(1))
    assert (bool(seen.safety.tips), seen.operational) == (True, ())


def test_after_the_answer_nothing_of_the_person_is_read_there(world: Emergency):
    asked = world.released()
    seen = asked_request(by=world.second, emergency_id=asked.pk, channel="page", at=later(1))
    assert (seen.waits, seen.described, seen.is_known, seen.safety.tips) == (False, {}, False, ())


def test_a_request_is_read_by_releasers_of_asked_agencies_alone(world: Emergency):
    asked = world.ask()
    for by in (world.reyes, world.medic, world.privacy, world.cast.novak):
        with pytest.raises(NotFound):
            asked_request(by=by, emergency_id=asked.pk, channel="page", at=later(1))
        assert LedgerEntry.objects.get(asker=by).outcome == "refused"


def test_a_minor_is_released_by_a_clinician(world: Emergency):
    """6.4: responders get nothing of a minor but by a release."""
    Person.objects.filter(pk=world.cast.sam.pk).update(birth_date=b.NOW.date().replace(year=2012))
    opened = world.ask()
    EmergencyAccess.objects.filter(pk=opened.pk).update(person=world.cast.sam)
    verbs.release_emergency(by=world.releaser, emergency_id=opened.pk, at=later(1))
    assert isinstance(world.card(opened, later(2)), PersonRecord)
