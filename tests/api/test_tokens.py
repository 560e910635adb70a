"""`POST /api/v1/token/`: who proves what with which assertion, as a table of outcomes (SMART Backend Services)."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.test import Client
from django.utils import timezone
from oauth2_provider.models import AccessToken

from continuity.agencies import machines as m
from continuity.agencies.models import Agency, MachineClient, Member, Membership
from continuity.trail.models import Event
from tests import builders as b
from tests.api.machines import (
    AUDIENCE,
    FORM,
    TOKEN,
    Bearer,
    administrator,
    ask,
    claims_of,
    key_pair,
    program,
    public,
    signed,
    token_of,
)
from tests.cast import Cast

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class Case:
    """What is sent, and what comes back: the status, RFC 6749's word, and what only the trail knows."""

    name: str
    send: Callable[[MachineClient, Membership], str]
    status: int = 401
    error: str = "invalid_client"
    why: str = ""


def _soon(**ahead: float) -> int:
    return int((timezone.now() + timedelta(**ahead)).timestamp())


def _with(**changes: Any) -> Callable[[MachineClient, Membership], str]:
    return lambda client, by: signed(
        claims_of(client, **{name: _now(value) for name, value in changes.items()})
    )


def _now(value: Any) -> Any:
    return value() if callable(value) else value


def _replayed(client: MachineClient, by: Membership) -> str:
    sent = signed(claims_of(client))
    assert ask(sent).status_code == 200
    return sent


def _symmetric(key: Callable[[], bytes]) -> Callable[[MachineClient, Membership], str]:
    """HS256 or HS384 by hand: the library itself refuses to make such a thing of a public key."""

    def send(client: MachineClient, by: Membership) -> str:
        head = _b64({"alg": "HS256", "typ": "JWT", "kid": "first"}) + b"." + _b64(claims_of(client))
        return (head + b"." + _b64(hmac.new(key(), head, hashlib.sha256).digest())).decode()

    return send


def _unsigned(alg: str) -> Callable[[MachineClient, Membership], str]:
    def send(client: MachineClient, by: Membership) -> str:
        return (_b64({"alg": alg, "kid": "first"}) + b"." + _b64(claims_of(client)) + b".").decode()

    return send


def _b64(said: Any) -> bytes:
    raw = said if isinstance(said, bytes) else json.dumps(said).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=")


def _pem() -> bytes:
    return key_pair("first").public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def _rotated(keep_old: bool, sign_with: str) -> Callable[[MachineClient, Membership], str]:
    """The next key was added; later the old one was taken away."""

    def send(client: MachineClient, by: Membership) -> str:
        sent = signed(claims_of(client), sign_with)
        m.rotate_keys(by=by, client_id=client.pk, jwks={"keys": [public("first"), public("next")]}, at=b.NOW)
        if not keep_old:
            m.rotate_keys(by=by, client_id=client.pk, jwks={"keys": [public("next")]}, at=b.NOW)
        return sent

    return send


def _after(do: Callable[[MachineClient, Membership], object]) -> Callable[[MachineClient, Membership], str]:
    def send(client: MachineClient, by: Membership) -> str:
        do(client, by)
        return signed(claims_of(client))

    return send


def _ended(client: MachineClient, by: Membership) -> None:
    Membership.objects.filter(pk=client.membership_id).update(ended_at=b.NOW)


def _rsa(client: MachineClient, by: Membership) -> str:
    m.rotate_keys(
        by=by, client_id=client.pk, jwks={"keys": [public("first"), public("wide", "RSA")]}, at=b.NOW
    )
    return signed(claims_of(client), "wide", "RSA")


def _es256(client: MachineClient, by: Membership) -> str:
    weak = ec.generate_private_key(ec.SECP256R1())
    return jwt.encode(claims_of(client), weak, "ES256", headers={"kid": "first"})


def _another_program(client: MachineClient, by: Membership) -> str:
    """A good key of another program of the same agency."""
    other = program(by.agency, by=by, name="Other", jwks={"keys": [public("others")]})
    assert other.pk != client.pk
    return signed(claims_of(client), "others")


