"""Sessions in the database, and how long they stay."""

import time
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.utils import timezone

from continuity.agencies.arrivals import ArrivingSession


class SessionStore(ArrivingSession):
    """Somebody's session stays until its 12 hours are over.

    An idle one locks earlier, and waits for the same person: what ends it is said in `middleware.SessionLimits`.
    """

    def load(self) -> dict[str, Any]:
        return self.load_at(timezone.now())

    def get_session_cookie_age(self) -> int:
        """Seconds until the row may be forgotten: half an hour for nobody, the rest of the 12 hours for somebody."""
        if SESSION_KEY not in self:
            return int(super().get_session_cookie_age())
        age = int(time.time()) - int(self.get("started", time.time()))
        return max(1, int(settings.ABSOLUTE_SESSION_AGE) - age)
