"""Policy packs: what they may say, who puts them in force, and from when they bind (6.5)."""

import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError

from continuity.agencies import pack_tables
from continuity.agencies.models import Agency, Membership, PolicyPack
from continuity.agencies.pack_tables import TriageRow
from continuity.agencies.packs import REGIMES, Rules, read_rules
from continuity.agencies.services import pack_in_force, propose_pack, rules_for, sign_off_pack
from continuity.crisis import vocabulary as v
from continuity.crisis.models import Triage
from continuity.errors import Conflict, Invalid, NotAllowed, NotFound
from continuity.ids import uuid7
from continuity.trail.models import AuditEntry
from continuity.treatment.models import FollowUp, Linkage
from tests import builders as b

FOLDER = Path(__file__).parents[2] / "continuity/agencies/policy_packs"
SHIPPED = {path.stem: tomllib.loads(path.read_text()) for path in FOLDER.glob("*.toml")}
DAY = timedelta(days=1)

ROW: dict[str, Any] = {"rule": "one", "when": {}, "response": "both", "because": "It fits."}
PROMISE = {"within": "h24", "kind": "safety_check"}
REFUSED: dict[str, tuple[dict[str, Any], str, str]] = {
    "a word no pack has": ({"narrative_to_police": True}, "unknown_rule", "narrative_to_police"),
    "four eyes switched off": ({"four_eyes": False}, "unknown_rule", "four_eyes"),
    "a text for a number": ({"max_days": "365"}, "wrong_kind", "max_days"),
    "a truth for a number": ({"max_days": True}, "wrong_kind", "max_days"),
    "a number for a truth": ({"officers_may_collect": 1}, "wrong_kind", "officers_may_collect"),
    "nothing for a truth": ({"existence_offered": None}, "wrong_kind", "existence_offered"),
    "a number for a text": ({"law": 5}, "wrong_kind", "law"),
    "a text for a list": ({"languages": "en"}, "not_a_list", "languages"),
    "numbers in a list": ({"officer_categories": [1]}, "not_a_list", "officer_categories"),
    "a law that nobody is under": ({"copy_given": ["ca_lsp"]}, "unknown_regime", "copy_given"),
    "narrative to police": ({"officer_categories": ["D1", "D3"]}, "beyond_a_hard_floor", "officer_categories"),
    "SUD data to police": ({"officer_categories": ["D4"]}, "beyond_a_hard_floor", "officer_categories"),
    "the document to police": ({"officer_categories": ["D7"]}, "beyond_a_hard_floor", "officer_categories"),
    "no day": ({"max_days": 0}, "beyond_a_hard_floor", "max_days"),
    "under a day after a hold": (
        {"under_constraint_after_hours": 23}, "beyond_a_hard_floor", "under_constraint_after_hours"),
    "no wait after a hold": ({"under_constraint_after_hours": 0}, "beyond_a_hard_floor", "under_constraint_after_hours"),
    "adult at sixteen": ({"adult_from": 16}, "beyond_a_hard_floor", "adult_from"),
    "never adult": ({"adult_from": None, "minor_signs_sud_from": 12}, "beyond_a_hard_floor", "adult_from"),
    "a minor of thirty": ({"minor_signs_sud_from": 30}, "beyond_a_hard_floor", "minor_signs_sud_from"),
    "a minor before birth": (
        {"minor_signs_mental_health_from": -1}, "beyond_a_hard_floor", "minor_signs_mental_health_from"),
    "asked again at once": ({"reoffer_after_days": 0}, "beyond_a_hard_floor", "reoffer_after_days"),
    "never asked again": ({"reoffer_after_days": None}, "beyond_a_hard_floor", "reoffer_after_days"),
    "paper never": ({"paper_within_days": "none"}, "beyond_a_hard_floor", "paper_within_days"),
    "events never asked about": (
        {"ask_about_event_every_days": -1}, "beyond_a_hard_floor", "ask_about_event_every_days"),
    "no language": ({"languages": []}, "beyond_a_hard_floor", "languages"),
    "a flag of 181 days": ({"flag_days": 181}, "beyond_a_hard_floor", "flag_days"),
    "a flag of no day": ({"flag_days": 0}, "beyond_a_hard_floor", "flag_days"),
    "a flag without end": ({"flag_days": "none"}, "beyond_a_hard_floor", "flag_days"),
    "a draft for 73 hours": ({"draft_final_hours": 73}, "beyond_a_hard_floor", "draft_final_hours"),
    "a draft without end": ({"draft_final_hours": "none"}, "beyond_a_hard_floor", "draft_final_hours"),
    "a reminder with the end": (
        {"draft_reminder_hours": 48, "draft_final_hours": 48}, "beyond_a_hard_floor", "draft_reminder_hours"),
    "a reminder at once": ({"draft_reminder_hours": 0}, "beyond_a_hard_floor", "draft_reminder_hours"),
    "a link verified for 91 days": ({"link_stale_days": 91}, "beyond_a_hard_floor", "link_stale_days"),
    "no attempt": ({"max_attempts": 0}, "beyond_a_hard_floor", "max_attempts"),
    "a text for a number of attempts": ({"max_attempts": "three"}, "wrong_kind", "max_attempts"),
    "self-service for police": ({"le_emergency": "attested"}, "beyond_a_hard_floor", "le_emergency"),
    "an override of 61 minutes": ({"override_minutes": 61}, "beyond_a_hard_floor", "override_minutes"),
    "a release of 31 minutes": ({"release_minutes": 31}, "beyond_a_hard_floor", "release_minutes"),
    "a release without end": ({"release_minutes": "none"}, "beyond_a_hard_floor", "release_minutes"),
    "a request of 16 minutes": ({"answer_minutes": 16}, "beyond_a_hard_floor", "answer_minutes"),
    "a review after a week": ({"review_hours": 168}, "beyond_a_hard_floor", "review_hours"),
    "25 months back": ({"officer_look_back_days": 760}, "beyond_a_hard_floor", "officer_look_back_days"),
    "a table for a list": ({"triage": {}}, "not_a_list", "triage"),
    "a row that is no table": ({"triage": ["both"]}, "not_a_table", "triage"),
    "a row with a word more": ({"triage": [ROW | {"score": 5}]}, "unknown_word", "triage"),
    "a row without a name": ({"triage": [ROW | {"rule": " "}]}, "wrong_kind", "triage"),
    "a row with a long name": ({"triage": [ROW | {"rule": "a" * 41}]}, "wrong_kind", "triage"),
    "a row without a reason": ({"triage": [{**ROW, "because": None}]}, "wrong_kind", "triage"),
    "a row without a condition's table": ({"triage": [{**ROW, "when": None}]}, "not_a_table", "triage"),
    "a misspelt response": ({"triage": [ROW | {"response": "polise"}]}, "unknown_word", "triage"),
    "a misspelt condition": ({"triage": [ROW | {"when": {"weapon": "yes"}}]}, "unknown_word", "triage"),
    "a misspelt answer": ({"triage": [ROW | {"when": {"weapon_in_hand": "maybe"}}]}, "unknown_word", "triage"),
    "a truth for an answer": ({"triage": [ROW | {"when": {"weapon_in_hand": True}}]}, "unknown_word", "triage"),
    "a text for a truth in a row": ({"triage": [ROW | {"when": {"has_team": "yes"}}]}, "wrong_kind", "triage"),
    "a text for team first": ({"triage": [ROW | {"team_first": "yes"}]}, "wrong_kind", "triage"),
    "a misspelt call of a row": ({"triage": [ROW | {"when": {"call_types": ["traspass"]}}]}, "unknown_word", "triage"),
    "one name twice": ({"triage": [ROW, ROW]}, "said_twice", "triage"),
    "a misspelt call": ({"eligible_call_types": ["traspass"]}, "unknown_word", "eligible_call_types"),
    "one call for a list": ({"eligible_call_types": "trespass"}, "not_a_list", "eligible_call_types"),
    "a misspelt disposition": ({"follow_ups": {"arested": []}}, "unknown_word", "follow_ups"),
    "a list for a table": ({"follow_ups": []}, "not_a_table", "follow_ups"),
    "a promise that is no list": ({"follow_ups": {"arrested": PROMISE}}, "not_a_list", "follow_ups"),
    "a window nobody knows": ({"follow_ups": {"arrested": [PROMISE | {"within": "h36"}]}}, "unknown_word", "follow_ups"),
    "a window of its own": ({"follow_ups": {"arrested": [PROMISE | {"within": "custom"}]}}, "unknown_word", "follow_ups"),
    "a misspelt kind": ({"follow_ups": {"arrested": [PROMISE | {"kind": "call"}]}}, "unknown_word", "follow_ups"),
    "a promise without a window": ({"follow_ups": {"arrested": [{"kind": "safety_check"}]}}, "unknown_word", "follow_ups"),
    "a promise with a word more": ({"follow_ups": {"arrested": [PROMISE | {"by": "sms"}]}}, "unknown_word", "follow_ups"),
    "one window twice": (
        {"follow_ups": {"arrested": [PROMISE, PROMISE | {"kind": "care_navigation"}]}}, "said_twice", "follow_ups"),
    "a misspelt priority": ({"acknowledge_hours": {"soon": 1}}, "unknown_word", "acknowledge_hours"),
    "no hour to acknowledge": ({"acknowledge_hours": {"stat": 0}}, "wrong_kind", "acknowledge_hours"),
    "half an hour to acknowledge": ({"acknowledge_hours": {"stat": 0.5}}, "wrong_kind", "acknowledge_hours"),
    "over a week to acknowledge": ({"acknowledge_hours": {"routine": 169}}, "wrong_kind", "acknowledge_hours"),
}  # fmt: skip


