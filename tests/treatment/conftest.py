"""A county that refers and a clinic that answers: all that linkages and follow-ups need."""

from dataclasses import dataclass
from typing import Any

import pytest

from continuity.agencies.models import Agency, Membership, Team
from continuity.crisis.models import CrisisContact
from continuity.people.models import Person
from continuity.treatment.models import Linkage
from continuity.treatment.services import answer_linkage, record_linkage
from tests import builders as b

TO_ENGAGED = ("received", "accepted", "scheduled", "engaged")


@dataclass
class Care:
    county: Agency
    clinic: Agency
    embedded: Membership
    adeyemi: Membership
    team: Team
    sam: Person
    contact: CrisisContact

    def linkage(self, **fields: Any) -> Linkage:
        usual = {
            "by": self.embedded,
            "contact_id": self.contact.pk,
            "kind": "new_outpatient_mh",
            "at": b.NOW,
            "recipient": self.clinic,
        }
        return record_linkage(**(usual | fields))

    def answer(self, linkage: Linkage, *statuses: str, **fields: Any) -> Linkage:
        """Move the linkage through these states, as Dr Adeyemi unless somebody else is named."""
        for status in statuses:
            usual = {"by": self.adeyemi, "linkage_id": linkage.pk, "status": status, "at": b.NOW}
            linkage = answer_linkage(**(usual | fields))
        return linkage


@pytest.fixture
def care(db: None) -> Care:
    county, clinic = b.agency("county", "county_behavioral_health"), b.agency("clinic", "clinic_treatment")
    embedded, adeyemi = (
        b.member("embedded", county, "embedded_clinician"),
        b.member("adeyemi", clinic, "treatment_clinician"),
    )
    sam = b.person(county)
    return Care(
        county, clinic, embedded, adeyemi, b.referral_team(clinic, adeyemi), sam, b.contact(embedded, sam)
    )
