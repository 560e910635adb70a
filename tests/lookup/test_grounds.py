"""Every positive answer says of each category on which basis it is there, in JSON, on the page and in the ledger."""

import re
from datetime import timedelta

import pytest
import time_machine

from continuity.access.matrix import Basis
from continuity.disclosures.record import CATEGORY_NAMES
from continuity.lookup.templatetags.lookup_words import basis_words
from continuity.treatment.linkages import answer_linkage, record_linkage
from tests import builders as b
from tests.cast import ABOUT_SAM, Cast, signed_in
from tests.lookup.asking import ask, last_row

pytestmark = pytest.mark.django_db

MAY_OPEN = set(Basis) - {Basis.OVERSIGHT, Basis.DEIDENTIFIED}  # no answer about a person rests on these two
# Who asks, for what, and on what it rests.
ASKED = {
    "officer on a consent": ("reyes", "le_crisis_response", {"C"}),
    "clinician of the own agency": ("embedded", "treatment", {"O", "T"}),
    "clinician who treats": ("adeyemi", "treatment", {"O", "T"}),
    "consent manager": ("kim", "compliance_audit", {"O"}),
}


@pytest.fixture
def county(cast: Cast) -> Cast:
    """Sam allows the police, existence too, and is referred to the clinic."""
    cast.consent(existence_may_be_confirmed=True)
    b.referral_team(cast.clinic, cast.adeyemi)
    linkage = record_linkage(
        by=cast.embedded,
        contact_id=cast.sams_contact.pk,
        kind="new_outpatient_mh",
        recipient=cast.clinic,
        at=b.NOW,
    )
    for status in ("received", "accepted"):
        answer_linkage(by=cast.adeyemi, linkage_id=linkage.pk, status=status, at=b.NOW)
    return cast


def grounds_of(record: dict) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for ground in record["grounds"]:
        found.setdefault(ground["category"], set()).add(ground["basis"])
    return found


def test_every_released_category_has_a_ground(county: Cast):
    for seconds, (who, (name, purpose, bases)) in enumerate(ASKED.items()):
        at = b.NOW + timedelta(seconds=seconds)
        record = ask(getattr(county, name), at, purpose=purpose).json()["record"]
        row, grounds = last_row(), grounds_of(record)
        assert (who, sorted(grounds)) == (who, row.categories)
        assert (who, set().union(*grounds.values())) == (who, bases)
        opened = {(base["category"], base["basis"]) for base in row.bases}
        assert {(category, basis) for category, some in grounds.items() for basis in some} <= opened
        assert {ground["custodian"] for ground in record["grounds"]} >= set(record["known_to"])


def test_existence_alone_is_accounted_for(cast: Cast):
    """Nothing in scope is kept, and that there is a record is told: by whom, on which consent (L-14)."""
    other = b.person(cast.county, "Ida", "Testcase")
    b.contact(cast.embedded, other)
    consent = cast.consent(who=other, categories=["D5"], existence_may_be_confirmed=True)
    record = ask(cast.reyes, first="Ida").json()["record"]
    assert (record["known_to"], record["team_links"]) == (["County Health"], [])
    assert grounds_of(record)["D0"] == {"C"}
    row = last_row()
    assert (row.outcome, row.custodians, row.consents) == ("released", [cast.county.pk], [consent.pk])
    assert "D0" in row.categories


@pytest.mark.parametrize("who", ASKED)
def test_page_says_it_of_each_category(county: Cast, who: str):
    name, purpose, bases = ASKED[who]
    with time_machine.travel(b.NOW, tick=False):
        answer = signed_in(getattr(county, name)).post("/lookup/", ABOUT_SAM | {"purpose": purpose})
    why = re.split(r'id="why"', answer.content.decode())[1].split("</section>")[0]
    for category in last_row().categories:
        assert CATEGORY_NAMES[category] in why.casefold()
    for basis in bases:
        assert basis_words(basis) in why.replace("&#x27;", "'")


def test_every_basis_has_words():
    assert {basis: basis_words(basis) for basis in MAY_OPEN if basis_words(basis) == "not known"} == {}
