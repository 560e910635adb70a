"""How many questions a member may ask in a minute (P-4: no name sweeps)."""

import logging
import time
from functools import cache

import redis
from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.views import APIView

logger = logging.getLogger(__name__)


@cache
def _store(url: str) -> redis.Redis:
    """One client of the process; its pool is shared by the threads."""
    return redis.Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1)


class LookUpThrottle(SimpleRateThrottle):
    """Counts per member, across doors and workers, in fixed windows.

    DRF's own counting reads and writes in two steps, which requests sent at once slip through; this is one INCR.
    When the counter's store is down, questions are answered and it is said.
    """

    scope = "lookup"

    def allow_request(self, request: Request, view: APIView | None) -> bool:
        most, seconds = self.parse_rate(self.rate)
        if most is None or seconds is None:
            return True
        key = f"look_up:{request.user.pk}:{int(time.time() // seconds)}"
        try:
            asked = int(_store(settings.REDIS_URL).incr(key))
            if asked == 1:
                _store(settings.REDIS_URL).expire(key, seconds)
        except redis.RedisError:
            logger.exception("look-up throttle is not counting")
            return True
        return asked <= most

    def wait(self) -> float | None:
        """Seconds until the next window."""
        _, seconds = self.parse_rate(self.rate)
        return seconds - time.time() % seconds if seconds else None
