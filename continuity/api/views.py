"""Flat resources under /api/v1/: each address names its verbs; nothing is a full set of them by inheritance."""

from typing import Any

from django.db.models import TextChoices
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from continuity.agencies.models import Agency, Category
from continuity.agencies.permissions import OnDuty, SignedIn
from continuity.agencies.roles import Purpose, Role
from continuity.agencies.services import choose_duty, memberships_of, on_duty
from continuity.api.shapes import DutyChoice, LinkageReceipt, LinkageRequest, Memberships
from continuity.crisis import vocabulary
from continuity.treatment.models import FollowUp, FollowUpAttempt, Linkage, TaskStatus
from continuity.treatment.services import record_linkage


class Enumerations(APIView):
    """The closed lists of coded values, by name (domain 3.3 to 3.5)."""

    permission_classes = (SignedIn,)

    @extend_schema(operation_id="list_enumerations", responses={200: dict[str, list[str]]})
    def get(self, request: Request) -> Response:
        return Response(_ENUMERATIONS)


class Duty(APIView):
    """The agency this session is on duty for; a member of two agencies chooses."""

    permission_classes = (SignedIn,)

    @extend_schema(operation_id="list_memberships", responses=Memberships(many=True))
    def get(self, request: Request) -> Response:
        return Response(Memberships(memberships_of(request.user), many=True).data)  # type: ignore[arg-type]  # SignedIn let only members in

    @extend_schema(operation_id="choose_duty", request=DutyChoice, responses={204: None})
    def post(self, request: Request) -> Response:
        shape = DutyChoice(data=request.data)
        shape.is_valid(raise_exception=True)
        choose_duty(request._request, str(shape.validated_data["membership"]))
        return Response(status=status.HTTP_204_NO_CONTENT)


class Linkages(APIView):
    """Refer the person of an own contact."""

    permission_classes = (OnDuty,)

    @extend_schema(operation_id="record_linkage", request=LinkageRequest, responses={201: LinkageReceipt})
    def post(self, request: Request) -> Response:
        shape = LinkageRequest(data=request.data)
        shape.is_valid(raise_exception=True)
        linkage = record_linkage(by=on_duty(request), at=timezone.now(), **shape.validated_data)
        return Response(LinkageReceipt(linkage).data, status=status.HTTP_201_CREATED)


def _enumerations() -> dict[str, list[str]]:
    crisis: dict[str, Any] = {
        name: choices
        for name, choices in vars(vocabulary).items()
        if isinstance(choices, type) and issubclass(choices, TextChoices) and choices is not TextChoices
    }
    others: dict[str, Any] = {
        "AgencyKind": Agency.Kind,
        "Category": Category,
        "Role": Role,
        "Purpose": Purpose,
        "LinkageKind": Linkage.Kind,
        "TaskStatus": TaskStatus,
        "FollowUpKind": FollowUp.Kind,
        "FollowUpResult": FollowUp.Result,
        "AttemptOutcome": FollowUpAttempt.Outcome,
    }
    return {name: [str(value) for value in choices] for name, choices in (crisis | others).items()}


_ENUMERATIONS = _enumerations()
