"""The queue of possible duplicates and two records side by side: who sees what of whom, and each reading ledgered (P-5)."""

import re
from typing import Any

import pytest
from django.test import Client

from continuity.access.models import Restriction
from continuity.agencies.models import Membership
from continuity.disclosures.models import LedgerEntry, Merge
from continuity.people.index import rekey
from continuity.people.models import DuplicatePair, Person
from continuity.people.services import note_own_record
from tests import builders as b
from tests.backoffice.test_who_comes_in import site_administrator
from tests.backoffice.two_records import Desk
from tests.cast import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_the_time_of_the_cast")]
QUEUE = "/admin/duplicates/"


@pytest.fixture
def pia(desk: Desk) -> Client:
    return signed_in(desk.pia)


def page_of(desk: Desk) -> str:
    return f"{QUEUE}{desk.pair.pk}/"


def text_of(browser: Client, url: str) -> str:
    answer = browser.get(url)
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def decide(browser: Client, desk: Desk, **said: Any):
    return browser.post(
        f"{page_of(desk)}verdict/", {"verdict": "same", "reason": "One dog.", "version": 1} | said
    )


def ask(browser: Client, desk: Desk, **said: Any):
    return browser.post(
        f"{page_of(desk)}merge/", {"survivor": "left", "language": "right", "reason": "One dog."} | said
    )


# -- the queue ------------------------------------------------------------------------------------------------


def test_queue_names_who_may_be_one_and_is_ledgered(desk: Desk, pia: Client):
    text = text_of(pia, QUEUE)
    assert "Robert Quimby-Testcase" in text
    assert "Bob Quimby-Testcase" in text
    row = LedgerEntry.objects.get()
    assert (row.outcome, row.asker, row.person_id, row.categories) == ("read", desk.pia, None, ["D0"])
    assert row.records == [["duplicatepair", str(desk.pair.pk), 1]]


def test_empty_queue_says_so(desk: Desk):
    assert "No pair waits for a decision." in text_of(signed_in(desk.stranger), QUEUE)
    assert LedgerEntry.objects.get().outcome == "empty"


def test_filters_show_what_was_decided_by_whom_and_why(desk: Desk, pia: Client):
    desk.told_same()
    assert "No pair waits for a decision." in text_of(pia, QUEUE)
    assert "No such pair." in text_of(pia, f"{QUEUE}?verdict=different")
    text = text_of(pia, f"{QUEUE}?verdict=same")
    assert "by Pia" in text
    assert "Both say Biscuit." in text
    assert text_of(pia, f"{QUEUE}?verdict=nonsense&grade=nonsense&after=nonsense")


def pairs_of(desk: Desk, number: int) -> None:
    """Further pairs, each of two new people."""
    for _ in range(number):
        first, second = sorted(Person.objects.create().pk for _ in range(2))
        DuplicatePair.objects.create(
            first_id=first, second_id=second, grade="possible", found_by="import", found_at=b.NOW
        )


def test_pages_follow_each_other_without_a_total(desk: Desk, pia: Client):
    pairs_of(desk, 53)
    first = text_of(pia, QUEUE)
    after = first.split("after=")[1].split('"')[0]
    second = text_of(pia, f"{QUEUE}?after={after}")
    seen = [text.count('data-label="Who"') for text in (first, second)]
    assert seen == [50, 4]
    assert "54" not in re.sub(r'href="[^"]*"', "", first.split("<main")[1])
    assert "Next page" not in second


def test_statements_are_constant_in_the_number_of_pairs(desk: Desk, pia: Client, django_assert_num_queries):
    pia.get(QUEUE)  # the session's first touch
    for _ in range(2):
        with django_assert_num_queries(9):
            pia.get(QUEUE)
        pairs_of(desk, 20)


# -- side by side ---------------------------------------------------------------------------------------------


