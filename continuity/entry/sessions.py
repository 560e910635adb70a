"""Django's sessions in the database, read without the ORM: every request asks this."""

import time
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.db import connection
from django.utils import timezone


class SessionStore(DatabaseStore):
    """As Django's; the reading is by hand, and somebody's session stays until its 12 hours are over.

    An idle one locks earlier, and waits for the same person: what ends it is said in `middleware.SessionLimits`.
    """

    def load(self) -> dict[str, Any]:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT session_data FROM django_session WHERE session_key = %s AND expire_date > %s",
                [self.session_key, timezone.now()],
            )
            row = cursor.fetchone()
        if row is None:
            self._session_key = None
            return {}
        return self.decode(row[0])

    def get_session_cookie_age(self) -> int:
        """Seconds until the row may be forgotten: half an hour for nobody, the rest of the 12 hours for somebody."""
        if SESSION_KEY not in self:
            return int(super().get_session_cookie_age())
        age = int(time.time()) - int(self.get("started", time.time()))
        return max(1, int(settings.ABSOLUTE_SESSION_AGE) - age)
