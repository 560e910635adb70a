"""Team links, linkages, follow-ups and attempts: read, promised, answered and closed by their sides (5.8 to 5.10)."""

from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, F, QuerySet
from django.http import HttpResponse
from django.urls import path
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from continuity.agencies.models import Agency, Membership
from continuity.agencies.permissions import OnDuty
from continuity.agencies.scopes import Scope, Scopes
from continuity.agencies.services import on_duty
from continuity.api import care_shapes as shapes
from continuity.api.bodies import Nothing, StatedReason, read
from continuity.api.contacts import CONTACT
from continuity.api.idempotency import IDEMPOTENCY_KEY, Answer, answer_once, spelt
from continuity.api.nouns import (
    API,
    Noun,
    Receipt,
    absences_noted,
    detail_of,
    list_of,
    making,
    narrowed,
    rendered,
    view,
)
from continuity.api.verbs import Verb, verb_paths
from continuity.disclosures import own_work
from continuity.disclosures.readings import note_reading
from continuity.people.models import Person
from continuity.treatment import follow_ups, linkages, links
from continuity.treatment.models import FollowUp, FollowUpAttempt, Linkage, TreatmentTeamLink


def _links(by: Membership, at: datetime) -> QuerySet[TreatmentTeamLink]:
    return own_work.readable_team_links(by, at).select_related("custodian", "provider")


def _linkages(by: Membership, at: datetime) -> QuerySet[Linkage]:
    return own_work.readable_linkages(by, at).select_related("custodian", "recipient")


def _follow_ups(by: Membership, at: datetime) -> QuerySet[FollowUp]:
    rows = own_work.readable_follow_ups(by, at).select_related("custodian")
    return rows.annotate(attempts_made=F("imported_attempts") + Count("attempts", distinct=True))


def _attempts(by: Membership, at: datetime) -> QuerySet[FollowUpAttempt]:
    return own_work.readable_attempts(by, at).select_related("follow_up")


def _asked_of_linkages(rows: QuerySet[Any], asked: dict[str, Any], at: datetime) -> QuerySet[Any]:
    for side in ("custodian", "recipient"):
        if side in asked:
            rows = rows.filter(**{f"{side}__code": asked[side]})
    return _open(narrowed("person", "contact", "status")(rows, asked, at), asked)


def _asked_of_follow_ups(rows: QuerySet[Any], asked: dict[str, Any], at: datetime) -> QuerySet[Any]:
    rows = narrowed("person", "contact", "status", "team", "assigned_to")(rows, asked, at)
    if "due_before" in asked:
        rows = rows.filter(due_at__lt=asked["due_before"])
    return _open(rows, asked)


def _open(rows: QuerySet[Any], asked: dict[str, Any]) -> QuerySet[Any]:
    return rows if asked["open"] is None else rows.filter(closed_at__isnull=asked["open"])


def _of_notes(rows: Any, by: Membership) -> str:
    """Notes are clinical (D3): who reads them has read that."""
    return "D3" if own_work.may_read_clinical_text(by, "D3") else "D6"


def _of_follow_up(attempt: Any) -> UUID | None:
    person: UUID = attempt.follow_up.person_id
    return person


TEAM_LINK = Noun(
    name="team_link",
    path="team-links",
    rows=_links,
    answer=shapes.TeamLinkAnswer,
    line=shapes.TeamLinkLine,
    category="D5",
    question=shapes.TeamLinkQuestion,
    asked=narrowed("person", "status"),
    argument="link_id",
    scopes=Scopes(Scope.TEAM_LINKS_READ, Scope.TEAM_LINKS_WRITE),
)
LINKAGE = Noun(
    name="linkage",
    path="linkages",
    rows=_linkages,
    answer=shapes.WholeLinkage,
    line=shapes.LinkageLine,
    category="D6",
    gravest=_of_notes,
    question=shapes.LinkageQuestion,
    asked=_asked_of_linkages,
    receipt=shapes.LinkageReceipt,
    scopes=Scopes(Scope.LINKAGES_READ, Scope.LINKAGES_WRITE),
)
FOLLOW_UP = Noun(
    name="follow_up",
    path="follow-ups",
    rows=_follow_ups,
    answer=shapes.FollowUpAnswer,
    category="D6",
    question=shapes.FollowUpQuestion,
    asked=_asked_of_follow_ups,
    scopes=Scopes(Scope.FOLLOW_UPS_READ, Scope.FOLLOW_UPS_WRITE),
)
ATTEMPT = Noun(
    name="attempt",
    path="attempts",
    rows=_attempts,
    answer=shapes.AttemptAnswer,
    category="D6",
    gravest=_of_notes,
    receipt=shapes.AttemptReceipt,
    has_address=False,
    person=_of_follow_up,
    scopes=Scopes(Scope.FOLLOW_UPS_READ, Scope.FOLLOW_UPS_WRITE),
)


def state_team_link(
    *, by: Membership, person: Person, provider: Agency, at: datetime, **fields: Any
) -> TreatmentTeamLink:
    """Say which team treats the person: confirmed where it is the own one, else proposed to its agency."""
    if provider == by.agency:
        return links.confirm_team_link(by=by, person=person, at=at, **{"duty_line": ""} | fields)
    return links.propose_team_link(by=by, person=person, provider=provider, at=at, **fields)


