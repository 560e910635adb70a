"""An agency's own system: takes signed messages on this machine, or is out of order in one of many ways."""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread

from standardwebhooks import Webhook

SECRET = b"a secret of twenty-four b"


@dataclass(frozen=True)
class Received:
    """One request: its id, when it came, its headers and its bytes."""

    id: str
    at: float
    headers: dict[str, str]
    body: str


@dataclass
class Receiver:
    """`mood` is how it answers: ok, slow, hang, close, drip, redirect, or a status."""

    port: int = 0
    mood: str = "ok"
    tried: Counter[str] = field(default_factory=Counter)
    taken: list[Received] = field(default_factory=list)
    end: Event = field(default_factory=Event)
    lock: Lock = field(default_factory=Lock)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?of=continuity"

    @property
    def ids(self) -> set[str]:
        with self.lock:
            return {one.id for one in self.taken}

    def first_at(self, notice_id: str) -> float:
        return min(one.at for one in self.taken if one.id == notice_id)


class _Handler(BaseHTTPRequestHandler):
    receiver: Receiver

    def do_POST(self) -> None:
        receiver, mood = self.receiver, self.receiver.mood
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        with receiver.lock:
            receiver.tried[self.headers["webhook-id"]] += 1
        if mood == "hang":
            while receiver.mood == "hang" and not receiver.end.wait(0.05):
                pass
            self.connection.close()
        elif mood == "close":
            self.connection.close()
        elif mood == "drip":
            self._drip()
        elif mood in ("ok", "slow"):
            time.sleep(0.1 if mood == "slow" else 0)
            Webhook(SECRET).verify(body, dict(self.headers), json_parse=False)
            with receiver.lock:
                headers = {name.lower(): text for name, text in self.headers.items()}
                receiver.taken.append(Received(headers["webhook-id"], time.time(), headers, body))
            self._answer(204)
        else:
            self._answer(302 if mood == "redirect" else int(mood))

    def _answer(self, status: int) -> None:
        self.send_response(status)
        if status == 302:
            self.send_header("Location", self.receiver.url.replace("hook", "elsewhere"))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _drip(self) -> None:
        try:
            while not self.receiver.end.wait(0.2):
                self.wfile.write(b"H")
                self.wfile.flush()
        except OSError:
            pass

    def handle(self) -> None:
        with suppress(OSError, ValueError):  # hung up in the middle, by us or by the sender
            super().handle()

    def log_message(self, format: str, *args: object) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 100

    def handle_error(self, request: object, client_address: object) -> None:
        pass


@contextmanager
def listening(mood: str = "ok") -> Iterator[Receiver]:
    receiver = Receiver(mood=mood)
    server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"receiver": receiver}))
    receiver.port = server.server_address[1]
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield receiver
    finally:
        receiver.end.set()
        server.shutdown()
        server.server_close()
        thread.join()
