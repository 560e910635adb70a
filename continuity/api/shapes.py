"""Shapes of requests and answers of the API; never more than shape."""

from typing import Any

from rest_framework import serializers

from continuity.agencies.models import Agency, Membership
from continuity.treatment.models import Linkage


class DutyChoice(serializers.Serializer[Any]):
    membership = serializers.UUIDField()


class Memberships(serializers.ModelSerializer[Membership]):
    agency = serializers.CharField(source="agency.name")

    class Meta:
        model = Membership
        fields = ("id", "agency", "roles")


class LinkageRequest(serializers.Serializer[Any]):
    contact = serializers.UUIDField(source="contact_id")
    kind = serializers.ChoiceField(choices=Linkage.Kind.choices)
    recipient = serializers.SlugRelatedField(
        slug_field="code", queryset=Agency.objects.filter(status=Agency.Status.ACTIVE), required=False
    )
    external_provider = serializers.CharField(max_length=120, required=False)
    priority = serializers.ChoiceField(choices=Linkage.Priority.choices, required=False)
    notes = serializers.CharField(max_length=2000, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs.get("recipient") and not attrs.get("external_provider"):
            raise serializers.ValidationError({"recipient": "Name the agency or the outside provider."})
        return attrs


class LinkageReceipt(serializers.ModelSerializer[Linkage]):
    class Meta:
        model = Linkage
        fields = ("id", "status", "requested_at")
