"""The shape of an emergency: who is meant, why it cannot wait, and who will use what is released (5.11, L-13)."""

from typing import Any

from rest_framework import serializers

from continuity.access.models import EmergencyAccess
from continuity.lookup.shapes import QuestionShape

SHORTEST_REASON = 20
_WORDS = f"Say in at least {SHORTEST_REASON} characters what happens and why it cannot wait."


def _text(most: int, sentence: str) -> Any:
    messages = {
        "required": sentence,
        "blank": sentence,
        "min_length": sentence,
        "max_length": f"Write at most {most} characters.",
    }
    return {"max_length": most, "error_messages": messages}


class EmergencyShape(QuestionShape):
    """A question's description of a person, and what 42 CFR 2.51(c) wants documented. Never more than shape."""

    purpose = None  # type: ignore[assignment]  # an emergency is its purpose
    reason_code = serializers.ChoiceField(
        choices=EmergencyAccess.Reason.choices,
        error_messages=dict.fromkeys(("required", "invalid_choice"), "Choose what the emergency is."),
    )
    reason = serializers.CharField(min_length=SHORTEST_REASON, **_text(1000, _WORDS))
    nature = serializers.CharField(**_text(300, "Say in a few words what the emergency is."))
    recipient_name = serializers.CharField(**_text(120, "Type who will use what is released."))
    recipient_facility = serializers.CharField(**_text(120, "Type their agency or facility."))
