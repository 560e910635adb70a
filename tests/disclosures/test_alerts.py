"""Being told: the right is asked again at every send, and what another agency learns is in the ledger (P-27)."""

from datetime import timedelta

import pytest

from continuity.agencies.models import Membership
from continuity.crisis.models import CrisisContact
from continuity.disclosures.alerts import crisis_alerts, may_be_told, tellable
from continuity.disclosures.models import LedgerEntry
from continuity.notices.models import Notice
from continuity.treatment.models import TreatmentTeamLink
from tests import builders as b
from tests.cast import Cast


@pytest.fixture
def contact(cast: Cast) -> CrisisContact:
    """The county meets Sam, whom the clinic treats and who lets the county tell the clinic."""
    TreatmentTeamLink.objects.create(
        person=cast.sam, custodian=cast.clinic, provider=cast.clinic, program_kind="outpatient_mh",
        duty_line="661-555-0111", notify_on_crisis=True, status="active",
        established_at=b.NOW, last_verified_at=b.NOW,
    )  # fmt: skip
    cast.sam.person_agencies.get_or_create(agency=cast.clinic)
    cast.consent(to=[cast.clinic])
    return b.contact(cast.embedded, cast.sam, at=b.NOW - timedelta(minutes=5))


def notice(by: Membership, contact: CrisisContact) -> Notice:
    kind = Notice.Kind.CRISIS_CONTACT
    return Notice.objects.create(kind=kind, subject_id=contact.pk, agency=by.agency, is_urgent=True)


@pytest.mark.django_db
def test_the_treating_team_is_told_and_the_ledger_says_so(cast: Cast, contact: CrisisContact):
    assert may_be_told(by=cast.adeyemi, notice=notice(cast.adeyemi, contact), at=b.NOW)
    row = LedgerEntry.objects.latest("id")
    assert (row.outcome, row.channel, row.categories) == ("released", "notice", ["D0"])
    assert (row.person_id, row.custodians, row.asker_id) == (cast.sam.pk, [cast.county.pk], cast.adeyemi.pk)
    assert row.records == [["contact", str(contact.pk), contact.version]]


def link_ends(cast: Cast) -> None:
    TreatmentTeamLink.objects.filter(provider=cast.clinic).update(status="suspended")


def link_wants_none(cast: Cast) -> None:
    TreatmentTeamLink.objects.filter(provider=cast.clinic).update(notify_on_crisis=False)


def agreement_ends(cast: Cast) -> None:
    cast.county.agreements.update(expires_at=b.NOW - timedelta(days=1))


def contact_was_an_error(cast: Cast) -> None:
    cast.sam.contacts.update(record_status="entered_in_error")


def person_is_restricted(cast: Cast) -> None:
    cast.sam.confidentiality = "restricted"
    cast.sam.save()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "change", [link_ends, link_wants_none, agreement_ends, contact_was_an_error, person_is_restricted]
)
def test_a_right_that_ended_before_the_send_tells_nothing(cast: Cast, contact: CrisisContact, change):
    put = notice(cast.adeyemi, contact)
    change(cast)
    assert not may_be_told(by=cast.adeyemi, notice=put, at=b.NOW)
    row = LedgerEntry.objects.latest("id")
    assert (row.outcome, row.refusal, row.records) == ("refused", "no_basis", [])


@pytest.mark.django_db
def test_a_notice_of_another_agency_is_told_to_nobody_else(cast: Cast, contact: CrisisContact):
    put = notice(cast.adeyemi, contact)
    assert not may_be_told(by=cast.novak, notice=put, at=b.NOW)
    assert not may_be_told(by=cast.reyes, notice=put, at=b.NOW)
    assert LedgerEntry.objects.latest("id").outcome == "refused"


@pytest.mark.django_db
def test_the_page_shows_the_alerts_with_a_row_for_each_person(cast: Cast, contact: CrisisContact):
    put = notice(cast.adeyemi, contact)
    (alert,) = crisis_alerts(cast.adeyemi, [put], "page", b.NOW)
    assert (alert.notice_id, alert.person_id, alert.custodian) == (put.pk, cast.sam.pk, cast.county.name)
    assert alert.name == "Sam Testcase"
    assert LedgerEntry.objects.latest("id").channel == "page"
    link_ends(cast)
    before = LedgerEntry.objects.count()
    assert crisis_alerts(cast.adeyemi, [put], "page", b.NOW) == ()
    assert LedgerEntry.objects.count() == before


@pytest.mark.django_db
def test_own_work_is_told_while_it_is_readable(cast: Cast):
    follow_up = cast.sam.follow_ups.get()
    due = Notice.objects.create(kind="follow_up_due", subject_id=follow_up.pk, agency=cast.county)
    assert tellable(cast.embedded, [due], b.NOW) == {due.pk}
    assert tellable(cast.adeyemi, [due], b.NOW) == set()
    person_is_restricted(cast)
    assert tellable(cast.embedded, [due], b.NOW) == set()


@pytest.mark.django_db
def test_who_was_told_before_is_owed_that_it_ended(cast: Cast):
    consent = cast.consent()
    ended = Notice.objects.create(kind="authorisation_ended", subject_id=consent.pk, agency=cast.police)
    assert tellable(cast.reyes, [ended], b.NOW) == {ended.pk}


@pytest.mark.django_db
@pytest.mark.parametrize("kind", Notice.Kind.values)
def test_every_kind_of_notice_has_a_right_to_ask(cast: Cast, kind: str):
    put = Notice.objects.create(kind=kind, subject_id=cast.novak.pk, agency=cast.elsewhere)
    assert isinstance(tellable(cast.novak, [put], b.NOW), set)
