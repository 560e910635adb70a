"""Errors as problem+json (RFC 9457): what happened, which field, what to do; never anything personal."""

from typing import Any

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from drf_standardized_errors.formatter import ExceptionFormatter
from drf_standardized_errors.handler import exception_handler
from drf_standardized_errors.types import ErrorResponse
from rest_framework.response import Response
from rest_framework.settings import api_settings

from continuity.errors import Conflict, DomainError, Incomplete, Invalid, NotAllowed, NotFound, Stale

CONTENT_TYPE = "application/problem+json"
# The first that fits: a narrower kind stands before the one it is a kind of.
_STATUS: dict[type[DomainError], int] = {
    NotAllowed: 403,
    NotFound: 404,
    Invalid: 400,
    Stale: 412,
    Conflict: 409,
}
_CORRECT = "Correct the fields that are named."
_TITLES = {
    400: "The input has errors",
    401: "Not signed in",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    406: "Not acceptable",
    409: "Conflict",
    412: "Changed meanwhile",
    413: "Too large",
    415: "Unsupported media type",
    422: "The key was used for something else",
    428: "Say which version you saw",
    429: "Too many requests",
    500: "Something went wrong here",
}


class ProblemFormatter(ExceptionFormatter):
    """drf-standardized-errors in the shape of RFC 9457, with a JSON pointer to each field."""

    def format_error_response(self, error_response: ErrorResponse) -> dict[str, Any]:
        status = self.exc.status_code
        return problem(
            status,
            error_response.errors[0].code,
            error_response.errors[0].detail if status != 400 else _CORRECT,
            [
                {"pointer": _pointer(error.attr), "code": error.code, "detail": error.detail}
                for error in error_response.errors
                if error.attr
            ],
        )


def _pointer(place: str) -> str:
    """The JSON pointer of a field; "" is the whole body."""
    steps = [step for step in place.split(".") if step != api_settings.NON_FIELD_ERRORS_KEY]
    return "".join(f"/{step}" for step in steps)


def problem(
    status: int, code: str, detail: str, errors: list[dict[str, str]] | None = None
) -> dict[str, Any]:
    """The members of a problem document."""
    body: dict[str, Any] = {
        "type": f"urn:continuity:problem:{code}",
        "title": _TITLES.get(status, "Problem"),
        "status": status,
        "detail": detail,
    }
    return body | {"errors": errors} if errors else body


def handle(exc: Exception, context: Any) -> Response | None:
    """DRF's exception handler: domain errors by their kind, everything else by the library."""
    if isinstance(exc, DomainError):
        status = next(status for kind, status in _STATUS.items() if isinstance(exc, kind))
        several = isinstance(exc, Incomplete)
        code, detail = ("incomplete", _CORRECT) if several else (exc.code, exc.detail)
        response: Response | None = Response(problem(status, code, detail, _named(exc)), status=status)
    elif isinstance(exc, SuspiciousOperation):  # the library would call it an error of ours
        status, code = (413, "too_large") if isinstance(exc, RequestDataTooBig) else (400, "parse_error")
        response = Response(problem(status, code, "Send less at once, and in the usual form."), status=status)
    else:
        response = exception_handler(exc, context)
    if response is not None:
        response.content_type = CONTENT_TYPE
    return response


def _named(exc: DomainError) -> list[dict[str, str]] | None:
    """One entry per field at fault, in the words of the domain (a missing element names its section of law)."""
    found = exc.errors if isinstance(exc, Incomplete) else (exc,)
    return [
        {"pointer": f"/{one.field}", "code": one.code, "detail": one.detail} for one in found if one.field
    ] or None


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The 404 of unknown addresses: a problem below /api/, a page elsewhere."""
    if request.path.startswith("/api/"):
        body = problem(404, "not_found", "There is no such record.")
        return JsonResponse(body, status=404, content_type=CONTENT_TYPE)
    return render(request, "404.html", status=404)
