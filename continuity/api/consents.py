"""Consents of the own agency: list, create, read; their documents, offers, and how a person's consents stand.

Every reading is in the ledger before its answer leaves; what is not there for a member is one and the same 404 (P-3).
"""

import hashlib
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Prefetch, QuerySet
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from continuity.agencies.models import Membership
from continuity.agencies.permissions import OnDuty
from continuity.agencies.scopes import Scope, Scopes
from continuity.agencies.services import on_duty
from continuity.api.bodies import read
from continuity.api.consent_answers import (
    ConsentAnswer,
    ConsentStatus,
    DocumentReceipt,
    OfferReceipt,
    WholeConsent,
    status_of,
)
from continuity.api.consent_shapes import ConsentDraft, ConsentQuestion, DocumentUpload, OfferShape
from continuity.api.idempotency import IDEMPOTENCY_KEY, Answer, answer_once, spelt
from continuity.api.nouns import API, Noun, absences_noted, detail_of, list_of, rendered
from continuity.consents.documents import LARGEST, attach_document
from continuity.consents.models import Consent, ConsentRecipient, SignedDocument
from continuity.consents.offers import record_offer
from continuity.consents.services import draft_consent
from continuity.consents.standing import Standing
from continuity.disclosures.own_records import (
    person_of,
    readable_consents,
    readable_documents,
)
from continuity.disclosures.readings import note_reading, refuse_reading
from continuity.people.models import Person

_ENDINGS = {
    SignedDocument.MediaType.PDF: "pdf",
    SignedDocument.MediaType.PNG: "png",
    SignedDocument.MediaType.JPEG: "jpg",
}


def whole_consents(by: Membership, at: datetime) -> QuerySet[Consent]:
    """The consents this member may read, with what an answer tells of them."""
    recipients = Prefetch("recipients", ConsentRecipient.objects.select_related("agency").order_by("pk"))
    rows = readable_consents(by, at).select_related("custodian", "person")
    return rows.prefetch_related("disclosing_agencies", recipients)


def _asked_for(rows: QuerySet[Consent], asked: dict[str, Any], at: datetime) -> QuerySet[Consent]:
    if "person" in asked:
        rows = rows.filter(person=asked["person"])
    if "standing" in asked:
        rows = rows.standing_as(Standing(asked["standing"]), at)  # type: ignore[attr-defined]  # our queryset
    return rows


CONSENT = Noun(
    name="consent",
    path="consents",
    rows=whole_consents,
    answer=WholeConsent,
    line=ConsentAnswer,
    category="D7",
    question=ConsentQuestion,
    asked=_asked_for,
    tells_whole=True,
    scopes=Scopes(Scope.CONSENTS_READ, Scope.CONSENTS_WRITE),
)


def find_person(by: Membership, person_id: UUID, at: datetime) -> Person:
    """A person of the own agency. Raises NotFound, after the refusal is in the ledger."""
    person = person_of(by, person_id, at)
    if person is None:
        raise refuse_reading(by=by, channel=API, at=at, searched=str(person_id))
    return person


class Consents(APIView):
    """The own agency's consents, newest first, and a new draft."""

    permission_classes = (OnDuty,)
    scopes = CONSENT.scopes
    get = list_of(CONSENT)

    @extend_schema(
        operation_id="draft_consent",
        parameters=[IDEMPOTENCY_KEY],
        request=ConsentDraft,
        responses={201: WholeConsent},
    )
    def post(self, request: Request) -> HttpResponse:
        by, at = on_duty(request), timezone.now()
        body = read(ConsentDraft, request.data)
        person = find_person(by, body.validated_data["person"], at)
        content = body.arguments(by, at)

        def act() -> Answer:
            return CONSENT.made(draft_consent(by=by, person=person, at=at, **content), by, at)

        return answer_once(request, by=by, said=spelt(request.data), at=at, act=act)


class OneConsent(APIView):
    """One consent of the own agency."""

    permission_classes = (OnDuty,)
    scopes = CONSENT.scopes
    get = detail_of(CONSENT)


