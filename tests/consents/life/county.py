"""One county for all examples, in two time zones, and a new person for each: nothing is emptied in between."""

import itertools
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from continuity.agencies.models import Agency, Membership
from continuity.agencies.services import propose_pack, sign_off_pack
from continuity.consents.services import Recipient
from continuity.crisis import flags
from continuity.crisis.models import CrisisContact
from continuity.people.models import Person
from continuity.treatment.follow_ups import promise_follow_up
from continuity.treatment.links import confirm_team_link
from tests import builders as b
from tests.consents.life.papers import Agreement, Asker, Record

OPENED_AT = datetime(2026, 1, 5, 20, 0, tzinfo=UTC)
# County and harbor change their clocks on the same night, hours apart; the last agreement ends inside the story.
ZONES = {"county": "America/Los_Angeles", "harbor": "America/New_York"}
LONG_AFTER = datetime(2030, 1, 1, tzinfo=UTC)
AGREEMENTS = [
    Agreement(frozenset({"county", "kestrel-police"}), frozenset({"D0", "D1", "D2", "D5", "D6"}), LONG_AFTER),
    Agreement(frozenset({"county", "osprey-police"}), frozenset({"D0", "D1", "D2"}), LONG_AFTER),
    Agreement(frozenset({"county", "clinic"}), frozenset({"D0", "D1", "D2", "D4", "D5", "D6"}), LONG_AFTER),
    Agreement(frozenset({"county", "elsewhere"}), frozenset({"D0", "D1", "D2", "D3", "D4", "D5", "D6"}), LONG_AFTER),
    Agreement(frozenset({"harbor", "clinic", "elsewhere"}), frozenset({"D1", "D2", "D3"}), LONG_AFTER),
    Agreement(frozenset({"harbor", "kestrel-police"}), frozenset({"D1", "D2", "D3"}), LONG_AFTER),
    Agreement(
        frozenset({"harbor", "osprey-police"}), frozenset({"D0", "D2"}), datetime(2026, 11, 9, 12, 0, tzinfo=UTC)
    ),
]  # fmt: skip
KINDS = {
    "county": "county_behavioral_health",
    "harbor": "crisis_provider",
    "clinic": "clinic_treatment",
    "elsewhere": "clinic_treatment",
    "kestrel-police": "police",
    "osprey-police": "police",
}
_numbers = itertools.count(1)


@dataclass
class Desk:
    """Who works on consents in one agency: one collects, another verifies, a third corrects."""

    collector: Membership
    manager: Membership
    privacy: Membership
    clinician: Membership


@dataclass
class County:
    agencies: dict[str, Agency]
    desks: dict[str, Desk]
    askers: dict[str, Membership]

    def asker(self, name: str, purpose: str) -> Asker:
        by = self.askers[name]
        police = by.agency.is_law_enforcement
        return Asker(
            by.agency.code,
            str(by.member_id),
            police,
            "le_crisis_response" if police else purpose,
            name == "adeyemi",
        )


@dataclass
class Somebody:
    """A person of the county, and what the oracle knows of the records about them."""

    person: Person
    last: str
    records: list[Record] = field(default_factory=list)

    def note(self, row: Any, custodian: str, category: str, time: datetime, **more: Any) -> None:
        self.records.append(Record(str(row.pk), custodian, category, time, **more))

    def contact(self, by: Membership, at: datetime, **fields: Any) -> CrisisContact:
        """A final contact, and one record for each of its parts."""
        made = b.contact(by, self.person, at, **fields)
        about: dict[str, Any] = {"contact": str(made.pk), "part2": made.is_part2}
        self.note(made, by.agency.code, "D2", at, **about)
        if "narrative" in fields:
            self.note(made.narrative, by.agency.code, "D3", at, **about)
        if "sud_text" in fields:
            self.note(made.sud_segment, by.agency.code, "D4", at, **about | {"part2": True})
        return made


