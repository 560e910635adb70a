"""A session's answer beside a token's: 1000 drawn members, scopes and questions."""

import pytest

from tests.api.narrowing import compare_with_sessions
from tests.cast import Cast

pytestmark = [pytest.mark.drill, pytest.mark.django_db]


def test_scopes_never_widen_what_the_membership_may(cast: Cast):
    done = compare_with_sessions(cast, examples=1000)
    print(done)
    assert min(done.refused_for_scope, done.told, done.refused_alike) > 50
