"""What leaves: a frozen record of the allowed categories, each with its basis. Pure: no ORM, no clock.

Rows come from the gate's read; a field that the decision did not open was never selected.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

STALE_AFTER = timedelta(days=90)  # 5.8: a link nobody confirmed for longer is "unverified"

# 42 CFR 2.32(a)(1) and (2), in the words a screen can hold; the full text goes with every export.
NOTICE_TEXTS: Final = {
    "part2": (
        "42 CFR part 2 prohibits unauthorized use or disclosure of these records. They may not be used or "
        "testified about in any proceeding against the person without consent or a court order."
    ),
    "consent_terms": (
        "Shared on the person's written consent, for this response only. "
        "Do not copy it into a report, and do not pass it on."
    ),
}

CATEGORY_NAMES: Final = {
    "D0": "that there is a record",
    "D1": "what helps and what to be careful of",
    "D2": "earlier contacts",
    "D3": "clinical narrative",
    "D4": "substance use records",
    "D5": "link to the treatment team",
    "D6": "linkages and follow-ups",
    "D7": "scope of the consent",
}


@dataclass(frozen=True)
class Notice:
    """A statement that must travel with the record, with the scope of the consents it rests on (L-11)."""

    code: str
    text: str
    scope: str
    consent_ids: tuple[UUID, ...]


@dataclass(frozen=True)
class Ground:
    """Why a category is shown: whose records, on which basis, and until when the consent holds."""

    custodian: str
    category: str
    basis: str
    consent_id: UUID | None = None
    consent_until: datetime | None = None


@dataclass(frozen=True)
class TeamLink:
    """That the person is in care and which line to call; provider and programme only in the full form."""

    duty_line: str
    hours: str
    last_verified_at: datetime | None
    is_stale: bool
    provider: str = ""
    team_name: str = ""
    program_kind: str = ""


@dataclass(frozen=True)
class Standing:
    """A tip or a safety flag: what, how it is known, how old it is and when it expires."""

    kind: str
    text: str
    basis: str
    source_role: str
    first_observed_at: datetime
    last_confirmed_at: datetime
    expires_at: datetime
    severity: str = ""


@dataclass(frozen=True)
class ResponsePlan:
    """The approved plan: strategies in the order to try, then what to avoid and who can help."""

    strategies: tuple[str, ...]
    triggers: tuple[str, ...]
    support_contacts: tuple[str, ...]
    baseline: str
    elevated: str
    drafted_with_person: bool
    approved_at: datetime
    expires_at: datetime


@dataclass(frozen=True)
class Linkage:
    """How far a referral came: `outcome` for everybody, the rest only in the full form."""

    outcome: str
    requested_at: datetime
    status: str = ""
    kind: str = ""
    recipient: str = ""
    appointment_at: datetime | None = None


@dataclass(frozen=True)
class FollowUp:
    """Whether the promise was kept: `outcome` is scheduled, completed or not_completed (D6a)."""

    outcome: str
    due_at: datetime
    is_overdue: bool
    status: str = ""
    kind: str = ""
    result: str = ""
    owed_by: str = ""


@dataclass(frozen=True)
class Remark:
    """An addendum, or the person's statement of disagreement: it travels with what it is about (L-22)."""

    kind: str
    text: str
    at: datetime


@dataclass(frozen=True)
class Contact:
    """An earlier contact in one line; issues, summary and remarks only in the full form."""

    occurred_at: datetime
    modality: str
    response_type: tuple[str, ...]
    disposition: str
    custodian: str
    presenting_issues: tuple[str, ...] = ()
    risk_level: str = ""
    hold_status: str = ""
    existing_treatment: str = ""
    operational_summary: str = ""
    remarks: tuple[Remark, ...] = ()


@dataclass(frozen=True)
class Text:
    """A narrative (D3) or a SUD segment (D4) of one contact; clinicians only."""

    contact_id: UUID
    occurred_at: datetime
    text: str
    custodian: str
    remarks: tuple[Remark, ...] = ()


@dataclass(frozen=True)
class ConsentScope:
    """That a consent stands and until when; instrument and categories only in the full form; never the document."""

    status: str
    starts_at: datetime
    expires_at: datetime | None
    custodian: str
    instrument: str = ""
    categories: tuple[str, ...] = ()

    def is_in_force(self, at: datetime) -> bool:
        """Whether it stands at `at`: a row that says active may not have begun, or be over by the clock."""
        has_ended = self.expires_at is not None and self.expires_at <= at
        return self.status == "active" and self.starts_at <= at and not has_ended


@dataclass(frozen=True)
class PersonRecord:
    """All that one asker may know of one person now. `contacts_total` counts what is behind the listed contacts."""

    ledger_id: UUID
    decided_at: datetime
    name_to_use: str
    official_name: str
    birth_date: date | None
    birth_date_precision: str
    language: str
    interpreter_needed: bool
    communication_needs: str
    pronouns: str
    deceased: bool
    known_to: tuple[str, ...]
    team_links: tuple[TeamLink, ...]
    plans: tuple[ResponsePlan, ...]
    tips: tuple[Standing, ...]
    flags: tuple[Standing, ...]
    follow_ups: tuple[FollowUp, ...]
    linkages: tuple[Linkage, ...]
    contacts: tuple[Contact, ...]
    contacts_total: int
    narratives: tuple[Text, ...]
    sud_segments: tuple[Text, ...]
    consents: tuple[ConsentScope, ...]
    grounds: tuple[Ground, ...]
    notices: tuple[Notice, ...]


@dataclass(frozen=True)
class Source:
    """Where one item comes from and why it may be seen: the record's id and version, its custodian, the basis.

    `author` is the member who wrote or holds it and `episode_id` groups contacts; both only in the full form.
    """

    noun: str
    id: UUID
    version: int
    category: str
    custodian: str
    custodian_id: UUID
    basis: str
    consent_id: UUID | None = None
    author: str = ""
    episode_id: UUID | None = None


Body = TeamLink | Standing | ResponsePlan | Linkage | FollowUp | Contact | Text | ConsentScope


@dataclass(frozen=True)
class Item:
    """One thing on a person's page: what it says, and its source."""

    source: Source
    body: Body


@dataclass(frozen=True)
class PersonFile:
    """A person's page: the record, and each item of it with its source, newest first within its noun."""

    person_id: UUID
    record: PersonRecord
    items: tuple[Item, ...]

    def of(self, *nouns: str) -> tuple[Item, ...]:
        """The items of these nouns, in the order given by the gate."""
        return tuple(item for item in self.items if item.source.noun in nouns)


@dataclass(frozen=True)
class Nothing:
    """The one negative answer. Why is in the ledger; this says the same for every reason (L-4, P-3)."""

    decided_at: datetime
