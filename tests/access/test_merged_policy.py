"""What opens of a merged person, origin by origin (ADR 0016), and of somebody nobody is sure of (5.3, P-5): no database."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from continuity.access.case import Asker, Custodian, EmergencyFact, Facts, Origin, Refusal
from continuity.access.merged import origins_of
from continuity.access.policy import decide
from tests.access.test_narrowing import CARING, MEDIC, MEDICAL, OWN_KEEPER, PRIVACY, RELEASE, RESPONDING
from tests.access.test_policy import (
    ALL,
    CLINICIAN,
    CONSENT,
    COUNTY,
    KEEPER,
    OFFICER,
    OWN,
    PRECINCT,
    facts,
)
from tests.builders import NOW

SAM, SAMUEL, OTHER = uuid4(), uuid4(), uuid4()
ABOUT_SAM = {"grounds": frozenset({CONSENT.id})}
KNOWN = {"known_to": frozenset({COUNTY, OWN})}
PEER = replace(CLINICIAN, roles=("peer_navigator",), purpose="care_coordination")
DESCRIBED = replace(CARING, has_described=True)
MINE = {"naming": frozenset({OWN})}


def merged(
    *custodians: Custodian,
    sam: dict[str, object] | None = None,
    samuel: dict[str, object] | None = None,
    known_to: tuple[UUID, UUID] = (COUNTY, COUNTY),
    **fields: object,
) -> Facts:
    """Samuel was merged into Sam; the county has records of both, and Sam's consent reaches the asker."""
    origins = (
        Origin(SAM, known_to=frozenset({known_to[0], OWN}), **(ABOUT_SAM | (sam or {}))),
        Origin(SAMUEL, known_to=frozenset({known_to[1], OWN}), **(samuel or {})),
    )
    return replace(facts(*custodians, **({"consents": (CONSENT,)} | fields)), origins=origins)


def opened(asker: Asker, known: Facts, category: str = "D1") -> set[UUID | None]:
    """Whose records of a category open: Sam's, Samuel's, or anybody's."""
    return {one.origin for one in decide(asker, known, NOW).openings if one.category == category}


BOTH = {None}
REVIEWED = {"joined_by": frozenset({COUNTY})}
CASES = {
    "a consent opens whom it was signed about": (OFFICER, merged(), {SAM}),
    "a consent since the merge opens both": (OFFICER, merged(samuel=ABOUT_SAM), BOTH),
    "a consent opens both once its custodian looked": (OFFICER, merged(samuel=REVIEWED), BOTH),
    "another custodian's look opens nothing": (OFFICER, merged(samuel={"joined_by": frozenset({OTHER})}), {SAM}),
    "a consent about Sam opens no custodian's of Samuel": (OFFICER, merged(known_to=(OTHER, COUNTY)), {SAM}),
    "nothing about Samuel": (OFFICER, merged(consents=()), set()),
    "treatment opens whom it treats": (
        CLINICIAN, merged(samuel={"in_treatment": True}, in_treatment=True, consents=()), {SAMUEL}),
    "treatment opens both once its custodian looked": (
        CLINICIAN, merged(samuel={"in_treatment": True} | REVIEWED, in_treatment=True, consents=()), BOTH),
    "an agreement is about nobody": (CLINICIAN, merged(replace(PRECINCT, id=COUNTY), consents=()), BOTH),
    "a release opens whose danger it was": (
        OFFICER, merged(samuel={"grounds": frozenset({RELEASE.id})}, emergencies=(RELEASE,), consents=()), {SAMUEL}),
    "an override opens whom it was for": (
        MEDIC, merged(sam={"grounds": frozenset({MEDICAL.id})}, emergencies=(MEDICAL,), consents=()), {SAM}),
    "own records are of both": (CLINICIAN, merged(OWN_KEEPER), BOTH),
    "own records, to the own privacy officer": (
        replace(PRIVACY, reason=""), merged(OWN_KEEPER, confidentiality="restricted"), BOTH),
    "a peer's own, whom they are assigned to": (PEER, merged(OWN_KEEPER, samuel={"is_assigned": True}), {SAMUEL}),
    "a peer's own, assigned since the merge: of each by itself, because no existence is told": (
        PEER, merged(OWN_KEEPER, sam={"is_assigned": True}, samuel={"is_assigned": True}), {SAM, SAMUEL}),
    "own records of the restricted, for whom one is named": (
        CLINICIAN, merged(OWN_KEEPER, sam=MINE, confidentiality="restricted"), {SAM}),
    "named for the survivor, the own merge reviewed": (
        CLINICIAN, merged(OWN_KEEPER, sam=MINE, samuel={"joined_by": frozenset({OWN})}, confidentiality="restricted"), BOTH),
    "own records while a merge is in doubt": (CLINICIAN, merged(OWN_KEEPER, is_doubted=True), BOTH),
    "Samuel's page where he is nobody known": (CARING, merged(samuel=ABOUT_SAM | {"is_established": False}), {SAM}),
    "Sam and Samuel described": (DESCRIBED, merged(samuel=ABOUT_SAM | {"is_established": False}), BOTH),
    "the survivor's identity, once the custodian looked": (
        CARING, merged(samuel=REVIEWED | {"is_established": False}), BOTH),
    "never merged": (OFFICER, facts(consents=(CONSENT,)), BOTH),
    "never merged, of unknown identity, described": (DESCRIBED, facts(consents=(CONSENT,), is_established=False), BOTH),
    "never merged, of unknown identity, own": (CLINICIAN, facts(OWN_KEEPER, is_established=False), BOTH),
}  # fmt: skip


