"""What the privacy office keeps back: restrictions, confidentiality, named staff (164.522, 6.4, P-28)."""

from datetime import timedelta
from typing import Any

import pytest

from continuity.access import restrictions as r
from continuity.access.models import ConfidentialityDecision, Restriction
from continuity.agencies.models import Membership
from continuity.disclosures.models import LedgerEntry
from continuity.errors import Conflict, DomainError, Invalid, NotAllowed, NotFound
from continuity.lookup.services import Question, look_up
from continuity.people.models import Person, PersonStaffGrant
from continuity.people.services import note_own_record
from continuity.trail.models import AuditEntry
from tests import builders as b
from tests.cast import Cast

pytestmark = pytest.mark.django_db

SAM = {"last": "Testcase", "first": "Sam", "birth_date": b.date(1988, 4, 3)}
OURS = {"reason": "Sam asked for it.", "at": b.NOW}


@pytest.fixture
def pia(cast: Cast) -> Membership:
    """The county's privacy officer."""
    return b.member("pia", cast.county, "privacy_officer")


@pytest.fixture
def paula(cast: Cast) -> Membership:
    """The privacy officer of the police, which knows Sam, too."""
    note_own_record(cast.sam.pk, cast.police)
    return b.member("paula", cast.police, "privacy_officer")


def asked(cast: Cast, by: Membership, **said: Any) -> Restriction:
    usual = {"kind": "disclosure", "towards": cast.police, "requested_at": b.NOW, "reason": "", "at": b.NOW}
    return r.request_restriction(by=by, person_id=cast.sam.pk, **(usual | said))


def agreed(cast: Cast, by: Membership, **said: Any) -> Restriction:
    made = asked(cast, by, **said)
    return r.decide_restriction(by=by, restriction_id=made.pk, outcome="agreed", at=b.NOW)


def looked_up(by: Membership, purpose: str = "care_coordination") -> tuple[str, str]:
    """Ask about Sam, and say what the ledger says of it."""
    before = list(LedgerEntry.objects.values_list("pk", flat=True))
    look_up(by=by, question=Question(purpose=purpose, incident_ref="2026-1", **SAM), channel="page", at=b.NOW)
    row = LedgerEntry.objects.exclude(pk__in=before).get(asker=by)
    return row.outcome, row.refusal


def refused(code: str, kind: type[DomainError] = Invalid) -> Any:
    return pytest.raises(kind, match=f"^{code}$")


def test_request_is_written_down_and_keeps_nothing_back_yet(cast: Cast, pia: Membership):
    made = asked(cast, pia, categories=["D2", "D1"], reason="A cousin works there.")
    assert (made.state, made.agency, made.categories) == ("requested", cast.county, ["D1", "D2"])
    assert (made.recorded_by, made.requested_at, made.decided_at) == (pia, b.NOW, None)


def test_agreed_restriction_is_decided_once_and_ended_with_a_reason(cast: Cast, pia: Membership):
    made = agreed(cast, pia)
    assert (made.state, made.decided_by, made.decided_at) == ("agreed", pia, b.NOW)
    with refused("illegal_move", Conflict):
        r.decide_restriction(by=pia, restriction_id=made.pk, outcome="declined", reason="No.", at=b.NOW)
    with refused("no_reason"):
        r.end_restriction(by=pia, restriction_id=made.pk, reason=" ", at=b.NOW)
    ended = r.end_restriction(by=pia, restriction_id=made.pk, reason="Sam wrote that it may end.", at=b.NOW)
    assert (ended.state, ended.ended_at, ended.ended_reason) == ("ended", b.NOW, "Sam wrote that it may end.")
    with refused("illegal_move", Conflict):
        r.end_restriction(by=pia, restriction_id=made.pk, reason="Again.", at=b.NOW)