@pytest.mark.parametrize(("data", "code", "field"), REFUSED.values(), ids=REFUSED)
def test_pack_may_not_say(data: dict[str, Any], code: str, field: str):
    with pytest.raises(Invalid) as refused:
        read_rules(data)
    assert (refused.value.code, refused.value.field) == (code, field)


ACCEPTED: dict[str, tuple[dict[str, Any], Any]] = {
    "max_days": ({"max_days": 1}, 1),
    "under_constraint_after_hours": ({"under_constraint_after_hours": 24}, 24),
    "adult_from": ({"adult_from": 21}, 21),
    "minor_signs_sud_from": ({"minor_signs_sud_from": 0}, 0),
    "languages": ({"languages": ["en", "hmn"]}, ("en", "hmn")),
    "officer_categories": ({"officer_categories": []}, frozenset()),
    "copy_given": ({"copy_given": ["ca_lps"]}, frozenset({"ca_lps"})),
    "officers_may_collect": ({"officers_may_collect": True}, True),
    "flag_days": ({"flag_days": 180}, 180),
    "draft_final_hours": ({"draft_final_hours": 25}, 25),
    "link_stale_days": ({"link_stale_days": 1}, 1),
    "eligible_call_types": ({"eligible_call_types": []}, frozenset()),
    "triage": (
        {"triage": [ROW | {"when": {"call_types": ["trespass"], "eligible": False}, "team_first": True}]},
        (TriageRow("one", "both", "It fits.", True, frozenset({"trespass"}), is_eligible=False),),
    ),
}


