"""Notices: what the own member or team is to be told, acknowledged, and how one wants to be told (P-27).

A notice says a kind and an opaque id. The right to what it is about is asked again whenever it is listed or opened.
"""

from typing import Any, ClassVar
from uuid import UUID

from django.http import HttpResponse
from django.urls import path
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from continuity.agencies.permissions import OnDuty
from continuity.agencies.scopes import Scope, Scopes
from continuity.agencies.services import on_duty
from continuity.api.bodies import Choice, ListQuestion, ModelBody, read
from continuity.api.idempotency import IDEMPOTENCY_KEY, Answer, answer_once
from continuity.api.nouns import API, absences_noted, next_page, rendered
from continuity.disclosures.alerts import crisis_alerts, may_be_told, tellable
from continuity.disclosures.readings import note_reading, refuse_reading
from continuity.errors import NotFound
from continuity.notices.models import Notice, NoticePreference
from continuity.notices.services import for_member, mark_read, set_preference

_CATEGORY = "D0"
_SCOPES = Scopes(Scope.NOTICES_READ, Scope.NOTICES_WRITE)


class NoticeQuestion(ListQuestion):
    kind = Choice(choices=Notice.Kind.choices, required=False)
    unread = serializers.BooleanField(required=False, default=False)


class NoticeAnswer(serializers.ModelSerializer[Notice]):
    """A kind and an opaque id, as a webhook has it."""

    subject = serializers.UUIDField(source="subject_id")
    team = serializers.UUIDField(source="team_id", allow_null=True)

    class Meta:
        model = Notice
        fields: ClassVar[list[str]] = ["id", "kind", "subject", "is_urgent", "team", "put_at", "read_at"]


class OpenedNotice(NoticeAnswer):
    """A notice that was opened; of a crisis it says which of the own agency's people is meant."""

    person = serializers.UUIDField(allow_null=True)

    class Meta(NoticeAnswer.Meta):
        fields: ClassVar[list[str]] = [*NoticeAnswer.Meta.fields, "person"]


class NoticePage(serializers.Serializer[Any]):
    results = NoticeAnswer(many=True)
    next = serializers.UUIDField(allow_null=True)


@extend_schema_field({"type": "string", "pattern": r"^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?$"})
class ClockTime(serializers.TimeField):
    """A time on the agency's clock: without an offset, so it is no `time` of RFC 3339."""


class Preference(ModelBody):
    """Everything of it is set anew; what is left out is switched off."""

    quiet_from = ClockTime(required=False, allow_null=True)
    quiet_to = ClockTime(required=False, allow_null=True)

    class Meta:
        model = NoticePreference
        fields: ClassVar[list[str]] = ["email", "kinds_off", "quiet_from", "quiet_to"]


class Notices(APIView):
    """Notices that the own member is meant by, newest first; those whose right has ended are left out."""

    permission_classes = (OnDuty,)
    scopes = _SCOPES

    @extend_schema(operation_id="list_notices", parameters=[NoticeQuestion], responses=NoticePage)
    def get(self, request: Request) -> Response:
        by, at = on_duty(request), timezone.now()
        asked = read(NoticeQuestion, request.query_params.dict()).validated_data
        rows = for_member(by)
        if "kind" in asked:
            rows = rows.filter(kind=asked["kind"])
        if asked["unread"]:
            rows = rows.filter(read_at=None)
        page, following = next_page(rows, asked)
        may = tellable(by, page, at)
        told = [notice for notice in page if notice.pk in may]
        note_reading(by=by, rows=told, channel=API, at=at, category=_CATEGORY)
        return Response({"results": NoticeAnswer(told, many=True).data, "next": following})


class OneNotice(APIView):
    """One notice, opened: the right to what it is about is asked now."""

    permission_classes = (OnDuty,)
    scopes = _SCOPES

    @extend_schema(operation_id="read_notice", responses=OpenedNotice)
    def get(self, request: Request, notice_id: UUID) -> Response:
        by, at = on_duty(request), timezone.now()
        notice = for_member(by).filter(pk=notice_id).first()
        person_id = None
        if notice is not None and notice.kind == Notice.Kind.CRISIS_CONTACT:
            alerts = crisis_alerts(by, [notice], API, at)  # ledgers what it tells
            person_id = alerts[0].person_id if alerts else None
            notice = notice if alerts else None
        elif notice is not None:
            notice = notice if may_be_told(by=by, notice=notice, at=at, channel=API) else None
            if notice is not None:
                note_reading(by=by, rows=[notice], channel=API, at=at, category=_CATEGORY)
        if notice is None:
            raise refuse_reading(by=by, channel=API, at=at, searched=str(notice_id), category=_CATEGORY)
        notice.person = person_id  # type: ignore[attr-defined]  # told once, kept nowhere
        return Response(OpenedNotice(notice).data)


class Acknowledgement(APIView):
    """Acknowledge a notice for everybody it went to; again changes nothing."""

    permission_classes = (OnDuty,)
    scopes = _SCOPES

    @extend_schema(
        operation_id="acknowledge_notice", parameters=[IDEMPOTENCY_KEY], request=None, responses=NoticeAnswer
    )
    def post(self, request: Request, notice_id: UUID) -> HttpResponse:
        by, at = on_duty(request), timezone.now()

        def act() -> Answer:
            notice = for_member(by).filter(pk=notice_id).first()
            if notice is None or not tellable(by, [notice], at):
                raise NotFound("not_found", "There is no such record.")
            read_notice = mark_read(by=by, notice_id=notice_id, at=at)
            return Answer(status.HTTP_200_OK, rendered(NoticeAnswer(read_notice).data))

        with absences_noted(by, at, notice_id, _CATEGORY):
            return answer_once(request, by=by, said="", at=at, act=act)


class OwnPreference(APIView):
    """How the member on this duty wants to be told; nothing about anybody else."""

    permission_classes = (OnDuty,)
    scopes = _SCOPES

    @extend_schema(operation_id="read_notice_preference", responses=OpenApiResponse(Preference))
    def get(self, request: Request) -> Response:
        wish = NoticePreference.objects.filter(membership=on_duty(request)).first()
        return Response(Preference(wish or NoticePreference()).data)

    @extend_schema(operation_id="set_notice_preference", request=Preference, responses=Preference)
    def put(self, request: Request) -> Response:
        wish = set_preference(by=on_duty(request), **read(Preference, request.data).validated_data)
        return Response(Preference(wish).data)


urlpatterns = [
    path("notices/", Notices.as_view(), name="notices"),
    path("notices/<uuid:notice_id>/", OneNotice.as_view(), name="notice"),
    path("notices/<uuid:notice_id>/acknowledge/", Acknowledgement.as_view(), name="acknowledge_notice"),
    path("notice-preference/", OwnPreference.as_view(), name="notice_preference"),
]