def test_keeper_sees_both_identities_and_neither_whose_word_nor_whole_numbers(desk: Desk, pia: Client):
    text = text_of(pia, page_of(desk))
    for told in (
        "12 Elm Street",
        "9 Oak Avenue",
        "661-555-0133",
        "14 June 1979",
        "ends in 8123",
        "ends in 2345",
    ):
        assert told in text
    for hidden in ("MRN-7788123", "K-5512345", "urn:clinic", desk.clinic.name, "medical record"):
        assert hidden not in text
    rows = LedgerEntry.objects.order_by("pk")
    assert {row.person_id for row in rows} == {desk.robert.pk, desk.bob.pk}
    assert all((row.outcome, row.asker) == ("read", desk.pia) for row in rows)


def test_what_agrees_and_what_conflicts_is_said_in_words(desk: Desk, pia: Client):
    """As it is on record now, not when the pair was found."""
    DuplicatePair.objects.update(agreeing=["sex"], conflicting=[])
    desk.bob.personidentifier_set.all().delete()
    rekey(desk.bob)
    text = text_of(pia, page_of(desk))
    for said in ("birth date agrees", "telephone agrees", "address differs", "cannot be compared"):
        assert said in text


def test_other_office_sees_its_own_word_alone(desk: Desk):
    text = text_of(signed_in(desk.pat), page_of(desk))
    assert "9 Oak Avenue" in text
    assert "Bob Quimby-Testcase" in text
    for hidden in ("12 Elm Street", "ends in 8123", "Robert Quimby-Testcase"):
        assert hidden not in text
    assert "not written down by your agency" in text
    assert LedgerEntry.objects.filter(asker=desk.pat, outcome="read").count() == 2


@pytest.mark.parametrize("shield", ["very_restricted", "employee"])
def test_keeper_is_not_shown_whom_a_shield_keeps_from_it(desk: Desk, pia: Client, shield: str):
    """Very restricted, or at work for the keeper (6.4, P-28): which fields agree is told, no value."""
    if shield == "employee":
        Restriction.objects.create(
            person=desk.bob, agency=desk.clinic, towards=desk.county, kind="employee", state="agreed",
            requested_at=b.NOW, recorded_by=desk.pat, decided_at=b.NOW, decided_by=desk.pat,
        )  # fmt: skip
    else:
        Person.objects.filter(pk=desk.bob.pk).update(confidentiality=shield)
    for url in (QUEUE, page_of(desk)):
        text = text_of(pia, url)
        assert "Robert Quimby-Testcase" in text
        assert "Bob Quimby-Testcase" not in text
    assert "9 Oak Avenue" not in text


def test_the_same_said_by_two_agencies_stands_there_once(desk: Desk, pia: Client):
    """Nobody can count who knows the person (P-2)."""
    before = text_of(pia, page_of(desk)).count("Robert Quimby-Testcase")
    desk.robert.personname_set.create(source=desk.clinic, first="ROBERT", last="Quimby-Testcase")
    assert text_of(pia, page_of(desk)).count("Robert Quimby-Testcase") == before


def test_statements_are_constant_in_what_is_known(desk: Desk, pia: Client, django_assert_num_queries):
    pia.get(page_of(desk))
    for number in range(2):
        with django_assert_num_queries(18):
            pia.get(page_of(desk))
        for _ in range(10):
            desk.robert.personphone_set.create(source=desk.county, number=f"661-555-01{number}9")


# -- the verdict and the request ------------------------------------------------------------------------------


def test_same_leads_to_the_request_and_different_back_to_the_queue(desk: Desk, pia: Client):
    answer = decide(pia, desk)
    assert (answer.status_code, answer["Location"]) == (302, page_of(desk))
    answer = decide(pia, desk, verdict="different", reason="Twins.", version=2)
    assert (answer.status_code, answer["Location"]) == (302, QUEUE)
    desk.pair.refresh_from_db()
    assert (desk.pair.verdict, desk.pair.reason, desk.pair.decided_by) == ("different", "Twins.", desk.pia)


