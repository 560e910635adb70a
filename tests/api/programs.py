"""A program at the API: it sends what it saw last, and reads the ledger afterwards."""

from datetime import datetime
from typing import Any

import time_machine
from django.http import HttpResponse
from django.test import Client

from continuity.agencies.models import Membership
from continuity.disclosures.models import LedgerEntry
from tests import builders as b
from tests.cast import Cast, signed_in

CONSENTS = "/api/v1/consents/"
JSON = "application/json"
SIGNED = {
    "signer_name": "Sam Testcase",
    "signature_method": "ink_scanned",
    "signed_at": b.NOW.isoformat(),
    "copy_given_at": b.NOW.isoformat(),
    "collection_context": "clinic",
    "attests_capacity": True,
}


def content(cast: Cast, **changes: Any) -> dict[str, Any]:
    """A form on which Sam lets the county tell the police; complete."""
    return {
        "instrument": "hipaa_authorization",
        "disclosing_agencies": [cast.county.code],
        "recipients": [{"agency": cast.police.code, "categories": ["D1", "D2"]}],
        "categories": ["D1", "D2"],
        "purposes": ["le_crisis_response"],
        "information_description": "What helps, and earlier contacts.",
        "expires_on": "2027-03-31",
        "revocation_method": "In writing, or by word to any member of staff.",
        "states_right_to_revoke": True,
        "states_reliance_exception": True,
        "states_no_conditioning": True,
        "states_redisclosure_risk": True,
    } | changes


class Program:
    """One signed-in program; `at` is its clock."""

    def __init__(self, by: Membership, at: datetime = b.NOW, client: Client | None = None) -> None:
        with time_machine.travel(at, tick=False):
            self.client, self.at = signed_in(by, client), at

    def get(self, path: str, **headers: str) -> HttpResponse:
        with time_machine.travel(self.at, tick=False):
            return self.client.get(path, headers=headers)

    def post(self, path: str, body: Any = None, *, form: bool = False, **headers: str) -> HttpResponse:
        """POST JSON, or a form; `headers` in snake case, as `if_match`."""
        kind = {} if form else {"content_type": JSON}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        with time_machine.travel(self.at, tick=False):
            return self.client.post(path, {} if body is None else body, headers=named, **kind)

    def patch(self, path: str, body: Any, **headers: str) -> HttpResponse:
        return self._send("patch", path, body, headers)

    def put(self, path: str, body: Any, **headers: str) -> HttpResponse:
        return self._send("put", path, body, headers)

    def _send(self, method: str, path: str, body: Any, headers: dict[str, str]) -> HttpResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        with time_machine.travel(self.at, tick=False):
            return getattr(self.client, method)(path, body, content_type=JSON, headers=named)

    def draft(self, cast: Cast, **changes: Any) -> HttpResponse:
        return self.post(CONSENTS, {"person": str(cast.sam.pk)} | content(cast, **changes))

    def act(self, seen: HttpResponse, verb: str, body: Any = None, **headers: str) -> HttpResponse:
        """A verb on the consent of an answer, with the tag of that answer."""
        path = f"{CONSENTS}{seen.json()['id']}/{verb}/"
        return self.post(path, body, **({"if_match": seen["ETag"]} | headers))

    def see(self, consent: Any) -> HttpResponse:
        return self.get(f"{CONSENTS}{consent.pk}/")


def row_of(asker: Membership) -> LedgerEntry:
    """The one row that this member's reading left."""
    return LedgerEntry.objects.get(asker=asker)


def problem(response: HttpResponse, status: int, code: str = "") -> dict[str, Any]:
    """The body of a problem of this status and code."""
    assert (response.status_code, response["Content-Type"]) == (status, "application/problem+json")
    body = response.json()
    assert {"type", "title", "status", "detail"} <= set(body)
    assert body["status"] == status
    assert not code or body["type"] == f"urn:continuity:problem:{code}", body
    return body


def pointers(response: HttpResponse) -> dict[str, str]:
    return {error["pointer"]: error["code"] for error in problem(response, 400)["errors"]}
