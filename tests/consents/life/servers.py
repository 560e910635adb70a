"""Two servers' worth of connections: each a thread with a database connection and browsers of its own."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

from django.db import connections
from django.test import Client

from continuity.agencies.models import Membership
from tests.cast import signed_in

T = TypeVar("T")
_STILL_THERE = 60  # seconds


class Server:
    """One of them; `run` does a piece of work in its thread and on its connection."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1)
        self._clients: dict[Any, tuple[float, Client]] = {}

    def run(self, work: Callable[[], T]) -> T:
        return self._thread.submit(work).result()

    def post(self, by: Membership, url: str, body: dict[str, Any], **headers: str) -> Any:
        """Send JSON as this member; called inside `run`."""
        return self._client(by).post(url, body, content_type="application/json", headers=headers)

    def get(self, by: Membership, url: str) -> Any:
        """Read an address as this member; called inside `run`."""
        return self._client(by).get(url)

    def attach(self, by: Membership, url: str, parts: dict[str, Any]) -> Any:
        """Send a form with a file as this member; called inside `run`."""
        return self._client(by).post(url, parts)

    def _client(self, by: Membership) -> Client:
        signed_in_at, client = self._clients.get(by.pk, (0.0, None))
        # The clock of a life jumps both ways: the gravest verbs want to know who sits there now.
        if client is None or abs(time.time() - signed_in_at) > _STILL_THERE:
            client = signed_in(by)
            self._clients[by.pk] = (time.time(), client)
        return client

    def close(self) -> None:
        self.run(connections.close_all)
        self._thread.shutdown()


@contextmanager
def two_servers() -> Iterator[tuple[Server, Server]]:
    pair = Server(), Server()
    try:
        yield pair
    finally:
        for server in pair:
            server.close()
