"""The own agency's sign-in: where it is, for whom, which roles it gives; opened, closed, links forgotten (S-1)."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from continuity.agencies import providers
from continuity.agencies.models import IdentityProvider, Membership
from continuity.backoffice.desk_forms import VersionForm, typed
from continuity.backoffice.moves import Move, Verb, lost, press, runs, status_of, verb_of
from continuity.backoffice.page import address_here, render_form, render_page
from continuity.backoffice.provider_forms import ProviderForm, UnlinkForm
from continuity.backoffice.sheet import Badge

# Each says who may come in, so each asks who sits there.
VERBS = {
    "close": Verb(
        "Close it", "Nobody comes in by it any more. Whoever is in stays until their session ends.",
        runs(providers.close_provider, "provider_id", is_timed=False), "Closed.", VersionForm, is_danger=True,
        is_grave=True,
    ),
    "reopen": Verb(
        "Open it", "Your members come in by it again.",
        runs(providers.reopen_provider, "provider_id", is_timed=False), "Open.", VersionForm, is_grave=True,
    ),
    "unlink": Verb(
        "Forget a link",
        "For a member whose account was made anew at the provider: the next sign-in links by the work address.",
        runs(providers.unlink_member, "provider_id", is_timed=False), "Forgotten.", UnlinkForm, is_danger=True,
        is_grave=True,
    ),
}  # fmt: skip


@require_safe
def sign_ins(request: HttpRequest, duty: Membership) -> HttpResponse:
    """The own agency's identity providers."""
    lines = [{"row": row, "badge": _badge(row)} for row in providers.providers_of(duty)]
    return render_page(request, "providers.html", {"title": "Single sign-on", "lines": lines})


@sensitive_post_parameters("client_secret")
@require_http_methods(["GET", "HEAD", "POST"])
def register(request: HttpRequest, duty: Membership) -> HttpResponse:
    """Enter a provider; a refusal comes back with what was typed, but never with the secret."""
    form = ProviderForm(typed(request))
    if form.is_bound and not form.refused(
        lambda said: providers.register_provider(
            by=duty, details=said["details"], client_secret=said["client_secret"]
        ),
        prove=request,
    ):
        messages.success(request, "Entered. Enter the address below at the provider, then try it.")
        return redirect("admin:provider", form.made.pk)
    back = reverse("admin:providers")
    return render_form(request, form, title="Enter a provider", button="Enter it", back=back)


@sensitive_post_parameters("client_secret")
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, duty: Membership, provider_id: UUID) -> HttpResponse:
    """One provider, with everything that was entered, to be changed."""
    found = get_object_or_404(providers.providers_of(duty), pk=provider_id)
    form = ProviderForm(typed(request), initial=ProviderForm.typed(found))
    if form.is_bound and not form.refused(
        lambda said: providers.change_provider(by=duty, provider_id=found.pk, **said), prove=request
    ):
        messages.success(request, "Changed.")
        return redirect("admin:provider", found.pk)
    return _show(request, found, form, status=form.status)


@require_POST
def act(request: HttpRequest, duty: Membership, provider_id: UUID, verb: str) -> HttpResponse:
    """Run one verb; a refusal comes back on the page, at its own button."""
    found = get_object_or_404(providers.providers_of(duty), pk=provider_id)
    if refused := press(request, _move(verb, found, request.POST), duty, found.pk):
        form = ProviderForm(initial=ProviderForm.typed(found))
        return _show(request, found, form, refused, status=status_of(refused))
    return redirect("admin:provider", found.pk)


def _move(name: str, found: IdentityProvider, typed: Any = None) -> Move:
    verb = verb_of(VERBS, name)
    form = verb.form(typed, initial={"version": found.version}, auto_id=f"{name}-%s")
    return Move(verb, form, reverse("admin:act_on_provider", args=[found.pk, name]))


def _show(
    request: HttpRequest,
    found: IdentityProvider,
    form: ProviderForm,
    refused: Move | None = None,
    *,
    status: int,
) -> HttpResponse:
    names = ("close" if found.is_active else "reopen", "unlink")
    moves = [_move(name, found).or_refused(refused) for name in names]
    context = {
        "title": found.name,
        "provider": found,
        "badge": _badge(found),
        # Entered at the provider letter by letter.
        "address": address_here(request, "sso_callback", found.slug),
        "form": form,
        "moves": moves,
        "refused": lost(refused, moves),
    }
    return render_page(request, "provider.html", context, status)


def _badge(found: IdentityProvider) -> Badge:
    if not found.is_active:
        return Badge("neutral", "Closed")
    proves = found.strong_methods or found.strong_contexts
    return Badge("good", "Proves two factors") if proves else Badge("attention", "Proves one factor")
