"""The API's schema as it is served: the same for everybody, so it is made once in a process."""

from functools import cache
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.request import Request

from continuity.agencies.scopes import CLOSED, SAYS, Scope, Scopes
from continuity.api.programs import ACTING_FOR


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
    result["components"].setdefault("schemas", {})["Problem"] = _PROBLEM
    for methods in result["paths"].values():
        for operation in methods.values():
            operation["responses"].setdefault("4XX", _REFUSED)
    return result


class SchemaView(SpectacularAPIView):
    """The schema of the API."""

    scopes = Scopes(get=Scope.META_READ)
    generator_class = _KeptSchema


class DocsView(SpectacularSwaggerSplitView):
    """The schema as a page, for people."""

    scopes = CLOSED


class ProgramScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # its metaclass has no types
    """The client credentials flow in the schema, with the scope of each operation."""

    target_class = "continuity.api.programs.ProgramAuthentication"
    name = "program"

    def get_security_requirement(self, auto_schema: AutoSchema) -> dict[str, list[Any]] | None:  # type: ignore[override]  # None: not for programs
        scope = getattr(auto_schema.view, "scopes", CLOSED).needed_for(auto_schema.method)
        return {"program": [scope.value]} if scope else None

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        scopes = {scope.value: says for scope, says in SAYS.items()}
        return {
            "type": "oauth2",
            "description": (
                "A program of an agency: private_key_jwt (RFC 7523, ES384 or RS384), tokens of five minutes. With the"
                f" header `{ACTING_FOR}` it asks as a member of its agency, by user name or id."
            ),
            "flows": {"clientCredentials": {"tokenUrl": "/api/v1/token/", "scopes": scopes}},
        }
