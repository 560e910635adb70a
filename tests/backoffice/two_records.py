"""Robert and Bob: two records that may be one person's, and the privacy offices that may know of them."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from continuity.agencies.models import Agency, Membership
from continuity.disclosures.merges import request_merge
from continuity.disclosures.models import Merge
from continuity.people.duplicates import compare_next, decide_pair
from continuity.people.models import DuplicatePair, Person, PersonIdentifier
from continuity.people.services import Identifier, Name, note_own_record, register_person
from tests import builders as b


@dataclass
class Desk:
    """The county keeps the index; the clinic knows both people, the shelter one of them, the far clinic neither."""

    county: Agency
    clinic: Agency
    pia: Membership
    paul: Membership
    pat: Membership
    shelter: Membership
    stranger: Membership
    robert: Person
    bob: Person
    pair: DuplicatePair

    def told_same(self, by: Membership | None = None) -> DuplicatePair:
        return decide_pair(
            by=by or self.pia, pair_id=self.pair.pk, verdict="same", reason="Both say Biscuit.", at=b.NOW
        )

    def asked(self, by: Membership | None = None, **fields: Any) -> Merge:
        """A merge into Robert's record that waits."""
        said = {"survivor_id": self.robert.pk, "retired_id": self.bob.pk, "chosen": {}, "reason": "One dog."}
        return request_merge(by=by or self.pia, at=b.NOW, pair_id=self.pair.pk, **said | fields)


def build_desk() -> Desk:
    county = b.agency("county", "county_behavioral_health", keeps_index=True)
    clinic = b.agency("clinic", "clinic_treatment")
    shelter = b.agency("shelter", "crisis_provider")
    robert = _registered(county, "Robert", "661-555-0133", "12 Elm Street", "MRN-7788123")
    bob = _registered(clinic, "Bob", "661-555-0133", "9 Oak Avenue", "K-5512345")
    for agency in (county, clinic, shelter):
        note_own_record(robert.pk, agency)
    note_own_record(bob.pk, clinic)
    while compare_next(b.NOW):
        pass
    return Desk(
        county=county,
        clinic=clinic,
        pia=b.member("pia", county, "privacy_officer"),
        paul=b.member("paul", county, "privacy_officer"),
        pat=b.member("pat", clinic, "privacy_officer"),
        shelter=b.member("sheila", shelter, "privacy_officer"),
        stranger=b.member("sven", b.agency("far", "clinic_treatment"), "privacy_officer"),
        robert=robert,
        bob=bob,
        pair=DuplicatePair.objects.get(),
    )


def _registered(source: Agency, first: str, phone: str, line: str, number: str) -> Person:
    return register_person(
        source=source,
        names=[Name(first, "Quimby-Testcase")],
        birth_date=date(1979, 6, 14),
        sex="male",
        language="en" if first == "Robert" else "es",
        phones=[phone],
        addresses=[{"line": line, "city": "Kestrel", "state": "CA", "postal_code": "93000"}],
        identifiers=[Identifier(number, "urn:clinic", PersonIdentifier.Type.MEDICAL_RECORD)],
    )
