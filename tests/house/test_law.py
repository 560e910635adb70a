"""docs/law.md leaves out no rule of law and security, and names files that exist."""

import re
from pathlib import Path

LAW = Path("docs/law.md").read_text()
LAW_RULES, SECURITY_RULES = 29, 15


def test_every_rule_of_law_and_security_has_its_row():
    rows = dict(re.findall(r"^\| ([LS]-\d+) \| ([a-z ]+) \|", LAW, re.M))
    wanted = [f"L-{n}" for n in range(1, LAW_RULES + 1)] + [f"S-{n}" for n in range(1, SECURITY_RULES + 1)]
    assert list(rows) == wanted
    assert set(rows.values()) <= {"built", "in part", "deployment", "out"}


def test_what_is_built_in_part_says_what_is_missing():
    partial = [line for line in LAW.splitlines() if re.match(r"\| [LS]-\d+ \| in part \|", line)]
    assert partial
    assert [line for line in partial if "Not" not in line] == []


def test_every_test_named_exists():
    named = set(re.findall(r"`(tests/[\w/.]+)`", LAW))
    assert len(named) > 30
    assert sorted(name for name in named if not Path(name).exists()) == []
