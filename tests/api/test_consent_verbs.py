"""Each verb of a consent through its address: the whole life, and who may not (5.7, L-10, L-12)."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from continuity.agencies.models import Membership
from continuity.consents.models import Consent
from continuity.disclosures.models import LedgerEntry
from tests import builders as b
from tests.api.programs import CONSENTS, SIGNED, Program, content, pointers, problem, row_of
from tests.cast import Cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def kim(cast: Cast) -> Program:
    return Program(cast.kim)


@pytest.fixture
def verifier(cast: Cast) -> Program:
    return Program(cast.verifier)


@pytest.fixture
def officer_of_privacy(cast: Cast) -> Program:
    return Program(b.member("privacy", cast.county, "privacy_officer"))


@pytest.fixture
def proposed(cast: Cast, kim: Program):
    return kim.act(kim.draft(cast), "propose")


@pytest.fixture
def signed(kim: Program, proposed):
    scan = {"kind": "signed_form", "file": SimpleUploadedFile("sam.pdf", b.SCAN)}
    assert kim.post(f"{CONSENTS}{proposed.json()['id']}/documents/", scan, form=True).status_code == 201
    return kim.act(proposed, "sign", SIGNED)


@pytest.fixture
def active(signed, verifier: Program):
    return verifier.act(signed, "activate")


def row(response) -> Consent:
    return Consent.objects.get(pk=response.json()["id"])


def test_draft_is_answered_with_its_address_and_its_gaps(cast: Cast, kim: Program):
    drafted = kim.post(CONSENTS, {"person": str(cast.sam.pk), "instrument": "part2_consent"})
    body = drafted.json()
    assert (drafted.status_code, drafted["Location"]) == (201, f"{CONSENTS}{body['id']}/")
    assert (body["status"], body["standing"], body["person"]) == ("draft", "draft", str(cast.sam.pk))
    lacking = {one["pointer"]: one["detail"] for one in body["lacking"]}
    assert "42 CFR 2.31(a)(4)" in lacking["/recipients"]
    assert "/signer_name" not in lacking, "nobody signs a draft"
    assert row(drafted).collected_by == cast.kim.member


def test_draft_may_begin_with_the_person_alone(cast: Cast, kim: Program):
    """And is proposed by nobody: what it is, is the first thing that is missing."""
    drafted = kim.post(CONSENTS, {"person": str(cast.sam.pk)})
    assert (drafted.status_code, drafted.json()["instrument"], drafted.json()["categories"]) == (201, "", [])
    assert pointers(kim.act(drafted, "propose"))["/instrument"] == "missing_element"


def test_draft_says_all_that_was_sent(cast: Cast, kim: Program):
    recipients = [
        {"agency": cast.police.code, "categories": ["D1"]},
        {"member": str(cast.adeyemi.member_id), "categories": ["D1", "D2"]},
        {"third_party": "Aunt Ida", "categories": ["D2"]},
        {"treating_providers": True, "categories": ["D2"]},
    ]
    contacts = [str(cast.sams_contact.pk)]
    releasing = str(cast.kim.member_id)
    drafted = kim.draft(
        cast, recipients=recipients, contacts=contacts, releasing_member=releasing, starts_on="2026-12-01"
    )
    said = drafted.json()
    told = {one["kind"]: (one["agency"], one["member"], one["categories"]) for one in said["recipients"]}
    assert told == {
        "agency": ("kestrel-police", None, ["D1"]),
        "member": (None, str(cast.adeyemi.member_id), ["D1", "D2"]),
        "third_party": (None, None, ["D2"]),
        "treating_providers": (None, None, ["D2"]),
    }
    assert said["disclosing_agencies"] == ["county-health"]
    kept = row(drafted)
    assert [str(one.contact_id) for one in kept.specific_contacts.all()] == contacts
    assert (kept.releasing_member, kept.starts_at.isoformat()) == (
        cast.kim.member,
        "2026-12-01T08:00:00+00:00",
    )
    assert "Ida" not in drafted.content.decode()
    assert "Testcase" not in drafted.content.decode()


def test_redraft_says_everything_anew(cast: Cast, kim: Program):
    drafted = kim.draft(cast, existence_may_be_confirmed=True, part2_included=True)
    again = kim.act(drafted, "redraft", content(cast, recipients=[], categories=["D5"], expires_on=None))
    said = again.json()
    assert (said["categories"], said["recipients"], said["expires_on"]) == (["D5"], [], None)
    assert (said["existence_may_be_confirmed"], said["part2_included"]) == (False, False)
    assert again["ETag"] != drafted["ETag"]


def test_proposal_keeps_the_form_as_it_was_shown(proposed):
    assert (proposed.status_code, proposed.json()["status"]) == (200, "proposed")
    assert row(proposed).shown_text
    assert "/signer_name" in {one["pointer"] for one in proposed.json()["lacking"]}


def test_proposal_names_every_missing_element_with_its_section(cast: Cast, kim: Program):
    gaps = kim.act(kim.draft(cast, recipients=[], purposes=[], revocation_method=""), "propose")
    body = problem(gaps, 400, "incomplete")
    named = {error["pointer"]: (error["code"], error["detail"]) for error in body["errors"]}
    assert set(named) == {"/recipients", "/purposes", "/revocation_method"}
    assert named["/recipients"][0] == "missing_element"
    assert "45 CFR 164.508(c)(1)(iii)" in named["/recipients"][1]


def test_return_makes_it_a_draft_again(kim: Program, signed):
    returned = kim.act(signed, "return")
    assert (returned.json()["status"], returned.json()["signed_at"]) == ("draft", None)


def test_signature_is_written_as_it_was_given(cast: Cast, signed):
    kept = row(signed)
    assert (signed.status_code, kept.signer_name, kept.signed_at) == (200, "Sam Testcase", b.NOW)
    assert (kept.capacity_attested_by, signed.json()["lacking"]) == (cast.kim.member, [])


def test_clinician_approves(cast: Cast, proposed):
    approved = Program(cast.embedded).act(proposed, "approve")
    assert (approved.status_code, row(approved).clinician_approved_by) == (200, cast.embedded.member)


def test_second_person_activates(cast: Cast, active):
    said = active.json()
    assert (active.status_code, said["status"], said["standing"]) == (200, "active", "active")
    assert row(active).verified_by == cast.verifier.member


def test_collector_does_not_verify(kim: Program, signed):
    assert pointers(kim.act(signed, "activate")) == {"/verified_by": "verifier_is_collector"}
    assert row(signed).status == "proposed"


def test_activation_ends_what_it_supersedes(cast: Cast, verifier: Program, signed):
    old = cast.consent()
    assert verifier.act(signed, "activate", {"supersedes": [str(old.pk)]}).status_code == 200
    old.refresh_from_db()
    assert (old.inactive_reason, old.superseded_by) == ("superseded", row(signed))


def test_activation_that_cannot_supersede_does_nothing(cast: Cast, verifier: Program, signed):
    problem(verifier.act(signed, "activate", {"supersedes": [str(cast.sam.pk)]}), 404)
    assert row(signed).status == "proposed"


def test_rejection_is_kept(kim: Program, proposed):
    assert kim.act(proposed, "reject").json()["standing"] == "rejected"


def test_suspension_stops_and_another_lifts_it(kim: Program, verifier: Program, active):
    stopped = kim.act(active, "suspend", {"note": "Sam rang."})
    assert (stopped.json()["standing"], stopped.json()["suspended_at"] is None) == ("suspended", False)
    assert pointers(kim.act(stopped, "lift", {"note": "Sam rang again."})) == {"/note": "same_member"}
    lifted = verifier.act(stopped, "lift", {"note": "Sam rang again."})
    assert (lifted.json()["standing"], lifted.json()["suspended_at"]) == ("active", None)


def test_revocation_ends_it(kim: Program, active):
    ended = kim.act(active, "revoke", {"note": "Sam wrote."})
    said = ended.json()
    assert (ended.status_code, said["status"], said["standing"], said["inactive_reason"]) == (
        200,
        "inactive",
        "revoked",
        "revoked",
    )
    assert "Sam wrote" not in ended.content.decode()


def test_one_recipient_is_revoked_alone(kim: Program, active):
    recipient = active.json()["recipients"][0]
    ended = kim.act(active, "revoke-recipient", {"recipient": recipient["id"], "note": "Sam rang."})
    assert (ended.json()["standing"], ended.json()["recipients"][0]["revoked_at"] is None) == (
        "active",
        False,
    )
    assert ended["ETag"] != active["ETag"]


def test_event_ends_it_once_it_has_happened(cast: Cast, kim: Program):
    seen = kim.see(cast.consent(expiry_event="discharge from the programme"))
    waiting = kim.act(seen, "event", {"happened": False})
    assert waiting.json()["status"] == "active"
    ended = kim.act(waiting, "event", {"happened": True})
    assert (ended.json()["status"], ended.json()["inactive_reason"]) == ("inactive", "expired")


def test_invalid_one_is_ended(kim: Program, active):
    assert (
        kim.act(active, "invalidate", {"note": "The signature was not Sam's."}).json()["standing"]
        == "invalidated"
    )


def test_privacy_officer_alone_marks_an_error(kim: Program, officer_of_privacy: Program, active):
    problem(kim.act(active, "mark-error", {"note": "Wrong person."}), 403, "duty_missing")
    marked = officer_of_privacy.act(active, "mark-error", {"note": "Wrong person."})
    assert marked.json()["standing"] == "entered_in_error"


NOTED = ("suspend", "lift", "revoke", "invalidate", "mark-error")


@pytest.mark.parametrize("verb", NOTED)
@pytest.mark.parametrize("note", [{}, {"note": ""}, {"note": "  "}, {"note": "x" * 301}])
def test_reason_is_asked_for(officer_of_privacy: Program, active, verb: str, note: dict[str, str]):
    assert list(pointers(officer_of_privacy.act(active, verb, note))) == ["/note"]
    assert row(active).version == int(active.json()["version"])


def test_verb_in_the_wrong_state_is_a_conflict(cast: Cast, kim: Program):
    problem(kim.act(kim.draft(cast), "revoke", {"note": "x"}), 409, "not_active")


BODIES = {
    "redraft": {"instrument": "state_form"},
    "revoke-recipient": {"recipient": "00000000-0000-4000-8000-000000000000", "note": "x"},
    "event": {"happened": True},
} | {verb: {"note": "x"} for verb in NOTED}
VERBS = [
    "redraft", "propose", "return", "sign", "approve", "activate", "reject", "suspend", "lift", "revoke",
    "revoke-recipient", "event", "invalidate", "mark-error",
]  # fmt: skip
every_verb = pytest.mark.parametrize("verb", VERBS)


@every_verb
def test_verb_without_a_version_is_refused(kim: Program, active, verb: str):
    path = f"{CONSENTS}{active.json()['id']}/{verb}/"
    for headers in ({}, {"if_match": "*"}, {"if_match": f'{active["ETag"]}, "another"'}, {"if_match": "1"}):
        problem(kim.post(path, BODIES.get(verb), **headers), 428, "precondition_required")


@every_verb
def test_verb_on_a_stale_version_is_refused(cast: Cast, kim: Program, officer_of_privacy: Program, verb: str):
    by = Program(cast.embedded) if verb == "approve" else officer_of_privacy
    consent = cast.consent()
    seen = by.see(consent)
    consent.save()
    problem(by.act(seen, verb, BODIES.get(verb)), 412, "changed_meanwhile")
    consent.refresh_from_db()
    assert (consent.version, consent.status) == (seen.json()["version"] + 1, "active")


@pytest.mark.parametrize("tag", ["W/{tag}", '"{other}.{version}.abcdefabcdef"', '"2"', '"{id}.99999999999"'])
def test_tag_of_something_else_never_matches(cast: Cast, kim: Program, active, tag: str):
    said = active.json()
    forged = tag.format(tag=active["ETag"], other=cast.sam.pk, id=said["id"], version=said["version"])
    problem(kim.act(active, "revoke", {"note": "x"}, if_match=forged), 412, "changed_meanwhile")
    assert row(active).status == "active"


def without_the_row(cast: Cast) -> dict[str, Membership]:
    return {
        "foreign manager": b.member("other-kim", cast.clinic, "consent_manager"),
        "officer": cast.reyes,
        "officer of the agency": b.member("own-officer", cast.county, "officer"),
        "administrator": b.member("admin", cast.county, "agency_admin"),
        "stranger": cast.novak,
    }


@every_verb
def test_verb_finds_nothing_for_those_who_may_not_read_it(cast: Cast, verb: str):
    """P-3: one answer whether it is another agency's or never was, whatever the tag."""
    consent = cast.consent()
    absent = Program(cast.kim).post(f"{CONSENTS}{cast.sam.pk}/{verb}/", BODIES.get(verb), if_match='"1"')
    for name, membership in without_the_row(cast).items():
        answer = Program(membership).post(f"{CONSENTS}{consent.pk}/{verb}/", BODIES.get(verb), if_match='"1"')
        assert (answer.status_code, answer.content) == (404, absent.content), name
        assert (row_of(membership).outcome, row_of(membership).person) == ("refused", None)
    consent.refresh_from_db()
    assert consent.status == "active"


def test_consent_of_a_restricted_person_is_the_privacy_officers_alone(
    cast: Cast, kim: Program, officer_of_privacy: Program
):
    """45 CFR 164.522: who may not read it does not come by it through a verb."""
    consent = cast.consent()
    seen = kim.see(consent)
    cast.sam.confidentiality = "restricted"
    cast.sam.save()
    problem(kim.act(seen, "suspend", {"note": "x"}), 404, "not_found")
    assert officer_of_privacy.act(seen, "suspend", {"note": "x"}).status_code == 200


def test_expiring_shows_by_the_clock_and_not_by_the_row(cast: Cast, active):
    kim = Program(cast.kim, b.NOW + timedelta(days=110))
    later = kim.see(row(active))
    assert (later.json()["standing"], later.json()["version"]) == ("expiring", active.json()["version"])
    assert later["ETag"] != active["ETag"]
    assert kim.act(active, "revoke", {"note": "Sam wrote."}).status_code == 200, (
        "the row is the one that was seen"
    )


def test_verbs_leave_no_reading_in_the_ledger(active):
    assert not LedgerEntry.objects.filter(outcome="read").exists()
