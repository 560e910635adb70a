"""Station classes in the admin: after how many idle minutes devices of a network lock (S-4)."""

from ipaddress import ip_network
from typing import Any, ClassVar

from django.contrib import admin
from django.core.exceptions import ValidationError

from continuity.agencies.models import StationClass
from continuity.backoffice.organisation import AnyModelForm, OrganisationAdmin
from continuity.backoffice.site import office

_WIDEST = {4: 8, 6: 16}  # bits; whoever names the whole internet names no station
_LONGEST = 30  # minutes, for whatever is not exempt


class StationClassForm(AnyModelForm):
    """Networks as they are written; the exemption is asked in words."""

    def clean_networks(self) -> list[str]:
        return [_network(one) for one in self.cleaned_data.get("networks") or []]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        minutes, kind = said.get("idle_minutes"), said.get("kind")
        if minutes and minutes > _LONGEST and kind not in StationClass.EXEMPT:
            self.add_error(
                "idle_minutes",
                "Only terminals in vehicles and dispatch desks may stay open longer than 30 minutes.",
            )
        return said


def _network(text: str) -> str:
    try:
        network = ip_network(text.strip(), strict=False)
    except ValueError:
        raise ValidationError("Write networks as 192.0.2.0/24 or 2001:db8::/48.") from None
    if network.prefixlen < _WIDEST[network.version]:
        raise ValidationError("This network is too wide to be one of your agency's.")
    return str(network)


@admin.register(StationClass, site=office)
class StationClassAdmin(OrganisationAdmin):
    form = StationClassForm
    list_display = ("name", "kind", "idle_minutes", "network_words")
    fields = ("agency", "name", "kind", "idle_minutes", "networks")
    ordering: ClassVar = ("name",)

    @admin.display(description="networks")
    def network_words(self, obj: StationClass) -> str:
        return ", ".join(obj.networks) or "not used any more"