TAKES = {"status": 200, "error": ""}
CASES = [
    Case("good, ES384", _with(), **TAKES),
    Case("good, RS384", _rsa, **TAKES),
    Case("good, new key while both are kept", _rotated(True, "next"), **TAKES),
    Case("good, old key while both are kept", _rotated(True, "first"), **TAKES),
    Case("good, new key after the old one went", _rotated(False, "next"), **TAKES),
    Case("good, clocks differ by 4 s", _with(exp=lambda: _soon(minutes=5, seconds=4)), **TAKES),
    Case("old key after it was taken away", _rotated(False, "first"), why="unknown_key"),
    Case("replayed", _replayed, why="replayed"),
    Case("expired", _with(exp=lambda: _soon(seconds=-30)), why="expired"),
    Case("lives 6 minutes", _with(exp=lambda: _soon(minutes=6)), why="lives_too_long"),
    Case("lives for ever", _with(exp=10**300), why="lives_too_long"),
    Case("expires never", _with(exp=None), why="claim_missing"),
    Case("expires in words", _with(exp="tomorrow"), why="malformed"),
    Case("not yet", _with(nbf=lambda: _soon(minutes=2)), why="not_yet"),
    Case("issued tomorrow", _with(iat=lambda: _soon(days=1)), why="not_yet"),
    Case("wrong audience", _with(aud="https://elsewhere.test/token/"), why="audience"),
    Case("audience of the API, not of its token", _with(aud="http://testserver/api/v1/"), why="audience"),
    Case("two audiences", _with(aud=[AUDIENCE, "https://elsewhere.test/"]), why="audience"),
    Case("no audience", _with(aud=None), why="claim_missing"),
    Case("no id", _with(jti=None), why="claim_missing"),
    Case("empty id", _with(jti=""), why="claim_missing"),
    Case("id of 300 characters", _with(jti="x" * 300), why="claim_missing"),
    Case("id is a number", _with(jti=7), why="malformed"),
    Case("subject is somebody else", _with(sub="somebody"), why="subject"),
    Case("no subject", _with(sub=None), why="claim_missing"),
    Case("unknown client", _with(iss="nobody", sub="nobody"), why="unknown_client"),
    Case("no issuer", _with(iss=None), why="unknown_client"),
    Case("wrong key under the right name", lambda c, by: signed(claims_of(c), "wrong", kid="first"), why="signature"),
    Case("key of another program", _another_program, why="unknown_key"),
    Case("unknown key", lambda c, by: signed(claims_of(c), "stranger"), why="unknown_key"),
    Case("no key named", lambda c, by: signed(claims_of(c), kid=None), why="unknown_key"),
    Case("HS256 with the public key as secret", _symmetric(_pem), why="algorithm"),
    Case("HS256 with an empty secret", _symmetric(lambda: b""), why="algorithm"),
    Case("none", _unsigned("none"), why="algorithm"),
    Case("None", _unsigned("None"), why="algorithm"),
    Case("ES384 without a signature", _unsigned("ES384"), why="signature"),
    Case("ES256, a shorter curve", _es256, why="algorithm"),
    Case("claims changed after signing", lambda c, by: _tampered(c), why="signature"),
    Case("jku to a key of the sender's", lambda c, by: signed(claims_of(c), "evil", kid="first", jku="https://evil.test/"), why="signature"),
    Case("crit names what nobody knows", lambda c, by: signed(claims_of(c), crit=["x"], x=1), why="malformed"),
    Case("no JWT at all", lambda c, by: "not.a.jwt", why="malformed"),
    Case("as long as a book", lambda c, by: signed(claims_of(c, note="x" * 9000)), why="malformed"),
    Case("suspended program", _after(lambda c, by: m.suspend_client(by=by, client_id=c.pk, at=b.NOW)), why="suspended"),
    Case("membership ended", _after(_ended), why="not_at_work"),
    Case("service member disabled", _after(lambda c, by: Member.objects.filter(pk=c.membership.member_id).update(status="suspended")), why="not_at_work"),
    Case("agency closed", _after(lambda c, by: Agency.objects.filter(pk=by.agency_id).update(status="closed")), why="not_at_work"),
]  # fmt: skip


def _tampered(client: MachineClient) -> str:
    head, body, signature = signed(claims_of(client)).split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    return ".".join([head, _b64(claims | {"note": "more"}).decode(), signature])


def test_outcomes_of_every_assertion(cast: Cast):
    """S-1, S-9: whoever proves nothing is told the same, whatever was wrong; the trail has the reason."""
    by = administrator(cast.police)
    client = program(cast.police, "contacts.read", by=by)
    bodies, wrong = set(), []
    print(f"\n{'sent':42} {'status':>6} {'error':16} in the trail")
    for case in CASES:
        with b.undone():
            answer = ask(case.send(MachineClient.objects.get(pk=client.pk), by))
            event = Event.objects.latest("id")
            why = event.about.rpartition(" ")[2] if event.kind == Event.Kind.TOKEN_REFUSED else ""
            said = answer.json()
            print(f"{case.name:42} {answer.status_code:6} {said.get('error', ''):16} {why or event.kind}")
            got = (answer.status_code, said.get("error", ""), why)
            if got != (case.status, case.error, case.why):
                wrong.append((case.name, got))
            if answer.status_code != 200:
                bodies.add(answer.content)
            assert answer["Cache-Control"] == "no-store"
    assert wrong == []
    assert len(bodies) == 1


