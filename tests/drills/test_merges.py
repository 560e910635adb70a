"""Merges and unmerges, drawn by the thousand: all is as it was, and what is new is whose somebody said (P-5)."""

import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from tests.disclosures.test_unmerge_exact import assert_exact, assert_sorted, dying, picked, writings

MANY = 1000 if os.environ.get("CONTINUITY_DRILLS") == "full" else 50


@pytest.mark.drill
class Merges(TestCase):
    @settings(max_examples=MANY, deadline=None, suppress_health_check=list(HealthCheck))
    @given(drawn=writings, chosen=picked, dead=dying, is_inner_first=st.booleans())
    def test_merges_within_merges_are_undone_in_either_order(self, drawn, chosen, dead, is_inner_first):
        assert_exact(drawn, chosen, dead=dead, is_inner_first=is_inner_first)

    @settings(max_examples=MANY, deadline=None, suppress_health_check=list(HealthCheck))
    @given(drawn=writings, since=writings, answers=st.lists(st.booleans(), min_size=1, max_size=4))
    def test_what_was_written_since_is_told_apart_and_nothing_else_changes(self, drawn, since, answers):
        assert_sorted(drawn, since, answers)
