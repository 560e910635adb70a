"""SIGKILL to the server while clients ask, and afterwards what they heard against the ledger (S-6: ledger before data)."""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from django.db import connection, connections

from continuity.disclosures import services
from continuity.disclosures.models import LedgerEntry
from continuity.trail.one_trip import Statement
from tests.bench import site
from tests.bench.figures import family
from tests.consents.load import county

CLIENTS = 6
SITE = "tests.lookup.served"
_OUTCOME = {
    "record": {LedgerEntry.Outcome.RELEASED},
    "no_shareable_information": {LedgerEntry.Outcome.EMPTY, LedgerEntry.Outcome.REFUSED},
}


@dataclass
class Server:
    """gunicorn as operations.md starts it, in a process group of its own; `application` is what it serves."""

    application: str = SITE
    environment: dict[str, str] = field(default_factory=dict)
    process: "subprocess.Popen[bytes] | None" = None

    def __post_init__(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.address: tuple[str, int] = free.getsockname()
        name = str(connections["default"].settings_dict["NAME"])
        self.environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DATABASE_URL": site.with_database(os.environ["DATABASE_URL"], name),
            "INSECURE_COOKIES": "true",  # loopback has no TLS
            "TRUSTED_PROXIES": "127.0.0.1",  # whose X-Request-ID is believed
            "LOOKUP_RATE": "1000000/min",
            "LOOKUP_SHIFT_RATE": "1000000/shift",
            "LOG_LEVEL": "CRITICAL",
        }  # fmt: skip

    def start(self) -> None:
        """`--preload` only so that the workers of a killed server are back soon: they import nothing anew."""
        command = [sys.executable, "-W", "ignore", "-m", "gunicorn", self.application, "--preload"]
        command += [
            "--bind",
            "{}:{}".format(*self.address),
            "--worker-class",
            "gthread",
            "--keep-alive",
            "60",
        ]
        command += ["--workers", str(site.WORKERS), "--threads", str(site.THREADS), "--log-level", "critical"]
        self.process = subprocess.Popen(
            command, env=self.environment, start_new_session=True, stderr=subprocess.DEVNULL
        )

    def kill(self, *, whole: bool) -> None:
        """SIGKILL to all workers at once, which the master replaces, or to the whole server, which starts anew."""
        assert self.process
        if not whole:
            for worker in family(self.process.pid)[1:]:
                with suppress(ProcessLookupError):
                    os.kill(worker, signal.SIGKILL)
            return
        self.end()
        self.start()

    def end(self) -> None:
        assert self.process
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@contextmanager
def serving(application: str) -> Iterator[Server]:
    server = Server(application)
    server.start()
    try:
        yield server
    finally:
        server.end()


class Asking(threading.Thread):
    """One client: asks without end, each time under an id of its own, and writes down what it heard."""

    def __init__(self, address: tuple[str, int], requests: Sequence[bytes], over: threading.Event) -> None:
        super().__init__(daemon=True)
        self.address, self.requests, self.over = address, requests, over
        self.sent: list[str] = []
        self.heard: dict[str, bytes] = {}

    def run(self) -> None:
        while not self.over.is_set():
            try:
                line = _Line(self.address)
                with line.line:
                    while not self.over.is_set():
                        self._ask(line)
            except OSError:
                time.sleep(0.01)

    def _ask(self, line: "_Line") -> None:
        name = uuid4().hex
        head, _, body = random.choice(self.requests).partition(b"\r\n\r\n")
        line.ask(head + b"\r\nX-Request-ID: " + name.encode() + b"\r\n\r\n" + body)
        self.sent.append(name)
        try:
            while line.hear() is None:
                pass
        finally:  # a part of an answer was heard, too
            if line.heard:
                self.heard[name] = line.heard


class _Line(site.Client):
    @property
    def heard(self) -> bytes:
        return self._answer


@dataclass(frozen=True)
class Outcome:
    """What the clients' log and the ledger say together."""

    kills: int
    sent: int
    answers: int
    rows: int
    unanswered: int
    without_row: list[str]
    other_than_row: list[str]

    def __str__(self) -> str:
        return (
            f"{self.kills} kills, {self.sent} questions, {self.answers} answers, {self.rows} ledger rows,"
            f" {self.unanswered} rows without an answer, {len(self.without_row)} answers without a row,"
            f" {len(self.other_than_row)} answers other than their row"
        )


