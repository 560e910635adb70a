"""The own agency's consents at the desk: who reads them, and the ledger row that is there first (S-6, P-3, P-20)."""

import os
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import connection, transaction

from continuity.agencies.models import Membership
from continuity.consents.models import Consent, SignedDocument
from continuity.consents.offers import record_offer
from continuity.disclosures import own_records as own
from continuity.disclosures.models import LedgerEntry
from continuity.disclosures.own_records import preview
from continuity.disclosures.readings import note_reading, refuse_reading
from continuity.errors import NotAllowed, NotFound
from continuity.people.models import Person
from tests import builders as b
from tests.cast import Cast
from tests.lookup.asking import ask
from tests.replay import again

pytestmark = pytest.mark.django_db
LISTS = {
    "consents": own.readable_consents,
    "people": own.readable_people,
    "offers": own.readable_offers,
    "documents": own.readable_documents,
}
every_list = pytest.mark.parametrize("rows", LISTS.values(), ids=LISTS)


@pytest.fixture
def consent(cast: Cast) -> Consent:
    return consent_and_offer(cast)


@again
def consent_and_offer(cast: Cast) -> Consent:
    """Sam's consent, its paper, and an offer."""
    record_offer(by=cast.kim, person=cast.sam, outcome="declined", context="clinic", at=b.NOW)
    return cast.consent()


READERS = [
    "consent_manager",
    "privacy_officer",
    "embedded_clinician",
    "mobile_clinician",
    "treatment_clinician",
]
OTHERS = [
    "officer",
    "dispatcher",
    "supervisor",
    "auditor",
    "agency_admin",
    "program_analyst",
    "peer_navigator",
    "system_client",
]


@every_list
def test_own_agency_reads_with_a_role_for_the_document_alone(cast: Cast, consent: Consent, rows: Any):
    reads = [role for role in READERS + OTHERS if rows(b.member(role, cast.county, role), b.NOW).exists()]
    assert reads == list(READERS)


@every_list
@pytest.mark.parametrize("role", [[], ["agency_admin"], ["officer"]], ids=str)
def test_superuser_reads_nothing_by_being_one(cast: Cast, consent: Consent, rows: Any, role: list[str]):
    """P-20."""
    root = b.member("root", cast.county, *role)
    root.member.is_superuser = root.member.is_staff = True
    root.member.save()
    assert not rows(root, b.NOW).exists()


@every_list
@pytest.mark.parametrize("agency", ["police", "clinic", "elsewhere"])
def test_manager_of_another_agency_reads_nothing(cast: Cast, consent: Consent, rows: Any, agency: str):
    """Not even where that agency is the recipient."""
    stranger = b.member("stranger", getattr(cast, agency), "privacy_officer")
    assert not rows(stranger, b.NOW).exists()


@every_list
def test_membership_that_ended_reads_nothing(cast: Cast, consent: Consent, rows: Any):
    cast.kim.ended_at = b.NOW
    cast.kim.save()
    assert not rows(cast.kim, b.NOW).exists()


@every_list
def test_restricted_person_is_for_the_privacy_officer_alone(cast: Cast, consent: Consent, rows: Any):
    """Gate 5: also not counted or listed for a manager."""
    privacy = b.member("privacy", cast.county, "privacy_officer")
    before = set(rows(privacy, b.NOW))
    Person.objects.filter(pk=cast.sam.pk).update(confidentiality="restricted")
    assert set(rows(privacy, b.NOW)) == before
    of_sam = [one for one in rows(cast.kim, b.NOW) if sams(one) == cast.sam.pk]
    assert of_sam == []


def sams(row: Any) -> Any:
    return row.consent.person_id if isinstance(row, SignedDocument) else row.person_id


