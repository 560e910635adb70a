"""A consent from the offer to the last revocation, each step through its public door, the officer looking after each."""

from datetime import timedelta

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile

from continuity.agencies.services import sign_off_pack
from continuity.consents.models import Consent
from continuity.disclosures.models import LedgerEntry
from continuity.intake.policy_packs import load_packs
from tests import builders as b
from tests.cast import ABOUT_SAM, Cast, signed_in

pytestmark = pytest.mark.django_db(transaction=True)
JSON = "application/json"
CONSENTS = "/api/v1/consents/"


class Desk:
    """Kim, the verifier and a clinician at the API, with the latest answer about one consent in hand."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast
        self.seen = None

    def post(self, by, path, body):
        return signed_in(by).post(path, body, content_type=JSON)

    def do(self, by, verb, body=None):
        address = f"{CONSENTS}{self.seen.json()['id']}/{verb}/"
        headers = {"If-Match": self.seen["ETag"]}
        answer = signed_in(by).post(address, body or {}, content_type=JSON, headers=headers)
        assert answer.status_code == 200, answer.content
        self.seen = answer
        return answer.json()

    def officer_sees(self) -> bool:
        """What Officer Reyes is answered, and that the ledger has it."""
        answer = signed_in(self.cast.reyes).post("/api/v1/lookups/", ABOUT_SAM, content_type=JSON).json()
        row = LedgerEntry.objects.filter(asker=self.cast.reyes).order_by("id").last()
        assert (row.outcome == "released") == (answer["result"] == "record")
        return answer["result"] == "record"


def sign_off_california(cast: Cast) -> None:
    officer = b.member("gale", cast.county, "privacy_officer")
    pack = next(one.pack for one in load_packs() if one.pack.code == "ca")
    sign_off_pack(by=officer, pack_id=pack.pk, counsel="Counsel C. Example", at=b.NOW - timedelta(days=1))


def draft(cast: Cast) -> dict[str, object]:
    return {
        "person": str(cast.sam.pk),
        "instrument": "hipaa_authorization",
        "disclosing_agencies": [cast.county.code],
        "recipients": [{"agency": cast.police.code, "categories": ["D1"]}],
        "categories": ["D1"],
        "purposes": ["le_crisis_response"],
        "information_description": "What helps me.",
        "expires_on": "2027-11-19",
        "revocation_method": "write to us, or tell any of us.",
        "releasing_member": str(cast.embedded.member_id),
        "form_language": "en",
    } | {
        f"states_{name}": True
        for name in ("right_to_revoke", "reliance_exception", "no_conditioning", "redisclosure_risk")
    }


@time_machine.travel(b.NOW, tick=True)
def test_a_consent_opens_what_it_says_from_its_verification_to_its_end(cast: Cast):
    sign_off_california(cast)
    desk, kim, verifier = Desk(cast), cast.kim, cast.verifier
    offer = {
        "person": str(cast.sam.pk),
        "outcome": "offered",
        "context": "clinic",
        "language": "en",
        "note": "",
    }
    assert desk.post(kim, "/api/v1/consent-offers/", offer).status_code == 201
    desk.seen = desk.post(kim, CONSENTS, draft(cast))
    assert desk.do(kim, "propose")["status"] == "proposed"
    assert not desk.officer_sees()
    scan = {"kind": "signed_form", "file": SimpleUploadedFile("form.pdf", b.SCAN)}
    documents = f"{CONSENTS}{desk.seen.json()['id']}/documents/"
    assert signed_in(kim).post(documents, scan).status_code == 201
    signature = {
        "signer_name": "Sam Testcase",
        "signer_capacity": "self",
        "signature_method": "ink_scanned",
        "signed_at": b.NOW.isoformat(),
        "copy_given_at": b.NOW.isoformat(),
        "collection_context": "clinic",
        "attests_capacity": True,
    }
    lacking = desk.do(kim, "sign", signature)["lacking"]
    # California: the clinician in charge has to approve what a county service releases (W&I 5328(b)).
    assert [one["pointer"] for one in lacking] == ["/clinician_approved_by"]
    desk.do(cast.embedded, "approve")
    assert not desk.officer_sees()
    active = desk.do(verifier, "activate", {"supersedes": []})
    assert (active["standing"], active["expires_on"], active["pack"]) == ("active", "2027-11-19", "ca-3")
    assert desk.officer_sees()
    desk.do(kim, "suspend", {"note": "Said so on the telephone."})
    assert not desk.officer_sees()
    desk.do(verifier, "lift", {"note": "Called back and wants it to stand."})
    assert desk.officer_sees()
    desk.do(kim, "revoke", {"note": "Wrote to us."})
    assert not desk.officer_sees()
    kept = Consent.objects.get()
    assert (kept.form_template, kept.inactive_reason) == ("ca.en", "revoked")
    assert "5328.7" in kept.shown_text
