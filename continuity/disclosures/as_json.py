"""What leaves as JSON: the frozen dataclasses of the record, and their schema, so that the two cannot drift."""

from dataclasses import fields, is_dataclass
from datetime import date, datetime
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints
from uuid import UUID

_PLAIN: dict[Any, dict[str, Any]] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    UUID: {"type": "string", "format": "uuid"},
    datetime: {"type": "string", "format": "date-time"},
    date: {"type": "string", "format": "date"},
}


def plain(value: Any) -> Any:
    """The JSON form of a dataclass, a moment, a day or an id; for `json.dumps`."""
    if is_dataclass(value):
        return vars(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"no JSON form of {type(value)}")


def schema_of(hint: Any) -> dict[str, Any]:
    """The JSON schema of a type used in the record: plain types, tuples, unions, optional ones and dataclasses."""
    if hint in _PLAIN:
        return _PLAIN[hint]
    if get_origin(hint) is tuple:
        return {"type": "array", "items": schema_of(get_args(hint)[0])}
    if isinstance(hint, UnionType):
        kept = [schema_of(one) for one in get_args(hint) if one is not NoneType]
        return {"oneOf": [*kept, {"type": "null"}]} if NoneType in get_args(hint) else {"oneOf": kept}
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
