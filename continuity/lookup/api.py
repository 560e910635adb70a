"""`POST /api/v1/lookups/`: a question in, a record or the one negative answer out."""

import json

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from continuity.agencies.permissions import OnDuty
from continuity.agencies.scopes import Scope, Scopes
from continuity.agencies.services import on_duty
from continuity.disclosures.as_json import plain
from continuity.disclosures.models import LedgerEntry
from continuity.disclosures.record import Nothing, PersonRecord
from continuity.disclosures.throttles import LookUpThrottle
from continuity.lookup.schema import ANSWER
from continuity.lookup.services import Question, look_up
from continuity.lookup.shapes import QuestionShape

# One shape for all requests: it holds nothing of them, and a new one copies its fields for longer than it reads.
_SHAPE = QuestionShape()
NOTHING = json.dumps({"result": "no_shareable_information"}).encode()


class LookUps(APIView):
    """Ask about one person. Every negative answer has the same status, bytes and time, whatever its reason."""

    permission_classes = (OnDuty,)
    scopes = Scopes(post=Scope.LOOKUPS_ASK)
    throttle_classes = (LookUpThrottle,)

    @extend_schema(
        operation_id="look_up",
        request=QuestionShape,
        responses={200: OpenApiResponse(ANSWER, "A record, or the one negative answer.")},
    )
    def post(self, request: Request) -> HttpResponse:
        question = Question(**_SHAPE.run_validation(request.data))
        answer = look_up(by=on_duty(request), question=question, channel=LedgerEntry.Channel.API)
        return HttpResponse(render(answer), content_type="application/json")


def render(answer: PersonRecord | Nothing) -> bytes:
    """The bytes of an answer; a negative one never holds more than the constant."""
    if isinstance(answer, Nothing):
        return NOTHING
    return json.dumps({"result": "record", "record": answer}, default=plain).encode()
