"""Pages about a person at the privacy desk: consents, offers, who received what, and what others would see."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from continuity.agencies.models import Membership
from continuity.agencies.roles import Duty
from continuity.backoffice.consent_forms import FindForm, OfferForm, PreviewForm
from continuity.backoffice.desk_forms import typed
from continuity.backoffice.moves import Move, Verb, press, status_of
from continuity.backoffice.page import ADMIN, PAGE, render_page
from continuity.backoffice.sheet import lines, names_of
from continuity.backoffice.words import CATEGORIES, PURPOSES, listed
from continuity.consents.offers import record_offer
from continuity.disclosures.own_records import (
    Preview,
    disclosed_to_others,
    person_of,
    preview,
    readable_consents,
    readable_offers,
    readable_people,
)
from continuity.disclosures.readings import note_reading, refuse_reading
from continuity.people.models import Person
from continuity.people.services import identify

OFFER = Verb(
    "Write down an offer",
    "",
    lambda by, person, at, said: record_offer(by=by, person=person, at=at, **said),
    "The offer is written down.",
    OfferForm,
    button="Write it down",
)


@require_http_methods(["GET", "POST"])
def find(request: HttpRequest, duty: Membership) -> HttpResponse:
    """Find a person of the own agency; unknown, ambiguous and another agency's are one answer (P-3)."""
    form, missed = FindForm(typed(request)), False
    if form.is_valid():
        at = timezone.now()
        identified = identify(**form.cleaned_data)
        known = readable_people(duty, at).filter(person=identified.person_id or UUID(int=0)).exists()
        searched = "|".join(map(str, form.cleaned_data.values())).casefold()
        if known and identified.person_id:
            return redirect("admin:person", identified.person_id)
        note_reading(by=duty, rows=[], channel=ADMIN, at=at, searched=searched)
        missed = True
    context = {"title": "Find a person", "form": form, "missed": missed}
    return render_page(request, "find.html", context, 400 if form.errors else 200)


@require_http_methods(["GET"])
def person(request: HttpRequest, duty: Membership, person_id: UUID) -> HttpResponse:
    """All consents and offers of one person, and who received what."""
    return _show(request, duty, person_id)


@require_POST
def offer(request: HttpRequest, duty: Membership, person_id: UUID) -> HttpResponse:
    """Write down that a consent was offered."""
    found = known_person(duty, person_id)
    if refused := press(request, _offer(person_id, request.POST), duty, found):
        return _show(request, duty, person_id, refused)
    return redirect("admin:person", person_id)


def _offer(person_id: UUID, typed: Any = None) -> Move:
    return Move(OFFER, OfferForm(typed), reverse("admin:offer", args=[person_id]))


@require_http_methods(["GET", "POST"])
def what_would_they_see(request: HttpRequest, duty: Membership, person_id: UUID) -> HttpResponse:
    """Ask the real gate what somebody elsewhere would get; categories and reasons, never content."""
    at = timezone.now()
    found = known_person(duty, person_id)
    form = PreviewForm(request.POST or None, duty=duty, now=at)
    if form.is_bound:
        form.refused(lambda said: preview(by=duty, person_id=found.pk, channel=ADMIN, at=at, **said))
    answer: Preview | None = form.made
    context = {
        "title": "What would they see?",
        "person": names_of([found.pk], duty.agency_id).get(found.pk, "this person"),
        "person_id": found.pk,
        "form": form,
        "answer": answer,
        "rows": _rows(answer) if answer else [],
        "role": answer.role.replace("_", " ") if answer else "",
    }
    return render_page(request, "preview.html", context, form.status)


@require_http_methods(["GET"])
def offers_due(request: HttpRequest, duty: Membership) -> HttpResponse:
    """People to whom a consent should be offered again."""
    at = timezone.now()
    due = list(readable_offers(duty, at).due(at).order_by("offer_again_at")[:PAGE])
    note_reading(by=duty, rows=due, channel=ADMIN, at=at)
    names = names_of((one.person_id for one in due), duty.agency_id)
    offers = [
        {
            "person_id": one.person_id,
            "person": names.get(one.person_id, "name not known"),
            "at": one.offered_at,
            "outcome": one.get_outcome_display(),
            "again_at": one.offer_again_at,
        }
        for one in due
    ]
    return render_page(request, "offers_due.html", {"title": "To be offered again", "offers": offers})


def _rows(answer: Preview) -> list[dict[str, Any]]:
    """One row per category, with every reason for which it opens."""
    rows: dict[str, dict[str, Any]] = {}
    for line in answer.lines:
        row = rows.setdefault(
            line.category, {"name": CATEGORIES[line.category], "opens": line.opens, "reasons": [], "form": ""}
        )
        row["form"] = "" if line.form in ("", "full") else line.form.replace("_", " ")
        row["reasons"].append(line)
    return list(rows.values())


def known_person(duty: Membership, person_id: UUID) -> Person:
    """A person of the own agency. Raises NotFound, which is ledgered."""
    at = timezone.now()
    found = person_of(duty, person_id, at)
    if found is None:
        raise refuse_reading(by=duty, channel=ADMIN, at=at, searched=str(person_id))
    return found


def _show(
    request: HttpRequest, duty: Membership, person_id: UUID, refused: Move | None = None
) -> HttpResponse:
    at = timezone.now()
    found = known_person(duty, person_id)
    if found.pk != person_id:
        return redirect("admin:person", found.pk)
    consents = list(
        readable_consents(duty, at)
        .filter(person=found)
        .select_related("custodian")
        .prefetch_related("recipients__agency", "recipients__member")
        .order_by("-pk")[:PAGE]
    )
    offers = list(
        readable_offers(duty, at)
        .filter(person=found)
        .select_related("offered_by")
        .order_by("-offered_at")[:PAGE]
    )
    note_reading(by=duty, rows=[found, *consents, *offers], channel=ADMIN, at=at, person_id=found.pk)
    received = [
        {
            "at": row.at,
            "agency": row.agency,
            "told": listed([CATEGORIES[one] for one in sorted(row.categories)]),
            "purpose": PURPOSES.get(row.purpose, row.purpose),
        }
        for row in disclosed_to_others(duty, found.pk)
    ]
    context = {
        "title": names_of([found.pk], duty.agency_id).get(found.pk, "Person"),
        "person": found.pk,
        "born": found.birth_date,
        "language": found.language,
        "needs_interpreter": found.interpreter_needed,
        "confidentiality": found.get_confidentiality_display(),
        "is_restricted": found.confidentiality != Person.Confidentiality.NORMAL,
        "lines": lines(consents, at),
        "offers": [
            {
                "at": one.offered_at,
                "outcome": one.get_outcome_display(),
                "context": one.get_context_display(),
                "by": one.offered_by.display_name,
                "again_at": one.offer_again_at,
            }
            for one in offers
        ],
        "received": received,
        "offer": refused or _offer(found.pk),
        "may_preview": duty.has_duty(Duty.MANAGE_CONSENT),
        "may_restrict": duty.has_duty(Duty.RESTRICT),
        "may_account": duty.has_duty(Duty.ACCOUNT_FOR),
        "died": found.deceased_date,
    }
    return render_page(request, "person.html", context, status_of(refused))
