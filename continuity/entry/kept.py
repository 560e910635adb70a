"""What was typed before a page stood in between passes through it as hidden fields, and lives in that page alone."""

from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme

from continuity.agencies.models import Member
from continuity.agencies.services import duty_of, memberships_of

Kept = Sequence[tuple[str, str]]
_KEPT = "kept_"
_OURS = frozenset({"csrfmiddlewaretoken"})


def typed(request: HttpRequest) -> list[tuple[str, str]]:
    """The fields of a page that was sent, to be kept."""
    said = [(name, text) for name, texts in request.POST.lists() for text in texts]
    return [(name, str(text)) for name, text in said if name not in _OURS]


def kept(request: HttpRequest) -> list[tuple[str, str]]:
    """The fields that this page carries for another one."""
    return [
        (name.removeprefix(_KEPT), value)
        for name, values in request.POST.lists()
        for value in values
        if name.startswith(_KEPT) and isinstance(value, str)
    ]


def next_page(request: HttpRequest) -> str:
    """Where the page asked to go on to, as it was said: for a hidden field."""
    return request.POST.get("next", "") or request.GET.get("next", "")


def way_on(request: HttpRequest) -> str:
    """The address of this site that the page asked to go on to; the start page for any other.

    From the root on: Django's `redirect` would take any other text for the name of a page.
    """
    wanted = next_page(request)
    own = wanted.startswith("/") and url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if own else resolve_url("home")


def carry_on(request: HttpRequest, *, heading: str = "You are signed in again") -> HttpResponse:
    """One button that sends again what was kept; before it the choice of the agency, where it is open."""
    if duty_of(request) is None:
        return show_duties(request)
    context = {"kept": kept(request), "next": way_on(request), "heading": heading}
    return render(request, "entry/carry_on.html", context)


def show_duties(request: HttpRequest, *, error: str = "", status: int = 200) -> HttpResponse:
    """The agencies that the member works for, to choose one."""
    context = {
        "memberships": memberships_of(request.user) if isinstance(request.user, Member) else [],
        "duty": duty_of(request),
        "error": error,
        "kept": kept(request),
        "next": way_on(request),
    }
    return render(request, "entry/duty.html", context, status=status)
