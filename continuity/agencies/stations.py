"""After how many idle seconds a device locks: its agency says so of its networks (S-4)."""

from ipaddress import ip_address, ip_network

from django.conf import settings

from continuity.agencies.models import Agency, StationClass


def idle_seconds(agency: Agency, address: str | None) -> int:
    """Of the narrowest network of the agency that holds the address; half an hour where none does."""
    default: int = settings.SESSION_COOKIE_AGE
    if not address:
        return default
    here = ip_address(address)
    fitting = [
        (ip_network(network, strict=False).prefixlen, -one.idle_minutes)
        for one in StationClass.objects.filter(agency=agency)
        for network in one.networks
        if here in ip_network(network, strict=False)
    ]
    return -max(fitting)[1] * 60 if fitting else default
