"""A merge meets what else happens to its people, on real connections: one order or the other, never a third state."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, connections, models, transaction
from django.utils import timezone

from continuity.consents.endings import revoke_consent
from continuity.consents.models import Consent
from continuity.crisis.models import CrisisContact
from continuity.disclosures import person_rows
from continuity.disclosures.models import LedgerEntry, Merge
from continuity.errors import Conflict, DomainError
from continuity.intake.loading import create_recorded, note_own_records
from continuity.lookup.services import Question, look_up
from continuity.people.models import Person, PersonAgency, PersonName
from continuity.people.services import find_or_register, own_person
from tests import builders as b
from tests.consents.test_two_at_once import until, waiting
from tests.disclosures.merging import Two, build_two, person
from tests.replay import replayed

pytestmark = pytest.mark.django_db(transaction=True)
Verb = Callable[[], Any]


@pytest.fixture
def two(transactional_db: None) -> Two:
    return replayed(build_two)


def called(verb: Verb) -> Any:
    """Call a verb on a connection of its own: what it gave back, or what it was told."""
    try:
        while True:
            try:
                return verb()
            except DomainError as told:
                if told.code != "busy":  # a person would try again
                    return told
    finally:
        connections.close_all()


def at_once(*verbs: Verb, held: models.QuerySet[Any], many: int | None = None) -> list[Any]:
    """Hold rows until the verbs wait for them, so that they truly meet; then let go."""
    with ThreadPoolExecutor(len(verbs)) as threads:
        with transaction.atomic():
            assert list(held.select_for_update(of=("self",)))
            calls = [threads.submit(called, verb) for verb in verbs]
            until(waiting(many or len(verbs)), calls)
        return [one.result(timeout=60) for one in calls]


def while_merging(two: Two, verb: Verb) -> Any:
    """Call a verb when the merge is done and not yet committed; it must wait for that."""
    merge = two.request()
    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            two.approve(merge)
            call = threads.submit(called, verb)
            until(waiting(1), [call])
        return call.result(timeout=60)


def assert_nothing_is_on_the_retired() -> None:
    retired = list(Person.objects.filter(replaced_by__isnull=False).values_list("pk", flat=True))
    assert retired
    for model in person_rows.MODELS.values():
        assert not model._default_manager.filter(person__in=retired).exists(), model
    for one in Person.objects.filter(pk__in=retired).select_related("replaced_by"):
        assert one.replaced_by is not None
        assert one.replaced_by.replaced_by_id is None, "a tombstone that leads to a tombstone"
        known = set(PersonAgency.objects.filter(person=one).values_list("agency", flat=True))
        assert known <= set(
            PersonAgency.objects.filter(person=one.replaced_by).values_list("agency", flat=True)
        )


def samuel(two: Two) -> models.QuerySet[Person]:
    return Person.objects.filter(pk=two.samuel.pk)


def test_two_merges_that_touch_one_person(two: Two):
    """Samuel into Sam, and Sam into Robin: the first carries on, or the second finds Sam merged already."""
    robin = person(two.county, "Robin", "555-0103")
    first = two.request()
    second = two.request(survivor_id=robin.pk, retired_id=two.sam.pk)
    answers = at_once(
        lambda: two.approve(first),
        lambda: two.approve(second),
        held=Person.objects.filter(pk=two.sam.pk),
    )
    told = [one.code for one in answers if isinstance(one, DomainError)]
    leads = dict(Person.objects.filter(replaced_by__isnull=False).values_list("pk", "replaced_by"))
    if told:
        assert isinstance(answers[1], Merge)
        assert told == ["merged_already"]
        assert leads == {two.sam.pk: robin.pk}
    else:
        assert leads == {two.sam.pk: robin.pk, two.samuel.pk: robin.pk}
    assert_nothing_is_on_the_retired()


def test_two_who_approve_the_same_merge(two: Two):
    merge = two.request()
    third = b.member("third", two.keeper, "privacy_officer")
    answers = at_once(lambda: two.approve(merge), lambda: two.approve(merge, by=third), held=samuel(two))
    (loser,) = [one for one in answers if isinstance(one, Exception)]
    assert isinstance(loser, Conflict)
    assert loser.code == "decided_already"
    assert_nothing_is_on_the_retired()


def test_merge_meets_a_revocation(two: Two):
    """The consent ends at the commit, and is the survivor's: neither loses what the other wrote."""
    merge = two.request()
    consent = Consent.objects.filter(pk=two.samuels_consent.pk)
    lee = consent.get().custodian.memberships.get(member__username="lee")
    answers = at_once(
        lambda: two.approve(merge),
        lambda: revoke_consent(
            by=lee, consent_id=two.samuels_consent.pk, note="Asked in writing.", at=timezone.now()
        ),
        held=consent,
    )
    assert not [one for one in answers if isinstance(one, Exception)]
    after = consent.get()
    assert (after.status, after.person_id, after.origin_id) == ("inactive", two.sam.pk, two.samuel.pk)
    assert_nothing_is_on_the_retired()


@pytest.mark.parametrize("is_first", [True, False], ids=["before the merge", "while it runs"])
def test_merge_meets_a_contact_that_is_being_written(two: Two, is_first: bool):
    if is_first:
        merge = two.request()
        with ThreadPoolExecutor(1) as threads:
            with transaction.atomic():
                contact = b.contact(two.adeyemi, two.samuel)
                approved = threads.submit(called, lambda: two.approve(merge))
                until(waiting(1), [approved])
            assert isinstance(approved.result(timeout=60), Merge)
    else:
        contact = while_merging(two, lambda: b.contact(two.adeyemi, two.samuel))
    row = CrisisContact.objects.get(pk=contact.pk)
    assert (row.person_id, row.recorded_for_id) == (two.sam.pk, two.samuel.pk)
    assert_nothing_is_on_the_retired()