@every_list
@pytest.mark.parametrize("restricted", [True, False], ids=["restricted", "normal"])
def test_list_shows_a_row_exactly_when_its_page_does(
    cast: Cast, consent: Consent, rows: Any, restricted: bool
):
    """The rows by the list, by their key, and for the person page by the person."""
    if restricted:
        Person.objects.filter(pk=cast.sam.pk).update(confidentiality="restricted")
    for role in READERS + OTHERS:
        shows_a_row_exactly_when_its_page_does(cast, rows, role)


def shows_a_row_exactly_when_its_page_does(cast: Cast, rows: Any, role: str) -> None:
    reader = b.member(role, cast.county, role)
    listed = set(rows(reader, b.NOW).values_list("pk", flat=True))
    model = rows(reader, b.NOW).model
    paged = {
        pk for pk in model.objects.values_list("pk", flat=True) if rows(reader, b.NOW).filter(pk=pk).exists()
    }
    assert listed == paged
    has_page = own.person_of(reader, cast.sam.pk, b.NOW) is not None
    assert has_page == any(sams(one) == cast.sam.pk for one in rows(reader, b.NOW))


# The ledger first


def reading(by: Membership, rows: list[Any], **changes: Any) -> Any:
    return note_reading(**{"by": by, "rows": rows, "channel": "admin", "at": b.NOW} | changes)


def test_reading_names_every_row_and_its_version(cast: Cast, consent: Consent):
    document = consent.documents.get()
    ledger_id = reading(cast.kim, [consent, document], person_id=cast.sam.pk)
    row = LedgerEntry.objects.get()
    assert (row.pk, row.outcome, row.refusal, row.channel) == (ledger_id, "read", "", "admin")
    assert (row.asker, row.agency, row.person, row.purpose) == (
        cast.kim,
        cast.county,
        cast.sam,
        "compliance_audit",
    )
    assert (row.categories, row.custodians, row.consents) == (["D7"], [cast.county.pk], [consent.pk])
    assert row.records == [
        ["consent", str(consent.pk), consent.version],
        ["signeddocument", str(document.pk), 1],
    ]
    assert row.bases == [{"custodian": str(cast.county.pk), "category": "D7", "basis": "O"}]


def test_clinician_reads_for_care(cast: Cast, consent: Consent):
    reading(cast.embedded, [consent])
    assert LedgerEntry.objects.get().purpose == "care_coordination"


def test_reading_of_nothing_is_a_row(cast: Cast):
    reading(cast.kim, [], searched="Testcase")
    row = LedgerEntry.objects.get()
    assert (row.outcome, row.refusal, row.records, row.categories) == ("empty", "no_record", [], [])
    assert row.search_hmac
    assert "Testcase" not in str(LedgerEntry.objects.values().get())


def test_what_is_not_there_is_a_row_and_one_answer(cast: Cast):
    """P-3: absent and forbidden are the same words; only the ledger knows that somebody asked."""
    error = refuse_reading(by=cast.kim, channel="admin", at=b.NOW, searched="some id")
    assert isinstance(error, NotFound)
    assert error.code == "not_found"
    row = LedgerEntry.objects.get()
    assert (row.outcome, row.refusal, row.person) == ("refused", "no_basis", None)


@pytest.mark.django_db(transaction=True)
def test_row_is_committed_when_the_reading_is_noted(cast: Cast):
    """Seen from another connection, as the owner."""
    ledger_id = reading(cast.kim, [cast.consent()])
    name = connection.settings_dict["NAME"]
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], dbname=name) as other:
        assert other.execute("SELECT id FROM disclosures_ledgerentry").fetchall() == [(ledger_id,)]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "write",
    [lambda by: reading(by, []), lambda by: refuse_reading(by=by, channel="admin", at=b.NOW, searched="")],
)
def test_reading_is_refused_inside_another_transaction(cast: Cast, write: Any):
    """There "committed" would be a promise that a later rollback breaks."""
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        write(cast.kim)


# What would they see


