"""What flags, tips and response plans are asked and answered with (5.5)."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from rest_framework import serializers

from continuity.agencies.models import Membership
from continuity.api.bodies import Body, Choice, ListQuestion, ModelBody, Moment
from continuity.api.people import known_person
from continuity.crisis import vocabulary as v
from continuity.crisis.models import CrisisContact, DeescalationTip, ResponsePlan, SafetyFlag, Standing
from continuity.disclosures.own_work import readable_contacts, readable_drafts
from continuity.errors import NotFound


class _Observation(ModelBody):
    """Something seen or heard of a person: of the own agency's people, or of whom the own contact is about."""

    person = serializers.UUIDField()
    contact = serializers.UUIDField(required=False, help_text="The own contact in which it was observed.")
    observed_at = Moment()

    def arguments(self, by: Membership, at: datetime) -> dict[str, Any]:
        said = super().arguments(by, at)
        return said | {
            "person": known_person(by, said["person"], at),
            **({"source_contact": own_contact(by, said.pop("contact"), at)} if "contact" in said else {}),
        }


class FlagProposal(_Observation):
    class Meta:
        model = SafetyFlag
        fields: ClassVar[list[str]] = [
            "person",
            "contact",
            "kind",
            "severity",
            "basis",
            "text",
            "observed_at",
        ]


class NewTip(_Observation):
    class Meta:
        model = DeescalationTip
        fields: ClassVar[list[str]] = ["person", "contact", "kind", "basis", "text", "observed_at"]
        extra_kwargs: ClassVar[dict[str, Any]] = {"text": {"required": True, "allow_blank": False}}


class Renewal(Body):
    """A later observation; without words the former ones stay."""

    observed_at = Moment()
    basis = Choice(choices=v.Basis.choices)
    text = serializers.CharField(max_length=200, required=False)


class StandingQuestion(ListQuestion):
    person = serializers.UUIDField(required=False)
    status = Choice(choices=Standing.Status.choices, required=False)


_STANDING = [
    "id", "version", "person", "custodian", "contact", "kind", "text", "basis", "source_role", "status",
    "status_reason", "first_observed_at", "last_confirmed_at", "expires_at", "ended_at", "renews", "is_part2",
]  # fmt: skip


class FlagAnswer(serializers.ModelSerializer[SafetyFlag]):
    person = serializers.UUIDField(source="person_id")
    custodian = serializers.CharField(source="custodian.code")
    contact = serializers.UUIDField(source="source_contact_id", allow_null=True)
    renews = serializers.UUIDField(source="renews_id", allow_null=True)
    proposed_by = serializers.UUIDField(source="proposed_by_id")
    approved_by = serializers.UUIDField(source="approved_by_id", allow_null=True)

    class Meta:
        model = SafetyFlag
        fields: ClassVar[list[str]] = [*_STANDING, "severity", "proposed_by", "approved_by"]


class TipAnswer(serializers.ModelSerializer[DeescalationTip]):
    person = serializers.UUIDField(source="person_id")
    custodian = serializers.CharField(source="custodian.code")
    contact = serializers.UUIDField(source="source_contact_id", allow_null=True)
    renews = serializers.UUIDField(source="renews_id", allow_null=True)
    recorded_by = serializers.UUIDField(source="recorded_by_id")

    class Meta:
        model = DeescalationTip
        fields: ClassVar[list[str]] = [*_STANDING, "recorded_by"]


class PlanContent(ModelBody):
    """How to meet the person; strategies in the order to try."""

    class Meta:
        model = ResponsePlan
        fields: ClassVar[list[str]] = [
            "triggers", "strategies", "support_contacts", "baseline", "elevated", "drafted_with_person",
        ]  # fmt: skip
        extra_kwargs: ClassVar[dict[str, Any]] = {"strategies": {"required": False, "allow_empty": True}}


class NewPlan(PlanContent):
    person = serializers.UUIDField()

    class Meta(PlanContent.Meta):
        fields: ClassVar[list[str]] = ["person", *PlanContent.Meta.fields]

    def arguments(self, by: Membership, at: datetime) -> dict[str, Any]:
        said = super().arguments(by, at)
        return said | {"person": known_person(by, said["person"], at)}


class PlanQuestion(ListQuestion):
    person = serializers.UUIDField(required=False)
    status = Choice(choices=ResponsePlan.Status.choices, required=False)


class PlanAnswer(serializers.ModelSerializer[ResponsePlan]):
    person = serializers.UUIDField(source="person_id")
    custodian = serializers.CharField(source="custodian.code")
    author = serializers.UUIDField(source="author_id")
    approved_by = serializers.UUIDField(source="approved_by_id", allow_null=True)

    class Meta:
        model = ResponsePlan
        fields: ClassVar[list[str]] = [
            "id", "version", "person", "custodian", "status", "status_reason", *PlanContent.Meta.fields, "author",
            "approved_by", "submitted_at", "approved_at", "expires_at", "ended_at", "is_part2",
        ]  # fmt: skip


def own_contact(by: Membership, contact_id: UUID, at: datetime) -> CrisisContact:
    """A contact of the own agency that this member may read. Raises NotFound."""
    for rows in (readable_contacts(by, at), readable_drafts(by, at)):
        if contact := rows.filter(pk=contact_id).select_related("person", "custodian").first():
            return contact
    raise NotFound("not_found", "There is no such record.")
