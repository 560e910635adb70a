from typing import Any

import pytest
from django.utils import timezone

from continuity.intake.demo import DemoSummary, seed_demo
from tests.replay import replayed


@pytest.fixture
def seeded(db: None) -> DemoSummary:
    """The demo without its made-up stories."""
    return replayed(_seed)


def _seed() -> Any:
    return seed_demo(timezone.now(), count=0)
