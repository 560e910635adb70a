"""A county that refers and a clinic that answers: all that linkages and follow-ups need."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from continuity.agencies.models import Agency, Membership, Team
from continuity.crisis.models import CrisisContact
from continuity.people.models import Person
from continuity.treatment.follow_ups import promise_follow_up, record_attempt
from continuity.treatment.linkages import answer_linkage, record_linkage
from continuity.treatment.links import propose_team_link
from continuity.treatment.models import FollowUp, FollowUpAttempt, Linkage, TreatmentTeamLink
from tests import builders as b
from tests.replay import replayed

TO_ENGAGED = ("received", "accepted", "scheduled", "engaged")
# What each answer must say besides its state.
NEEDED: dict[str, dict[str, Any]] = {
    "declined_by_recipient": {"reason": "No place."},
    "waitlisted": {"reason": "In spring."},
    "unable": {"reason": "Moved away."},
    "cancelled_by_person": {"reason": "Does not want it."},
    "scheduled": {"appointment_at": b.NOW + timedelta(days=3)},
    "engaged": {"first_attended_at": b.NOW},
}


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
        """Move the linkage through these states, as Dr Adeyemi unless somebody else is named, with all they need."""
        for status in statuses:
            usual = {"by": self.adeyemi, "linkage_id": linkage.pk, "status": status, "at": b.NOW}
            linkage = answer_linkage(**(usual | NEEDED.get(status, {}) | fields))
        return linkage

    def proposed(self, **fields: Any) -> TreatmentTeamLink:
        """The county thinks that the clinic treats Sam, and asks the clinic."""
        usual = {"by": self.embedded, "person": self.sam, "provider": self.clinic, "at": b.NOW}
        return propose_team_link(**(usual | {"program_kind": "outpatient_mh"} | fields))

    def say_what_is_safe(self, *, call: bool | None, message: bool | None) -> None:
        self.sam.safe_to_call, self.sam.safe_to_leave_message = call, message
        self.sam.save()

    def promise(self, **fields: Any) -> FollowUp:
        usual = {"by": self.embedded, "contact": self.contact, "kind": "safety_check", "due_window": "h48"}
        return promise_follow_up(**(usual | {"at": b.NOW} | fields))

    def attempt(self, follow_up: FollowUp, outcome: str, **fields: Any) -> FollowUpAttempt:
        usual = {"by": self.embedded, "follow_up_id": follow_up.pk, "mode": "call", "outcome": outcome}
        return record_attempt(**(usual | {"at": b.NOW} | fields))


@pytest.fixture
def care(db: None) -> Care:
    return replayed(build_care)


def build_care() -> Care:
    county, clinic = b.agency("county", "county_behavioral_health"), b.agency("clinic", "clinic_treatment")
    embedded, adeyemi = (
        b.member("embedded", county, "embedded_clinician"),
        b.member("adeyemi", clinic, "treatment_clinician"),
    )
    sam = b.person(county)
    return Care(
        county, clinic, embedded, adeyemi, b.referral_team(clinic, adeyemi), sam, b.contact(embedded, sam)
    )