@pytest.mark.parametrize(("name", "case"), ACCEPTED.items(), ids=ACCEPTED)
def test_pack_may_say(name: str, case: tuple[dict[str, Any], Any]):
    data, value = case
    assert getattr(read_rules(data), name) == value


def test_misspelt_word_is_said_with_the_words_that_are_known():
    with pytest.raises(Invalid) as refused:
        read_rules({"follow_ups": {"arrested": [{"within": "h42", "kind": "safety_check"}]}})
    assert refused.value.detail == "follow_ups has no word 'h42'; it knows d30, d7, h24, h48, h72."


def test_default_holds_where_a_table_is_silent():
    rules = read_rules(
        {"follow_ups": {"arrested": [PROMISE], "resolved_by_phone": []}, "acknowledge_hours": {"stat": 2}}
    )
    assert rules.follow_ups["arrested"] == (("h24", "safety_check"),)
    assert rules.follow_ups["resolved_by_phone"] == ()
    assert rules.follow_ups["warm_transfer_988"] == Rules().follow_ups["warm_transfer_988"] != ()
    assert rules.acknowledge_hours == {"stat": 2, "asap": 4, "urgent": 24, "routine": 72}


def test_no_pack_changes_what_holds_for_another():
    rules = read_rules({"acknowledge_hours": {"stat": 2}})
    with pytest.raises(TypeError):
        rules.acknowledge_hours["stat"] = 3  # type: ignore[index]
    assert Rules().acknowledge_hours["stat"] == 1


