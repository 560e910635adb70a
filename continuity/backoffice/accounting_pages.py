"""Accountings at the privacy desk: who waits for what until when, its copy on screen, paper and as a file."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from continuity.agencies.models import Membership
from continuity.backoffice import pdf
from continuity.backoffice.accounting_person import ANSWERED, line
from continuity.backoffice.accounting_sheet import contacts_of, paper_of
from continuity.backoffice.accounting_verbs import OF_REQUEST
from continuity.backoffice.moves import Move, lost, press, status_of, verb_of
from continuity.backoffice.page import ADMIN, PAGE, download, render_page
from continuity.backoffice.sheet import names_of
from continuity.disclosures.accounting_requests import (
    Prepared,
    owed_requests,
    read_prepared,
    readable_requests,
)
from continuity.disclosures.models import AccountingRequest, LedgerEntry
from continuity.disclosures.readings import note_reading, refuse_reading

_S = AccountingRequest.State


@require_safe
def accountings(request: HttpRequest, duty: Membership) -> HttpResponse:
    """Who waits, the next due first; below, what was answered lately."""
    at = timezone.now()
    rows = readable_requests(duty, at).defer("content")
    waiting = list(owed_requests(duty, at).defer("content")[:PAGE])
    answered = list(rows.filter(state__in=ANSWERED).order_by("-updated_at")[:PAGE])
    note_reading(by=duty, rows=[*waiting, *answered], channel=ADMIN, at=at)
    names = names_of((one.person_id for one in [*waiting, *answered]), duty.agency_id)
    context = {
        "title": "Accountings",
        "waiting": [line(one, names, at) for one in waiting],
        "answered": [line(one, names, at) for one in answered],
    }
    return render_page(request, "accountings.html", context)


@require_safe
def accounting(request: HttpRequest, duty: Membership, request_id: UUID) -> HttpResponse:
    """One request with its dates and buttons."""
    return _show(request, duty, request_id)


@require_POST
def act(request: HttpRequest, duty: Membership, request_id: UUID, verb: str) -> HttpResponse:
    """Run one verb; a refusal comes back on the page, at its own button."""
    if refused := press(request, _move(verb, duty, request_id, request.POST), duty, request_id):
        return _show(request, duty, request_id, refused)
    return redirect("admin:accounting_copy" if verb.startswith("prepare") else "admin:accounting", request_id)


def _move(name: str, duty: Membership, request_id: UUID, typed: Any = None, **more: Any) -> Move:
    verb = verb_of(OF_REQUEST, name)
    form = verb.ask(duty, typed, auto_id=f"{name}-%s", **more)
    return Move(verb, form, reverse("admin:account", args=[request_id, name]))


@require_safe
def copy(request: HttpRequest, duty: Membership, request_id: UUID) -> HttpResponse:
    """The prepared copy for looking at and printing; what was held back stands beside it, and is not printed."""
    at = timezone.now()
    prepared = read_prepared(by=duty, request_id=request_id, channel=ADMIN, at=at)
    contacts, initial = contacts_of(prepared.copy), {"withheld": prepared.withheld}
    may_prepare = contacts and prepared.state == _S.PREPARED
    context = {
        "title": prepared.copy["title"],
        "paper": paper_of(prepared.copy),
        "request_id": request_id,
        "held_back": prepared.held_back,
        "sha256": prepared.sha256,
        "has_pdf": pdf.is_installed(),
        "again": _move("prepare-again", duty, request_id, contacts=contacts, initial=initial)
        if may_prepare
        else None,
    }
    return render_page(request, "accounting_copy.html", context)


@require_safe
def copy_as_json(request: HttpRequest, duty: Membership, request_id: UUID) -> HttpResponse:
    """The copy as a file for programs; its fingerprint is on the page."""
    prepared = _exported(duty, request_id)
    return download(prepared.file, "application/json", f"{_name(prepared)}.json")


@require_safe
def copy_as_pdf(request: HttpRequest, duty: Membership, request_id: UUID) -> HttpResponse:
    """The same as PDF, where the extra is installed."""
    if not pdf.is_installed():
        raise Http404
    prepared = _exported(duty, request_id)
    body = render_to_string("backoffice/accounting_paper.html", {"paper": paper_of(prepared.copy)})
    content = pdf.pages_of_html(body, language="en", title=prepared.copy["title"])
    return download(content, "application/pdf", f"{_name(prepared)}.pdf")


def _show(
    request: HttpRequest, duty: Membership, request_id: UUID, refused: Move | None = None
) -> HttpResponse:
    at = timezone.now()
    rows = readable_requests(duty, at).defer("content")
    rows = rows.select_related("received_by__member", "prepared_by__member", "delivered_by__member")
    found = rows.filter(pk=request_id).first()
    if found is None:
        raise refuse_reading(by=duty, channel=ADMIN, at=at, searched=str(request_id))
    note_reading(by=duty, rows=[found], channel=ADMIN, at=at, person_id=found.person_id)
    moves = [
        _move(name, duty, request_id, initial={"version": found.version}).or_refused(refused)
        for name, verb in OF_REQUEST.items()
        if verb.stands(duty, found) and name not in _hidden(found, at)
    ]
    names = names_of([found.person_id], duty.agency_id)
    context = {
        "title": found.get_kind_display().capitalize(),
        "line": line(found, names, at),
        "facts": list(_facts(found)),
        "steps": list(_steps(found)),
        "is_prepared": found.prepared_at is not None,
        "has_pdf": pdf.is_installed(),
        "moves": moves,
        "refused": lost(refused, moves),
    }
    return render_page(request, "accounting.html", context, status_of(refused))


def _hidden(found: AccountingRequest, at: datetime) -> set[str]:
    """What the state admits and this request does not."""
    more = AccountingRequest.DUE[AccountingRequest.Kind(found.kind)][1]
    is_at_its_end = not more or found.extended_at is not None or at > found.due_at
    # A record is made again beside its copy, where it is seen which words are kept back.
    is_record = found.kind == AccountingRequest.Kind.RECORD
    return ({"extend"} if is_at_its_end else set()) | ({"prepare-again"} if is_record else set())


def _facts(found: AccountingRequest) -> Any:
    yield "Asked by", found.asked_by
    if found.kind == AccountingRequest.Kind.RECORD:
        yield "Period", "the whole record"
    else:
        yield "Period", f"{_day(found.period_from)} until {_day(found.period_until)}"
    yield "Owed until", _day(found.due_at)
    if found.extended_at:
        yield "Extended", f"{_day(found.extended_at)}: {found.extension_reason}"
    if found.delivered_to:
        yield "Given to", found.delivered_to


def _steps(found: AccountingRequest) -> Any:
    yield {"at": found.requested_at, "what": "Asked for", "by": found.received_by.member.display_name}
    for when, what, who in (
        (found.prepared_at, "Prepared", found.prepared_by),
        (found.delivered_at, "Handed over", found.delivered_by),
    ):
        if when and who:
            yield {"at": when, "what": what, "by": who.member.display_name}


def _day(at: datetime) -> str:
    local = timezone.localtime(at)
    return f"{local.day} {local:%b %Y, %H:%M}"


def _exported(duty: Membership, request_id: UUID) -> Prepared:
    return read_prepared(
        by=duty, request_id=request_id, channel=LedgerEntry.Channel.EXPORT, at=timezone.now()
    )


def _name(prepared: Prepared) -> str:
    return f"{prepared.kind.replace('_', '-')}-{prepared.copy['number']}"
