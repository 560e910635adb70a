"""The desk's pages of merges: approve, refuse, withdraw, review, take apart, sort; who has them, and each reading ledgered."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from continuity.crisis.models import CrisisContact
from continuity.disclosures.merges import approve_merge
from continuity.disclosures.models import LedgerEntry, Merge, MergeReview, UnmergeChoice
from continuity.disclosures.unmerges import request_unmerge
from continuity.people.models import Person
from tests import builders as b
from tests.backoffice.test_who_comes_in import site_administrator
from tests.backoffice.two_records import Desk, build_desk
from tests.cast import signed_in
from tests.replay import replayed

pytestmark = pytest.mark.django_db
LATER = b.NOW + timedelta(hours=1)


@pytest.fixture(autouse=True)
def _at_the_time_of_the_cast():
    with time_machine.travel(LATER, tick=False):
        yield


def _with_a_request() -> tuple[Desk, Merge]:
    with time_machine.travel(b.NOW, tick=False):
        desk = build_desk()
        desk.told_same()
        return desk, desk.asked()


@pytest.fixture
def world() -> tuple[Desk, Merge]:
    return replayed(_with_a_request)


@pytest.fixture
def desk(world: tuple[Desk, Merge]) -> Desk:
    return world[0]


@pytest.fixture
def merge(world: tuple[Desk, Merge]) -> Merge:
    return world[1]


def page_of(merge: Merge) -> str:
    return f"/admin/merges/{merge.pk}/"


def text_of(browser: Client, url: str) -> str:
    answer = browser.get(url)
    assert answer.status_code == 200, (url, answer.status_code)
    return answer.content.decode()


def press(browser: Client, merge: Merge, verb: str, **said: Any):
    return browser.post(f"{page_of(merge)}{verb}/", said)


def state_of(merge: Merge) -> str:
    return Merge.objects.get(pk=merge.pk).state


def approved(desk: Desk, merge: Merge) -> Merge:
    return approve_merge(by=desk.paul, merge_id=merge.pk, at=b.NOW)


def doubted(desk: Desk, merge: Merge) -> CrisisContact:
    """Merged, written about by the clinic, and to be taken apart."""
    approved(desk, merge)
    desk.robert.refresh_from_db()
    clara = b.member("clara", desk.clinic, "treatment_clinician")
    written = b.contact(clara, desk.robert, at=LATER)
    request_unmerge(by=desk.pia, merge_id=merge.pk, reason="Two dogs.", at=LATER)
    return written


# -- the queue and the decision -------------------------------------------------------------------------------


def test_queue_shows_the_second_person_what_waits_and_the_asker_that_it_waits(desk: Desk, merge: Merge):
    second, asker = (text_of(signed_in(one), "/admin/merges/") for one in (desk.paul, desk.pia))
    for text in (second, asker):
        assert "Robert Quimby-Testcase" in text
    assert "Nothing that you asked for waits." in second
    assert "No merge waits for you." in asker
    rows = LedgerEntry.objects.all()
    assert [(row.outcome, row.records[0][:2]) for row in rows] == [("read", ["merge", str(merge.pk)])] * 2


def test_asker_may_withdraw_and_not_approve(desk: Desk, merge: Merge):
    browser = signed_in(desk.pia)
    text = text_of(browser, page_of(merge))
    assert "Withdraw the request" in text
    assert "Approve the merge" not in text
    assert "You asked for this, so somebody else decides it." in text
    answer = press(browser, merge, "approve", version=1)
    assert answer.status_code == 409
    assert "Somebody else than who asked for it must decide." in answer.content.decode()
    assert press(browser, merge, "withdraw").status_code == 302
    assert state_of(merge) == "withdrawn"


def test_second_person_approves_and_reading_is_ledgered_for_both(desk: Desk, merge: Merge):
    browser = signed_in(desk.paul)
    text = text_of(browser, page_of(merge))
    assert "Approve the merge" in text
    assert "One dog." in text
    assert set(LedgerEntry.objects.values_list("person_id", flat=True)) == {desk.robert.pk, desk.bob.pk}
    assert press(browser, merge, "approve", version=merge.version).status_code == 302
    assert state_of(merge) == "merged"
    assert Person.objects.get(pk=desk.bob.pk).replaced_by_id == desk.robert.pk
    text = text_of(browser, page_of(merge))
    for told in ("12 Elm Street", "9 Oak Avenue", "Ask to take it apart"):
        assert told in text


@pytest.mark.parametrize(
    ("verb", "said", "status", "sentence"),
    [
        ("refuse", {"reason": "", "version": 1}, 400, "Say why, in one sentence."),
        ("refuse", {"reason": "No.", "version": 9}, 409, "Somebody changed this since you opened it."),
        ("approve", {"version": 9}, 409, "Somebody changed this since you opened it."),
        ("take-apart", {}, 409, "nobody asks to take it apart"),
        ("no-such-verb", {}, 404, ""),
    ],
)
def test_refusal_stands_on_the_page(
    desk: Desk, merge: Merge, verb: str, said: dict[str, Any], status: int, sentence: str
):
    answer = press(signed_in(desk.paul), merge, verb, **said)
    assert answer.status_code == status
    assert sentence in answer.content.decode()
    assert state_of(merge) == "requested"


def test_refused_merge_says_why_to_who_asked(desk: Desk, merge: Merge):
    press(signed_in(desk.paul), merge, "refuse", reason="Different dogs.", version=merge.version)
    text = text_of(signed_in(desk.pia), page_of(merge))
    assert "Different dogs." in text
    assert state_of(merge) == "refused"


def test_office_that_knows_both_asks_and_sees_its_own_word_alone(desk: Desk, merge: Merge):
    press(signed_in(desk.pia), merge, "withdraw")
    asked = desk.asked(by=desk.pat)
    text = text_of(signed_in(desk.pat), page_of(asked))
    assert "The agency that keeps the index decides it." in text
    assert "12 Elm Street" not in text
    assert "Withdraw the request" in text


# -- the custodian's review -----------------------------------------------------------------------------------


def test_custodian_reviews_its_own_consents_with_one_button(desk: Desk, merge: Merge):
    manager, verifier = (b.member(name, desk.clinic, "consent_manager") for name in ("kim", "vera"))
    consent = b.consent(by=manager, verified_by=verifier, who=desk.bob, to=[desk.county])
    approved(desk, merge)
    browser, page = signed_in(manager), f"/admin/merge-reviews/{merge.pk}/"
    assert page in text_of(browser, "/admin/merge-reviews/")
    assert "Consents of merged people" in text_of(browser, "/admin/")
    text = text_of(browser, page)
    assert "Written down for Bob Quimby-Testcase" in text
    assert consent.number in text
    assert "Robert Quimby-Testcase" not in text
    assert "Team link" not in text
    assert LedgerEntry.objects.filter(asker=manager, consents__contains=[consent.pk], outcome="read").exists()
    assert browser.post(f"{page}whole/").status_code == 302
    assert MergeReview.objects.get().agency == desk.clinic
    answer = browser.post(f"{page}whole/")
    assert answer.status_code == 409
    assert "has reviewed this merge already" in answer.content.decode()
    assert "No merged person" in text_of(browser, "/admin/merge-reviews/")


def test_consent_manager_of_the_keeper_sees_no_foreign_name(desk: Desk, merge: Merge):
    approved(desk, merge)
    browser = signed_in(b.member("kim", desk.county, "consent_manager"))
    for page in ("/admin/merge-reviews/", f"/admin/merge-reviews/{merge.pk}/"):
        text = text_of(browser, page)
        assert "Robert Quimby-Testcase" in text
        assert "Bob Quimby-Testcase" not in text


def test_who_knew_neither_reviews_nothing(desk: Desk, merge: Merge):
    approved(desk, merge)
    browser, page = signed_in(desk.stranger), f"/admin/merge-reviews/{merge.pk}/"
    assert "Testcase" not in text_of(browser, "/admin/merge-reviews/")
    assert {browser.get(page).status_code, browser.post(f"{page}whole/").status_code} == {404}
    assert not MergeReview.objects.exists()


def test_custodian_may_ask_to_take_it_apart_from_its_review(desk: Desk, merge: Merge):
    approved(desk, merge)
    page = f"/admin/merge-reviews/{merge.pk}/apart/"
    browser = signed_in(desk.pat)
    assert browser.post(page, {"reason": ""}).status_code == 400
    assert browser.post(page, {"reason": "Two dogs."}).status_code == 302
    assert state_of(merge) == "unmerge_requested"
    manager = signed_in(b.member("kim", desk.clinic, "consent_manager"))
    assert manager.post(page, {"reason": "Two dogs."}).status_code == 403


# -- taking apart ---------------------------------------------------------------------------------------------


def test_records_are_sorted_by_their_custodian_before_it_is_taken_apart(desk: Desk, merge: Merge):
    written = doubted(desk, merge)
    keeper, custodian = signed_in(desk.paul), signed_in(desk.pat)
    assert "still wait to be sorted" in text_of(keeper, page_of(merge))
    answer = press(keeper, merge, "take-apart")
    assert (answer.status_code, state_of(merge)) == (409, "unmerge_requested")
    assert "Records wait for their custodians" in answer.content.decode()
    assert "No record of your agency waits" in text_of(keeper, "/admin/rows-to-sort/")

    text = text_of(custodian, "/admin/rows-to-sort/")
    assert written.contact_number in text
    assert LedgerEntry.objects.filter(asker=desk.pat, outcome="read").exists()
    for choice in UnmergeChoice.objects.filter(agency=desk.clinic):
        page = f"/admin/rows-to-sort/{choice.pk}/"
        assert custodian.post(page, {"about": "nobody"}).status_code == 400
        assert keeper.post(page, {"about": "a"}).status_code == 404
        assert custodian.post(page, {"about": "b"}).status_code == 302
    assert "About B" in text_of(custodian, "/admin/rows-to-sort/")
    assert press(keeper, merge, "take-apart").status_code == 302
    assert state_of(merge) == "unmerged"
    assert Person.objects.get(pk=desk.bob.pk).contacts.get() == written
    assert "No other agency was shown" in text_of(keeper, page_of(merge))


def test_field_that_was_edited_since_is_asked_about(desk: Desk, merge: Merge):
    approved(desk, merge)
    survivor = Person.objects.get(pk=desk.robert.pk)
    survivor.language = "fr"
    survivor.save()
    request_unmerge(by=desk.pia, merge_id=merge.pk, reason="Two dogs.", at=LATER)
    browser = signed_in(desk.paul)
    assert "Language was changed since." in text_of(browser, page_of(merge))
    assert "Say about whom it is." in press(browser, merge, "take-apart").content.decode()
    assert press(browser, merge, "take-apart", language="retired").status_code == 302
    assert Person.objects.get(pk=desk.bob.pk).language == "fr"


def test_doubt_is_withdrawn(desk: Desk, merge: Merge):
    doubted(desk, merge)
    assert press(signed_in(desk.pia), merge, "leave").status_code == 302
    assert (state_of(merge), Person.objects.get(pk=desk.robert.pk).identity_doubted_at) == ("merged", None)


# -- who comes in ---------------------------------------------------------------------------------------------


def everything(browser: Client, merge: Merge):
    said = {"reason": "No.", "version": merge.version}
    yield browser.get(page_of(merge))
    for verb in ("approve", "refuse", "withdraw", "unmerge", "take-apart", "leave"):
        yield press(browser, merge, verb, **said)


@pytest.mark.parametrize("role", ["consent_manager", "supervisor", "agency_admin", "auditor"])
def test_without_the_duty_there_is_no_way_in(desk: Desk, merge: Merge, role: str):
    browser = signed_in(b.member("other", desk.county, role))
    assert {
        answer.status_code for answer in [browser.get("/admin/merges/"), *everything(browser, merge)]
    } == {403}
    assert state_of(merge) == "requested"


def test_superuser_without_the_duty_is_refused_alike(desk: Desk, merge: Merge):
    root = site_administrator()
    assert {answer.status_code for answer in [root.get("/admin/merges/"), *everything(root, merge)]} == {403}


@pytest.mark.parametrize("who", ["stranger", "shelter", "pat"])
def test_office_that_asked_for_nothing_finds_nothing(desk: Desk, merge: Merge, who: str):
    browser = signed_in(getattr(desk, who))
    assert "Testcase" not in text_of(browser, "/admin/merges/")
    for answer in everything(browser, merge):
        assert answer.status_code == 404
        assert b"Testcase" not in answer.content
    assert state_of(merge) == "requested"


def test_statements_are_constant_in_the_number_of_merges(desk: Desk, merge: Merge, django_assert_num_queries):
    browser = signed_in(desk.paul)
    browser.get("/admin/merges/")
    for _ in range(2):
        with django_assert_num_queries(11):
            browser.get("/admin/merges/")
        for state in ("requested", "refused"):
            for _ in range(10):
                Merge.objects.create(
                    survivor=desk.robert, retired=Person.objects.create(), state=state, reason="So.",
                    requested_by=desk.pia, requested_at=b.NOW,
                )  # fmt: skip
