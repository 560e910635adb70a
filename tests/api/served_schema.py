"""The schema that the API serves, made once in a process."""

from functools import cache
from typing import Any

from drf_spectacular.generators import SchemaGenerator


@cache
def served_schema() -> dict[str, Any]:
    """Nobody changes what this returns."""
    made: dict[str, Any] = SchemaGenerator(api_version="v1").get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return made
