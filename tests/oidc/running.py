"""Start the provider process for a test, and what its people are."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.oidc.provider import CLIENT, SECRET

TWO_FACTORS, ONE_FACTOR = ["pwd", "otp", "mfa"], ["pwd"]


def person(email: str, *, amr: list[str] | None = None, **claims: Any) -> dict[str, Any]:
    """What a provider says of one of its people."""
    name = email.partition("@")[0].title()
    said = {"email": email, "email_verified": True, "name": name, "amr": amr or TWO_FACTORS, "groups": []}
    return said | claims


@contextmanager
def running(folder: Any, agencies: dict[str, Any]) -> Iterator[str]:
    """The address under which the issuers lie; `agencies` is what `tests.oidc.provider` takes."""
    command = [sys.executable, "-W", "ignore", "-m", "tests.oidc.provider", str(folder), json.dumps(agencies)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        assert port, "the provider did not start"
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=10)
        if process.stdout is not None:
            process.stdout.close()


def entered(issuer: str, **fields: Any) -> dict[str, Any]:
    """What an administrator enters for such an issuer."""
    return {
        "name": issuer.rsplit("/", 1)[1].title() + " Agency",
        "issuer": issuer,
        "client_id": CLIENT,
        "client_secret": SECRET.encode(),
        "domains": ["kestrel.example"],
        "strong_methods": ["mfa", "hwk"],
    } | fields
