"""The shape of a question, for page and API alike: what must be there and how to say what is missing."""

from datetime import date
from typing import Any

from django.utils import timezone
from rest_framework import serializers

from continuity.agencies.models import PURPOSE_CHOICES
from continuity.lookup.services import Question
from continuity.people.birth_dates import read_birth_date

_TWO_OF_THEM = "Add the date of birth, or an ID number: a name alone does not tell two people apart."


class QuestionShape(serializers.Serializer[Question]):
    """Never more than shape: which purposes a role may assert is the gate's to judge."""

    incident_ref = serializers.CharField(
        max_length=40,
        error_messages={
            "required": "Type the incident number of this call.",
            "blank": "Type the incident number of this call.",
            "max_length": "An incident number has at most 40 characters.",
        },
        help_text="CAD incident or case number that this question belongs to.",
    )
    purpose = serializers.ChoiceField(
        choices=PURPOSE_CHOICES,
        error_messages={
            "required": "Choose why you ask.",
            "invalid_choice": "Choose one of the purposes.",
        },
    )
    last = serializers.CharField(
        max_length=80,
        error_messages={"required": "Type the last name.", "blank": "Type the last name."},
    )
    first = serializers.CharField(max_length=80, required=False, allow_blank=True, default="")
    birth_date = serializers.CharField(
        max_length=40,
        required=False,
        allow_blank=True,
        default="",
        help_text="Any usual order: 1988-04-03, 4/3/1988, 3 April 1988.",
    )
    identifier = serializers.CharField(
        max_length=60, required=False, allow_blank=True, default="", help_text="A verified ID number."
    )
    reason = serializers.CharField(
        max_length=300,
        required=False,
        allow_blank=True,
        default="",
        help_text="Privacy officers: why narrative or SUD data is needed.",
    )

    def validate_birth_date(self, text: str) -> date | None:
        if not text.strip():
            return None
        try:
            return read_birth_date(text, timezone.localdate())
        except ValueError as error:
            raise serializers.ValidationError(str(error), code="invalid") from None

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        has_identifier = bool(attrs["identifier"].strip())
        if not attrs["birth_date"] and not has_identifier:
            raise serializers.ValidationError({"birth_date": _TWO_OF_THEM}, code="required")
        if not has_identifier and not attrs["first"].strip():
            raise serializers.ValidationError({"first": "Type the first name."}, code="required")
        return attrs

    def question(self) -> Question:
        """The question, once `is_valid`."""
        return Question(**self.validated_data)
