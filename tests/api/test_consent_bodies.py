"""What is sent: unknown, malformed and contradictory fields are refused at their place, and never repeated."""

from datetime import date
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from continuity.consents.documents import LARGEST
from continuity.consents.models import Consent, ConsentOffer
from continuity.disclosures.models import LedgerEntry
from tests import builders as b
from tests.api.programs import CONSENTS, SIGNED, Program, content, pointers, problem, row_of
from tests.cast import Cast

pytestmark = pytest.mark.django_db
OFFERS = "/api/v1/consent-offers/"
ODD = "Zyxwvut"
ANYBODY = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def kim(cast: Cast) -> Program:
    return Program(cast.kim)


def one(**who: Any) -> dict[str, Any]:
    return {"recipients": [{"categories": ["D1"]} | who]}


WRONG = [
    ({"shown_text": ODD}, "/shown_text", "unknown_field"),
    ({"starts_at": "2026-11-20"}, "/starts_at", "unknown_field"),
    ({"recipients": [{"agency": "kestrel-police", "office": ODD}]}, "/recipients/0/office", "unknown_field"),
    ({"instrument": ODD}, "/instrument", "invalid_choice"),
    ({"instrument": None}, "/instrument", "null"),
    ({"categories": ["D1", ODD]}, "/categories/1", "invalid_choice"),
    ({"categories": "D1"}, "/categories", "not_a_list"),
    ({"purposes": [{"a": ODD}]}, "/purposes/0", "invalid_choice"),
    ({"record_window": ODD}, "/record_window", "invalid_choice"),
    ({"expires_on": ODD}, "/expires_on", "invalid"),
    ({"expires_on": "2027-02-30"}, "/expires_on", "invalid"),
    ({"expires_on": "2027-03-31T00:00:00Z"}, "/expires_on", "invalid"),
    ({"expires_on": "9999-12-31"}, "/expires_on", "out_of_range"),
    ({"starts_on": "0001-01-01"}, "/starts_on", "out_of_range"),
    ({"starts_on": None}, "/starts_on", "null"),
    ({"contacts": [ODD]}, "/contacts/0", "invalid"),
    ({"releasing_member": ODD}, "/releasing_member", "invalid"),
    ({"releasing_member": ANYBODY}, "/releasing_member", "does_not_exist"),
    ({"disclosing_agencies": [ODD]}, "/disclosing_agencies/0", "does_not_exist"),
    ({"part2_included": ODD}, "/part2_included", "invalid"),
    ({"purpose_text": "x" * 201}, "/purpose_text", "max_length"),
    (one(), "/recipients/0", "not_one_recipient"),
    (one(agency="kestrel-police", third_party="Aunt Ida"), "/recipients/0", "not_one_recipient"),
    (one(treating_providers=False), "/recipients/0", "not_one_recipient"),
    (one(agency=ODD), "/recipients/0/agency", "does_not_exist"),
    (one(member=ANYBODY), "/recipients/0/member", "does_not_exist"),
    (one(member=ODD), "/recipients/0/member", "invalid"),
    ({"recipients": [{"agency": "kestrel-police"}, {"agency": "kestrel-police"}]}, "/recipients", "named_twice"),
    ({"person": ODD}, "/person", "invalid"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "pointer", "code"), WRONG)
def test_wrong_field_is_refused_at_its_place(
    cast: Cast, kim: Program, changes: dict[str, Any], pointer: str, code: str
):
    refused = kim.draft(cast, **changes)
    assert pointers(refused) == {pointer: code}
    assert ODD not in refused.content.decode()
    assert not Consent.objects.exists()


@pytest.mark.parametrize("body", ["[]", '"x"', "3", "[{}]", "null"])
def test_body_that_is_no_object_is_refused_as_a_whole(kim: Program, body: str):
    assert list(pointers(kim.post(CONSENTS, body))) == [""]


