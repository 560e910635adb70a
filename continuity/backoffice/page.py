"""What every page of the office is put together with: its frame, a stretch of a long list, a file to keep."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from continuity.backoffice.desk_forms import DeskForm
from continuity.backoffice.site import office
from continuity.disclosures.models import LedgerEntry

PAGE = 50
ADMIN = LedgerEntry.Channel.ADMIN


def render_page(
    request: HttpRequest, template: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    return render(request, f"backoffice/{template}", office.each_context(request) | context, status=status)


def render_form(
    request: HttpRequest, form: DeskForm, *, title: str, button: str, back: str, **context: Any
) -> HttpResponse:
    """A page that is one form; `back` leads away without keeping anything."""
    context |= {"title": title, "button": button, "back": back, "form": form}
    return render_page(request, "desk_form.html", context, form.status)


def address_here(request: HttpRequest, page: str, *args: Any) -> str:
    """The whole address of a page, to be told outside of this site."""
    address, site = reverse(page, args=args), settings.SITE_URL
    return f"{site.rstrip('/')}{address}" if site else request.build_absolute_uri(address)


def first_page(rows: QuerySet[Any]) -> tuple[list[Any], UUID | str]:
    """The first rows, and the id after which the next page begins: "" at the end. No totals."""
    found = list(rows[: PAGE + 1])
    shown = found[:PAGE]
    return shown, shown[-1].pk if len(found) > PAGE else ""


def id_in(text: str) -> UUID | None:
    """The id that an address holds, if it holds one."""
    try:
        return UUID(text)
    except ValueError:
        return None


def download(content: bytes, media_type: str, name: str) -> HttpResponse:
    """A file to keep: should a browser open it all the same, it may do nothing."""
    response = HttpResponse(content, content_type=media_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = "no-store"
    return response
