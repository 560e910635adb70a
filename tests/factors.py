"""Second factors of people in tests: an app whose secret the test knows, and signing in by typing both."""

import time

from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.http import HttpResponse
from django.test import Client

from continuity.agencies.models import Member

_PERIOD = 30  # seconds


def give_app(member: Member) -> str:
    """The secret of an app that the member has from now on."""
    secret = str(generate_totp_secret())
    TOTP.activate(member, secret)
    return secret


def code_of(secret: str, *, periods_later: int = 0) -> str:
    """What the app shows now, or some half minutes later."""
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // _PERIOD + periods_later)))


def sign_in(
    client: Client, username: str, secret: str, password: str = "correct horse", **sent: object
) -> HttpResponse:
    """Both steps, as people do them; the answer to the second."""
    client.post("/sign-in/", {"username": username, "password": password}, **sent)
    return client.post("/sign-in/second-factor/", {"code": code_of(secret)}, **sent)
