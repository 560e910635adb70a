"""Whose address a request comes from, where proxies stand in front. Nobody else can write it (S-6, S-7)."""

import ipaddress
import re
from collections.abc import Callable, Iterable
from ipaddress import IPv4Address, IPv6Address

from django.conf import settings
from django.http import HttpRequest, HttpResponse

Address = IPv4Address | IPv6Address
# Anybody can send these; after this middleware nobody reads them.
_HEARSAY = (
    "HTTP_X_FORWARDED_FOR",
    "HTTP_X_FORWARDED_HOST",
    "HTTP_X_FORWARDED_PORT",
    "HTTP_X_FORWARDED_SERVER",
    "HTTP_X_REAL_IP",
    "HTTP_X_CLIENT_IP",
    "HTTP_X_CLUSTER_CLIENT_IP",
    "HTTP_TRUE_CLIENT_IP",
    "HTTP_CF_CONNECTING_IP",
    "HTTP_CLIENT_IP",
    "HTTP_VIA",
    "HTTP_FORWARDED",
)
_WITH_PORT = re.compile(r"\[([^\]]+)\](?::\d+)?|([0-9.]+):\d+")


class ClientAddress:
    """Put the client's address into REMOTE_ADDR: the last one in X-Forwarded-For that no trusted proxy has.

    Only a proxy of TRUSTED_PROXIES is believed, and of what stands in the header only what such proxies added: whatever
    the client wrote there itself stands further left. Of anybody else X-Request-ID is not believed either.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.trusted = [ipaddress.ip_network(one) for one in settings.TRUSTED_PROXIES]

    def __call__(self, request: HttpRequest) -> HttpResponse:
        said = {name: request.META.pop(name, "") for name in _HEARSAY}
        peer = _read(request.META.get("REMOTE_ADDR", ""))
        if peer is None or not self._trusts(peer):
            request.META.pop("HTTP_X_REQUEST_ID", None)
        else:
            request.META["REMOTE_ADDR"] = str(self._client(peer, said["HTTP_X_FORWARDED_FOR"].split(",")))
        return self.get_response(request)

    def _client(self, peer: Address, hops: Iterable[str]) -> Address:
        found = peer
        for hop in reversed(list(hops)):
            named = _read(hop)
            if named is None:  # a proxy of ours says no address: it is all that is known
                break
            found = named
            if not self._trusts(found):
                break
        return found

    def _trusts(self, address: Address) -> bool:
        return any(address in network for network in self.trusted)


def _read(text: str) -> Address | None:
    """An address, perhaps with a port as some balancers add it; an IPv4 one in its own form."""
    text = text.strip()
    if with_port := _WITH_PORT.fullmatch(text):
        text = with_port[1] or with_port[2]
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found
