"""A real site under too much and too slow: gunicorn with its production settings, and clients that mean it ill."""

import json
import os
import select
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from django.db import connections

from continuity.agencies.models import Membership
from tests.attacks.told import Told
from tests.bench.figures import family
from tests.bench.site import with_database
from tests.cast import signed_in

LIVE = b"GET /livez HTTP/1.1\r\nHost: localhost\r\n"
_CSRF = "floodfloodfloodfloodfloodflood12"  # 32 letters and digits, as Django's own


@dataclass
class Served:
    """A running site."""

    address: tuple[str, int]
    parent: int

    def workers(self) -> set[int]:
        return set(family(self.parent)[1:])

    def memory(self) -> int:
        """Megabytes that the fullest worker holds."""
        return max(_resident(one) for one in self.workers())

    def ask(self, request: bytes, *, seconds: float = 20) -> tuple[str, float]:
        """The status of the answer ("hung up" if there is none) and the seconds that it took."""
        begun = time.perf_counter()
        with socket.create_connection(self.address, timeout=seconds) as line:
            with suppress(ConnectionError):  # an early answer, and the line closed behind it
                line.sendall(request)
            came = _first_line(line)
        return came, time.perf_counter() - begun

    def livez(self) -> tuple[str, float]:
        return self.ask(LIVE + b"Connection: close\r\n\r\n")


def _first_line(line: socket.socket) -> str:
    came = b""
    with suppress(ConnectionError, TimeoutError):
        while b"\r\n" not in came and (part := line.recv(4096)):
            came += part
    return came.split(b"\r\n")[0].decode(errors="replace")[9:12] or "hung up"


def _resident(process: int) -> int:
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) // 1024


