"""Names never reach a log line (P-19, S-7): whatever the suite does is logged as chattily as the site can, and read.

A test during which a line held one of the cast's or the builders' words fails when it is over.
"""

import logging
import re
from collections import deque
from logging.config import dictConfig
from typing import Any

from continuity.trail.logs import Formatter

# Who says something in a process of the site, each at its chattiest.
LOGGERS = (
    "allauth", "axes", "celery", "continuity", "django", "gunicorn", "oauth2_provider", "oauthlib", "psycopg",
    "requests", "urllib3",
)  # fmt: skip
# The cast and their words: people of the county, staff, what was said of them, how they are reached.
PERSONAL = re.compile(
    r"Testcase|Reyes|Adeyemi|Novak|\breyes\b|\badeyemi\b|\bnovak\b|1988-04-03|4/3/1988|555-01\d\d|55501\d\d|"
    r"Clinical words|Substance words|Speak softly|Afraid of uniforms|Spoke quietly|zq7714418|Sam-17"
)


class Watch(logging.Handler):
    """Reads each line as production would write it; keeps those that hold a name, and counts the rest."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.setFormatter(Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
        self.lines, self.found = 0, deque[str]()

    def emit(self, record: logging.LogRecord) -> None:
        self.lines += 1
        line = self.format(record)
        if PERSONAL.search(line):
            self.found.append(line)


def watch(settings: Any) -> Watch:
    """Let every logger of the site say all that it says with LOG_LEVEL=DEBUG, and read it."""
    pinned = settings.LOGGING.get("loggers", {})
    handler = Watch()
    for name in LOGGERS:
        logging.getLogger(name).setLevel(logging.DEBUG)
    dictConfig({"version": 1, "incremental": True, "loggers": pinned})
    logging.getLogger().addHandler(handler)
    return handler
