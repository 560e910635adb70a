"""The look-up's statements, pinned: two to know who asks, three for the answer, whatever the number of contacts."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests import builders as b
from tests.cast import ABOUT_SAM, Cast, signed_in
from tests.lookup.asking import last_row

SIGN_IN = 2  # the session; the member with memberships and agencies


def statements(client, **changes) -> list[str]:
    client.get("/livez")
    with CaptureQueriesContext(connection) as captured:
        client.post("/api/v1/lookups/", ABOUT_SAM | changes, content_type="application/json")
    noise = ("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT")
    return [query["sql"] for query in captured if not query["sql"].startswith(noise)]


@pytest.mark.django_db
def test_a_look_up_takes_three_statements_besides_sign_in(cast: Cast):
    cast.consent()
    client = signed_in(cast.reyes)
    client.get("/lookup/")  # the first request of a session stamps it
    few = statements(client)
    for days in range(1, 12):
        b.contact(cast.embedded, cast.sam, at=b.NOW - timedelta(days=days))
    many = statements(client)
    assert (len(few), len(many)) == (SIGN_IN + 3, SIGN_IN + 3)
    assert len(last_row().records) > 6


@pytest.mark.django_db
def test_a_negative_answer_takes_the_same_statements(cast: Cast):
    client = signed_in(cast.reyes)
    client.get("/lookup/")
    assert len(statements(client)) == len(statements(client, last="Nobodyknown")) == SIGN_IN + 3
    assert last_row().refusal == "no_match"
