"""An audit that asked nobody does not pass for one, and one that found something fails."""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest

FILE = Path(__file__).resolve().parents[2] / ".ci/audit.py"
FINE: dict[str, Any] = {"name": "django", "version": "5.2.19", "vulns": []}
FLAWED = {"name": "old", "version": "1.0", "vulns": [{"id": "PYSEC-2026-1", "fix_versions": ["1.1"]}]}
SKIPPED = {"name": "rare", "skip_reason": "Dependency not found"}


def judged(found: list[dict[str, Any]] | None, *, is_required: bool = False) -> int:
    spec = spec_from_file_location("audit", FILE)
    assert spec
    assert spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return int(module.judge(found, is_required=is_required))


@pytest.mark.parametrize(
    ("found", "code", "said"),
    [
        ([FINE], 0, "1 packages audited, 0 vulnerable, 0 not audited"),
        ([FINE, FLAWED], 1, "VULNERABLE: old 1.0: PYSEC-2026-1, fixed in 1.1"),
        ([FINE, SKIPPED], 1, "NOT AUDITED: rare"),
        ([SKIPPED, SKIPPED], 0, "AUDIT UNREACHABLE"),
        ([], 0, "NOTHING WAS AUDITED"),
        (None, 0, "NOTHING WAS AUDITED"),
    ],
    ids=["fine", "flawed", "one not audited", "none found", "nothing", "no answer"],
)
def test_what_an_audit_says(capsys: pytest.CaptureFixture[str], found: Any, code: int, said: str):
    assert judged(found) == code
    assert said in capsys.readouterr().out


def test_release_is_not_made_on_an_audit_of_nothing():
    assert judged([SKIPPED], is_required=True) == 1
