"""Request lines and hosts that no test client would send, to gunicorn itself."""

import re
import socket

from tests.attacks.told import Told

# As they stand on the line -> the statuses that may come back.
LINES = {
    "absolute form, foreign": (
        b"GET http://evil.example/sign-in/ HTTP/1.1\r\nHost: localhost\r\n",
        {"200", "400"},
    ),
    "absolute form, ours, foreign Host": (
        b"GET http://localhost/sign-in/ HTTP/1.1\r\nHost: evil.example\r\n",
        {"400"},
    ),
    "foreign host": (b"GET /sign-in/ HTTP/1.1\r\nHost: evil.example\r\n", {"400"}),
    "two hosts": (b"GET /sign-in/ HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n", {"400"}),
    "host with a blank before its colon": (b"GET /sign-in/ HTTP/1.1\r\nHost : evil.example\r\n", {"400"}),
    "host on a folded line": (
        b"GET /sign-in/ HTTP/1.1\r\nX: y\r\n Host: evil.example\r\nHost: localhost\r\n",
        {"400"},
    ),
    "authority form": (b"CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n", {"400"}),
    "path that begins with two slashes": (
        b"GET //evil.example/..  HTTP/1.1\r\nHost: localhost\r\n",
        {"400", "404"},
    ),
    "two slashes and no more": (b"GET //evil.example HTTP/1.1\r\nHost: localhost\r\n", {"301", "404"}),
    "headers that name another path": (
        b"GET /livez HTTP/1.1\r\nHost: localhost\r\nPATH_INFO: /admin/\r\nSCRIPT_NAME: /evil\r\n",
        {"200", "400"},
    ),
    "a second request in the first one's body": (
        b"GET /livez HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n",
        {"400", "411"},
    ),
    "line ends without carriage returns": (b"GET /livez HTTP/1.1\nHost: evil.example\n\n", {"400", "408"}),
    "unknown method": (b"GETX /livez HTTP/1.1\r\nHost: localhost\r\n", {"400", "403", "405", "501"}),
    "header with NUL": (b"GET /livez HTTP/1.1\r\nHost: localhost\r\nX: a\0b\r\n", {"400"}),
}

# A link, a form or an address as a whole; what is kept in a field is looked at again where it is used.
_LEAVES = re.compile(rb"""(href|action|src)=["']?(https?:)?//|https?://evil""")


def attack(address: tuple[str, int]) -> Told:
    """Each of them: refused, or answered without going by what it says."""
    told = Told("hosts and lines, at gunicorn itself")
    for name, (lines, may_be) in LINES.items():
        came = _ask(address, lines + b"Connection: close\r\n\r\n")
        status = came[9:12].decode(errors="replace") or "hung up"
        wrong = "" if status in may_be else f"{status}, not {sorted(may_be)}"
        head, _, body = came.partition(b"\r\n\r\n")
        leads = next((one[10:] for one in head.split(b"\r\n") if one.lower().startswith(b"location: ")), b"/")
        if not leads.startswith(b"/") or leads.startswith((b"//", b"/\\")) or _LEAVES.search(body):
            wrong = f"leads to {leads!r}"
        told.note(name, status, got_through=wrong)
    return told


def _ask(address: tuple[str, int], request: bytes) -> bytes:
    came = b""
    with socket.create_connection(address, timeout=15) as line:
        line.sendall(request)
        while part := line.recv(65536):
            came += part
    return came