def test_declining_needs_a_reason_and_ends_it(cast: Cast, pia: Membership):
    made = asked(cast, pia)
    with refused("no_reason"):
        r.decide_restriction(by=pia, restriction_id=made.pk, outcome="declined", at=b.NOW)
    declined = r.decide_restriction(
        by=pia, restriction_id=made.pk, outcome="declined", reason="The team could not work.", at=b.NOW
    )
    assert (declined.state, declined.decided_reason) == ("declined", "The team could not work.")


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"kind": "other"}, "unknown_value"),
        ({"categories": ["D9"]}, "unknown_value"),
        ({"kind": "employee", "towards": None}, "no_employer"),
        ({"kind": "employee", "categories": ["D1"]}, "all_or_nothing"),
        ({"requested_at": b.NOW + timedelta(minutes=1)}, "in_the_future"),
        ({"reason": "x" * 301}, "too_long"),
    ],
    ids=lambda one: str(one),
)
def test_restriction_says_what_the_law_knows(cast: Cast, pia: Membership, said: dict[str, Any], code: str):
    with refused(code):
        asked(cast, pia, **said)
    assert not Restriction.objects.exists()


def test_restriction_towards_oneself_and_the_same_one_twice_are_refused(cast: Cast, pia: Membership):
    with refused("towards_yourself"):
        asked(cast, pia, towards=cast.county)
    agreed(cast, pia)
    with refused("restricted_already", Conflict):
        asked(cast, pia)
    asked(cast, pia, towards=None)


def test_verbs_are_the_privacy_office_s_about_its_own_people(cast: Cast, pia: Membership):
    stranger = b.member("otto", cast.elsewhere, "privacy_officer")
    made = agreed(cast, pia)
    about = {"person_id": cast.sam.pk, **OURS}
    named = {"member_id": cast.embedded.member_id, **about}
    moves = [
        lambda by: asked(cast, by),
        lambda by: r.decide_restriction(by=by, restriction_id=made.pk, outcome="agreed", at=b.NOW),
        lambda by: r.end_restriction(by=by, restriction_id=made.pk, **OURS),
        lambda by: r.set_confidentiality(by=by, level="restricted", **about),
        lambda by: r.name_staff(by=by, **named),
        lambda by: r.remove_staff(by=by, **named),
    ]
    for move in moves:
        with refused("duty_missing", NotAllowed):
            move(cast.kim)
        with refused("not_found", NotFound):
            move(stranger)
    assert not ConfidentialityDecision.objects.exists()


def test_strictest_wish_of_all_agencies_is_the_level(cast: Cast, pia: Membership, paula: Membership):
    def wish(by: Membership, level: str) -> str:
        return r.set_confidentiality(by=by, person_id=cast.sam.pk, level=level, **OURS).confidentiality

    assert wish(pia, "restricted") == "restricted"
    assert wish(paula, "very_restricted") == "very_restricted"
    assert wish(paula, "normal") == "restricted"
    with refused("unchanged", Conflict):
        wish(paula, "normal")
    assert wish(pia, "normal") == "normal"


def test_level_that_came_with_the_person_is_changed_by_whoever_decides_first(cast: Cast, pia: Membership):
    Person.objects.filter(pk=cast.sam.pk).update(confidentiality="restricted")
    with refused("unchanged", Conflict):
        r.set_confidentiality(by=pia, person_id=cast.sam.pk, level="restricted", **OURS)
    changed = r.set_confidentiality(by=pia, person_id=cast.sam.pk, level="normal", **OURS)
    assert changed.confidentiality == "normal"


def test_naming_is_a_grant_and_a_decision_with_its_reason_and_history(cast: Cast, pia: Membership):
    said = {"by": pia, "person_id": cast.sam.pk, "member_id": cast.embedded.member_id}
    decision = r.name_staff(**said, **OURS)
    assert list(r.named_staff(pia, cast.sam)) == [cast.embedded.member]
    assert (decision.kind, decision.decided_by, decision.reason) == ("named", pia, "Sam asked for it.")
    with refused("named_already", Conflict):
        r.name_staff(**said, **OURS)
    r.remove_staff(**said, reason="Left the team.", at=b.NOW)
    assert not PersonStaffGrant.objects.exists()
    assert [one.kind for one in r.decisions_of(pia, cast.sam.pk)] == ["removed", "named"]
    entry = AuditEntry.objects.filter(object_pk=str(decision.pk)).get()
    assert entry.changes["member"] == [None, str(cast.embedded.member_id)]
    assert "Sam asked" not in str(entry.changes)


