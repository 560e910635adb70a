"""The agreement of list, detail, policy and ledger, over two thousand random counties."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis.extra.django import TestCase

from tests.access.test_list_detail_and_policy_agree import assert_agreement
from tests.access.worlds import worlds


@pytest.mark.drill
class Agreement(TestCase):
    @settings(max_examples=2000, deadline=None, suppress_health_check=list(HealthCheck))
    @given(drawn=worlds)
    def test_list_detail_policy_and_ledger_agree(self, drawn):
        assert_agreement(drawn)