@pytest.mark.parametrize(("asker", "known", "whose"), CASES.values(), ids=CASES)
def test_what_was_decided_about_one_opens_the_records_of_one(
    asker: Asker, known: Facts, whose: set[UUID | None]
):
    assert opened(asker, known) == whose


DEAD, YOUNG = {"is_deceased": True}, {"born_by": NOW.date()}
REFUSED = {
    "the dead are dead for both": (CLINICIAN, {"sam": {"in_treatment": True}, "samuel": DEAD, "in_treatment": True, "consents": ()}, Refusal.DECEASED),
    "a minor is young for both": (OFFICER, {"samuel": YOUNG}, Refusal.MINOR),
    "restricted, both": (OFFICER, {"confidentiality": "restricted"}, Refusal.RESTRICTED),
    "a colleague, both": (OFFICER, {"is_shielded": True}, Refusal.OWN_AGENCY_SHIELD),
    "a merge in doubt": (OFFICER, {"samuel": ABOUT_SAM, "is_doubted": True}, Refusal.IDENTITY_IN_DOUBT),
    "a merge in doubt, reviewed": (OFFICER, {"samuel": REVIEWED, "is_doubted": True}, Refusal.IDENTITY_IN_DOUBT),
    "a merge in doubt, described": (DESCRIBED, {"is_doubted": True}, Refusal.IDENTITY_IN_DOUBT),
    "no release while in doubt": (OFFICER, {"emergencies": (RELEASE,), "is_doubted": True}, Refusal.IDENTITY_IN_DOUBT),
    "no override while in doubt": (RESPONDING, {"emergencies": (MEDICAL,), "is_doubted": True}, Refusal.IDENTITY_IN_DOUBT),
    "a page of nobody known": (CARING, {"is_established": False, "sam": {"is_established": False}}, Refusal.IDENTITY_NOT_ESTABLISHED),
}  # fmt: skip


@pytest.mark.parametrize(("asker", "fields", "refusal"), REFUSED.values(), ids=REFUSED)
def test_what_closes_one_closes_both(asker: Asker, fields: dict[str, object], refusal: Refusal):
    decision = decide(asker, merged(**fields), NOW)
    assert (decision.refusal, decision.openings) == (refusal, ())


