"""Every role x category x own or foreign x condition equals the reviewed table, in the policy and in every door.

The table is tests/access/expected_matrix.csv; domain 6.3, 6.4, L-4, L-5, P-2, P-3.
"""

import csv
import html
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.test import Client

from continuity.access.facts import gather
from continuity.access.matrix import Form
from continuity.access.policy import decide
from continuity.access.services import asker_of
from continuity.agencies.models import Membership
from continuity.agencies.roles import Role
from continuity.backoffice.words import CATEGORIES
from continuity.disclosures.models import LedgerEntry
from continuity.disclosures.own_export import own_record
from continuity.disclosures.record import CATEGORY_NAMES
from tests import builders as b
from tests.access.conditions import (
    BORN_LATER,
    CLINICIANS,
    CONDITIONS,
    DISPUTE,
    REASON,
    RESPONDERS,
    County,
    build_county,
    purpose_of,
)  # fmt: skip
from tests.cast import ABOUT_SAM, signed_in
from tests.replay import replayed

pytestmark = pytest.mark.django_db
Cells = dict[tuple[str, str], str]

_FILE = Path(__file__).with_name("expected_matrix.csv")
_LINES = list(csv.DictReader(line for line in _FILE.read_text().splitlines() if not line.startswith("#")))
EXPECTED: dict[tuple[str, str], Cells] = {
    (row["role"], condition): {
        (one["whose"], one["category"]): one[condition]
        for one in _LINES
        if one["role"] == row["role"] and one[condition] != "-"
    }
    for row in _LINES
    for condition in CONDITIONS
}
CELL = re.compile(r"-|(O|T|C|EM|ER)( (status|scope_summary))?")
# Who can be imagined at the consent desk; an imagined member asked for no emergency and has nobody assigned.
IMAGINED = (*RESPONDERS, *CLINICIANS, Role.PEER_NAVIGATOR)
NOT_IMAGINED = ("override", "released")


def test_the_table_is_whole():
    wanted = {(role, f"D{n}", whose) for role in Role for n in range(8) for whose in ("own", "foreign")}
    assert sorted(wanted) == sorted((row["role"], row["category"], row["whose"]) for row in _LINES)
    assert list(_LINES[0])[3:] == list(CONDITIONS)
    assert [row for row in _LINES if not all(CELL.fullmatch(row[name]) for name in CONDITIONS)] == []


@pytest.fixture(params=CONDITIONS)
def befallen(request: pytest.FixtureRequest, db: None) -> Iterator[tuple[str, County]]:
    """The county at `NOW`, and what befell it."""
    with time_machine.travel(b.NOW, tick=False):
        county = replayed(build_county)
        CONDITIONS[request.param](county)
        yield request.param, county


def test_policy_and_look_up_open_what_the_table_says(befallen: tuple[str, County]):
    condition, county = befallen
    expected = {role: EXPECTED[role, condition] for role in county.askers}
    decided = {role: by_policy(county, role, condition) for role in county.askers}
    assert decided == expected
    shown = {role: sorted(cells) for role, cells in expected.items()}
    clients = {role: signed_in(by) for role, by in county.askers.items()}
    assert {role: by_api(county, role, condition, one) for role, one in clients.items()} == shown
    assert {role: by_page(county, role, condition, clients[role]) for role in SEEING} == {
        role: shown[role] for role in SEEING
    }
    for role in set(SEEING) - set(RESPONDERS):
        assert (role, by_record(county, role, condition, clients[role])) == (
            role,
            of_the_record(role, condition),
        )


def by_policy(county: County, role: str, condition: str) -> Cells:
    by = county.askers[role]
    asker = asker_of(by, purpose=purpose_of(role, condition), incident_ref="2026-0001", reason=REASON)
    openings = decide(asker, gather(asker, county.sam.pk, b.NOW), b.NOW).openings
    found: dict[tuple[str, str], set[str]] = {}
    for one in openings:
        form = "" if one.form is Form.FULL else f" {one.form}"
        found.setdefault((county.whose(one.custodian, by), one.category), set()).add(f"{one.basis}{form}")
    return {place: " or ".join(sorted(cells)) for place, cells in found.items()}


SEEING = sorted({role for (role, _), cells in EXPECTED.items() if cells})


def question(role: str, condition: str) -> dict[str, str]:
    born = {"birth_date": BORN_LATER.isoformat()} if condition == "minor" else {}
    return ABOUT_SAM | born | {"purpose": purpose_of(role, condition), "reason": REASON}


