"""Where something begins: a linkage or follow-up from a contact, a caution, tip, plan or team link about a person."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from continuity.agencies.models import Membership
from continuity.agencies.once import new_key
from continuity.agencies.roles import Duty
from continuity.caseload import beginning_forms as forms
from continuity.caseload.detail import PAGE
from continuity.caseload.door import View, open_to
from continuity.caseload.moves import Move, Refused, press
from continuity.caseload.plan_page import PlanForm, content_of
from continuity.crisis import flags, plans, transfers
from continuity.crisis.models import CrisisContact
from continuity.disclosures.own_work import (
    known_people,
    names_of,
    readable_contacts,
    readable_drafts,
)
from continuity.disclosures.readings import note_reading, refuse_reading
from continuity.people.identity import verify_identity
from continuity.people.models import Person
from continuity.people.services import note_safe_ways, standing_for
from continuity.treatment import follow_ups, linkages, links


@dataclass(frozen=True)
class Beginning:
    """One kind of thing that may begin: its page, what it asks for, and where it leads."""

    title: str
    move: Move
    leads_to: str
    about: str  # person, contact, or call: a contact that may still be a draft, or none at all


def _person(by: Membership, person_id: UUID, at: datetime) -> Person:
    known = known_people(by, at).filter(person=standing_for(person_id)).select_related("person").first()
    if known is None:
        raise refuse_reading(by=by, channel=PAGE, at=at, searched=f"person {person_id}", category="D0")
    return known.person


def _contact(by: Membership, contact_id: UUID, at: datetime, *, or_draft: bool = False) -> CrisisContact:
    contact = readable_contacts(by, at).select_related("person").filter(pk=contact_id).first()
    if contact is None and or_draft:
        contact = readable_drafts(by, at).select_related("person").filter(pk=contact_id).first()
    if contact is None:
        raise refuse_reading(by=by, channel=PAGE, at=at, searched=f"contact {contact_id}", category="D2")
    return contact


def _linkage(by: Membership, contact_id: UUID, at: datetime, said: dict[str, Any]) -> object:
    return linkages.record_linkage(by=by, contact_id=contact_id, at=at, **said)


def _follow_up(by: Membership, contact_id: UUID, at: datetime, said: dict[str, Any]) -> object:
    given = {name: value for name, value in said.items() if value is not None}
    contact = _contact(by, contact_id, at)
    return follow_ups.promise_follow_up(by=by, contact=contact, at=at, **given)


def _flag(by: Membership, person_id: UUID, at: datetime, said: dict[str, Any]) -> object:
    return flags.propose_flag(by=by, person=_person(by, person_id, at), at=at, **said)


def _tip(by: Membership, person_id: UUID, at: datetime, said: dict[str, Any]) -> object:
    return flags.record_tip(by=by, person=_person(by, person_id, at), at=at, **said)


def _plan(by: Membership, person_id: UUID, at: datetime, said: dict[str, Any]) -> object:
    return plans.draft_plan(by=by, person=_person(by, person_id, at), at=at, **content_of(said))


def _team_link(by: Membership, person_id: UUID, at: datetime, said: dict[str, Any]) -> object:
    """The own agency states its team; another one is asked."""
    person, provider = _person(by, person_id, at), said.pop("provider")
    if provider == by.agency:
        return links.confirm_team_link(by=by, person=person, at=at, **said)
    return links.propose_team_link(by=by, person=person, provider=provider, at=at, **said)


def _safe_ways(by: Membership, person_id: UUID, at: datetime, said: dict[str, Any]) -> object:
    return note_safe_ways(by=by, person_id=person_id, **said)


def _identity(by: Membership, person_id: UUID, at: datetime, said: dict[str, Any]) -> object:
    person = _person(by, person_id, at)
    verify_identity(by=by, person_id=person.pk, at=at, **said)
    return person


def _transfer(by: Membership, contact_id: UUID | None, at: datetime, said: dict[str, Any]) -> object:
    told = {name: said.pop(name) for name in forms.SAID}
    recipient = said.pop("recipient")
    if contact_id is not None:
        _contact(by, contact_id, at, or_draft=True)
    transfer, _ = transfers.offer_transfer(
        by=by, at=at, contact_id=contact_id, to_agency=recipient, said=told, **said
    )
    return transfer


BEGINNINGS: dict[str, Beginning] = {
    "linkage_new": Beginning(
        "New linkage",
        Move("Send the linkage", "It goes to its recipient at once.", (Duty.RECORD_LINKAGE,), _linkage,
             forms.LinkageForm, "Sent. You are told when it is answered."),
        "linkage", "contact",
    ),
    "follow_up_new": Beginning(
        "Promise a follow-up",
        Move("Promise it", "It stands on Today until it is done.", (Duty.FOLLOW_UP,), _follow_up, forms.FollowUpForm,
             "Promised."),
        "follow_up", "contact",
    ),
    "flag_new": Beginning(
        "Propose a caution",
        Move("Propose it", "An observation, never a label. Somebody else approves it; it ends by itself.",
             (Duty.PROPOSE_FLAG,), _flag, forms.FlagForm, "Proposed: somebody else must approve it."),
        "flag", "person",
    ),
    "tip_new": Beginning(
        "Write down what helps",
        Move("Keep it", "It shows at once, above any caution, and ends by itself.", (Duty.PROPOSE_FLAG,), _tip,
             forms.TipForm, "Kept. It shows from now on."),
        "tip", "person",
    ),
    "plan_new": Beginning(
        "Begin a response plan",
        Move("Keep the draft", "Only you see it until you submit it.", (Duty.RECORD_LINKAGE,), _plan, PlanForm,
             "Kept."),
        "plan", "person",
    ),
    "team_link_new": Beginning(
        "Name the treatment team",
        Move("Keep it", "Another agency is asked to confirm it; your own is believed.", (Duty.MANAGE_TEAM_LINK,),
             _team_link, forms.TeamLinkForm, "Kept."),
        "team_link", "person",
    ),
    "safe_ways": Beginning(
        "How to reach the person safely",
        Move("Keep it", "As the person said it. Calls, texts and messages are held to it.", (Duty.FOLLOW_UP,),
             _safe_ways, forms.SafeWaysForm, "Kept."),
        "person", "person",
    ),
    "identity": Beginning(
        "Who this is",
        Move("Keep it", "Only if you made sure of it yourself. No number and no copy of a document is kept.",
             (Duty.RECORD_CONTACT, Duty.MATCH_PEOPLE), _identity, forms.IdentityForm, "Kept."),
        "person", "person",
    ),
    "transfer_new": Beginning(
        "Hand the call on",
        Move("Hand it on", "Stay on the line until they have the caller.", (Duty.HAND_OFF,), _transfer,
             forms.TransferForm, "Handed on. You are told when it is answered."),
        "transfer", "call",
    ),
}  # fmt: skip


def beginning_of(name: str) -> View:
    """The view of a beginning: GET asks, POST does it once and leads to what was made."""
    beginning = BEGINNINGS[name]

    @require_http_methods(["GET", "HEAD", "POST"])
    @open_to(*beginning.move.duties)
    def page(request: HttpRequest, duty: Membership, subject_id: UUID | None = None) -> HttpResponse:
        at = timezone.now()
        refused = None
        if request.method == "POST":
            outcome = press(
                request, duty, subject_id, {"begin": beginning.move}, at,
                lambda row: reverse(beginning.leads_to, args=[row.pk]),
            )  # fmt: skip
            if isinstance(outcome, str):
                return redirect(outcome)
            refused = outcome
        return _ask(request, duty, name, subject_id, at, refused)

    return page


def _ask(
    request: HttpRequest,
    duty: Membership,
    name: str,
    subject_id: UUID | None,
    at: datetime,
    refused: Refused | None,
) -> HttpResponse:
    beginning = BEGINNINGS[name]
    subject: Any = None
    if subject_id is not None:
        if beginning.about == "person":
            subject = _person(duty, subject_id, at)
        else:
            subject = _contact(duty, subject_id, at, or_draft=beginning.about == "call")
    person = subject if beginning.about == "person" else getattr(subject, "person", None)
    if subject is not None:
        category = "D0" if beginning.about == "person" else "D2"
        note_reading(
            by=duty, rows=[subject], channel=PAGE, at=at, category=category,
            person_id=person.pk if person else None,
        )  # fmt: skip
    form = refused.form if refused else beginning.move.form(duty=duty, auto_id="begin-%s")
    context = {
        "title": beginning.title,
        "move": beginning.move,
        "form": form,
        "once": new_key(),
        "seen_at": at,
        "name": names_of(duty, [person.pk]).get(person.pk, "Name not known") if person else "",
        "back": _back(duty, beginning, person, subject_id, at),
        "is_refused": refused is not None,
    }
    return render(request, "caseload/begin.html", context, status=refused.status if refused else 200)


def _back(
    duty: Membership, beginning: Beginning, person: Person | None, subject_id: UUID | None, at: datetime
) -> str:
    if beginning.about == "person" and person is not None:
        return reverse("person", args=[person.pk])
    return reverse("contact", args=[subject_id]) if subject_id else reverse("today")
