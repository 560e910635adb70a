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


_TEXT = {"type": "string"}
_PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "What went wrong, at which field, and what to do (RFC 9457).",
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": _TEXT,
        "status": {"type": "integer"},
        "detail": _TEXT,
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"pointer": _TEXT, "code": _TEXT, "detail": _TEXT},
                "required": ["pointer", "code", "detail"],
            },
        },
    },
    "required": ["type", "title", "status", "detail"],
}
_REFUSED = {
    "description": "A problem; what is not there for the asker and what is nowhere are one and the same 404.",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}


def describe_problems(result: dict[str, Any], **made: Any) -> dict[str, Any]:
    """Say of every operation that it may be answered with a problem: views raise them and do not declare them."""
    result["components"]["schemas"]["Problem"] = _PROBLEM
    for methods in result["paths"].values():
        for operation in methods.values():
            operation["responses"].setdefault("4XX", _REFUSED)
    return result


class SchemaView(SpectacularAPIView):
    """The schema of the API."""

    generator_class = _KeptSchema
