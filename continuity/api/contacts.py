"""Contacts of the own agency: recorded whole or as a draft, read, finalised, claimed, triaged, amended (5.4, 5.6)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.urls import path
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from continuity.agencies.models import Membership
from continuity.agencies.permissions import OnDuty
from continuity.agencies.scopes import Scope, Scopes
from continuity.agencies.services import on_duty
from continuity.api import contact_shapes as shapes
from continuity.api.bodies import Nothing, StatedReason, read
from continuity.api.nouns import Noun, detail_of, list_of, making, narrowed, view
from continuity.api.verbs import Verb, doing, verb_paths
from continuity.crisis import amendments, services, triages
from continuity.crisis.models import ClinicalNarrative, ContactAmendment, CrisisContact, SudSegment, Triage
from continuity.crisis.triage import Call
from continuity.disclosures import corrections, own_work

_CLINICAL = {"narrative": "D3", "sud_text": "D4"}
_OF_CONTACTS = Scopes(Scope.CONTACTS_READ, Scope.CONTACTS_WRITE)


def _contacts(by: Membership, at: datetime) -> QuerySet[CrisisContact]:
    rows = own_work.readable_contacts(by, at) | own_work.readable_drafts(by, at)
    return rows.select_related("custodian")


def _asked_for(rows: QuerySet[Any], asked: dict[str, Any], at: datetime) -> QuerySet[Any]:
    rows = narrowed("person", "episode", "record_status")(rows, asked, at)
    if "since" in asked:
        rows = rows.filter(occurred_at__gte=asked["since"])
    return rows.filter(occurred_at__lt=asked["until"]) if "until" in asked else rows


def _narratives(by: Membership, at: datetime) -> QuerySet[ClinicalNarrative]:
    return own_work.readable_narratives(by, at).select_related("contact")


def _segments(by: Membership, at: datetime) -> QuerySet[SudSegment]:
    return own_work.readable_sud_segments(by, at).select_related("contact")


def _triages(by: Membership, at: datetime) -> QuerySet[Triage]:
    return own_work.readable_triages(by, at).select_related("contact")


def _amendments(by: Membership, at: datetime) -> QuerySet[ContactAmendment]:
    return own_work.readable_amendments(by, at).select_related("contact")


def _gravest(rows: Any, by: Membership) -> str:
    return max(_CLINICAL.get(row.field, "D2") for row in rows)


def _of_contact(row: Any) -> UUID | None:
    person: UUID | None = row.contact.person_id
    return person


CONTACT = Noun(
    name="contact",
    path="contacts",
    rows=_contacts,
    answer=shapes.WholeContact,
    line=shapes.ContactAnswer,
    category="D2",
    question=shapes.ContactQuestion,
    asked=_asked_for,
    receipt=shapes.ContactReceipt,
    scopes=_OF_CONTACTS,
)
NARRATIVE = Noun(
    "narrative", "narrative", _narratives, shapes.NarrativeAnswer, "D3", person=_of_contact, above=CONTACT,
    scopes=Scopes(get=Scope.NARRATIVES_READ),
)  # fmt: skip
SUD_SEGMENT = Noun(
    "sud_segment", "sud-segment", _segments, shapes.SegmentAnswer, "D4", person=_of_contact, above=CONTACT,
    scopes=Scopes(get=Scope.SUD_SEGMENTS_READ),
)  # fmt: skip
TRIAGE = Noun(
    name="triage",
    path="triages",
    rows=_triages,
    answer=shapes.TriageAnswer,
    category="D2",
    receipt=shapes.TriageReceipt,
    scopes=_OF_CONTACTS,
    has_address=False,
    person=_of_contact,
)
AMENDMENT = Noun(
    name="amendment",
    path="amendments",
    rows=_amendments,
    answer=shapes.AmendmentAnswer,
    category="D2",
    gravest=_gravest,
    question=shapes.AmendmentQuestion,
    asked=narrowed("status"),
    person=_of_contact,
    scopes=Scopes(Scope.AMENDMENTS_READ, Scope.AMENDMENTS_WRITE),
)


def record_contact(*, by: Membership, at: datetime, finalise: bool, **content: Any) -> CrisisContact:
    """Record a contact of the own agency: a draft with gaps, or the whole of it, final in the same moment."""
    draft = services.start_draft(by=by, at=at, **content)
    return services.finalise_contact(by=by, contact_id=draft.pk, at=at) if finalise else draft


class TriageSuggestion(APIView):
    """What the own agency's table suggests for such a call: nothing of a person is asked or told."""

    permission_classes = (OnDuty,)
    scopes = Scopes(get=Scope.CONTACTS_READ)

    @extend_schema(
        operation_id="suggest_triage", parameters=[shapes.CallQuestion], responses=shapes.Suggestion
    )
    def get(self, request: Request) -> Response:
        asked = read(shapes.CallQuestion, request.query_params.dict()).validated_data
        suggestion = triages.suggestion_for(by=on_duty(request), call=Call(**asked), at=timezone.now())
        return Response(shapes.Suggestion(suggestion).data)