class Documents(APIView):
    """Attach evidence to a consent: a signed form, an authority, a written revocation."""

    permission_classes = (OnDuty,)
    scopes = CONSENT.scopes
    parser_classes = (MultiPartParser,)

    @extend_schema(
        operation_id="attach_document",
        parameters=[IDEMPOTENCY_KEY],
        request={"multipart/form-data": DocumentUpload},
        responses={201: DocumentReceipt},
    )
    def post(self, request: Request, consent_id: UUID) -> HttpResponse:
        by, at = on_duty(request), timezone.now()
        with absences_noted(by, at, consent_id, CONSENT.category):
            CONSENT.get(by, at, pk=consent_id)
        asked = read(DocumentUpload, request.data).validated_data
        content = asked["file"].read(LARGEST + 1)  # one byte too many is enough to refuse it

        def act() -> Answer:
            document = attach_document(
                by=by, consent_id=consent_id, kind=asked["kind"], content=content, at=at
            )
            location = reverse("v1:document", args=[consent_id, document.pk])
            body = rendered(DocumentReceipt(document).data)
            return Answer(status.HTTP_201_CREATED, body, location=location)

        said = f"{asked['kind']} {hashlib.sha256(content).hexdigest()}"
        return answer_once(request, by=by, said=said, at=at, act=act)


class OneDocument(APIView):
    """The bytes of a document, as a file to keep; nothing in a browser runs them."""

    permission_classes = (OnDuty,)
    scopes = CONSENT.scopes

    @extend_schema(
        operation_id="open_document",
        responses={(200, media_type): OpenApiTypes.BINARY for media_type in SignedDocument.MediaType.values},
    )
    def get(self, request: Request, consent_id: UUID, document_id: UUID) -> HttpResponse:
        by, at = on_duty(request), timezone.now()
        rows = readable_documents(by, at).select_related("consent")
        document = rows.filter(pk=document_id, consent=consent_id).first()
        if document is None:
            raise refuse_reading(by=by, channel=API, at=at, searched=str(document_id))
        note_reading(by=by, rows=[document], channel=API, at=at, person_id=document.consent.person_id)
        name = f"{document.pk}.{_ENDINGS[SignedDocument.MediaType(document.media_type)]}"
        headers = {
            "Content-Disposition": f'attachment; filename="{name}"',
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'; sandbox",
        }
        return HttpResponse(bytes(document.content), content_type=document.media_type, headers=headers)


class Offers(APIView):
    """Write down that a consent was offered, and what came of it (P-9)."""

    permission_classes = (OnDuty,)
    scopes = CONSENT.scopes

    @extend_schema(
        operation_id="record_offer",
        parameters=[IDEMPOTENCY_KEY],
        request=OfferShape,
        responses={201: OfferReceipt},
    )
    def post(self, request: Request) -> HttpResponse:
        by, at = on_duty(request), timezone.now()
        offer = dict(read(OfferShape, request.data).validated_data)
        offer["person"] = find_person(by, offer["person"], at)

        def act() -> Answer:
            receipt = OfferReceipt(record_offer(by=by, at=at, **offer)).data
            return Answer(status.HTTP_201_CREATED, rendered(receipt))

        return answer_once(request, by=by, said=spelt(request.data), at=at, act=act)


class PersonConsentStatus(APIView):
    """How a person's consents with the own agency stand now."""

    permission_classes = (OnDuty,)
    scopes = CONSENT.scopes

    @extend_schema(operation_id="read_consent_status", responses=ConsentStatus)
    def get(self, request: Request, person_id: UUID) -> Response:
        by, at = on_duty(request), timezone.now()
        person = find_person(by, person_id, at)
        rows = readable_consents(by, at).filter(person=person).select_related("custodian").order_by("-id")
        consents = list(rows)
        note_reading(by=by, rows=consents, channel=API, at=at, person_id=person.pk)
        return Response(status_of(person.pk, consents, at))
