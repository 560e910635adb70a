"""What nobody asked for is refused by the API, or passed over as by pages; it is never stored (OWASP API3).

Forms are tried in test_injection.py, which reads all pages anyway.
"""

import pytest
import time_machine

from tests import builders as b
from tests.api.test_permission_matrix import in_every_role
from tests.attacks import mass_assignment
from tests.cast import Cast

pytestmark = pytest.mark.django_db


def test_bodies_of_the_api_store_nothing_that_stood_beside_their_fields(cast: Cast):
    with time_machine.travel(b.NOW, tick=False):
        told = mass_assignment.attack_bodies(cast, in_every_role(cast))
    told.end(at_least=60)
    passed_over = {tried for tried, came in told.tries if "passed over" in came}
    assert passed_over == {"post duty", "post lookups", "post notices"}