def by_api(county: County, role: str, condition: str, client: Client) -> list[tuple[str, str]]:
    """What the JSON look-up gives a ground for; nothing is the one constant, and either way one row is written."""
    answer = client.post(
        "/api/v1/lookups/", question(role, condition), content_type="application/json"
    ).json()
    by = county.askers[role]
    row = LedgerEntry.objects.get(asker=by, channel="api")
    assert (row.outcome == "released") == (answer["result"] == "record")
    if answer["result"] != "record":
        assert answer == {"result": "no_shareable_information"}
        return []
    grounds = answer["record"]["grounds"]
    places = {(county.whose(one["custodian"], by), one["category"]) for one in grounds}
    assert row.categories == sorted({category for _, category in places})
    remarks = [remark["text"] for one in answer["record"]["contacts"] for remark in one["remarks"]]
    in_full = EXPECTED[role, condition].get(("foreign", "D2")) == "C" and role not in RESPONDERS
    assert remarks == ([DISPUTE] if condition == "disputed" and in_full else [])  # L-22
    return sorted(places)


def by_record(county: County, role: str, condition: str, client: Client) -> list[tuple[str, str]]:
    """What the record of one of the own agency's people gives a ground for; what may not be known is not there."""
    path = f"/api/v1/people/{county.sam.pk}/record/?purpose={purpose_of(role, condition)}"
    answer = client.get(path)
    if answer.status_code == 404:
        return []
    by = county.askers[role]
    return sorted(
        {(county.whose(one["custodian"], by), one["category"]) for one in answer.json()["record"]["grounds"]}
    )


def of_the_record(role: str, condition: str) -> list[tuple[str, str]]:
    """The table's places, but that nobody writes a reason there, without which a privacy officer reads no words."""
    places = sorted(EXPECTED[role, condition])
    return [one for one in places if role != Role.PRIVACY_OFFICER or one[1] not in ("D3", "D4")]


def by_page(county: County, role: str, condition: str, client: Client) -> list[tuple[str, str]]:
    """What the page says under "Why you see this"."""
    page = client.post("/lookup/", question(role, condition)).content.decode()
    row = LedgerEntry.objects.get(asker=county.askers[role], channel="page")
    assert ('id="why"' in page) == (row.outcome == "released")
    why = page.partition('id="why"')[2].partition("</section>")[0]
    items = re.findall(r'<b>([^<]+):</b>.*?<p class="source">([^<]+)</p>', why, re.DOTALL)
    return sorted(
        {
            (county.whose(custodian, county.askers[role]), category)
            for custodian, what in items
            for category, name in CATEGORY_NAMES.items()
            if name in what.casefold().split(", ")
        }
    )


def test_desk_of_the_county_and_export_agree(befallen: tuple[str, County]):
    condition, county = befallen
    office = county.askers["privacy_officer"]
    export = own_record(person_id=county.sam.pk, agency=county.clinic)
    assert {("own", one) for one in export.categories} == {
        place for place in EXPECTED["privacy_officer", condition] if place[0] == "own"
    }
    assert office.agency == county.clinic
    if condition in NOT_IMAGINED:
        return
    # A restricted person is there for the privacy officer alone.
    desk = signed_in(county.privacy)
    for role in IMAGINED:
        expected = {category for whose, category in EXPECTED[role, condition] if whose == "foreign"}
        if role == Role.PEER_NAVIGATOR:
            expected = set()
        assert (role, by_preview(county, desk, role, condition)) == (role, expected)
    assert LedgerEntry.objects.filter(asker=county.privacy, outcome="previewed").count() == len(IMAGINED)


def by_preview(county: County, desk: Client, role: str, condition: str) -> set[str]:
    """What the admin's "what would they see?" says of the county's own records."""
    by: Membership = county.askers[role]
    said: dict[str, Any] = {"agency": by.agency_id, "role": role, "purpose": purpose_of(role, condition)}
    page = desk.post(f"/admin/people/{county.sam.pk}/preview/", said | {"moment": "2026-11-20T12:00"})
    seen = re.findall(
        r'<th scope="row">([^<]+)</th><td><span class="badge \w+">(Yes|No)</span>', page.content.decode()
    )
    code = {name.capitalize(): category for category, name in CATEGORIES.items()}
    said_of = {code[html.unescape(name).capitalize()]: yes == "Yes" for name, yes in seen}
    assert list(said_of) == list(CATEGORIES)
    return {category for category, yes in said_of.items() if yes}
