"""Never wider: two people become one, are reviewed and taken apart in three hundred random counties (P-5)."""

import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis.extra.django import TestCase

from tests.access.test_merged_never_wider import assert_never_wider
from tests.access.worlds import worlds

COUNTIES = 300 if os.environ.get("CONTINUITY_DRILLS") == "full" else 30


@pytest.mark.drill
class TwoWhoBecomeOne(TestCase):
    seen_of_both = 0

    @settings(max_examples=COUNTIES, deadline=None, suppress_health_check=list(HealthCheck))
    @given(drawn=worlds, other=worlds)
    def become_one(self, drawn, other):
        type(self).seen_of_both += assert_never_wider(drawn, other)

    def test_nobody_sees_more_before_a_review_and_all_as_before_after_an_unmerge(self):
        self.become_one()
        print(f"{self.seen_of_both} of about {COUNTIES} counties showed records of both")
        assert self.seen_of_both > COUNTIES // 15