def test_nobody_is_named_who_works_nowhere_or_without_a_reason(cast: Cast, pia: Membership):
    said = {"by": pia, "person_id": cast.sam.pk, "member_id": cast.embedded.member_id}
    with refused("no_reason"):
        r.name_staff(**said, reason="", at=b.NOW)
    cast.embedded.ended_at = b.NOW
    cast.embedded.save()
    with refused("works_nowhere"):
        r.name_staff(**said, **OURS)
    with refused("works_nowhere"):
        r.name_staff(**said | {"member_id": cast.sam.pk}, **OURS)


def test_one_office_does_not_take_back_whom_another_named(cast: Cast, pia: Membership, paula: Membership):
    said = {"person_id": cast.sam.pk, "member_id": cast.reyes.member_id, **OURS}
    r.name_staff(by=pia, **said)
    r.name_staff(by=paula, **said)
    with refused("not_found", NotFound):
        r.remove_staff(by=paula, **said | {"member_id": cast.embedded.member_id})
    r.remove_staff(by=paula, **said)
    assert list(r.named_staff(pia, cast.sam)) == [cast.reyes.member]


def test_next_look_up_knows_of_confidentiality_and_of_who_is_named(cast: Cast, pia: Membership):
    assert looked_up(cast.embedded)[0] == "released"
    r.set_confidentiality(by=pia, person_id=cast.sam.pk, level="restricted", **OURS)
    assert looked_up(cast.embedded) == ("refused", "restricted")
    said = {"by": pia, "person_id": cast.sam.pk, "member_id": cast.embedded.member_id, **OURS}
    r.name_staff(**said)
    assert looked_up(cast.embedded)[0] == "released"
    r.remove_staff(**said)
    assert looked_up(cast.embedded) == ("refused", "restricted")


def test_who_is_named_by_one_office_sees_no_other_agency_s_records(
    cast: Cast, pia: Membership, paula: Membership
):
    """What one privacy office lifts, it lifts for its own agency's records alone."""
    cast.consent()
    b.contact(cast.reyes, cast.sam)
    r.set_confidentiality(by=pia, person_id=cast.sam.pk, level="restricted", **OURS)
    said = {"person_id": cast.sam.pk, "member_id": cast.reyes.member_id, **OURS}
    r.name_staff(by=paula, **said)
    assert looked_up(cast.reyes, "le_crisis_response")[0] == "released"
    seen = LedgerEntry.objects.get(asker=cast.reyes)
    assert seen.custodians == [cast.police.pk]
    r.name_staff(by=pia, **said)
    assert looked_up(cast.reyes, "le_crisis_response")[0] == "released"
    seen = LedgerEntry.objects.exclude(pk=seen.pk).get(asker=cast.reyes)
    assert set(seen.custodians) == {cast.police.pk, cast.county.pk}


def test_next_look_up_knows_of_a_restriction_towards_one_agency(cast: Cast, pia: Membership):
    cast.consent(to=[cast.police, cast.sheriff])
    response = "le_crisis_response"
    assert looked_up(cast.reyes, response)[0] == "released"
    made = agreed(cast, pia)
    assert looked_up(cast.reyes, response) == ("refused", "restriction_agreed")
    assert looked_up(cast.deputy, response)[0] == "released"
    r.end_restriction(by=pia, restriction_id=made.pk, reason="Sam wrote so.", at=b.NOW)
    assert looked_up(cast.reyes, response)[0] == "released"


def test_employer_sees_nothing_of_its_own_member_not_even_its_own_records(
    cast: Cast, pia: Membership, paula: Membership
):
    """P-28: an officer's own crisis stays hidden from the officer's department."""
    cast.consent()
    b.contact(cast.reyes, cast.sam)
    assert looked_up(cast.reyes, "le_crisis_response")[0] == "released"
    agreed(cast, paula, kind="employee", towards=cast.police)
    assert looked_up(cast.reyes, "le_crisis_response") == ("refused", "own_agency_shield")