def question(cast: Cast, **changes: Any) -> Any:
    usual = {
        "by": cast.kim, "person_id": cast.sam.pk, "agency": cast.police, "role": "officer", "channel": "admin",
        "purpose": "le_crisis_response", "moment": b.NOW, "at": b.NOW,
    }  # fmt: skip
    return preview(**usual | changes)


def test_preview_says_what_the_next_look_up_then_gets(cast: Cast, consent: Consent):
    answer = question(cast)
    ask(cast.reyes, at=b.NOW + timedelta(seconds=1))
    released = LedgerEntry.objects.get(outcome="released")
    opened = {line.category for line in answer.lines if line.opens}
    assert {opening["category"] for opening in released.bases} == opened
    assert {line.consent for line in answer.lines if line.opens} == {consent.pk}


def test_preview_is_ledgered_as_an_oversight_view(cast: Cast, consent: Consent):
    answer = question(cast)
    row = LedgerEntry.objects.get()
    assert (row.pk, row.outcome, row.person, row.asker) == (answer.ledger_id, "previewed", cast.sam, cast.kim)
    assert str(cast.police.pk) in row.reason_given
    assert {opening["category"] for opening in row.bases} == {
        line.category for line in answer.lines if line.opens
    }
    assert row.records == []


def test_preview_never_shows_content(cast: Cast, consent: Consent):
    said = str(question(cast))
    for words in ("Testcase", "Speak softly", "Afraid of uniforms", "661-555", "Clinical words"):
        assert words not in said


def test_preview_of_another_moment_is_judged_then(cast: Cast, consent: Consent):
    later = question(cast, moment=consent.expires_at)
    assert [line for line in later.lines if line.opens] == []
    assert any(line.opens for line in question(cast, moment=b.NOW, at=b.NOW + timedelta(seconds=1)).lines)
    assert {row.outcome for row in LedgerEntry.objects.all()} == {"previewed"}


@pytest.mark.parametrize("role", ["embedded_clinician", "officer", "supervisor", "auditor", "agency_admin"])
def test_member_without_the_duty_previews_nothing(cast: Cast, consent: Consent, role: str):
    with pytest.raises(NotAllowed, match=r"^duty_missing$"):
        question(cast, by=b.member("other", cast.county, role))


@pytest.mark.parametrize("who", ["stranger's manager", "restricted"])
def test_preview_of_whom_one_may_not_read_is_refused_and_ledgered(cast: Cast, consent: Consent, who: str):
    if who == "restricted":
        Person.objects.filter(pk=cast.sam.pk).update(confidentiality="restricted")
    by = cast.kim if who == "restricted" else b.member("other", cast.elsewhere, "consent_manager")
    with pytest.raises(NotFound, match=r"^not_found$"):
        question(cast, by=by)
    assert LedgerEntry.objects.get().outcome == "refused"


def test_superuser_previews_nothing(cast: Cast, consent: Consent):
    root = b.member("root", cast.county, "agency_admin")
    root.member.is_superuser = True
    root.member.save()
    with pytest.raises(NotAllowed):
        question(cast, by=root)


# Who received what


def test_account_names_others_who_received_and_nobody_else(cast: Cast, consent: Consent):
    """45 CFR 164.528: what the own agency read or previewed was disclosed to nobody."""
    ask(cast.reyes)
    reading(cast.kim, [consent], at=b.NOW + timedelta(seconds=1), person_id=cast.sam.pk)
    question(cast, at=b.NOW + timedelta(seconds=2))
    ask(cast.deputy, at=b.NOW + timedelta(seconds=3))
    (received,) = own.disclosed_to_others(cast.kim, cast.sam.pk)
    assert (received.at, received.agency) == (b.NOW, cast.police.name)
    assert set(received.categories) == {"D1", "D2", "D5", "D6", "D7"}


def test_account_of_another_custodian_is_not_shown(cast: Cast, consent: Consent):
    ask(cast.reyes)
    stranger = b.member("stranger", cast.elsewhere, "privacy_officer")
    assert own.disclosed_to_others(stranger, cast.sam.pk) == []
