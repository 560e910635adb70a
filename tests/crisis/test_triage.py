"""Who is suggested to answer a call, and what becomes of the suggestion (D-4)."""

from datetime import datetime, timedelta
from itertools import product
from typing import Any

import pytest
from django.db import IntegrityError

from continuity.agencies.pack_tables import TriageRow
from continuity.agencies.packs import Rules, read_rules
from continuity.crisis import vocabulary as v
from continuity.crisis.models import Triage
from continuity.crisis.triage import Call, suggest
from continuity.crisis.triages import record_triage, suggestion_for, triage_figures
from continuity.errors import Incomplete, NotAllowed, NotFound
from continuity.ids import uuid7
from continuity.trail.models import AuditEntry
from tests import builders as b
from tests.agencies.test_packs import propose, sign
from tests.crisis.conftest import Crew, stands_as

ELIGIBLE = {
    "nonviolent_mh_crisis", "suicide_threat", "trespass", "welfare_check", "intoxicated_person", "panhandling",
    "indecency", "verbal_disturbance",
}  # fmt: skip


def suggested(call: Call, rules: Rules | None = None) -> tuple[str, bool, str]:
    rules = rules or Rules()
    found = suggest(call, rules.triage, rules.eligible_call_types)
    return found.response, found.team_first, found.rule


# The table (pure)


def test_every_call_has_the_suggestion_of_the_first_row_that_fits():
    """Weapon before team before call type; any other call is left to whoever takes it."""
    for call_type, weapon, has_team in product(v.CallType.values, ["yes", "no", "unknown"], [True, False]):
        call = Call(call_type, weapon, has_team)
        if weapon == "yes":
            expected = ("both", False, "weapon_in_hand")
        elif call_type in ELIGIBLE:
            expected = (
                ("clinician", True, "existing_team") if has_team else ("clinician", False, "eligible_call")
            )
        else:
            expected = ("", False, "")
        assert suggested(call) == expected, call


def test_eligible_is_what_the_list_says_whatever_is_suggested():
    rules = Rules()
    for call_type, weapon in product(v.CallType.values, ["yes", "no"]):
        found = suggest(Call(call_type, weapon, False), rules.triage, rules.eligible_call_types)
        assert found.is_eligible == (call_type in ELIGIBLE)


def test_every_suggestion_says_why():
    assert all(row.because.endswith(".") for row in Rules().triage)


ROW = TriageRow(rule="one", response="police", because="It fits.")
FITS: dict[str, tuple[dict[str, Any], Call, bool]] = {
    "asks nothing": ({}, Call("other", "unknown", False), True),
    "its call": ({"call_types": frozenset({"assault"})}, Call("assault", "no", False), True),
    "another call": ({"call_types": frozenset({"assault"})}, Call("medical", "no", False), False),
    "no call": ({"call_types": frozenset()}, Call("medical", "no", False), False),
    "its answer": ({"weapon_in_hand": "unknown"}, Call("other", "unknown", False), True),
    "another answer": ({"weapon_in_hand": "unknown"}, Call("other", "no", False), False),
    "without a team": ({"has_team": False}, Call("other", "no", False), True),
    "with a team": ({"has_team": False}, Call("other", "no", True), False),
    "not eligible": ({"is_eligible": False}, Call("assault", "no", False), True),
    "eligible": ({"is_eligible": False}, Call("trespass", "no", False), False),
    "one of two": ({"is_eligible": True, "has_team": True}, Call("trespass", "no", False), False),
}


@pytest.mark.parametrize(("conditions", "call", "fits"), FITS.values(), ids=FITS)
def test_row_fits_a_call_that_answers_all_its_conditions(conditions: dict[str, Any], call: Call, fits: bool):
    row = TriageRow(**{"rule": "one", "response": "police", "because": "It fits.", **conditions})
    assert (suggest(call, [row], frozenset(ELIGIBLE)).rule == "one") is fits


def test_first_row_that_fits_decides():
    table = [TriageRow("first", "both", "One."), ROW]
    assert suggest(Call("other", "no", False), table, frozenset()).rule == "first"


def test_without_rows_nothing_is_suggested():
    assert suggested(Call("trespass", "yes", True), read_rules({"triage": []})) == ("", False, "")


# Recorded


@pytest.fixture
def contact_id(crew: Crew) -> Any:
    return crew.draft().pk


def triaged(crew: Crew, contact_id: Any, **changes: Any) -> Triage:
    return record_triage(
        **{
            "by": crew.embedded,
            "contact_id": contact_id,
            "call_type": "welfare_check",
            "weapon_in_hand": "no",
            "has_team": False,
            "decision": "clinician",
            "at": b.NOW,
        }
        | changes
    )


def test_suggestion_is_the_rules_of_the_own_agency(crew: Crew):
    call = Call("welfare_check", "no", True)
    assert suggestion_for(by=crew.embedded, call=call, at=b.NOW).rule == "existing_team"
    privacy = b.member("gale", crew.county, "privacy_officer")
    row = {"rule": "ours", "when": {}, "response": "police", "because": "So it is here."}
    sign(privacy, propose(triage=[row]))
    assert suggestion_for(by=crew.embedded, call=call, at=b.NOW).because == "So it is here."


@pytest.mark.django_db
def test_suggestion_for_words_that_nobody_knows_is_refused(crew: Crew):
    with pytest.raises(Incomplete) as refused:
        suggestion_for(by=crew.embedded, call=Call("dream", "perhaps", False), at=b.NOW)
    assert {error.field for error in refused.value.errors} == {"call_type", "weapon_in_hand"}