def test_tables_know_the_words_of_the_floors_above_and_no_other():
    """A pack lies below the vocabularies and restates them."""
    assert set(v.CallType.values) == pack_tables.CALL_TYPES
    assert set(v.Disposition.values) == pack_tables.DISPOSITIONS
    assert set(Triage.Decision.values) == set(pack_tables.RESPONSES)
    assert set(pack_tables.ANSWERS) <= set(v.YesNoUnknown.values)
    assert {*pack_tables.WINDOWS, "custom"} == set(FollowUp.DueWindow.values)
    assert set(FollowUp.Kind.values) == set(pack_tables.FOLLOW_UP_KINDS)
    assert set(Linkage.Priority.values) == set(pack_tables.PRIORITIES)


def test_no_length_is_written_as_a_word_because_toml_has_none():
    assert read_rules({"max_days": "none"}).max_days is None


def test_pack_without_words_is_the_defaults():
    assert read_rules({}) == Rules()


def test_every_law_of_an_agency_may_be_bound_and_no_other():
    assert {"any", *Agency.Regime.values} == REGIMES


def test_three_states_are_shipped():
    assert set(SHIPPED) == {"ca", "nc", "mo"}


@pytest.mark.parametrize("code", ["ca", "nc", "mo"])
def test_shipped_pack_loads(code: str):
    pack = SHIPPED[code]
    assert (pack["code"], pack["version"]) == (code, 3)
    assert read_rules(pack["rules"]).law
    assert pack["effective_date"] <= b.NOW.date()


SHIPPED_RULES = {
    # law: what a reader of the statute expects of the file
    "ca": {"max_days": 365, "minor_signs_mental_health_from": 12, "minor_signs_sud_from": 12},
    "nc": {"max_days": 365, "minor_signs_mental_health_from": 0, "minor_signs_sud_from": 0},
    "mo": {"max_days": None, "minor_signs_mental_health_from": None, "minor_signs_sud_from": 0},
}


@pytest.mark.parametrize(("code", "expected"), SHIPPED_RULES.items(), ids=SHIPPED_RULES)
def test_shipped_pack_says(code: str, expected: dict[str, Any]):
    rules = read_rules(SHIPPED[code]["rules"])
    assert {name: getattr(rules, name) for name in expected} == expected
    assert (rules.officers_may_collect, rules.under_constraint_after_hours) == (False, None)


