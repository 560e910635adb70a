"""A provider states that its team treats a person (5.8)."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError

from continuity.agencies.models import Membership
from continuity.errors import NotAllowed
from continuity.treatment.links import confirm_team_link
from continuity.treatment.models import TreatmentTeamLink
from tests import builders as b
from tests.treatment.conftest import Care

pytestmark = pytest.mark.django_db


def confirm(care: Care, by: Membership, **fields: Any) -> TreatmentTeamLink:
    usual = {"program_kind": "outpatient_mh", "duty_line": "661-555-0110", "at": b.NOW}
    return confirm_team_link(by=by, person=care.sam, **(usual | fields))


def test_confirmed_link_is_active_and_verified_by_its_provider(care: Care):
    link = confirm(care, care.adeyemi, hours="Mon-Fri 8-17")
    assert (link.status, link.custodian, link.provider) == ("active", care.clinic, care.clinic)
    assert link.established_at == link.last_verified_at == b.NOW
    assert care.sam.person_agencies.filter(agency=care.clinic).exists()


@pytest.mark.parametrize(("kind", "part2"), [("sud_program", True), ("clinic_treatment", False)])
def test_link_of_a_part2_programme_is_sud_data(care: Care, kind: str, part2: bool):
    """P-14: the provider alone says what is treated."""
    by = b.member("other", b.agency("other", kind), "treatment_clinician")
    assert confirm(care, by).is_part2 == part2


@pytest.mark.parametrize("role", ["officer", "dispatcher", "consent_manager", "peer_navigator", "supervisor"])
def test_member_without_the_duty_confirms_no_link(care: Care, role: str):
    with pytest.raises(NotAllowed, match=r"^duty_missing$"):
        confirm(care, b.member("other", care.clinic, role))
    assert not TreatmentTeamLink.objects.exists()


def test_active_link_was_verified_once(care: Care):
    link = confirm(care, care.adeyemi)
    link.last_verified_at = None
    with pytest.raises(IntegrityError, match="an_active_team_link_was_verified_once"):
        link.save()


def test_link_of_a_file_exists_once(care: Care):
    confirm(care, care.adeyemi, external_id="F-1")
    with pytest.raises(IntegrityError, match="a_team_link_of_a_file_exists_once"):
        confirm(care, care.adeyemi, external_id="F-1")


def test_two_links_of_one_provider_may_stand_side_by_side(care: Care):
    confirm(care, care.adeyemi)
    confirm(care, care.adeyemi, program_kind="psychiatry", at=b.NOW + timedelta(days=1))
    assert TreatmentTeamLink.objects.filter(status="active").count() == 2
