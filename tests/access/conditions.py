"""One county in which everything is kept about Sam, and the conditions of expected_matrix.csv that befall it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from continuity.access import emergencies
from continuity.access.restrictions import set_confidentiality
from continuity.agencies.models import Agency, Agreement, Membership
from continuity.agencies.roles import Purpose, Role, purposes_of
from continuity.consents.endings import revoke_consent
from continuity.consents.models import Consent
from continuity.crisis import amendments, flags
from continuity.crisis.models import CrisisContact
from continuity.people.models import Person
from continuity.people.services import rekey
from continuity.treatment.follow_ups import promise_follow_up
from continuity.treatment.links import confirm_team_link
from continuity.treatment.models import TreatmentTeamLink
from tests import builders as b

RESPONDERS = (Role.OFFICER, Role.DISPATCHER)
CLINICIANS = (Role.EMBEDDED_CLINICIAN, Role.MOBILE_CLINICIAN, Role.TREATMENT_CLINICIAN)
BORN, BORN_LATER = date(1988, 4, 3), date(2011, 4, 3)
REASON = "Sam asks for a copy."
DISPUTE = "I never said that."
EXCHANGED = [f"D{n}" for n in range(7)]
SAM = {"person_id": None, "described": {"last": "Testcase"}, "incident_ref": "2026-0001"}
WHY = {
    "reason_code": "medical_emergency",
    "reason": "Collapsed at home and breathes badly.",
    "nature": "Collapsed at home",
}


@dataclass
class County:
    """Police and clinic with a member for each role, the county, whose records they ask for, and Sam."""

    police: Agency
    clinic: Agency
    county: Agency
    askers: dict[str, Membership]
    clinician: Membership
    kim: Membership
    verifier: Membership
    privacy: Membership
    agreements: list[Agreement]
    contact: CrisisContact
    sam: Person

    def whose(self, agency: Agency | str, by: Membership) -> str:
        """`own`, `foreign`, or the name of an agency that this table does not look at."""
        if agency in (by.agency, by.agency.pk, by.agency.name):
            return "own"
        return "foreign" if agency in (self.county, self.county.pk, self.county.name) else str(agency)


def purpose_of(role: str, condition: str) -> str:
    """The role's first purpose; who has none asks as a clinician would."""
    if condition == "override" and role in CLINICIANS:
        return str(Purpose.EMERGENCY_TREATMENT)
    return str((*purposes_of([role]), Purpose.TREATMENT)[0])


def build_county() -> County:
    police, county = (
        b.agency("kestrel-police", "police"),
        b.agency("county-health", "county_behavioral_health"),
    )
    clinic, sheriff = b.agency("orchard-clinic", "clinic_treatment"), b.agency("kestrel-sheriff", "sheriff")
    flags_of = {"may_break_glass": True, "is_medical_personnel": True, "is_clinical_supervisor": True}
    askers = {
        str(role): b.member(
            role,
            police if role in RESPONDERS else clinic,
            role,
            **({} if role in RESPONDERS else flags_of),
        )
        for role in Role
    }
    clinician = b.member("clinician", county, "embedded_clinician", may_release_emergency=True)
    kim, verifier = (b.member(name, county, "consent_manager") for name in ("kim", "verifier"))
    sam = b.person(county, born=BORN)
    made = County(
        police=police,
        clinic=clinic,
        county=county,
        askers=askers,
        clinician=clinician,
        kim=kim,
        verifier=verifier,
        privacy=b.member("privacy", county, "privacy_officer"),
        agreements=[b.agreement(other, county, categories=EXCHANGED) for other in (police, clinic)],
        contact=_kept_by(clinician, b.member("second", county, "embedded_clinician"), sam, clinical=True),
        sam=sam,
    )
    _kept_by(askers["officer"], b.member("sergeant", police, "supervisor"), sam, clinical=False)
    _kept_by(
        askers["treatment_clinician"], askers["supervisor"], sam, clinical=True, to=askers["peer_navigator"]
    )
    _team_link(county, county, sam)
    _team_link(clinic, county, sam)
    # The clinic's own consent opens nothing of the county's.
    by = {"by": askers["consent_manager"], "verified_by": askers["privacy_officer"]}
    b.consent(**by, who=sam, to=[sheriff])
    return made


