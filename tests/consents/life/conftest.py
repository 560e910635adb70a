"""One county for all lives of a module."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.consents.life.life import Begin
from tests.consents.life.runs import one_county


@pytest.fixture(scope="module")
def begin(django_db_setup: None, django_db_blocker: Any) -> Iterator[Begin]:
    with one_county(django_db_blocker) as begin:
        yield begin