@pytest.mark.parametrize("body", ["{", "[" * 100_000, '{"person": NaN}', "\x00"])
def test_body_that_is_no_json_is_refused(kim: Program, body: str):
    problem(kim.post(CONSENTS, body), 400, "parse_error")


def test_suspended_agency_is_no_recipient(cast: Cast, kim: Program):
    cast.police.status = "suspended"
    cast.police.save()
    assert pointers(kim.draft(cast)) == {"/recipients/0/agency": "does_not_exist"}


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"signed_at": "2026-11-20T12:00:00"}, "/signed_at", "naive"),
        ({"signed_at": "2026-11-20"}, "/signed_at", "naive"),
        ({"signed_at": "0001-01-01T00:00:00+14:00"}, "/signed_at", "out_of_range"),
        ({"copy_given_at": ODD}, "/copy_given_at", "invalid"),
        ({"signature_method": "held_by_source"}, "/signature_method", "invalid_choice"),
        ({"signer_capacity": ODD}, "/signer_capacity", "invalid_choice"),
        ({"verified_by": ANYBODY}, "/verified_by", "unknown_field"),
    ],
)
def test_wrong_signature_is_refused_at_its_place(
    cast: Cast, kim: Program, changes: dict[str, Any], pointer: str, code: str
):
    proposed = kim.act(kim.draft(cast), "propose")
    refused = kim.act(proposed, "sign", SIGNED | changes)
    assert pointers(refused) == {pointer: code}
    assert ODD not in refused.content.decode()
    assert Consent.objects.get().signer_name == ""


@pytest.mark.parametrize("verb", ["propose", "return", "approve", "reject"])
def test_verb_that_says_everything_takes_no_field(cast: Cast, kim: Program, verb: str):
    assert pointers(kim.act(kim.draft(cast), verb, {"note": "x"})) == {"/note": "unknown_field"}


@pytest.mark.parametrize(
    ("zone", "last", "end"),
    [
        ("America/Los_Angeles", "2027-03-14", "2027-03-15T07:00:00+00:00"),  # clocks forward on this very day
        ("America/Los_Angeles", "2027-03-13", "2027-03-14T08:00:00+00:00"),
        ("America/Los_Angeles", "2027-11-07", "2027-11-08T08:00:00+00:00"),  # clocks back
        ("America/Los_Angeles", "2027-11-06", "2027-11-07T07:00:00+00:00"),
        ("America/New_York", "2027-03-14", "2027-03-15T04:00:00+00:00"),
    ],
)
def test_consent_holds_to_the_midnight_after_its_last_day(
    cast: Cast, kim: Program, zone: str, last: str, end: str
):
    """P-18: the custodian's midnight, also on the day its clocks change."""
    cast.county.timezone = zone
    cast.county.save()
    drafted = kim.draft(cast, expires_on=last, starts_on=last)
    kept = Consent.objects.get()
    assert kept.expires_at.isoformat() == end
    assert cast.county.local(kept.starts_at).isoformat()[:19] == f"{last}T00:00:00"
    assert (drafted.json()["expires_on"], kept.custodian.last_day_before(kept.expires_at)) == (
        last,
        date.fromisoformat(last),
    )


def draft_of(cast: Cast, by: Program, person: object):
    return by.post(CONSENTS, {"person": str(person)} | content(cast))


def offer_to(cast: Cast, by: Program, person: object):
    return by.post(OFFERS, {"person": str(person), "outcome": "declined", "context": "clinic"})


@pytest.mark.parametrize("write", [draft_of, offer_to])
def test_person_whom_the_agency_does_not_know_is_absent(cast: Cast, write: Any):
    """P-3: known elsewhere, known to nobody, not for this role: one answer, and a row in the ledger."""
    novak, officer = Program(cast.novak), Program(b.member("own-officer", cast.county, "officer"))
    absent = problem(write(cast, novak, ANYBODY), 404, "not_found")
    assert row_of(cast.novak).outcome == "refused"
    assert (
        problem(write(cast, novak, cast.sam.pk), 404)
        == problem(write(cast, officer, cast.sam.pk), 404)
        == absent
    )
    assert LedgerEntry.objects.filter(outcome="refused", person=None).count() == 3
    assert not Consent.objects.exists()
    assert not ConsentOffer.objects.exists()


