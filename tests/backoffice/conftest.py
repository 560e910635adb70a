"""What several files of the office share: the hour of the cast, and the world of two records that may be one person's."""

from collections.abc import Iterator

import pytest
import time_machine

from tests import builders as b
from tests.backoffice.two_records import Desk, build_desk
from tests.replay import replayed


@pytest.fixture
def at_the_time_of_the_cast() -> Iterator[None]:
    with time_machine.travel(b.NOW, tick=False):
        yield


@pytest.fixture
def desk() -> Desk:
    return replayed(build_desk)
