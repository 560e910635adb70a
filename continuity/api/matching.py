"""`POST /people/match/`: who of the own agency's people may be meant; grades are HL7's, as of `Patient/$match`."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from continuity.agencies.permissions import OnDuty
from continuity.agencies.scopes import Scope, Scopes
from continuity.agencies.services import on_duty
from continuity.api.bodies import Body, Choice, Day, read
from continuity.api.nouns import API
from continuity.disclosures.candidates import Candidate, find_candidates
from continuity.disclosures.throttles import LookUpThrottle
from continuity.people.matching import Grade, query_of
from continuity.people.models import Person

_NOT_DESCRIBED = ("incident_ref",)
_MORE = "Add something besides the last name: it does not tell two people apart."


class Likeness(Body):
    """Whom the caller means, as far as it is known: the last name and at least one thing more (P-4)."""

    last = serializers.CharField(max_length=80)
    first = serializers.CharField(max_length=80, required=False)
    middle = serializers.CharField(max_length=80, required=False)
    suffix = serializers.CharField(max_length=10, required=False)
    birth_date = Day(required=False)
    birth_year = serializers.IntegerField(min_value=1900, max_value=2199, required=False)
    age = serializers.IntegerField(min_value=0, max_value=120, required=False, help_text="In years, today.")
    sex = serializers.CharField(max_length=20, required=False)
    phone = serializers.CharField(max_length=20, required=False)
    address = serializers.CharField(max_length=120, required=False, help_text="House number and street.")
    city = serializers.CharField(max_length=60, required=False)
    postal_code = serializers.CharField(max_length=10, required=False)
    identifier = serializers.CharField(max_length=60, required=False)
    incident_ref = serializers.CharField(
        max_length=40, required=False, help_text="CAD incident or case number; dispatch always has one."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        telling = ("first", "birth_date", "birth_year", "age", "phone", "address", "identifier")
        if not any(name in attrs for name in telling):
            raise serializers.ValidationError({"first": _MORE}, code="required")
        return attrs


class ScoreBand(serializers.Serializer[Any]):
    """Between which bounds the probability lies that this one is meant."""

    at_least = serializers.FloatField()
    below = serializers.FloatField()


class CandidateShape(serializers.Serializer[Candidate]):
    """One of the own agency's people who may be meant, with what agrees and what does not."""

    person = serializers.UUIDField(source="person_id")
    name = serializers.CharField(help_text="As the own agency has it.")
    birth_date = serializers.DateField(allow_null=True)
    birth_date_precision = Choice(choices=Person.Precision.choices)
    deceased = serializers.BooleanField(source="is_deceased")
    grade = Choice(choices=[grade.value for grade in Grade], help_text="HL7 match-grade.")
    score = ScoreBand(source="*")
    agreeing = serializers.ListField(child=serializers.CharField(), help_text="The same on both sides.")
    similar = serializers.ListField(child=serializers.CharField(), help_text="Nearly the same.")
    conflicting = serializers.ListField(child=serializers.CharField())


class CandidateList(serializers.Serializer[Any]):
    results = CandidateShape(many=True, help_text="Best first, five at most; empty: none of them.")


class Matching(APIView):
    """Search the own agency's people. Whoever is on patrol is shown no candidates; the choice is a person's."""

    permission_classes = (OnDuty,)
    scopes = Scopes(post=Scope.PEOPLE_MATCH)
    throttle_classes = (LookUpThrottle,)

    @extend_schema(operation_id="match_people", request=Likeness, responses=CandidateList)
    def post(self, request: Request) -> Response:
        by, at = on_duty(request), timezone.now()
        said = read(Likeness, request.data).validated_data
        described = {name: value for name, value in said.items() if name not in _NOT_DESCRIBED}
        searched = "|".join(f"{name}={value}" for name, value in sorted(described.items()))
        if "age" in described:
            described["as_of"] = timezone.localdate(at)
        found = find_candidates(
            by=by,
            query=query_of(**described),
            searched=searched,
            channel=API,
            at=at,
            incident_ref=said.get("incident_ref", ""),
        )
        return Response(CandidateList({"results": found.found}).data)
