"""Own work: who may read which of the own agency's records, and a person's page through the gate (domain 6.3)."""

from datetime import timedelta
from typing import Any

import pytest

from continuity.crisis import services as crisis
from continuity.disclosures import own_work
from continuity.disclosures.models import LedgerEntry
from continuity.disclosures.own_work import names_of, person_record
from continuity.errors import NotFound
from continuity.people.services import Name, find_or_register, register_person
from tests import builders as b
from tests.cast import Cast

READABLE = (
    own_work.readable_contacts,
    own_work.readable_flags,
    own_work.readable_tips,
    own_work.readable_team_links,
    own_work.readable_follow_ups,
    own_work.known_people,
)
NOUNS = {
    "contact": own_work.readable_contacts,
    "safety_flag": own_work.readable_flags,
    "tip": own_work.readable_tips,
    "team_link": own_work.readable_team_links,
    "follow_up": own_work.readable_follow_ups,
}


def counts(by: Any) -> list[int]:
    return [readable(by, b.NOW).count() for readable in READABLE]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("role", "seen"),
    [
        # contacts, flags, tips, links, follow-ups, people (the matrix: D2, D1, D1, D5, D6, D0 on the basis "own")
        ("embedded_clinician", [1, 1, 1, 1, 1, 1]),
        ("mobile_clinician", [1, 1, 1, 1, 1, 1]),
        ("treatment_clinician", [1, 1, 1, 1, 1, 1]),
        ("supervisor", [1, 1, 1, 1, 1, 1]),
        ("privacy_officer", [1, 1, 1, 1, 1, 1]),
        ("consent_manager", [0, 0, 0, 0, 0, 1]),
        ("peer_navigator", [0, 0, 0, 0, 0, 0]),
        ("officer", [0, 0, 0, 0, 0, 0]),
        ("dispatcher", [0, 0, 0, 0, 0, 0]),
        ("auditor", [0, 0, 0, 0, 0, 0]),
        ("program_analyst", [0, 0, 0, 0, 0, 0]),
        ("agency_admin", [0, 0, 0, 0, 0, 0]),
        ("system_client", [0, 0, 0, 0, 0, 0]),
    ],
)
def test_a_role_reads_of_the_own_agency_what_the_matrix_says(cast: Cast, role: str, seen: list[int]):
    assert counts(b.member("somebody", cast.county, role)) == seen


@pytest.mark.django_db
def test_the_stranger_reads_nothing_and_neither_does_who_has_left(cast: Cast):
    cast.embedded.ended_at = b.NOW
    assert counts(cast.novak) == counts(cast.embedded) == [0] * len(READABLE)


@pytest.mark.django_db
def test_responders_read_what_they_wrote_themselves_and_nobody_elses(cast: Cast):
    b.contact(cast.reyes, cast.sam)
    colleague = b.member("colleague", cast.police, "officer")
    assert own_work.readable_contacts(cast.reyes, b.NOW).count() == 1
    assert own_work.readable_contacts(colleague, b.NOW).count() == 0


@pytest.mark.django_db
def test_an_assigned_peer_reads_that_follow_up_and_its_person(cast: Cast):
    peer = b.member("peer", cast.county, "peer_navigator")
    follow_up = cast.sam.follow_ups.get()
    follow_up.assigned_to = peer
    follow_up.save()
    assert list(own_work.readable_follow_ups(peer, b.NOW)) == [follow_up]
    assert own_work.known_people(peer, b.NOW).get().person == cast.sam


@pytest.mark.django_db
def test_a_draft_is_for_its_author_and_a_supervisor(cast: Cast):
    draft = crisis.start_draft(by=cast.embedded, at=b.NOW)
    second = b.member("other", cast.county, "embedded_clinician")
    supervisor = b.member("boss", cast.county, "supervisor")
    seen = [own_work.readable_drafts(one, b.NOW).count() for one in (cast.embedded, supervisor, second)]
    assert seen == [1, 1, 0]
    assert draft.record_status == "draft"


@pytest.mark.django_db
def test_an_anonymous_contact_is_read_by_its_agency_alone(cast: Cast):
    b.contact(cast.embedded, None)
    assert own_work.readable_contacts(cast.embedded, b.NOW).count() == 2
    assert own_work.readable_contacts(cast.kim, b.NOW).count() == 0
    assert own_work.readable_contacts(cast.adeyemi, b.NOW).count() == 0


