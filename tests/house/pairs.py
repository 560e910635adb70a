"""Two worlds that differ in what must stay hidden from an asker; what they answer the asker is compared byte by byte.

The clock stands still. Ids that a request makes are random, and so are tokens against forged requests: these alone are
replaced before comparing, an id by its number of appearance, and a time-ordered one keeps its time.
"""

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from http.cookies import SimpleCookie
from typing import Any
from uuid import UUID

from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import UUIDField
from django.test import Client

from continuity.agencies.models import Membership
from continuity.consents.models import Consent
from continuity.crisis.models import CrisisContact
from tests import builders as b
from tests.cast import signed_in

_ID = re.compile(rb"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")
TOKEN = re.compile(rb'(name="csrfmiddlewaretoken" value=")[A-Za-z0-9]{64}')
_TOKEN_HEADER = re.compile(rb'(X-CSRFToken"?: ?(?:&quot;|"))[A-Za-z0-9]{64}', re.IGNORECASE)
_ONCE = re.compile(rb'(name="once" value=")[0-9a-f]{32}')
# Numbers of new consents and contacts are made of their random ids.
_NUMBER = re.compile(rb"\b(?:20\d\d-[0-9A-Z]{8}|[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{4})\b")
# What a new second factor is made of, and what a key is asked.
_NEW_FACTOR = re.compile(rb'(data-key-(?:get|create)="|svg\+xml;base64,|id="secret">)[^"<]*')
_DIGEST = re.compile(rb"(<id [^>]*>\.[0-9]+\.)[0-9a-f]{12}")
_REQUEST_ID = "pair-of-worlds"


@dataclass(frozen=True)
class Ask:
    """One request; `body` of a form is a dict, of JSON a text."""

    method: str
    url: str
    body: Any = None
    headers: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        return " ".join(filter(None, (self.method, self.url, str(self.body or ""), str(self.headers or ""))))


@dataclass(frozen=True)
class Heard:
    """All of an answer that reaches the asker."""

    status: int
    headers: tuple[tuple[str, bytes], ...]
    body: bytes


@dataclass
class Asker:
    """Somebody at a browser or program; `given` are the ids that this county has in both worlds."""

    name: str
    by: Membership
    given: frozenset[bytes]
    client: Client = field(init=False)
    cookies: str = field(init=False)

    def __post_init__(self) -> None:
        self.client = signed_in(self.by)
        self.client.raise_request_exception = False
        self.client.get(
            "/shade/"
        )  # the session's first touch is written down here, not by every request below
        self.cookies = self.client.cookies.output(header="", sep=";")

    def hear(self, ask: Ask) -> Heard:
        """The answer, and nothing of what the request wrote stays."""
        self.client.cookies = SimpleCookie(self.cookies)
        headers = {"X-Request-ID": _REQUEST_ID, **dict(ask.headers)}
        sent = {"content_type": "application/json"} if isinstance(ask.body, str) else {}
        with b.undone():
            send = getattr(self.client, ask.method.lower())
            got = send(
                ask.url, *([_fresh(ask.body)] if ask.body is not None else []), headers=headers, **sent
            )
            body = b"".join(got.streaming_content) if got.streaming else got.content
        return self._settled(got.status_code, list(got.headers.items()), got.cookies, body)

    def _settled(self, status: int, headers: list[tuple[str, str]], cookies: Any, body: bytes) -> Heard:
        named: dict[bytes, bytes] = {}

        def settle(text: bytes) -> bytes:
            text = _NUMBER.sub(lambda one: one[0] if one[0] in self.given else b"number", text)
            text = _NEW_FACTOR.sub(rb"\1once", text)
            text = _TOKEN_HEADER.sub(rb"\1token", TOKEN.sub(rb"\1token", _ONCE.sub(rb"\1key", text)))
            return _DIGEST.sub(rb"\1digest of an id", _ID.sub(lambda id_: self._named(id_[0], named), text))

        told = settle(body)
        if _NEW_FACTOR.search(body):  # its picture is as long as chance draws it
            headers = [(name, value) for name, value in headers if name != "Content-Length"]
        kept = [(name, settle(value.encode())) for name, value in headers]
        kept += [(f"cookie {name}", b"set" if one.value else b"gone") for name, one in cookies.items()]
        return Heard(status, tuple(sorted(kept)), told)

    def _named(self, id_: bytes, named: dict[bytes, bytes]) -> bytes:
        if id_ in self.given:
            return id_
        time = id_[:13] if UUID(id_.decode()).version == 7 else b"random"
        return named.setdefault(id_, b"<id %s %d>" % (time, len(named) + 1))


def known_ids() -> frozenset[bytes]:
    """All ids that the database holds now, and the numbers made of them."""
    found: set[bytes] = set()
    for model in apps.get_models():
        if isinstance(model._meta.pk, UUIDField):
            found.update(str(pk).encode() for pk in model._default_manager.values_list("pk", flat=True))
    found.update(one.number.encode() for one in Consent.objects.all())
    found.update(number.encode() for number in CrisisContact.objects.values_list("contact_number", flat=True))
    return frozenset(found)


Asks = Sequence[tuple[Asker, Ask]]


def hear_all(asks: Asks) -> list[Heard]:
    return [asker.hear(ask) for asker, ask in asks]


def compare(
    askers: dict[str, Asker], hide: Callable[[], Any], plan: Callable[[Any], Iterable[tuple[str, Ask]]]
) -> list[str]:
    """Ask all of `plan` with what `hide` makes and without: each request answered differently, or not at all."""
    with b.undone():
        hidden = hide()
        asks = [(askers[name], ask) for name, ask in plan(hidden)]
        with_it = hear_all(asks)
    return differences(asks, with_it, hear_all(asks))


def differences(asks: Asks, with_it: Iterable[Heard], without: Iterable[Heard]) -> list[str]:
    """Each request that is answered differently, or not at all."""
    return [
        f"{asker.name}: {ask}\n  {_apart(left, right)}"
        for (asker, ask), left, right in zip(asks, with_it, without, strict=True)
        if left != right or max(left.status, right.status) >= HTTPStatus.INTERNAL_SERVER_ERROR
    ]


def _apart(left: Heard, right: Heard) -> str:
    if left.status != right.status or left.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return f"{left.status} with, {right.status} without: {left.body[:200]!r} {right.body[:200]!r}"
    if left.headers != right.headers:
        return f"headers: {sorted(set(left.headers) ^ set(right.headers))}"
    pairs = zip(left.body, right.body, strict=False)
    at = next((n for n, (a, z) in enumerate(pairs) if a != z), min(len(left.body), len(right.body)))
    begin = max(0, at - 80)
    return f"with: {left.body[begin : at + 120]!r}\n  without: {right.body[begin : at + 120]!r}"


def _fresh(body: Any) -> Any:
    """A form whose file is read from its beginning."""
    if not isinstance(body, dict):
        return body
    return {
        name: SimpleUploadedFile(one.name, b.SCAN) if isinstance(one, SimpleUploadedFile) else one
        for name, one in body.items()
    }


def as_json(data: Any) -> str:
    return json.dumps(data, default=str)
