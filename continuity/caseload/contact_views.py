"""The pages on which a contact is written: new, and the draft, which saves itself while it is typed."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from continuity.agencies.models import Membership
from continuity.agencies.once import act_once, new_key
from continuity.agencies.roles import Duty
from continuity.caseload.contact_candidates import (
    REPORTED,
    Offered,
    ask,
    chosen,
    described_person,
    report_shown,
)
from continuity.caseload.contact_desk import Desk, find_draft, header
from continuity.caseload.contact_fields import label_of
from continuity.caseload.contact_form import usual_fields, values_of
from continuity.caseload.contact_known import Description, Known, described
from continuity.caseload.door import open_to
from continuity.crisis.models import CrisisContact
from continuity.crisis.services import cancel_contact, finalise_contact, start_draft
from continuity.disclosures.candidates import may_search
from continuity.disclosures.models import LedgerEntry
from continuity.disclosures.readings import note_reading
from continuity.errors import Conflict, Incomplete, Invalid


@require_http_methods(["GET", "POST"])
@open_to(Duty.RECORD_CONTACT)
def contact_new(request: HttpRequest, duty: Membership) -> HttpResponse:
    """Ask who it is about, or nobody, show what is known and who it may be, and start the draft."""
    at = timezone.now()
    who, known, offered = Description(), Known(), Offered()
    errors: Mapping[str, str] = {}
    if request.method == "POST":
        who = described(request.POST.dict())
        act, _, about = request.POST.get("act", "find").partition(":")
        errors = {} if act == "find" and who.is_worth_a_search and may_search(duty) else who.errors
        if act in ("anonymous", "known") or (act in ("person", "none") and not errors):
            return redirect(
                act_once(request, by=duty, at=at, act=lambda: _start(request, duty, who, (act, about), at))
            )
        if act == "not-them":
            report_shown(duty, about, at)
            messages.success(request, REPORTED)
            errors = {}
        elif not errors:
            known, offered = ask(request, duty, who, request.session.get("incident_ref", ""), at)
    context = {
        "who": who,
        "known": known,
        "offered": offered,
        "errors": errors,
        "once": new_key(),
        "seen_at": timezone.localtime(at),
    }
    return render(request, "caseload/contact_new.html", context, status=400 if errors else 200)


def _start(
    request: HttpRequest, duty: Membership, who: Description, pressed: tuple[str, str], at: datetime
) -> str:
    """The address of the new draft: about nobody, somebody described, or somebody of the own agency."""
    person, (act, about) = None, pressed
    if act == "known":
        person = chosen(duty, about, at)
    elif act in ("person", "none"):
        person = described_person(duty, who, request.POST, is_none_of=act == "none")
    continues = _id(request.POST.get("continues", ""))
    draft = start_draft(by=duty, at=at, person=person, continues=continues, **usual_fields(duty))
    return reverse("contact_draft", args=[draft.pk])


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


@require_http_methods(["GET", "POST"])
@open_to(Duty.RECORD_CONTACT, Duty.SUPERVISE)
def contact_draft(request: HttpRequest, duty: Membership, contact_id: UUID) -> HttpResponse:
    """The draft: shown on GET, saved on POST, and moved on by the button that was pressed."""
    at = timezone.now()
    draft = find_draft(duty, contact_id, at)
    if draft is None:
        return redirect("contact", contact_id)
    if draft.author_id != duty.pk:
        return _supervise(request, duty, draft, at)
    desk = Desk(request, duty, draft, at)
    if request.method == "GET":
        return desk.show(values_of(draft, duty, desk.triage))
    return desk.take()


def _supervise(request: HttpRequest, duty: Membership, draft: CrisisContact, at: datetime) -> HttpResponse:
    """Another's draft that waits too long: a supervisor makes it final or cancels it, and reads none of it (5.4)."""
    refused = error = ""
    if request.method == "POST":
        try:
            if request.POST.get("act") == "finish":
                finalise_contact(by=duty, contact_id=draft.pk, at=at)
                return redirect("contact", draft.pk)
            cancel_contact(by=duty, contact_id=draft.pk, reason=request.POST.get("reason", ""), at=at)
            return redirect("today")
        except Incomplete:
            refused = "It cannot become final while something is open."
        except Invalid as refusal:
            error = refusal.detail
        except Conflict as refusal:
            refused = refusal.detail
    note_reading(
        by=duty,
        rows=[draft],
        channel=LedgerEntry.Channel.PAGE,
        at=at,
        category="D2",
        person_id=draft.person_id,
    )
    context = {
        "contact": header(draft) | {"author": draft.author.member.display_name},
        "gaps": [label_of(name).lower() for name in draft.gaps()],
        "refused": refused,
        "error": error,
        "seen_at": timezone.localtime(at),
    }
    return render(
        request, "caseload/contact_overdue.html", context, status=409 if refused else 400 if error else 200
    )