@pytest.mark.django_db
def test_a_restricted_person_is_for_the_privacy_officer_alone(cast: Cast):
    cast.sam.confidentiality = "restricted"
    cast.sam.save()
    privacy = b.member("privacy", cast.county, "privacy_officer")
    assert counts(cast.embedded) == [0] * len(READABLE)
    assert counts(privacy) == [1] * len(READABLE)


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["embedded_clinician", "supervisor", "privacy_officer"])
def test_the_persons_page_has_exactly_the_rows_of_the_lists(cast: Cast, role: str):
    by = b.member("somebody", cast.county, role)
    told = person_record(by=by, person_id=cast.sam.pk, channel="page", at=b.NOW)
    for noun, readable in NOUNS.items():
        own_items = {item.source.id for item in told.of(noun) if item.source.basis == "O"}
        assert own_items == set(readable(by, b.NOW).values_list("pk", flat=True)), noun
    row = LedgerEntry.objects.latest("id")
    assert (row.outcome, row.person_id, row.asker_id) == ("released", cast.sam.pk, by.pk)
    assert {tuple(one[:2]) for one in row.records} >= {
        (item.source.noun, str(item.source.id)) for item in told.items
    }


@pytest.mark.django_db
def test_each_item_says_who_wrote_it_and_in_which_episode(cast: Cast):
    told = person_record(by=cast.embedded, person_id=cast.sam.pk, channel="page", at=b.NOW)
    (contact,) = told.of("contact")
    assert (contact.source.author, contact.source.custodian) == ("Embedded", cast.county.name)
    assert contact.source.episode_id == cast.sams_contact.episode_id
    assert LedgerEntry.objects.latest("id").channel == "page"


@pytest.mark.django_db
def test_another_agencys_items_come_with_the_consent_that_opened_them(cast: Cast):
    b.contact(cast.adeyemi, cast.sam, at=b.NOW - timedelta(days=3))
    before = person_record(by=cast.adeyemi, person_id=cast.sam.pk, channel="page", at=b.NOW)
    assert {item.source.basis for item in before.items} == {"O"}
    consent = cast.consent(to=[cast.clinic])
    later = b.NOW + timedelta(seconds=1)
    after = person_record(by=cast.adeyemi, person_id=cast.sam.pk, channel="page", at=later)
    foreign = [item.source for item in after.of("contact") if item.source.custodian_id == cast.county.pk]
    assert [(one.basis, one.consent_id) for one in foreign] == [("C", consent.pk)]
    assert str(cast.county.pk) in {str(one) for one in LedgerEntry.objects.latest("id").custodians}


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["novak", "reyes", "adeyemi"])
def test_a_person_whom_the_own_agency_does_not_know_is_not_found(cast: Cast, who: str):
    with pytest.raises(NotFound):
        person_record(by=getattr(cast, who), person_id=cast.sam.pk, channel="page", at=b.NOW)
    row = LedgerEntry.objects.latest("id")
    assert (row.outcome, row.person_id, row.asker_id) == ("refused", None, getattr(cast, who).pk)


@pytest.mark.django_db
def test_a_member_is_told_the_name_that_the_own_agency_uses(cast: Cast):
    assert names_of(cast.embedded, [cast.sam.pk]) == {cast.sam.pk: "Sam Testcase"}
    find_or_register(source=cast.clinic, first="Sam", last="Testcase", birth_date=cast.sam.birth_date)
    known = register_person(
        source=cast.clinic, names=[Name("Ada", "Example"), Name("Addy", "Example", use="preferred")]
    )
    assert names_of(cast.adeyemi, [cast.sam.pk, known.pk]) == {
        cast.sam.pk: "Sam Testcase",
        known.pk: "Addy Example",
    }


@pytest.mark.django_db
def test_registering_somebody_known_elsewhere_looks_like_registering_anybody(cast: Cast):
    known = find_or_register(source=cast.clinic, first="sam", last="testcase", birth_date=cast.sam.birth_date)
    new = find_or_register(source=cast.clinic, first="Nobody", last="Yet", birth_date=cast.sam.birth_date)
    assert known == cast.sam
    assert new != cast.sam
    # P-3: an id tells neither that the person existed nor since when.
    assert known.pk.version == new.pk.version == 4
    assert {row.person_id for row in own_work.known_people(cast.adeyemi, b.NOW)} >= {known.pk, new.pk}
