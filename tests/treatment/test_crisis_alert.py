"""When a contact becomes final, each team that treats the person and asked for it is told, once (P-27)."""

from typing import Any

import pytest

from continuity.agencies.services import create_team
from continuity.crisis.models import CrisisContact
from continuity.notices.models import Notice
from continuity.people.models import Person
from continuity.treatment.links import confirm_team_link
from continuity.treatment.models import TreatmentTeamLink
from tests import builders as b
from tests.treatment.conftest import Care

pytestmark = pytest.mark.django_db


def link(care: Care, **fields: Any) -> TreatmentTeamLink:
    usual = {"by": care.adeyemi, "person": care.sam, "program_kind": "outpatient_mh", "at": b.NOW}
    return confirm_team_link(**(usual | {"duty_line": "661-555-0110", "notify_on_crisis": True} | fields))


def alerts(care: Care, who: Person | None = None) -> tuple[CrisisContact, list[tuple[Any, Any, Any]]]:
    contact = b.contact(care.embedded, who or care.sam)
    told = Notice.objects.filter(kind="crisis_contact").order_by("agency__code")
    assert {one.subject_id for one in told} <= {contact.pk}
    assert all(one.is_urgent for one in told)
    return contact, [(one.agency, one.team, one.member) for one in told]


def test_treating_agency_is_told_of_the_contact_and_of_nothing_else(care: Care):
    link(care)
    assert alerts(care)[1] == [(care.clinic, None, None)]


def test_team_that_the_link_names_is_told_and_not_the_whole_agency(care: Care):
    north = create_team(agency=care.clinic, name="North team")
    link(care, team_name="North team")
    assert alerts(care)[1] == [(care.clinic, north, None)]


def test_several_links_of_one_provider_are_one_alert(care: Care):
    create_team(agency=care.clinic, name="North team")
    link(care)
    link(care, program_kind="psychiatry")
    link(care, program_kind="case_management", team_name="North team")
    assert alerts(care)[1] == [(care.clinic, None, None)]


def test_two_providers_are_told_each_its_own(care: Care):
    other = b.agency("other-clinic", "clinic_treatment")
    link(care)
    link(care, by=b.member("other", other, "treatment_clinician"))
    assert [told[0] for told in alerts(care)[1]] == [care.clinic, other]


def test_own_team_is_told_like_any_other(care: Care):
    link(care, by=care.embedded)
    assert [told[0] for told in alerts(care)[1]] == [care.county]


@pytest.mark.parametrize("status", [one for one in TreatmentTeamLink.Status.values if one != "active"])
def test_link_that_does_not_stand_alerts_nobody(care: Care, status: str):
    standing = link(care)
    standing.status = status
    standing.save()
    assert alerts(care)[1] == []


def test_link_that_asked_for_nothing_and_link_of_another_person_alert_nobody(care: Care):
    link(care, notify_on_crisis=False)
    link(care, person=b.person(care.county, first="Samuel"))
    assert alerts(care)[1] == []


def test_anonymous_contact_alerts_nobody(care: Care):
    link(care)
    b.contact(care.embedded, None)
    assert not Notice.objects.filter(kind="crisis_contact").exists()


def test_alert_is_written_with_the_contact_or_not_at_all(care: Care):
    link(care)
    with b.undone():
        assert len(alerts(care)[1]) == 1
    assert not Notice.objects.filter(kind="crisis_contact").exists()
