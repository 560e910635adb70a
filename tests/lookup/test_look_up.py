import pytest
import time_machine

from continuity.disclosures.models import LedgerEntry
from tests.builders import NOW
from tests.cast import ABOUT_SAM, Cast, signed_in

URL = "/api/v1/lookups/"


def ask(membership, **changes):
    with time_machine.travel(NOW, tick=False):
        return signed_in(membership).post(URL, ABOUT_SAM | changes, content_type="application/json")


@pytest.mark.django_db(transaction=True)
def test_officer_receives_what_the_consent_opens(cast: Cast):
    cast.consent()
    answer = ask(cast.reyes).json()
    import json

    print(json.dumps(answer, indent=1)[:6000])
    assert answer["result"] == "record"
    row = LedgerEntry.objects.get()
    print(vars(row))
    assert row.outcome == "released"
