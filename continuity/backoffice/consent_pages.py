"""Pages that read consents: the list, one consent, its form and its documents. Each reading is a row of the ledger."""

import re
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast, Right
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from continuity.agencies.models import Membership
from continuity.agencies.roles import Duty
from continuity.backoffice import pdf
from continuity.backoffice.consent_forms import AttachForm, RecipientForm
from continuity.backoffice.consent_verbs import ATTACH, VERBS
from continuity.backoffice.home import CONSENTS
from continuity.backoffice.moves import Move, lost, press, status_of, verb_of
from continuity.backoffice.page import ADMIN, download, first_page, id_in, render_page
from continuity.backoffice.sheet import Sheet, lines, sheet_of
from continuity.backoffice.words import BADGES
from continuity.consents.elements import Stage
from continuity.consents.models import Consent
from continuity.consents.services import elements_of, whats_lacking
from continuity.consents.standing import Standing
from continuity.disclosures.own_records import (
    readable_consents,
    readable_documents,
)
from continuity.disclosures.readings import note_reading, refuse_reading
from continuity.trail.models import AuditEntry

_NUMBER = re.compile(r"[0-9a-f]{12}")


@require_safe
def consents(request: HttpRequest, duty: Membership) -> HttpResponse:
    """Consents of the own agency, newest first, by badge or by queue; keyset paging, no totals."""
    at = timezone.now()
    standing, name = request.GET.get("standing", ""), request.GET.get("queue", "")
    sought = request.GET.get("number", "").strip()
    rows = _chosen(duty, standing, name, at)
    if sought:
        rows = rows.annotate(tail=Right(Cast("id", TextField()), 12)).filter(_means(sought))
    if after := id_in(request.GET.get("after", "")):
        rows = rows.filter(pk__lt=after)
    shown, following = first_page(_with_parties(rows).order_by("-pk"))
    note_reading(by=duty, rows=shown, channel=ADMIN, at=at, searched=f"{standing}|{name}|{sought}")
    if sought and len(shown) == 1:
        return redirect("admin:consent", shown[0].pk)
    chosen = CONSENTS.get(name)
    return render_page(
        request,
        "consents.html",
        {
            "title": chosen.title if chosen else "Consents",
            "empty": chosen.empty if chosen else "No consent is listed here.",
            "lines": lines(shown, at),
            "next": following,
            "standing": standing,
            "queue": name,
            "number": sought,
            "standings": [(one.value, BADGES[one][1]) for one in Standing],
        },
    )


@require_safe
def consent(request: HttpRequest, duty: Membership, consent_id: UUID) -> HttpResponse:
    """One consent on one page."""
    return _show(request, duty, consent_id)


def _show(
    request: HttpRequest,
    duty: Membership,
    consent_id: UUID,
    *,
    refused: Move | None = None,
    attach: Move | None = None,
) -> HttpResponse:
    """The page of a consent; what was refused comes back at its own button, with its reason and what was typed."""
    sheet = read_sheet(duty, consent_id, timezone.now())
    standing = [name for name, verb in VERBS.items() if verb.stands(duty, sheet)]
    moves = [_move(name, sheet).or_refused(refused) for name in standing]
    context = {
        "title": f"Consent {sheet.number}",
        "sheet": sheet,
        "moves": moves,
        "refused": lost(refused, moves),
        "attach": attach or _attach(consent_id),
        "may_draft": duty.has_duty(Duty.COLLECT_CONSENT),
        "may_preview": duty.has_duty(Duty.MANAGE_CONSENT),
        "has_pdf": pdf.is_installed(),
    }
    return render_page(request, "consent.html", context, status_of(refused or attach))


def _move(name: str, sheet: Sheet, typed: Any = None) -> Move:
    verb = verb_of(VERBS, name)
    more: dict[str, Any] = {"parties": sheet.parties} if verb.form is RecipientForm else {}
    form = verb.form(typed, initial={"version": sheet.version}, auto_id=f"{name}-%s", **more)
    return Move(verb, form, reverse("admin:act", args=[sheet.id, name]))


def read_sheet(duty: Membership, consent_id: UUID, at: datetime) -> Sheet:
    """Read one consent for its page, ledger row first. Raises NotFound."""
    found = read_consent(duty, consent_id, at)
    parts = [str(found.pk), *(str(one.pk) for one in found.recipients.all())]
    history = AuditEntry.objects.filter(object_pk__in=parts).select_related("actor", "content_type")
    # A draft is judged by what its form must say, a proposal by what signing must leave behind, too.
    stage = {"draft": Stage.CONTENT, "proposed": Stage.SIGNATURE}.get(found.status)
    return sheet_of(
        found,
        checks=elements_of(found, at),
        lacking=whats_lacking(found, at, stage) if stage else (),
        history=list(history.order_by("timestamp", "pk")),
        at=at,
    )


