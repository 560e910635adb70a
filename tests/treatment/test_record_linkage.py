"""Recording a linkage: row, grant and notice in one transaction (5.9, P-14)."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import IntegrityError
from django.db.models.signals import post_save

from continuity.agencies import grants
from continuity.errors import Invalid, NotAllowed, NotFound
from continuity.ids import uuid7
from continuity.notices.models import Notice
from continuity.people.models import PersonAgency
from continuity.trail.models import AuditEntry
from continuity.treatment.models import Linkage, LinkageGroupGrant
from tests import builders as b
from tests.treatment.conftest import Care

pytestmark = pytest.mark.django_db


def test_linkage_is_sent_from_the_contacts_agency(care: Care):
    linkage = care.linkage(priority="urgent")
    assert (linkage.status, linkage.requested_at, linkage.requested_by) == ("sent", b.NOW, care.embedded)
    assert (linkage.custodian, linkage.recipient, linkage.person) == (care.county, care.clinic, care.sam)


def test_recipients_team_may_answer_and_nobody_else(care: Care):
    linkage = care.linkage()
    assert [grant.group for grant in LinkageGroupGrant.objects.all()] == [care.team.group]
    grants.require(care.adeyemi, "answer", linkage)
    with pytest.raises(NotFound):
        grants.require(care.embedded, "answer", linkage)


def test_recipients_team_is_told_an_id_and_nothing_else(care: Care):
    linkage = care.linkage(notes="Words for clinicians.")
    notice = Notice.objects.get()
    assert (notice.kind, notice.subject_id, notice.agency, notice.team) == (
        "linkage_sent",
        linkage.pk,
        care.clinic,
        care.team,
    )


def test_history_of_a_linkage_holds_no_notes(care: Care):
    linkage = care.linkage(notes="Words for clinicians.", external_provider="Ida Vane LCSW", recipient=None)
    told = str(AuditEntry.objects.get(object_pk=str(linkage.pk)).changes)
    assert "Words" not in told
    assert "Vane" not in told


def test_outside_provider_gets_neither_grant_nor_notice(care: Care):
    care.linkage(recipient=None, external_provider="A shelter")
    assert not LinkageGroupGrant.objects.exists()
    assert not Notice.objects.exists()


@pytest.fixture(params=[Linkage, LinkageGroupGrant, PersonAgency, Notice], ids=lambda model: model.__name__)
def failing_write(request: pytest.FixtureRequest) -> Iterator[None]:
    """The write of one of the four rows fails after it was made."""

    def fail(**_: Any) -> None:
        raise ZeroDivisionError

    post_save.connect(fail, sender=request.param, weak=False)
    yield
    post_save.disconnect(fail, sender=request.param)


def test_nothing_of_a_linkage_stays_when_a_part_fails(care: Care, failing_write: None):
    with pytest.raises(ZeroDivisionError):
        care.linkage()
    assert not Linkage.objects.exists()
    assert not LinkageGroupGrant.objects.exists()
    assert not Notice.objects.exists()
    assert not care.sam.person_agencies.filter(agency=care.clinic).exists()


PART2 = {
    "SUD treatment": ({"kind": "sud_treatment"}, True),
    "detox": ({"kind": "sobering_detox"}, True),
    "housing": ({"kind": "housing_shelter"}, False),
}


@pytest.mark.parametrize(("fields", "part2"), PART2.values(), ids=PART2)
def test_referral_to_sud_care_is_sud_data(care: Care, fields: dict[str, Any], part2: bool):
    """P-14."""
    assert care.linkage(**fields).is_part2 == part2


def test_referral_to_a_part2_programme_is_sud_data_whatever_its_kind(care: Care):
    programme = b.agency("programme", "sud_program")
    b.referral_team(programme)
    assert care.linkage(kind="primary_care", recipient=programme).is_part2


@pytest.mark.parametrize("role", ["officer", "dispatcher", "consent_manager", "peer_navigator", "supervisor"])
def test_member_without_the_duty_refers_nobody(care: Care, role: str):
    with pytest.raises(NotAllowed, match=r"^duty_missing$"):
        care.linkage(by=b.member("other", care.county, role))


def test_contact_of_another_agency_and_no_contact_at_all_are_the_same_answer(care: Care):
    """P-3."""
    novak = b.member("novak", b.agency("faraway", "clinic_treatment"), "treatment_clinician")
    for by, contact_id in ((novak, care.contact.pk), (care.embedded, uuid7())):
        with pytest.raises(NotFound, match=r"^not_found$"):
            care.linkage(by=by, contact_id=contact_id)


@pytest.mark.parametrize("status", ["draft", "cancelled", "entered_in_error"])
def test_contact_that_nobody_may_read_is_not_found(care: Care, status: str):
    care.contact.record_status = status
    care.contact.save()
    with pytest.raises(NotFound, match=r"^not_found$"):
        care.linkage()


def test_anonymous_contact_cannot_be_referred(care: Care):
    with pytest.raises(Invalid, match=r"^anonymous_contact$") as refused:
        care.linkage(contact_id=b.contact(care.embedded, None).pk)
    assert refused.value.field == "contact"


def test_agency_without_a_referral_team_takes_no_linkage(care: Care):
    with pytest.raises(Invalid, match=r"^takes_no_referrals$") as refused:
        care.linkage(recipient=b.agency("faraway", "clinic_treatment"))
    assert refused.value.field == "recipient"


def test_linkage_to_nobody_is_refused_in_words(care: Care):
    with pytest.raises(Invalid):
        care.linkage(recipient=None)


def test_linkage_goes_to_an_agency_or_an_outside_provider(care: Care):
    linkage = care.linkage()
    linkage.recipient = None
    with pytest.raises(IntegrityError, match="a_linkage_goes_to_an_agency_or_an_outside_provider"):
        linkage.save()


def test_linkage_of_a_file_exists_once(care: Care):
    care.linkage(external_id="F-1")
    with pytest.raises(IntegrityError, match="a_linkage_of_a_file_exists_once"):
        care.linkage(external_id="F-1")