def test_merge_meets_a_referral_of_a_contact_it_moves(two: Two):
    """Whoever holds the contact and writes about its person goes on; the merge waits, and tries again."""
    merge = two.request()

    def told() -> str:
        with transaction.atomic():
            contact = CrisisContact.objects.select_for_update().get(pk=two.samuels_contact.pk)
            PersonName.objects.create(person_id=contact.person_id, source=two.clinic, last="Testcase")
        return "written"

    answers = at_once(lambda: two.approve(merge), told, held=samuel(two))
    assert answers[1] == "written"
    assert isinstance(answers[0], Merge)
    assert_nothing_is_on_the_retired()


def test_merge_meets_somebody_described_once_more(two: Two):
    found = while_merging(
        two,
        lambda: find_or_register(
            source=two.police, first="Samuel", last="Testcase", identifier="Samuel-17", phone="555-0109"
        ),
    )
    assert found.pk == two.sam.pk
    assert PersonAgency.objects.filter(person=two.sam, agency=two.police).exists()
    assert_nothing_is_on_the_retired()


def test_merge_meets_an_import(two: Two):
    """A file's batch knows the retired person by its own record: its rows are the survivor's."""

    def load() -> str:
        with transaction.atomic():
            create_recorded(
                [
                    PersonName(person_id=two.samuel.pk, source=two.police, first="S.", last=f"Testcase-{n}")
                    for n in range(3)
                ]
            )
            note_own_records([(two.samuel.pk, two.police.pk)])
        return "loaded"

    assert while_merging(two, load) == "loaded"
    assert PersonName.objects.filter(person=two.sam, source=two.police, origin=two.samuel).count() == 3
    assert PersonAgency.objects.filter(person=two.sam, agency=two.police).exists()
    assert_nothing_is_on_the_retired()


def test_merge_meets_a_verb_about_the_person(two: Two):
    def locked() -> Any:
        with transaction.atomic():
            return own_person(two.clinic_privacy, two.samuel.pk).pk

    assert while_merging(two, locked) == two.sam.pk


def test_row_that_is_redirected_meets_the_next_merge(two: Two):
    """Written for Samuel, who is Sam, while Sam becomes Robin: it is Robin's."""
    two.merge()
    robin = person(two.county, "Robin", "555-0103")
    merge = two.request(survivor_id=robin.pk, retired_id=two.sam.pk)
    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            two.approve(merge)
            call = threads.submit(called, lambda: b.contact(two.adeyemi, two.samuel))
            until(waiting(1), [call])
        contact = CrisisContact.objects.get(pk=call.result(timeout=60).pk)
    assert (contact.person_id, contact.recorded_for_id) == (robin.pk, two.samuel.pk)
    assert_nothing_is_on_the_retired()


def test_merge_meets_a_look_up(two: Two):
    """Each answer is that of before or that of after, and its row of the ledger names what it showed."""
    question = Question(
        purpose="le_crisis_response",
        incident_ref="2026-0001",
        last="Testcase",
        first="Samuel",
        identifier="Samuel-17",
    )
    merge = two.request()

    def ask() -> None:
        for _ in range(8):
            look_up(by=two.reyes, question=question, channel="page")

    with ThreadPoolExecutor(2) as threads:
        asked, approved = threads.submit(called, ask), threads.submit(called, lambda: two.approve(merge))
        assert asked.result(timeout=60) is None
        assert isinstance(approved.result(timeout=60), Merge)
    shown = [
        {pk for noun, pk, _ in row.records if noun == "contact"}
        for row in LedgerEntry.objects.filter(asker=two.reyes).order_by("pk")
    ]
    before = {str(two.samuels_contact.pk)}
    assert all(one in (before, before | {str(two.sams_contact.pk)}) for one in shown)
    assert shown == sorted(shown, key=len), "after, and then before again"


def test_unmerge_meets_a_contact_that_is_being_written(two: Two):
    """Written first it waits to be sorted; written last it is the survivor's own again."""
    merge = two.ask_back(two.merge())
    answers = at_once(
        lambda: two.take_apart(merge),
        lambda: b.contact(two.embedded, two.sam),
        held=Person.objects.filter(pk=two.sam.pk),
    )
    contact = CrisisContact.objects.get(pk=answers[1].pk)
    assert (contact.person_id, contact.recorded_for_id) == (two.sam.pk, None)
    if isinstance(answers[0], DomainError):
        assert answers[0].code == "rows_to_sort"
        assert not Merge.objects.get(pk=merge.pk).choices.exclude(row=contact.pk).exists()
    else:
        assert Person.objects.get(pk=two.samuel.pk).replaced_by_id is None
        assert CrisisContact.objects.get(pk=two.samuels_contact.pk).person_id == two.samuel.pk


def test_nothing_waits_for_a_merge_for_long(two: Two):
    """Somebody holds the person for longer than a merge waits: it gives up with a sentence, and nothing has moved."""
    merge = two.request()
    told: list[str] = []

    def approve() -> None:
        try:
            two.approve(merge)
        except DomainError as refused:
            told.append(refused.code)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as threads, transaction.atomic():
        list(samuel(two).select_for_update())
        threads.submit(approve).result(timeout=30)
    assert told == ["busy"]
    assert Merge.objects.get(pk=merge.pk).state == "requested"
    assert not Person.objects.filter(replaced_by__isnull=False).exists()
    connection.close()
