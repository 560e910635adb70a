"""What reaches a door about two who were one: an old id leads on, and a notice says no more than it must (P-2, P-3)."""

import pytest
from django.urls import reverse
from django.utils import timezone

from continuity.disclosures.alerts import may_be_told
from continuity.disclosures.models import LedgerEntry
from continuity.notices.models import Notice
from tests import builders as b
from tests.cast import signed_in
from tests.disclosures.merging import Two, build_two
from tests.disclosures.test_unmerges import asked
from tests.replay import replayed


@pytest.fixture
def two(db: None) -> Two:
    return replayed(build_two)


def test_page_of_the_retired_leads_to_the_survivors(two: Two):
    two.merge()
    for by, page in ((two.adeyemi, "person"), (two.clinic_privacy, "admin:person")):
        response = signed_in(by).get(reverse(page, args=[two.samuel.pk]))
        assert (response.status_code, response.headers.get("Location")) == (
            302,
            reverse(page, args=[two.sam.pk]),
        )
        assert signed_in(by).get(reverse(page, args=[two.sam.pk])).status_code == 200
        row = LedgerEntry.objects.order_by("pk").last()
        assert (row.person_id, row.agency_id) == (two.sam.pk, two.clinic.pk)


def test_stranger_is_led_nowhere(two: Two):
    two.merge()
    novak = b.member("novak", b.agency("faraway-clinic", "clinic_treatment"), "treatment_clinician")
    response = signed_in(novak).get(reverse("person", args=[two.samuel.pk]))
    assert response.status_code == 404
    row = LedgerEntry.objects.order_by("pk").last()
    assert (row.outcome, row.person_id) == ("refused", None)


def test_api_answers_with_the_survivor(two: Two):
    two.merge()
    browser = signed_in(two.adeyemi)
    told = browser.get(f"/api/v1/people/{two.samuel.pk}/record/")
    assert told.status_code == 200
    assert told.json()["person"] == str(two.sam.pk)
    listed = browser.get("/api/v1/contacts/", {"person": str(two.samuel.pk)})
    assert [one["id"] for one in listed.json()["results"]] == [str(two.samuels_contact.pk)]


def test_who_was_shown_the_wrong_one_is_told_which_answer_it_was(two: Two):
    """Their own question by its time and incident number; never a name, never whose it was."""
    merge = two.merge()
    asked(two, "Sam")
    two.unmerge(merge)
    page = signed_in(two.reyes).get(reverse("inbox")).content.decode()
    assert "was another person&#x27;s" in page
    assert "incident 2026-0001" in page
    assert "Testcase" not in page
    notice = Notice.objects.get(kind="wrong_person")
    assert may_be_told(by=two.reyes, notice=notice, at=timezone.now())
    assert not may_be_told(by=two.adeyemi, notice=notice, at=timezone.now())


def test_notices_of_a_merge_are_told_to_whom_they_are_for(two: Two):
    def told(kind: str) -> set[str]:
        notice = Notice.objects.filter(kind=kind, subject_id=merge.pk).first()
        everybody = (two.asks, two.decides, two.kim, two.county_privacy, two.embedded, two.reyes)
        found = set()
        for one in everybody:
            notice.agency_id = one.agency_id  # as if it had come to them
            if may_be_told(by=one, notice=notice, at=timezone.now()):
                found.add(one.member.username)
        return found

    merge = two.request()
    assert told("merge_to_decide") == {"decides"}
    two.approve(merge)
    assert told("merge_to_review") == {"kim", "county-privacy"}
    assert told("merge_to_decide") == set()
    b.contact(two.embedded, two.sam)
    two.ask_back(merge)
    assert told("unmerge_to_sort") == {"county-privacy"}
    assert told("merge_to_decide") == {"decides"}
