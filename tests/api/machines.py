"""A program of an agency as its maker writes it: a key pair, an assertion, a token; all of it can be got wrong."""

import json
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from continuity.agencies.machines import register_client
from continuity.agencies.models import Agency, MachineClient, Membership
from tests import builders as b

FORM = "application/x-www-form-urlencoded"
TOKEN = "/api/v1/token/"
AUDIENCE = f"http://testserver{TOKEN}"
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@cache
def key_pair(kid: str, kind: str = "EC") -> Any:
    """A private key for each name."""
    return ec.generate_private_key(ec.SECP384R1()) if kind == "EC" else rsa.generate_private_key(65537, 2048)


def public(kid: str, kind: str = "EC") -> dict[str, Any]:
    """The public half as a JSON Web Key."""
    algorithm = jwt.get_algorithm_by_name("ES384" if kind == "EC" else "RS384")
    return json.loads(algorithm.to_jwk(key_pair(kid, kind).public_key())) | {"kid": kid}


def administrator(agency: Agency) -> Membership:
    name = f"admin-of-{agency.code}"
    known = Membership.objects.select_related("member", "agency").filter(member__username=name).first()
    return known or b.member(name, agency, "agency_admin")


def program(agency: Agency, *scopes: str, by: Membership | None = None, **fields: Any) -> MachineClient:
    """A registered program with one EC key, `first`."""
    said = {"name": "CAD bridge", "jwks": {"keys": [public("first")]}, "at": b.NOW} | fields
    return register_client(by=by or administrator(agency), scopes=scopes or ["contacts.read"], **said)


def claims_of(client: MachineClient, at: datetime | None = None, **changes: Any) -> dict[str, Any]:
    """The claims of a good assertion; None takes one away."""
    name, now = client.application.client_id, at or timezone.now()
    said = {
        "iss": name,
        "sub": name,
        "aud": AUDIENCE,
        "exp": int((now + timedelta(minutes=4)).timestamp()),
        "iat": int(now.timestamp()),
        "jti": uuid4().hex,
    }
    return {claim: value for claim, value in (said | changes).items() if value is not None}


def signed(claims: dict[str, Any], key: str = "first", kind: str = "EC", **header: Any) -> str:
    """An assertion; `header` says otherwise than what was signed with, None leaves a member out."""
    algorithm = "ES384" if kind == "EC" else "RS384"
    said = {name: value for name, value in ({"kid": key} | header).items() if value is not None}
    return jwt.encode(claims, key_pair(key, kind), algorithm, headers=said)


def ask(assertion: str, *, browser: Client | None = None, **fields: Any) -> HttpResponse:
    """Ask for a token with this assertion."""
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": ASSERTION,
        "client_assertion": assertion,
    } | fields
    body = {name: value for name, value in form.items() if value is not None}
    return (browser or Client()).post(TOKEN, urlencode(body, doseq=True), content_type=FORM)


def token_of(client: MachineClient, scope: str | None = None) -> str:
    """A good token."""
    answer = ask(signed(claims_of(client)), scope=scope)
    assert answer.status_code == 200, answer.content
    return answer.json()["access_token"]


class Bearer(Client):
    """A browserless client that sends its token, and for whom it asks."""

    def __init__(self, token: str, whom: str = "") -> None:
        headers = {"Authorization": f"Bearer {token}"} | ({"Continuity-Acting-For": whom} if whom else {})
        super().__init__(headers=headers)
