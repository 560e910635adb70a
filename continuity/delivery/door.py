"""How a page of this door is opened: for a member on duty, on the wall clock of the agency."""

from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from continuity.agencies.models import Membership
from continuity.agencies.roles import Duty
from continuity.agencies.services import duty_of
from continuity.errors import NotFound

P = ParamSpec("P")
Row = TypeVar("Row", bound=Model)
Page = Callable[Concatenate[HttpRequest, Membership, P], HttpResponse]
ON_A_PAGE = 25


class View(Protocol):
    def __call__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse: ...


def open_to(duty: Duty | None = None) -> Callable[[Page[P]], View]:
    """Open a page to whoever is on duty, or only to who has this duty; another role gets the page that says no."""

    def opened(page: Page[P]) -> View:
        @wraps(page)
        def view(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            by = duty_of(request)
            if by is None:
                return redirect("choose_duty")
            with timezone.override(ZoneInfo(by.agency.timezone)):
                if duty is not None and not by.has_duty(duty):
                    return render(request, "403.html", status=403)
                try:
                    return page(request, by, *args, **kwargs)
                except NotFound:
                    return render(request, "404.html", status=404)

        return cast("View", view)

    return opened


def page_of(rows: QuerySet[Row], request: HttpRequest) -> tuple[list[Row], str]:
    """The rows of one page, newest first by their id, and the `before` that leads to the next page, if any.

    What is no id in `before` is no page: the first one is shown.
    """
    with suppress(ValueError):
        rows = rows.filter(pk__lt=UUID(request.GET.get("before", "")))
    found = list(rows[: ON_A_PAGE + 1])
    more = str(found[ON_A_PAGE - 1].pk) if len(found) > ON_A_PAGE else ""
    return found[:ON_A_PAGE], more
