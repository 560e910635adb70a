"""The desk at which consents are signed: smaller than the whole cast, and quicker to build."""

from dataclasses import dataclass

import pytest

from continuity.agencies.models import Agency, Membership
from continuity.consents.models import Consent
from continuity.people.models import Person
from tests import builders as b
from tests.replay import replayed


@dataclass
class Desk:
    county: Agency
    police: Agency
    clinic: Agency
    kim: Membership
    verifier: Membership
    sam: Person

    def consent(self, **fields: object) -> Consent:
        """Sam lets the county tell the police."""
        usual = {"by": self.kim, "verified_by": self.verifier, "who": self.sam, "to": [self.police]}
        return b.consent(**(usual | fields))  # type: ignore[arg-type]  # tests name odd fields


@pytest.fixture
def desk(db: None) -> Desk:
    return replayed(build_desk)


def build_desk() -> Desk:
    county = b.agency("county-health", "county_behavioral_health")
    return Desk(
        county=county,
        police=b.agency("kestrel-police", "police"),
        clinic=b.agency("orchard-clinic", "clinic_treatment"),
        kim=b.member("kim", county, "consent_manager"),
        verifier=b.member("verifier", county, "consent_manager"),
        sam=b.person(county),
    )
