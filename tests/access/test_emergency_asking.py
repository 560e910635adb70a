"""Asking for an emergency access: what must be documented, who is asked, and that the person changes nothing."""

from typing import Any

import pytest
from django.db import connection

from continuity.access.emergencies import asked_of, described_of
from continuity.access.models import EmergencyAccess
from continuity.agencies.models import Agency, Agreement, Membership
from continuity.agencies.services import propose_pack, sign_off_pack
from continuity.disclosures.alerts import tellable
from continuity.disclosures.models import LedgerEntry
from continuity.errors import Conflict, DomainError, Incomplete, NotAllowed
from continuity.notices.models import Notice
from continuity.trail.models import AuditEntry
from tests import builders as b
from tests.access.emergency_world import NOBODY, SAM, WHY, Emergency, build_emergency, later
from tests.replay import replayed

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(db: None) -> Emergency:
    return replayed(build_emergency)


def asked_members(emergency: EmergencyAccess) -> set[str]:
    notices = Notice.objects.filter(kind=Notice.Kind.EMERGENCY_ASKED, subject_id=emergency.pk)
    return set(notices.values_list("member__username", flat=True))


NOT_DOCUMENTED = {
    "no incident": ({"incident_ref": " "}, "incident_ref"),
    "incident of 41 characters": ({"incident_ref": "x" * 41}, "incident_ref"),
    "reason of 19 characters": ({"reason": "x" * 19 + "  "}, "reason"),
    "reason of 1001 characters": ({"reason": "x" * 1001}, "reason"),
    "no nature": ({"nature": ""}, "nature"),
    "another reason code": ({"reason_code": "curiosity"}, "reason_code"),
    "recipient too long": ({"recipient_name": "x" * 121}, "recipient_name"),
}


def test_what_the_law_wants_documented_is_demanded_of_both_kinds(world: Emergency):
    """L-13, 42 CFR 2.51(c), 5.11."""
    for name, (why, field) in NOT_DOCUMENTED.items():
        for start in (world.ask, world.break_glass):
            with pytest.raises(Incomplete) as told:
                start(**why)
            assert [one.field for one in told.value.errors] == [field], name
    assert not EmergencyAccess.objects.exists()


def test_every_field_at_fault_is_named_at_once(world: Emergency):
    with pytest.raises(Incomplete) as told:
        world.ask(incident_ref="", reason="short", nature="", reason_code="")
    assert {one.field for one in told.value.errors} == {"incident_ref", "reason", "nature", "reason_code"}


def test_a_request_asks_the_named_clinicians_of_agencies_with_an_agreement(world: Emergency):
    """L-5: an officer asks, a clinician releases."""
    asked = world.ask()
    assert (asked.state, asked.categories, asked.starts_at) == ("requested", ["D0", "D1"], None)
    assert asked.answer_by == later(15)
    assert set(asked.asked_agencies.values_list("code", flat=True)) == {"county-health", "orchard-clinic"}
    assert asked_members(asked) == {"embedded", "quinn", "adeyemi"}
    assert (asked.recipient_name, asked.recipient_facility) == ("Reyes", "Kestrel Police")
    assert described_of(asked) == {
        "last": "Testcase",
        "first": "Sam",
        "birth_date": "1988-04-03",
        "identifier": "",
    }


def off(agency: Agency, by: Membership) -> None:
    rules = {"le_emergency": "off"}
    pack = propose_pack(code="quiet", number=1, title="Quiet", effective_at=later(-9), rules=rules)
    sign_off_pack(by=by, pack_id=pack.pk, counsel="Counsel of the county", at=later(-8))
    Agency.objects.filter(pk=agency.pk).update(policy_pack="quiet")


NOT_ASKED = {
    "its pack is off": lambda w: off(w.cast.clinic, w.privacy),
    "it is suspended": lambda w: Agency.objects.filter(pk=w.cast.clinic.pk).update(status="suspended"),
    "it is a Part 2 programme": lambda w: Agency.objects.filter(pk=w.cast.clinic.pk).update(
        is_part2_program=True, legal_regimes=["part2_program"]
    ),
    "the agreement is over": lambda w: (
        Agreement.objects.filter(parties=w.cast.police).filter(parties=w.cast.clinic).update(expires_at=b.NOW)
    ),
    "the agreement has no safety data": lambda w: w.cast.clinic.agreements.update(categories=["D0"]),
    "nobody is named": lambda w: Membership.objects.filter(agency=w.cast.clinic).update(
        may_release_emergency=False
    ),
    "whoever is named has left": lambda w: Membership.objects.filter(agency=w.cast.clinic).update(
        ended_at=b.NOW
    ),
    "whoever is named is no clinician": lambda w: Membership.objects.filter(agency=w.cast.clinic).update(
        roles=["peer_navigator"]
    ),
}


def test_an_agency_that_may_not_answer_is_not_asked(world: Emergency):
    asked = {}
    for name, change in NOT_ASKED.items():
        with b.undone():
            change(world)
            asked[name] = asked_members(world.ask())
    assert asked == {name: {"embedded", "quinn"} for name in NOT_ASKED}


def test_where_nobody_answers_it_is_said_whoever_is_meant(world: Emergency):
    Membership.objects.update(may_release_emergency=False)
    for whom in (SAM, NOBODY):
        with pytest.raises(Conflict) as told:
            world.ask(whom)
        assert told.value.code == "nobody_to_ask"


