"""What a log line may say of an error: never the row that the database refused (P-19, S-7)."""

import logging
import re

# psycopg's messages end with the values: `DETAIL:  Failing row contains (Sam, Testcase, ...)`.
_VALUES = re.compile(r"^(DETAIL|CONTEXT|HINT):.*$", re.MULTILINE)


class Formatter(logging.Formatter):
    """Cuts the database's quotations of rows out of messages and tracebacks."""

    def format(self, record: logging.LogRecord) -> str:
        return _VALUES.sub(r"\1: (withheld)", super().format(record))
