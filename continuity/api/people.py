"""People at the API: whom a body means, and all that may be known of one of the own agency's people."""

import json
from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.views import APIView

from continuity.agencies.models import PURPOSE_CHOICES, Membership
from continuity.agencies.permissions import OnDuty
from continuity.agencies.scopes import Scope, Scopes
from continuity.agencies.services import on_duty
from continuity.api.bodies import Body, Choice, Day, read
from continuity.api.nouns import API
from continuity.disclosures.as_json import plain, schema_of
from continuity.disclosures.own_work import (
    known_people,
    person_record,
    readable_contacts,
    readable_drafts,
    searchable_people,
)
from continuity.disclosures.record import Item, PersonFile, PersonRecord
from continuity.errors import NotFound
from continuity.people.models import Person
from continuity.people.services import find_or_register, standing_for

_HEADER = tuple(
    field.name
    for field in fields(PersonRecord)
    if field.name
    not in (
        "team_links", "plans", "tips", "flags", "follow_ups", "linkages", "contacts", "narratives", "sud_segments",
        "consents",
    )
)  # fmt: skip
_RECORD = schema_of(PersonRecord)
ANSWER: dict[str, Any] = {
    "type": "object",
    "properties": {
        "person": {"type": "string", "format": "uuid"},
        "record": _RECORD
        | {
            "properties": {name: _RECORD["properties"][name] for name in _HEADER},
            "required": list(_HEADER),
        },
        "items": {"type": "array", "items": schema_of(Item)},
    },
    "required": ["person", "record", "items"],
    "additionalProperties": False,
}


class Description(Body):
    """Somebody described: found if certain, else registered, and answered alike (P-3)."""

    last = serializers.CharField(max_length=80)
    first = serializers.CharField(max_length=80)
    birth_date = Day(required=False, allow_null=True)
    identifier = serializers.CharField(max_length=60, required=False, help_text="A verified ID number.")
    phone = serializers.CharField(max_length=20, required=False)


@extend_schema_field(serializers.JSONField)
class Whom(serializers.Field[Any, Any, Any, Any]):
    """One of the own agency's people by id, or somebody described."""

    def to_internal_value(self, data: Any) -> UUID | dict[str, Any]:
        if isinstance(data, Mapping):
            return dict(read(Description, data).validated_data)
        return UUID(str(serializers.UUIDField().run_validation(data)))


def person_meant(by: Membership, whom: UUID | dict[str, Any] | None, at: datetime) -> Person | None:
    """Whom a body means; who is described is registered, if nobody certain is found. Raises NotFound."""
    if isinstance(whom, dict):
        return find_or_register(source=by.agency, **whom)
    if whom is None:
        return None
    # Dispatch, who knows nobody otherwise, writes the contact of a call about whom it chose among candidates.
    chosen = searchable_people(by, at).filter(person=standing_for(whom)).select_related("person").first()
    return chosen.person if chosen else known_person(by, whom, at)


def known_person(by: Membership, person_id: UUID, at: datetime) -> Person:
    """One of the own agency's people, or somebody whom an own contact is about; who was merged is the survivor.

    Raises NotFound.
    """
    person_id = standing_for(person_id)
    known = known_people(by, at).filter(person=person_id).select_related("person").first()
    if known:
        return known.person
    for contacts in (readable_contacts(by, at), readable_drafts(by, at)):
        if contact := contacts.filter(person=person_id).select_related("person").first():
            return contact.person  # type: ignore[return-value]  # the filter names a person
    raise NotFound("not_found", "There is no such record.")


class RecordQuestion(Body):
    purpose = Choice(choices=PURPOSE_CHOICES, required=False)
    reason = serializers.CharField(
        max_length=300, required=False, help_text="Privacy officers: why narrative or SUD data is needed."
    )


class RecordOfPerson(APIView):
    """All that may be known now of one of the own agency's people, from everywhere, each item with its source."""

    permission_classes = (OnDuty,)
    scopes = Scopes(get=Scope.PEOPLE_READ)

    @extend_schema(
        operation_id="read_person_record",
        parameters=[RecordQuestion],
        responses=OpenApiResponse(ANSWER, "The record, through the gate."),
    )
    def get(self, request: Request, person_id: UUID) -> HttpResponse:
        by, asked = on_duty(request), read(RecordQuestion, request.query_params.dict()).validated_data
        told = person_record(by=by, person_id=person_id, channel=API, at=timezone.now(), **asked)
        return HttpResponse(_rendered(told), content_type="application/json")


def _rendered(told: PersonFile) -> bytes:
    header = {name: getattr(told.record, name) for name in _HEADER}
    return json.dumps(
        {"person": told.person_id, "record": header, "items": told.items}, default=plain
    ).encode()
