"""The OpenAPI schema of the answer, derived from the frozen record so that the two cannot drift."""

from typing import Any

from continuity.disclosures.as_json import schema_of
from continuity.disclosures.record import PersonRecord

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
