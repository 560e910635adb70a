"""Flat resources under /api/v1/: each address names its verbs; nothing is a full set of them by inheritance."""

from typing import Any

from django.db.models import TextChoices
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from continuity.access.models import EmergencyAccess
from continuity.agencies.models import Agency, Category
from continuity.agencies.permissions import SignedIn
from continuity.agencies.roles import Purpose, Role
from continuity.agencies.scopes import CLOSED, Scope, Scopes
from continuity.agencies.services import choose_duty, memberships_of
from continuity.agencies.session_keys import renew_key
from continuity.api.shapes import DutyChoice, Memberships
from continuity.crisis import vocabulary
from continuity.crisis.models import (
    ContactAmendment,
    CrisisContact,
    ResponsePlan,
    SafetyFlag,
    Transfer,
    Triage,
)
from continuity.notices.models import Notice
from continuity.treatment.models import (
    FollowUp,
    FollowUpAttempt,
    Linkage,
    ProgramKind,
    TaskStatus,
    TreatmentTeamLink,
)


class Enumerations(APIView):
    """The closed lists of coded values, by name (domain 3.3 to 3.5)."""

    permission_classes = (SignedIn,)
    scopes = Scopes(get=Scope.META_READ)

    @extend_schema(operation_id="list_enumerations", responses={200: dict[str, list[str]]})
    def get(self, request: Request) -> Response:
        return Response(_ENUMERATIONS)


class Duty(APIView):
    """The agency this session is on duty for; a member of two agencies chooses."""

    permission_classes = (SignedIn,)
    scopes = CLOSED

    @extend_schema(operation_id="list_memberships", responses=Memberships(many=True))
    def get(self, request: Request) -> Response:
        return Response(Memberships(memberships_of(request.user), many=True).data)  # type: ignore[arg-type]  # SignedIn let only members in

    @extend_schema(operation_id="choose_duty", request=DutyChoice, responses={204: None})
    def post(self, request: Request) -> Response:
        shape = DutyChoice(data=request.data)
        shape.is_valid(raise_exception=True)
        choose_duty(request._request, str(shape.validated_data["membership"]))
        renew_key(request._request)
        return Response(status=status.HTTP_204_NO_CONTENT)


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
        "ContactStatus": CrisisContact.RecordStatus,
        "TransferOutcome": Transfer.Outcome,
        "TriageDecision": Triage.Decision,
        "AmendmentKind": ContactAmendment.Kind,
        "AmendmentRequester": ContactAmendment.Requester,
        "AmendmentStatus": ContactAmendment.Status,
        "AmendmentDecision": ContactAmendment.Decision,
        "DenialGround": ContactAmendment.DenialGround,
        "FlagStatus": SafetyFlag.Status,
        "FlagSeverity": SafetyFlag.Severity,
        "PlanStatus": ResponsePlan.Status,
        "ProgramKind": ProgramKind,
        "TeamLinkStatus": TreatmentTeamLink.Status,
        "LinkageKind": Linkage.Kind,
        "LinkagePriority": Linkage.Priority,
        "TaskStatus": TaskStatus,
        "FollowUpKind": FollowUp.Kind,
        "FollowUpResult": FollowUp.Result,
        "DueWindow": FollowUp.DueWindow,
        "AttemptMode": FollowUpAttempt.Mode,
        "AttemptOutcome": FollowUpAttempt.Outcome,
        "NoticeKind": Notice.Kind,
        "EmergencyKind": EmergencyAccess.Kind,
        "EmergencyReason": EmergencyAccess.Reason,
        "EmergencyState": EmergencyAccess.State,
    }
    return {name: [str(value) for value in choices] for name, choices in (crisis | others).items()}


_ENUMERATIONS = _enumerations()
