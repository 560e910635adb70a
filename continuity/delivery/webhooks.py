"""Signed messages to an agency's own system, as Standard Webhooks: kind and opaque ids, never a word more."""

import http.client
import ipaddress
import json
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from threading import Timer
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from standardwebhooks import Webhook
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

from continuity.notices.models import Notice

CONNECT, READ, ALTOGETHER = 3.0, 5.0, 8.0  # seconds
_OK, _REDIRECT, _FAULT = 200, 300, 400
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


@dataclass(frozen=True)
class Message:
    """What goes to one endpoint: always the same bytes and the same id, whenever it is tried."""

    id: UUID
    url: str
    secret: bytes
    body: str


def message_of(notice: Notice, *, url: str, secret: bytes) -> Message:
    """The message of a notice: its kind and time, its id, and the id of what it is about."""
    data = {"id": str(notice.pk), "kind": notice.kind, "subject": str(notice.subject_id)}
    body = {"type": notice.kind, "timestamp": notice.put_at.isoformat(), "data": data}
    return Message(notice.pk, url, secret, json.dumps(body, separators=(",", ":")))


def send(message: Message, *, at: datetime) -> str:
    """Post it once and say what went wrong as a code, "" when it was taken; the answer's body is never read."""
    try:
        connection = _connection_to(message.url)
    except _RefusedAddress as refused:
        return str(refused)
    except OSError:
        return "no_address"
    # A receiver that answers letter by letter would outlast any timeout of a single read.
    watchdog = Timer(ALTOGETHER, _hang_up, [connection])
    watchdog.daemon = True
    watchdog.start()
    try:
        return _post(connection, message, at)
    except TimeoutError:
        return "timeout"
    except ssl.SSLError:
        return "no_trust"
    except (OSError, HTTPError, http.client.HTTPException) as error:
        return "timeout" if "timed out" in str(error) else "no_connection"
    finally:
        watchdog.cancel()
        connection.close()


def _post(connection: HTTPConnection, message: Message, at: datetime) -> str:
    parts = urlsplit(message.url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection.connect()
    connection.sock.settimeout(READ)
    headers = {
        "Host": parts.netloc,
        "Content-Type": "application/json",
        "User-Agent": "Continuity",
        "webhook-id": str(message.id),
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(message.secret).sign(str(message.id), at, message.body),
    }
    connection.request("POST", path, body=message.body.encode(), headers=headers, preload_content=False)
    status = connection.getresponse().status
    if _OK <= status < _REDIRECT:
        return ""
    return "redirect" if status < _FAULT else f"status_{status}"


class _RefusedAddress(Exception):
    """A place that no message may go to."""


def _connection_to(url: str) -> HTTPConnection:
    """An unopened connection to an address that was looked at: the name is not resolved a second time."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    address = _resolve(host, port, must_be_loopback=parts.scheme != "https")
    if parts.scheme != "https":
        return HTTPConnection(address, port, timeout=CONNECT)
    return HTTPSConnection(
        address,
        port,
        timeout=CONNECT,
        server_hostname=host,
        assert_hostname=host,
        ssl_context=ssl.create_default_context(),
    )


def _resolve(host: str, port: int, *, must_be_loopback: bool) -> str:
    """The first address of a name, all of whose addresses may be written to. Raises _RefusedAddress, OSError."""
    found = [str(row[4][0]) for row in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    for address in found:
        if settings.INSECURE_COOKIES and _plain(address).is_loopback:
            continue
        if must_be_loopback:
            raise _RefusedAddress("no_https")
        if not _is_public(address):
            raise _RefusedAddress("private_address")
    return found[0]


def _plain(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """The address itself, or the IPv4 address that an IPv6 one stands for."""
    parsed = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed in _NAT64:
            return ipaddress.IPv4Address(int(parsed) & 0xFFFFFFFF)
        return parsed.ipv4_mapped or parsed.sixtofour or parsed
    return parsed


def _is_public(address: str) -> bool:
    plain = _plain(address)
    return plain.is_global and not plain.is_multicast and not plain.is_reserved


def _hang_up(connection: HTTPConnection) -> None:
    with suppress(OSError):
        if connection.sock is not None:
            connection.sock.shutdown(socket.SHUT_RDWR)
