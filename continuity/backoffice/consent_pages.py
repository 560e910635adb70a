"""Pages that read consents: the list, one consent, its form and its documents. Each reading is a row of the ledger."""

import re
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast, Right
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from continuity.agencies.freshness import require_fresh
from continuity.agencies.models import Membership
from continuity.agencies.roles import Duty
from continuity.backoffice import pdf
from continuity.backoffice.consent_verbs import VERBS, next_moves
from continuity.backoffice.desk_forms import AttachForm
from continuity.backoffice.home import QUEUES, queue
from continuity.backoffice.sheet import Sheet, lines, sheet_of
from continuity.backoffice.site import office
from continuity.backoffice.words import BADGES
from continuity.consents.documents import attach_document
from continuity.consents.elements import Stage
from continuity.consents.models import Consent
from continuity.consents.services import elements_of, whats_lacking
from continuity.consents.standing import Standing
from continuity.disclosures.models import LedgerEntry
from continuity.disclosures.own_records import (
    readable_consents,
    readable_documents,
)
from continuity.disclosures.readings import note_reading, refuse_reading
from continuity.errors import Conflict, DomainError, Incomplete, NotFound
from continuity.trail.models import AuditEntry

PAGE = 50
ADMIN = LedgerEntry.Channel.ADMIN
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
    if after := _uuid(request.GET.get("after", "")):
        rows = rows.filter(pk__lt=after)
    page = list(_with_parties(rows).order_by("-pk")[: PAGE + 1])
    shown = page[:PAGE]
    note_reading(by=duty, rows=shown, channel=ADMIN, at=at, searched=f"{standing}|{name}|{sought}")
    if sought and len(shown) == 1:
        return redirect("admin:consent", shown[0].pk)
    return render_page(
        request,
        "backoffice/consents.html",
        {
            "title": QUEUES[name][0] if name in QUEUES else "Consents",
            "lines": lines(shown, at),
            "next": shown[-1].pk if len(page) > PAGE else "",
            "standing": standing,
            "queue": name,
            "number": sought,
            "standings": [(one.value, BADGES[one][1]) for one in Standing],
        },
    )


@require_safe
def consent(request: HttpRequest, duty: Membership, consent_id: UUID) -> HttpResponse:
    """One consent on one page."""
    return show_consent(request, duty, consent_id)


def show_consent(
    request: HttpRequest,
    duty: Membership,
    consent_id: UUID,
    *,
    status: int = 200,
    refused: str = "",
    filled: Form | None = None,
    attach_form: AttachForm | None = None,
) -> HttpResponse:
    """The page of a consent; what was refused comes back at its own button, with its reason and what was typed."""
    at = timezone.now()
    sheet = read_sheet(duty, consent_id, at)
    context = {
        "title": f"Consent {sheet.number}",
        "sheet": sheet,
        "moves": next_moves(duty, sheet, refused, filled),
        "attach_form": attach_form or AttachForm(),
        "may_draft": duty.has_duty(Duty.COLLECT_CONSENT),
        "may_preview": duty.has_duty(Duty.MANAGE_CONSENT),
        "has_pdf": pdf.is_installed(),
        "refused": refused,
    }
    return render_page(request, "backoffice/consent.html", context, status=status)


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
    return render_page(request, "backoffice/form.html", context | {"consent_id": found.pk})


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
    chosen = VERBS.get(verb)
    if chosen is None:
        raise Http404
    at = timezone.now()
    sheet = read_sheet(duty, consent_id, at)
    form = chosen.form(request.POST, parties=sheet.parties, auto_id=f"{verb}-%s")
    if not form.is_valid():
        return _refused(request, duty, consent_id, verb, form, 400)
    if chosen.is_grave:
        require_fresh(request)
    try:
        chosen.run(duty, consent_id, at, form.cleaned_data)
    except NotFound:
        raise
    except DomainError as error:
        for one in error.errors if isinstance(error, Incomplete) else [error]:
            form.add_error(None, one.detail)
        return _refused(request, duty, consent_id, verb, form, 409 if isinstance(error, Conflict) else 400)
    messages.success(request, chosen.done)
    return redirect("admin:consent", consent_id)


@require_POST
def attach(request: HttpRequest, duty: Membership, consent_id: UUID) -> HttpResponse:
    """Attach a scan or a file."""
    read_consent(duty, consent_id, timezone.now())
    form = AttachForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            attach_document(
                by=duty,
                consent_id=consent_id,
                kind=form.cleaned_data["kind"],
                content=form.cleaned_data["file"].read(),
                at=timezone.now(),
            )
        except NotFound:
            raise
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, error.detail)
    if form.is_valid():
        messages.success(request, "The document is attached.")
        return redirect("admin:consent", consent_id)
    return show_consent(request, duty, consent_id, status=400, attach_form=form)


def download(content: bytes, media_type: str, name: str) -> HttpResponse:
    """A file to keep: should a browser open it all the same, it may do nothing."""
    response = HttpResponse(content, content_type=media_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = "no-store"
    return response


def _chosen(duty: Membership, standing: str, name: str, at: datetime) -> QuerySet[Consent]:
    if name in QUEUES and name != "offers":
        return queue(name, duty, at)[0]
    rows = readable_consents(duty, at)
    if standing in Standing.__members__.values():
        return rows.standing_as(Standing(standing), at)
    return rows


def _means(sought: str) -> Q:
    """A consent's number as printed, or its id, or its person's id."""
    tail = sought.replace("-", "").replace(" ", "").lower()
    if whole := _uuid(sought):
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


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def render_page(
    request: HttpRequest, template: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    return render(request, template, office.each_context(request) | context, status=status)


def _refused(
    request: HttpRequest, duty: Membership, consent_id: UUID, verb: str, form: Form, status: int
) -> HttpResponse:
    return show_consent(request, duty, consent_id, status=status, refused=verb, filled=form)