class Proposals(APIView):
    """What the disposition of a contact promises under the custodian's rules."""

    permission_classes = (OnDuty,)
    scopes = Scopes(get=Scope.FOLLOW_UPS_READ)

    @extend_schema(operation_id="propose_follow_ups", responses=shapes.ProposalAnswer(many=True))
    def get(self, request: Request, contact_id: UUID) -> Response:
        by, at = on_duty(request), timezone.now()
        with absences_noted(by, at, contact_id, CONTACT.category):
            contact = CONTACT.get(by, at, pk=contact_id)
        proposed = follow_ups.propose_follow_ups(contact=contact, at=at)
        note_reading(by=by, rows=[contact], channel=API, at=at, category="D2", person_id=contact.person_id)
        return Response([shapes.ProposalAnswer(asdict(one)).data for one in proposed])


class Promises(APIView):
    """Promise what the disposition of a contact proposes."""

    permission_classes = (OnDuty,)
    scopes = Scopes(post=Scope.FOLLOW_UPS_WRITE)

    @extend_schema(
        operation_id="promise_proposed_follow_ups",
        parameters=[IDEMPOTENCY_KEY],
        request=shapes.Assignment,
        responses={201: Receipt(many=True)},
    )
    def post(self, request: Request, contact_id: UUID) -> HttpResponse:
        by, at = on_duty(request), timezone.now()
        body = read(shapes.Assignment, request.data)

        def act() -> Answer:
            CONTACT.get(by, at, pk=contact_id)
            made = follow_ups.promise_proposed(by=by, contact_id=contact_id, at=at, **body.arguments(by, at))
            return Answer(status.HTTP_201_CREATED, rendered(Receipt(made, many=True).data))

        with absences_noted(by, at, contact_id, CONTACT.category):
            return answer_once(request, by=by, said=spelt(request.data), at=at, act=act)


LINK_VERBS = (
    Verb("accept", shapes.Line, links.accept_team_link),
    Verb("decline", StatedReason, links.decline_team_link),
    Verb("verify", shapes.Line, links.verify_team_link),
    Verb("suspend", StatedReason, links.suspend_team_link),
    Verb("resume", shapes.MaybeReason, links.resume_team_link),
    Verb("end", StatedReason, links.end_team_link),
    Verb("set-crisis-notice", shapes.CrisisNotice, links.set_crisis_notice),
    Verb("mark-error", StatedReason, links.mark_link_error),
)
LINKAGE_VERBS = (
    Verb("send", Nothing, linkages.send_linkage),
    Verb("answer", shapes.OwnedAnswer, linkages.answer_linkage),
    Verb("answer-outside", shapes.LinkageAnswer, linkages.answer_outside),
    Verb("no-show", shapes.MaybeReason, linkages.note_no_show),
    Verb("reschedule", shapes.NewAppointment, linkages.reschedule_linkage),
    Verb("cancel", shapes.Withdrawal, linkages.cancel_linkage),
    Verb("reopen", Nothing, linkages.reopen_linkage, makes=LINKAGE),
    Verb("mark-error", StatedReason, linkages.mark_linkage_error),
)
FOLLOW_UP_VERBS = (
    Verb("assign", shapes.Assignment, follow_ups.assign_follow_up),
    Verb("close", shapes.Unreached, follow_ups.close_unreached),
    Verb("cancel", shapes.Withdrawal, follow_ups.cancel_follow_up),
    Verb("discharge", shapes.Discharge, follow_ups.note_discharge),
    Verb("mark-error", StatedReason, follow_ups.mark_follow_up_error),
)
urlpatterns = [
    path(
        "team-links/",
        view(
            "Team links that the own agency recorded or provides, newest first.",
            get=list_of(TEAM_LINK),
            post=making(TEAM_LINK, "state_team_link", shapes.NewTeamLink, state_team_link),
        ),
        name="team_links",
    ),
    path("team-links/<uuid:link_id>/", view("One team link.", get=detail_of(TEAM_LINK)), name="team_link"),
    *verb_paths(TEAM_LINK, LINK_VERBS),
    path(
        "linkages/",
        view(
            "Linkages that the own agency asked for or received, newest first.",
            get=list_of(LINKAGE),
            post=making(LINKAGE, "record_linkage", shapes.LinkageRequest, linkages.record_linkage),
        ),
        name="linkages",
    ),
    path("linkages/<uuid:linkage_id>/", view("One linkage.", get=detail_of(LINKAGE)), name="linkage"),
    *verb_paths(LINKAGE, LINKAGE_VERBS),
    path(
        "follow-ups/",
        view(
            "Follow-ups that the own agency owes, newest first.",
            get=list_of(FOLLOW_UP),
            post=making(FOLLOW_UP, "promise_follow_up", shapes.NewFollowUp, follow_ups.promise_follow_up),
        ),
        name="follow_ups",
    ),
    path(
        "follow-ups/<uuid:follow_up_id>/",
        view("One follow-up.", get=detail_of(FOLLOW_UP)),
        name="follow_up",
    ),
    *verb_paths(FOLLOW_UP, FOLLOW_UP_VERBS),
    path(
        "follow-ups/<uuid:follow_up_id>/attempts/",
        view(
            "Tries to reach the person, newest first.",
            get=list_of(ATTEMPT, below=FOLLOW_UP),
            post=making(
                ATTEMPT, "record_attempt", shapes.Attempt, follow_ups.record_attempt, below=FOLLOW_UP
            ),
        ),
        name="attempts",
    ),
    path("contacts/<uuid:contact_id>/follow-up-proposals/", Proposals.as_view(), name="follow_up_proposals"),
    path("contacts/<uuid:contact_id>/follow-ups/", Promises.as_view(), name="follow_ups_of_contact"),
]
