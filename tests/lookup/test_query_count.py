"""The look-up's statements, pinned: one to know who asks, three for the answer, whatever the number of contacts."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests import builders as b
from tests.cast import ABOUT_SAM, Cast, signed_in
from tests.lookup import test_negative_answers as negative
from tests.lookup.asking import last_row

SIGN_IN = 1  # the session with its member, their memberships and agencies


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
def test_a_negative_answer_takes_the_same_statements_and_a_search_one_more(cast: Cast):
    """Who is not described exactly is searched for, whether anybody is like them or nobody (ADR 0015)."""
    client = signed_in(cast.reyes)
    client.get("/lookup/")
    assert len(statements(client)) == SIGN_IN + 3
    assert last_row().refusal == "no_basis"
    assert len(statements(client, last="Nobodyknown")) == SIGN_IN + 4
    assert last_row().refusal == "no_match"


NOBODY = (
    negative.unknown,
    negative.ambiguous,
    negative.near_miss_spelling,
    negative.near_miss_birth_date,
    negative.near_miss_of_namesakes,
)
SOMEBODY = (
    negative.no_consent,
    negative.revoked,
    negative.restricted_person,
    negative.merged_without_basis,
    negative.merged_person_in_doubt,
)


@pytest.mark.django_db
@pytest.mark.parametrize("reasons", [NOBODY, SOMEBODY], ids=["of nobody certain", "of somebody certain"])
def test_negative_answers_take_the_statements_of_each_other(cast: Cast, reasons):
    """P-3: like work, whatever the reason; how many, says only whether the description was exact."""
    client = signed_in(cast.reyes)
    client.get("/lookup/")
    counts = {}
    for reason in reasons:
        with b.undone():
            counts[reason.__name__] = len(statements(client, **reason(cast)))
            assert (last_row().outcome, last_row().refusal) == negative.REASONS[reason]
    assert len(set(counts.values())) == 1, counts
