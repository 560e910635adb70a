"""How many questions a member may ask in a minute (P-4: no name sweeps)."""

import logging

from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.views import APIView

logger = logging.getLogger(__name__)


class LookUpThrottle(SimpleRateThrottle):
    """Counts per member, across doors. When the counter's store is down, questions are answered and it is said."""

    scope = "lookup"

    def get_cache_key(self, request: Request, view: APIView | None) -> str:
        return f"look_up:{request.user.pk}"

    def allow_request(self, request: Request, view: APIView | None) -> bool:
        try:
            return bool(super().allow_request(request, view))  # type: ignore[arg-type]  # a page has no APIView
        except Exception:
            logger.exception("look-up throttle is not counting")
            return True
