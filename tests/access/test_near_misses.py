"""A consent that is in order but for one element opens nothing: to the policy, the list, the detail and the read."""

from datetime import timedelta

import pytest

from tests.access.test_list_detail_and_policy_agree import assert_agreement
from tests.access.worlds import ASKERS_OWN, CATEGORIES, NOW, plain_world

ALL = list(CATEGORIES)
INSTANT = timedelta(microseconds=1)
pytestmark = pytest.mark.django_db

NEAR_MISSES = [
    pytest.param({"status": "inactive"}, id="revoked, L-10"),
    pytest.param({"status": "proposed"}, id="not yet signed"),
    pytest.param({"suspended": True}, id="revoked by word of mouth, L-12"),
    pytest.param({"expires_at": NOW}, id="expired this instant, P-18"),
    pytest.param({"expires_at": NOW - timedelta(days=1)}, id="expired but the row says active, L-10"),
    pytest.param({"starts_at": NOW + INSTANT}, id="starts in an instant"),
    pytest.param({"signed_at": NOW + INSTANT}, id="signed in an instant"),
    pytest.param({"recipients": [("agency", 4, ALL, False)]}, id="names another agency"),
    pytest.param({"recipients": [("agency", ASKERS_OWN, ALL, True)]}, id="revoked toward this agency, L-12"),
    pytest.param({"recipients": [("agency", ASKERS_OWN, [], False)], "existence": False}, id="empty scope is none"),
    pytest.param({"recipients": [("agency", ASKERS_OWN, [], False)]}, id="empty scope is none, existence ticked or not"),
    pytest.param({"recipients": []}, id="names nobody"),
    pytest.param({"recipients": [("class", 0, ALL, False)]}, id="a class without a relationship, L-7"),
    pytest.param({"categories": ["D3"], "existence": False, "recipients": [("agency", ASKERS_OWN, ["D1"], False)]}, id="the recipient's part outside the consent"),
    pytest.param({"disclosing": [2]}, id="another discloser"),
    pytest.param({"purposes": ["operations_qi"]}, id="another purpose"),
]  # fmt: skip


@pytest.mark.parametrize("change", NEAR_MISSES)
@pytest.mark.parametrize(
    ("role", "agency", "purpose"),
    [("officer", 0, "le_crisis_response"), ("treatment_clinician", 2, "treatment")],
)
def test_a_near_miss_opens_nothing(role, agency, purpose, change):
    row = assert_agreement(plain_world(role, agency, purpose, **change))
    assert (row.outcome, row.refusal, row.records) == ("refused", "no_basis", [])


@pytest.mark.parametrize(
    ("change", "categories"),
    [
        pytest.param({}, {"D0", "D1", "D2", "D6", "D7"}, id="in order"),
        pytest.param({"expires_at": NOW + INSTANT}, {"D0", "D1", "D2", "D6", "D7"}, id="one instant before it expires"),
        pytest.param({"starts_at": NOW, "signed_at": NOW}, {"D0", "D1", "D2", "D6", "D7"}, id="from its first instant"),
        pytest.param({"held_by_source": True, "instrument": "hipaa_authorization"}, {"D0", "D1", "D2", "D6", "D7"}, id="on paper with its source"),
        pytest.param({"categories": ["D2", "D3", "D4"]}, {"D0", "D2", "D7"}, id="narrative and SUD ticked for police"),
        pytest.param({"window": "from_signing", "signed_at": NOW - timedelta(days=20) + INSTANT}, {"D0", "D7"}, id="nothing older than the signing"),
    ],
)  # fmt: skip
def test_what_an_officer_reads_is_what_was_ticked(change, categories):
    row = assert_agreement(plain_world("officer", 0, "le_crisis_response", **change))
    assert set(row.categories) == categories


def test_existence_alone_is_released_without_any_record():
    row = assert_agreement(plain_world("officer", 0, "le_crisis_response", categories=["D4"]))
    assert (row.outcome, [record[0] for record in row.records]) == ("released", ["consent"])


def test_a_consent_that_opens_nothing_to_police_is_not_told_of():
    """L-4: that somebody consented to share SUD data would itself be SUD data."""
    row = assert_agreement(
        plain_world("officer", 0, "le_crisis_response", categories=["D4"], existence=False)
    )
    assert (row.outcome, row.records, row.consents) == ("refused", [], [])


def test_part2_rows_reach_clinicians_with_their_notice_and_police_never():
    world = plain_world("treatment_clinician", 2, "treatment")
    world["records"][0]["part2"] = True
    assert "part2" in assert_agreement(world).notices


def test_part2_rows_never_reach_police_even_ticked():
    world = plain_world("officer", 0, "le_crisis_response", existence=False)
    world["records"][0]["part2"] = True
    assert assert_agreement(world).outcome == "empty"


EVERYBODY = frozenset(range(5))
BEFORE, AFTER = NOW - timedelta(days=9), NOW + timedelta(days=9)


@pytest.mark.parametrize(
    ("agreement", "outcome"),
    [
        pytest.param((EVERYBODY, ALL, BEFORE, AFTER), "released", id="in force"),
        pytest.param((EVERYBODY, ALL, NOW, AFTER), "released", id="from its first instant"),
        pytest.param((EVERYBODY, ALL, BEFORE, NOW), "refused", id="expired this instant, S-11"),
        pytest.param((EVERYBODY, ALL, NOW + INSTANT, AFTER), "refused", id="in force in an instant"),
        pytest.param((frozenset({0, 2}), ALL, BEFORE, AFTER), "refused", id="without the custodian"),
        pytest.param((frozenset({1, 2}), ALL, BEFORE, AFTER), "refused", id="without the asker"),
        pytest.param((EVERYBODY, [], BEFORE, AFTER), "refused", id="lists nothing"),
        pytest.param((EVERYBODY, ["D3", "D4"], BEFORE, AFTER), "refused", id="lists what police never get"),
    ],
)  # fmt: skip
def test_a_consent_opens_only_under_an_agreement_in_force(agreement, outcome):
    world = plain_world("officer", 0, "le_crisis_response") | {"all_agree": False, "agreements": [agreement]}
    assert assert_agreement(world).outcome == outcome
