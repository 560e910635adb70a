"""The OpenAPI schema of the answer, derived from the frozen record so that the two cannot drift."""

from dataclasses import fields, is_dataclass
from datetime import date, datetime
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints
from uuid import UUID

from continuity.disclosures.record import PersonRecord

_PLAIN: dict[Any, dict[str, Any]] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    UUID: {"type": "string", "format": "uuid"},
    datetime: {"type": "string", "format": "date-time"},
    date: {"type": "string", "format": "date"},
}


def schema_of(hint: Any) -> dict[str, Any]:
    """The JSON schema of a type used in the record: plain types, tuples, optional ones and dataclasses."""
    if hint in _PLAIN:
        return _PLAIN[hint]
    if get_origin(hint) is tuple:
        return {"type": "array", "items": schema_of(get_args(hint)[0])}
    if isinstance(hint, UnionType):
        (kept,) = (one for one in get_args(hint) if one is not NoneType)
        return {"oneOf": [schema_of(kept), {"type": "null"}]}
    if is_dataclass(hint):
        hints = get_type_hints(hint)
        names = [field.name for field in fields(hint)]
        return {
            "type": "object",
            "description": (hint.__doc__ or "").strip().splitlines()[0],
            "properties": {name: schema_of(hints[name]) for name in names},
            "required": names,
            "additionalProperties": False,
        }
    raise TypeError(f"no schema of {hint}")


ANSWER: dict[str, Any] = {
    "oneOf": [
        {
            "type": "object",
            "properties": {"result": {"const": "record"}, "record": schema_of(PersonRecord)},
            "required": ["result", "record"],
            "additionalProperties": False,
        },
        {
            "type": "object",
            "properties": {"result": {"const": "no_shareable_information"}},
            "required": ["result"],
            "additionalProperties": False,
        },
    ]
}
