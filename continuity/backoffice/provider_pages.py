"""The own agency's sign-in: where it is, for whom, which roles it gives; opened, closed, links forgotten (S-1)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from continuity.agencies import providers
from continuity.agencies.freshness import require_fresh
from continuity.agencies.models import IdentityProvider, Membership
from continuity.agencies.roles import Duty
from continuity.backoffice import provider_forms as f
from continuity.backoffice.consent_pages import render_page
from continuity.backoffice.desk_forms import DeskForm
from continuity.backoffice.sheet import Badge


@dataclass(frozen=True)
class Verb:
    """One button of a provider's page. Each says who may come in, so each asks who sits there."""

    label: str
    says: str
    form: type[DeskForm]
    run: Callable[..., object]
    done: str
    is_danger: bool = False


@dataclass(frozen=True)
class Move:
    """A button with its form."""

    name: str
    verb: Verb
    form: DeskForm
    is_open: bool = False


VERBS = {
    "close": Verb(
        "Close it", "Nobody comes in by it any more. Whoever is in stays until their session ends.", f.SwitchForm,
        providers.close_provider, "Closed.", True,
    ),
    "reopen": Verb("Open it", "Your members come in by it again.", f.SwitchForm, providers.reopen_provider, "Open."),
    "unlink": Verb(
        "Forget a link",
        "For a member whose account was made anew at the provider: the next sign-in links by the work address.",
        f.UnlinkForm, providers.unlink_member, "Forgotten.", True,
    ),
}  # fmt: skip


def pages(desk: Any) -> list[URLPattern]:
    """The addresses of these pages, for administrators of an agency."""
    return [
        path("single-sign-on/", desk(sign_ins, Duty.ADMINISTER_AGENCY), name="providers"),
        path("single-sign-on/new/", desk(register, Duty.ADMINISTER_AGENCY), name="register_provider"),
        path("single-sign-on/<uuid:provider_id>/", desk(change, Duty.ADMINISTER_AGENCY), name="provider"),
        path(
            "single-sign-on/<uuid:provider_id>/<slug:verb>/",
            desk(act, Duty.ADMINISTER_AGENCY),
            name="act_on_provider",
        ),
    ]


@require_safe
def sign_ins(request: HttpRequest, duty: Membership) -> HttpResponse:
    """The own agency's identity providers."""
    lines = [{"row": row, "badge": _badge(row)} for row in providers.providers_of(duty)]
    return render_page(request, "backoffice/providers.html", {"title": "Single sign-on", "lines": lines})


@sensitive_post_parameters("client_secret")
@require_http_methods(["GET", "HEAD", "POST"])
def register(request: HttpRequest, duty: Membership) -> HttpResponse:
    """Enter a provider; a refusal comes back with what was typed, but never with the secret."""
    made: list[IdentityProvider] = []
    form, status = f.ProviderForm(request.POST if request.method == "POST" else None), 200
    if request.method == "POST":
        if form.is_valid():
            require_fresh(request)
        status = form.refused(
            lambda said: made.append(
                providers.register_provider(
                    by=duty, details=form.details(), client_secret=said["client_secret"]
                )
            )
        )
    if made:
        messages.success(request, "Entered. Enter the address below at the provider, then try it.")
        return redirect("admin:provider", made[0].pk)
    context = {"title": "Enter a provider", "form": form, "back": reverse("admin:providers")}
    return render_page(request, "backoffice/provider_new.html", context, status=status)


@sensitive_post_parameters("client_secret")
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, duty: Membership, provider_id: UUID) -> HttpResponse:
    """One provider, with everything that was entered, to be changed."""
    found = _found(duty, provider_id)
    if request.method != "POST":
        return _show(request, found, f.ProviderForm(initial=f.ProviderForm.typed(found)))
    form = f.ProviderForm(request.POST)
    if form.is_valid():
        require_fresh(request)
    status = form.refused(
        lambda said: providers.change_provider(
            by=duty,
            provider_id=found.pk,
            details=form.details(),
            client_secret=said["client_secret"],
            version=said["version"],
        )
    )
    if status:
        return _show(request, found, form, status=status)
    messages.success(request, "Changed.")
    return redirect("admin:provider", found.pk)


@require_POST
def act(request: HttpRequest, duty: Membership, provider_id: UUID, verb: str) -> HttpResponse:
    """Run one verb; a refusal comes back on the page, at its own button."""
    chosen = VERBS.get(verb)
    if chosen is None:
        raise Http404
    found = _found(duty, provider_id)
    form = chosen.form(request.POST, auto_id=f"{verb}-%s")
    if form.is_valid():
        require_fresh(request)
    status = form.refused(lambda said: chosen.run(by=duty, provider_id=found.pk, **said))
    if status:
        typed = f.ProviderForm(initial=f.ProviderForm.typed(found))
        return _show(request, found, typed, refused=Move(verb, chosen, form, True), status=status)
    messages.success(request, chosen.done)
    return redirect("admin:provider", found.pk)


def _found(duty: Membership, provider_id: UUID) -> IdentityProvider:
    found = providers.providers_of(duty).filter(pk=provider_id).first()
    if found is None:
        raise Http404
    return found


def _show(
    request: HttpRequest,
    found: IdentityProvider,
    form: f.ProviderForm,
    *,
    refused: Move | None = None,
    status: int = 200,
) -> HttpResponse:
    def move(name: str) -> Move:
        if refused is not None and refused.name == name:
            return refused
        first = {"version": found.version}
        return Move(name, VERBS[name], VERBS[name].form(initial=first, auto_id=f"{name}-%s"))

    context = {
        "title": found.name,
        "provider": found,
        "badge": _badge(found),
        "address": _address(request, found),
        "form": form,
        "moves": [move("close" if found.is_active else "reopen"), move("unlink")],
    }
    return render_page(request, "backoffice/provider.html", context, status=status)


def _address(request: HttpRequest, found: IdentityProvider) -> str:
    """Where the provider sends people back to: entered there, letter by letter."""
    back = reverse("sso_callback", args=[found.slug])
    return f"{settings.SITE_URL.rstrip('/')}{back}" if settings.SITE_URL else request.build_absolute_uri(back)


def _badge(found: IdentityProvider) -> Badge:
    if not found.is_active:
        return Badge("neutral", "Closed")
    proves = found.strong_methods or found.strong_contexts
    return Badge("good", "Proves two factors") if proves else Badge("attention", "Proves one factor")
