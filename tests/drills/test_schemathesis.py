"""Schemathesis with twenty examples of each operation and role."""

import pytest
import time_machine

from tests import builders as b
from tests.api.fuzzing import fuzz
from tests.cast import Cast

pytestmark = [pytest.mark.drill, pytest.mark.django_db]


def test_every_answer_is_what_the_schema_says_and_is_in_the_ledger(cast: Cast):
    with time_machine.travel(b.NOW, tick=False):
        done = fuzz(cast, examples=20)
    print(done)
    assert done.faults == [], "\n".join(done.faults)
    assert done.told > 0
