"""The table of policy equals the reviewed file, cell by cell (domain 6.3)."""

import csv
from pathlib import Path

import pytest

from continuity.access.matrix import MATRIX, Basis
from continuity.access.policy import RESPONDERS
from continuity.agencies.roles import Role

REVIEWED = Path(__file__).with_name("matrix.csv")


def test_every_cell_equals_the_reviewed_file():
    with REVIEWED.open() as file:
        reviewed = {(row["role"], row["category"], row["basis"]): row["form"] for row in csv.DictReader(file)}
    assert {tuple(map(str, cell)): str(form) for cell, form in MATRIX.items()} == reviewed


@pytest.mark.parametrize("role", sorted(RESPONDERS))
def test_responders_have_no_cell_for_narrative_or_sud(role: Role):
    assert not [cell for cell in MATRIX if cell[0] is role and cell[1] in ("D3", "D4")]


def test_police_receive_no_other_agencys_record_without_consent_or_release():
    bases = {cell[2] for cell in MATRIX if cell[0] is Role.OFFICER}
    assert bases == {Basis.OWN, Basis.CONSENT, Basis.EMERGENCY_RELEASE}
