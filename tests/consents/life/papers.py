"""What the oracle knows: records, agreements, askers, and papers with what became of them. Plain data, no judgement."""

from dataclasses import dataclass, field
from datetime import date, datetime


@dataclass(frozen=True)
class Record:
    """Something that a custodian knows of the person; `until` is when it lapses by itself (P-6)."""

    id: str
    custodian: str
    category: str
    time: datetime
    contact: str = ""
    part2: bool = False
    until: datetime | None = None


@dataclass(frozen=True)
class Agreement:
    """Which categories some agencies may exchange, and until when."""

    parties: frozenset[str]
    categories: frozenset[str]
    until: datetime


@dataclass(frozen=True)
class Asker:
    """`treats`: works for a provider that has the person in care now."""

    agency: str
    member: str
    is_police: bool
    purpose: str
    treats: bool


@dataclass
class Party:
    """One recipient: an agency's code, a member's id, or the class "treating_providers" (L-7)."""

    who: str
    categories: set[str]
    revoked: bool = False


@dataclass
class Paper:
    """One consent. `state` is its word in 5.7; `last_day` the last day it holds; `starts_on` a day, or signing starts it."""

    id: str
    custodian: str
    zone: str
    tpo: bool
    part2: bool
    existence: bool
    disclosing: set[str]
    categories: set[str]
    purposes: set[str]
    parties: list[Party]
    last_day: date | None = None
    starts_on: date | None = None
    event: str = ""
    window: str = "past_contacts"
    contacts: set[str] = field(default_factory=set)
    signed_at: datetime | None = None
    suspended: bool = False
    state: str = "draft"
