"""The site as production runs it, signed-in sessions for it, and clients that cost it as little as can be."""

import json
import os
import selectors
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session
from django.utils import timezone

from continuity.agencies.models import Membership
from tests.bench.figures import Run, family
from tests.bench.targets import Target

WORKERS, THREADS = 2, 4
_CSRF = "benchbenchbenchbenchbenchbench12"  # 32 letters and digits, as Django's own


def with_database(url: str, database: str) -> str:
    """The same server and role, another database."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))


def sign_in(memberships: Sequence[Membership]) -> list[tuple[UUID, str]]:
    """A session for each member as a password sign-in leaves it; membership and session key."""
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    now, expires = int(time.time()), timezone.now() + timedelta(seconds=settings.SESSION_COOKIE_AGE)
    rows = [
        Session(
            session_key=store._get_new_session_key(),
            expire_date=expires,
            session_data=store.encode(
                {
                    SESSION_KEY: str(one.member_id),
                    BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[-1],
                    HASH_SESSION_KEY: one.member.get_session_auth_hash(),
                    "started": now,
                    "touched": now,
                    "factor": "totp",
                    "fresh_at": now,
                    "idle": settings.SESSION_COOKIE_AGE,
                }
            ),
        )
        for one in memberships
    ]
    Session.objects.bulk_create(rows, batch_size=1000)
    UserSession.objects.bulk_create(
        [
            UserSession(
                user=one.member, session_key=row.session_key, ip="127.0.0.1", user_agent="Chrome Android"
            )
            for one, row in zip(memberships, rows, strict=True)
        ],
        batch_size=1000,
    )
    return [(one.pk, row.session_key) for one, row in zip(memberships, rows, strict=True)]


def question(session_key: str, last: str, first: str, birth_date: str) -> bytes:
    """The whole request of a signed-in client, as bytes."""
    body = json.dumps(
        {
            "incident_ref": "2026-0001",
            "purpose": "le_crisis_response",
            "last": last,
            "first": first,
            "birth_date": birth_date,
        }
    ).encode()
    head = (
        "POST /api/v1/lookups/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Cookie: sessionid={session_key}; csrftoken={_CSRF}\r\nX-CSRFToken: {_CSRF}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def question_about(target: Target) -> bytes:
    return question(target.session_key, target.last, target.first, target.birth_date.isoformat())


@dataclass(frozen=True)
class Site:
    """A running site: where, and which processes it is made of."""

    address: tuple[str, int]
    parent: int

    @property
    def workers(self) -> list[int]:
        return family(self.parent)[1:]


@contextmanager
def serving(database: str, application: str = "config.wsgi", **variables: str) -> Iterator[Site]:
    """gunicorn with the production settings on a free port, until the block ends."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = os.environ | {
        "DATABASE_URL": with_database(os.environ["DATABASE_URL"], database),
        "LOG_LEVEL": "ERROR",
        **variables,
    }
    command = [sys.executable, "-m", "gunicorn", "--config", "python:config.gunicorn", application]
    command += ["--bind", f"127.0.0.1:{port}", "--workers", str(WORKERS), "--threads", str(THREADS)]
    command += ["--log-level", "error"]
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            _await(port, process)
            yield Site(("127.0.0.1", port), process.pid)
        except BaseException:
            log.seek(0)
            sys.stderr.write(log.read()[-4000:])
            raise
        finally:
            process.terminate()
            process.wait(30)


def _await(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    request = b"GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
                line.sendall(request)
                if line.recv(64).startswith(b"HTTP/1.1 200"):
                    return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError("the site does not start")


class Client:
    """One keep-alive connection with one question on its way."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.line = socket.create_connection(address, timeout=30)
        self.line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._answer = b""
        self._length = -1

    def ask(self, request: bytes) -> None:
        self._answer, self._length = b"", -1
        self.begun = time.perf_counter()
        self.line.sendall(request)

    def hear(self) -> bytes | None:
        """The whole answer, or None while some of it is missing."""
        part = self.line.recv(65536)
        if not part:
            raise ConnectionError("the site hung up")
        self._answer += part
        if self._length < 0 and (end := self._answer.find(b"\r\n\r\n")) >= 0:
            start = self._answer.find(b"Content-Length: ") + 16
            self._length = end + 4 + int(self._answer[start : self._answer.index(b"\r\n", start)])
        return self._answer if len(self._answer) == self._length else None

    def ask_and_wait(self, request: bytes) -> bytes:
        self.ask(request)
        while (answer := self.hear()) is None:
            pass
        return answer


def _sockets_of(process: int) -> int:
    try:
        links = [os.readlink(one) for one in Path(f"/proc/{process}/fd").iterdir()]
    except OSError:
        return 0
    return sum(link.startswith("socket:") for link in links)


def _connect(site: Site, clients: int, request: bytes) -> list[Client]:
    """`clients` connections, spread evenly over the workers as a proxy would."""
    for _ in range(200):
        idle = [_sockets_of(worker) for worker in site.workers]
        lines = [Client(site.address) for _ in range(clients)]
        for line in lines:
            line.ask_and_wait(request)
        taken = [_sockets_of(worker) - before for worker, before in zip(site.workers, idle, strict=True)]
        if max(taken) - min(taken) <= 1:
            break
        for line in lines:
            line.line.close()
        time.sleep(0.05)
    return lines


def run(
    site: Site,
    requests: Sequence[bytes],
    clients: int,
    seconds: float,
    *,
    must_hold: bytes = b'"result": "record"',
) -> Run:
    """Ask for `seconds` over `clients` connections; every answer must be a 200 that holds `must_hold`."""
    times: list[float] = []
    number, clock = 0, time.perf_counter
    lines = _connect(site, clients, requests[0])
    try:
        with selectors.DefaultSelector() as ready:
            for line in lines:
                ready.register(line.line, selectors.EVENT_READ, line)
                line.ask(requests[(number := number + 1) % len(requests)])
            end, waiting = clock() + seconds, clients
            while waiting:
                for key, _ in ready.select():
                    line = key.data
                    if (answer := line.hear()) is None:
                        continue
                    now = clock()
                    if not answer.startswith(b"HTTP/1.1 200") or must_hold not in answer:
                        raise AssertionError(f"not the answer expected: {answer[:400]!r}")
                    if now < end:
                        times.append(now - line.begun)
                        line.ask(requests[(number := number + 1) % len(requests)])
                    else:
                        waiting -= 1
    finally:
        for line in lines:
            line.line.close()
    return Run(times, seconds)
