"""The public keys of a program (RFC 7517): which may be kept, and which one signed."""

from collections.abc import Mapping
from typing import Any

from jwt import PyJWK
from jwt.exceptions import PyJWTError

from continuity.errors import Invalid

# SMART Backend Services: by the kind of key, the one algorithm that it signs with. Nothing symmetric, nothing weaker.
ALGORITHMS = {"EC": "ES384", "RSA": "RS384"}
MOST_KEYS = 2  # the one in use, and the one that follows it
LEAST_RSA_BITS = 2048
_PUBLIC = {"EC": ("crv", "x", "y"), "RSA": ("n", "e")}
_SECRET = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_LONGEST_NAME = 80
_FIELD = "jwks"


def read_jwks(given: Any) -> dict[str, Any]:
    """The key set with its public parts alone. Raises Invalid for a set that cannot be kept."""
    keys = given.get("keys") if isinstance(given, Mapping) else None
    if not isinstance(keys, list) or not keys:
        raise _refused("no_key", "Send a JSON Web Key Set with at least one key.")
    if len(keys) > MOST_KEYS:
        raise _refused(
            "too_many_keys", "A program has at most two keys: the one in use and the one that follows."
        )
    read = [read_jwk(key) for key in keys]
    if len({key["kid"] for key in read}) < len(read):
        raise _refused("same_key_id", "Two keys have the same kid. Name each one differently.")
    return {"keys": read}


def read_jwk(given: Any) -> dict[str, Any]:
    """One key with its public parts alone. Raises Invalid: a private key is refused, not quietly cut down to half."""
    if not isinstance(given, Mapping):
        raise _refused("not_a_key", "A key is a JSON object (RFC 7517).")
    if _SECRET & set(given):
        raise _refused(
            "private_key",
            "This is a private key. It must never leave its program: make a new pair, and send the public half.",
        )
    kind, kid = str(given.get("kty")), given.get("kid")
    if kind not in ALGORITHMS or given.get("crv", "P-384") != "P-384" or given.get("use", "sig") != "sig":
        raise _refused("not_a_key_of_ours", "Send a signing key on the curve P-384, or an RSA key.")
    if given.get("alg", ALGORITHMS[kind]) != ALGORITHMS[kind]:
        raise _refused("not_an_algorithm_of_ours", f"A key of this kind signs with {ALGORITHMS[kind]} alone.")
    if not isinstance(kid, str) or not 0 < len(kid) <= _LONGEST_NAME or not kid.isprintable():
        raise _refused("no_key_id", "Give each key a kid of at most 80 characters.")
    key: dict[str, Any] = {"kty": kind, "kid": kid, "alg": ALGORITHMS[kind], "use": "sig"}
    key |= {name: given.get(name) for name in _PUBLIC[kind]}
    if kind == "RSA" and _usable(key).key.key_size < LEAST_RSA_BITS:
        raise _refused("short_key", "An RSA key needs at least 2048 bits.")
    _usable(key)
    return key


def key_named(jwks: Mapping[str, Any], kid: object) -> PyJWK | None:
    """The key of this name, bound to its one algorithm; None when there is none."""
    found = next((key for key in jwks.get("keys", ()) if key["kid"] == kid), None)
    return PyJWK(found, ALGORITHMS[found["kty"]]) if found else None


def names_of(jwks: Mapping[str, Any]) -> list[str]:
    return [key["kid"] for key in jwks.get("keys", ())]


def _usable(key: dict[str, Any]) -> PyJWK:
    try:
        return PyJWK(key, key["alg"])
    except (PyJWTError, ValueError, TypeError, AttributeError):
        raise _refused("not_a_key", "This key cannot be read. Send it as JSON (RFC 7517).") from None


def _refused(code: str, detail: str) -> Invalid:
    return Invalid(code, detail, field=_FIELD)
