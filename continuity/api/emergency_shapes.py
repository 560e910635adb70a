"""What an emergency access is asked and answered with (5.11); nothing in it tells whether somebody has a record."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from continuity.access.models import EmergencyAccess, EmergencyAnswer
from continuity.agencies.models import Category
from continuity.api.bodies import Body, Choice, Day
from continuity.disclosures.as_json import schema_of
from continuity.disclosures.emergencies import Use
from continuity.disclosures.emergency_previews import Safety
from continuity.disclosures.models import LedgerEntry
from continuity.disclosures.record import Contact, PersonRecord

PARTS = [("requester", "requester"), ("releaser", "releaser"), ("reviewer", "reviewer")]
OUTCOMES = [
    (one.value, one.label) for one in (EmergencyAccess.Review.JUSTIFIED, EmergencyAccess.Review.UNJUSTIFIED)
]
_TWO_OF_THEM = "Add the date of birth, or an ID number: a name alone does not tell two people apart."


class EmergencyQuestion(Body):
    """Who is meant, as in a look-up, why it cannot wait, and who will use what is released (42 CFR 2.51(c))."""

    kind = Choice(choices=EmergencyAccess.Kind.choices)
    last = serializers.CharField(max_length=80)
    first = serializers.CharField(max_length=80, required=False, allow_blank=True, default="")
    birth_date = Day(required=False, allow_null=True, default=None)
    identifier = serializers.CharField(max_length=60, required=False, allow_blank=True, default="")
    incident_ref = serializers.CharField(max_length=40)
    reason_code = Choice(choices=EmergencyAccess.Reason.choices)
    reason = serializers.CharField(min_length=20, max_length=1000, help_text="In own words.")
    nature = serializers.CharField(max_length=300, help_text="What the emergency is.")
    recipient_name = serializers.CharField(
        max_length=120, required=False, help_text="Who will use it; the member, if left out."
    )
    recipient_facility = serializers.CharField(
        max_length=120, required=False, help_text="Their agency or facility; the member's, if left out."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        has_identifier = bool(attrs["identifier"].strip())
        if not attrs["birth_date"] and not has_identifier:
            raise serializers.ValidationError({"birth_date": _TWO_OF_THEM}, code="required")
        if not has_identifier and not attrs["first"].strip():
            raise serializers.ValidationError({"first": "Give the first name."}, code="required")
        return attrs


class EmergencyRelease(Body):
    with_operational = serializers.BooleanField(
        required=False, default=False, help_text="Add the lines of earlier contacts, without their words."
    )
    note = serializers.CharField(
        max_length=300, required=False, allow_blank=True, default="", help_text="For the review."
    )


class EmergencyDenial(Body):
    note = serializers.CharField(max_length=300, help_text="For the review; whoever asked never reads it.")


class EmergencyReview(Body):
    outcome = Choice(choices=OUTCOMES)
    note = serializers.CharField(max_length=1000)
    referred_to = serializers.CharField(
        max_length=120, required=False, allow_blank=True, default="", help_text="The office for sanctions."
    )


class EmergencyClearance(Body):
    note = serializers.CharField(max_length=300, help_text="What the office for sanctions decided.")


class PersonTold(Body):
    how = serializers.CharField(max_length=200, help_text="Or why they were not told.")


class EmergencyReceipt(serializers.ModelSerializer[EmergencyAccess]):
    """That it was written down; the same for whomever was meant (P-3)."""

    class Meta:
        model = EmergencyAccess
        fields: ClassVar[list[str]] = ["id", "version", "kind", "state"]


class EmergencyLine(serializers.ModelSerializer[EmergencyAccess]):
    """One emergency access as it stands by the clock, and which part the member has in it."""

    state = serializers.SerializerMethodField()
    part = serializers.SerializerMethodField()

    class Meta:
        model = EmergencyAccess
        # fmt: off
        fields: ClassVar[list[str]] = [
            "id", "version", "kind", "part", "state", "incident_ref", "reason_code", "requested_at", "answer_by",
            "starts_at", "ends_at", "ended_at", "review", "review_due_at",
        ]
        # fmt: on

    @extend_schema_field(serializers.ChoiceField(choices=EmergencyAccess.State.choices))
    def get_state(self, emergency: EmergencyAccess) -> str:
        return emergency.state_at(self.context["at"]).value

    @extend_schema_field(serializers.ChoiceField(choices=PARTS))
    def get_part(self, emergency: EmergencyAccess) -> str:
        by = self.context["by"]
        if emergency.requester_id == by.pk:
            return "requester"
        return (
            "reviewer"
            if emergency.reviewing_agency_id == by.agency_id and self._is_over(emergency)
            else "releaser"
        )

    def _is_over(self, emergency: EmergencyAccess) -> bool:
        return emergency.state_at(self.context["at"]) == EmergencyAccess.State.ENDED


class AnswerLine(serializers.ModelSerializer[EmergencyAnswer]):
    """What one agency answered, for the review."""

    agency = serializers.CharField(source="agency.code")
    answered_by = serializers.CharField(source="answered_by.member.display_name")
    categories = serializers.ListField(child=serializers.ChoiceField(choices=Category.choices))

    class Meta:
        model = EmergencyAnswer
        # fmt: off
        fields: ClassVar[list[str]] = [
            "agency", "answered_by", "answered_at", "is_released", "categories", "note",
        ]
        # fmt: on


class UseLine(serializers.Serializer[Use]):
    """One reading that it opened: which categories and how many records, never what they say."""

    ledger_id = serializers.UUIDField()
    at = serializers.DateTimeField()
    channel = serializers.ChoiceField(choices=LedgerEntry.Channel.choices)
    categories = serializers.ListField(child=serializers.ChoiceField(choices=Category.choices))
    records = serializers.IntegerField()


class Described(serializers.Serializer[Any]):
    """What was typed to mean the person."""

    last = serializers.CharField(required=False)
    first = serializers.CharField(required=False, allow_blank=True)
    birth_date = serializers.CharField(required=False, allow_blank=True)
    identifier = serializers.CharField(required=False, allow_blank=True)


class EmergencyFile(serializers.ModelSerializer[EmergencyAccess]):
    """The case as its reviewer sees it, with what 42 CFR 2.51(c) wants documented."""

    state = serializers.SerializerMethodField()
    requester = serializers.CharField(source="requester.member.display_name")
    agency = serializers.CharField(source="agency.code")
    categories = serializers.ListField(child=serializers.ChoiceField(choices=Category.choices))

    class Meta:
        model = EmergencyAccess
        # fmt: off
        fields: ClassVar[list[str]] = [
            "id", "version", "kind", "state", "requester", "agency", "incident_ref", "reason_code", "reason",
            "nature", "recipient_name", "recipient_facility", "categories", "requested_at", "starts_at", "ends_at",
            "ended_at", "review", "review_due_at", "reviewed_at", "review_note", "sanction_referred_to",
            "cleared_at", "person_told_at", "person_told_how",
        ]
        # fmt: on

    @extend_schema_field(serializers.ChoiceField(choices=EmergencyAccess.State.choices))
    def get_state(self, emergency: EmergencyAccess) -> str:
        return emergency.state_at(self.context["at"]).value


def _object(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


ANSWER: dict[str, Any] = {
    "oneOf": [
        _object(result={"const": "record"}, record=schema_of(PersonRecord)),
        _object(result={"const": "no_shareable_information"}),
        {"type": "null"},
    ]
}
SAFETY: dict[str, Any] = schema_of(Safety)
OPERATIONAL: dict[str, Any] = schema_of(tuple[Contact, ...])


@extend_schema_field(ANSWER)
class AnswerField(serializers.JSONField):
    """What it opens now; null before and after."""


@extend_schema_field(SAFETY)
class SafetyField(serializers.JSONField):
    """What a release shows."""


@extend_schema_field(OPERATIONAL)
class OperationalField(serializers.JSONField):
    """What `with_operational` adds."""


class EmergencyCardAnswer(serializers.Serializer[Any]):
    """The own emergency access, and what it opens while it is open."""

    emergency = EmergencyLine()
    answer = AnswerField()


class AskedRequestAnswer(serializers.Serializer[Any]):
    """A request to answer, and what a release of the own agency's records would show."""

    emergency = EmergencyLine()
    requester = serializers.CharField(source="emergency.requester.member.display_name")
    agency = serializers.CharField(source="emergency.agency.code")
    reason = serializers.CharField(source="emergency.reason")
    nature = serializers.CharField(source="emergency.nature")
    waits = serializers.BooleanField()
    described = Described()
    is_known = serializers.BooleanField()
    safety = SafetyField()
    operational = OperationalField()


class ReviewFileAnswer(serializers.Serializer[Any]):
    """The case, its answers, and the readings that it opened."""

    emergency = EmergencyFile()
    described = Described()
    answers = AnswerLine(many=True)
    uses = UseLine(many=True)
