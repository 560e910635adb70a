"""How many questions a member may ask in a minute and in a shift (P-4: no name sweeps)."""

import logging
import time
from functools import cache
from threading import Lock

import redis
from django.conf import settings
from redis.commands.core import Script
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.views import APIView

SHIFT = 12 * 3600  # seconds, from a member's first question on
# Each key counts one more and ends after its seconds; the counts, and how long the last key has left.
_COUNT = """
local counts = {}
for i, key in ipairs(KEYS) do
  counts[i] = redis.call('INCR', key)
  if counts[i] == 1 then redis.call('EXPIRE', key, ARGV[i]) end
end
counts[#KEYS + 1] = redis.call('TTL', KEYS[#KEYS])
return counts
"""
logger = logging.getLogger(__name__)
_making = Lock()


def store(url: str) -> redis.Redis:
    """One client of the process; its pool is shared by the threads.

    Made under a lock: of two made at once the one that is not kept closes its connections while they are used.
    """
    with _making:
        return _made(url)


@cache
def _made(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1)


@cache
def _counter(url: str) -> Script:
    return store(url).register_script(_COUNT)


class LookUpThrottle(SimpleRateThrottle):
    """Counts per member, across doors and workers: in fixed windows of a minute, and from a shift's first question.

    DRF's own counting reads and writes in two steps, which requests sent at once slip through; this counts in one
    script, which runs whole or not at all. When the counter's store is down, questions are answered and it is said.
    """

    scope = "lookup"
    shift_ends_in = 0  # seconds; more than 0 when the shift's questions are used up

    def allow_request(self, request: Request, view: APIView | None) -> bool:
        most, seconds = self.parse_rate(self.rate)
        if most is None or seconds is None:
            return True
        minute = f"look_up:{request.user.pk}:{int(time.time() // seconds)}"
        shift = f"look_up:{request.user.pk}:shift"
        try:
            asked, asked_in_shift, left = _counter(settings.REDIS_URL)(
                keys=[minute, shift], args=[seconds, SHIFT]
            )
        except redis.RedisError:
            logger.exception("look-up throttle is not counting")
            return True
        self.shift_ends_in = max(1, left) if asked_in_shift > _most_in_a_shift() else 0
        return asked <= most and not self.shift_ends_in

    def wait(self) -> float | None:
        """Seconds until the next window."""
        if self.shift_ends_in:
            return float(self.shift_ends_in)
        _, seconds = self.parse_rate(self.rate)
        return seconds - time.time() % seconds if seconds else None


def _most_in_a_shift() -> int:
    return int(settings.LOOKUP_SHIFT_RATE.partition("/")[0])