def build_county() -> County:
    agencies = {
        code: b.agency(code, kind, timezone=ZONES.get(code, "America/Los_Angeles"))
        for code, kind in KINDS.items()
    }
    for one in AGREEMENTS:
        b.agreement(
            *[agencies[code] for code in sorted(one.parties)],
            categories=sorted(one.categories),
            effective_at=OPENED_AT - timedelta(days=1),
            expires_at=one.until,
        )
    desks = {
        code: Desk(
            collector=b.member(f"collector-{code}", agencies[code], "consent_manager"),
            manager=b.member(f"manager-{code}", agencies[code], "consent_manager"),
            privacy=b.member(f"privacy-{code}", agencies[code], "privacy_officer"),
            clinician=b.member(f"clinician-{code}", agencies[code], "embedded_clinician"),
        )
        for code in ZONES
    }
    askers = {
        "reyes": b.member("reyes", agencies["kestrel-police"], "officer"),
        "osborne": b.member("osborne", agencies["osprey-police"], "officer"),
        "adeyemi": b.member("adeyemi", agencies["clinic"], "treatment_clinician"),
        "novak": b.member("novak", agencies["elsewhere"], "treatment_clinician"),
    }
    county = County(agencies, desks, askers)
    _let_events_alone_end_consents(county)
    _bystander(county)
    return county


def somebody(county: County, at: datetime) -> Somebody:
    """A new person whom the county and harbor have met, whom the clinic treats, and who has signed nothing yet."""
    last = f"Testcase{next(_numbers)}"
    desks, made = county.desks, Somebody(b.person(county.agencies["county"], last=last), last)
    first = made.contact(
        desks["county"].clinician, at - timedelta(days=20), narrative="Words.", sud_text="Words."
    )
    made.contact(desks["harbor"].clinician, at - timedelta(days=300), narrative="Words.")
    made.contact(desks["harbor"].clinician, at - timedelta(days=15), is_part2=True)
    for code, kind in (("county", "calm_voice"), ("harbor", "give_space")):
        seen = at - timedelta(days=40)
        tip = flags.record_tip(
            by=desks[code].clinician,
            person=made.person,
            kind=kind,
            basis="observed",
            observed_at=seen,
            at=at,
            text="Softly.",
        )
        made.note(tip, code, "D1", seen, until=tip.expires_at)
    for by, code in ((desks["county"].clinician, "county"), (county.askers["adeyemi"], "clinic")):
        met = at - timedelta(days=30)
        link = confirm_team_link(
            by=by, person=made.person, program_kind="outpatient_mh", duty_line="661-555-0110", at=met
        )
        made.note(link, code, "D5", met)
    promise = promise_follow_up(
        by=desks["county"].clinician,
        contact=first,
        kind="safety_check",
        due_window="h48",
        at=at - timedelta(days=10),
    )
    made.note(promise, "county", "D6", promise.due_at, contact=str(first.pk))
    return made


def _let_events_alone_end_consents(county: County) -> None:
    """Harbor's law knows no longest term, so that its consents may end by an event alone."""
    pack = propose_pack(
        code="harbor",
        number=1,
        title="Harbor",
        effective_at=OPENED_AT - timedelta(days=1),
        rules={"max_days": None},
    )
    sign_off_pack(by=county.desks["harbor"].privacy, pack_id=pack.pk, counsel="A. Counsel", at=OPENED_AT)
    harbor = county.agencies["harbor"]
    harbor.policy_pack = "harbor"
    harbor.save()


def _bystander(county: County) -> None:
    """Somebody else who allows everything to everybody, for ever: a read that mixes people up would use it."""
    everything = ["D0", "D1", "D2", "D3", "D4", "D5", "D6"]
    desk, agencies = county.desks["harbor"], county.agencies
    for who, categories in (("police", ["D0", "D1", "D2", "D5", "D6"]), ("clinic", everything)):
        b.consent(
            by=desk.collector,
            verified_by=desk.manager,
            who=b.person(agencies["harbor"], first="Bea", last=f"Bystander-{who}", born=date(1990, 5, 6)),
            to=[],
            recipients=[
                Recipient(categories=categories, agency=one)
                for code, one in agencies.items()
                if one.is_law_enforcement is (who == "police") and code not in ZONES
            ],
            categories=categories,
            disclosing_agencies=[agencies["county"], agencies["harbor"]],
            at=OPENED_AT,
            instrument="combined_hipaa_part2",
            part2_included=True,
            existence_may_be_confirmed=True,
            purposes=["le_crisis_response", "care_coordination", "treatment"],
            expires_at=None,
            expiry_event="The county's consents are closed.",
        )
