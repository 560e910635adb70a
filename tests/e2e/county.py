"""A county with a full record of Sam, as an officer and a clinician would meet it; all names and numbers invented."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from continuity.agencies.models import Agency, Membership
from continuity.consents.models import Consent
from continuity.crisis import flags, plans
from continuity.people.models import Person
from continuity.people.services import Name, register_person
from continuity.treatment.follow_ups import promise_follow_up, record_attempt
from continuity.treatment.linkages import record_linkage
from continuity.treatment.links import confirm_team_link
from tests import builders as b
from tests.builders import NOW

CATEGORIES = ("D1", "D2", "D3", "D4", "D5", "D6")


@dataclass
class County:
    police: Agency
    health: Agency
    clinic: Agency
    reyes: Membership
    rivera: Membership
    adeyemi: Membership
    kim: Membership
    verifier: Membership
    sam: Person


def build_county() -> County:
    police = b.agency("kestrel-police", "police", name="Kestrel City Police", duty_line="661-555-0170")
    health = b.agency(
        "juniper-health",
        "county_behavioral_health",
        name="Juniper County Behavioral Health",
        duty_line="661-555-0142",
    )
    clinic = b.agency("orchard-clinic", "clinic_treatment", name="Orchard Street Clinic")
    b.agreement(police, health)
    b.agreement(health, clinic, categories=["D0", *CATEGORIES])
    kim, verifier = (b.member(name, health, "consent_manager") for name in ("kim", "verifier"))
    rivera, second = (b.member(name, health, "embedded_clinician") for name in ("rivera", "second"))
    reyes = b.member("reyes", police, "officer")
    adeyemi = b.member("adeyemi", clinic, "treatment_clinician")
    for one, display in ((reyes, "Officer A. Reyes"), (adeyemi, "Dr F. Adeyemi")):
        one.member.display_name = display
        one.member.save()
    sam = _sam(health)
    made = County(police, health, clinic, reyes, rivera, adeyemi, kim, verifier, sam)
    _standing(made, second)
    _care(made, _contacts(made))
    _consents(made)
    return made


def _sam(source: Agency) -> Person:
    return register_person(
        source=source,
        names=[Name("Samuel", "Testcase"), Name("Sam", "Testcase", use="preferred")],
        birth_date=date(1988, 4, 3),
        language="es-MX",
        interpreter_needed=True,
        communication_needs="hard of hearing on the left side",
        pronouns="he/him",
    )


def _contacts(made: County) -> Any:
    ways = [
        ("in_person_field", ["co_response"], "safety_plan_completed", 20),
        ("phone", ["call_diversion_clinician"], "resolved_by_phone", 74),
        ("in_person_field", ["mobile_crisis_team"], "transported_voluntary", 131),
        ("phone", ["warm_transfer_988"], "resolved_by_phone", 160),
        ("in_person_field", ["cit_officer", "ems_fire"], "treatment_team_notified", 210),
        *[("phone", ["call_diversion_clinician"], "resolved_by_phone", 220 + 20 * n) for n in range(5)],
    ]
    contacts = []
    for modality, response, disposition, days in ways:
        texts = {}
        if days == 20:
            texts = {
                "narrative": "Found on the bridge footpath, tearful, oriented. Spoke of losing the lease. "
                "Agreed to sit down and to drink water; thoughts of dying without a plan, no means at hand. "
                "Sister came and took the kitchen knives. Safety plan written together and photographed.",
                "sud_text": "Reported drinking again since October, four beers on most evenings.",
            }
        contacts.append(
            b.contact(
                made.rivera,
                made.sam,
                at=NOW - timedelta(days=days),
                modality=modality,
                response_type=response,
                disposition_primary=disposition,
                risk_level="moderate" if days < 100 else "low",
                presenting_issues=["suicidal_ideation", "housing_crisis"]
                if days < 100
                else ["anxiety_panic"],
                existing_treatment="connected_active",
                operational_summary="Spoke quietly on the bench; the sister came; agreed to be called the next day.",
                **texts,
            )
        )
    return contacts[0]


def _standing(made: County, second: Membership) -> None:
    def days(number: float) -> Any:
        return NOW - timedelta(days=number)

    who: dict[str, Any] = {"by": made.rivera, "person": made.sam}
    for kind, basis, age, text, severity in (
        (
            "fear_of_uniforms",
            "observed",
            12,
            "Backs away and shouts when several uniforms come near.",
            "moderate",
        ),
        ("threat_to_self", "reported", 20, "Talked of the railway bridge on bad days.", "high"),
    ):
        flag = flags.propose_flag(
            **who, at=NOW, kind=kind, basis=basis, observed_at=days(age), text=text, severity=severity
        )
        flags.approve_flag(by=second, flag_id=flag.pk, at=NOW)
    for kind, text in (
        ("calm_voice", "Speak softly and slowly, from his right side."),
        ("topic_to_use", "His dog Biscuit and the garden."),
    ):
        flags.record_tip(**who, at=NOW, kind=kind, basis="observed", observed_at=days(12), text=text)
    plans.record_approved_plan(
        by=second,
        author=made.rivera,
        person=made.sam,
        at=days(30),
        strategies=[
            "One person talks, the others stay back",
            "Ask him to sit down with you",
            "Offer to call his sister",
        ],
        triggers=["sirens", "being touched", "the word hospital"],
        support_contacts=["Sister Ana, 661-555-0119, after 4 pm"],
        baseline="Quiet, answers in short sentences.",
        elevated="Paces, counts aloud, covers his ears.",
        drafted_with_person=True,
    )


def _care(made: County, contact: Any) -> None:
    confirm_team_link(
        by=made.rivera,
        person=made.sam,
        program_kind="outpatient_mh",
        team_name="North Valley team",
        duty_line="661-555-0110",
        hours="Mon-Fri 8-17, weekends on call",
        at=NOW - timedelta(days=30),
    )
    for kind, window, made_days in (("safety_check", "h48", 1), ("caring_contact", "d7", 20)):
        promised = promise_follow_up(
            by=made.rivera, contact=contact, kind=kind, due_window=window, at=NOW - timedelta(days=made_days)
        )
    record_attempt(
        by=made.rivera,
        follow_up_id=promised.pk,
        mode="call",
        outcome="reached_engaged",
        result="connected",
        at=NOW - timedelta(days=14),
    )
    b.referral_team(made.clinic, made.adeyemi)
    record_linkage(
        by=made.rivera,
        contact_id=contact.pk,
        kind="psychiatry_medication",
        recipient=made.clinic,
        at=NOW - timedelta(days=19),
    )


def lengthen(made: County) -> None:
    """The longest realistic record: long names and sentences, a stale second line, and more of everything."""
    made.sam.personname_set.filter(use="preferred").update(
        first="Wilhelmina-Theodora", last="Featherstonehaugh-Testcase"
    )
    who: dict[str, Any] = {"by": made.rivera, "person": made.sam}
    confirm_team_link(
        **who,
        program_kind="full_service_partnership",
        team_name="Assertive community treatment team, eastern valley and river districts",
        duty_line="661-555-0111",
        at=NOW - timedelta(days=120),
    )
    sentence = (
        "Stands close to the door and asks many times who called; a calm answer, given twice, is enough."
    )
    for kind in ("give_space", "one_speaker", "topic_to_avoid", "preferred_responder_team"):
        flags.record_tip(
            **who, at=NOW, kind=kind, basis="reported", observed_at=NOW - timedelta(days=3), text=2 * sentence
        )
    for days in range(30, 45):
        b.contact(
            made.rivera,
            made.sam,
            at=NOW - timedelta(days=days),
            operational_summary=3 * sentence,
            response_type=["co_response", "mobile_crisis_team", "ems_fire"],
            narrative=3 * sentence if days < 34 else "",
        )


def _consents(made: County) -> None:
    who: dict[str, Any] = {
        "by": made.kim,
        "verified_by": made.verifier,
        "who": made.sam,
        "interpreter": "Interpreter 12 of Juniper Language Line",
    }
    b.consent(**who, to=[made.police])
    b.consent(
        **who,
        to=[made.clinic],
        categories=CATEGORIES,
        instrument=Consent.Instrument.COMBINED,
        part2_included=True,
        purposes=["treatment", "care_coordination"],
    )