def test_offer_is_written_and_asked_again_later(cast: Cast, kim: Program):
    body = {
        "person": str(cast.sam.pk),
        "outcome": "unable_now",
        "context": "facility",
        "language": "es",
        "note": "Asleep.",
    }
    written = kim.post(OFFERS, body)
    said, kept = written.json(), ConsentOffer.objects.get()
    assert (written.status_code, said["id"], said["outcome"]) == (201, str(kept.pk), "unable_now")
    assert said["offer_again_at"] is not None
    assert (kept.person, kept.offered_by, kept.note) == (cast.sam, cast.kim.member, "Asleep.")
    assert "Asleep" not in written.content.decode()


@pytest.mark.parametrize(
    ("field", "value"),
    [("outcome", ODD), ("context", ODD), ("person", ODD), ("note", "x" * 301), ("at", "now")],
)
def test_wrong_offer_is_refused_at_its_field(cast: Cast, kim: Program, field: str, value: str):
    body = {"person": str(cast.sam.pk), "outcome": "declined", "context": "clinic"} | {field: value}
    refused = kim.post(OFFERS, body)
    assert list(pointers(refused)) == [f"/{field}"]
    assert ODD not in refused.content.decode()


def upload(kim: Program, consent: Consent, data: bytes, kind: str = "revocation", **more: str):
    file = SimpleUploadedFile("sam-testcase.pdf", data, "application/pdf")
    return kim.post(f"{CONSENTS}{consent.pk}/documents/", {"kind": kind, "file": file} | more, form=True)


def test_document_is_attached_under_an_id(cast: Cast, kim: Program):
    consent = cast.consent()
    attached = upload(kim, consent, b.SCAN)
    said = attached.json()
    kept = consent.documents.get(kind="revocation")
    assert (attached.status_code, set(said)) == (201, {"id", "kind", "media_type", "size", "sha256"})
    assert attached["Location"] == f"{CONSENTS}{consent.pk}/documents/{kept.pk}/"
    assert (said["id"], said["media_type"], said["size"]) == (str(kept.pk), "application/pdf", len(b.SCAN))
    assert (bytes(kept.content), "testcase" in attached.content.decode()) == (b.SCAN, False)


@pytest.mark.parametrize(
    ("data", "code"),
    [(b"", "wrong_size"), (b"%PDF-" + b"x" * LARGEST, "wrong_size"), (b"<html>", "wrong_type")],
)
def test_document_that_is_none_is_refused(cast: Cast, kim: Program, data: bytes, code: str):
    consent = cast.consent()
    assert pointers(upload(kim, consent, data)) == {"/file": code}
    assert consent.documents.count() == 1


def test_document_needs_a_kind_and_nothing_else(cast: Cast, kim: Program):
    consent = cast.consent()
    assert pointers(upload(kim, consent, b.SCAN, kind=ODD)) == {"/kind": "invalid_choice"}
    assert pointers(upload(kim, consent, b.SCAN, name="Sam")) == {"/name": "unknown_field"}
    problem(kim.post(f"{CONSENTS}{consent.pk}/documents/", {"kind": "authority"}), 415)


def test_document_of_another_agencys_consent_is_not_attached(cast: Cast):
    consent = cast.consent()
    foreign = b.member("other-kim", cast.clinic, "consent_manager")
    problem(upload(Program(foreign), consent, b.SCAN), 404, "not_found")
    assert consent.documents.count() == 1
    assert row_of(foreign).outcome == "refused"