@contextmanager
def served(*, workers: int = 1) -> Iterator[Served]:
    """gunicorn as operations.md starts it, on a free port, until the block ends."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    name = str(connections["default"].settings_dict["NAME"])
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "config.settings_test",  # pages without `collectstatic`
        "DATABASE_URL": with_database(os.environ["DATABASE_URL"], name),
        "INSECURE_COOKIES": "true",  # loopback has no TLS
        "LOG_LEVEL": "CRITICAL",
        "BIND": f"127.0.0.1:{port}",
        "WEB_CONCURRENCY": str(workers),
    }
    command = [sys.executable, "-W", "ignore", "-m", "gunicorn", "--config", "python:config.gunicorn"]
    process = subprocess.Popen([*command, "config.wsgi"], env=environment)
    site = Served(("127.0.0.1", port), process.pid)
    try:
        _await(site, process)
        yield site
    finally:
        process.terminate()
        process.wait(30)


def _await(site: Served, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError):
            if site.livez()[0] == "200":
                return
        time.sleep(0.1)
    raise RuntimeError("the site does not start")


class Slow(threading.Thread):
    """Sockets that each send a little of a request every so often, and never all of it."""

    def __init__(self, site: Served, begin: bytes, more: bytes, *, sockets: int, every: float) -> None:
        super().__init__(daemon=True)
        self.more, self.every, self.over = more, every, threading.Event()
        self.lines = [socket.create_connection(site.address, timeout=5) for _ in range(sockets)]
        for line in self.lines:
            line.sendall(begin)

    def run(self) -> None:
        while not self.over.wait(self.every):
            for line in self.lines:
                with suppress(OSError):
                    line.sendall(self.more)

    def end(self) -> list[str]:
        """What each was told in the end."""
        self.over.set()
        self.join()
        readable, _, _ = select.select(self.lines, [], [], 1)
        answers = [_first_line(line) if line in readable else "still waiting" for line in self.lines]
        for line in self.lines:
            line.close()
        return answers


def headers_of(membership: Membership) -> bytes:
    """Host, cookies and token of a signed-in browser."""
    key = signed_in(membership).cookies["sessionid"].value
    return (
        f"Host: localhost\r\nCookie: sessionid={key}; csrftoken={_CSRF}\r\nX-CSRFToken: {_CSRF}\r\n"
    ).encode()


def post(path: str, headers: bytes, body: bytes, kind: str = "application/json") -> bytes:
    head = f"POST {path} HTTP/1.1\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n"
    return head.encode() + headers + b"\r\n" + body


def oversized(headers: bytes, megabytes: int) -> dict[str, tuple[bytes, set[str]]]:
    """Requests that are too much, each with the statuses that may come back."""
    large = megabytes * 1024 * 1024
    form = "application/x-www-form-urlencoded"
    deep = b"[" * 200_000 + b"]" * 200_000
    return {
        f"body of {megabytes} MB, announced": (post("/sign-in/", headers, b"x" * large, form), {"413"}),
        "body of 10**14 bytes, announced": (
            b"POST /sign-in/ HTTP/1.1\r\nContent-Length: 100000000000000\r\n" + headers + b"\r\n",
            {"413"},
        ),
        "body of two lengths": (
            b"POST /sign-in/ HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n" + headers + b"\r\n123456",
            {"400"},
        ),
        "body in chunks without an end": (
            b"POST /sign-in/ HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" + headers + b"\r\n" + b"5\r\nhello\r\n" * 1000,
            {"411"},
        ),
        "both a length and chunks": (
            b"POST /sign-in/ HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n" + headers + b"\r\n0\r\n\r\n",
            {"411"},
        ),
        "1,000 headers": (LIVE + b"".join(b"X-%d: x\r\n" % one for one in range(1000)) + b"\r\n", {"431", "400"}),
        "header of 1 MB": (LIVE + b"X-Long: " + b"x" * 1024 * 1024 + b"\r\n\r\n", {"431"}),
        "address of 20 kB": (b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", {"414", "400"}),
        "10,000 fields of a form": (
            post("/sign-in/", headers, b"&".join(b"f%d=x" % one for one in range(10_000)), form),
            {"400"},
        ),
        "4 MB in one field": (post("/sign-in/", headers, b"username=" + b"x" * 4_000_000, form), {"400", "413"}),
        "JSON 200,000 deep": (post("/api/v1/lookups/", headers, deep), {"400", "413"}),
        "JSON list of a million": (post("/api/v1/lookups/", headers, json.dumps([1] * 1_000_000).encode()), {"400", "413"}),
        "line of nonsense": (b"\x16\x03\x01\x02\x00\x01\x00" * 20 + b"\r\n\r\n", {"400", "hung up"}),
    }  # fmt: skip


def flood(site: Served, headers: bytes, *, megabytes: int, seconds: float, sockets: int = 50) -> Told:
    """All of it, one after the other; a client that means well is served all the while."""
    told = Told("too much and too slow, at gunicorn itself")
    before, workers = site.memory(), site.workers()
    for name, (request, may_be) in oversized(headers, megabytes).items():
        came, _ = site.ask(request)
        told.note(name, came, got_through="" if came in may_be else f"{came}, not {sorted(may_be)}")
        _still_served(site, told, f"served after: {name}")
    for name, begin, more in (
        (f"{sockets} x a header a second", LIVE, b"X-Slow: 1\r\n"),
        (f"{sockets} x a body by the byte", post("/sign-in/", headers, b"")[:-4].replace(b"Length: 0", b"Length: 5000") + b"\r\n\r\n", b"x"),
        (f"{sockets} x nothing at all", b"", b""),
        (f"{sockets} x answered and never hung up", LIVE + b"Connection: close\r\n\r\n", b"x"),
    ):  # fmt: skip
        slow = Slow(site, begin, more, sockets=sockets, every=min(1.0, seconds / 2))
        slow.start()
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            _still_served(site, told, f"served beside: {name}")
            time.sleep(0.2)
        for came in slow.end():
            told.note(name, came)
    after = site.memory()
    told.note("memory of the fullest worker", f"{before} MB before, {after} MB after")
    if after - before > 100:
        told.through.append(f"memory grew from {before} to {after} MB")
    if site.workers() != workers:
        told.through.append("a worker died")
    return told


def _still_served(site: Served, told: Told, when: str) -> None:
    came, took = site.livez()
    told.note(when, came, got_through="" if came == "200" and took < 2 else f"{came} after {took:.1f} s")
