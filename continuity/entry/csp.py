"""The site's content security policy: one for every answer, so it is written out once."""

from collections.abc import Callable

from csp.utils import build_policy
from django.http import HttpRequest, HttpResponse


class ContentPolicy:
    """Sets django-csp's policy from settings; its own middleware builds the same text anew for each answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.policy: str = build_policy()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", self.policy)
        return response
