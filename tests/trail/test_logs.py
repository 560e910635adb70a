"""Names never reach a log line, not even through the database's own error messages (P-19)."""

import io
import logging

import pytest
from django.db import IntegrityError, transaction

from continuity.people.models import PersonIdentifier
from continuity.trail.logs import Formatter
from tests.cast import Cast


@pytest.mark.django_db
def test_a_refused_row_is_not_quoted_in_the_log(cast: Cast):
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(Formatter("%(message)s"))
    row = {"person": cast.sam, "source": cast.county, "system": "x", "value": "SECRET-77"}
    PersonIdentifier.objects.create(**row)
    with pytest.raises(IntegrityError, match="SECRET-77") as refused, transaction.atomic():
        PersonIdentifier.objects.create(**row)
    record = logging.LogRecord("x", logging.ERROR, "", 0, "failed: %s", (refused.value,), refused._excinfo)
    handler.handle(record)
    assert "a_person_has_an_identifier_once" in stream.getvalue()
    assert "SECRET-77" not in stream.getvalue()
