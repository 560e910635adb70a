"""Random small counties for the property tests: agencies, agreements, one person, consents, records, one asker."""

from datetime import date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from continuity.access.models import EmergencyAccess, EmergencyAnswer, Restriction
from continuity.agencies import grants
from continuity.agencies.models import Agency, Membership, PolicyPack
from continuity.agencies.roles import PURPOSES, Purpose, Role, purposes_of
from continuity.consents.models import Consent, ConsentContact, ConsentRecipient
from continuity.crisis.models import ClinicalNarrative, CrisisContact, SafetyFlag, SudSegment
from continuity.people.models import Person, PersonAgency
from continuity.treatment.models import FollowUp, Linkage, TreatmentTeamLink
from tests import builders as b

NOW = b.NOW
KINDS = ("police", "county_behavioral_health", "clinic_treatment", "sud_program", "psap")
CATEGORIES = ("D0", "D1", "D2", "D3", "D4", "D5", "D6")
days = st.integers(-500, 500).map(lambda n: timedelta(days=n))
few_categories = st.one_of(st.just(list(CATEGORIES)), st.lists(st.sampled_from(CATEGORIES), unique=True))
# Weighted toward "now": half the periods hold, so that both answers are common.
starts = st.sampled_from([-400, -30, -1, 0, 1]).map(lambda n: NOW + timedelta(days=n))
ends = st.sampled_from([-1, 0, 1, 200]).map(lambda n: NOW + timedelta(days=n))
index = st.integers(0, len(KINDS) - 1)
ASKERS_OWN = -1
providers = st.one_of(st.just(ASKERS_OWN), index)

# Twice those to whom most cells of the matrix belong.
ASKING = [role for role in Role if PURPOSES[role] and role is not Role.AUDITOR] + [
    Role.OFFICER,
    Role.EMBEDDED_CLINICIAN,
    Role.TREATMENT_CLINICIAN,
]

