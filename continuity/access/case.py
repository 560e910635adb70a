"""The case that the policy judges: who asks, what is known of the person, and what comes out. Pure shapes."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from continuity.access.matrix import Basis, Form

# A custodian under one of these may not share without consent or a treatment relationship (L-1, L-2).
EVERY_CATEGORY = ("D0", "D1", "D2", "D3", "D4", "D5", "D6", "D7")
HEALTH_REGIMES = frozenset({"hipaa_covered", "part2_program", "ca_lps", "ca_cmia", "nc_122c", "mo_630"})


class Refusal(StrEnum):
    """Why nothing left; written to the ledger, never to the asker."""

    NOT_ON_DUTY = "not_on_duty"
    TRAINING_EXPIRED = "training_expired"
    BANNER_NOT_ACKNOWLEDGED = "banner_not_acknowledged"
    DUTY_MISSING = "duty_missing"
    PURPOSE_NOT_ALLOWED = "purpose_not_allowed"
    NO_INCIDENT = "no_incident"
    NO_MATCH = "no_match"
    AMBIGUOUS = "ambiguous"
    RESTRICTED = "restricted"
    VERY_RESTRICTED = "very_restricted"
    OWN_AGENCY_SHIELD = "own_agency_shield"
    RESTRICTION_AGREED = "restriction_agreed"
    IDENTITY_IN_DOUBT = "identity_in_doubt"
    IDENTITY_NOT_ESTABLISHED = "identity_not_established"
    MINOR = "minor"
    DECEASED = "deceased"
    NO_RECORD = "no_record"
    NO_AGREEMENT = "no_agreement"
    NO_BASIS = "no_basis"
    NOTHING_IN_SCOPE = "nothing_in_scope"


@dataclass(frozen=True)
class Asker:
    """Who asks, on duty where, and why. `reason` is what a privacy officer wrote to see D3 or D4.

    `trained_until` is the last day of the privacy training; None, and nobody who has not read the banner, sees
    anything (5.2, S-5). `is_medical` is medical personnel in the sense of 42 CFR 2.51. `has_described`: the person was
    found by two identifiers that the asker gave, and not by an id that the asker was shown (5.3).
    """

    member_id: UUID
    membership_id: UUID
    agency_id: UUID
    roles: tuple[str, ...]
    purpose: str
    is_current: bool
    is_law_enforcement: bool
    is_provider: bool
    is_part2_program: bool
    is_clinical_supervisor: bool = False
    is_medical: bool = False
    trained_until: date | None = None
    has_read_banner: bool = False
    incident_ref: str = ""
    reason: str = ""
    has_described: bool = False


@dataclass(frozen=True)
class Custodian:
    """An agency with a record of its own about the person, its law, and what it agreed to exchange with the asker.

    `kept_back` are the categories that it agreed with the person not to give to the asker (164.522); `is_named`: it
    named the asker as staff for this person (6.4); `has_record`: it may be said to have one of this very person, not
    only of somebody who was merged with them. The rest is what its policy pack says: who is an adult, what responders
    get of minors, how many days back they look.
    """

    id: UUID
    regimes: frozenset[str]
    is_part2_program: bool
    agreed: frozenset[str]
    kept_back: frozenset[str] = frozenset()
    is_named: bool = False
    has_record: bool = True
    timezone: str = "UTC"
    adult_from: int = 18
    officers_see_minors: bool = False
    look_back_days: int = 365

    @property
    def is_under_health_law(self) -> bool:
        return bool(self.regimes & HEALTH_REGIMES)


@dataclass(frozen=True)
class ConsentFact:
    """One consent in force that reaches the asker; `categories` is what this recipient may get.

    `recipient` is how it reaches: "agency" and "member" by name, "treating_providers" by class.
    """

    id: UUID
    disclosing: frozenset[UUID]
    categories: frozenset[str]
    purposes: frozenset[str]
    recipient: str
    is_tpo: bool
    opens_part2: bool
    existence: bool
    since: datetime | None = None
    contacts: frozenset[UUID] | None = None


@dataclass(frozen=True)
class EmergencyFact:
    """One open emergency access of the asker: `custodian` is whose records a request released, None for an override."""

    id: UUID
    categories: frozenset[str]
    custodian: UUID | None


@dataclass(frozen=True)
class Origin:
    """One of those whom a merge made one person: what counts for the records that were made for this one.

    `grounds` are the consents and emergencies that count; `known_to` the agencies with a record of its own, `naming`
    those that named the asker for this one, `joined_by` those that reviewed the merge and judge this one and the
    survivor alike.
    """

    id: UUID
    known_to: frozenset[UUID] = frozenset()
    grounds: frozenset[UUID] = frozenset()
    naming: frozenset[UUID] = frozenset()
    joined_by: frozenset[UUID] = frozenset()
    in_treatment: bool = False
    is_assigned: bool = False
    is_established: bool = True
    is_deceased: bool = False
    born_by: date | None = None


@dataclass(frozen=True)
class Facts:
    """Everything the gates ask about one person, as of one moment.

    `is_shielded`: the person works for the asker's agency (P-28). `born_by` is the last day on which the person can
    have been born, None where nothing is known. `is_established`: it is known who the person is; `is_doubted`: a merge
    is to be taken apart (5.3, P-5). `origins` are those who were merged, the survivor first; empty for everybody else.
    """

    custodians: tuple[Custodian, ...]
    consents: tuple[ConsentFact, ...]
    in_treatment: bool
    is_assigned: bool
    confidentiality: str = "normal"
    is_shielded: bool = False
    is_deceased: bool = False
    born_by: date | None = None
    emergencies: tuple[EmergencyFact, ...] = ()
    is_established: bool = True
    is_doubted: bool = False
    origins: tuple[Origin, ...] = ()
    person: UUID | None = None

    @property
    def is_guarded(self) -> bool:
        """Whether any reading of this person is told to the privacy office (6.4)."""
        return self.confidentiality != "normal" or self.is_shielded


Ground = ConsentFact | EmergencyFact | None


@dataclass(frozen=True)
class Opening:
    """Records of one custodian in one category that may leave: how, why, and within which limits.

    `since` and `contacts` limit which records (None: no limit), `origin` whose: those made for this one of the people
    who were merged, which is the person themself where no other is said. `part2` says whether Part 2 rows may be among
    them, `part2_source` whether all are, `detail` whether more than the line of a status may be read.
    """

    custodian: UUID
    category: str
    basis: Basis
    form: Form
    part2: bool
    part2_source: bool
    detail: bool
    consent: UUID | None = None
    emergency: UUID | None = None
    since: datetime | None = None
    contacts: frozenset[UUID] | None = None
    origin: UUID | None = None

    def covers(
        self, *, custodian: UUID, time: datetime, contact: UUID | None, is_part2: bool, origin: UUID | None
    ) -> bool:
        """Whether a record within this category is among them; the ledgered read asks the same in SQL."""
        return (
            self.custodian == custodian
            and (self.origin is None or self.origin == origin)
            and (self.part2 or not is_part2)
            and (self.since is None or time >= self.since)
            and (self.contacts is None or contact in self.contacts)
        )


@dataclass(frozen=True)
class Decision:
    """What may leave; when that is nothing, why not. `is_guarded`: its reading is told to the privacy office.

    `person` and `origins` are whom it was judged about: a merge may come between the judgement and the reading.
    """

    openings: tuple[Opening, ...] = ()
    refusal: Refusal | None = None
    is_guarded: bool = False
    person: UUID | None = None
    origins: tuple[UUID, ...] = ()
