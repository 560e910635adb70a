"""The buttons that lead to the agencies' own sign-ins."""

from typing import Any

from django import template
from django.template import Context

from continuity.agencies.models import IdentityProvider
from continuity.agencies.providers import open_providers, provider_that_vouched
from continuity.entry.locking import IN_PLACE

register = template.Library()


@register.inclusion_tag("entry/sso_buttons.html", takes_context=True)
def sign_in_with(context: Context) -> dict[str, Any]:
    """Every provider that is open, on the page of the sign-in."""
    return _buttons(context, list(open_providers()), prove=False)


@register.inclusion_tag("entry/sso_buttons.html", takes_context=True)
def prove_with(context: Context) -> dict[str, Any]:
    """The provider by which this session was begun, on the pages that ask who is there; none for the others."""
    return _buttons(context, provider_that_vouched(context["request"]), prove=True)


def _buttons(context: Context, providers: list[IdentityProvider], *, prove: bool) -> dict[str, Any]:
    carried = {name: context.get(name) for name in ("kept", "next", "is_locked", "csrf_token", "request")}
    # Over a covered page the proof takes a tab of its own: what was typed stays in this one.
    in_place = IN_PLACE in context["request"].headers
    return carried | {"providers": providers, "prove": prove, "in_place": in_place}
