"""Calls handed on: by a CAD or RMS, or by who took the call; answered by whom they go to (5.4).

A hand-off is named by its sender's own id. Sent again with that id, it is the same hand-off, with an Idempotency-Key
and without.
"""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from django.urls import path, reverse
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.views import APIView

from continuity.agencies.models import Membership
from continuity.agencies.permissions import OnDuty
from continuity.agencies.roles import Duty
from continuity.agencies.scopes import Scope, Scopes
from continuity.agencies.services import on_duty
from continuity.api.bodies import Body, Choice, ListQuestion, ModelBody, Moment, read
from continuity.api.care_shapes import AgencyNamed
from continuity.api.idempotency import IDEMPOTENCY_KEY, Answer, answer_once, spelt
from continuity.api.nouns import Noun, absences_noted, detail_of, list_of, narrowed, rendered, view
from continuity.api.verbs import Verb, verb_paths
from continuity.crisis import transfers
from continuity.crisis.models import Transfer
from continuity.disclosures import own_work

_SAID = {
    name: serializers.CharField(max_length=most, required=False) for name, most in transfers.SAID.items()
}
Said = type("Said", (Body,), _SAID)


class HandOffShape(ModelBody):
    """A call as far as the sender knows it: at the least whom it goes to."""

    to_agency = AgencyNamed(required=False, help_text="Code of the agency; none: a line outside, as 988 is.")
    contact = serializers.UUIDField(
        source="contact_id", required=False, help_text="An own contact it comes from."
    )
    sender_ref = serializers.CharField(max_length=80, required=False, help_text="The sender's own id of it.")
    occurred_at = Moment(required=False)
    said = Said(required=False)

    class Meta:
        model = Transfer
        fields: ClassVar[list[str]] = [
            "to_kind", "to_agency", "contact", "is_warm", "sender_ref", "incident_ref", "origin", "call_type",
            "occurred_at", "said",
        ]  # fmt: skip


class HandOffReceipt(serializers.ModelSerializer[Transfer]):
    class Meta:
        model = Transfer
        fields: ClassVar[list[str]] = ["id", "outcome"]


class Outcome(Body):
    outcome = Choice(choices=Transfer.Outcome.choices)
    reason = serializers.CharField(max_length=200, required=False)


class HandOffQuestion(ListQuestion):
    outcome = Choice(choices=Transfer.Outcome.choices, required=False)


class HandOffLine(serializers.ModelSerializer[Transfer]):
    """A hand-off; each side is told of its own contact alone."""

    custodian = serializers.CharField(source="custodian.code")
    to_agency = serializers.CharField(source="to_agency.code", allow_null=True, default=None)
    contact = serializers.SerializerMethodField()

    class Meta:
        model = Transfer
        fields: ClassVar[list[str]] = [
            "id", "version", "custodian", "to_kind", "to_agency", "contact", "is_warm", "incident_ref", "origin",
            "call_type", "occurred_at", "outcome", "outcome_reason", "offered_at", "answered_at",
        ]  # fmt: skip

    def get_contact(self, transfer: Transfer) -> UUID | None:
        is_sender = transfer.custodian_id == self.context["by"].agency_id
        return transfer.from_contact_id if is_sender else transfer.to_contact_id


class WholeHandOff(HandOffLine):
    """A hand-off, and to who may answer it what the sender said."""

    said = serializers.SerializerMethodField()

    class Meta(HandOffLine.Meta):
        fields: ClassVar[list[str]] = [*HandOffLine.Meta.fields, "said"]

    @extend_schema_field(Said)
    def get_said(self, transfer: Transfer) -> dict[str, str]:
        by = self.context["by"]
        answers = transfer.to_agency_id == by.agency_id and by.has_duty(Duty.RECORD_CONTACT)
        return transfers.said_of(transfer) if answers else {}


def _transfers(by: Membership, at: datetime) -> QuerySet[Transfer]:
    return own_work.readable_transfers(by, at).select_related("custodian", "to_agency")


def _of_nobody(transfer: Any) -> None:
    """Whom a call is about is said in words; nobody has identified them yet."""


HAND_OFF = Noun(
    name="hand_off",
    path="hand-offs",
    rows=_transfers,
    answer=WholeHandOff,
    line=HandOffLine,
    category="D2",
    question=HandOffQuestion,
    asked=narrowed("outcome"),
    receipt=HandOffReceipt,
    person=_of_nobody,
    argument="transfer_id",
    scopes=Scopes(Scope.HAND_OFFS_READ, Scope.HAND_OFFS_WRITE),
)
HAND_OFF_VERBS = (
    Verb("answer", Outcome, transfers.answer_transfer),
    Verb("note-outcome", Outcome, transfers.note_outcome),
)


class HandOffs(APIView):
    """Calls handed on by the own agency or to it, newest first."""

    permission_classes = (OnDuty,)
    scopes = HAND_OFF.scopes
    get = list_of(HAND_OFF)

    @extend_schema(
        operation_id="hand_off_call",
        description="Hand a call on; the same `sender_ref` again answers with the hand-off that is there.",
        parameters=[IDEMPOTENCY_KEY],
        request=HandOffShape,
        responses={200: HandOffReceipt, 201: HandOffReceipt},
    )
    def post(self, request: Request) -> HttpResponse:
        by, at = on_duty(request), timezone.now()
        body = read(HandOffShape, request.data)

        def act() -> Answer:
            transfer, is_new = transfers.offer_transfer(by=by, at=at, **body.arguments(by, at))
            told = rendered(HandOffReceipt(transfer).data)
            address = reverse("v1:hand_off", args=[transfer.pk])
            return Answer(status.HTTP_201_CREATED if is_new else status.HTTP_200_OK, told, location=address)

        with absences_noted(by, at, body.validated_data.get("contact_id", ""), HAND_OFF.category):
            return answer_once(request, by=by, said=spelt(request.data), at=at, act=act)


urlpatterns = [
    path("hand-offs/", HandOffs.as_view(), name="hand_offs"),
    path("hand-offs/<uuid:transfer_id>/", view("One hand-off.", get=detail_of(HAND_OFF)), name="hand_off"),
    *verb_paths(HAND_OFF, HAND_OFF_VERBS),
]