def test_an_override_opens_at_once_for_the_minutes_of_the_pack(world: Emergency):
    """5.11: self-attested, one person, 60 minutes at most."""
    opened = world.break_glass()
    assert (opened.state, opened.starts_at, opened.ends_at) == ("released", b.NOW, later(60))
    assert opened.categories == ["D0", "D1", "D2", "D3", "D5", "D6"]
    assert opened.review_due_at == later(60 + 72 * 60)
    assert not Notice.objects.filter(kind__startswith="emergency").exists()


def test_sud_records_are_for_medical_personnel_in_a_medical_emergency(world: Emergency):
    """L-13, 42 CFR 2.51(a)."""
    opens = {
        (by.member.username, code): "D4" in world.break_glass(by=by, reason_code=code).categories
        for by in (world.clinician, world.medic)
        for code in EmergencyAccess.Reason.values
    }
    assert [one for one, has in opens.items() if has] == [("medic", "medical_emergency")]


def test_only_who_has_the_duty_and_is_named_breaks_the_glass_or_asks(world: Emergency):
    """L-5: no break-glass for law enforcement."""
    refused: dict[Any, str] = {}
    for by in (world.reyes, world.second, world.privacy, world.cast.kim, world.cast.novak, world.clinician):
        for verb in (world.break_glass, world.ask):
            with b.undone():
                try:
                    verb(by=by)
                except NotAllowed as error:
                    refused[by.member.username, verb.__name__] = error.code
    others = ("reyes", "pat", "kim")
    assert refused == {
        **{(name, "break_glass"): "duty_missing" for name in others},
        **{(name, "break_glass"): "not_named" for name in ("quinn", "novak")},
        **{(name, "ask"): "duty_missing" for name in ("quinn", "pat", "kim", "novak", "adeyemi")},
    }


def shape_of(emergency: EmergencyAccess) -> dict[str, Any]:
    """What of the row could reach the asker, without ids and what was typed."""
    skipped = {"id", "person", "described", "created_at", "updated_at"}
    row = {
        f.name: getattr(emergency, f.attname)
        for f in emergency._meta.concrete_fields
        if f.name not in skipped
    }
    return row | {"asked": asked_members(emergency)}


def test_an_unknown_person_is_asked_for_exactly_as_a_known_one(world: Emergency):
    """P-3, L-4."""
    for start in (world.ask, world.break_glass):
        known, unknown = start(SAM), start(NOBODY)
        assert known.person_id == world.cast.sam.pk
        assert unknown.person_id is None
        assert shape_of(known) == shape_of(unknown)


def test_two_people_under_one_description_are_nobody(world: Emergency):
    b.person(world.cast.police)
    assert world.ask().person_id is None


def test_a_review_that_is_overdue_blocks_the_next_use_and_no_other_member(world: Emergency):
    """5.11; the clock alone makes it overdue, no worker has run."""
    opened, asked = world.break_glass(), world.released()
    due = later(60 + 72 * 60)
    assert world.break_glass(at=due - (due - b.NOW) / 100).pk != opened.pk
    for whom in (SAM, NOBODY):
        for start, at in ((world.break_glass, due), (world.ask, asked.review_due_at)):
            with pytest.raises(Conflict) as told:
                start(whom, at=at)
            assert told.value.code == "review_overdue"
    assert world.break_glass(by=world.medic, at=due).state == "released"


def test_the_block_follows_a_member_to_another_duty(world: Emergency):
    opened = world.break_glass()
    elsewhere = Membership.objects.create(
        member=world.clinician.member,
        agency=world.cast.elsewhere,
        roles=["treatment_clinician"],
        may_break_glass=True,
    )
    with pytest.raises(Conflict):
        world.break_glass(by=elsewhere, at=opened.review_due_at)


def test_whoever_is_asked_is_told_and_nobody_else(world: Emergency):
    asked = world.ask()
    notices = {
        one.member_id: one
        for one in Notice.objects.filter(kind=Notice.Kind.EMERGENCY_ASKED, subject_id=asked.pk)
    }
    assert all(one.is_urgent for one in notices.values())
    told = {
        by.member.username: bool(tellable(by, notices.values(), later(1)))
        for by in (world.releaser, world.second, world.clinician, world.medic, world.reyes, world.privacy)
    }
    assert told == {
        "embedded": True, "quinn": True, "adeyemi": True, "medic": False, "reyes": False, "pat": False,
    }  # fmt: skip
    assert not tellable(world.releaser, notices.values(), later(15)), "it is over by the clock"


def test_nobody_answers_their_own_request(world: Emergency):
    asked = world.ask()
    Membership.objects.filter(pk=world.second.pk).update(member=world.reyes.member)
    assert not asked_of(Membership.objects.get(pk=world.second.pk), later(1)).filter(pk=asked.pk).exists()


def test_what_was_typed_is_sealed_and_no_ledger_row_tells_of_a_release(world: Emergency):
    """S-13; asking discloses nothing yet."""
    asked = world.ask()
    with connection.cursor() as cursor:
        cursor.execute("SELECT described FROM access_emergencyaccess WHERE id = %s", [asked.pk])
        assert b"Testcase" not in bytes(cursor.fetchone()[0])
    assert not LedgerEntry.objects.filter(outcome="released").exists()
    assert WHY["reason"] == asked.reason


def test_the_history_of_edits_holds_neither_who_was_meant_nor_why(world: Emergency):
    """P-19."""
    rows = AuditEntry.objects.filter(object_pk=str(world.ask().pk))
    said = " ".join(str(row.changes) for row in rows)
    assert "incident_ref" in said
    assert not [words for words in ("Testcase", "described", WHY["reason"], WHY["nature"]) if words in said]


def test_a_domain_error_names_no_person(world: Emergency):
    with pytest.raises(DomainError) as told:
        world.ask(reason="")
    assert "Testcase" not in f"{told.value.detail} {told.value}"