@pytest.mark.parametrize("code", ["ca", "nc", "mo"])
def test_shipped_pack_writes_its_working_day_out(code: str):
    """Counsel reads it in the file; nothing is left to a default that is not in front of them."""
    stated = SHIPPED[code]["rules"]
    tables = {"triage", "eligible_call_types", "follow_ups", "acknowledge_hours"}
    assert tables | {"flag_days", "draft_final_hours", "link_stale_days", "max_attempts"} <= stated.keys()
    assert set(stated["follow_ups"]) == set(Rules().follow_ups)
    assert set(stated["acknowledge_hours"]) == set(pack_tables.PRIORITIES)
    assert [row["rule"] for row in stated["triage"]] == [row.rule for row in Rules().triage]


def test_durham_follows_up_within_48_hours():
    """D-4: whoever stays in the community hears from Care Navigation within 48 hours."""
    rules = read_rules(SHIPPED["nc"]["rules"])
    windows = {
        disposition: promised[0].due_window
        for disposition, promised in rules.follow_ups.items()
        if not disposition.startswith("transported_") or disposition.endswith(("shelter", "sobering"))
    }
    assert set(windows.values()) == {"h24", "h48"}


def test_only_california_wants_a_clinician_a_form_per_use_and_a_name_under_lps():
    for code, pack in SHIPPED.items():
        rules = read_rules(pack["rules"])
        bound = {rules.clinician_approval, rules.separate_form_per_use, rules.releasing_member_named}
        assert bound == {frozenset({"ca_lps"}) if code == "ca" else frozenset()}


# In force, by version, date and signature


@pytest.fixture
def county(db: None) -> Agency:
    return b.agency("county-health", "county_behavioral_health")


@pytest.fixture
def officer_of_privacy(county: Agency) -> Membership:
    return b.member("privacy", county, "privacy_officer")


def propose(
    number: int = 1, effective_at: datetime = b.NOW - 100 * DAY, code: str = "ca", **rules: Any
) -> PolicyPack:
    return propose_pack(code=code, number=number, title="A pack", effective_at=effective_at, rules=rules)


def sign(by: Membership, pack: PolicyPack, at: datetime = b.NOW - 50 * DAY) -> PolicyPack:
    return sign_off_pack(by=by, pack_id=pack.pk, counsel="A. Counsel", at=at)


def test_proposed_pack_binds_nobody(county: Agency):
    propose(max_days=7)
    assert pack_in_force(county, b.NOW) is None
    assert rules_for(county, b.NOW) == Rules()


def test_signed_off_pack_binds_the_agencies_of_its_state(county: Agency, officer_of_privacy: Membership):
    pack = sign(officer_of_privacy, propose(max_days=7))
    elsewhere = b.agency("durham-health", "county_behavioral_health", state="NC")
    assert pack_in_force(county, b.NOW) == pack
    assert (rules_for(county, b.NOW).max_days, rules_for(elsewhere, b.NOW).max_days) == (7, 365)


def test_agency_may_follow_another_pack_than_its_states(county: Agency, officer_of_privacy: Membership):
    sign(officer_of_privacy, propose(code="tribal", max_days=30))
    nation = b.agency("nation-health", "county_behavioral_health", policy_pack="tribal")
    assert (rules_for(nation, b.NOW).max_days, rules_for(county, b.NOW).max_days) == (30, 365)


def test_pack_binds_from_its_day_and_its_signature_on(county: Agency, officer_of_privacy: Membership):
    sign(officer_of_privacy, propose(effective_at=b.NOW, max_days=7), at=b.NOW - DAY)
    instant = timedelta(microseconds=1)
    assert [rules_for(county, at).max_days for at in (b.NOW - instant, b.NOW)] == [365, 7]
    sign(officer_of_privacy, propose(2, effective_at=b.NOW, max_days=9), at=b.NOW + DAY)
    assert [rules_for(county, b.NOW + at).max_days for at in (DAY - instant, DAY)] == [7, 9]


