"""A county team, a police officer and Sam: all that the verbs of a contact need."""

from dataclasses import dataclass
from typing import Any

import pytest

from continuity.agencies.models import Agency, Membership
from continuity.crisis.models import CrisisContact
from continuity.crisis.services import record_contact
from continuity.people.models import Person
from tests import builders as b
from tests.replay import replayed


@dataclass
class Crew:
    county: Agency
    police: Agency
    embedded: Membership
    second: Membership
    reyes: Membership
    sam: Person

    def draft(self, by: Membership | None = None, **fields: Any) -> CrisisContact:
        return record_contact(
            **{
                "by": by or self.embedded,
                "person": self.sam,
                "contact_number": "C-1",
                "occurred_at": b.NOW,
                "at": b.NOW,
                "origin": "call_911",
                "modality": "phone",
                "response_type": ["co_response"],
                "presenting_issues": ["agitation"],
                "disposition_primary": "resolved_by_phone",
                "operational_summary": "Spoke quietly.",
            }
            | fields
        )


@pytest.fixture
def crew(db: None) -> Crew:
    return replayed(build_crew)


def build_crew() -> Crew:
    county, police = b.agency("county", "county_behavioral_health"), b.agency("kestrel-police", "police")
    return Crew(
        county=county,
        police=police,
        embedded=b.member("embedded", county, "embedded_clinician"),
        second=b.member("second", county, "mobile_clinician"),
        reyes=b.member("reyes", police, "officer"),
        sam=b.person(county),
    )


def stands_as(contact: CrisisContact, status: str) -> CrisisContact:
    """The contact in this state, however it got there."""
    contact.record_status = status
    contact.finalised_at = None if status in ("draft", "cancelled") else b.NOW
    contact.save()
    return contact