def test_what_was_kept_back_is_kept_back_of_both():
    known = merged(replace(KEEPER, kept_back=ALL), samuel=ABOUT_SAM)
    assert decide(OFFICER, known, NOW).refusal is Refusal.RESTRICTION_AGREED


def test_the_survivors_dates_are_the_persons_once_the_custodian_looked():
    assert opened(OFFICER, merged(samuel=REVIEWED | YOUNG)) == BOTH


def test_a_custodian_is_named_by_grounds_about_whom_it_knows_alone():
    """D0: that there is a record is told of whom there is one, with a ground about that one (L-4)."""
    assert opened(OFFICER, merged(known_to=(OTHER, COUNTY)), "D0") == set()
    assert opened(OFFICER, merged(known_to=(COUNTY, OTHER)), "D0") == {SAM}
    assert opened(CLINICIAN, merged(OWN_KEEPER, known_to=(OTHER, COUNTY)), "D0") == BOTH


def test_two_merges_are_reviewed_one_by_one():
    third = Origin(OTHER, known_to=frozenset({COUNTY}))
    known = merged(samuel=REVIEWED)
    assert opened(OFFICER, replace(known, origins=(*known.origins, third))) == {SAM, SAMUEL}


MERGED, AGAIN = NOW - timedelta(days=9), NOW - timedelta(days=5)


def said(
    *grounds: tuple[UUID | None, object, UUID], reviewed: tuple[list[UUID], list[UUID]] = ([], [])
) -> dict[str, object]:
    """As the database says it: Samuel was merged into another, and that one into Sam."""
    plain = {
        "birth_date": None, "precision": "ymd", "is_deceased": False, "is_established": True, "known_to": [], "naming": [],
    }  # fmt: skip
    return plain | {
        "retired": [
            plain | {"id": str(SAMUEL), "into": str(OTHER), "at": MERGED.isoformat(), "reviewed_by": list(map(str, reviewed[0]))},
            plain | {"id": str(OTHER), "into": str(SAM), "at": AGAIN.isoformat(), "reviewed_by": list(map(str, reviewed[1]))},
        ],
        "grounds": [[str(of) if of else None, made.isoformat(), str(pk)] for of, made, pk in grounds],  # type: ignore[attr-defined]
        "care": None,
        "work": None,
    }  # fmt: skip


def reaching(of: UUID | None, made: object) -> set[UUID]:
    """For whose records a consent counts that was written for one of the three at some time."""
    return {one.id for one in origins_of(SAM, facts(), said((of, made, CONSENT.id))) if one.grounds}


MOMENT = timedelta(microseconds=1)


def test_what_is_decided_after_a_merge_reaches_who_was_merged_by_then():
    assert reaching(None, AGAIN - MOMENT) == {SAM}
    assert reaching(None, AGAIN) == {SAM, SAMUEL, OTHER}
    assert reaching(SAMUEL, MERGED - MOMENT) == {SAMUEL}
    assert reaching(SAMUEL, AGAIN) == {SAMUEL}  # written under the old id: of nobody but that one
    assert reaching(OTHER, MERGED) == {OTHER}


def test_a_review_joins_who_was_merged_all_the_way():
    def joined(*reviewed: list[UUID]) -> set[UUID]:
        found = origins_of(SAM, facts(), said(reviewed=reviewed))  # type: ignore[arg-type]
        return {one.id for one in found if COUNTY in one.joined_by}

    assert joined([COUNTY], []) == set()
    assert joined([], [COUNTY]) == {OTHER}
    assert joined([COUNTY], [COUNTY]) == {OTHER, SAMUEL}


def test_an_imagined_release_counts_as_the_asked_one_would():
    asked = EmergencyFact(uuid4(), frozenset({"D1"}), COUNTY)
    known = merged(samuel={"grounds": frozenset({asked.id})}, consents=())
    assert opened(OFFICER, replace(known, emergencies=(asked,))) == {SAMUEL}