CONTACT_VERBS = (
    Verb("finalise", Nothing, services.finalise_contact),
    Verb("cancel", StatedReason, services.cancel_contact),
    Verb("claim", shapes.Claim, services.claim_contact),
    Verb("mark-error", StatedReason, corrections.mark_contact_error),
    Verb("correct", shapes.Correction, corrections.correct_contact, makes=AMENDMENT),
)
AMENDMENT_VERBS = (
    Verb("take-up", Nothing, amendments.take_up_amendment),
    Verb("extend", shapes.LongReason, amendments.extend_amendment),
    Verb("accept", shapes.Acceptance, amendments.accept_amendment),
    Verb("deny", shapes.Denial, amendments.deny_amendment),
    Verb("apply", Nothing, corrections.apply_amendment),
    Verb("mark-notified", Nothing, amendments.mark_notified),
    Verb("file-disagreement", shapes.Disagreement, amendments.file_disagreement),
    Verb("rebut", shapes.Rebuttal, amendments.rebut_amendment),
    Verb("close", Nothing, amendments.close_amendment),
)
_ONE = "contacts/<uuid:contact_id>/"
urlpatterns = [
    path(
        "contacts/",
        view(
            "Contacts of the own agency, newest first.",
            get=list_of(CONTACT),
            post=making(CONTACT, "record_contact", shapes.NewContact, record_contact),
        ),
        name="contacts",
    ),
    path(
        _ONE,
        view(
            "One contact of the own agency.",
            get=detail_of(CONTACT),
            patch=doing(CONTACT, Verb("save", shapes.ContactContent, services.save_draft)),
        ),
        name="contact",
    ),
    *verb_paths(CONTACT, CONTACT_VERBS),
    path(
        f"{_ONE}narrative/",
        view("The clinical narrative of a contact (D3).", get=detail_of(NARRATIVE)),
        name="narrative",
    ),
    path(
        f"{_ONE}sud-segment/",
        view("The substance-use segment of a contact (D4).", get=detail_of(SUD_SEGMENT)),
        name="sud_segment",
    ),
    path(
        f"{_ONE}triages/",
        view(
            "Who was to answer the call of a contact, newest first.",
            get=list_of(TRIAGE, below=CONTACT),
            post=making(TRIAGE, "record_triage", shapes.TriageShape, triages.record_triage, below=CONTACT),
        ),
        name="triages",
    ),
    path("triage-suggestion/", TriageSuggestion.as_view(), name="triage_suggestion"),
    path(
        f"{_ONE}amendments/",
        view(
            "Amendments of a contact, newest first.",
            get=list_of(AMENDMENT, below=CONTACT),
            post=making(
                AMENDMENT,
                "request_amendment",
                shapes.AmendmentRequest,
                amendments.request_amendment,
                below=CONTACT,
            ),
        ),
        name="amendments_of_contact",
    ),
    path(
        "amendments/",
        view("Amendments of the own agency's contacts, newest first.", get=list_of(AMENDMENT)),
        name="amendments",
    ),
    path(
        "amendments/<uuid:amendment_id>/", view("One amendment.", get=detail_of(AMENDMENT)), name="amendment"
    ),
    *verb_paths(AMENDMENT, AMENDMENT_VERBS),
]
