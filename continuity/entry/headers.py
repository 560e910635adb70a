"""What every answer says to the browser beside its policy for content, error pages and the API's problems too."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse


class EdgeHeaders:
    """Nobody else's page may embed an answer or use the device through it, and nobody keeps one (P-17, S-12).

    Files of the site itself say by themselves how long they may be kept.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.same: dict[str, str] = {
            "Cache-Control": "no-store",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Permissions-Policy": settings.PERMISSIONS_POLICY,
        }

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        for name, text in self.same.items():
            response.headers.setdefault(name, text)
        return response