_any_consent = {
    "instrument": st.sampled_from(Consent.Instrument.values),
    "status": st.sampled_from(["active", "inactive", "proposed"]),
    "suspended": st.sampled_from([False, False, False, True]),
    "starts_at": starts,
    "signed_at": starts,
    "expires_at": ends,
    "categories": few_categories,
    "existence": st.booleans(),
    "part2": st.booleans(),
    "held_by_source": st.booleans(),
    "window": st.sampled_from(["past_contacts", "past_contacts", "from_signing", "specific_contacts"]),
    "purposes": st.lists(
        st.sampled_from(["le_crisis_response", "care_coordination", "treatment"]), unique=True, min_size=1
    ),
    "disclosing": st.lists(index, unique=True, min_size=1),
    "recipients": st.lists(
        st.tuples(
            st.sampled_from(["agency", "agency", "member", "class"]),
            index,
            few_categories,
            st.sampled_from([False, False, True]),
        ),
        max_size=3,
        unique_by=lambda one: (one[0], one[1]),
    ),
    "names_contact": st.booleans(),
}
GOOD_CONSENT: dict[str, Any] = {
    "instrument": "combined_hipaa_part2",
    "status": "active",
    "suspended": False,
    "starts_at": NOW - timedelta(days=30),
    "signed_at": NOW - timedelta(days=30),
    "expires_at": NOW + timedelta(days=200),
    "categories": list(CATEGORIES),
    "existence": True,
    "part2": True,
    "held_by_source": False,
    "window": "past_contacts",
    "purposes": ["le_crisis_response", "care_coordination", "treatment"],
    "disclosing": list(range(len(KINDS))),
    "recipients": [("agency", ASKERS_OWN, list(CATEGORIES), False)],
    "names_contact": True,
}
# A good consent with up to three elements drawn anew: near misses, which is where a gate goes wrong.
consents = st.lists(st.sampled_from(sorted(_any_consent)), max_size=3, unique=True).flatmap(
    lambda names: st.fixed_dictionaries(
        {
            name: _any_consent[name] if name in names else st.just(value)
            for name, value in GOOD_CONSENT.items()
        }
    )
)
records = st.fixed_dictionaries(
    {
        "custodian": index,
        "other": index,
        "part2": st.booleans(),
        "age": st.sampled_from([1, 20, 40, 364, 366, 900]),
    }
)
worlds = st.fixed_dictionaries(
    {
        "asker": index,
        "roles": st.lists(
            st.sampled_from([r for r in Role if PURPOSES[r] and r is not Role.AUDITOR]),
            min_size=1,
            max_size=2,
            unique=True,
        ).filter(lambda roles: not {Role.CONSENT_MANAGER, Role.OFFICER} <= set(roles)),
        # Mostly a purpose that the roles may assert: otherwise the first gate ends nearly every story.
        "purpose": st.sampled_from([None] * 50 + list(Purpose)),
        "all_agree": st.sampled_from([True, True, False]),
        "supervises": st.booleans(),
        "reason": st.sampled_from(["", "court request"]),
        "confidentiality": st.sampled_from(["normal"] * 9 + ["restricted", "very_restricted"]),
        "named_staff": st.sets(index, max_size=2),
        "deceased": st.sampled_from([False] * 9 + [True]),
        "born": st.sampled_from([None, None, date(1980, 1, 1), date(2008, 11, 20), date(2008, 11, 21)]),
        "minors_shown": st.booleans(),
        "restrictions": st.lists(
            st.tuples(
                st.sampled_from(["disclosure", "disclosure", "disclosure", "employee"]),
                index,
                st.one_of(st.none(), providers),
                st.sampled_from(["agreed", "agreed", "requested", "ended"]),
                few_categories,
            ),
            max_size=2,
        ),
        "emergency": st.one_of(
            st.none(),
            st.tuples(
                st.sampled_from(["clinician_override", "le_emergency_request"]),
                st.sampled_from(["released", "released", "ended", "requested"]),
                few_categories,
                index,
                st.sampled_from([-61, -60, -1, 0, 1]),
            ),
        ),
        "medical": st.booleans(),
        "suspended_agency": st.sampled_from([None] * 20 + list(range(len(KINDS)))),
        "agreements": st.lists(
            st.tuples(st.sets(index, min_size=2, max_size=4), few_categories, starts, ends), max_size=4
        ),
        "consents": st.lists(consents, min_size=1, max_size=2),
        "records": st.lists(records, min_size=1, max_size=4),
        "link": st.one_of(
            st.none(), st.tuples(index, providers, st.sampled_from(["active", "inactive"]), st.booleans())
        ),
        "linkage": st.one_of(
            st.none(),
            st.tuples(index, providers, st.sampled_from(["sent", "accepted", "completed"]), st.booleans()),
        ),
        "assigned": st.booleans(),
    }
)


