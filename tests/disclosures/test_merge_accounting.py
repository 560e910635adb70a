"""The ledger of two who were one: accountings, the access log and the ledger's search across merges (L-14, L-15, P-5)."""

from datetime import timedelta

import pytest
from django.utils import timezone

from continuity.agencies.models import Agency
from continuity.disclosures.access_log import access_log
from continuity.disclosures.accounting import Accounting, accounting_of
from continuity.disclosures.ledger_rows import LedgerSearch, read_ledger, readable_rows
from continuity.disclosures.models import LedgerEntry
from continuity.disclosures.own_export import own_record
from continuity.disclosures.own_records import disclosed_to_others, person_of, readable_people
from continuity.disclosures.own_work import known_people, moved_to, person_record
from continuity.disclosures.readings import note_reading
from continuity.errors import NotFound
from continuity.people.models import Person
from tests import builders as b
from tests.disclosures.merging import Two, build_two
from tests.disclosures.test_unmerges import asked
from tests.replay import replayed


@pytest.fixture
def two(db: None) -> Two:
    return replayed(build_two)


def accounting(person: Person, agency: Agency) -> Accounting:
    now = timezone.now() + timedelta(seconds=1)
    return accounting_of(person_id=person.pk, agency=agency, period_from=b.NOW, period_until=now, at=now)


def rows(told: Accounting) -> set:
    return {row for line in told.lines for row in line.entries}


def last() -> LedgerEntry:
    return LedgerEntry.objects.order_by("pk").last()


def test_accounting_of_the_survivor_includes_what_was_told_of_the_retired(two: Two):
    asked(two, "Samuel")
    before = last()
    two.merge()
    assert rows(accounting(two.sam, two.clinic)) == {before.pk}
    assert rows(accounting(two.sam, two.county)) == set()
    looks, _ = access_log(
        person_id=two.sam.pk,
        agency=two.clinic,
        period_from=b.NOW,
        period_until=timezone.now(),
        at=timezone.now(),
    )
    assert [one.what for one in looks] == ["received"]
    assert [one.agency for one in disclosed_to_others(two.clinic_privacy, two.sam.pk)] == [two.police.name]


def test_after_an_unmerge_each_is_told_of_the_answers_that_named_theirs(two: Two):
    merge = two.merge()
    asked(two, "Sam")
    both = last()
    note_reading(
        by=two.embedded, rows=[two.sams_contact], channel="page", at=timezone.now(), person_id=two.sam.pk
    )
    sams = last()
    two.unmerge(merge)
    asked(two, "Samuel")
    samuels = last()
    assert samuels.person_id == two.samuel.pk
    assert rows(accounting(two.sam, two.county)) == {both.pk}
    assert rows(accounting(two.samuel, two.clinic)) == {both.pk, samuels.pk}
    looks = {
        one.pk: access_log(
            person_id=one.pk,
            agency=two.county,
            period_from=b.NOW,
            period_until=timezone.now() + timedelta(seconds=1),
            at=timezone.now(),
        )[0]
        for one in (two.sam, two.samuel)
    }
    assert sams.outcome == "read"
    assert [one.what for one in looks[two.sam.pk] if one.what == "read"] == ["read"]
    assert not [one for one in looks[two.samuel.pk] if one.what == "read"]


def test_own_export_is_of_the_whole_person_and_of_the_one_again(two: Two):
    merge = two.merge()
    whole = own_record(person_id=two.sam.pk, agency=two.clinic).content
    assert len(whole["contacts"]) == len(whole["team_links"]) == 1
    two.unmerge(merge)
    assert own_record(person_id=two.sam.pk, agency=two.clinic).content["contacts"] == []
    assert len(own_record(person_id=two.samuel.pk, agency=two.clinic).content["contacts"]) == 1


def test_retired_person_is_in_no_list_and_their_id_leads_to_the_survivor(two: Two):
    two.merge()
    now = timezone.now()
    for listed in (known_people(two.adeyemi, now), readable_people(two.clinic_privacy, now)):
        assert list(listed.values_list("person", flat=True)) == [two.sam.pk]
    assert person_of(two.clinic_privacy, two.samuel.pk, now) == two.sam
    told = person_record(by=two.adeyemi, person_id=two.samuel.pk, channel="page", at=now)
    assert told.person_id == two.sam.pk
    assert (last().person_id, last().outcome) == (two.sam.pk, "released")
    assert moved_to(two.adeyemi, two.samuel.pk, now) == two.sam.pk


def test_who_knows_neither_learns_of_no_merge(two: Two):
    two.merge()
    now = timezone.now()
    stranger = b.member("novak", b.agency("faraway-clinic", "clinic_treatment"), "treatment_clinician")
    assert moved_to(stranger, two.samuel.pk, now) is None
    with pytest.raises(NotFound):
        person_record(by=stranger, person_id=two.samuel.pk, channel="page", at=now)
    assert (last().outcome, last().person_id) == ("refused", None)


def test_questions_in_vain_about_the_other_before_the_merge_stay_hidden(two: Two):
    """Who knew only Samuel is not shown who asked in vain for Sam before they were one (L-4, never wider)."""
    officer = b.member("deputy", b.agency("far-sheriff", "sheriff"), "officer")
    question_before = LedgerEntry.objects.count()
    two.reyes, reyes = officer, two.reyes
    asked(two, "Sam")
    hidden = last()
    two.merge()
    asked(two, "Sam")
    shown = last()
    two.reyes = reyes
    assert LedgerEntry.objects.count() == question_before + 2
    readable = set(readable_rows(two.clinic_privacy, timezone.now()).values_list("pk", flat=True))
    assert (hidden.pk in readable, shown.pk in readable) == (False, True)
    page = read_ledger(
        by=two.clinic_privacy,
        search=LedgerSearch(person_id=two.samuel.pk),
        before=None,
        channel="admin",
        at=timezone.now(),
    )
    assert shown.pk in {line.id for line in page.lines}
    assert hidden.pk not in {line.id for line in page.lines}