FORMS = [
    ("no grant type", {"grant_type": None}, 400, "invalid_request"),
    ("password grant", {"grant_type": "password"}, 400, "unsupported_grant_type"),
    ("code grant", {"grant_type": "authorization_code"}, 400, "unsupported_grant_type"),
    ("grant type twice", {"grant_type": ["client_credentials"] * 2}, 400, "invalid_request"),
    ("no assertion", {"client_assertion": None}, 401, "invalid_client"),
    ("no type of assertion", {"client_assertion_type": None}, 401, "invalid_client"),
    ("a secret instead", {"client_assertion": None, "client_secret": "s3cret"}, 401, "invalid_client"),
    ("another client_id", {"client_id": "somebody"}, 401, "invalid_client"),
    ("a scope it has", {"scope": "contacts.read"}, 200, ""),
    ("a scope it does not have", {"scope": "contacts.read consents.read"}, 400, "invalid_scope"),
    ("a scope that there is not", {"scope": "everything"}, 400, "invalid_scope"),
    ("blanks as scope", {"scope": "  "}, 400, "invalid_scope"),
]


def test_outcomes_of_every_form(cast: Cast):
    client = program(cast.police, "contacts.read", "hand_offs.write")
    print()
    for name, fields, status, error in FORMS:
        answer = ask(signed(claims_of(client)), **fields)
        print(f"{name:28} {answer.status_code} {answer.json().get('error', '')}")
        assert (name, answer.status_code, answer.json().get("error", "")) == (name, status, error)


def test_token_is_good_for_five_minutes_and_only_its_checksum_is_kept(cast: Cast):
    client = program(cast.police, "contacts.read", "hand_offs.write")
    answer = ask(signed(claims_of(client)), scope="contacts.read").json()
    assert (answer["token_type"], answer["expires_in"], answer["scope"]) == ("Bearer", 300, "contacts.read")
    kept = AccessToken.objects.get()
    assert kept.token == ""
    assert kept.token_checksum == hashlib.sha256(answer["access_token"].encode()).hexdigest()
    assert kept.expires <= timezone.now() + timedelta(minutes=5)
    event = Event.objects.get(kind="token_issued")
    assert (event.member_id, event.about) == (client.membership.member_id, str(client.pk))


def test_assertion_is_used_up_in_the_shared_cache_and_only_by_a_good_signature(cast: Cast):
    """A stranger cannot use up the id of somebody's next assertion."""
    client = program(cast.police)
    claims = claims_of(client)
    assert ask(signed(claims, "stranger", kid="first")).status_code == 401
    assert ask(signed(claims)).status_code == 200
    assert ask(signed(claims)).status_code == 401


def test_without_the_shared_cache_nothing_is_proven(cast: Cast, settings):
    client = program(cast.police)
    down = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:1/0"}
    settings.CACHES = {"default": down}
    answer = ask(signed(claims_of(client)))
    assert (answer.status_code, answer.json()["error"]) == (503, "temporarily_unavailable")
    assert not AccessToken.objects.exists()


def test_site_s_own_address_is_the_audience_when_it_is_configured(cast: Cast, settings):
    settings.SITE_URL = "https://continuity.kestrel.test"
    client = program(cast.police)
    assert ask(signed(claims_of(client))).status_code == 401
    assert ask(signed(claims_of(client, aud=settings.SITE_URL + TOKEN))).status_code == 200


def test_secret_in_a_header_is_refused_with_the_scheme_that_was_tried(cast: Cast):
    program(cast.police)
    basic = base64.b64encode(b"somebody:secret").decode()
    answer = Client(headers={"Authorization": f"Basic {basic}"}).post(
        TOKEN, "grant_type=client_credentials", content_type=FORM
    )
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert answer["WWW-Authenticate"].startswith("Basic ")


def test_one_address_guesses_only_so_often_in_a_minute(cast: Cast, settings):
    settings.TOKENS_A_MINUTE = 5
    time.sleep(max(0.0, 2 - (60 - time.time() % 60)))  # not over the edge of a minute
    browser = Client(REMOTE_ADDR="192.0.2.77")
    got = [ask("not.a.jwt", browser=browser).status_code for _ in range(7)]
    assert got == [401] * 5 + [429] * 2
    assert ask("not.a.jwt", browser=Client(REMOTE_ADDR="192.0.2.78")).status_code == 401


@pytest.mark.parametrize("method", ["get", "put", "delete"])
def test_token_is_asked_for_by_post_alone(db: None, method: str):
    assert getattr(Client(), method)(TOKEN).status_code == 405


def test_over_token_opens_nothing(cast: Cast):
    client = program(cast.police)
    token = token_of(client)
    assert Bearer(token).get("/api/v1/contacts/").status_code == 200
    AccessToken.objects.update(expires=timezone.now() - timedelta(seconds=1))
    answer = Bearer(token).get("/api/v1/contacts/")
    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer["WWW-Authenticate"]
    assert answer["Content-Type"] == "application/problem+json"
