"""Emergencies after they are over: the queue, the file, the word on it, and that the person is told (5.11)."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from continuity.access import emergencies as e
from continuity.access.models import EmergencyAccess
from continuity.access.tasks import end_emergencies
from continuity.agencies.models import Membership
from continuity.disclosures.emergencies import break_glass, emergency_card
from continuity.disclosures.models import LedgerEntry
from tests import builders as b
from tests.backoffice.test_who_comes_in import site_administrator
from tests.cast import Cast, signed_in

pytestmark = pytest.mark.django_db
AFTER = b.NOW + timedelta(minutes=61)
WHY = {
    "incident_ref": "2026-0077",
    "reason_code": "imminent_self_harm",
    "reason": "Sam stands on the bridge and says goodbye.",
    "nature": "Threat to jump.",
}
SAM = {"last": "Testcase", "first": "Sam", "birth_date": b.date(1988, 4, 3)}


@pytest.fixture(autouse=True)
def _after_the_time_box():
    with time_machine.travel(AFTER, tick=False):
        yield


@pytest.fixture
def clinician(cast: Cast) -> Membership:
    return b.member("carla", cast.clinic, "treatment_clinician", may_break_glass=True)


@pytest.fixture
def pia(cast: Cast) -> Membership:
    return b.member("pia", cast.clinic, "privacy_officer")


@pytest.fixture
def over(clinician: Membership) -> EmergencyAccess:
    """An override that was used once and has ended."""
    made = break_glass(by=clinician, at=b.NOW, **SAM, **WHY)
    emergency_card(by=clinician, emergency_id=made.pk, channel="page", at=b.NOW)
    end_emergencies()
    made.refresh_from_db()
    return made


def review(browser: Client, over: EmergencyAccess, **said: Any):
    over.refresh_from_db()
    said = {"version": over.version, "outcome": "justified", "note": "A life was at risk."} | said
    return browser.post(f"/admin/emergencies/{over.pk}/", said)


def test_queue_lists_what_waits_without_naming_the_person_and_is_ledgered(
    over: EmergencyAccess, pia: Membership
):
    text = signed_in(pia).get("/admin/emergencies/").content.decode()
    assert "2026-0077" in text
    assert "Carla, Orchard Clinic" in text
    assert "Testcase" not in text
    row = LedgerEntry.objects.get(asker=pia)
    assert (row.outcome, row.records) == ("read", [["emergencyaccess", str(over.pk), over.version]])


def test_file_says_what_was_documented_and_what_was_read(over: EmergencyAccess, pia: Membership, cast: Cast):
    text = signed_in(pia).get(f"/admin/emergencies/{over.pk}/").content.decode()
    for said in ("Sam Testcase, born 3 Apr 1988", "Threat to jump.", "says goodbye", "imminent harm to self"):
        assert said in text
    assert "Nothing was read." not in text
    assert "Speak softly" not in text
    row = LedgerEntry.objects.get(asker=pia)
    assert (row.outcome, row.person_id) == ("read", cast.sam.pk)


def test_review_closes_it_and_takes_it_from_the_queue(over: EmergencyAccess, pia: Membership):
    desk = signed_in(pia)
    assert review(desk, over)["Location"] == "/admin/emergencies/"
    over.refresh_from_db()
    assert (over.review, over.reviewed_by, over.review_note) == ("justified", pia, "A life was at risk.")
    assert "2026-0077" not in desk.get("/admin/emergencies/").content.decode()
    assert review(desk, over).status_code == 409


def test_unjustified_one_needs_a_referral_and_keeps_the_requester_out_until_cleared(
    over: EmergencyAccess, pia: Membership, clinician: Membership
):
    desk = signed_in(pia)
    refused = review(desk, over, outcome="unjustified")
    assert refused.status_code == 400
    assert "A life was at risk." in refused.content.decode()
    review(desk, over, outcome="unjustified", referred_to="Office of compliance")
    over.refresh_from_db()
    assert (over.review, over.sanction_referred_to) == ("unjustified", "Office of compliance")
    with pytest.raises(e.Conflict, match=r"^review_overdue$"):
        break_glass(by=clinician, at=AFTER, **SAM, **WHY)
    said = {"version": over.version, "note": "Talked to and trained again."}
    assert desk.post(f"/admin/emergencies/{over.pk}/clear/", said).status_code == 302
    assert break_glass(by=clinician, at=AFTER, **SAM, **WHY).state == "released"


def test_review_of_a_file_that_changed_meanwhile_is_refused(over: EmergencyAccess, pia: Membership):
    answer = review(signed_in(pia), over, version=over.version - 1)
    assert answer.status_code == 409
    assert "Somebody changed this since you opened it." in answer.content.decode()


def test_person_to_tell_is_named_and_taken_from_the_list_once_told(over: EmergencyAccess, pia: Membership):
    desk = signed_in(pia)
    assert "Sam Testcase" in desk.get("/admin/emergencies/to-tell/").content.decode()
    row = LedgerEntry.objects.get(asker=pia)
    assert (row.outcome, row.records) == ("read", [["emergencyaccess", str(over.pk), over.version]])
    path, said = f"/admin/emergencies/{over.pk}/told/", {"version": over.version}
    assert desk.post(path, said | {"how": " "}).status_code == 400
    assert desk.post(path, said | {"how": "At the visit on Monday."}).status_code == 302
    over.refresh_from_db()
    assert (over.person_told_at, over.person_told_how) == (AFTER, "At the visit on Monday.")
    assert "Testcase" not in desk.get("/admin/emergencies/to-tell/").content.decode()


@pytest.mark.parametrize("path", ["", "to-tell/", "{id}/", "{id}/told/", "{id}/clear/"])
def test_only_the_reviewing_agency_finds_the_pages(over: EmergencyAccess, cast: Cast, path: str):
    path = f"/admin/emergencies/{path.format(id=over.pk)}"
    for by in (cast.kim, cast.embedded, cast.reyes):
        for answer in (signed_in(by).get(path), signed_in(by).post(path)):
            assert answer.status_code == 403
    root = site_administrator()
    assert {root.get(path).status_code, root.post(path).status_code} == {403}
    stranger = signed_in(b.member("otto", cast.elsewhere, "privacy_officer"))
    assert b"Testcase" not in stranger.get(path).content
    if path == f"/admin/emergencies/{over.pk}/":
        assert stranger.get(path).status_code == 404
    said = {"version": over.version, "note": "No.", "how": "No.", "outcome": "justified"}
    assert stranger.post(path, said).status_code in (404, 405)
    over.refresh_from_db()
    assert (over.review, over.person_told_at) == ("review_pending", None)


def test_nobody_reviews_their_own(cast: Cast):
    both = b.member("both", cast.clinic, "treatment_clinician", "privacy_officer", may_break_glass=True)
    made = break_glass(by=both, at=b.NOW, **SAM, **WHY)
    end_emergencies()
    assert "2026-0077" not in signed_in(both).get("/admin/emergencies/").content.decode()
    assert review(signed_in(both), made).status_code in (404, 409)
    made.refresh_from_db()
    assert made.review == "review_pending"


def test_supervisor_comes_in_for_the_queue_and_for_nothing_else(over: EmergencyAccess, cast: Cast):
    desk = signed_in(b.member("sue", cast.clinic, "supervisor"))
    home = desk.get("/admin/").content.decode()
    assert "Emergencies to review" in home
    assert "To verify" not in home
    assert desk.get("/admin/consents/").status_code == 403
    assert desk.get(f"/admin/emergencies/{over.pk}/").status_code == 200


def test_tile_counts_and_says_since_when_it_waits(over: EmergencyAccess, pia: Membership, cast: Cast):
    home = signed_in(pia).get("/admin/").content.decode()
    assert home.count("longest since 20 Nov 2026") == 2
    assert 'href="/admin/emergencies/to-tell/"' in home
    assert "Emergencies" not in signed_in(cast.kim).get("/admin/").content.decode()


@pytest.mark.parametrize(
    ("path", "statements"), [("", 7), ("to-tell/", 8), ("{id}/", 9)], ids=["queue", "to-tell", "file"]
)
def test_statements_are_constant_in_the_number_of_emergencies(
    over: EmergencyAccess,
    pia: Membership,
    clinician: Membership,
    path: str,
    statements: int,
    django_assert_num_queries,
):
    path = f"/admin/emergencies/{path.format(id=over.pk)}"
    for _ in range(2):
        desk = signed_in(pia)
        desk.get(path)
        with django_assert_num_queries(statements):
            desk.get(path)
        break_glass(by=clinician, at=b.NOW, **SAM, **WHY)
        end_emergencies()
