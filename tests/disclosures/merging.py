"""Two people of the index who turn out to be one: Sam, whom the county knows, and Samuel, whom the clinic knows."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone

from continuity.agencies.models import Agency, Membership
from continuity.consents.models import Consent
from continuity.crisis.models import CrisisContact
from continuity.disclosures import merges, person_rows, unmerges
from continuity.disclosures.models import Merge, UnmergeChoice
from continuity.people.models import MatchProfile, Person
from continuity.people.services import Identifier, Name, register_person
from continuity.treatment.links import confirm_team_link
from tests import builders as b

TABLES = (
    *person_rows.MODELS,
    "people_personagency",
    "people_personstaffgrant",
    "people_matchkey",
    "people_matchprofile",
    "people_sourcerecord",
    "consents_consentrecipient",
    "treatment_linkagegroupgrant",
    "disclosures_ledgerentry",
)
# That somebody was merged is a change of the person, and of nothing else.
_BUT_FOR_ITS_CHANGES = "to_jsonb(one) - 'version' - 'updated_at'"
# What a death closed, and what is owed again, was changed twice, and is the recipient's by a grant of its own.
_OWED_AGAIN = {
    "treatment_linkage": _BUT_FOR_ITS_CHANGES,
    "treatment_followup": _BUT_FOR_ITS_CHANGES,
    "treatment_linkagegroupgrant": "to_jsonb(one) - 'id'",
}


@dataclass
class Two:
    """The offices that decide, the custodians, and the two people."""

    keeper: Agency
    county: Agency
    clinic: Agency
    police: Agency
    asks: Membership
    decides: Membership
    county_privacy: Membership
    clinic_privacy: Membership
    police_privacy: Membership
    kim: Membership
    embedded: Membership
    adeyemi: Membership
    reyes: Membership
    sam: Person
    samuel: Person
    sams_contact: CrisisContact
    samuels_contact: CrisisContact
    sams_consent: Consent
    samuels_consent: Consent

    def request(self, **fields: Any) -> Merge:
        usual = {
            "by": self.asks,
            "survivor_id": self.sam.pk,
            "retired_id": self.samuel.pk,
            "chosen": {},
            "reason": "One birth date, one mother, one face.",
            "at": timezone.now(),
        }
        return merges.request_merge(**(usual | fields))

    def approve(self, merge: Merge, **fields: Any) -> Merge:
        return merges.approve_merge(
            **({"by": self.decides, "merge_id": merge.pk, "at": timezone.now()} | fields)
        )

    def merge(self, **fields: Any) -> Merge:
        return self.approve(self.request(**fields))

    def ask_back(self, merge: Merge, **fields: Any) -> Merge:
        usual = {"by": self.asks, "merge_id": merge.pk, "reason": "Two scars.", "at": timezone.now()}
        return unmerges.request_unmerge(**(usual | fields))

    def take_apart(self, merge: Merge, **fields: Any) -> Merge:
        usual = {"by": self.decides, "merge_id": merge.pk, "at": timezone.now()}
        return unmerges.approve_unmerge(**(usual | fields))

    def unmerge(self, merge: Merge, **fields: Any) -> Merge:
        self.ask_back(merge)
        return self.take_apart(merge, **fields)

    def sort(self, merge: Merge, by: Membership, row: UUID, *, is_of_retired: bool) -> UnmergeChoice:
        choice = UnmergeChoice.objects.get(merge=merge, row=row)
        return unmerges.sort_row(by=by, choice_id=choice.pk, is_of_retired=is_of_retired, at=timezone.now())


def build_two() -> Two:
    keeper = b.agency("index-office", "county_behavioral_health", keeps_index=True)
    county = b.agency("county-health", "county_behavioral_health")
    clinic = b.agency("orchard-clinic", "clinic_treatment")
    police = b.agency("kestrel-police", "police")
    b.agreement(police, county, clinic)
    kim, verifier = (b.member(name, county, "consent_manager") for name in ("kim", "verifier"))
    clinics = [b.member(name, clinic, "consent_manager") for name in ("lee", "park")]
    embedded = b.member("embedded", county, "embedded_clinician")
    adeyemi = b.member("adeyemi", clinic, "treatment_clinician")
    sam = person(county, "Sam", "555-0101", sex="male", language="en")
    samuel = person(clinic, "Samuel", "555-0102", sex="unknown", language="es", pronouns="they")
    sams, samuels = b.contact(embedded, sam), b.contact(adeyemi, samuel)
    confirm_team_link(
        by=adeyemi,
        person=samuel,
        program_kind="outpatient_mh",
        duty_line="661-555-0110",
        hours="Mon-Fri 8-17",
        at=b.NOW - timedelta(days=30),
    )
    return Two(
        keeper=keeper,
        county=county,
        clinic=clinic,
        police=police,
        asks=b.member("asks", keeper, "privacy_officer"),
        decides=b.member("decides", keeper, "privacy_officer"),
        county_privacy=b.member("county-privacy", county, "privacy_officer"),
        clinic_privacy=b.member("clinic-privacy", clinic, "privacy_officer"),
        police_privacy=b.member("police-privacy", police, "privacy_officer"),
        kim=kim,
        embedded=embedded,
        adeyemi=adeyemi,
        reyes=b.member("reyes", police, "officer"),
        sam=sam,
        samuel=samuel,
        sams_contact=sams,
        samuels_contact=samuels,
        sams_consent=b.consent(by=kim, verified_by=verifier, who=sam, to=[police]),
        samuels_consent=b.consent(by=clinics[0], verified_by=clinics[1], who=samuel, to=[police]),
    )


def person(source: Agency, first: str, phone: str, born: date = date(1988, 4, 3), **fields: Any) -> Person:
    return register_person(
        source=source,
        names=[Name(first=first, last="Testcase")],
        birth_date=born,
        phones=[phone],
        identifiers=[Identifier(f"{first}-17", verified_at=b.NOW)],
        identity_status="verified",
        **fields,
    )


def snapshot(*, has_a_death: bool = False) -> dict[str, list[str]]:
    """All rows of the tables that a merge could touch, as the database has them."""
    found = {"people_person": _rows(f"SELECT {_BUT_FOR_ITS_CHANGES} FROM people_person one")}
    for table in TABLES:
        # What the index keeps sealed looks another way each time: it is told in clear.
        said = "to_jsonb(one) - 'identifiers'"
        said = _OWED_AGAIN.get(table, said) if has_a_death else said
        found[table] = _rows(f"SELECT {said} FROM {table} one")
    numbers = MatchProfile.objects.exclude(profile="").order_by("pk").values_list("pk", "identifiers")
    found["people_matchprofile"] += [f"{pk} {told}" for pk, told in numbers]
    return found


def changed(before: dict[str, list[str]], after: dict[str, list[str]]) -> dict[str, list[str]]:
    """What is there now and was not, by table; "-" what was there and is not."""
    return {
        table: [f"+{row}" for row in rows if row not in before[table]]
        + [f"-{row}" for row in before[table] if row not in rows]
        for table, rows in after.items()
        if sorted(rows) != sorted(before[table])
    }


def later(seconds: float = 1) -> datetime:
    return timezone.now() + timedelta(seconds=seconds)


def _rows(statement: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return sorted(str(row) for (row,) in cursor.fetchall())
