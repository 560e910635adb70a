"""The API's schema as it is served: the same for everybody, so it is made once in a process."""

from functools import cache
from typing import Any

from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.views import SpectacularAPIView
from rest_framework.request import Request


@cache
def _made(version: str) -> dict[str, Any]:
    generator: Any = SchemaGenerator
    schema: dict[str, Any] = generator(api_version=version).get_schema(request=None, public=True)
    return schema


class _KeptSchema(SchemaGenerator):
    def get_schema(self, request: Request | None = None, public: bool = False) -> dict[str, Any]:
        return _made(self.api_version)


class SchemaView(SpectacularAPIView):
    """The schema of the API."""

    generator_class = _KeptSchema
