"""After a sign-out an identity provider asks whoever comes next: its own session may still be the last one's (S-4)."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse

_COOKIE = "ask_again"


def ask_again(response: HttpResponse) -> None:
    """Have this browser's next sign-in by a provider ask even somebody whom the provider knows."""
    response.set_cookie(
        _COOKIE,
        "1",
        max_age=settings.SESSION_COOKIE_AGE,  # an older proof at the provider does not count anyhow
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )


def is_to_ask(request: HttpRequest) -> bool:
    return bool(request.COOKIES.get(_COOKIE))


def has_asked(response: HttpResponse) -> None:
    response.delete_cookie(_COOKIE, samesite="Lax")
