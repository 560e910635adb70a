"""What the gate lets out is opened on its way; what no key opens is not shown, and nothing of it is logged (S-13)."""

import pytest
from django.db import connection

from continuity.crisis.models import ClinicalNarrative, ContactAmendment
from continuity.disclosures.models import LedgerEntry
from continuity.disclosures.own_work import person_record
from continuity.disclosures.unsealing import CANNOT_BE_OPENED, unsealed
from continuity.sealing import place_of, seal_text
from tests import builders as b
from tests.cast import Cast

ADDENDUM = place_of(ContactAmendment, "new_value")


@pytest.mark.django_db
def test_text_that_no_key_opens_is_replaced_and_the_rest_is_shown(
    cast: Cast, caplog: pytest.LogCaptureFixture
):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE crisis_clinicalnarrative SET text = 'left in clear'")
    page = person_record(by=cast.embedded, person_id=cast.sam.pk, channel="page", at=b.NOW)
    assert [one.body.text for one in page.of("narrative")] == [CANNOT_BE_OPENED]
    assert [one.body.text for one in page.of("sud_segment")] == []
    assert page.of("contact")[0].body.operational_summary
    assert LedgerEntry.objects.get().outcome == "released"
    narrative = ClinicalNarrative.objects.defer("text").get()
    assert f"a sealed text of narrative {narrative.pk} cannot be opened by any key" in caplog.text
    assert "left in clear" not in caplog.text


def test_remarks_are_opened_each_for_its_own_column():
    told = seal_text('"Her brother rang."', place=ADDENDUM)
    of_another = seal_text('"Her brother rang."', place=place_of(ContactAmendment, "rebuttal"))
    remarks = [{"kind": "addendum", "text": text, "at": ""} for text in (told, of_another)]
    (row,) = unsealed([{"noun": "contact", "id": "7", "body": {"remarks": remarks}}])
    assert [one["text"] for one in row["body"]["remarks"]] == ["Her brother rang.", CANNOT_BE_OPENED]


def test_rows_without_texts_are_as_they_were():
    rows = [
        {"noun": "tip", "id": "7", "body": {"text": "Speak slowly."}},
        {"noun": "linkage", "id": "8", "body": {}},
    ]
    assert unsealed(rows) == rows