@pytest.mark.parametrize(
    ("said", "status", "sentence"),
    [
        ({"verdict": ""}, 400, "Choose one of the three answers."),
        ({"reason": ""}, 400, "Say why, in one sentence."),
        ({"version": 7}, 409, "Somebody changed this since you opened it."),
    ],
)
def test_refused_verdict_stands_at_its_form_with_what_was_typed(
    desk: Desk, pia: Client, said: dict[str, Any], status: int, sentence: str
):
    answer = decide(pia, desk, **{"reason": "Same dog Biscuit."} | said)
    text = answer.content.decode()
    assert answer.status_code == status
    assert sentence in text
    assert "Same dog Biscuit." in text or not said.get("reason", "x")
    desk.pair.refresh_from_db()
    assert desk.pair.verdict == "open"


def test_merge_is_asked_for_with_survivor_and_fields(desk: Desk, pia: Client):
    decide(pia, desk)
    text = text_of(pia, page_of(desk))
    assert "Ask for the merge" in text
    assert ask(pia, desk).status_code == 302
    merge = Merge.objects.get()
    first = desk.pair.first
    assert (merge.survivor, merge.pair, merge.requested_by) == (first, desk.pair, desk.pia)
    assert merge.chosen["language"] == {desk.robert.pk: "es", desk.bob.pk: "en"}[first.pk]
    assert "A merge is asked for" in text_of(pia, page_of(desk))


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"survivor": ""}, "Choose the record that stays."),
        ({"language": ""}, "Choose whose word counts."),
        ({"reason": " "}, "Say why, in one sentence."),
    ],
)
def test_incomplete_request_comes_back(desk: Desk, pia: Client, said: dict[str, str], sentence: str):
    desk.told_same()
    answer = ask(pia, desk, **said)
    assert (answer.status_code, sentence in answer.content.decode()) == (400, True)
    assert not Merge.objects.exists()


def test_told_apart_meanwhile_is_refused_in_words(desk: Desk, pia: Client):
    decide(pia, desk, verdict="different", reason="Twins.")
    answer = ask(pia, desk)
    assert answer.status_code == 409
    assert "Somebody decided that these are different people." in answer.content.decode()


# -- who comes in ---------------------------------------------------------------------------------------------


def everything(browser: Client, desk: Desk):
    return [browser.get(page_of(desk)), decide(browser, desk), ask(browser, desk)]


@pytest.mark.parametrize(
    "role", ["consent_manager", "supervisor", "agency_admin", "auditor", "embedded_clinician"]
)
def test_without_the_duty_there_is_no_way_in(desk: Desk, role: str):
    browser = signed_in(b.member("other", desk.county, role))
    for answer in [browser.get(QUEUE), *everything(browser, desk)]:
        assert answer.status_code == 403
    assert not LedgerEntry.objects.exists()


def test_superuser_without_the_duty_is_refused_alike(desk: Desk):
    root = site_administrator()
    assert {answer.status_code for answer in [root.get(QUEUE), *everything(root, desk)]} == {403}


@pytest.mark.parametrize("who", ["stranger", "shelter"])
def test_office_that_does_not_know_both_finds_nothing(desk: Desk, who: str):
    by: Membership = getattr(desk, who)
    browser = signed_in(by)
    assert "Testcase" not in text_of(browser, QUEUE)
    for answer in everything(browser, desk):
        assert answer.status_code == 404
        assert b"Testcase" not in answer.content
    assert set(LedgerEntry.objects.filter(asker=by).values_list("outcome", flat=True)) <= {"empty", "refused"}
    note_own_record(desk.robert.pk, by.agency)
    note_own_record(desk.bob.pk, by.agency)
    assert browser.get(page_of(desk)).status_code == 200


def test_home_counts_what_waits(desk: Desk, pia: Client):
    text = text_of(pia, "/admin/")
    for title in ("Possible duplicates", "Merges to decide", "Taken for another", "Records to sort"):
        assert title in text
    other = text_of(signed_in(desk.stranger), "/admin/")
    assert "Merges to decide" not in other
