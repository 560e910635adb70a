"""Bodies of requests: what they do not know they refuse, and what they refuse they do not repeat."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, ClassVar, TypeVar

from django.db import models
from django.utils.timezone import is_naive
from rest_framework import serializers

from continuity.agencies.models import Membership

_FIRST, _LAST = 1900, 2199  # years; beyond them a time zone has no days left to count in

B = TypeVar("B", bound="Body")
D = TypeVar("D", date, datetime)


class Body(serializers.Serializer[Any]):
    """A JSON object or form. An unknown field is refused: whoever sent it meant something by it."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping) and (unknown := sorted(data.keys() - self.fields.keys())):
            raise serializers.ValidationError(
                {name: ["There is no such field."] for name in unknown}, code="unknown_field"
            )
        return super().to_internal_value(data)

    def arguments(self, by: Membership, at: datetime) -> dict[str, Any]:
        """What was said in the words of the domain; bodies that name other records find them here."""
        return dict(self.validated_data)


class Nothing(Body):
    """No field at all: the verb says everything."""


class Choice(serializers.ChoiceField):
    """One of a closed list; the refusal does not repeat what was sent."""

    default_error_messages = {"invalid_choice": "Choose one of the listed values."}


class Day(serializers.DateField):
    """A date as YYYY-MM-DD."""

    def to_internal_value(self, value: Any) -> date:
        return _in_our_days(super().to_internal_value(value))


class Moment(serializers.DateTimeField):
    """An instant; without its offset from UTC it is none, so it is refused."""

    default_error_messages = {"naive": "Add the offset from UTC, as in 2026-11-20T12:00:00-08:00."}

    def enforce_timezone(self, value: datetime) -> datetime:
        if is_naive(value):
            self.fail("naive")
        return super().enforce_timezone(_in_our_days(value))


class ModelBody(serializers.ModelSerializer[Any], Body):
    """A body whose fields are fields of a model, with their lengths and closed lists."""

    serializer_choice_field = Choice
    serializer_field_mapping: ClassVar[dict[Any, Any]] = (
        serializers.ModelSerializer.serializer_field_mapping
        | {
            models.DateTimeField: Moment,
            models.DateField: Day,
        }
    )


class StatedReason(Body):
    """Why: one sentence that stands with the record."""

    reason = serializers.CharField(max_length=200)


class ListQuestion(Body):
    """The query of every list: a page, and where it goes on."""

    after = serializers.UUIDField(required=False, help_text="The `next` of the page before.")
    limit = serializers.IntegerField(min_value=1, max_value=100, default=50)


def _in_our_days(day: D) -> D:
    if not _FIRST <= day.year <= _LAST:
        raise serializers.ValidationError(f"Give a year from {_FIRST} to {_LAST}.", code="out_of_range")
    return day


def read(shape: type[B], data: Any) -> B:
    """The body in this shape. Raises ValidationError at each field that is wrong."""
    body = shape(data=data)
    body.is_valid(raise_exception=True)
    return body
