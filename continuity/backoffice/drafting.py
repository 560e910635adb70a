"""Pages that write a consent: its draft and its signature."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from continuity.agencies.models import Membership
from continuity.backoffice.consent_forms import DraftForm, SignatureForm
from continuity.backoffice.consent_pages import read_consent
from continuity.backoffice.desk_forms import DeskForm, typed
from continuity.backoffice.page import ADMIN, render_form
from continuity.backoffice.sheet import names_of
from continuity.consents.services import draft_consent, record_signature, redraft_consent
from continuity.disclosures.own_records import person_of
from continuity.disclosures.readings import note_reading, refuse_reading
from continuity.people.models import Person

_STATED = (
    "states_right_to_revoke",
    "states_reliance_exception",
    "states_no_conditioning",
    "states_redisclosure_risk",
)


@require_http_methods(["GET", "POST"])
def draft(request: HttpRequest, duty: Membership, person_id: UUID) -> HttpResponse:
    """Begin a consent for a person of the own agency."""
    at = timezone.now()
    person = person_of(duty, person_id, at)
    if person is None:
        raise refuse_reading(by=duty, channel=ADMIN, at=at, searched=str(person_id))
    note_reading(by=duty, rows=[person], channel=ADMIN, at=at, person_id=person.pk)
    form = DraftForm(typed(request), duty=duty, initial=_usual(duty, person, at))
    if form.is_bound and not form.refused(lambda said: draft_consent(by=duty, person=person, at=at, **said)):
        messages.success(request, "The draft is kept.")
        return redirect("admin:consent", form.made.pk)
    name = names_of([person.pk], duty.agency_id).get(person.pk, "this person")
    return _show(request, form, name, "New consent", reverse("admin:person", args=[person.pk]))


@require_http_methods(["GET", "POST"])
def redraft(request: HttpRequest, duty: Membership, consent_id: UUID) -> HttpResponse:
    """Write a draft anew."""
    found = read_consent(duty, consent_id, timezone.now())
    back, version = reverse("admin:consent", args=[found.pk]), _version(request)
    form = DraftForm(typed(request), duty=duty, initial=DraftForm.typed(found))
    if form.is_bound and not form.refused(
        lambda said: redraft_consent(by=duty, consent_id=consent_id, version=version, **said)
    ):
        messages.success(request, "The draft is kept.")
        return redirect(back)
    name = names_of([found.person_id], duty.agency_id).get(found.person_id, "this person")
    return _show(request, form, name, f"Draft {found.number}", back, version=version or found.version)


@require_http_methods(["GET", "POST"])
def sign(request: HttpRequest, duty: Membership, consent_id: UUID) -> HttpResponse:
    """Write down the signature on a proposed form."""
    at = timezone.now()
    found = read_consent(duty, consent_id, at)
    back = reverse("admin:consent", args=[found.pk])
    name = names_of([found.person_id], duty.agency_id).get(found.person_id, "")
    usual = {
        "signer_name": found.signer_name or name,
        "signed_at": timezone.localtime(found.signed_at or at),
        "copy_given_at": timezone.localtime(at),
        "version": found.version,
    }
    form = SignatureForm(typed(request), initial=usual)
    if form.is_bound and not form.refused(
        lambda said: record_signature(by=duty, consent_id=consent_id, **said)
    ):
        messages.success(request, "The signature is written down. Attach the signed form.")
        return redirect(back)
    return _show(request, form, name or "this person", f"Signature on {found.number}", back)


def _usual(duty: Membership, person: Person, at: datetime) -> dict[str, Any]:
    """What most forms say; the person's own words are for the desk to type."""
    return {
        "instrument": "hipaa_authorization",
        "disclosing_agencies": [duty.agency_id],
        "statements": list(_STATED),
        "revocation_method": f"In writing to {duty.agency.name}, or by word to any member of its staff.",
        "form_language": "es" if person.language.startswith("es") else "en",
        "record_window": "past_contacts",
        "purposes": ["le_crisis_response"],
    }


def _show(
    request: HttpRequest, form: DeskForm, person: str, title: str, back: str, version: int | None = None
) -> HttpResponse:
    return render_form(request, form, title=title, whom=person, button="Keep", back=back, version=version)


def _version(request: HttpRequest) -> int | None:
    text = request.POST.get("version", "")
    return int(text) if text.isdecimal() else None
