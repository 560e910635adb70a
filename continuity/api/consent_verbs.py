"""The verbs of a consent as one table: address, body, service. Each is `POST consents/{id}/<verb>/` with If-Match."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.urls import URLPattern, path
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from continuity.agencies.models import Agency
from continuity.agencies.permissions import OnDuty
from continuity.agencies.services import on_duty
from continuity.api.bodies import Body, Nothing, read
from continuity.api.consent_answers import WholeConsent, whole
from continuity.api.consent_shapes import (
    Activation,
    ConsentContent,
    EventAnswer,
    Reason,
    RecipientRevocation,
    Signature,
)
from continuity.api.consents import find_consent, whole_consents
from continuity.api.etags import IF_MATCH, version_seen
from continuity.api.idempotency import IDEMPOTENCY_KEY, Answer, answer_once, spelt
from continuity.consents import endings, services


@dataclass(frozen=True)
class Verb:
    """`timed` services take the moment, the others have none to write down."""

    name: str
    shape: type[Body]
    service: Callable[..., object]
    timed: bool = True

    def arguments(self, body: Body, custodian: Agency) -> dict[str, Any]:
        if isinstance(body, ConsentContent):
            return body.arguments(custodian)
        return dict(body.validated_data)


VERBS = (
    Verb("redraft", ConsentContent, services.redraft_consent, timed=False),
    Verb("propose", Nothing, services.propose_consent),
    Verb("return", Nothing, services.return_to_draft, timed=False),
    Verb("sign", Signature, services.record_signature, timed=False),
    Verb("approve", Nothing, services.approve_as_clinician),
    Verb("activate", Activation, services.activate_consent),
    Verb("reject", Nothing, services.reject_consent, timed=False),
    Verb("suspend", Reason, endings.suspend_consent),
    Verb("lift", Reason, endings.lift_suspension),
    Verb("revoke", Reason, endings.revoke_consent),
    Verb("revoke-recipient", RecipientRevocation, endings.revoke_recipient),
    Verb("event", EventAnswer, endings.answer_about_event),
    Verb("invalidate", Reason, endings.invalidate_consent),
    Verb("mark-error", Reason, endings.mark_entered_in_error),
)


def verb_paths() -> list[URLPattern]:
    """One address for each verb."""
    return [
        path(f"consents/<uuid:consent_id>/{verb.name}/", _view_of(verb).as_view(), name=_operation(verb))
        for verb in VERBS
    ]


def _view_of(verb: Verb) -> type[APIView]:
    @extend_schema(
        operation_id=_operation(verb),
        description=(verb.service.__doc__ or "").splitlines()[0],
        parameters=[IF_MATCH, IDEMPOTENCY_KEY],
        request=verb.shape if verb.shape is not Nothing else None,
        responses=WholeConsent,
    )
    def post(self: APIView, request: Request, consent_id: UUID) -> HttpResponse:
        return _carry_out(verb, request, consent_id)

    return type(_operation(verb), (APIView,), {"permission_classes": (OnDuty,), "post": post})


def _carry_out(verb: Verb, request: Request, consent_id: UUID) -> HttpResponse:
    by, at = on_duty(request), timezone.now()
    find_consent(by, consent_id, at)
    version = version_seen(request, consent_id)
    arguments = verb.arguments(read(verb.shape, request.data), by.agency)
    if verb.timed:
        arguments["at"] = at

    def act() -> Answer:
        verb.service(by=by, consent_id=consent_id, version=version, **arguments)
        return whole(whole_consents(by, at).get(pk=consent_id), at)

    return answer_once(request, by=by, said=spelt(request.data), at=at, act=act)


def _operation(verb: Verb) -> str:
    return f"{verb.name.replace('-', '_')}_consent"