def read_consent(duty: Membership, consent_id: UUID, at: datetime) -> Consent:
    """One consent of the own agency, its reading ledgered. Raises NotFound, which is ledgered, too."""
    found = _with_parties(readable_consents(duty, at)).filter(pk=consent_id).first()
    if found is None:
        raise refuse_reading(by=duty, channel=ADMIN, at=at, searched=str(consent_id))
    note_reading(by=duty, rows=[found], channel=ADMIN, at=at, person_id=found.person_id)
    return found


@require_safe
def form(request: HttpRequest, duty: Membership, consent_id: UUID) -> HttpResponse:
    """The form as it was shown, for printing and signing."""
    found = read_consent(duty, consent_id, timezone.now())
    if not found.shown_text:
        raise Http404
    context = {"title": f"Form {found.number}", "text": found.shown_text, "language": found.form_language}
    return render_page(request, "form.html", context | {"consent_id": found.pk})


@require_safe
def form_as_pdf(request: HttpRequest, duty: Membership, consent_id: UUID) -> HttpResponse:
    """The same as PDF, where the extra is installed."""
    if not pdf.is_installed():
        raise Http404
    found = read_consent(duty, consent_id, timezone.now())
    if not found.shown_text:
        raise Http404
    content = pdf.pages_of(found.shown_text, language=found.form_language, title=f"Form {found.number}")
    return download(content, "application/pdf", f"form-{found.number}.pdf")


@require_safe
def document(request: HttpRequest, duty: Membership, consent_id: UUID, document_id: UUID) -> HttpResponse:
    """An attached document; its reading is in the ledger before a byte leaves."""
    at = timezone.now()
    found = (
        readable_documents(duty, at)
        .filter(pk=document_id, consent=consent_id)
        .select_related("consent")
        .first()
    )
    if found is None:
        raise refuse_reading(by=duty, channel=ADMIN, at=at, searched=f"{consent_id}|{document_id}")
    note_reading(by=duty, rows=[found], channel=ADMIN, at=at, person_id=found.consent.person_id)
    ending = {"application/pdf": "pdf", "image/png": "png", "image/jpeg": "jpg"}[found.media_type]
    return download(found.content, found.media_type, f"document-{found.pk}.{ending}")


@require_POST
def act(request: HttpRequest, duty: Membership, consent_id: UUID, verb: str) -> HttpResponse:
    """Run one verb with the reason that was typed; a refusal comes back on the page, at its own button."""
    sheet = read_sheet(duty, consent_id, timezone.now())
    if refused := press(request, _move(verb, sheet, request.POST), duty, consent_id):
        return _show(request, duty, consent_id, refused=refused)
    return redirect("admin:consent", consent_id)


@require_POST
def attach(request: HttpRequest, duty: Membership, consent_id: UUID) -> HttpResponse:
    """Attach a scan or a file."""
    read_consent(duty, consent_id, timezone.now())
    if refused := press(request, _attach(consent_id, request.POST, request.FILES), duty, consent_id):
        return _show(request, duty, consent_id, attach=refused)
    return redirect("admin:consent", consent_id)


def _attach(consent_id: UUID, typed: Any = None, files: Any = None) -> Move:
    form = AttachForm(typed, files, auto_id="attach-%s")
    return Move(ATTACH, form, reverse("admin:attach", args=[consent_id]))


def _chosen(duty: Membership, standing: str, name: str, at: datetime) -> QuerySet[Consent]:
    if name in CONSENTS:
        return CONSENTS[name].rows(duty, at)
    rows = readable_consents(duty, at)
    if standing in Standing.__members__.values():
        return rows.standing_as(Standing(standing), at)
    return rows


def _means(sought: str) -> Q:
    """A consent's number as printed, or its id, or its person's id."""
    tail = sought.replace("-", "").replace(" ", "").lower()
    if whole := id_in(sought):
        return Q(pk=whole) | Q(person=whole)
    return Q(tail=tail) if _NUMBER.fullmatch(tail) else Q(pk__in=[])


def _with_parties(rows: QuerySet[Consent]) -> QuerySet[Consent]:
    return rows.select_related(
        "custodian",
        "collected_by",
        "capacity_attested_by",
        "clinician_approved_by",
        "verified_by",
        "suspended_by",
        "releasing_member",
        "person",
    ).prefetch_related("recipients__agency", "recipients__member", "disclosing_agencies")