class World:
    """A drawn world, written to the database by its models (services would refuse the odd ones we want)."""

    def __init__(self, drawn: dict[str, Any]) -> None:
        self.drawn = drawn
        self.purpose = str(drawn["purpose"] or purposes_of(drawn["roles"])[0])
        self.agencies = [b.agency(f"a{n}", kind) for n, kind in enumerate(KINDS)]
        if (n := drawn["suspended_agency"]) is not None and n != drawn["asker"]:
            Agency.objects.filter(pk=self.agencies[n].pk).update(status="suspended")
        self.asker: Membership = b.member(
            "asker",
            self.agencies[drawn["asker"]],
            *drawn["roles"],
            is_clinical_supervisor=drawn["supervises"],
            is_medical_personnel=drawn["medical"],
        )
        self.authors = [
            b.member(f"author{n}", one, "embedded_clinician") for n, one in enumerate(self.agencies)
        ]
        if drawn["all_agree"]:
            b.agreement(*self.agencies, categories=CATEGORIES)
        for parties, categories, effective, expires in drawn["agreements"]:
            if expires > effective:
                b.agreement(
                    *[self.agencies[n] for n in parties],
                    categories=categories,
                    effective_at=effective,
                    expires_at=expires,
                )
        self.add_person(drawn)

    def add_person(self, drawn: dict[str, Any]) -> Person:
        """A person of this county as `drawn`; also a second one, of whom the asker knows as little as of the first."""
        self.drawn = drawn
        self.person = Person.objects.create(
            confidentiality=drawn["confidentiality"],
            birth_date=drawn["born"],
            deceased_date=NOW.date() if drawn["deceased"] else None,
        )
        for one in self._agencies_with_a_record():
            PersonAgency.objects.create(person=self.person, agency=one)
        self._records()
        self._care()
        for consent in drawn["consents"]:
            self._consent(consent)
        self._narrow()
        if drawn["emergency"]:
            self._emergency(*drawn["emergency"])
        return self.person

    def _narrow(self) -> None:
        drawn = self.drawn
        for number in drawn["named_staff"]:
            grants.name_member(self.asker.member, "see", self.person, named_by=self.agencies[number])
        if drawn["minors_shown"]:
            PolicyPack.objects.create(
                code="ca", number=1, title="Test", effective_at=NOW - timedelta(days=1), counsel="Counsel",
                rules={"officers_see_minors": True}, signed_off_at=NOW, signed_off_by=self.asker.member,
            )  # fmt: skip
        for kind, custodian, towards, state, categories in drawn["restrictions"]:
            to = None if towards is None else self._named(towards)
            Restriction.objects.create(
                person=self.person, agency=self.agencies[custodian], kind=kind, state=state, categories=categories,
                towards=to or (self.agencies[0] if kind == "employee" else None), requested_at=NOW,
                recorded_by=self.authors[custodian],
            )  # fmt: skip

    def _emergency(self, kind: str, state: str, categories: list[str], custodian: int, minutes: int) -> None:
        begun = NOW + timedelta(minutes=minutes)
        is_open = state in ("released", "ended")
        emergency = EmergencyAccess.objects.create(
            kind=kind, state=state, person=self.person, described=b"{}", requester=self.asker, agency=self.asker.agency,
            incident_ref="2026-1", reason_code="medical_emergency", reason="Words.", nature="Words.", recipient_name="X",
            recipient_facility="X", categories=categories, requested_at=begun, starts_at=begun if is_open else None,
            ends_at=begun + timedelta(minutes=60) if is_open else None,
        )  # fmt: skip
        if kind == "le_emergency_request" and is_open:
            EmergencyAnswer.objects.create(
                emergency=emergency, agency=self.agencies[custodian], answered_by=self.authors[custodian],
                answered_at=begun, is_released=True, categories=sorted({"D1", *categories} & {"D0", "D1", "D2"}),
            )  # fmt: skip

    def _agencies_with_a_record(self) -> set[Agency]:
        numbers = {record["custodian"] for record in self.drawn["records"]}
        for pair in (self.drawn["link"], self.drawn["linkage"]):
            numbers |= set(pair[:2]) if pair else set()
        return {self._named(number) for number in numbers}

    def _records(self) -> None:
        for number, record in enumerate(self.drawn["records"]):
            when = NOW - timedelta(days=record["age"])
            custodian, author = self.agencies[record["custodian"]], self.authors[record["custodian"]]
            contact = CrisisContact.objects.create(
                custodian=custodian, author=author, contact_number=f"{self.person.pk}-{number}",
                record_status="final", person=self.person, occurred_at=when, recorded_at=when, finalised_at=when,
                origin="call_911", modality="phone",
                response_type=["co_response"], presenting_issues=["agitation"], risk_level="low",
                existing_treatment="unknown", hold_status="not_applicable", disposition_primary="resolved_by_phone",
                le_dispatched="no", diverted_from=["none"], referral_offered="no", follow_up_required="no",
                operational_summary="Words.", is_part2=record["part2"],
            )  # fmt: skip
            ClinicalNarrative.objects.create(contact=contact, text="Words.")
            SudSegment.objects.create(contact=contact, text="Words.")
            observed = NOW - timedelta(days=min(record["age"], 80))
            SafetyFlag.objects.create(
                person=self.person, custodian=custodian, source_contact=contact, basis="observed", source_role="officer",
                kind="animals", status="active", proposed_by=author, approved_by=self.authors[record["custodian"] - 1],
                first_observed_at=observed, last_confirmed_at=observed, expires_at=observed + timedelta(days=90),
                is_part2=record["part2"],
            )  # fmt: skip
            FollowUp.objects.create(
                contact=contact, person=self.person, custodian=custodian, kind="safety_check", due_window="h48",
                due_at=when, is_part2=record["part2"],
                assigned_to=self.asker if self.drawn["assigned"] and number == 0 else None,
            )  # fmt: skip
            self.contact = contact

    def _care(self) -> None:
        long_ago: datetime = NOW - timedelta(days=100)
        if self.drawn["link"]:
            custodian, provider, status, part2 = self.drawn["link"]
            TreatmentTeamLink.objects.create(
                person=self.person, custodian=self.agencies[custodian], provider=self._named(provider), status=status,
                program_kind="outpatient_mh", duty_line="661-555-0100", established_at=long_ago,
                last_verified_at=long_ago, is_part2=part2,
            )  # fmt: skip
        if self.drawn["linkage"]:
            custodian, recipient, status, part2 = self.drawn["linkage"]
            Linkage.objects.create(
                contact=self.contact, person=self.person, custodian=self.agencies[custodian],
                recipient=self._named(recipient), kind="new_outpatient_mh", status=status, requested_at=long_ago,
                is_part2=part2,
            )  # fmt: skip

    def _consent(self, drawn: dict[str, Any]) -> None:
        if drawn["expires_at"] <= drawn["starts_at"] or (
            drawn["status"] == "active" and not drawn["categories"]
        ):
            return
        part2_instrument = drawn["instrument"] in Consent.PART2_INSTRUMENTS
        held = drawn["held_by_source"]
        ended = drawn["status"] == "inactive"
        consent = Consent.objects.create(
            person=self.person, custodian=self.agencies[1], instrument=drawn["instrument"], status=drawn["status"],
            suspended_at=NOW if drawn["suspended"] else None, starts_at=drawn["starts_at"], signed_at=drawn["signed_at"],
            expires_at=drawn["expires_at"], categories=drawn["categories"], existence_may_be_confirmed=drawn["existence"],
            part2_included=drawn["part2"] and (part2_instrument or held),
            signature_method="held_by_source" if held else "ink_scanned", record_window=drawn["window"],
            purposes=drawn["purposes"], inactive_reason="revoked" if ended else "", ended_at=NOW if ended else None,
        )  # fmt: skip
        consent.disclosing_agencies.set([self.agencies[n] for n in drawn["disclosing"]])
        for kind, to, categories, revoked in drawn["recipients"]:
            ConsentRecipient.objects.create(
                consent=consent,
                kind={"class": "treating_providers"}.get(kind, kind),
                agency=self._named(to) if kind == "agency" else None,
                member=self.asker.member if kind == "member" else None,
                categories=categories,
                revoked_at=NOW if revoked else None,
            )
        if drawn["names_contact"]:
            ConsentContact.objects.create(consent=consent, contact_id=self.contact.pk)

    def _named(self, number: int) -> Agency:
        return self.asker.agency if number == ASKERS_OWN else self.agencies[number]


def plain_world(role: str, agency: int, purpose: str, **consent: Any) -> dict[str, Any]:
    """A drawn world in which everything is in order but what `consent` changes: the county's record, one consent."""
    return {
        "asker": agency,
        "roles": [role],
        "purpose": purpose,
        "all_agree": True,
        "supervises": False,
        "reason": "",
        "confidentiality": "normal",
        "named_staff": set(),
        "deceased": False,
        "born": None,
        "minors_shown": False,
        "restrictions": [],
        "emergency": None,
        "medical": False,
        "suspended_agency": None,
        "agreements": [],
        "consents": [GOOD_CONSENT | consent],
        "records": [{"custodian": 1, "other": 1, "part2": False, "age": 20}],
        "link": None,
        "linkage": None,
        "assigned": False,
    }