def _kept_by(
    author: Membership, second: Membership, sam: Person, *, clinical: bool, to: Membership | None = None
) -> CrisisContact:
    """A contact, a caution and, where clinicians work, narrative, SUD text and a follow-up."""
    texts = {"narrative": "Clinical words.", "sud_text": "Substance words."} if clinical else {}
    contact = b.contact(author, sam, **texts)
    at = b.NOW - timedelta(days=2)
    flag = flags.propose_flag(
        by=author, person=sam, kind="animals", basis="observed", observed_at=at, text="A large dog.", at=at
    )
    flags.approve_flag(by=second, flag_id=flag.pk, at=at)
    if clinical:
        told = {"kind": "safety_check", "due_window": "h48", "at": at, "assigned_to": to}
        promise_follow_up(by=author, contact=contact, **{k: v for k, v in told.items() if v})
    return contact


def _team_link(custodian: Agency, provider: Agency, sam: Person) -> None:
    """A link that says nothing of whether the clinic treats Sam."""
    TreatmentTeamLink.objects.create(
        person=sam, custodian=custodian, provider=provider, program_kind="outpatient_mh", status="active",
        duty_line="661-555-0110", established_at=b.NOW, last_verified_at=b.NOW,
    )  # fmt: skip


def _consent(made: County, **ends: datetime) -> tuple[Consent, Consent]:
    usual: dict[str, Any] = {
        "by": made.kim, "verified_by": made.verifier, "who": made.sam, "existence_may_be_confirmed": True,
        "purposes": ["le_crisis_response", "treatment", "care_coordination"],
    }  # fmt: skip
    return (
        b.consent(**usual, **ends, to=[made.police]),
        b.consent(
            **usual, **ends, to=[made.clinic], categories=EXCHANGED[1:],
            instrument=Consent.Instrument.COMBINED, part2_included=True,
        ),
    )  # fmt: skip


def _revoked(made: County) -> None:
    for consent in _consent(made):
        revoke_consent(by=made.kim, consent_id=consent.pk, note="Sam wrote.", at=b.NOW - timedelta(days=1))


def _treated(made: County) -> None:
    confirm_team_link(
        by=made.askers["treatment_clinician"], person=made.sam, program_kind="outpatient_mh",
        duty_line="661-555-0111", at=b.NOW - timedelta(days=1),
    )  # fmt: skip


def _broke_the_glass(made: County) -> None:
    for role in CLINICIANS:
        emergencies.break_glass(by=made.askers[role], **(SAM | WHY | {"person_id": made.sam.pk}), at=b.NOW)


def _released(made: County) -> None:
    for role in RESPONDERS:
        asked = emergencies.request_emergency(
            by=made.askers[role], **(SAM | WHY | {"person_id": made.sam.pk}), at=b.NOW
        )
        emergencies.release_emergency(
            by=made.clinician, emergency_id=asked.pk, with_operational=True, at=b.NOW
        )


def _restricted(made: County) -> None:
    _consent(made)
    set_confidentiality(
        by=made.privacy,
        person_id=made.sam.pk,
        level="restricted",
        reason="Sam works for the county.",
        at=b.NOW,
    )


def _minor(made: County) -> None:
    _consent(made)
    made.sam.birth_date = BORN_LATER
    made.sam.save()
    rekey(made.sam)


def _disputed(made: County) -> None:
    _consent(made)
    asked = amendments.request_amendment(
        by=made.privacy, contact_id=made.contact.pk, kind="patient_requested", field="operational_summary",
        new_value="Went home.", reason="Sam says so.", requested_by="patient", requested_at=b.NOW, at=b.NOW,
    )  # fmt: skip
    of = {"by": made.privacy, "amendment_id": asked.pk, "at": b.NOW}
    amendments.take_up_amendment(**of)
    amendments.deny_amendment(**of, ground="accurate_and_complete", basis="Two people heard it.")
    amendments.file_disagreement(**of, statement=DISPUTE)


def _no_agreement(made: County) -> None:
    _consent(made)
    for agreement in made.agreements:
        agreement.expires_at = b.NOW
        agreement.save()


CONDITIONS: dict[str, Callable[[County], object]] = {
    "no_consent": lambda made: None,
    "consent": _consent,
    "revoked": _revoked,
    "expired": lambda made: _consent(made, expires_at=b.NOW),
    "treatment": _treated,
    "override": _broke_the_glass,
    "released": _released,
    "restricted": _restricted,
    "minor": _minor,
    "disputed": _disputed,
    "no_agreement": _no_agreement,
}