def test_followed_suggestion_needs_no_word(crew: Crew, contact_id: Any):
    row = triaged(crew, contact_id)
    assert (row.suggestion, row.decision, row.rule, row.is_eligible) == (
        "clinician", "clinician", "eligible_call", True,
    )  # fmt: skip
    assert (row.decided_by, row.decided_at, row.custodian) == (crew.embedded, b.NOW, crew.county)


def test_overridden_suggestion_has_a_reason(crew: Crew, contact_id: Any):
    with pytest.raises(Incomplete) as refused:
        triaged(crew, contact_id, decision="both", reason=" ")
    assert [(error.code, error.field) for error in refused.value.errors] == [("missing", "reason")]
    row = triaged(crew, contact_id, decision="both", reason="A neighbour threatens him.")
    assert (row.suggestion, row.decision, row.reason) == ("clinician", "both", "A neighbour threatens him.")
    assert "neighbour" not in "".join(str(entry.changes) for entry in AuditEntry.objects.all())


def test_database_keeps_no_override_without_a_reason(crew: Crew, contact_id: Any):
    row = triaged(crew, contact_id)
    row.decision = "police"
    with pytest.raises(IntegrityError, match="an_overridden_suggestion_has_a_reason"):
        row.save()


def test_decision_where_nothing_is_suggested_needs_missing(crew: Crew, contact_id: Any):
    row = triaged(crew, contact_id, call_type="assault", decision="police")
    assert (row.suggestion, row.is_eligible) == ("", False)


def test_change_of_mind_is_a_new_row_that_says_what_changed(crew: Crew, contact_id: Any):
    first = triaged(crew, contact_id)
    again = {"weapon_in_hand": "yes", "decision": "both"}
    with pytest.raises(Incomplete) as refused:
        triaged(crew, contact_id, **again)
    assert [error.field for error in refused.value.errors] == ["what_changed"]
    second = triaged(crew, contact_id, **again, what_changed="He took up a knife.")
    assert list(Triage.objects.values_list("pk", "decision")) == [
        (first.pk, "clinician"),
        (second.pk, "both"),
    ]


def test_everything_wrong_is_named_at_once(crew: Crew, contact_id: Any):
    with pytest.raises(Incomplete) as refused:
        triaged(crew, contact_id, call_type="dream", weapon_in_hand="", decision="army", reason="a" * 201)
    assert {error.field for error in refused.value.errors} == {
        "call_type",
        "weapon_in_hand",
        "decision",
        "reason",
    }
    assert not Triage.objects.exists()


def test_contact_of_somebody_else_is_not_triaged(crew: Crew, contact_id: Any):
    """P-3, and 5.4: a draft is its author's."""
    for by, which in ((crew.second, contact_id), (crew.reyes, contact_id), (crew.embedded, uuid7())):
        with pytest.raises(NotFound, match=r"^not_found$"):
            triaged(crew, which, by=by)
    with pytest.raises(NotAllowed, match=r"^duty_missing$"):
        triaged(crew, contact_id, by=b.member("lee", crew.county, "supervisor"))


# Counted


def test_shares_are_counted_once_for_a_contact_by_its_last_decision(crew: Crew):
    """D-4: eligible share (Durham: 14 %) and share of suggestions followed."""
    ids = [crew.draft(contact_number=f"T-{number}").pk for number in range(7)]
    triaged(crew, ids[0])
    triaged(
        crew,
        ids[0],
        decision="both",
        reason="A crowd.",
        what_changed="A crowd.",
        at=b.NOW + timedelta(minutes=1),
    )
    triaged(crew, ids[1])
    for contact_id in ids[2:6]:
        triaged(crew, contact_id, call_type="assault", decision="police")
    triaged(crew, ids[6], call_type="assault", weapon_in_hand="yes", decision="both")
    figures = triage_figures(crew.county, b.NOW, b.NOW + timedelta(hours=1))
    assert (figures.calls, figures.eligible, figures.suggested, figures.followed) == (7, 2, 3, 2)
    assert (figures.eligible_share, figures.followed_share) == (2 / 7, 2 / 3)


@pytest.mark.parametrize("status", ["cancelled", "entered_in_error"])
def test_contact_that_was_none_does_not_count(crew: Crew, contact_id: Any, status: str):
    triaged(crew, contact_id)
    stands_as(Triage.objects.get().contact, status)
    assert triage_figures(crew.county, b.NOW, b.NOW + timedelta(hours=1)).calls == 0


def test_period_begins_with_its_first_moment_and_ends_before_its_last(crew: Crew, contact_id: Any):
    triaged(crew, contact_id)
    hour, instant = timedelta(hours=1), timedelta(microseconds=1)

    def calls(since: datetime, until: datetime) -> int:
        return triage_figures(crew.county, since, until).calls

    assert (calls(b.NOW, b.NOW + hour), calls(b.NOW - hour, b.NOW)) == (1, 0)
    assert (calls(b.NOW + instant, b.NOW + hour), calls(b.NOW - hour, b.NOW + instant)) == (0, 1)


def test_shares_of_nothing_are_no_numbers(crew: Crew, contact_id: Any):
    triaged(crew, contact_id)
    figures = triage_figures(crew.police, b.NOW, b.NOW + timedelta(hours=1))
    assert (figures.calls, figures.eligible_share, figures.followed_share) == (0, None, None)
