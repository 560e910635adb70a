"""gunicorn's threads for whole requests only: who sends slowly, or too much, waits and holds no thread.

gunicorn gives a thread to a connection with its first byte, and lingers at its end in the loop that accepts: a few
dozen clients that send a header a second, or never hang up, would keep everybody else out. Here the loop gathers what
arrives, without waiting, until a request is whole; parsing it stays gunicorn's, on the same bytes.
"""

import re
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from selectors import EVENT_READ
from socket import SHUT_WR
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker

MB = 1024 * 1024
LARGEST_HEAD = 32 * 1024  # bytes
LARGEST_BODY = 6 * MB  # a scan of 5 MB and the form around it
ALL_ARRIVING = 96 * MB  # of one worker together
HEAD_WITHIN, BODY_WITHIN = 10.0, 30.0  # seconds from the first byte on
STALLED = 10.0  # seconds for which a thread waits for one client to take its answer
LEAVE_WITHIN, LEAVE_BYTES = 2.0, 64 * 1024  # what a client still sends after its answer
_READ = 64 * 1024
_HEAD_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,15})[ \t]*\r\n", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:", re.IGNORECASE)
_EXPECTS = re.compile(rb"\r\nexpect:[ \t]*100-continue[ \t]*\r\n", re.IGNORECASE)


@dataclass
class Arriving:
    """What has come of a request; `needed` bytes are all of it, once its head is there."""

    deadline: float
    data: bytearray = field(default_factory=bytearray)
    needed: int | None = None

    @property
    def is_whole(self) -> bool:
        return self.needed is not None and len(self.data) >= self.needed


@dataclass
class Leaving:
    """An answered connection until its client hangs up: closed at once, it could lose the end of the answer."""

    deadline: float
    drained: int = 0


class Connection(TConn):  # type: ignore[misc]  # gunicorn has no types
    """One whose end nobody waits for, and for which no thread waits for ever."""

    def __init__(self, worker: "WholeRequests", *of_gunicorn: Any) -> None:
        super().__init__(*of_gunicorn)
        self.worker = worker

    def init(self) -> None:
        super().init()
        self.sock.settimeout(STALLED)

    def close(self, graceful: bool = False) -> None:
        if graceful:
            self.worker.see_off(self)
        else:
            super().close()


class WholeRequests(ThreadWorker):  # type: ignore[misc]  # as above
    """Threads as gunicorn's, each for the time that a whole request takes to be answered."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.arriving: dict[Any, Arriving] = {}
        self.leaving: dict[Any, Leaving] = {}

    @classmethod
    def check_config(cls, cfg: Any, log: Any) -> None:
        super().check_config(cfg, log)
        if cfg.is_ssl:
            raise RuntimeError("TLS ends at the proxy in front, not here.")

    def accept(self, listener: Any) -> None:
        try:
            sock, client = listener.accept()
        except OSError:  # somebody else has it, or it is gone
            return
        self.nr_conns += 1
        self.enqueue_req(Connection(self, self.cfg, sock, client, listener.getsockname()))

    def enqueue_req(self, conn: Any) -> None:
        """Called in the loop for a connection that may send: it gets a thread when its request is whole."""
        came = self.arriving[conn] = Arriving(time.monotonic() + HEAD_WITHIN)
        if conn.parser is not None:
            came.data += conn.parser.unreader.take_buffered()
        self._listen(conn, self._take_more)
        self._look(conn, came)

    def murder_pending(self) -> None:
        """Also end whoever has taken too long; the loop asks once a second."""
        super().murder_pending()
        now = time.monotonic()
        for conn, came in list(self.arriving.items()):
            if not came.data and (came.deadline < now or not self.alive):
                self._drop(conn)
            elif came.deadline < now:
                self._refuse(conn, HTTPStatus.REQUEST_TIMEOUT)
        for conn in [one for one, left in self.leaving.items() if left.deadline < now]:
            self._drop(conn)

    def see_off(self, conn: Any) -> None:
        """Say that no more comes, and wait in the loop for the client to hang up."""
        self.nr_conns += 1  # counted until it is closed
        self.leaving[conn] = Leaving(time.monotonic() + LEAVE_WITHIN)
        try:
            conn.sock.shutdown(SHUT_WR)
        except OSError:
            self._drop(conn)
        else:
            self._listen(conn, self._drain)

    def _listen(self, conn: Any, act: Callable[[Any], None]) -> None:
        conn.sock.setblocking(False)
        self.poller.register(conn.sock, EVENT_READ, lambda _: act(conn))

    def _take_more(self, conn: Any) -> None:
        part, came = self._read(conn), self.arriving[conn]
        if part is None:
            return
        if not part:  # hung up before the request was whole
            self._drop(conn)
            return
        came.data += part
        self._look(conn, came)

    def _look(self, conn: Any, came: Arriving) -> None:
        """Hand on what is whole, refuse what is too much, wait for the rest of all else."""
        end = came.data.find(_HEAD_END) if came.needed is None else -1
        if end >= 0 and (refused := self._measure(conn, came, end + len(_HEAD_END))):
            self._refuse(conn, refused)
        elif came.is_whole:
            self._hand_on(conn, came)
        elif came.needed is None and len(came.data) > LARGEST_HEAD:
            self._refuse(conn, HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        elif sum(len(one.data) for one in self.arriving.values()) > ALL_ARRIVING:
            self._refuse(conn, HTTPStatus.SERVICE_UNAVAILABLE)

    def _measure(self, conn: Any, came: Arriving, head: int) -> HTTPStatus | None:
        """Note how long the request is; the reason for which it is refused, if there is one."""
        said = bytes(came.data[:head])
        length = _LENGTH.search(said)
        body = int(length[1]) if length else 0
        if head > LARGEST_HEAD:
            return HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
        if body > LARGEST_BODY:
            return HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        if _CHUNKED.search(said):
            return HTTPStatus.LENGTH_REQUIRED
        came.needed, came.deadline = head + body, came.deadline + BODY_WITHIN - HEAD_WITHIN
        if not came.is_whole and _EXPECTS.search(said):
            conn.sock.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        return None

    def _hand_on(self, conn: Any, came: Arriving) -> None:
        self.poller.unregister(conn.sock)
        del self.arriving[conn]
        conn.init()
        conn.parser.unreader.unread(bytes(came.data))
        conn.data_ready = True
        done = self.tpool.submit(self.handle, conn)
        done.add_done_callback(partial(self.method_queue.defer, self.finish_request, conn))

    def _refuse(self, conn: Any, status: HTTPStatus) -> None:
        self.poller.unregister(conn.sock)
        del self.arriving[conn]
        line = f"HTTP/1.1 {status.value} {status.phrase}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
        try:
            conn.sock.send(line.encode())
        except OSError:
            self._drop(conn)
        else:
            self.nr_conns -= 1  # counted anew by see_off
            self.see_off(conn)

    def _drain(self, conn: Any) -> None:
        part, left = self._read(conn), self.leaving[conn]
        if part is None:
            return
        left.drained += len(part)
        if not part or left.drained > LEAVE_BYTES:
            self._drop(conn)

    def _read(self, conn: Any) -> bytes | None:
        """What is there; nothing when the client hung up, None when nothing has come yet."""
        try:
            return bytes(conn.sock.recv(_READ))
        except BlockingIOError:
            return None
        except OSError:
            return b""

    def _drop(self, conn: Any) -> None:
        with suppress(KeyError, ValueError):  # never listened to, or closed already
            self.poller.unregister(conn.sock)
        self.arriving.pop(conn, None)
        self.leaving.pop(conn, None)
        self.nr_conns -= 1
        conn.close()
