"""`POST /answers/{id}/not-this-person/`: what was answered is somebody else's, say those who were answered (P-5)."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.views import APIView

from continuity.agencies.permissions import OnDuty
from continuity.agencies.scopes import Scope, Scopes
from continuity.agencies.services import on_duty
from continuity.api.bodies import Body, read
from continuity.api.idempotency import IDEMPOTENCY_KEY, Answer, answer_once, spelt
from continuity.api.nouns import absences_noted, rendered
from continuity.disclosures.identity_reports import report_wrong_person
from continuity.disclosures.models import IdentityReport


class Doubt(Body):
    said = serializers.CharField(
        max_length=300, required=False, default="", allow_blank=True, help_text="What does not fit."
    )


class ReportReceipt(serializers.Serializer[IdentityReport]):
    """That it was reported; nothing of whom the answer showed."""

    report = serializers.UUIDField(source="id")
    reported_at = serializers.DateTimeField()
    advice = serializers.SerializerMethodField()

    def get_advice(self, report: IdentityReport) -> str:
        return "Treat as unknown. Do not rely on what you saw."


class NotThisPerson(APIView):
    """Report an answer that this member was given; a second report of it is the same one."""

    permission_classes = (OnDuty,)
    scopes = Scopes(post=Scope.LOOKUPS_DOUBT)

    @extend_schema(
        operation_id="report_wrong_person",
        parameters=[IDEMPOTENCY_KEY],
        request=Doubt,
        responses={201: ReportReceipt},
    )
    def post(self, request: Request, ledger_id: UUID) -> HttpResponse:
        by, at = on_duty(request), timezone.now()
        said: dict[str, Any] = dict(read(Doubt, request.data).validated_data)

        def act() -> Answer:
            report = report_wrong_person(by=by, ledger_id=ledger_id, at=at, **said)
            return Answer(status.HTTP_201_CREATED, rendered(ReportReceipt(report).data))

        with absences_noted(by, at, f"not this person {ledger_id}", "D0"):
            return answer_once(request, by=by, said=spelt(request.data), at=at, act=act)
