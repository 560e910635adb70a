"""The pure rules: whatever stands in the cells, a row comes out or a RowError that names a column."""

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from continuity.agencies.models import Agency, Member, Membership
from continuity.intake import care_rows, consent_rows, organisation_rows, person_rows
from continuity.intake.cells import Cells, RowError
from continuity.intake.rows import Surroundings
from tests.builders import NOW
from tests.intake.county import SPOTLESS

PARSERS = {
    "agencies.csv": organisation_rows.agency,
    "agreements.csv": organisation_rows.agreement,
    "members.csv": organisation_rows.member,
    "people.csv": person_rows.person,
    "contacts.csv": care_rows.contact,
    "consents.csv": consent_rows.consent,
    "team_links.csv": care_rows.team_link,
    "linkages.csv": care_rows.linkage,
    "follow_ups.csv": care_rows.follow_up,
}


def surroundings() -> Surroundings:
    agencies = {
        code: Agency(code=code, kind=kind, timezone="America/Los_Angeles")
        for code, kind in (
            ("AG-PD", "police"),
            ("AG-BH", "county_behavioral_health"),
            ("AG-SUD", "sud_program"),
        )
    }
    places = {"M-1": "AG-PD", "M-2": "AG-BH", "M-3": "AG-BH", "M-4": "AG-SUD"}
    members = {key: Membership(agency=agencies[code], member=Member()) for key, code in places.items()}
    return Surroundings(at=NOW, agencies=agencies, members=members)


AROUND = surroundings()
CELL = st.one_of(
    st.text(max_size=1100),
    st.text(alphabet=";- 0123456789:", max_size=25),
    st.sampled_from(sorted({text for rows in SPOTLESS.values() for row in rows for text in row.values()})),
    st.sampled_from(["\ud800", "\0", "٢٠٢٦-01-01", "2026-02-29", "0001-01-01", "9999-12-31 23:59:59"]),
)


@given(data=st.data(), file=st.sampled_from(sorted(PARSERS)))
def test_any_cells_become_a_row_or_a_row_error(data: Any, file: str) -> None:
    good = SPOTLESS[file][0]
    changed = data.draw(st.dictionaries(st.sampled_from(sorted(good)), CELL, max_size=3))
    row = fault = None
    try:
        row = PARSERS[file](Cells(good | changed), AROUND)
    except RowError as error:
        fault = error
    assert row.key if row else fault.column in good and fault.reason


@given(st.datetimes(min_value=datetime(1900, 1, 2), max_value=datetime(2199, 12, 30)))  # noqa: DTZ001
def test_every_local_time_is_a_moment(naive: datetime) -> None:
    text = naive.strftime("%Y-%m-%d %H:%M:%S")
    assert Cells({"at": text}).moment("at", AROUND.agencies["AG-BH"]).utcoffset() is not None


@pytest.mark.parametrize(
    ("first", "last", "alias", "split"),
    [
        ("Carla", "Diaz Uribe", "Carly Díaz Uribe", ("Carly", "Díaz Uribe")),
        ("María del Carmen", "Montoya", "María del Carmen Zamora", ("María del Carmen", "Zamora")),
        ("Joan", "De Carmichael", "Jo De Carmichael", ("Jo", "De Carmichael")),
        ("Sam", "Testcase", "Ann Lee Other", ("Ann", "Lee Other")),
        ("Sam", "Testcase", "Shorty", ("", "Shorty")),
    ],
)
def test_alias_is_split_where_the_surname_starts(
    first: str, last: str, alias: str, split: tuple[str, str]
) -> None:
    cells = Cells({"person_id": "R1", "first_name": first, "last_name": last, "aliases": alias})
    name = person_rows.person(cells, AROUND).names[1]
    assert (name.first, name.last) == split
