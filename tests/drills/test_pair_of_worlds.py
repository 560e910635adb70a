"""The pair of worlds with every query, body and own record, asked by everybody whom an address concerns."""

import pytest

from tests.house.pair_routes import all_of_all
from tests.house.pair_worlds import keep_elsewhere
from tests.house.pairs import compare
from tests.house.test_pair_of_worlds import askers_of, county

pytestmark = [pytest.mark.drill, pytest.mark.django_db]
__all__ = ["county"]


def test_what_a_clinic_far_away_keeps_changes_no_byte_of_any_answer_to_anybody(county):
    asked = []

    def plan(foreign):
        for one in all_of_all(county, foreign):
            asked.append(one)
            yield one

    found = compare(askers_of(county), lambda: keep_elsewhere(county), plan)
    print(f"{len(asked)} requests in two worlds, {len(found)} answered differently")
    assert found == [], "\n".join(found)
