"""What a provider that does not keep the protocol would send instead; each has to be refused."""

import json
import time
from collections.abc import Callable
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

Claims = dict[str, Any]
Twist = Callable[[Claims, Any, str], str]


def _changed(**changes: Any) -> Twist:
    """Other claims, signed by the provider's own key."""
    return lambda claims, key, kid: jwt.encode(claims | changes, key, "RS256", headers={"kid": kid})


def _signed(key: Callable[[], Any], alg: str = "RS256", kid: str = "") -> Twist:
    """The same claims, signed by a key that is not the provider's."""
    return lambda claims, _, own: jwt.encode(claims, key(), alg, headers={"kid": kid or own})


def _any_key() -> Any:
    return generate_private_key(65537, 2048)


ID_TOKENS: dict[str, Twist] = {
    "nonce": _changed(nonce="somebody else's"),
    "issuer": _changed(iss="https://elsewhere.example"),
    "audience": _changed(aud=["another client"]),
    "expired": _changed(exp=int(time.time()) - 600),
    "own-key": _signed(_any_key),
    "unknown-key": _signed(_any_key, kid="unknown"),
    "shared-secret": _signed(lambda: "continuity" * 8, "HS256"),
    "unsigned": _signed(lambda: None, "none"),
    "old-proof": _changed(auth_time=int(time.time()) - 7200),
    "no-proof": _changed(auth_time=None),
}
USERINFO: dict[str, Claims] = {"userinfo": {"sub": "somebody else"}}
DISCOVERY: dict[str, Claims] = {
    "discovery": {"issuer": "https://elsewhere.example"},
    "inward": {"token_endpoint": "http://169.254.169.254/latest/meta-data"},
}
PEOPLE = [*ID_TOKENS, *USERINFO]


def twisted(agency: str, page: str, text: str, key: Any) -> str:
    """What is sent instead of idpyoidc's answer: about a person who is named like a twist, by an issuer so named."""
    said = json.loads(text)
    if page == "token" and "id_token" in said:
        claims = jwt.decode(said["id_token"], options={"verify_signature": False})
        if (who := claims["email"].partition("@")[0]) in ID_TOKENS:
            said["id_token"] = ID_TOKENS[who](claims, key.private_key(), key.kid)
    elif page == "userinfo":
        said |= USERINFO.get(said.get("email", "").partition("@")[0], {})
    elif page.startswith(".well-known"):
        said |= DISCOVERY.get(agency, {})
    return json.dumps(said)