def test_newest_version_in_effect_binds(county: Agency, officer_of_privacy: Membership):
    sign(officer_of_privacy, propose(1, effective_at=b.NOW - 30 * DAY, max_days=1))
    sign(officer_of_privacy, propose(2, effective_at=b.NOW - 10 * DAY, max_days=2))
    sign(officer_of_privacy, propose(3, effective_at=b.NOW - 10 * DAY, max_days=3))
    sign(officer_of_privacy, propose(4, effective_at=b.NOW + 10 * DAY, max_days=4))
    propose(5, effective_at=b.NOW - DAY, max_days=5)
    assert rules_for(county, b.NOW).max_days == 3
    assert rules_for(county, b.NOW - 20 * DAY).max_days == 1
    assert rules_for(county, b.NOW + 10 * DAY).max_days == 4


@pytest.mark.parametrize(
    "role", ["consent_manager", "officer", "agency_admin", "auditor", "embedded_clinician"]
)
def test_nobody_but_the_privacy_officer_signs_off(county: Agency, role: str):
    pack = propose(max_days=7)
    with pytest.raises(NotAllowed, match=r"^duty_missing$"):
        sign(b.member("other", county, role), pack)
    assert rules_for(county, b.NOW) == Rules()


def test_signature_says_who_when_and_in_whose_name(officer_of_privacy: Membership):
    pack = sign(officer_of_privacy, propose())
    pack.refresh_from_db()
    assert (pack.signed_off_by, pack.signed_off_at) == (officer_of_privacy.member, b.NOW - 50 * DAY)
    assert pack.counsel == "A. Counsel"
    assert AuditEntry.objects.filter(object_pk=str(pack.pk)).count() == 2


def test_pack_is_signed_off_once(officer_of_privacy: Membership):
    pack = sign(officer_of_privacy, propose())
    with pytest.raises(Conflict, match=r"^signed_off_already$"):
        sign(officer_of_privacy, pack, at=b.NOW)


def test_pack_is_not_signed_off_in_nobodys_name(officer_of_privacy: Membership):
    with pytest.raises(Invalid, match=r"^no_counsel$"):
        sign_off_pack(by=officer_of_privacy, pack_id=propose().pk, counsel="  ", at=b.NOW)


def test_pack_that_is_not_there_is_not_signed_off(officer_of_privacy: Membership):
    with pytest.raises(NotFound, match=r"^not_found$"):
        sign_off_pack(by=officer_of_privacy, pack_id=uuid7(), counsel="A. Counsel", at=b.NOW)


@pytest.mark.django_db
def test_same_version_again_changes_nothing():
    assert propose(max_days=7) == propose(max_days=7)
    assert PolicyPack.objects.get().version == 1


@pytest.mark.django_db
@pytest.mark.parametrize("changes", [{"max_days": 8}, {"effective_at": b.NOW}], ids=str)
def test_changed_rules_under_the_same_version_are_refused(changes: dict[str, Any]):
    propose(max_days=7)
    with pytest.raises(Conflict, match=r"^version_exists$"):
        propose(**{"max_days": 7} | changes)
    assert PolicyPack.objects.get().rules == {"max_days": 7}


@pytest.mark.django_db
def test_pack_beyond_a_floor_is_not_even_kept():
    with pytest.raises(Invalid, match=r"^beyond_a_hard_floor$"):
        propose(officer_categories=["D3"])
    assert not PolicyPack.objects.exists()


def test_rules_changed_behind_the_services_are_read_again(county: Agency, officer_of_privacy: Membership):
    """A row that was made to say more than it may opens nothing: reading it fails."""
    pack = sign(officer_of_privacy, propose())
    pack.rules = {"officer_categories": ["D3"]}
    pack.save()
    with pytest.raises(Invalid, match=r"^beyond_a_hard_floor$"):
        rules_for(county, b.NOW)


def test_signature_without_a_name_is_no_row(officer_of_privacy: Membership):
    pack = propose()
    pack.signed_off_at = datetime(2026, 1, 1, tzinfo=UTC)
    with pytest.raises(IntegrityError, match="a_signed_off_pack_names_who_answers_for_it"):
        pack.save()
