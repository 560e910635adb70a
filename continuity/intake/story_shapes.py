"""What a made-up story is made of: plain frozen facts that say nothing of rows or services.

Agencies are named by their part in the county: psap, police, sheriff, county, mobile, clinic, sud. Coded values are
those of `crisis.vocabulary` and `treatment.models`. Every datetime is aware; none but due dates, appointments and
expiries lies after the story's `now`.
"""

from dataclasses import dataclass
from datetime import date, datetime

RESPONDERS = frozenset({"police", "sheriff", "psap"})
RESPONSE = "le_crisis_response"  # the one purpose of police and dispatch, and theirs alone
Use = tuple[str, tuple[str, ...]]  # a purpose and the parts that get the form's information for it


@dataclass(frozen=True)
class Alias:
    """Another name; `use` is that of a `PersonName`: preferred, nickname, former or alias."""

    use: str
    first: str
    last: str


@dataclass(frozen=True)
class Somebody:
    """An invented adult. `phone` is a fictional number (661-555-01xx) or empty; `language` is BCP 47."""

    first: str
    last: str
    middle: str
    birth_date: date
    aliases: tuple[Alias, ...]
    phone: str
    sex: str
    language: str
    interpreter: bool


@dataclass(frozen=True)
class Contact:
    """One crisis contact. Narrative and SUD text come from clinicians' agencies only; force is for police to say."""

    agency: str
    occurred_at: datetime
    origin: str
    modality: str
    response_type: tuple[str, ...]
    issues: tuple[str, ...]
    safety_observations: tuple[str, ...]
    risk_level: str
    existing_treatment: str
    disposition: str
    diverted_from: tuple[str, ...]
    hold_status: str
    hold_authority: str
    transport_mode: str
    transport_destination: str
    le_dispatched: str
    referral_offered: str
    follow_up_required: str
    summary: str
    narrative: str | None
    sud_text: str | None

    @property
    def is_clinical(self) -> bool:
        """Whether a clinician recorded it: only such a contact carries referrals and follow-ups."""
        return self.agency in ("county", "mobile")


@dataclass(frozen=True)
class Consent:
    """What a person signed for at the county; `scope` says which of its four offers it is, `uses` on which forms."""

    scope: str
    instrument: str
    disclosing: tuple[str, ...]
    recipients: tuple[str, ...]
    categories: tuple[str, ...]
    purposes: tuple[str, ...]
    part2_included: bool
    signed_at: datetime
    expires_at: datetime
    revoked_at: datetime | None

    @property
    def uses(self) -> tuple[Use, ...]:
        """Each purpose with those recipients that may ask for it: California wants a form for each (W&I 5328.7)."""
        responders = tuple(part for part in self.recipients if part in RESPONDERS)
        others = tuple(part for part in self.recipients if part not in RESPONDERS)
        uses = [(purpose, responders if purpose == RESPONSE else others) for purpose in self.purposes]
        return tuple((purpose, recipients) for purpose, recipients in uses if recipients)


@dataclass(frozen=True)
class TeamLink:
    """That a provider treats the person; older than 90 days since `verified_at` is stale."""

    provider: str
    program_kind: str
    duty_line: str
    hours: str
    established_at: datetime
    verified_at: datetime


@dataclass(frozen=True)
class Linkage:
    """A referral from `contacts[contact]`; `path` is every state it went through, the first is "sent"."""

    contact: int
    kind: str
    recipient: str | None
    external_provider: str
    priority: str
    path: tuple[tuple[str, datetime], ...]
    appointment_at: datetime | None
    first_attended_at: datetime | None

    @property
    def status(self) -> str:
        return self.path[-1][0]

    @property
    def requested_at(self) -> datetime:
        return self.path[0][1]


@dataclass(frozen=True)
class Attempt:
    """One try to reach the person."""

    at: datetime
    mode: str
    outcome: str


@dataclass(frozen=True)
class FollowUp:
    """A promise made after `contacts[contact]`; `result` and `closed_at` are empty while it is open."""

    contact: int
    kind: str
    due_window: str
    promised_at: datetime
    due_at: datetime
    status: str
    result: str
    closed_at: datetime | None
    attempts: tuple[Attempt, ...]


@dataclass(frozen=True)
class Flag:
    """A safety observation made at `contacts[contact]`, approved by a second member or still proposed."""

    contact: int
    agency: str
    kind: str
    severity: str
    basis: str
    text: str
    observed_at: datetime
    is_approved: bool


@dataclass(frozen=True)
class Tip:
    """What calms, or what to avoid, as learnt at `contacts[contact]`."""

    contact: int
    agency: str
    kind: str
    basis: str
    text: str
    observed_at: datetime


@dataclass(frozen=True)
class Plan:
    """An approved response plan; it holds for 180 days."""

    agency: str
    strategies: tuple[str, ...]
    triggers: tuple[str, ...]
    support_contacts: tuple[str, ...]
    baseline: str
    elevated: str
    drafted_with_person: bool
    approved_at: datetime


@dataclass(frozen=True)
class Story:
    """One person and everything the county's agencies recorded, oldest contact first."""

    index: int
    person: Somebody
    contacts: tuple[Contact, ...]
    consent: Consent | None
    team_link: TeamLink | None
    linkages: tuple[Linkage, ...]
    follow_ups: tuple[FollowUp, ...]
    flags: tuple[Flag, ...]
    tips: tuple[Tip, ...]
    plan: Plan | None
