"""Names never reach a log line, not even through the database's own error messages (P-19)."""

import io
import logging

import pytest
from django.db import IntegrityError, transaction

from continuity.trail.logs import Formatter
from tests import builders as b


@pytest.mark.django_db
def test_a_refused_row_is_not_quoted_in_the_log():
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(Formatter("%(message)s"))
    row = {
        "code": "secret-77",
        "kind": "police",
    }  # of people PostgreSQL quotes nothing behind the second wall
    b.agency(**row)
    with pytest.raises(IntegrityError, match="secret-77") as refused, transaction.atomic():
        b.agency(**row)
    record = logging.LogRecord("x", logging.ERROR, "", 0, "failed: %s", (refused.value,), refused._excinfo)
    handler.handle(record)
    assert "unique constraint" in stream.getvalue()
    assert "secret-77" not in stream.getvalue()