def crash(*, kills: int, application: str = SITE, whole_every: int = 7, people: int = 8) -> Outcome:
    """Kill the server `kills` times while clients ask; every `whole_every`th time its master, too."""
    stories, officers, _ = county(people)
    questions = [story.question for story in stories]
    questions += [
        question | {"last": f"{question['last']}x"} for question in questions
    ]  # nobody of that name
    over, asked = threading.Event(), []
    for _, session in site.sign_in(officers):
        asked.append([_request(session, question) for question in questions])
    connections.close_all()
    with serving(application) as server:
        clients = [Asking(server.address, requests, over) for requests in asked[:CLIENTS]]
        for client in clients:
            client.start()
        try:
            for number in range(1, kills + 1):
                _await_answers(clients, server)
                time.sleep(random.uniform(0, 0.08))
                server.kill(whole=number % whole_every == 0)
            _await_answers(clients, server)
        finally:
            over.set()
            for client in clients:
                client.join()
    _await_database()
    return judge(kills, clients)


def _request(session: str, question: dict[str, str]) -> bytes:
    return site.question(session, question["last"], question["first"], question["birth_date"])


def _await_answers(clients: Sequence[Asking], server: Server) -> None:
    """Every client hears the server again. Raises TimeoutError."""
    before = [len(client.heard) for client in clients]
    deadline = time.monotonic() + 30
    while any(len(one.heard) <= count for one, count in zip(clients, before, strict=True)):
        if time.monotonic() > deadline:
            raise TimeoutError("the server does not come back")
        time.sleep(0.005)


def _await_database() -> None:
    """A killed server's last statement may still be on its way: wait until nothing runs any more."""
    running = (
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'"
    )
    deadline, left = time.monotonic() + 10, 1
    while left and time.monotonic() < deadline:
        time.sleep(0.2)
        with connection.cursor() as cursor:
            cursor.execute(running)
            left = cursor.fetchone()[0]


def judge(kills: int, clients: Sequence[Asking]) -> Outcome:
    """Whatever was heard, if only in part, has its row; a whole answer says what its row says."""
    rows = {row.request_id: row for row in LedgerEntry.objects.all()}
    heard = {name: answer for client in clients for name, answer in client.heard.items()}
    sent = {name for client in clients for name in client.sent}
    whole = {name: found for name, answer in heard.items() if (found := _body(answer)) is not None}
    assert len(rows) == LedgerEntry.objects.count(), "one row for each request"
    return Outcome(
        kills=kills,
        sent=len(sent),
        answers=len(whole),
        rows=len(rows),
        unanswered=len(rows.keys() - whole.keys()),
        without_row=sorted(heard.keys() - rows.keys()),
        other_than_row=[
            name for name, body in whole.items() if name in rows and not _agree(body, rows[name])
        ],
    )


def _body(answer: bytes) -> dict[str, object] | None:
    """The answer's JSON; None where the server died in the middle of it."""
    head, _, body = answer.partition(b"\r\n\r\n")
    length = int(head.partition(b"Content-Length: ")[2].partition(b"\r\n")[0] or -1)
    if len(body) != length:
        return None
    assert head.startswith(b"HTTP/1.1 200"), answer
    found: dict[str, object] = json.loads(body)
    return found


def _agree(body: dict[str, object], row: LedgerEntry) -> bool:
    told = body.get("record")
    named = told.get("ledger_id") if isinstance(told, dict) else None
    return row.outcome in _OUTCOME[str(body["result"])] and named in (None, str(row.pk))


def answer_first(application: Callable[..., Any]) -> Callable[..., Any]:
    """The fault that nobody may make: the ledgered read is committed after the answer left."""
    read = services.ledgered_read
    services.ledgered_read = lambda **form: _CommitsLater(read(**form))  # type: ignore[assignment,misc,return-value]

    def serve(environ: dict[str, Any], start_response: Any) -> Any:
        answer = application(environ, start_response)
        return _Committed(answer) if environ["REQUEST_METHOD"] == "POST" else answer

    return serve


class _CommitsLater:
    def __init__(self, statement: Statement) -> None:
        self.statement = statement

    def ask(self, parameters: Any) -> list[tuple[Any, ...]]:
        connection.ensure_connection()
        connection.connection.autocommit = False
        connection.connection.execute("SELECT")  # begins
        return self.statement.ask(parameters)


class _Committed:
    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.answer)

    def close(self) -> None:
        """gunicorn calls this when the answer is out."""
        time.sleep(0.1)
        connection.connection.commit()
        connection.connection.autocommit = True
        self.answer.close()
