"""How alike in time the negative answers are, whatever their reason: distributions and distances to "unknown" (P-3).

`make bench` in small. It fails on bytes and on reasons that were not met; times are printed, for a person to judge.
"""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.drill


def test_negative_answers_of_every_reason_are_timed_side_by_side():
    command = [sys.executable, "-m", "tests.bench", "negatives", "--people", "20000"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    print(done.stdout)
    assert done.returncode == 0, done.stderr
    for reason in (
        "very restricted",
        "minor",
        "shielded",
        "restriction agreed",
        "training expired",
        "near-miss spelling",
        "merged without basis",
        "identity in doubt",
    ):
        assert reason in done.stdout
