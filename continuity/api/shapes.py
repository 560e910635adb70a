"""Shapes of requests and answers of the API; never more than shape."""

from typing import Any

from rest_framework import serializers

from continuity.agencies.models import Membership


class DutyChoice(serializers.Serializer[Any]):
    membership = serializers.UUIDField()


class Memberships(serializers.ModelSerializer[Membership]):
    agency = serializers.CharField(source="agency.name")

    class Meta:
        model = Membership
        fields = ("id", "agency", "roles")
