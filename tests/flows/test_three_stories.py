"""The three ways through the house, each from its public door to the ledger and back."""

import pytest
import time_machine
from django.test import Client

from continuity.agencies import grants
from continuity.agencies.models import Member
from continuity.disclosures.models import LedgerEntry
from continuity.errors import NotFound
from continuity.notices.models import Notice
from continuity.treatment.linkages import answer_linkage
from continuity.treatment.models import Linkage
from tests import builders as b
from tests.cast import ABOUT_SAM, Cast
from tests.factors import give_app
from tests.factors import sign_in as both_steps

pytestmark = pytest.mark.django_db(transaction=True)
JSON = "application/json"


def sign_in(username: str) -> Client:
    """By typing user name, password and code, as people do."""
    client = Client()
    answer = both_steps(client, username, give_app(Member.objects.get(username=username)))
    assert answer.status_code == 302
    return client


@time_machine.travel(b.NOW, tick=True)
def test_an_officer_looks_up_and_the_ledger_knows(cast: Cast):
    cast.consent()
    officer = sign_in("reyes")
    page = officer.post("/lookup/", ABOUT_SAM).content.decode()
    card = page[page.index("<main") :]
    # What helps stands before what endangers, and care before both.
    order = [card.index(words) for words in ("661-555-0110", "Speak softly", "Afraid of uniforms")]
    assert order == sorted(order)
    program = officer.post("/api/v1/lookups/", ABOUT_SAM, content_type=JSON).json()
    assert program["record"]["tips"][0]["text"] == "Speak softly."
    rows = LedgerEntry.objects.order_by("id")
    assert [(row.channel, row.outcome, row.asker) for row in rows] == [
        ("page", "released", cast.reyes),
        ("api", "released", cast.reyes),
    ]
    assert rows[0].records == rows[1].records


@time_machine.travel(b.NOW, tick=True)
def test_a_clinician_records_a_linkage_and_the_officer_sees_its_status_only(cast: Cast):
    cast.consent()
    b.referral_team(cast.clinic, cast.adeyemi)
    clinician, officer = sign_in("embedded"), sign_in("reyes")
    request = {
        "contact": str(cast.sams_contact.pk),
        "kind": "new_outpatient_mh",
        "recipient": cast.clinic.code,
    }
    receipt = clinician.post("/api/v1/linkages/", request, content_type=JSON)
    assert (receipt.status_code, receipt.json()["status"]) == (201, "sent")
    linkage = Linkage.objects.get()
    assert [(notice.kind, notice.subject_id, notice.agency) for notice in Notice.objects.all()] == [
        ("linkage_sent", linkage.pk, cast.clinic)
    ]
    grants.require(cast.adeyemi, "answer", linkage)
    with pytest.raises(NotFound):
        grants.require(cast.novak, "answer", linkage)
    for status in ("received", "accepted", "scheduled", "engaged"):
        answer_linkage(
            by=cast.adeyemi,
            linkage_id=linkage.pk,
            status=status,
            at=b.NOW,
            appointment_at=b.NOW,
            first_attended_at=b.NOW,
        )
    seen = officer.post("/api/v1/lookups/", ABOUT_SAM, content_type=JSON).json()["record"]["linkages"]
    assert [(one["outcome"], one["status"], one["kind"], one["recipient"]) for one in seen] == [
        ("connected", "", "", "")
    ]
    assert ["linkage", str(linkage.pk), 5] in LedgerEntry.objects.get(asker=cast.reyes).records


@time_machine.travel(b.NOW, tick=True)
def test_a_revoked_consent_ends_the_next_look_up_and_its_history_stays(cast: Cast):
    consent = cast.consent()
    officer, manager = sign_in("reyes"), sign_in("kim")
    assert officer.post("/api/v1/lookups/", ABOUT_SAM, content_type=JSON).json()["result"] == "record"
    said, address = {"note": "Told me on the phone."}, f"/api/v1/consents/{consent.pk}/"
    seen = {"If-Match": manager.get(address)["ETag"]}
    assert manager.post(f"{address}revoke/", said, content_type=JSON, headers=seen).status_code == 200
    answer = officer.post("/api/v1/lookups/", ABOUT_SAM, content_type=JSON)
    assert answer.content == b'{"result": "no_shareable_information"}'
    before, after = LedgerEntry.objects.filter(asker=cast.reyes).order_by("id")
    assert LedgerEntry.objects.get(asker=cast.kim).records == [["consent", str(consent.pk), consent.version]]
    assert (before.outcome, before.consents) == ("released", [consent.pk])
    assert (after.outcome, after.refusal, after.records) == ("refused", "no_basis", [])
    consent.refresh_from_db()
    assert (consent.inactive_reason, consent.ended_by) == ("revoked", cast.kim.member)
    told = Notice.objects.get(kind="authorisation_ended")
    assert (told.agency, told.subject_id) == (cast.police, consent.pk)
