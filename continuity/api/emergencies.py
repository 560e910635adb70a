"""Emergency access at the API: ask or break the glass, the card, answer, review (5.11, L-5).

Asking is answered with the same bytes whoever is meant, and counts as a question of the member (P-3, P-4).
"""

import json
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.urls import path
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from continuity.access import emergencies
from continuity.access.models import EmergencyAccess
from continuity.agencies.models import Membership
from continuity.agencies.permissions import OnDuty
from continuity.agencies.scopes import Scope, Scopes
from continuity.agencies.services import on_duty
from continuity.api import emergency_shapes as shapes
from continuity.api.bodies import Nothing
from continuity.api.etags import etag
from continuity.api.nouns import API, Noun, list_of, making, rendered
from continuity.api.verbs import Verb, verb_paths
from continuity.disclosures.as_json import plain
from continuity.disclosures.emergencies import (
    asked_request,
    break_glass,
    emergency_card,
    request_emergency,
    review_file,
)
from continuity.disclosures.record import PersonRecord
from continuity.disclosures.throttles import LookUpThrottle

_SCOPES = Scopes(Scope.EMERGENCIES_READ, Scope.EMERGENCIES_WRITE)
_ASK = {EmergencyAccess.Kind.OVERRIDE: break_glass, EmergencyAccess.Kind.REQUEST: request_emergency}


def _mine(by: Membership, at: datetime) -> QuerySet[EmergencyAccess]:
    """The own ones, those that wait for the own agency's answer, and those that wait for its review."""
    parts = (
        emergencies.own_emergencies(by),
        emergencies.asked_of(by, at),
        emergencies.to_review(by, at),
    )
    mine = Q(pk__in=[])
    for rows in parts:
        mine |= Q(pk__in=rows.order_by().values("pk"))
    return EmergencyAccess.objects.filter(mine)


def _noun(name: str, rows: Any) -> Noun:
    return Noun(
        name=name,
        path="emergencies",
        plural="emergencies",
        argument="emergency_id",
        rows=rows,
        answer=shapes.EmergencyLine,
        receipt=shapes.EmergencyReceipt,
        category="D0",
        scopes=_SCOPES,
    )


EMERGENCY = _noun("emergency", _mine)
OWN = _noun("own_emergency", lambda by, at: emergencies.own_emergencies(by))
ASKED = _noun("asked_emergency", lambda by, at: emergencies.asked_of_agency(by))
REVIEWED = _noun("reviewed_emergency", emergencies.reviewed_here)
OVER = _noun("past_emergency", emergencies.over_here)
_VERBS = (
    (OWN, Verb("cancel", Nothing, emergencies.cancel_emergency)),
    (OWN, Verb("end", Nothing, emergencies.end_emergency)),
    (ASKED, Verb("release", shapes.EmergencyRelease, emergencies.release_emergency)),
    (ASKED, Verb("deny", shapes.EmergencyDenial, emergencies.deny_emergency)),
    (REVIEWED, Verb("review", shapes.EmergencyReview, emergencies.review_emergency)),
    (REVIEWED, Verb("clear", shapes.EmergencyClearance, emergencies.clear_emergency)),
    (OVER, Verb("person-told", shapes.PersonTold, emergencies.note_person_told)),
)


def _ask(*, by: Membership, at: datetime, kind: str, **said: Any) -> EmergencyAccess:
    """Break the glass as a clinician, or ask clinicians as a responder; whoever is meant, it looks alike (P-3)."""
    return _ASK[EmergencyAccess.Kind(kind)](by=by, at=at, **said)


def _is_override(said: dict[str, Any]) -> bool:
    return bool(said["kind"] == EmergencyAccess.Kind.OVERRIDE)


class Emergencies(APIView):
    """Emergency accesses that the member asked for, may answer or may review; and a new one."""

    permission_classes = (OnDuty,)
    scopes = _SCOPES
    get = list_of(EMERGENCY)
    post = making(EMERGENCY, "ask_emergency", shapes.EmergencyQuestion, _ask, is_grave=_is_override)

    def get_throttles(self) -> list[BaseThrottle]:
        """Asking identifies somebody, so it counts as a question (P-4)."""
        return [LookUpThrottle()] if self.request.method == "POST" else []


class OneEmergency(APIView):
    """The own emergency access, and while it is open what it opens: through the gate, with its ledger row."""

    permission_classes = (OnDuty,)
    scopes = _SCOPES

    @extend_schema(operation_id="read_emergency", responses=shapes.EmergencyCardAnswer)
    def get(self, request: Request, emergency_id: UUID) -> HttpResponse:
        by, at = on_duty(request), timezone.now()
        card = emergency_card(by=by, emergency_id=emergency_id, channel=API, at=at)
        answer: dict[str, Any] | None = None
        if card.answer is not None:
            answer = {"result": "no_shareable_information"}
        if isinstance(card.answer, PersonRecord):
            answer = {"result": "record", "record": card.answer}
        return _told(card.emergency, {"emergency": _line(card.emergency, by, at), "answer": answer})


class AskedEmergency(APIView):
    """A request that the own agency was asked, and what a release of its records would show."""

    permission_classes = (OnDuty,)
    scopes = _SCOPES

    @extend_schema(operation_id="read_asked_emergency", responses=shapes.AskedRequestAnswer)
    def get(self, request: Request, emergency_id: UUID) -> HttpResponse:
        by, at = on_duty(request), timezone.now()
        asked = asked_request(by=by, emergency_id=emergency_id, channel=API, at=at)
        row = asked.emergency
        return _told(
            row,
            {
                "emergency": _line(row, by, at),
                "requester": row.requester.member.display_name,
                "agency": row.agency.code,
                "reason": row.reason,
                "nature": row.nature,
                "waits": asked.waits,
                "described": asked.described,
                "is_known": asked.is_known,
                "safety": asked.safety,
                "operational": asked.operational,
            },
        )


class EmergencyFile(APIView):
    """What a reviewer of the own agency sees of an emergency access that is over."""

    permission_classes = (OnDuty,)
    scopes = _SCOPES

    @extend_schema(operation_id="read_emergency_file", responses=shapes.ReviewFileAnswer)
    def get(self, request: Request, emergency_id: UUID) -> HttpResponse:
        by, at = on_duty(request), timezone.now()
        file = review_file(by=by, emergency_id=emergency_id, channel=API, at=at)
        told = shapes.ReviewFileAnswer(file, context={"by": by, "at": at}).data
        return _told(file.emergency, dict(told))


def _line(emergency: EmergencyAccess, by: Membership, at: datetime) -> Any:
    return json.loads(rendered(shapes.EmergencyLine(emergency, context={"by": by, "at": at}).data))


def _told(emergency: EmergencyAccess, told: dict[str, Any]) -> HttpResponse:
    """With an entity tag of the case alone: verbs name the version that was seen."""
    body = json.dumps(told, default=plain).encode()
    tag = etag(emergency.pk, emergency.version, rendered({"state": emergency.state}))
    return HttpResponse(body, content_type="application/json", headers={"ETag": tag})


_ONE = "emergencies/<uuid:emergency_id>/"
urlpatterns = [
    path("emergencies/", Emergencies.as_view(), name="emergencies"),
    path(_ONE, OneEmergency.as_view(), name="emergency"),
    path(f"{_ONE}asked/", AskedEmergency.as_view(), name="asked_emergency"),
    path(f"{_ONE}review-file/", EmergencyFile.as_view(), name="emergency_file"),
    *(address for noun, verb in _VERBS for address in verb_paths(noun, (verb,))),
]
