"""Requests that the API's own schema allows, sent by two roles; whatever comes back must be what the schema says.

In one process, through the WSGI application, each request undone afterwards; the clock stands still.
"""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import Client
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from continuity.disclosures.models import LedgerEntry
from tests import builders as b
from tests.api.served_schema import served_schema
from tests.api.states import STATES
from tests.cast import Cast, signed_in

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
_CSRF = "fuzzfuzzfuzzfuzzfuzzfuzzfuzzfuzz"  # 32 letters, as Django's own
# What is told here is about nobody.
_ABOUT_NOBODY = ("/meta/", "/duty/", "/schema/", "/docs/", "/notice-preference/", "/triage-suggestion/")


@dataclass
class Fuzz:
    """What was sent and what was wrong with the answers."""

    cast: Cast
    rows: dict[str, Any]
    clients: dict[str, Client]
    examples: int
    sent: int = 0
    told: int = 0
    faults: list[str] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)
    chance: random.Random = field(default_factory=lambda: random.Random(1))

    def run(self) -> None:
        for operation in operations():
            for role, client in self.clients.items():
                self._try(operation, role, client)

    def _try(self, operation: Any, role: str, client: Client) -> None:
        @seed(20261122)
        @settings(
            max_examples=self.examples,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def send(case: Any) -> None:
            self._send(case, role, client)

        send()

    def __str__(self) -> str:
        return (
            f"{self.sent} requests, {self.told} told of somebody, {len(self.faults)} faults; {self.statuses}"
        )

    def _send(self, case: Any, role: str, client: Client) -> None:
        """One request; three of four name records that there are, as somebody who saw them would."""
        if self.chance.random() < 0.75:
            self._name_records(case)
        cookies = {key: morsel.value for key, morsel in client.cookies.items()} | {"csrftoken": _CSRF}
        self.sent += 1
        with b.undone():
            response = case.call(headers={"X-CSRFToken": _CSRF}, cookies=cookies)
            self.statuses[response.status_code] = self.statuses.get(response.status_code, 0) + 1
            rows = LedgerEntry.objects.filter(request_id=response.headers["x-request-id"][0]).count()
        try:
            case.validate_response(response, checks=CHECKS)
        except BaseException as fault:  # groups of failures, too
            self.faults.append(f"{role}: {case.method} {case.formatted_path}: {_said(fault)}")
        if response.status_code < 300 and tells_of_somebody(case, response.content):
            self.told += 1
            if not rows:
                self.faults.append(f"{role}: {case.method} {case.formatted_path}: told without a ledger row")

    def _name_records(self, case: Any) -> None:
        named = {name: self.rows.get(name) for name in case.path_parameters or {}}
        for name, row in named.items():
            if row is not None:
                case.path_parameters[name] = str(row.pk)
                if "If-Match" in (case.headers or {}):
                    case.headers["If-Match"] = f'"{row.pk}.{getattr(row, "version", 1)}"'


def tells_of_somebody(case: Any, content: bytes) -> bool:
    """Whether a record about a person was read out: what answers a reading, and a look-up's record."""
    if any(part in case.path for part in _ABOUT_NOBODY):
        return False
    return case.method == "GET" or b'"record": {' in content or b"narrative" in content


def operations() -> Iterator[Any]:
    """Every operation of the schema as the site serves it, sent into this process."""
    found = schemathesis.openapi.from_dict(deepcopy(served_schema()))
    site = WSGIHandler()  # get_wsgi_application would set up logging anew, and take the watch away
    # Of an address whose X-Request-ID is believed: by it the ledger's row is found.
    found.app = lambda environ, start: site(environ | {"REMOTE_ADDR": "127.0.0.1"}, start)
    found.config.update(base_url="http://localhost")
    for result in found.get_all_operations():
        yield result.ok()


def _said(fault: BaseException) -> str:
    inner = getattr(fault, "exceptions", (fault,))
    return "; ".join(f"{type(one).__name__} {one}" for one in inner)[:600]


def fuzz(cast: Cast, examples: int) -> Fuzz:
    """An officer and an embedded clinician send `examples` of each operation."""
    made = Fuzz(
        cast,
        _rows(cast),
        {"officer": signed_in(cast.reyes), "clinician": signed_in(cast.embedded)},
        examples,
    )
    with _own_connection():
        made.run()
    return made


@contextmanager
def _own_connection() -> Iterator[None]:
    """A request inside a test's transaction must not let its connection go, as Django's own client sees to."""
    both = (request_started, request_finished)
    for one in both:
        one.disconnect(close_old_connections)
    try:
        yield
    finally:
        for one in both:
            one.connect(close_old_connections)


def _rows(cast: Cast) -> dict[str, Any]:
    rows = {
        name: STATES[name](cast, (cast.embedded,))
        for name in ("draft", "amendment", "flag", "tip", "plan", "team_link", "linkage", "follow_up", "handed_on", "notice")
    }  # fmt: skip
    consent = cast.consent()
    return {
        "person_id": cast.sam,
        "contact_id": cast.sams_contact,
        "link_id": rows["team_link"],
        "transfer_id": rows["handed_on"],
        "consent_id": consent,
        "document_id": consent.documents.get(),
        **{f"{name}_id": row for name, row in rows.items()},
    }
